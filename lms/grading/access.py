"""Who may do what with the grades of a course: attempts and assessments of others are not there for those who may not see them."""

import asyncpg

from lms.assessments import store as assessments
from lms.assessments.model import Assessment
from lms.courses import rules
from lms.courses import store as courses
from lms.courses.model import Course
from lms.errors import NotFound
from lms.grading import store
from lms.grading.store import Graded
from lms.identity import Permission, Principal


async def attempt(
    connection: asyncpg.Connection,
    who: Principal,
    attempt_id: str,
    permission: Permission,
    *,
    lock: bool = False,
) -> Graded:
    """An attempt with which the caller may do this."""
    found = await store.attempt(connection, who.tenant_id, attempt_id, lock=lock)
    if found is None:
        raise NotFound("There is no such attempt.")
    await _course(connection, who, (found.course_id, permission), "attempt")
    return found


async def assessment(
    connection: asyncpg.Connection, who: Principal, assessment_id: str, permission: Permission
) -> Assessment:
    """An assessment with whose grades the caller may do this."""
    found = await assessments.get(connection, who.tenant_id, assessment_id)
    if found is None:
        raise NotFound("There is no such assessment.")
    await _course(connection, who, (found.course_id, permission), "assessment")
    return found


async def own_attempt(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Graded:
    """An attempt of the caller."""
    found = await store.attempt(connection, who.tenant_id, attempt_id)
    if found is None or found.user_id != who.user_id:
        raise NotFound("There is no such attempt.")
    return found


async def _course(
    connection: asyncpg.Connection, who: Principal, wanted: tuple[str, Permission], thing: str
) -> Course:
    course_id, permission = wanted
    found = await courses.get(connection, who.tenant_id, who.user_id, course_id)
    try:
        return rules.check(who, found, permission)
    except NotFound:
        raise NotFound(f"There is no such {thing}.") from None
