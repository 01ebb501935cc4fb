"""SQL of practice that teachers give; reads the bank, who learns in the course, and the responses."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.practice.checking import PRACTISED

LEARNERS_MAX = 2000

# Answers in lessons to items of the skill, since the assignment: the rows of one learner by time, no more than are needed.
_GIVEN = (
    "SELECT count(*)::int FROM (SELECT FROM responses AS r WHERE r.tenant_id = a.tenant_id AND r.user_id = a.user_id"
    " AND r.course_id = a.course_id AND r.at > a.created_at AND r.source = 'practice' AND a.skill = ANY (r.skills)"
    " LIMIT a.items) AS done"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Practice of one skill by one learner, and how much of it they have done."""

    assignment_id: str
    user_id: str
    name: str
    skill: str
    items: int
    given: int
    created_at: datetime


async def add(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    given: Sequence[tuple[str, str]],
    what: tuple[str, int, str, datetime],
) -> None:
    """Give to each (assignment, learner) of `given` the practice of `what`: (skill, items, by whom, when)."""
    await connection.execute(
        "INSERT INTO assigned_practice (tenant_id, course_id, assignment_id, user_id, skill, items, assigned_by, created_at)"
        " SELECT $1, $2, a.assignment_id, a.user_id, $5, $6, $7, $8"
        " FROM unnest($3::uuid[], $4::uuid[]) AS a (assignment_id, user_id)",
        *place,
        [assignment_id for assignment_id, _ in given],
        [user_id for _, user_id in given],
        *what,
    )


async def remove(
    connection: asyncpg.Connection, place: tuple[str, str], assignment_id: str
) -> list[str]:
    """Take back an assignment, and those that were given in the same wish; whose they were."""
    rows = await connection.fetch(
        "DELETE FROM assigned_practice AS a USING (SELECT skill, assigned_by, created_at FROM assigned_practice"
        " WHERE tenant_id = $1 AND course_id = $2 AND assignment_id = $3) AS wish WHERE a.tenant_id = $1 AND a.course_id = $2"
        " AND (a.skill, a.assigned_by, a.created_at) = (wish.skill, wish.assigned_by, wish.created_at) RETURNING a.user_id",
        *place,
        assignment_id,
    )
    return [str(row["user_id"]) for row in rows]


async def has_skill(connection: asyncpg.Connection, place: tuple[str, str], skill: str) -> bool:
    """Whether the bank has something to practise for this skill."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM questions WHERE tenant_id = $1 AND course_id = $2 AND state = 'published'"
            " AND kind = ANY ($4) AND skills @> ARRAY[$3])",
            *place,
            skill,
            list(PRACTISED),
        )
    )


async def learners(
    connection: asyncpg.Connection, place: tuple[str, str], user_ids: Sequence[str]
) -> list[str]:
    """Those of these who learn in the course, or everybody who does where nobody is named."""
    rows = await connection.fetch(
        "SELECT e.user_id FROM enrolments AS e JOIN users AS u USING (tenant_id, user_id) WHERE e.tenant_id = $1"
        " AND e.course_id = $2 AND e.role = 'student' AND u.active AND ($3::uuid[] = '{}' OR e.user_id = ANY ($3))"
        " ORDER BY e.user_id LIMIT $4",
        *place,
        sorted(set(user_ids)),
        LEARNERS_MAX,
    )
    return [str(row["user_id"]) for row in rows]


async def page(
    connection: asyncpg.Connection, place: tuple[str, str], after: str | None, limit: int
) -> list[Assignment]:
    """What was assigned in a course, the newest first, before an id; `place` is (tenant, course)."""
    rows = await connection.fetch(
        f"SELECT a.assignment_id, a.user_id, u.name, a.skill, a.items, ({_GIVEN}) AS given, a.created_at"
        " FROM assigned_practice AS a JOIN users AS u USING (tenant_id, user_id)"
        " WHERE a.tenant_id = $1 AND a.course_id = $2 AND ($3::uuid IS NULL OR a.assignment_id < $3)"
        " ORDER BY a.assignment_id DESC LIMIT $4",
        *place,
        after,
        limit,
    )
    return [
        Assignment(
            assignment_id=str(row["assignment_id"]),
            user_id=str(row["user_id"]),
            name=row["name"],
            skill=row["skill"],
            items=row["items"],
            given=row["given"],
            created_at=row["created_at"],
        )
        for row in rows
    ]


async def left(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    user_ids: Collection[str],
    since: datetime,
) -> dict[str, dict[str, int]]:
    """How many items of which skills teachers still want from these learners of what they gave since, by learner."""
    rows = await connection.fetch(
        f"SELECT a.user_id, a.skill, a.items - ({_GIVEN}) AS left FROM assigned_practice AS a"
        " WHERE a.tenant_id = $1 AND a.course_id = $2 AND a.user_id = ANY ($3::uuid[]) AND a.created_at > $4",
        *place,
        list(user_ids),
        since,
    )
    found: dict[str, dict[str, int]] = {user_id: {} for user_id in user_ids}
    for row in rows:
        if row["left"] > 0:
            skills = found[str(row["user_id"])]
            skills[row["skill"]] = max(skills.get(row["skill"], 0), row["left"])
    return found
