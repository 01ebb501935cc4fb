"""The live board: who is where in an exam, from the attempts, their progress and what the browsers said last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import asyncpg

from lms.attempts.model import State

LiveState = Literal["not_started", "started", "answering", "idle", "lost_link", "submitted"]

ANSWERING = timedelta(seconds=60)
LOST = timedelta(seconds=20)
PEOPLE_MAX = 5000

# Everybody who is enrolled as a student or has begun, each with the attempt that was begun last, or else the ready one.
_LINES = """
WITH sitting AS (
    SELECT DISTINCT ON (a.user_id) a.user_id, a.attempt_id, a.state, a.opening, a.started_at, a.ends_at, a.submitted_at,
        a.answered, a.late, cardinality(a.item_ids) AS asked
    FROM attempts a
    WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.state <> 'withdrawn'
    ORDER BY a.user_id, (a.opening > 0) DESC, a.number DESC
)
SELECT u.user_id, u.name, s.attempt_id, s.state, s.opening, s.started_at, s.ends_at, s.submitted_at, s.asked,
    coalesce(s.answered, cardinality(p.answered), 0) AS answered, p.answered_at,
    coalesce(s.late, false) OR coalesce(p.late, false) AS late
FROM (
    SELECT e.user_id FROM enrolments e WHERE e.tenant_id = $1 AND e.course_id = $3 AND e.role = 'student'
    UNION SELECT s.user_id FROM sitting s WHERE s.opening > 0
) AS who
JOIN users u ON u.tenant_id = $1 AND u.user_id = who.user_id
LEFT JOIN sitting s ON s.user_id = who.user_id
LEFT JOIN progress p ON p.tenant_id = $1 AND p.attempt_id = s.attempt_id
ORDER BY u.name, u.user_id LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One learner: `answered` and `answered_at` are the copy's, the rest is as it stands."""

    user_id: str
    name: str
    attempt_id: str | None
    state: State | None
    opening: int
    started_at: datetime | None
    ends_at: datetime | None
    submitted_at: datetime | None
    answered: int
    asked: int
    answered_at: datetime | None
    late: bool


def live(line: Line, seen_at: datetime | None, links_known: bool, now: datetime) -> LiveState:
    """Where this learner is, at a glance."""
    if line.state in (None, "ready", "withdrawn") or line.started_at is None:
        return "not_started"
    if line.state != "open":
        return "submitted"
    heard = max(at for at in (seen_at, line.answered_at, line.started_at) if at is not None)
    if links_known and now - heard >= LOST:
        return "lost_link"
    if line.answered_at is None:
        return "started"
    return "answering" if now - line.answered_at < ANSWERING else "idle"


async def lines(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, course_id: str
) -> list[Line]:
    """Everybody who may sit it, by name."""
    rows = await connection.fetch(_LINES, tenant_id, assessment_id, course_id, PEOPLE_MAX)
    return [
        Line(
            user_id=str(row["user_id"]),
            name=row["name"],
            attempt_id=None if row["attempt_id"] is None else str(row["attempt_id"]),
            state=row["state"],
            opening=row["opening"] or 0,
            started_at=row["started_at"],
            ends_at=row["ends_at"],
            submitted_at=row["submitted_at"],
            answered=row["answered"],
            asked=row["asked"] or 0,
            answered_at=row["answered_at"],
            late=row["late"],
        )
        for row in rows
    ]
