"""Readers take events in, each once and in order: what an event writes and the position after it commit together."""

from collections.abc import Sequence

import asyncpg

from lms.outbox import SHARDS, Logged
from lms.projections import log, order
from lms.projections.readers import Projection, Reader

GAP_ROWS = 1000
REBUILD_ROWS = 2000


async def take(
    connection: asyncpg.Connection, readers: Sequence[Reader], arrived: Sequence[Logged]
) -> int:
    """Take in what has arrived, and what it shows to be missing from the log; how many events were new to some reader.

    The transaction speaks for no school before, and for the last one after.
    """
    runs = order.by_shard(arrived)
    names = [reader.name for reader in readers]
    stands = await log.positions(connection, names, sorted(runs))
    moved: dict[tuple[str, int], int] = {}
    due: list[Logged] = []
    for shard, run in runs.items():
        position = min(stands[name, shard] for name in names)
        if run[-1].seq <= position:
            continue
        if not order.without_gap(run, position):
            run = await log.read(connection, shard, position, run[-1].seq, GAP_ROWS)
        due += [event for event in run if event.seq > position]
        moved |= {
            (name, shard): run[-1].seq
            for name in names
            if run and run[-1].seq > stands[name, shard]
        }
    if not moved:
        return 0
    await _apply(connection, readers, due, stands)
    await log.move(connection, moved)
    return len(due)


async def _apply(
    connection: asyncpg.Connection,
    readers: Sequence[Reader],
    due: Sequence[Logged],
    stands: dict[tuple[str, int], int],
) -> None:
    schools: dict[str, list[Logged]] = {}
    for event in due:
        schools.setdefault(event.tenant_id, []).append(event)
    for tenant_id, events in sorted(schools.items()):
        spoken = False
        for reader in readers:
            new = [event for event in events if event.seq > stands[reader.name, event.shard]]
            heard = order.told(new, reader.hears)
            if heard and not spoken:
                await speak_for(connection, tenant_id)
                spoken = True
            if heard:
                await reader.apply(connection, tenant_id, heard)


async def speak_for(connection: asyncpg.Connection, tenant_id: str) -> None:
    """From here to the end of the transaction row-level security shows this school."""
    await connection.execute("SELECT set_config('lectern.tenant', $1, true)", tenant_id)


async def pass_over(
    connection: asyncpg.Connection, reader: Reader, event: Logged, error: str
) -> bool:
    """Bury an event that this reader cannot take in, and go on after it; False when it is not the next one."""
    stands = await log.positions(connection, [reader.name], [event.shard])
    if stands[reader.name, event.shard] != event.seq - 1:
        return False
    await log.bury(connection, reader.name, event, error)
    await log.move(connection, {(reader.name, event.shard): event.seq})
    return True


async def rebuild(connection: asyncpg.Connection, projection: Projection) -> int:
    """Make its rows anew from the whole log, in this transaction: others see the old ones until it commits, and wait to write.

    How many events were read.
    """
    name, shards = projection.name, range(SHARDS)
    await log.register(connection, [name])
    await log.positions(connection, [name], list(shards))
    await log.dig_up(connection, name)
    for tenant_id in await log.tenants(connection):
        await speak_for(connection, tenant_id)
        await projection.clear(connection, tenant_id)
    await log.move(connection, {(name, shard): 0 for shard in shards})
    heads = await log.heads(connection)
    return sum([await _replay(connection, projection, shard, heads[shard]) for shard in shards])


async def _replay(
    connection: asyncpg.Connection, projection: Projection, shard: int, head: int
) -> int:
    position = 0
    while events := await log.read(connection, shard, position, head, REBUILD_ROWS):
        await _take_or_bury(connection, projection, events)
        position = events[-1].seq
    return position


async def _take_or_bury(
    connection: asyncpg.Connection, projection: Projection, events: Sequence[Logged]
) -> None:
    try:
        async with connection.transaction():
            await take(connection, [projection], events)
    except Exception as error:
        if _is_away(connection, error):
            raise
        if len(events) > 1:
            for event in events:
                await _take_or_bury(connection, projection, [event])
            return
        await pass_over(connection, projection, events[0], type(error).__name__)


def _is_away(connection: asyncpg.Connection, error: Exception) -> bool:
    return connection.is_closed() or isinstance(error, OSError | asyncpg.OperatorInterventionError)
