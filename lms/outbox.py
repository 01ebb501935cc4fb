"""Events to the outbox, in the caller's transaction or not at all."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.events import AnyEvent


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
        [event.attempt_id for event in events],
        encoded,
        now,
    )
