"""Transactions on a real PostgreSQL: one tenant each, with deadlines, and one error when it is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import psutil
import pytest

from lms.errors import Unavailable
from server.storage.embedded import postgres
from server.storage.migrate import migrate
from server.storage.postgres import Database

pytestmark = pytest.mark.store

ONE = "0192f0c1-2345-7abc-8def-000000000001"
TWO = "0192f0c1-2345-7abc-8def-000000000002"


@pytest.fixture
async def notes(database: Database, database_url: str) -> AsyncIterator[Database]:
    """A tenant's table with one row of each of two tenants."""
    owner = await asyncpg.connect(database_url)
    await owner.execute(
        "CREATE TABLE notes (tenant_id uuid, words text, PRIMARY KEY (tenant_id, words));"
        "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;"
        "CREATE POLICY own_school ON notes USING (tenant_id = lectern_tenant())"
    )
    await owner.execute("INSERT INTO notes VALUES ($1, 'one'), ($2, 'two')", UUID(ONE), UUID(TWO))
    yield database
    await owner.execute("DROP TABLE notes")
    await owner.close()


async def test_a_transaction_sees_its_tenant_alone(notes: Database) -> None:
    async with notes.transaction(ONE) as connection:
        assert await connection.fetchval("SELECT array_agg(words) FROM notes") == ["one"]
    async with notes.transaction(TWO) as connection:
        assert await connection.fetchval("SELECT array_agg(words) FROM notes") == ["two"]
    async with notes.transaction(None) as connection:
        assert await connection.fetchval("SELECT count(*) FROM notes") == 0


async def test_the_tenant_does_not_outlive_its_transaction(notes: Database) -> None:
    async def count(tenant: str | None) -> int:
        async with notes.transaction(tenant) as connection:
            return int(await connection.fetchval("SELECT count(*) FROM notes"))

    seen = await asyncio.gather(*(count(tenant) for tenant in (ONE, None, TWO, None) * 25))
    assert seen == [1, 0, 1, 0] * 25


async def test_nothing_can_be_written_for_another_tenant(notes: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with notes.transaction(ONE) as connection:
            await connection.execute("INSERT INTO notes VALUES ($1, 'forged')", UUID(TWO))
    async with notes.transaction(ONE) as connection:
        assert await connection.execute("DELETE FROM notes WHERE words = 'two'") == "DELETE 0"


async def test_a_tenant_that_is_no_id_never_reaches_the_database(notes: Database) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        async with notes.transaction("'; RESET ROLE; --"):
            pass


async def test_an_error_rolls_back(notes: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with notes.transaction(ONE) as connection:
            await connection.execute(f"INSERT INTO notes VALUES ('{ONE}', 'gone'); SELECT 1/0")
    async with notes.transaction(ONE) as connection:
        assert await connection.fetchval("SELECT count(*) FROM notes") == 1


async def test_a_statement_has_a_deadline(database_url: str) -> None:
    async with Database(database_url, pool_size=2, statement_timeout_ms=50) as short:
        with pytest.raises(Unavailable):
            async with short.transaction(None) as connection:
                await connection.execute("SELECT pg_sleep(10)")
        await short.ping()


@contextlib.asynccontextmanager
async def frozen(database: Database) -> AsyncIterator[None]:
    """Every process of PostgreSQL stands still, as on a disk that hangs."""
    async with database.transaction(None) as connection:
        postmaster = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
    assert postmaster is not None
    processes = [postmaster, *postmaster.children()]
    for one in processes:
        one.suspend()
    try:
        yield
    finally:
        for one in processes:
            one.resume()


@pytest.mark.parametrize("before", ["begin", "statement", "commit"])
async def test_a_database_that_stands_still_is_unavailable_and_then_goes_on(
    notes: Database, database_url: str, before: str
) -> None:
    async with Database(database_url, pool_size=1, statement_timeout_ms=500) as short:
        await short.ping()
        async with contextlib.AsyncExitStack() as ice:

            async def reaches(point: str) -> None:
                if point == before:
                    await ice.enter_async_context(frozen(notes))

            async def works() -> None:
                await reaches("begin")
                async with short.transaction(ONE) as connection:
                    await reaches("statement")
                    await connection.execute("SELECT 1")
                    await reaches("commit")

            with pytest.raises(Unavailable):
                await works()
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(Unavailable):
                    await short.ping()
                    break
        async with short.transaction(ONE) as connection:
            assert await connection.fetchval("SELECT count(*) FROM notes") == 1


async def test_a_callers_own_deadline_stays_its_own(notes: Database) -> None:
    with pytest.raises(TimeoutError):
        async with notes.transaction(ONE), asyncio.timeout(0):
            await asyncio.Event().wait()


async def test_a_callers_own_mistake_stays_its_own(notes: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with notes.transaction(ONE) as connection:
            await connection.execute("SELECT * FROM nothing_here")
    with pytest.raises(asyncpg.InterfaceError):
        async with notes.transaction(ONE) as connection:
            await connection.fetch("SELECT $1::int")


async def test_a_database_that_went_away_is_unavailable_and_then_back(short_folder: Path) -> None:
    folder = short_folder / "stopped"
    folder.mkdir()
    async with postgres(folder, folder) as url:
        await migrate(url)
        database = await Database(url, pool_size=2, statement_timeout_ms=1000).__aenter__()
        await database.ping()
    with pytest.raises(Unavailable):
        await database.ping()
    async with postgres(folder, folder):
        await database.ping()
        await database.__aexit__(None, None, None)


async def test_a_statement_speaks_for_no_tenant_also_after_a_transaction_that_was_cut_short(
    notes: Database, database_url: str
) -> None:
    async with Database(database_url, pool_size=1, statement_timeout_ms=5000) as single:
        begun = asyncio.Event()

        async def never_ends() -> None:
            async with single.transaction(ONE) as connection:
                assert await connection.fetchval("SELECT count(*) FROM notes") == 1
                begun.set()
                await connection.execute("SELECT pg_sleep(60)")

        asking = asyncio.ensure_future(never_ends())
        await begun.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        for _ in range(3):
            async with single.statement() as connection:
                assert await connection.fetchval("SELECT count(*) FROM notes") == 0


@pytest.mark.parametrize("kind", ["statement", "transaction"])
async def test_a_connection_that_ends_between_two_statements_is_unavailable(
    notes: Database, database_url: str, kind: str
) -> None:
    async with Database(database_url, pool_size=1, statement_timeout_ms=5000) as single:

        async def cut_short() -> None:
            way = single.statement() if kind == "statement" else single.transaction(None)
            async with way as connection:
                pid = await connection.fetchval("SELECT pg_backend_pid()")
                owner = await asyncpg.connect(database_url)
                await owner.execute("SELECT pg_terminate_backend($1, 10000)", pid)
                await owner.close()
                await connection.fetchval("SELECT 1")

        with pytest.raises(Unavailable):
            await cut_short()
        async with single.statement() as connection:
            assert await connection.fetchval("SELECT 1") == 1


async def test_a_connection_that_was_told_of_an_end_that_did_not_come_is_unavailable_once(
    notes: Database, database_url: str
) -> None:
    async with Database(database_url, pool_size=1, statement_timeout_ms=5000) as single:
        async with single.statement() as connection:
            fields = b"SFATAL\x00VFATAL\x00C57P02\x00Mterminating connection\x00\x00"
            told = b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
            # What a server says to an idle connection when another of its processes was killed.
            connection._protocol.data_received(told)  # type: ignore[attr-defined]  # its inside
        with pytest.raises(Unavailable):
            await single.ping()
        await single.ping()
