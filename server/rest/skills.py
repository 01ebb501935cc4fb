"""Skills of learners, and practice that teachers assign."""

import asyncpg
import msgspec

from lms.adaptive.standing import Standing
from lms.practice import assigning, mapping
from lms.practice.assigned_store import Assignment
from server.problems import Refusal
from server.rest import pages
from server.rest import practice_shapes as shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once

SKILL_MAX = 80


async def my_skills(call: Call[None]) -> Answer:
    """My own skills in a course."""
    now = call.deps.desk().now
    async with call.read() as connection:
        found = await mapping.mine(connection, call.principal, call.params["course_id"], now)
    body = shapes.MySkills(
        skills=[_skill(one) for one in found.skills],
        placed=found.placed,
        assigned=found.assigned,
        days=found.days,
    )
    return Answer(body=body)


def _skill(one: Standing) -> shapes.Skill:
    return shapes.Skill(
        skill=one.skill,
        strength_milli=round(one.strength * 1000),
        recall_milli=round(one.recall * 1000),
        answered=one.answered,
        right=one.right,
        due_at=one.due_at,
        last_at=one.last_at,
    )


async def skill_map(call: Call[None]) -> Answer:
    """The skills of a class."""
    now, skill = call.deps.desk().now, call.query.get("skill")
    if skill is not None and not 1 <= len(skill) <= SKILL_MAX:
        raise Refusal("bad_query", f"skill has 1 to {SKILL_MAX} characters.")
    who, course_id = call.principal, call.params["course_id"]
    learners: list[bytes] = []
    async with call.read() as connection:
        named = {*await mapping.skills(connection, who, course_id)}
        # Encoded as they come: what a large class is made of, some ten thousand figures, is never there at once.
        async for rows in mapping.rows(connection, (who.tenant_id, course_id), skill, now):
            learners += [msgspec.json.encode(_learner(row)) for row in rows]
            named |= {one.skill for row in rows for one in row.skills}
    skills = sorted(named if skill is None else named & {skill})
    body = b'{"skills":%b,"learners":[%b]}' % (msgspec.json.encode(skills), b",".join(learners))
    return Answer(body=body)


def _learner(row: mapping.Row) -> shapes.LearnerSkills:
    return shapes.LearnerSkills(
        user_id=row.user_id,
        name=row.name,
        skills=[_skill(one) for one in row.skills],
        stuck=row.stuck,
        last_at=row.last_at,
    )


async def assign_practice(call: Call[shapes.NewAssignment]) -> Answer:
    """Give learners practice of a skill."""
    body = call.body
    new = assigning.New(skill=body.skill, items=body.items, user_ids=body.user_ids)

    async def effect(connection: asyncpg.Connection) -> Answer:
        given = await assigning.assign(
            connection, call.principal, call.params["course_id"], new, call.deps.desk()
        )
        found = shapes.Assigned(learners=len(given), id=given[0] if given else None)
        return Answer(status=201, body=found)

    return await once(call, effect)


async def take_back_assignment(call: Call[None]) -> Answer:
    """Take an assignment back."""
    place = call.params["course_id"], call.params["assignment_id"]

    async def effect(connection: asyncpg.Connection) -> Answer:
        await assigning.take_back(connection, call.principal, place, call.deps.desk().now)
        return Answer(status=204)

    return await once(call, effect)


async def list_assignments(call: Call[None]) -> Answer:
    """What was assigned, the newest first."""
    asked = pages.span(call, str)
    after = asked.after[1] if asked.after else None
    async with call.read() as connection:
        found = await assigning.page(
            connection, call.principal, call.params["course_id"], after, asked.fetch
        )
    return pages.answer(call, asked, found, lambda one: ("", one.assignment_id), _assignment)


def _assignment(one: Assignment) -> shapes.AssignmentLine:
    return shapes.AssignmentLine(
        id=one.assignment_id,
        user_id=one.user_id,
        name=one.name,
        skill=one.skill,
        items=one.items,
        given=one.given,
        created_at=one.created_at,
    )
