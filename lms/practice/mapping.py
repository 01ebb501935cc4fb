"""The skills of learners as people see them: a learner's own, and the map of a class."""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a map is made of: names and states by learner, their last answers, and the skills of the bank."""

    names: Mapping[str, str]
    states: Mapping[str, Mapping[str, SkillState]]
    met: Mapping[str, Sequence[Met]]
    bank: Sequence[str]


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


async def read(
    connection: asyncpg.Connection, who: Principal, course_id: str, now: datetime
) -> Read:
    """What the map of a class is made of, for who may see it."""
    await courses.get(connection, who, course_id, "skill.see")
    place = (who.tenant_id, course_id)
    names = await mapping_store.learners(connection, place, MAP_LEARNERS)
    return Read(
        names=names,
        states=await store.skills_of(connection, who.tenant_id, course_id, names),
        met=await store.met_by(connection, place, names, now - STUCK_DAYS, STUCK_ANSWERS),
        bank=await mapping_store.skills(connection, place),
    )


def rows(found: Read, skill: str | None, now: datetime) -> tuple[list[str], list[Row]]:
    """The skills and the learners of the map; with a skill, that one alone."""
    made = []
    for user_id, name in found.names.items():
        states, met = found.states[user_id], found.met[user_id]
        skills = standing.standings(states, now)
        stuck = standing.stuck(met)
        if skill is not None:
            skills = [one for one in skills if one.skill == skill]
            stuck = [one for one in stuck if one == skill]
        made.append(Row(user_id=user_id, name=name, skills=skills, stuck=stuck))
    named = {one.skill for row in made for one in row.skills} | set(found.bank)
    return sorted(named if skill is None else named & {skill}), made
