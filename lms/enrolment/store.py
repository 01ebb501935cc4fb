"""SQL of enrolments; reads the names of users."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from lms.enrolment.model import Enrolment
from lms.ids import CourseId, EnrolmentId, UserId

SELECT = (
    "SELECT e.enrolment_id, e.course_id, e.user_id, u.name, e.role FROM enrolments e"
    " JOIN users u ON u.tenant_id = e.tenant_id AND u.user_id = e.user_id"
)


def _enrolment(row: asyncpg.Record) -> Enrolment:
    return Enrolment(
        enrolment_id=EnrolmentId(str(row["enrolment_id"])),
        course_id=CourseId(str(row["course_id"])),
        user_id=UserId(str(row["user_id"])),
        name=row["name"],
        role=row["role"],
    )


async def add_all(
    connection: asyncpg.Connection,
    tenant_id: str,
    enrolments: Sequence[Enrolment],
    now: datetime,
) -> int:
    """Add these in one statement, but not twice; how many were new."""
    rows = await connection.fetch(
        "INSERT INTO enrolments (tenant_id, enrolment_id, course_id, user_id, role, created_at)"
        " SELECT $1, new.enrolment_id, new.course_id, new.user_id, new.role, $6"
        " FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[])"
        " AS new (enrolment_id, course_id, user_id, role)"
        " ON CONFLICT (tenant_id, course_id, user_id) DO NOTHING RETURNING 1",
        tenant_id,
        [enrolment.enrolment_id for enrolment in enrolments],
        [enrolment.course_id for enrolment in enrolments],
        [enrolment.user_id for enrolment in enrolments],
        [enrolment.role for enrolment in enrolments],
        now,
    )
    return len(rows)


async def get(
    connection: asyncpg.Connection, tenant_id: str, enrolment_id: str
) -> Enrolment | None:
    """One enrolment."""
    row = await connection.fetchrow(
        f"{SELECT} WHERE e.tenant_id = $1 AND e.enrolment_id = $2", tenant_id, enrolment_id
    )
    return None if row is None else _enrolment(row)


async def of_person(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, user_id: str
) -> Enrolment | None:
    """The place of one person in one course."""
    row = await connection.fetchrow(
        f"{SELECT} WHERE e.tenant_id = $1 AND e.course_id = $2 AND e.user_id = $3",
        tenant_id,
        course_id,
        user_id,
    )
    return None if row is None else _enrolment(row)


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Enrolment]:
    """The people of a course by name, after (name, enrolment id)."""
    rows = await connection.fetch(
        f"{SELECT} WHERE e.tenant_id = $1 AND e.course_id = $2"
        " AND ($3::text IS NULL OR (u.name, e.enrolment_id) > ($3, $4::uuid))"
        " ORDER BY u.name, e.enrolment_id LIMIT $5",
        tenant_id,
        course_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_enrolment(row) for row in rows]


async def remove(connection: asyncpg.Connection, tenant_id: str, enrolment_id: str) -> None:
    """Take a person out of a course."""
    await connection.execute(
        "DELETE FROM enrolments WHERE tenant_id = $1 AND enrolment_id = $2",
        tenant_id,
        enrolment_id,
    )


async def taught_by(connection: asyncpg.Connection, tenant_id: str, user_id: str) -> list[str]:
    """The courses in which this person teaches."""
    rows = await connection.fetch(
        "SELECT course_id FROM enrolments WHERE tenant_id = $1 AND user_id = $2 AND role = 'teacher'",
        tenant_id,
        user_id,
    )
    return [str(row["course_id"]) for row in rows]


async def learners_after(
    connection: asyncpg.Connection, place: tuple[str, str], after: str | None, limit: int
) -> list[str]:
    """The next people who learn in a course; `place` is (tenant, course)."""
    rows = await connection.fetch(
        "SELECT user_id FROM enrolments WHERE tenant_id = $1 AND course_id = $2 AND role = 'student'"
        " AND ($3::uuid IS NULL OR user_id > $3) ORDER BY user_id LIMIT $4",
        *place,
        after,
        limit,
    )
    return [str(row["user_id"]) for row in rows]
