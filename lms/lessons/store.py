"""SQL of lessons."""

from datetime import datetime

import asyncpg

from lms.ids import CourseId, LessonId
from lms.lessons.model import Lesson

COLUMNS = "lesson_id, course_id, title, text, position, version, updated_at"


def _lesson(row: asyncpg.Record) -> Lesson:
    return Lesson(
        lesson_id=LessonId(str(row["lesson_id"])),
        course_id=CourseId(str(row["course_id"])),
        title=row["title"],
        text=row["text"],
        position=row["position"],
        version=row["version"],
        updated_at=row["updated_at"],
    )


async def add(
    connection: asyncpg.Connection,
    tenant_id: str,
    new: tuple[str, str, str, str],
    now: datetime,
) -> Lesson:
    """Add a lesson at the end: `new` is (lesson id, course id, title, text). The caller holds the course's lock."""
    row = await connection.fetchrow(
        "INSERT INTO lessons"
        " (tenant_id, lesson_id, course_id, title, text, position, created_at, updated_at)"
        " SELECT $1, $2, $3, $4, $5, coalesce(max(position), 0) + 1, $6, $6"
        " FROM lessons WHERE tenant_id = $1 AND course_id = $3"
        f" RETURNING {COLUMNS}",
        tenant_id,
        *new,
        now,
    )
    if row is None:
        raise LookupError("INSERT returned no row")
    return _lesson(row)


async def get(
    connection: asyncpg.Connection, tenant_id: str, lesson_id: str, *, lock: bool = False
) -> Lesson | None:
    """One lesson."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM lessons WHERE tenant_id = $1 AND lesson_id = $2"
        + (" FOR UPDATE" if lock else ""),
        tenant_id,
        lesson_id,
    )
    return None if row is None else _lesson(row)


async def version(
    connection: asyncpg.Connection, tenant_id: str, lesson_id: str
) -> tuple[str, int] | None:
    """The course and the version of a lesson, without its text."""
    row = await connection.fetchrow(
        "SELECT course_id, version FROM lessons WHERE tenant_id = $1 AND lesson_id = $2",
        tenant_id,
        lesson_id,
    )
    return None if row is None else (str(row["course_id"]), row["version"])


async def outline_version(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> str:
    """Another one after every change of the lessons of a course, their texts or their order."""
    found = await connection.fetchval(
        "SELECT md5(string_agg(concat_ws('.', lesson_id, version, position), ',' ORDER BY position, lesson_id))"
        " FROM lessons WHERE tenant_id = $1 AND course_id = $2",
        tenant_id,
        course_id,
    )
    return found or "empty"


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Lesson]:
    """The lessons of a course in their order, after (position, id)."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM lessons WHERE tenant_id = $1 AND course_id = $2"
        " AND ($3::int IS NULL OR (position, lesson_id) > ($3, $4::uuid))"
        " ORDER BY position, lesson_id LIMIT $5",
        tenant_id,
        course_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_lesson(row) for row in rows]


async def save(
    connection: asyncpg.Connection,
    tenant_id: str,
    lesson_id: str,
    *,
    title: str,
    text: str,
    now: datetime,
) -> None:
    """Write title and text under the next version."""
    await connection.execute(
        "UPDATE lessons SET title = $3, text = $4, updated_at = $5, version = version + 1"
        " WHERE tenant_id = $1 AND lesson_id = $2",
        tenant_id,
        lesson_id,
        title,
        text,
        now,
    )


async def remove(connection: asyncpg.Connection, tenant_id: str, lesson_id: str) -> None:
    """Delete a lesson."""
    await connection.execute(
        "DELETE FROM lessons WHERE tenant_id = $1 AND lesson_id = $2", tenant_id, lesson_id
    )
