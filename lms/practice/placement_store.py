"""SQL of placements; reads the bank."""

from collections.abc import Collection

import asyncpg
import msgspec

from lms.practice.placing import Placement, Pool, Posed

NEAREST = 200

_posed = msgspec.json.Decoder(tuple[Posed, ...])
_POOL = """
WITH bank AS MATERIALIZED (
    SELECT question_id, version, skills, level, difficulty, language FROM questions
    WHERE tenant_id = $1 AND course_id = $2 AND state = 'published' AND kind = ANY ($3)
), scale AS MATERIALIZED (
    SELECT array_agg(DISTINCT level ORDER BY level) AS levels, mode() WITHIN GROUP (ORDER BY language) AS main FROM bank
), placed AS (
    SELECT question_id, version, skills, difficulty, levels,
        (((array_position(levels, level) - 1) * 100 + difficulty) / cardinality(levels))::int AS hardness
    FROM bank JOIN scale ON bank.language = scale.main
)
SELECT * FROM placed WHERE question_id <> ALL ($4::uuid[]) ORDER BY abs(hardness - $5), question_id LIMIT $6
"""
_COLUMNS = (
    "placement_id, course_id, user_id, state, items, ability, error, level, created_at, done_at"
)


async def pool(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    kinds: Collection[str],
    barred: Collection[str],
    near: int,
) -> Pool:
    """What may be asked in this course, in the language of most of its bank, the nearest to a hardness; `place` is (tenant, course)."""
    rows = await connection.fetch(_POOL, *place, list(kinds), list(barred), near, NEAREST)
    return Pool(
        items=tuple(
            Posed(
                item_id="",
                question_id=str(row["question_id"]),
                version=row["version"],
                skills=tuple(row["skills"]),
                difficulty=row["difficulty"],
                hardness=row["hardness"],
            )
            for row in rows
        ),
        levels=tuple(rows[0]["levels"]) if rows else (),
    )


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
    connection: asyncpg.Connection,
    tenant_id: str,
    user_id: str,
    placement_id: str,
    *,
    lock: bool = False,
) -> Placement | None:
    """One of this learner's; locked, it is the caller's to the end of the transaction."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM placements WHERE tenant_id = $1 AND placement_id = $2 AND user_id = $3"
        + (" FOR NO KEY UPDATE" if lock else ""),
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
) -> tuple[dict[str, int], int]:
    """How often the last placements of a course asked each item, and how many those are."""
    rows = await connection.fetch(
        "WITH last AS MATERIALIZED (SELECT items FROM placements WHERE tenant_id = $1 AND course_id = $2"
        " ORDER BY created_at DESC LIMIT $3)"
        " SELECT one ->> 'question_id' AS question_id, count(*)::int AS times, (SELECT count(*)::int FROM last) AS placements"
        " FROM last CROSS JOIN jsonb_array_elements(last.items) AS one GROUP BY 1",
        *(*place, most),
    )
    return {row["question_id"]: row["times"] for row in rows}, (
        rows[0]["placements"] if rows else 0
    )


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
