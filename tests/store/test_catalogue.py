"""What the catalogue of a migrated database must say: every key leads with the tenant, row-level security is forced."""

import asyncpg
import pytest

from server.storage.migrate import migrate
from server.storage.postgres import Database
from tests.support.stores import Stores

pytestmark = pytest.mark.store

ROLES = "lectern_app, lectern_append, lectern_review, lectern_factory"
KINDS = ("tenant", "reference", "local")
# What is near a vector has no order that a tenant could lead.
NEARNESS = ("item_vectors_near",)
# Every node asks for all schools at once which items went out of use lately; it is told ids alone.
OF_ALL_SCHOOLS = ("questions_withdrawn",)

TABLES = """
SELECT c.oid, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment, c.relrowsecurity AS secured,
    c.relforcerowsecurity AS forced, (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid) AS policies
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
KEYS = """
SELECT conrelid::regclass::text AS name, conname, contype,
    (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = conrelid AND a.attnum = conkey[1]) AS first,
    confrelid::regclass::text AS target
FROM pg_constraint WHERE contype IN ('p', 'u', 'f') AND connamespace = 'public'::regnamespace
"""
INDEXES = """
SELECT i.indrelid::regclass::text AS name, c.relname AS index,
    (SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]) AS first
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
"""


async def _kinds(connection: asyncpg.Connection) -> dict[str, str]:
    rows = await connection.fetch(TABLES)
    return {row["name"]: (row["comment"] or "").split(":")[0] for row in rows}


async def test_every_table_says_what_kind_it_is(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        kinds = await _kinds(connection)
    finally:
        await connection.close()
    assert {name for name, kind in kinds.items() if kind not in KINDS} == set()
    assert "tenant" in kinds.values()


async def test_every_key_of_a_tenants_table_leads_with_the_tenant(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        kinds = await _kinds(connection)
        keys = await connection.fetch(KEYS)
        indexes = await connection.fetch(INDEXES)
    finally:
        await connection.close()
    keyless = [
        (row["name"], row["conname"])
        for row in keys
        if kinds.get(row["name"]) == "tenant" and row["first"] != "tenant_id"
    ]
    slow = [
        (row["name"], row["index"])
        for row in indexes
        if kinds.get(row["name"]) == "tenant"
        and row["first"] != "tenant_id"
        and row["index"] not in (*NEARNESS, *OF_ALL_SCHOOLS)
    ]
    # A local table lives on one cell alone, so no key may tie a tenant's row to it, nor the other way round.
    crossing = [
        (row["name"], row["target"])
        for row in keys
        if row["contype"] == b"f" and "local" in (kinds.get(row["name"]), kinds.get(row["target"]))
    ]
    assert (keyless, slow, crossing) == ([], [], [])


async def test_row_level_security_is_forced_on_every_tenants_table(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(TABLES)
        role = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = 'lectern_app'"
        )
    finally:
        await connection.close()
    open_tables = [
        row["name"]
        for row in rows
        if row["comment"].startswith("tenant:")
        and not (row["secured"] and row["forced"] and row["policies"])
    ]
    assert open_tables == []
    assert role is not None
    assert tuple(role) == (False, False, False)


async def test_a_node_cannot_change_the_schema(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(None) as connection:
            await connection.execute("CREATE TABLE mine (a int)")


async def test_the_migrations_run_without_a_superuser(stores: Stores) -> None:
    """In production the owner of the schema is an ordinary role that may make roles."""
    url = await stores.fresh_database("template0")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE ROLE landlord LOGIN CREATEROLE NOSUPERUSER")
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE {name} OWNER TO landlord")
        await connection.execute(f"GRANT {ROLES} TO landlord WITH ADMIN OPTION")
        await connection.execute("CREATE EXTENSION vector")
        await connection.execute("ALTER SCHEMA public OWNER TO landlord")
    finally:
        await connection.close()
    assert await migrate(url.replace("://lectern@", "://landlord@"))
    await stores.drop_database(url)
    cleaner = await asyncpg.connect(stores.postgres_url)
    await cleaner.execute("DROP ROLE landlord")
    await cleaner.close()
