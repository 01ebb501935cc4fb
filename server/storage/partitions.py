"""Weekly partitions of the tables that are split by the time in their ids: made ahead, counted, retired.

UUIDv7 ids begin with their milliseconds, so a week is a range of ids and a key needs no column of time: what is sent again
after midnight is still one row. Which tables are split so is asked of the catalogue.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from server.storage.migrate import MigrationError, connected

WEEK = timedelta(weeks=1)
WEEKS_AHEAD = 8
# A clock may be a little behind at midnight of a Sunday; an id of then needs its week too.
WEEKS_BEHIND = 1
LOCK_KEY = 0x1EC7E4C
LOCK_TRIES = 8
LOCK_PAUSE_SECONDS = 0.25
RETIRE_SECONDS = 60.0

_TABLES = """
SELECT c.relname AS name, a.attname AS key, obj_description(c.oid, 'pg_class') AS comment,
    ARRAY(
        SELECT part.relname::text FROM pg_inherits AS i JOIN pg_class AS part ON part.oid = i.inhrelid
        WHERE i.inhparent = c.oid AND NOT i.inhdetachpending ORDER BY 1
    ) AS parts
FROM pg_partitioned_table AS p
JOIN pg_class AS c ON c.oid = p.partrelid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
WHERE p.partstrat = 'r' AND a.atttypid = 'uuid'::regtype AND c.relnamespace = 'public'::regnamespace
ORDER BY c.relname
"""
# Somebody was interrupted.
_HALF_DETACHED = """
SELECT i.inhparent::regclass::text, i.inhrelid::regclass::text FROM pg_inherits AS i WHERE i.inhdetachpending
"""
_POLICIES = """
SELECT format('CREATE POLICY %I ON %I FOR %s TO %s', policyname, $2::text, cmd, array_to_string(roles, ', '))
    || coalesce(' USING (' || qual || ')', '') || coalesce(' WITH CHECK (' || with_check || ')', '') AS made
FROM pg_policies WHERE schemaname = 'public' AND tablename = $1 ORDER BY policyname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A table that is split, and the names of its parts."""

    name: str
    comment: str
    parts: frozenset[str]

    def part(self, week: datetime) -> str:
        """What its part of this week is called."""
        return f"{self.name}_{week:%Y%m%d}"

    def ahead(self, now: datetime) -> int:
        """How many of the weeks after this one have their part, without a hole."""
        count = 0
        while self.part(week_of(now) + (count + 1) * WEEK) in self.parts:
            count += 1
        return count


def week_of(moment: datetime) -> datetime:
    """Midnight of its Monday, in UTC."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def first_id(moment: datetime) -> UUID:
    """No UUIDv7 of this moment or later is smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


async def splits(connection: asyncpg.Connection) -> list[Split]:
    """Every table that is split by week."""
    return [
        Split(name=row["name"], comment=row["comment"] or "", parts=frozenset(row["parts"]))
        for row in await connection.fetch(_TABLES)
    ]


async def make_ahead(database_url: str, *, now: datetime | None = None) -> list[str]:
    """Make what is missing for the week before, this one and the eight to come; as the owner of the tables.

    `now` is the database's unless it is given. The names of what was made.
    """
    async with _owner(database_url) as connection:
        moment = now or await connection.fetchval("SELECT clock_timestamp()")
        made = []
        for split in await splits(connection):
            if _missing(split, moment):
                made += await _patiently(connection, split.name, moment)
        return made


async def retire(database_url: str, *, before: datetime) -> list[str]:
    """Take the parts that ended before this moment off their tables; they stay as tables of their own, for people to keep or drop."""
    async with _owner(database_url) as connection:
        old = [
            (split.name, part)
            for split in await splits(connection)
            for part in sorted(split.parts)
            if part <= split.part(week_of(before) - WEEK)
        ]
        await connection.execute("SET lock_timeout = '3s'")
        for table, part in await connection.fetch(_HALF_DETACHED):
            await connection.execute(f"ALTER TABLE {table} DETACH PARTITION {part} FINALIZE")
        for table, part in old:
            await connection.execute(
                f"ALTER TABLE {table} DETACH PARTITION {part} CONCURRENTLY",
                timeout=RETIRE_SECONDS,
            )
        return [part for _, part in old]


@contextlib.asynccontextmanager
async def _owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connected(database_url)
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise MigrationError(f"the partitions cannot be kept: {why}") from error
    finally:
        connection.terminate() if connection.is_closed() else await connection.close()


def _missing(split: Split, now: datetime) -> list[datetime]:
    first = week_of(now) - WEEKS_BEHIND * WEEK
    weeks = [first + count * WEEK for count in range(WEEKS_BEHIND + 1 + WEEKS_AHEAD)]
    return [week for week in weeks if split.part(week) not in split.parts]


async def _patiently(connection: asyncpg.Connection, table: str, now: datetime) -> list[str]:
    """A lock that does not come in time is tried again later, so that nobody waits behind us."""
    for attempt in range(1, LOCK_TRIES + 1):
        try:
            return await _make(connection, table, now)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if attempt == LOCK_TRIES:
                raise
            await asyncio.sleep(LOCK_PAUSE_SECONDS * attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
    raise AssertionError("the last try returns or raises")


async def _make(connection: asyncpg.Connection, table: str, now: datetime) -> list[str]:
    """The missing parts of one table, all or none. Others may be at it: who comes second finds them made."""
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '3s'")
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
        split = next(found for found in await splits(connection) if found.name == table)
        weeks = _missing(split, now)
        for week in weeks:
            await _make_part(connection, split, week)
        return [split.part(week) for week in weeks]


async def _make_part(connection: asyncpg.Connection, split: Split, week: datetime) -> None:
    """Built beside its table and attached whole: PARTITION OF would lock the table against everybody.

    It is reached through its table alone: nobody is granted the part itself, which has the rules of the table all the same.
    """
    part = split.part(week)
    policies = await connection.fetch(_POLICIES, split.name, part)
    said = split.comment.replace("'", "''")
    statements = [
        f"CREATE TABLE {part} (LIKE {split.name} INCLUDING ALL)",
        f"COMMENT ON TABLE {part} IS '{said}; the week of {week:%Y-%m-%d}'",
        f"REVOKE ALL ON {part} FROM PUBLIC, lectern_app, lectern_append",
        f"ALTER TABLE {part} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        *(row["made"] for row in policies),
        (
            f"ALTER TABLE {split.name} ATTACH PARTITION {part}"
            f" FOR VALUES FROM ('{first_id(week)}') TO ('{first_id(week + WEEK)}')"
        ),
    ]
    await connection.execute(";\n".join(statements))
