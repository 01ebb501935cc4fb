"""SQL of attempts before they are begun, of papers, and of one learner's attempts; reads who is enrolled, and versions of questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from lms.assessments.timing import Window
from lms.attempts import store
from lms.attempts.model import Attempt
from lms.attempts.papers import Written
from lms.ids import AssessmentId, AttemptId, CourseId, UserId

# `pin` of each item that exams of the school ($1) ask whose scores their learners (a.user_id) do not know yet: whoever tells its key
# elsewhere tells the exam's. Migration 0010 asks the same of one learner and question: asked_in_exam.
ASKED_BY_EXAMS = (
    "FROM attempts AS a JOIN attempt_papers AS p USING (tenant_id, attempt_id)"
    " CROSS JOIN LATERAL jsonb_array_elements(p.pins) AS pin"
    " WHERE a.tenant_id = $1 AND a.released_at IS NULL AND a.state <> 'withdrawn'"
)
# Of a learner, their latest attempt at an assessment: $1 tenant, $2 assessment, $3 course.
LEARNERS = (
    "SELECT e.user_id, last.attempt_id, last.state, last.assessment_version, last.opening,"
    " coalesce(last.number, 0) AS number, coalesce(last.used, 0) AS used, coalesce(last.sitting, false) AS sitting"
    " FROM enrolments e JOIN users u ON u.tenant_id = e.tenant_id AND u.user_id = e.user_id AND u.active"
    " LEFT JOIN LATERAL ("
    "SELECT attempt_id, state, assessment_version, opening, number, bool_or(state = 'open') OVER () AS sitting,"
    " count(*) FILTER (WHERE state <> 'withdrawn') OVER () AS used"
    " FROM attempts a WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.user_id = e.user_id"
    " ORDER BY number DESC LIMIT 1) last ON true"
    " WHERE e.tenant_id = $1 AND e.course_id = $3 AND e.role = 'student'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Somebody who may sit an assessment, and the latest of their attempts at it."""

    user_id: UserId
    attempt_id: AttemptId | None
    state: str | None
    version: int | None
    begun: bool
    number: int
    used: int
    sitting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An attempt that is to wait for its learner."""

    attempt_id: AttemptId
    user_id: UserId
    number: int
    window: Window
    written: Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of an assessment, as its attempts refer to it."""

    assessment_id: AssessmentId
    course_id: CourseId
    version: int


def _learner(row: asyncpg.Record) -> Learner:
    attempt_id = row["attempt_id"]
    return Learner(
        user_id=UserId(str(row["user_id"])),
        attempt_id=None if attempt_id is None else AttemptId(str(attempt_id)),
        state=row["state"],
        version=row["assessment_version"],
        begun=bool(row["opening"]),
        number=row["number"],
        used=row["used"],
        sitting=row["sitting"],
    )


async def waiting(
    connection: asyncpg.Connection,
    tenant_id: str,
    edition: Edition,
    after: str | None,
    limit: int,
) -> list[Learner]:
    """Learners who have no attempt yet, or one of another version that they have not begun; in the order of their ids."""
    rows = await connection.fetch(
        f"{LEARNERS} AND ($4::uuid IS NULL OR e.user_id > $4)"
        " AND (last.attempt_id IS NULL OR last.opening = 0 AND NOT last.sitting AND (last.state = 'withdrawn'"
        " OR last.state = 'ready' AND last.assessment_version <> $5))"
        " ORDER BY e.user_id LIMIT $6",
        tenant_id,
        edition.assessment_id,
        edition.course_id,
        after,
        edition.version,
        limit,
    )
    return [_learner(row) for row in rows]


