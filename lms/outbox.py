"""Events to the outbox, in the caller's transaction or not at all; and from there to their number in the log.

The caller has locked the attempt or the job that its events are about, so their ids follow the order of what happened to it; of
a learner, the events are in the order in which they are numbered, and that is the order that counts. Rows are
taken out in that order: one that commits late is found late, and nothing waits for it.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.events import AnyEvent

SHARDS = 8

_NUMBER = """
WITH taken AS (
    DELETE FROM outbox WHERE outbox_id = ANY (ARRAY(SELECT outbox_id FROM outbox ORDER BY outbox_id LIMIT $1))
    RETURNING outbox_id, shard, tenant_id, key_id, name, data, trace, at
), placed AS (
    SELECT t.*, h.seq + row_number() OVER (PARTITION BY t.shard ORDER BY t.outbox_id) AS seq
    FROM taken AS t JOIN event_heads AS h USING (shard)
), moved AS (
    UPDATE event_heads AS h SET seq = last.seq
    FROM (SELECT shard, max(seq) AS seq FROM placed GROUP BY shard) AS last WHERE h.shard = last.shard
), logged AS (
    INSERT INTO event_log (shard, seq, tenant_id, key_id, name, data, trace, at)
    SELECT shard, seq, tenant_id, key_id, name, data, trace, at FROM placed
)
SELECT shard, seq, tenant_id, name, data, trace, at FROM placed ORDER BY shard, seq
"""


class Logged(msgspec.Struct, frozen=True, array_like=True):
    """An event at its place: number `seq` of its shard, without a gap before it."""

    shard: int
    seq: int
    tenant_id: str
    name: str
    at: datetime
    data: msgspec.Raw
    trace: str


async def append(
    connection: asyncpg.Connection, tenant_id: str, events: Sequence[AnyEvent], now: datetime
) -> None:
    """Write the events; they are numbered by the relay after the commit."""
    encoded = [msgspec.json.encode(event).decode() for event in events]
    await connection.execute(
        "INSERT INTO outbox (shard, tenant_id, key_id, name, data, at)"
        " SELECT lectern_shard(key_id), $1, key_id, data ->> 'type', data - 'type', $4"
        " FROM unnest($2::uuid[], $3::jsonb[]) AS e (key_id, data)",
        tenant_id,
        [event.key_id for event in events],
        encoded,
        now,
    )


async def number(connection: asyncpg.Connection, limit: int) -> list[Logged]:
    """Move the oldest rows to the log; one caller at a time, who holds the lock of the relay."""
    return [logged(row) for row in await connection.fetch(_NUMBER, limit)]


def logged(row: asyncpg.Record) -> Logged:
    """A row of the log."""
    return Logged(
        row["shard"],
        row["seq"],
        str(row["tenant_id"]),
        row["name"],
        row["at"],
        msgspec.Raw(row["data"].encode()),
        row["trace"],
    )


async def is_empty(connection: asyncpg.Connection) -> bool:
    """Whether every event has its number."""
    return not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)")


async def waiting(connection: asyncpg.Connection) -> tuple[int, float]:
    """How many events have no number yet, and for how many seconds the oldest has waited."""
    row = await connection.fetchrow(
        "SELECT count(*) AS rows, coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 AS age FROM outbox"
    )
    assert row is not None, "an aggregate has a row"
    return int(row["rows"]), max(0.0, float(row["age"]))
