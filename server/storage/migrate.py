"""Applies migrations/NNNN_*.sql in order, each once, each in its own transaction, under one lock."""

import asyncio
import contextlib
import hashlib
import random
import re
from dataclasses import dataclass
from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parent / "migrations"
LOCK_KEY = 0x1EC7E4B
LOCK_TRIES = 8
LOCK_PAUSE_SECONDS = 0.25
TURN_SECONDS = 120
TURN_PAUSE_SECONDS = 0.1
OLDEST_SERVER = 16

# Such a statement runs alone, so its file says SET lock_timeout without LOCAL, and IF NOT EXISTS or IF EXISTS.
CONCURRENTLY = re.compile(
    r"^\s*(CREATE|DROP)\b[^;]*\bINDEX\s+CONCURRENTLY\b", re.IGNORECASE | re.MULTILINE
)

_TABLE = """
CREATE TABLE IF NOT EXISTS lectern_migrations (
    number int PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE lectern_migrations IS 'local: which migrations this database has';
"""


class MigrationError(Exception):
    """The database cannot be brought to this version; the message is one line that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str

    @property
    def statements(self) -> list[str]:
        """What is sent at a time: the whole file, or single statements where one may not be in a transaction."""
        if CONCURRENTLY.search(self.sql) is None:
            return [self.sql]
        return [part for part in re.split(r";[ \t]*(?:\n|$)", self.sql) if part.strip()]

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def found(folder: Path = FOLDER) -> list[Migration]:
    """Every migration of the folder in order; two with one number are an error."""
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        name = re.fullmatch(r"(\d{4})_[a-z0-9_]+", path.stem)
        if name is None:
            raise MigrationError(f"{path.name} is not named NNNN_words.sql")
        migrations.append(
            Migration(number=int(name[1]), name=path.stem, sql=path.read_text(encoding="utf-8"))
        )
    numbers = [migration.number for migration in migrations]
    twice = {number for number in numbers if numbers.count(number) > 1}
    if twice:
        raise MigrationError(f"two migrations have the number {min(twice):04}")
    return migrations


async def migrate(database_url: str, migrations: list[Migration] | None = None) -> list[str]:
    """Apply what is missing, as the user of the URL; the names of what was applied."""
    wanted = found() if migrations is None else migrations
    connection = await connected(database_url)
    try:
        await _check_server(connection)
        async with asyncio.timeout(TURN_SECONDS):
            await _take_turn(connection)
        return await _apply_missing(connection, wanted)
    except TimeoutError as error:
        raise MigrationError(
            "another process has been migrating the database for two minutes"
        ) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise MigrationError(f"the database cannot be migrated: {_said(error)}") from error
    finally:
        connection.terminate() if connection.is_closed() else await connection.close()


async def connected(database_url: str) -> asyncpg.Connection:
    """A connection as the user of the URL, who owns the tables."""
    try:
        return await asyncpg.connect(database_url, timeout=10, statement_cache_size=0)
    except TimeoutError as error:
        raise MigrationError(
            "the database (LECTERN_DATABASE_URL) does not answer within ten seconds"
        ) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise MigrationError(
            f"the database (LECTERN_DATABASE_URL) cannot be used: {_said(error)}"
        ) from error


async def _take_turn(connection: asyncpg.Connection) -> None:
    """Ask again and again: a statement that waits for the lock is a transaction that CONCURRENTLY waits for, a deadlock."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK_KEY):  # noqa: ASYNC110 - other processes set it
        await asyncio.sleep(TURN_PAUSE_SECONDS)


async def _check_server(connection: asyncpg.Connection) -> None:
    """Old servers and those without pgvector are turned away before anything is changed."""
    # An owner who is no superuser cannot create it, only use it once it is there.
    has_vector = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector' AND (installed_version IS NOT NULL"
        " OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)))"
    )
    missing = unfit(connection.get_server_version().major, has_vector=has_vector)
    if missing:
        raise MigrationError(f"the database (LECTERN_DATABASE_URL) {missing}")


def unfit(major: int, *, has_vector: bool) -> str:
    """What such a server lacks; empty when it will do."""
    if major < OLDEST_SERVER:
        return f"is PostgreSQL {major}: {OLDEST_SERVER} or newer is needed"
    return (
        ""
        if has_vector
        else "has no extension `vector`: install pgvector there, and let a superuser say CREATE EXTENSION vector"
    )


def _said(error: Exception) -> str:
    """What the server or the driver said, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


async def _apply_missing(connection: asyncpg.Connection, wanted: list[Migration]) -> list[str]:
    await connection.execute(_TABLE)
    rows = await connection.fetch("SELECT number, name, checksum FROM lectern_migrations")
    done: dict[int, str] = {row["number"]: row["checksum"] for row in rows}
    applied = []
    for migration in wanted:
        if migration.number not in done:
            await _apply(connection, migration)
            applied.append(migration.name)
        elif done[migration.number] != migration.checksum:
            raise MigrationError(
                f"{migration.name} was changed after it had been applied: add a new migration instead"
            )
    return applied


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    """A lock that does not come within the file's lock_timeout is tried again later, so that nobody waits behind us."""
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            await _run(connection, migration)
        except asyncpg.LockNotAvailableError as error:
            if attempt == LOCK_TRIES:
                raise MigrationError(
                    f"{migration.name} found its tables locked {LOCK_TRIES} times"
                ) from error
            await asyncio.sleep(LOCK_PAUSE_SECONDS * attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        except asyncpg.PostgresError as error:
            raise MigrationError(f"{migration.name} failed: {_said(error)}") from error
        else:
            return


async def _run(connection: asyncpg.Connection, migration: Migration) -> None:
    """In one transaction, so that a file is there whole or not at all; CONCURRENTLY cannot be in one."""
    alone = len(migration.statements) > 1
    async with contextlib.AsyncExitStack() as stack:
        if not alone:
            await stack.enter_async_context(connection.transaction())
        for statement in migration.statements:
            await connection.execute(statement)
        await connection.execute(
            "INSERT INTO lectern_migrations (number, name, checksum) VALUES ($1, $2, $3)",
            *(migration.number, migration.name, migration.checksum),
        )
