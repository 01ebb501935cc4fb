"""The skills of learners as people see them: a learner's own, and the map of a class."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from lms.adaptive import standing, store
from lms.adaptive.model import Met, SkillState
from lms.adaptive.standing import Standing
from lms.courses import service as courses
from lms.identity import Principal
from lms.practice import assigning, mapping_store, placement_store

MAP_LEARNERS = 2000
# So many at a time: a whole class at once would keep everybody else on the node waiting.
LEARNERS_AT_ONCE = 25
# What the rule of being stuck looks at, of each learner.
STUCK_DAYS = timedelta(days=14)
STUCK_ANSWERS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What a learner sees of themselves."""

    skills: list[Standing]
    placed: bool
    assigned: list[str]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A learner of a class."""

    user_id: str
    name: str
    skills: list[Standing]
    stuck: list[str]

    @property
    def last_at(self) -> datetime | None:
        """When they last answered anything."""
        return max((one.last_at for one in self.skills if one.last_at), default=None)


async def mine(
    connection: asyncpg.Connection, who: Principal, course_id: str, now: datetime
) -> Mine:
    """The caller's own skills in a course."""
    await courses.get(connection, who, course_id, "practice.do")
    place, ids = (who.tenant_id, course_id), [who.user_id]
    states = await store.skills_of(connection, who.tenant_id, course_id, ids)
    placed = await placement_store.levels(connection, place, ids)
    left = await assigning.left(connection, place, ids, now)
    days = await mapping_store.days(connection, place, who.user_id)
    return Mine(
        skills=standing.standings(states[who.user_id], now),
        placed=who.user_id in placed,
        assigned=sorted(left[who.user_id]),
        days=standing.days_in_a_row(days, now.date()),
    )


async def skills(connection: asyncpg.Connection, who: Principal, course_id: str) -> list[str]:
    """The skills of the bank of a course, for who may see how its learners stand."""
    await courses.get(connection, who, course_id, "skill.see")
    return await mapping_store.skills(connection, (who.tenant_id, course_id))


async def rows(
    connection: asyncpg.Connection, place: tuple[str, str], skill: str | None, now: datetime
) -> AsyncIterator[list[Row]]:
    """The learners of the map of (tenant, course), some at a time, for who may see them; with a skill, that one alone."""
    names = await mapping_store.learners(connection, place, MAP_LEARNERS)
    user_ids = list(names)
    for start in range(0, len(user_ids), LEARNERS_AT_ONCE):
        some = user_ids[start : start + LEARNERS_AT_ONCE]
        states = await store.skills_of(connection, *place, some)
        met = await store.met_by(connection, place, some, now - STUCK_DAYS, STUCK_ANSWERS)
        yield [_row((one, names[one]), (states[one], met[one]), skill, now) for one in some]


def _row(
    who: tuple[str, str],
    known: tuple[Mapping[str, SkillState], Sequence[Met]],
    skill: str | None,
    now: datetime,
) -> Row:
    (user_id, name), (states, met) = who, known
    found, stuck = standing.standings(states, now), standing.stuck(met)
    if skill is not None:
        found = [one for one in found if one.skill == skill]
        stuck = [one for one in stuck if one == skill]
    return Row(user_id=user_id, name=name, skills=found, stuck=stuck)
