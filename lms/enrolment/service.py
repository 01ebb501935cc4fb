"""Enrol people in courses and take them out again."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.courses.model import Course
from lms.enrolment import store
from lms.enrolment.model import Enrolment
from lms.errors import Conflict, Invalid, NotFound
from lms.identity import CourseRole, Principal
from lms.ids import CourseId, EnrolmentId
from lms.people import store as people
from lms.people.model import Person
from lms.people.rules import normal_email


async def teach_own(
    connection: asyncpg.Connection,
    who: Principal,
    course: Course,
    enrolment_id: str,
    now: datetime,
) -> Course:
    """The teacher who created a course teaches it."""
    if "teacher" not in who.roles:
        return course
    mine = Enrolment(
        enrolment_id=EnrolmentId(enrolment_id),
        course_id=course.course_id,
        user_id=who.user_id,
        name="",
        role="teacher",
    )
    await store.add_all(connection, who.tenant_id, [mine], now)
    return await courses.get(connection, who, course.course_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """Whom to enrol, by exactly one of id and address, and as what."""

    enrolment_id: str
    user_id: str | None
    email: str | None
    role: CourseRole


async def _person(connection: asyncpg.Connection, who: Principal, new: New) -> Person:
    if (new.user_id is None) == (new.email is None):
        raise Invalid("Give either user_id or email.", pointer="/user_id")
    if new.user_id is not None:
        person = await people.get(connection, who.tenant_id, new.user_id)
    else:
        account = await people.account(connection, who.tenant_id, normal_email(new.email or ""))
        person = account.person if account else None
    if person is None or not person.active:
        raise NotFound("There is no such person in the school.", code="person_not_found")
    return person


async def enrol(
    connection: asyncpg.Connection, who: Principal, course_id: str, new: New, now: datetime
) -> Enrolment:
    """Put a person into a course."""
    course_rules.check_live(await courses.get(connection, who, course_id, "enrolment.manage"))
    person = await _person(connection, who, new)
    enrolment = Enrolment(
        enrolment_id=EnrolmentId(new.enrolment_id),
        course_id=CourseId(course_id),
        user_id=person.user_id,
        name=person.name,
        role=new.role,
    )
    if not await store.add_all(connection, who.tenant_id, [enrolment], now):
        raise Conflict("This person is in the course already.", code="enrolled_already")
    return enrolment


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Enrolment]:
    """The people of a course by name."""
    await courses.get(connection, who, course_id, "enrolment.see")
    return await store.page(connection, who.tenant_id, course_id, after, limit)


async def withdraw(
    connection: asyncpg.Connection, who: Principal, course_id: str, enrolment_id: str
) -> Enrolment:
    """Take a person out of a course; the enrolment that was."""
    await courses.get(connection, who, course_id, "enrolment.manage")
    found = await store.get(connection, who.tenant_id, enrolment_id)
    if found is None or found.course_id != course_id:
        raise NotFound("There is no such enrolment.")
    await store.remove(connection, who.tenant_id, enrolment_id)
    return found
