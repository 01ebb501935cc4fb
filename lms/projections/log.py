"""SQL of the event log, of how far its readers have come, and of what they could not take in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.outbox import SHARDS, Logged, logged

ERROR_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Where a reader stands in a shard, and where the shard ends."""

    shard: int
    seq: int
    head: int


async def identity(connection: asyncpg.Connection) -> tuple[str, str]:
    """The name of this database, and which life of its log this is."""
    row = await connection.fetchrow(
        "SELECT current_database() AS name, log_id FROM event_heads WHERE shard = 0"
    )
    assert row is not None, "the migration wrote every shard"
    return row["name"], str(row["log_id"])


async def heads(connection: asyncpg.Connection) -> dict[int, int]:
    """The number of the last event of each shard."""
    rows = await connection.fetch("SELECT shard, seq FROM event_heads")
    return {row["shard"]: row["seq"] for row in rows}


async def read(
    connection: asyncpg.Connection, shard: int, after: int, upto: int, limit: int
) -> list[Logged]:
    """Events of a shard after one number and up to another, the first of them."""
    rows = await connection.fetch(
        "SELECT shard, seq, tenant_id, name, data, trace, at FROM event_log"
        " WHERE shard = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        *(shard, after, upto, limit),
    )
    return [logged(row) for row in rows]


async def register(connection: asyncpg.Connection, readers: Sequence[str]) -> None:
    """Begin the positions of readers that have none: before the first event."""
    await connection.execute(
        "INSERT INTO projection_positions (projection, shard)"
        " SELECT r, s FROM unnest($1::text[]) AS r, generate_series(0, $2 - 1) AS s ON CONFLICT DO NOTHING",
        *(list(readers), SHARDS),
    )


async def positions(
    connection: asyncpg.Connection, readers: Sequence[str], shards: Sequence[int]
) -> dict[tuple[str, int], int]:
    """How far each reader has come in these shards, locked to the end of the transaction."""
    rows = await connection.fetch(
        "SELECT projection, shard, seq FROM projection_positions"
        " WHERE projection = ANY ($1::text[]) AND shard = ANY ($2::int[]) ORDER BY projection, shard FOR UPDATE",
        *(list(readers), list(shards)),
    )
    return {(row["projection"], row["shard"]): row["seq"] for row in rows}


async def move(connection: asyncpg.Connection, moved: Mapping[tuple[str, int], int]) -> None:
    """Write how far they have come now."""
    await connection.execute(
        "UPDATE projection_positions AS p SET seq = m.seq"
        " FROM unnest($1::text[], $2::int[], $3::bigint[]) AS m (projection, shard, seq)"
        " WHERE p.projection = m.projection AND p.shard = m.shard",
        [name for name, _ in moved],
        [shard for _, shard in moved],
        list(moved.values()),
    )


async def lags(connection: asyncpg.Connection, readers: Sequence[str]) -> dict[str, list[Lag]]:
    """Where each reader stands in each shard; nothing is locked."""
    rows = await connection.fetch(
        "SELECT p.projection, p.shard, p.seq, h.seq AS head FROM projection_positions AS p"
        " JOIN event_heads AS h USING (shard) WHERE p.projection = ANY ($1::text[])",
        list(readers),
    )
    found: dict[str, list[Lag]] = {name: [] for name in readers}
    for row in rows:
        found[row["projection"]].append(Lag(shard=row["shard"], seq=row["seq"], head=row["head"]))
    return found


async def behind_ms(connection: asyncpg.Connection, reader: str, now: datetime) -> int:
    """For how long the oldest event that this reader has not taken in has waited; 0 when there is none."""
    oldest: datetime | None = await connection.fetchval(
        "SELECT least((SELECT at FROM outbox ORDER BY outbox_id LIMIT 1),"
        " (SELECT min(next.at) FROM projection_positions AS p CROSS JOIN LATERAL"
        " (SELECT l.at FROM event_log AS l WHERE l.shard = p.shard AND l.seq = p.seq + 1) AS next"
        " WHERE p.projection = $1))",
        reader,
    )
    return 0 if oldest is None else max(0, round((now - oldest).total_seconds() * 1000))


async def bury(connection: asyncpg.Connection, reader: str, event: Logged, error: str) -> None:
    """Keep for people what this reader could not take in."""
    await connection.execute(
        "INSERT INTO dead_letters (projection, shard, seq, error) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        *(reader, event.shard, event.seq, error[:ERROR_CHARACTERS]),
    )


async def dig_up(connection: asyncpg.Connection, reader: str) -> None:
    """Forget the dead letters of a reader that begins anew."""
    await connection.execute("DELETE FROM dead_letters WHERE projection = $1", reader)


async def dead(connection: asyncpg.Connection) -> dict[str, int]:
    """How many dead letters each reader has."""
    rows = await connection.fetch(
        "SELECT projection, count(*) AS letters FROM dead_letters GROUP BY projection"
    )
    return {row["projection"]: row["letters"] for row in rows}


async def tenants(connection: asyncpg.Connection) -> list[str]:
    """Every school that has events."""
    rows = await connection.fetch("SELECT DISTINCT tenant_id FROM event_log")
    return sorted(str(row["tenant_id"]) for row in rows)
