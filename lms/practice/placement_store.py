"""SQL of placements; reads the bank."""

from collections.abc import Collection

import asyncpg
import msgspec

from lms.practice.placing import Placement, Posed

POOL_MAX = 5000

_posed = msgspec.json.Decoder(tuple[Posed, ...])
_COLUMNS = (
    "placement_id, course_id, user_id, state, items, ability, error, level, created_at, done_at"
)


async def pool(
    connection: asyncpg.Connection, place: tuple[str, str], kinds: Collection[str]
) -> list[asyncpg.Record]:
    """What a placement may ask in this course: ids, versions, skills, levels and difficulties."""
    found: list[asyncpg.Record] = await connection.fetch(
        "SELECT question_id::text, version, skills, level, difficulty, language FROM questions WHERE tenant_id = $1"
        " AND course_id = $2 AND state = 'published' AND kind = ANY ($3) ORDER BY question_id LIMIT $4",
        *(*place, list(kinds), POOL_MAX),
    )
    return found


async def add(connection: asyncpg.Connection, tenant_id: str, new: Placement) -> bool:
    """Begin one; False when this learner has an open one in this course already."""
    done: str = await connection.execute(
        "INSERT INTO placements (tenant_id, placement_id, course_id, user_id, items, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (tenant_id, user_id, course_id) WHERE state = 'open' DO NOTHING",
        tenant_id,
        new.placement_id,
        new.course_id,
        new.user_id,
        msgspec.json.encode(new.items).decode(),
        new.created_at,
    )
    return done.endswith(" 1")


async def open_of(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, user_id: str
) -> Placement | None:
    """The one that this learner has begun in this course and not ended."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM placements WHERE tenant_id = $1 AND course_id = $2 AND user_id = $3 AND state = 'open'",
        *(tenant_id, course_id, user_id),
    )
    return None if row is None else _placement(row)


async def get(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, placement_id: str
) -> Placement | None:
    """One of this learner's, locked to the end of the transaction."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM placements WHERE tenant_id = $1 AND placement_id = $2 AND user_id = $3"
        " FOR NO KEY UPDATE",
        *(tenant_id, placement_id, user_id),
    )
    return None if row is None else _placement(row)


async def save(connection: asyncpg.Connection, tenant_id: str, one: Placement) -> None:
    """Write how it stands."""
    await connection.execute(
        "UPDATE placements SET state = $3, items = $4, ability = $5, error = $6, level = $7, done_at = $8,"
        " version = version + 1 WHERE tenant_id = $1 AND placement_id = $2",
        tenant_id,
        one.placement_id,
        "done" if one.done_at else "open",
        msgspec.json.encode(one.items).decode(),
        one.ability,
        one.error,
        one.level,
        one.done_at,
    )


async def levels(
    connection: asyncpg.Connection, place: tuple[str, str], user_ids: Collection[str]
) -> dict[str, int]:
    """Where their last placement put these learners, for those who had one; `place` is (tenant, course)."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (user_id) user_id, level FROM placements WHERE tenant_id = $1 AND course_id = $2"
        " AND user_id = ANY ($3::uuid[]) AND state = 'done' AND level IS NOT NULL ORDER BY user_id, placement_id DESC",
        *(*place, list(user_ids)),
    )
    return {str(row["user_id"]): row["level"] for row in rows}


async def exposures(
    connection: asyncpg.Connection, place: tuple[str, str], most: int
) -> dict[str, int]:
    """How often the last placements of a course asked each item."""
    rows = await connection.fetch(
        "SELECT one ->> 'question_id' AS question_id, count(*)::int AS times FROM"
        " (SELECT items FROM placements WHERE tenant_id = $1 AND course_id = $2 ORDER BY placement_id DESC LIMIT $3) AS p"
        " CROSS JOIN jsonb_array_elements(p.items) AS one GROUP BY 1",
        *(*place, most),
    )
    return {row["question_id"]: row["times"] for row in rows}


def _placement(row: asyncpg.Record) -> Placement:
    return Placement(
        placement_id=str(row["placement_id"]),
        course_id=str(row["course_id"]),
        user_id=str(row["user_id"]),
        items=_posed.decode(row["items"]),
        ability=row["ability"],
        error=row["error"],
        level=row["level"],
        created_at=row["created_at"],
        done_at=row["done_at"],
    )
