"""The second wall: whatever a query forgets, the rows of another school are not there."""

import asyncio
import dataclasses

import asyncpg
import pytest

from lms.errors import Conflict
from server import demo
from server.auth.passwords import Passwords
from server.clock import SystemClock
from server.schools import NewSchool, open_school
from server.storage.postgres import Database
from tests.support.school import CheapPasswords, moment
from tests.support.stores import Stores

pytestmark = pytest.mark.store
OTHER = "018f3a5e-0000-7000-8000-00000000ffff"
TABLES = (
    "users",
    "sessions",
    "courses",
    "enrolments",
    "lessons",
    "classes",
    "idempotency",
    "questions",
    "assessments",
    "uploads",
)


@pytest.fixture(scope="module")
async def seeded(database: Database) -> demo.Demo:
    async with CheapPasswords().running() as passwords:
        return await demo.seed(database, passwords, moment(SystemClock()))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("tenant", [OTHER, None])
async def test_raw_sql_of_another_school_sees_nothing(
    database: Database, seeded: demo.Demo, table: str, tenant: str | None
) -> None:
    async with database.transaction(tenant) as connection:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
        changed = await connection.execute(f"DELETE FROM {table}")
        assert changed == "DELETE 0"


async def test_raw_sql_cannot_write_into_another_school(
    database: Database, seeded: demo.Demo
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(OTHER) as connection:
            await connection.execute(
                "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, 'x', now())",
                seeded.tenant_id,
                OTHER,
            )


async def test_rows_cannot_be_moved_to_another_school(
    database: Database, seeded: demo.Demo
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(seeded.tenant_id) as connection:
            await connection.execute("UPDATE lessons SET tenant_id = $1", OTHER)


async def test_a_school_is_found_by_all_and_changed_by_itself_alone(
    database: Database, seeded: demo.Demo
) -> None:
    async with database.transaction(None) as connection:
        assert await connection.fetchval("SELECT count(*) FROM tenants") >= 1
    async with database.transaction(OTHER) as connection:
        assert await connection.execute("UPDATE tenants SET active = false") == "UPDATE 0"
        assert await connection.execute("DELETE FROM tenants") == "DELETE 0"


async def test_seeding_again_changes_nothing_and_keeps_a_class_open(
    database: Database, seeded: demo.Demo
) -> None:
    counts = [await count(database, seeded, table) for table in TABLES]
    async with CheapPasswords().running() as passwords:
        again = await demo.seed(database, passwords, moment(SystemClock()))
    assert again == seeded
    assert [await count(database, seeded, table) for table in TABLES] == counts
    async with database.transaction(seeded.tenant_id) as connection:
        await connection.execute(
            "UPDATE classes SET state = 'closed', closed_at = now() WHERE class_id = $1",
            seeded.open_class_id,
        )
    async with CheapPasswords().running() as passwords:
        after = await demo.seed(database, passwords, moment(SystemClock()))
    assert after.open_class_id != seeded.open_class_id
    async with database.transaction(seeded.tenant_id) as connection:
        states = await connection.fetch(
            "SELECT state FROM classes WHERE class_id = $1", after.open_class_id
        )
    assert [row["state"] for row in states] == ["open"]


async def test_nodes_that_start_at_once_seed_one_school(stores: Stores) -> None:
    url = await stores.fresh_database()
    async with (
        Database(url, pool_size=8, statement_timeout_ms=5000) as fresh,
        CheapPasswords().running() as passwords,
    ):
        now = moment(SystemClock())
        got = await asyncio.gather(*(demo.seed(fresh, passwords, now) for _ in range(4)))
        assert len(set(got)) == 1
        assert await count(fresh, got[0], "classes") == 2
        assert await count(fresh, got[0], "users") == 34
    await stores.drop_database(url)


async def count(database: Database, seeded: demo.Demo, table: str) -> int:
    async with database.transaction(seeded.tenant_id) as connection:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))


async def test_a_school_and_its_administrator_are_made_by_command(database: Database) -> None:
    now = moment(SystemClock())
    wanted = NewSchool(
        slug="north",
        school="North School",
        email="Head@North.school",
        name="Head",
        host="north.test",
    )
    async with Passwords().running() as passwords:
        password = await open_school(database, passwords, wanted, now)
        assert password is not None
        assert await open_school(database, passwords, wanted, now) is None
        other = dataclasses.replace(wanted, school="South School", email="head@south.school")
        with pytest.raises(Conflict, match="North School"):
            await open_school(database, passwords, other, now)
        async with database.transaction(None) as connection:
            tenant = str(
                await connection.fetchval("SELECT tenant_id FROM tenants WHERE slug = 'north'")
            )
        async with database.transaction(tenant) as connection:
            row = await connection.fetchrow("SELECT email, roles, password_hash FROM users")
        assert row is not None
        assert (row["email"], row["roles"]) == ("head@north.school", ["admin"])
        assert await passwords.verify(row["password_hash"], password)
        assert not await passwords.verify(row["password_hash"], password + "x")
        assert not await passwords.verify(None, password)