async def hold(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_id: str
) -> None:
    """To the end of the transaction nobody else makes this learner's attempt or gives them more."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"attempt {tenant_id} {assessment_id} {user_id}",
    )


async def learner(
    connection: asyncpg.Connection, tenant_id: str, edition: Edition, user_id: str
) -> Learner | None:
    """One learner of the course."""
    row = await connection.fetchrow(
        f"{LEARNERS} AND e.user_id = $4",
        tenant_id,
        edition.assessment_id,
        edition.course_id,
        user_id,
    )
    return None if row is None else _learner(row)


def _rules(ready: Ready) -> tuple[Any, ...]:
    window, written = ready.window, ready.written
    return (
        window.opens_at,
        window.closes_at,
        window.time_limit_ms,
        window.grace_ms,
        window.late_policy,
        window.late_window_ms,
        list(written.item_ids),
        list(written.item_types),
    )


async def add(
    connection: asyncpg.Connection,
    tenant_id: str,
    edition: Edition,
    made: Sequence[Ready],
    now: datetime,
) -> int:
    """Add ready attempts with their papers, but for those whose learner has got one meanwhile; how many were new."""
    rows = await connection.fetchmany(
        "INSERT INTO attempts (tenant_id, attempt_id, assessment_id, assessment_version, course_id, user_id, number,"
        " state, created_at, opens_at, closes_at, time_limit_ms, grace_ms, late_policy, late_window_ms, item_ids, item_types)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'ready', $8, $9, $10, $11, $12, $13, $14, $15, $16::text[]::\"char\"[])"
        " ON CONFLICT DO NOTHING RETURNING attempt_id",
        [
            (
                tenant_id,
                ready.attempt_id,
                edition.assessment_id,
                edition.version,
                edition.course_id,
                ready.user_id,
                ready.number,
                now,
                *_rules(ready),
            )
            for ready in made
        ],
    )
    added = {str(row["attempt_id"]) for row in rows}
    await _add_papers(connection, tenant_id, [one for one in made if one.attempt_id in added])
    return len(added)


async def make_anew(
    connection: asyncpg.Connection, tenant_id: str, edition: Edition, made: Sequence[Ready]
) -> int:
    """Give attempts that were not begun the rules and the papers of this version; how many still had not been."""
    rows = await connection.fetchmany(
        "UPDATE attempts SET assessment_version = $3, state = 'ready', opens_at = $4, closes_at = $5,"
        " time_limit_ms = $6, grace_ms = $7, late_policy = $8, late_window_ms = $9, item_ids = $10,"
        ' item_types = $11::text[]::"char"[]'
        " WHERE tenant_id = $1 AND attempt_id = $2 AND opening = 0 AND state IN ('ready', 'withdrawn')"
        " RETURNING attempt_id",
        [(tenant_id, ready.attempt_id, edition.version, *_rules(ready)) for ready in made],
    )
    still = {str(row["attempt_id"]) for row in rows}
    await connection.execute(
        "DELETE FROM attempt_papers WHERE tenant_id = $1 AND attempt_id = ANY ($2::uuid[])",
        tenant_id,
        sorted(still),
    )
    await _add_papers(connection, tenant_id, [one for one in made if one.attempt_id in still])
    return len(still)


async def _add_papers(
    connection: asyncpg.Connection, tenant_id: str, made: Sequence[Ready]
) -> None:
    papers = [ready.written for ready in made]
    await connection.execute(
        "INSERT INTO attempt_papers (tenant_id, attempt_id, paper, pins)"
        " SELECT $1, attempt_id, paper, pins FROM unnest($2::uuid[], $3::text[], $4::jsonb[])"
        " AS new (attempt_id, paper, pins)",
        tenant_id,
        [written.attempt_id for written in papers],
        [written.paper for written in papers],
        [written.pins for written in papers],
    )


async def outdate(
    connection: asyncpg.Connection, tenant_id: str, edition: Edition, named: Sequence[str]
) -> int:
    """Mark what was not begun and asks a question that says something else by now, or that is drawn no more.

    Such a paper is of no version any more. The `named` questions are asked whatever their state.
    """
    rows = await connection.fetch(
        "UPDATE attempts a SET assessment_version = 0 FROM attempt_papers p"
        " WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.state = 'ready' AND a.assessment_version = $3"
        " AND p.tenant_id = $1 AND p.attempt_id = a.attempt_id AND EXISTS ("
        "SELECT FROM jsonb_to_recordset(p.pins) AS pin (question_id uuid, version integer)"
        " JOIN questions q ON q.tenant_id = $1 AND q.question_id = pin.question_id"
        " WHERE q.version <> pin.version OR (q.state <> 'published' AND q.question_id <> ALL ($4::uuid[])))"
        " RETURNING 1",
        tenant_id,
        edition.assessment_id,
        edition.version,
        named,
    )
    return len(rows)


async def withdraw_leavers(
    connection: asyncpg.Connection, tenant_id: str, edition: Edition
) -> int:
    """Take back attempts that were not begun by people who are not students of the course any more."""
    rows = await connection.fetch(
        "UPDATE attempts a SET state = 'withdrawn'"
        " WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.state = 'ready' AND NOT EXISTS ("
        "SELECT FROM enrolments e WHERE e.tenant_id = $1 AND e.course_id = $3 AND e.user_id = a.user_id"
        " AND e.role = 'student') RETURNING 1",
        tenant_id,
        edition.assessment_id,
        edition.course_id,
    )
    return len(rows)


async def withdraw_of(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, user_id: str
) -> int:
    """Take back the attempts at assessments of a course that this person has not begun."""
    rows = await connection.fetch(
        "UPDATE attempts SET state = 'withdrawn'"
        " WHERE tenant_id = $1 AND user_id = $3 AND course_id = $2 AND state = 'ready' RETURNING 1",
        tenant_id,
        course_id,
        user_id,
    )
    return len(rows)


async def begun_by(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, assessment_id: str
) -> list[Attempt]:
    """The attempts of a learner that have begun and count, by their number."""
    rows = await connection.fetch(
        f"SELECT {store.COLUMNS} FROM attempts a"
        " WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.user_id = $3"
        " AND a.opening > 0 AND a.state <> 'withdrawn' ORDER BY a.number",
        tenant_id,
        assessment_id,
        user_id,
    )
    return [store.attempt_of(row) for row in rows]
