"""Migrations on a real PostgreSQL: once, in order, under a lock, whole or not at all."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.storage.migrate import Migration, MigrationError, found, migrate, unfit
from server.storage.postgres import Database, OpenError
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
    with pytest.raises(MigrationError, match="LECTERN_DATABASE_URL"):
        await migrate("postgresql://nobody@127.0.0.1:1/none")


async def test_what_the_server_refuses_is_one_line(empty_url: str) -> None:
    """A user without rights, a database that is not there, a parameter that nobody knows."""
    guest = f"guest_{secrets.token_hex(4)}"
    await _run(empty_url, f"CREATE ROLE {guest} LOGIN")
    as_guest = empty_url.replace("//lectern@", f"//{guest}@")
    for url in (as_guest, f"{empty_url}&sslmode=perhaps", empty_url.replace("/test_", "/no_")):
        with pytest.raises(MigrationError) as raised:
            await migrate(url)
        assert "database" in str(raised.value)
        assert "\n" not in str(raised.value)
    await _run(empty_url, f"DROP ROLE {guest}")


async def test_a_server_without_pgvector_is_turned_away(empty_url: str) -> None:
    name = empty_url.split("@/")[1].split("?")[0]
    await _run(empty_url, f"ALTER DATABASE {name} SET extension_control_path = '/nowhere'")
    with pytest.raises(MigrationError, match="vector"):
        await migrate(empty_url)
    assert await _tables(empty_url) == set()


def test_an_old_server_is_turned_away() -> None:
    assert "PostgreSQL 15" in unfit(15, has_vector=True)
    assert unfit(16, has_vector=True) == ""


async def test_the_owner_of_the_database_need_not_be_superuser(
    stores: Stores, empty_url: str
) -> None:
    """Whoever has made a role has just what is granted here: they may administer it, and not yet act as it."""
    owner = f"owner_{secrets.token_hex(4)}"
    name = empty_url.split("@/")[1].split("?")[0]
    await _run(
        empty_url,
        f"CREATE ROLE {owner} LOGIN CREATEROLE;"
        f"GRANT lectern_app, lectern_append, lectern_review, lectern_factory TO {owner}"
        " WITH ADMIN TRUE, SET FALSE, INHERIT FALSE;"
        "CREATE EXTENSION vector;"
        f"ALTER DATABASE {name} OWNER TO {owner}",
    )
    url = empty_url.replace("//lectern@", f"//{owner}@")
    assert await migrate(url) == [migration.name for migration in found()]
    async with Database(url, pool_size=2, statement_timeout_ms=5000) as database:
        await database.ping()
    await stores.drop_database(empty_url)
    await _run(stores.postgres_url, f"DROP OWNED BY {owner}; DROP ROLE {owner}")


async def _run(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def test_a_node_that_finds_no_database_says_so_in_one_line() -> None:
    with pytest.raises(OpenError, match="LECTERN_DATABASE_URL"):
        async with Database(
            "postgresql://nobody@127.0.0.1:1/none", pool_size=2, statement_timeout_ms=5000
        ):
            pytest.fail("there is no such database")
