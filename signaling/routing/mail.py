"""Letters between nodes by a table of the database, for while there is no bus; like the bus it may lose, and nothing rests on it."""

from uuid import UUID

from signaling.context import Database

TAKEN_AT_ONCE = 500
KEPT_S = 60.0

# The order of the letters of one node is the order in which they were written; those to a node that is gone go too.
_TAKE = """
    WITH taken AS (
        DELETE FROM node_letters
        WHERE (to_node, letter_id) IN (
            SELECT to_node, letter_id FROM node_letters WHERE to_node = $1 ORDER BY letter_id LIMIT $2)
        RETURNING letter_id, body
    )
    SELECT body FROM taken ORDER BY letter_id
"""
_CLEAR = "DELETE FROM node_letters WHERE sent_at < clock_timestamp() - make_interval(secs => $1)"


class Mail:
    """The table as one node uses it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def send(self, node_id: str, letter: bytes) -> None:
        """Leave a letter for a node."""
        async with self._database.transaction(None) as tx:
            await tx.execute(
                "INSERT INTO node_letters (to_node, body) VALUES ($1, $2)", UUID(node_id), letter
            )

    async def take(self, node_id: str) -> list[bytes]:
        """The letters for this node, each given once."""
        async with self._database.transaction(None) as tx:
            rows = await tx.fetch(_TAKE, UUID(node_id), TAKEN_AT_ONCE)
        return [row["body"] for row in rows]

    async def clear(self) -> None:
        """Drop what nobody has come for."""
        async with self._database.transaction(None) as tx:
            await tx.execute(_CLEAR, KEPT_S)
