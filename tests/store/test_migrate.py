"""Migrations on a real PostgreSQL: once, in order, under a lock, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.storage.migrate import Migration, MigrationError, found, migrate
from tests.support.stores import Stores

pytestmark = pytest.mark.store


@pytest.fixture
async def empty_url(stores: Stores) -> AsyncIterator[str]:
    url = await stores.fresh_database("template0")
    yield url
    await stores.drop_database(url)


def _step(number: int, sql: str) -> Migration:
    return Migration(
        number=number, name=f"{number:04}_step", sql=f"SET lock_timeout = '100ms';\n{sql}"
    )


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


async def test_every_file_is_applied_once(empty_url: str) -> None:
    assert await migrate(empty_url) == [migration.name for migration in found()]
    assert await migrate(empty_url) == []


async def test_two_that_start_at_once_apply_each_file_once(empty_url: str) -> None:
    done = await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert sorted(name for names in done for name in names) == [
        migration.name for migration in found()
    ]


async def test_a_changed_file_is_refused(empty_url: str) -> None:
    await migrate(empty_url, [_step(0, "CREATE TABLE a (b int)")])
    with pytest.raises(MigrationError, match="0000_step was changed"):
        await migrate(empty_url, [_step(0, "CREATE TABLE a (b bigint)")])


async def test_a_failing_file_leaves_nothing(empty_url: str) -> None:
    with pytest.raises(MigrationError, match="0001_step failed"):
        await migrate(
            empty_url,
            [_step(0, "CREATE TABLE a (b int)"), _step(1, "CREATE TABLE c (d int); SELECT 1/0")],
        )
    assert await _tables(empty_url) == {"a", "lectern_migrations"}


async def test_a_lock_is_waited_for_in_short_steps(empty_url: str) -> None:
    await migrate(empty_url, [_step(0, "CREATE TABLE a (b int)")])
    reader = await asyncpg.connect(empty_url)
    try:
        held = reader.transaction()
        await held.start()
        await reader.execute("SELECT * FROM a")
        steps = [_step(0, "CREATE TABLE a (b int)"), _step(1, "ALTER TABLE a ADD COLUMN c int")]
        async with asyncio.TaskGroup() as group:
            task = group.create_task(migrate(empty_url, steps))
            await _until_waiting(empty_url)
            await held.rollback()
            assert await task == ["0001_step"]
    finally:
        await reader.close()


async def _until_waiting(url: str) -> None:
    watcher = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(5):
            while not await watcher.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
    finally:
        await watcher.close()


async def test_an_index_can_be_built_concurrently(empty_url: str) -> None:
    steps = [
        _step(0, "CREATE TABLE a (b int)"),
        _step(1, "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_by_b ON a (b);"),
    ]
    assert await migrate(empty_url, steps) == ["0000_step", "0001_step"]


async def test_a_database_that_is_away_is_one_line() -> None:
    with pytest.raises(MigrationError, match="does not answer"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")
