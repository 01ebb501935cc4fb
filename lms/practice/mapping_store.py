"""SQL of what people see of skills; reads who learns in a course, the bank, and the responses."""

from datetime import date

import asyncpg

from lms.practice.checking import PRACTISED

# Days in a row are counted over the answers that came last.
ANSWERS_MAX = 5000


async def learners(
    connection: asyncpg.Connection, place: tuple[str, str], most: int
) -> dict[str, str]:
    """Who learns in a course, by name: id to name; `place` is (tenant, course)."""
    rows = await connection.fetch(
        "SELECT e.user_id, u.name FROM enrolments AS e JOIN users AS u USING (tenant_id, user_id)"
        " WHERE e.tenant_id = $1 AND e.course_id = $2 AND e.role = 'student' AND u.active ORDER BY u.name, e.user_id LIMIT $3",
        *(*place, most),
    )
    return {str(row["user_id"]): row["name"] for row in rows}


async def skills(connection: asyncpg.Connection, place: tuple[str, str]) -> list[str]:
    """The skills of which the bank of a course has something to practise."""
    rows = await connection.fetch(
        "SELECT DISTINCT unnest(skills) AS skill FROM questions"
        " WHERE tenant_id = $1 AND course_id = $2 AND state = 'published' AND kind = ANY ($3) ORDER BY 1",
        *(*place, list(PRACTISED)),
    )
    return [row["skill"] for row in rows]


async def days(connection: asyncpg.Connection, place: tuple[str, str], user_id: str) -> set[date]:
    """On which days, in UTC, this learner practised."""
    rows = await connection.fetch(
        "SELECT DISTINCT (last.at AT TIME ZONE 'UTC')::date AS day FROM (SELECT at FROM responses"
        " WHERE tenant_id = $1 AND course_id = $2 AND user_id = $3 AND source = 'practice' ORDER BY at DESC LIMIT $4) AS last",
        *(*place, user_id, ANSWERS_MAX),
    )
    return {row["day"] for row in rows}
