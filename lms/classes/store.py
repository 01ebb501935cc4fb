"""SQL of classes; reads courses and who is enrolled."""

from datetime import datetime

import asyncpg

from lms.classes.model import LiveClass, Plan
from lms.ids import ClassId, CourseId

# $1 is the tenant, $2 the person who looks.
SELECT = (
    "SELECT l.class_id, l.course_id, c.title AS course_title, l.title, l.state, l.starts_at, l.ends_at,"
    " l.opened_at, l.closed_at, l.version, mine.role AS course_role"
    " FROM classes l JOIN courses c ON c.tenant_id = $1 AND c.course_id = l.course_id"
    " LEFT JOIN enrolments mine"
    " ON mine.tenant_id = $1 AND mine.course_id = l.course_id AND mine.user_id = $2"
    " WHERE l.tenant_id = $1"
)


def _class(row: asyncpg.Record) -> LiveClass:
    return LiveClass(
        class_id=ClassId(str(row["class_id"])),
        course_id=CourseId(str(row["course_id"])),
        course_title=row["course_title"],
        title=row["title"],
        state=row["state"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        version=row["version"],
        course_role=row["course_role"],
    )


async def add(
    connection: asyncpg.Connection,
    tenant_id: str,
    class_id: str,
    course_id: str,
    plan: Plan,
    now: datetime,
) -> None:
    """Put a class on the timetable."""
    await connection.execute(
        "INSERT INTO classes (tenant_id, class_id, course_id, title, starts_at, ends_at, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant_id,
        class_id,
        course_id,
        plan.title,
        plan.starts_at,
        plan.ends_at,
        now,
    )


async def get(
    connection: asyncpg.Connection,
    tenant_id: str,
    user_id: str,
    class_id: str,
    *,
    lock: bool = False,
) -> LiveClass | None:
    """One class as this person sees it."""
    row = await connection.fetchrow(
        f"{SELECT} AND l.class_id = $3" + (" FOR UPDATE OF l" if lock else ""),
        tenant_id,
        user_id,
        class_id,
    )
    return None if row is None else _class(row)


async def timetable(  # noqa: PLR0913 - one statement, whose parameters these are
    connection: asyncpg.Connection,
    tenant_id: str,
    user_id: str,
    *,
    course_id: str | None,
    every: bool,
    since: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[LiveClass]:
    """Classes of one course, of the person's courses, or `every` one, soonest first, after (start, id).

    With `since`, those that ended before it are left out, but never an open one.
    """
    rows = await connection.fetch(
        f"{SELECT} AND ($3::uuid IS NULL OR l.course_id = $3)"
        " AND ($4 OR mine.role IS NOT NULL)"
        " AND ($5::timestamptz IS NULL OR l.ends_at >= $5 OR l.state = 'open')"
        " AND ($6::timestamptz IS NULL OR (l.starts_at, l.class_id) > ($6, $7::uuid))"
        " ORDER BY l.starts_at, l.class_id LIMIT $8",
        tenant_id,
        user_id,
        course_id,
        every,
        since,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_class(row) for row in rows]


async def save(connection: asyncpg.Connection, tenant_id: str, live_class: LiveClass) -> None:
    """Write plan and state under the next version."""
    await connection.execute(
        "UPDATE classes SET title = $3, state = $4, starts_at = $5, ends_at = $6, opened_at = $7,"
        " closed_at = $8, version = version + 1 WHERE tenant_id = $1 AND class_id = $2",
        tenant_id,
        live_class.class_id,
        live_class.title,
        live_class.state,
        live_class.starts_at,
        live_class.ends_at,
        live_class.opened_at,
        live_class.closed_at,
    )


async def open_ids(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> list[str]:
    """The classes of a course that somebody may hold a token of: all that are not over."""
    rows = await connection.fetch(
        "SELECT class_id FROM classes WHERE tenant_id = $1 AND course_id = $2 AND state <> 'closed'",
        tenant_id,
        course_id,
    )
    return [str(row["class_id"]) for row in rows]


async def keep_open(
    connection: asyncpg.Connection,
    tenant_id: str,
    class_id: str,
    times: tuple[datetime, datetime],
) -> None:
    """Open a class that is not closed, and move its times to (start, end)."""
    starts_at, ends_at = times
    await connection.execute(
        "UPDATE classes SET state = 'open', starts_at = $3, ends_at = $4,"
        " opened_at = coalesce(opened_at, $3), version = version + 1"
        " WHERE tenant_id = $1 AND class_id = $2 AND state <> 'closed'",
        tenant_id,
        class_id,
        starts_at,
        ends_at,
    )
