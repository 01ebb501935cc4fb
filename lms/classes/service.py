"""Schedule, open, close and join live classes."""

from dataclasses import replace
from datetime import datetime

import asyncpg

from lms.classes import rules, store
from lms.classes.model import Admission, LiveClass, Plan
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.errors import NotFound
from lms.identity import Permission, Principal, may
from lms.people import store as people


async def schedule(
    connection: asyncpg.Connection,
    who: Principal,
    ids: tuple[str, str],
    plan: Plan,
    now: datetime,
) -> LiveClass:
    """Put a class on the timetable: `ids` is (class id, course id)."""
    class_id, course_id = ids
    course_rules.check_live(await courses.get(connection, who, course_id, "class.schedule"))
    await store.add(connection, who.tenant_id, class_id, course_id, rules.check_plan(plan), now)
    return await get(connection, who, class_id)


async def get(
    connection: asyncpg.Connection,
    who: Principal,
    class_id: str,
    permission: Permission = "class.see",
    *,
    lock: bool = False,
) -> LiveClass:
    """One class, if the caller may do this with it."""
    found = await store.get(connection, who.tenant_id, who.user_id, class_id, lock=lock)
    return rules.check(who, found, permission)


async def of_course(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[LiveClass]:
    """The timetable of one course, from its first class on."""
    await courses.get(connection, who, course_id, "class.see")
    return await store.timetable(
        connection,
        who.tenant_id,
        who.user_id,
        course_id=course_id,
        every=True,
        since=None,
        after=after,
        limit=limit,
    )


async def mine(
    connection: asyncpg.Connection,
    who: Principal,
    since: datetime,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[LiveClass]:
    """The caller's timetable over all courses, soonest first, from `since` on."""
    return await store.timetable(
        connection,
        who.tenant_id,
        who.user_id,
        course_id=None,
        every=may(who, "class.see"),
        since=since,
        after=after,
        limit=limit,
    )


async def edit(
    connection: asyncpg.Connection,
    who: Principal,
    stands: tuple[str, int],
    *,
    title: str | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> LiveClass:
    """Change the plan where given, if (class id, version) still stands."""
    class_id, version = stands
    before = await get(connection, who, class_id, "class.schedule", lock=True)
    course_rules.check_version(before.version, version)
    rules.check_editable(before)
    plan = rules.check_plan(
        Plan(
            title=before.title if title is None else title,
            starts_at=before.starts_at if starts_at is None else starts_at,
            ends_at=before.ends_at if ends_at is None else ends_at,
        )
    )
    after = replace(before, title=plan.title, starts_at=plan.starts_at, ends_at=plan.ends_at)
    await store.save(connection, who.tenant_id, after)
    return await get(connection, who, class_id)


async def open_class(
    connection: asyncpg.Connection, who: Principal, class_id: str, now: datetime
) -> LiveClass:
    """Let the students in."""
    before = await get(connection, who, class_id, "class.run", lock=True)
    return await _save_move(connection, who, before, rules.opened(before, now))


async def close_class(
    connection: asyncpg.Connection, who: Principal, class_id: str, now: datetime
) -> LiveClass:
    """End the class for good; who is inside is told by the class itself."""
    before = await get(connection, who, class_id, "class.run", lock=True)
    return await _save_move(connection, who, before, rules.closed(before, now))


async def _save_move(
    connection: asyncpg.Connection, who: Principal, before: LiveClass, after: LiveClass
) -> LiveClass:
    if after is before:
        return before
    await store.save(connection, who.tenant_id, after)
    return replace(after, version=before.version + 1)


async def admit(connection: asyncpg.Connection, who: Principal, class_id: str) -> Admission:
    """Whether the caller may come in now, as what, and under which name."""
    live_class = await get(connection, who, class_id, "class.join")
    person = await people.get(connection, who.tenant_id, who.user_id)
    if person is None:
        raise NotFound("There is no such person.")
    return Admission(live_class=live_class, role=rules.admit(who, live_class), name=person.name)
