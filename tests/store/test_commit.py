"""Group commit on a real PostgreSQL: one transaction for many, a result each, the poisoned row alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from lms.errors import Unavailable
from server.storage.commit import GroupCommit
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from signaling.errors import Busy

pytestmark = pytest.mark.store

Commit = GroupCommit[int, int]


@pytest.fixture(scope="module")
async def table(database_url: str) -> AsyncIterator[None]:
    owner = await asyncpg.connect(database_url)
    await owner.execute("CREATE TABLE numbers (number int PRIMARY KEY CHECK (number >= 0))")
    await owner.execute("GRANT ALL ON numbers TO lectern_app")
    yield
    await owner.close()


async def _insert(connection: asyncpg.Connection, rows: Sequence[int]) -> list[int]:
    """Returns, for each row, how many rows were in its batch."""
    await connection.executemany("INSERT INTO numbers VALUES ($1)", [(row,) for row in rows])
    return [len(rows)] * len(rows)


async def _count(database: Database) -> int:
    async with database.transaction(None) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM numbers"))


def _commit(database: Database, **limits: int) -> Commit:
    return GroupCommit(database, _insert, meters=PrometheusMeters(), **limits)


@pytest.fixture
async def numbers(database: Database, table: None) -> Database:
    async with database.transaction(None) as connection:
        await connection.execute("DELETE FROM numbers")
    return database


async def test_what_waits_together_is_committed_together(numbers: Database) -> None:
    commit = _commit(numbers)
    async with commit.running():
        sizes = await asyncio.gather(*(commit.submit(number) for number in range(500)))
    assert max(sizes) > 50
    assert await _count(numbers) == 500


async def test_a_result_comes_after_the_commit(numbers: Database) -> None:
    commit = _commit(numbers)
    async with commit.running():
        await commit.submit(1)
        assert await _count(numbers) == 1


async def test_a_poisoned_row_fails_alone(numbers: Database) -> None:
    commit = _commit(numbers)
    async with commit.running():
        done = await asyncio.gather(
            *(commit.submit(number) for number in (1, 2, -3, 2, 4)), return_exceptions=True
        )
    assert [type(result) for result in done] == [
        int,
        int,
        asyncpg.CheckViolationError,
        asyncpg.UniqueViolationError,
        int,
    ]
    assert await _count(numbers) == 3


async def test_a_full_queue_refuses(numbers: Database) -> None:
    commit = _commit(numbers, max_waiting=3)
    async with commit.running():
        done = await asyncio.gather(
            *(commit.submit(number) for number in range(10)), return_exceptions=True
        )
    assert [type(result) for result in done].count(Busy) == 7
    assert await _count(numbers) == 3


async def test_what_waits_at_the_end_is_still_committed_and_then_nothing(
    numbers: Database,
) -> None:
    commit = _commit(numbers, max_batch=2)
    async with asyncio.TaskGroup() as group:
        async with commit.running():
            tasks = [group.create_task(commit.submit(number)) for number in range(7)]
            await asyncio.sleep(0)
        assert [task.result() for task in tasks] == [2, 2, 2, 2, 2, 2, 1]
    with pytest.raises(Unavailable):
        await commit.submit(8)


async def test_a_caller_that_gave_up_writes_nothing_and_harms_nobody(numbers: Database) -> None:
    commit = _commit(numbers)
    async with commit.running():
        waiting = [asyncio.ensure_future(commit.submit(number)) for number in range(4)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in done] == [int, asyncio.CancelledError, int, int]


async def test_the_flusher_outlives_a_failure(numbers: Database) -> None:
    broken = True

    async def flush(connection: asyncpg.Connection, rows: Sequence[int]) -> list[int]:
        return [] if broken else await _insert(connection, rows)

    commit = GroupCommit(numbers, flush, meters=PrometheusMeters())
    async with commit.running():
        with pytest.raises(RuntimeError, match="0 results for 1 rows"):
            await commit.submit(1)
        broken = False
        assert await commit.submit(2) == 1
