"""Weekly partitions: made ahead by the server itself, closed to everybody but through their table, retired."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from lms.ids import RANDOM_BYTES, uuid7
from server.storage import partitions
from server.storage.postgres import Database
from tests.support.stores import Stores

pytestmark = pytest.mark.store

TODAY = datetime(2027, 3, 10, 12, tzinfo=UTC)
TENANT = "018f0000-0000-7000-8000-000000000001"
SPLIT = {
    "answers",
    "attempt_events",
    "attempt_papers",
    "audit",
    "grades",
    "marks",
    "practice_answers",
    "practices",
    "quiz_answers",
}


@pytest.fixture
async def url(stores: Stores) -> AsyncIterator[str]:
    fresh = await stores.fresh_database()
    yield fresh
    await stores.drop_database(fresh)


@pytest.fixture
async def owner(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


def _id(moment: datetime) -> str:
    return uuid7(int(moment.timestamp() * 1000), secrets.token_bytes(RANDOM_BYTES))


async def _write(database: Database, attempt_id: str) -> None:
    async with database.transaction(TENANT) as connection:
        await connection.execute(
            "INSERT INTO attempt_papers (tenant_id, attempt_id, paper, pins) VALUES ($1, $2, '{}', '[]')"
            " ON CONFLICT (tenant_id, attempt_id) DO NOTHING",
            *(TENANT, attempt_id),
        )


async def test_eight_weeks_lie_ahead_of_today(url: str, owner: asyncpg.Connection) -> None:
    await partitions.make_ahead(url)
    now = await owner.fetchval("SELECT clock_timestamp()")
    found = {split.name: split.ahead(now) for split in await partitions.splits(owner)}
    assert found == dict.fromkeys(SPLIT, 8)


async def test_made_again_nothing_is_made(url: str) -> None:
    assert len(await partitions.make_ahead(url, now=TODAY)) == len(SPLIT) * 10
    assert await partitions.make_ahead(url, now=TODAY) == []


async def test_sixty_days_later_there_are_eight_ahead_and_the_keys_are_found(
    url: str, owner: asyncpg.Connection
) -> None:
    async with Database(url, pool_size=2, statement_timeout_ms=5000) as database:
        written = []
        for days in range(0, 120, 5):
            moment = TODAY + timedelta(days=days)
            await partitions.make_ahead(url, now=moment)
            assert {split.ahead(moment) for split in await partitions.splits(owner)} == {8}
            written.append(_id(moment))
            await _write(database, written[-1])
        async with database.transaction(TENANT) as connection:
            for attempt_id in written:
                assert (
                    await connection.fetchval(
                        "SELECT count(*) FROM attempt_papers WHERE tenant_id = $1 AND attempt_id = $2",
                        *(TENANT, attempt_id),
                    )
                    == 1
                )


async def test_sent_again_after_midnight_it_stays_one_row(
    url: str, owner: asyncpg.Connection
) -> None:
    sunday = datetime(2027, 3, 14, 23, 59, 59, 999_000, tzinfo=UTC)
    attempt_id = _id(sunday)
    async with Database(url, pool_size=2, statement_timeout_ms=5000) as database:
        for moment in (sunday, sunday + timedelta(seconds=1), sunday + timedelta(days=8)):
            await partitions.make_ahead(url, now=moment)
            await _write(database, attempt_id)
    where = await owner.fetch("SELECT tableoid::regclass::text AS part FROM attempt_papers")
    assert [row["part"] for row in where] == ["attempt_papers_20270308"]


async def test_a_part_is_reached_through_its_table_alone(url: str) -> None:
    await partitions.make_ahead(url, now=TODAY)
    async with Database(url, pool_size=2, statement_timeout_ms=5000) as database:
        for verb in ("SELECT FROM", "DELETE FROM", "TRUNCATE"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.transaction(TENANT) as connection:
                    await connection.execute(f"{verb} answers_20270308")


async def test_who_comes_while_a_table_is_read_waits_for_nobody(
    url: str, owner: asyncpg.Connection
) -> None:
    """A long report holds ACCESS SHARE on the tables, and a part is attached all the same."""
    async with owner.transaction():
        await owner.fetch("SELECT FROM answers")
        assert await partitions.make_ahead(url, now=TODAY)


async def test_two_servers_that_start_at_once_make_each_part_once(url: str) -> None:
    made = await asyncio.gather(*(partitions.make_ahead(url, now=TODAY) for _ in range(4)))
    assert sorted(name for names in made for name in names) == sorted(
        set().union(*(set(names) for names in made))
    )


async def test_what_is_old_is_retired_and_kept(url: str, owner: asyncpg.Connection) -> None:
    old = _id(TODAY)
    async with Database(url, pool_size=2, statement_timeout_ms=5000) as database:
        await partitions.make_ahead(url, now=TODAY)
        await _write(database, old)
        gone = await partitions.retire(url, before=TODAY + timedelta(weeks=1))
        assert "attempt_papers_20270308" in gone
        assert not any(name.endswith("20270315") for name in gone)
        assert await owner.fetchval("SELECT count(*) FROM attempt_papers") == 0
        assert await owner.fetchval("SELECT count(*) FROM attempt_papers_20270308") == 1
        assert await partitions.retire(url, before=TODAY + timedelta(weeks=1)) == []


async def test_a_part_that_was_half_taken_off_is_taken_off_entirely(
    url: str, owner: asyncpg.Connection
) -> None:
    """Taking it off waits for who reads the table; somebody lost patience."""
    await partitions.make_ahead(url, now=TODAY)
    pending = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending"
    reader, impatient = await asyncpg.connect(url), await asyncpg.connect(url)
    async with reader.transaction():
        await reader.fetch("SELECT FROM marks")
        detach = asyncio.ensure_future(
            impatient.execute("ALTER TABLE marks DETACH PARTITION marks_20270308 CONCURRENTLY")
        )
        async with asyncio.timeout(20):
            while not await owner.fetchval(pending):
                await asyncio.sleep(0.02)
        await owner.execute("SELECT pg_cancel_backend($1)", impatient.get_server_pid())
        with pytest.raises(asyncpg.QueryCanceledError):
            await detach
    await reader.close()
    await impatient.close()
    await partitions.retire(url, before=TODAY - timedelta(weeks=50))
    assert await owner.fetchval(pending) == 0
    assert await owner.fetchval("SELECT count(*) FROM marks_20270308") == 0
