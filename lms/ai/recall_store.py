"""SQL of recalls: the batch, what it touched, and what of it was not in the bank yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from lms.grading.recalling import Touched

Source = Literal["practice", "placement", "quiz", "exam"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A recall and what it has touched so far; `done_at` is None while grades are still revised."""

    job_id: str
    course_id: str
    reason: str
    asked_by: str
    asked_at: datetime
    done_at: datetime | None
    items: int
    attempts: int
    learners: int
    practices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Where a learner was asked a recalled item; of an attempt, what it earned before and earns now."""

    source: Source
    source_id: str
    user_id: str
    name: str
    assessment_id: str | None
    title: str
    before_milli: int | None
    after_milli: int | None


async def add(connection: asyncpg.Connection, tenant_id: str, recalled: Recalled) -> bool:
    """Write the recall down; False when the batch was recalled before."""
    done: str = await connection.execute(
        "INSERT INTO recalls (tenant_id, job_id, course_id, reason, asked_by, asked_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        tenant_id,
        recalled.job_id,
        recalled.course_id,
        recalled.reason,
        recalled.asked_by,
        recalled.asked_at,
    )
    return done.endswith(" 1")


async def get(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> Recalled | None:
    """The recall of a batch with what it touched."""
    row = await connection.fetchrow(
        "SELECT r.*, u.attempts, u.learners, u.practices FROM recalls r, LATERAL ("
        " SELECT count(*) FILTER (WHERE source = 'exam') AS attempts, count(DISTINCT user_id) AS learners,"
        " count(*) FILTER (WHERE source <> 'exam') AS practices"
        " FROM recalled_uses WHERE tenant_id = $1 AND job_id = $2) u WHERE r.tenant_id = $1 AND r.job_id = $2",
        tenant_id,
        job_id,
    )
    if row is None:
        return None
    return Recalled(
        job_id=str(row["job_id"]),
        course_id=str(row["course_id"]),
        reason=row["reason"],
        asked_by=str(row["asked_by"]),
        asked_at=row["asked_at"],
        done_at=row["done_at"],
        items=row["items"],
        attempts=row["attempts"],
        learners=row["learners"],
        practices=row["practices"],
    )


async def questions_of(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> list[str]:
    """The items of the bank that came of a batch."""
    rows = await connection.fetch(
        "SELECT question_id FROM provenance_cards WHERE tenant_id = $1 AND job_id = $2 ORDER BY question_id",
        tenant_id,
        job_id,
    )
    return [str(row["question_id"]) for row in rows]


async def withdraw_staged(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, now: datetime
) -> None:
    """What of the batch is not in the bank comes into it no more; an ingest that is at it is waited for."""
    await connection.execute(
        "UPDATE questions_staging SET state = 'withdrawn', behind = NULL, decided_at = $3"
        " WHERE tenant_id = $1 AND job_id = $2 AND state IN ('queued', 'second', 'accepted')"
        " AND origin <> 'reported'",
        tenant_id,
        job_id,
        now,
    )
    await connection.execute(
        "UPDATE questions_staging SET state = 'recalled' WHERE tenant_id = $1 AND job_id = $2 AND state = 'ingested'",
        tenant_id,
        job_id,
    )


async def mark_cards(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, now: datetime
) -> None:
    """The cards of the batch say that it was recalled."""
    await connection.execute(
        "UPDATE provenance_cards SET recalled_at = $3 WHERE tenant_id = $1 AND job_id = $2 AND recalled_at IS NULL",
        tenant_id,
        job_id,
        now,
    )


async def set_items(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, items: int
) -> bool:
    """Say how many items it takes out of use; False when that was said before."""
    done: str = await connection.execute(
        "UPDATE recalls SET items = $3 WHERE tenant_id = $1 AND job_id = $2 AND items <> $3",
        tenant_id,
        job_id,
        items,
    )
    return done.endswith(" 1")


async def add_answered(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, question_ids: Sequence[str]
) -> None:
    """Who was asked these outside of exams."""
    await connection.execute(
        "INSERT INTO recalled_uses (tenant_id, job_id, source_id, user_id, source)"
        " SELECT DISTINCT $1::uuid, $2::uuid, source_id, user_id, source FROM responses"
        " WHERE tenant_id = $1 AND question_id = ANY($3::uuid[]) AND source <> 'exam' ON CONFLICT DO NOTHING",
        tenant_id,
        job_id,
        question_ids,
    )


async def add_attempts(
    connection: asyncpg.Connection,
    tenant_id: str,
    which: tuple[str, str],
    touched: Sequence[Touched],
) -> None:
    """Attempts that ask items of the batch; `which` is (batch, assessment)."""
    await connection.execute(
        "INSERT INTO recalled_uses (tenant_id, job_id, assessment_id, source, source_id, user_id, before_milli, after_milli)"
        " SELECT $1, $2, $3, 'exam', * FROM unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[])"
        " ON CONFLICT DO NOTHING",
        tenant_id,
        *which,
        [one.attempt_id for one in touched],
        [one.user_id for one in touched],
        [one.before_milli for one in touched],
        [one.after_milli for one in touched],
    )


async def end(connection: asyncpg.Connection, tenant_id: str, job_id: str, now: datetime) -> bool:
    """Everything that it touches is revised; False when that was so."""
    done: str = await connection.execute(
        "UPDATE recalls SET done_at = $3 WHERE tenant_id = $1 AND job_id = $2 AND done_at IS NULL",
        tenant_id,
        job_id,
        now,
    )
    return done.endswith(" 1")


async def uses(
    connection: asyncpg.Connection,
    which: tuple[str, str],
    after: tuple[str, str] | None,
    limit: int,
) -> list[Use]:
    """Where learners were asked, by name; `which` is (tenant, batch), `after` (name, id)."""
    rows = await connection.fetch(
        "SELECT r.source, r.source_id, r.user_id, coalesce(p.name, '') AS name, r.assessment_id,"
        " coalesce(a.title, '') AS title, r.before_milli, r.after_milli FROM recalled_uses r"
        " LEFT JOIN users p ON p.tenant_id = $1 AND p.user_id = r.user_id"
        " LEFT JOIN assessments a ON a.tenant_id = $1 AND a.assessment_id = r.assessment_id"
        " WHERE r.tenant_id = $1 AND r.job_id = $2"
        " AND ($3::text IS NULL OR (coalesce(p.name, ''), r.source_id) > ($3, $4::uuid))"
        " ORDER BY coalesce(p.name, ''), r.source_id LIMIT $5",
        *which,
        *(after or (None, None)),
        limit,
    )
    return [
        Use(
            source=row["source"],
            source_id=str(row["source_id"]),
            user_id=str(row["user_id"]),
            name=row["name"],
            assessment_id=None if row["assessment_id"] is None else str(row["assessment_id"]),
            title=row["title"],
            before_milli=row["before_milli"],
            after_milli=row["after_milli"],
        )
        for row in rows
    ]
