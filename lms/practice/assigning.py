"""Practice of a skill that teachers give to learners: how much of it is left follows from what they have answered since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from lms import outbox
from lms.attempts.model import Desk
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.errors import Invalid, NotFound
from lms.events import PracticeWanted
from lms.identity import Principal
from lms.practice import assigned_store as store

# What was not done by then is forgotten by the lessons; the teacher still sees it.
LASTS = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """So many items of a skill for these learners; for nobody named: for everybody in the course."""

    skill: str
    items: int
    user_ids: Sequence[str]


async def assign(
    connection: asyncpg.Connection, who: Principal, course_id: str, new: New, desk: Desk
) -> list[str]:
    """Give it to them, and have their next items chosen at once; the assignments, one for each learner."""
    course_rules.check_live(await courses.get(connection, who, course_id, "practice.assign"))
    place = (who.tenant_id, course_id)
    if not await store.has_skill(connection, place, new.skill):
        raise Invalid("The bank of this course has nothing for this skill.", pointer="/skill")
    user_ids = await store.learners(connection, place, new.user_ids)
    if set(new.user_ids) - set(user_ids):
        raise Invalid("Some of these do not learn in this course.", pointer="/user_ids")
    given = [(desk.new_id(), one) for one in user_ids]
    await store.add(connection, place, given, (new.skill, new.items, who.user_id, desk.now))
    await _chosen_anew(connection, place, user_ids, desk.now)
    return [assignment_id for assignment_id, _ in given]


async def take_back(
    connection: asyncpg.Connection, who: Principal, place: tuple[str, str], now: datetime
) -> None:
    """An assignment, for all to whom it was given in the same wish; `place` is (course, assignment)."""
    course_id, assignment_id = place
    course_rules.check_live(await courses.get(connection, who, course_id, "practice.assign"))
    user_ids = await store.remove(connection, (who.tenant_id, course_id), assignment_id)
    if not user_ids:
        raise NotFound("There is no such assignment.")
    await _chosen_anew(connection, (who.tenant_id, course_id), user_ids, now)


async def _chosen_anew(
    connection: asyncpg.Connection, place: tuple[str, str], user_ids: Sequence[str], now: datetime
) -> None:
    tenant_id, course_id = place
    events = [PracticeWanted(user_id=one, course_id=course_id, urgent=True) for one in user_ids]
    await outbox.append(connection, tenant_id, events, now)


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    after: str | None,
    limit: int,
) -> list[store.Assignment]:
    """What was assigned in a course, the newest first, before an id."""
    await courses.get(connection, who, course_id, "skill.see")
    return await store.page(connection, (who.tenant_id, course_id), after, limit)


async def left(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    user_ids: Collection[str],
    now: datetime,
) -> dict[str, dict[str, int]]:
    """How many items of which skills teachers still want from these learners, by learner; `place` is (tenant, course)."""
    return await store.left(connection, place, user_ids, now - LASTS)
