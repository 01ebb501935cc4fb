"""Create, list and edit courses."""

from datetime import datetime

import asyncpg

from lms.courses import rules, store
from lms.courses.model import Course
from lms.errors import Forbidden
from lms.identity import Permission, Principal, may
from lms.ids import CourseId


async def create(
    connection: asyncpg.Connection,
    who: Principal,
    *,
    course_id: str,
    title: str,
    now: datetime,
) -> Course:
    """Create a course that nobody is in yet."""
    if not may(who, "course.create"):
        raise Forbidden("Only a teacher or an administrator creates courses.")
    tidy = rules.normal_title(title)
    await store.add(connection, who.tenant_id, course_id, tidy, now)
    return Course(
        course_id=CourseId(course_id),
        title=tidy,
        archived=False,
        version=1,
        created_at=now,
        people=0,
        my_role=None,
    )


async def get(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    permission: Permission = "course.see",
) -> Course:
    """One course, if the caller may do this with it."""
    course = await store.get(connection, who.tenant_id, who.user_id, course_id)
    return rules.check(who, course, permission)


async def page(
    connection: asyncpg.Connection, who: Principal, after: tuple[str, str] | None, limit: int
) -> list[Course]:
    """The caller's courses, or all of the school for whom that is open."""
    return await store.page(
        connection,
        who.tenant_id,
        who.user_id,
        every=may(who, "course.see"),
        after=after,
        limit=limit,
    )


async def edit(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    *,
    version: int,
    title: str | None,
    archived: bool | None,
) -> Course:
    """Change what is given, if nobody was faster."""
    found = await store.get(connection, who.tenant_id, who.user_id, course_id, lock=True)
    course = rules.check(who, found, "course.edit")
    rules.check_version(course.version, version)
    await store.save(
        connection,
        who.tenant_id,
        course_id,
        course.title if title is None else rules.normal_title(title),
        course.archived if archived is None else archived,
    )
    return await get(connection, who, course_id)
