"""Write, read and delete lessons."""

from datetime import datetime

import asyncpg

from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.courses import store as course_store
from lms.errors import Invalid, NotFound
from lms.identity import Permission, Principal
from lms.lessons import store
from lms.lessons.model import Lesson


async def add(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    new: tuple[str, str, str],
    now: datetime,
) -> Lesson:
    """Add a lesson at the end of a course: `new` is (lesson id, title, text)."""
    # The course's lock makes the place at the end this lesson's alone.
    found = await course_store.get(connection, who.tenant_id, who.user_id, course_id, lock=True)
    course_rules.check_live(course_rules.check(who, found, "lesson.edit"))
    lesson_id, title, text = new
    return await store.add(
        connection,
        who.tenant_id,
        (lesson_id, course_id, course_rules.normal_title(title), plain(text)),
        now,
    )


async def get(
    connection: asyncpg.Connection,
    who: Principal,
    lesson_id: str,
    permission: Permission = "lesson.see",
    *,
    lock: bool = False,
) -> Lesson:
    """One lesson of a course in which the caller may do this."""
    lesson = await store.get(connection, who.tenant_id, lesson_id, lock=lock)
    if lesson is None:
        raise NotFound("There is no such lesson.")
    await _check(connection, who, lesson.course_id, permission)
    return lesson


async def version(connection: asyncpg.Connection, who: Principal, lesson_id: str) -> int:
    """The version of a lesson that the caller may see."""
    found = await store.version(connection, who.tenant_id, lesson_id)
    if found is None:
        raise NotFound("There is no such lesson.")
    course_id, number = found
    await _check(connection, who, course_id, "lesson.see")
    return number


async def _check(
    connection: asyncpg.Connection, who: Principal, course_id: str, permission: Permission
) -> None:
    course = await course_store.get(connection, who.tenant_id, who.user_id, course_id)
    try:
        course_rules.check(who, course, permission)
    except NotFound:
        raise NotFound("There is no such lesson.") from None


async def outline_version(connection: asyncpg.Connection, who: Principal, course_id: str) -> str:
    """Which state the lessons of a course are in, for who may see them."""
    await courses.get(connection, who, course_id, "lesson.see")
    return await store.outline_version(connection, who.tenant_id, course_id)


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Lesson]:
    """The lessons of a course in their order."""
    await courses.get(connection, who, course_id, "lesson.see")
    return await store.page(connection, who.tenant_id, course_id, after, limit)


async def edit(
    connection: asyncpg.Connection,
    who: Principal,
    stands: tuple[str, int],
    change: tuple[str | None, str | None],
    now: datetime,
) -> Lesson:
    """Change (title, text) where given, if (lesson id, version) still stands."""
    lesson_id, version = stands
    lesson = await get(connection, who, lesson_id, "lesson.edit", lock=True)
    course_rules.check_version(lesson.version, version)
    title, text = change
    await store.save(
        connection,
        who.tenant_id,
        lesson_id,
        title=lesson.title if title is None else course_rules.normal_title(title),
        text=lesson.text if text is None else plain(text),
        now=now,
    )
    return await get(connection, who, lesson_id)


async def remove(connection: asyncpg.Connection, who: Principal, lesson_id: str) -> None:
    """Delete a lesson."""
    await get(connection, who, lesson_id, "lesson.edit", lock=True)
    await store.remove(connection, who.tenant_id, lesson_id)


def plain(text: str) -> str:
    """The text, if PostgreSQL can hold it."""
    if "\x00" in text:
        raise Invalid("The text has a NUL character.", pointer="/text")
    return text
