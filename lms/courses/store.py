"""SQL of courses; reads who is enrolled."""

from collections.abc import Collection
from datetime import datetime

import asyncpg

from lms.courses.model import Course
from lms.ids import CourseId

# $1 is the tenant, $2 the person who looks.
SELECT = (
    "SELECT c.course_id, c.title, c.archived, c.version, c.created_at, mine.role AS my_role,"
    " (SELECT count(*) FROM enrolments e WHERE e.tenant_id = $1 AND e.course_id = c.course_id) AS people"
    " FROM courses c LEFT JOIN enrolments mine"
    " ON mine.tenant_id = $1 AND mine.course_id = c.course_id AND mine.user_id = $2"
    " WHERE c.tenant_id = $1"
)


def _course(row: asyncpg.Record) -> Course:
    return Course(
        course_id=CourseId(str(row["course_id"])),
        title=row["title"],
        archived=row["archived"],
        version=row["version"],
        created_at=row["created_at"],
        people=row["people"],
        my_role=row["my_role"],
    )


async def add(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, title: str, now: datetime
) -> None:
    """Add a course that nobody is in yet."""
    await connection.execute(
        "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, $3, $4)",
        tenant_id,
        course_id,
        title,
        now,
    )


async def get(
    connection: asyncpg.Connection,
    tenant_id: str,
    user_id: str,
    course_id: str,
    *,
    lock: bool = False,
) -> Course | None:
    """One course as this person sees it."""
    row = await connection.fetchrow(
        f"{SELECT} AND c.course_id = $3" + (" FOR UPDATE OF c" if lock else ""),
        tenant_id,
        user_id,
        course_id,
    )
    return None if row is None else _course(row)


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    user_id: str,
    *,
    every: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Course]:
    """The person's courses (or `every` course of the school) by title, after (title, id)."""
    rows = await connection.fetch(
        f"{SELECT} AND ($3 OR mine.role IS NOT NULL)"
        " AND ($4::text IS NULL OR (c.title, c.course_id) > ($4, $5::uuid))"
        " ORDER BY c.title, c.course_id LIMIT $6",
        tenant_id,
        user_id,
        every,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_course(row) for row in rows]


async def save(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, title: str, archived: bool
) -> None:
    """Write title and archived under the next version."""
    await connection.execute(
        "UPDATE courses SET title = $3, archived = $4, version = version + 1"
        " WHERE tenant_id = $1 AND course_id = $2",
        tenant_id,
        course_id,
        title,
        archived,
    )


async def archived_among(
    connection: asyncpg.Connection, tenant_id: str, course_ids: Collection[str]
) -> set[str]:
    """Those of the courses that are archived."""
    rows = await connection.fetch(
        "SELECT course_id FROM courses WHERE tenant_id = $1 AND course_id = ANY($2::uuid[]) AND archived",
        tenant_id,
        list(course_ids),
    )
    return {str(row["course_id"]) for row in rows}
