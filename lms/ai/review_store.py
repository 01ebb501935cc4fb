"""SQL of reviews: the queue as a reviewer sees it, who has taken what, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.model import CandidateState, Decision, Origin
from lms.ai.review import Change
from lms.ai.staging_store import STAGED, Staged, staged_of
from lms.questions.model import Kind, Labels

# $1 tenant, $2 reviewer, $3 now: what waits for this reviewer, and is in nobody else's hands.
_MINE = (
    "s.tenant_id = $1 AND s.state IN ('queued', 'second') AND s.behind IS NULL"
    " AND (s.taken_by IS NULL OR s.taken_by = $2 OR s.taken_until <= $3)"
    " AND (s.state = 'queued' OR NOT EXISTS (SELECT FROM review_decisions d WHERE d.tenant_id = $1"
    " AND d.candidate_id = s.candidate_id AND d.reviewer_id = $2))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line of the queue."""

    candidate_id: str
    course_id: str
    course: str
    origin: Origin
    kind: Kind
    labels: Labels
    risk: int
    state: CandidateState
    reports: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the queue; None is not asked for."""

    course_id: str | None = None
    reported: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a reviewer said of a version of an item."""

    decision_id: str
    candidate_id: str
    version: int
    round: int
    reviewer_id: str
    decision: Decision
    reasons: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody made of an item before the one who looks at it now."""

    name: str
    decision: Decision
    changes: tuple[Change, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a learner said is wrong with an item; not who."""

    reason: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An item whose first decision is the one that counts; the job it is counted for, if it counts."""

    job_id: str | None
    is_accepted: bool


_LINE = (
    "s.candidate_id, s.course_id, c.title AS course, s.origin, s.kind, s.labels, s.risk, s.state, s.created_at,"
    " (SELECT count(*) FROM item_reports r WHERE r.tenant_id = $1 AND r.question_id = s.question_id AND r.state = 'open') AS reports"
)


def _waiting(row: asyncpg.Record) -> Waiting:
    return Waiting(
        candidate_id=str(row["candidate_id"]),
        course_id=str(row["course_id"]),
        course=row["course"],
        origin=row["origin"],
        kind=row["kind"],
        labels=msgspec.json.decode(row["labels"], type=Labels),
        risk=row["risk"],
        state=row["state"],
        reports=row["reports"],
        created_at=row["created_at"],
    )


async def queue(
    connection: asyncpg.Connection,
    mine: tuple[str, str, datetime],
    wanted: Wanted,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Waiting]:
    """What waits, the riskiest first and then the oldest; `mine` is (tenant, reviewer, now), `after` (risk, id)."""
    risk, last = after or (None, None)
    rows = await connection.fetch(
        f"SELECT {_LINE} FROM questions_staging s JOIN courses c ON c.tenant_id = $1 AND c.course_id = s.course_id"
        f" WHERE {_MINE} AND ($4::uuid IS NULL OR s.course_id = $4)"
        " AND ($5::boolean IS NULL OR (s.origin = 'reported') = $5)"
        " AND ($6::smallint IS NULL OR s.risk < $6 OR s.risk = $6 AND s.candidate_id > $7)"
        " ORDER BY s.risk DESC, s.candidate_id LIMIT $8",
        *mine,
        wanted.course_id,
        wanted.reported,
        risk,
        last,
        limit,
    )
    return [_waiting(row) for row in rows]


async def line(connection: asyncpg.Connection, tenant_id: str, candidate_id: str) -> Waiting:
    """The line of one that is there."""
    row = await connection.fetchrow(
        f"SELECT {_LINE} FROM questions_staging s JOIN courses c ON c.tenant_id = $1 AND c.course_id = s.course_id"
        " WHERE s.tenant_id = $1 AND s.candidate_id = $2",
        tenant_id,
        candidate_id,
    )
    assert row is not None, "the caller has found it"
    return _waiting(row)


async def count_waiting(
    connection: asyncpg.Connection, mine: tuple[str, str, datetime], most: int
) -> int:
    """How many wait for this reviewer, counted up to `most`."""
    count: int = await connection.fetchval(
        f"SELECT count(*) FROM (SELECT FROM questions_staging s WHERE {_MINE} LIMIT $4) AS found",
        *mine,
        most,
    )
    return count


async def for_another(connection: asyncpg.Connection, mine: tuple[str, str], most: int) -> int:
    """How many wait for a second reviewer who is not (tenant, reviewer), counted up to `most`."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM questions_staging s JOIN review_decisions d ON d.tenant_id = $1"
        " AND d.candidate_id = s.candidate_id AND d.reviewer_id = $2"
        " WHERE s.tenant_id = $1 AND s.state = 'second' LIMIT $3) AS found",
        *mine,
        most,
    )
    return count


async def finish_seconds(
    connection: asyncpg.Connection, tenant_id: str, most: int, now: datetime
) -> list[Finished]:
    """Items that wait for a second reviewer and are in nobody's hands become what the first has decided."""
    rows = await connection.fetch(
        "UPDATE questions_staging s SET state = CASE WHEN d.decision = 'reject' THEN 'rejected' ELSE 'accepted' END,"
        " decided_at = $3, taken_by = NULL, taken_until = NULL FROM review_decisions d"
        " WHERE s.tenant_id = $1 AND s.candidate_id IN (SELECT candidate_id FROM questions_staging WHERE tenant_id = $1"
        " AND state = 'second' AND (taken_until IS NULL OR taken_until <= $3) ORDER BY candidate_id LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " AND d.tenant_id = $1 AND d.candidate_id = s.candidate_id AND d.round = 1"
        " RETURNING CASE s.origin WHEN 'generated' THEN s.job_id END AS job_id, s.state = 'accepted' AS is_accepted",
        tenant_id,
        most,
        now,
    )
    return [
        Finished(
            job_id=None if row["job_id"] is None else str(row["job_id"]),
            is_accepted=row["is_accepted"],
        )
        for row in rows
    ]


async def lock(connection: asyncpg.Connection, tenant_id: str, candidate_id: str) -> Staged | None:
    """One staged item that is in the queue or was, for this transaction alone."""
    row = await connection.fetchrow(
        f"SELECT {STAGED} FROM questions_staging s WHERE s.tenant_id = $1 AND s.candidate_id = $2"
        " AND s.behind IS NULL FOR UPDATE",
        tenant_id,
        candidate_id,
    )
    return None if row is None else staged_of(row)


async def take_next(
    connection: asyncpg.Connection, mine: tuple[str, str, datetime], until: datetime
) -> str | None:
    """Give the first of the queue to this reviewer; what others are at is passed over."""
    candidate_id = await connection.fetchval(
        f"UPDATE questions_staging SET taken_by = $2, taken_until = $4 WHERE tenant_id = $1 AND candidate_id ="
        f" (SELECT s.candidate_id FROM questions_staging s WHERE {_MINE}"
        " ORDER BY s.risk DESC, s.candidate_id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING candidate_id",
        *mine,
        until,
    )
    return None if candidate_id is None else str(candidate_id)


async def take(
    connection: asyncpg.Connection, place: tuple[str, str], by: str, until: datetime
) -> None:
    """Nobody else decides it for a while; `place` is (tenant, candidate)."""
    await connection.execute(
        "UPDATE questions_staging SET taken_by = $3, taken_until = $4 WHERE tenant_id = $1 AND candidate_id = $2",
        *place,
        by,
        until,
    )


async def give_back(
    connection: asyncpg.Connection, tenant_id: str, reviewer_id: str, kept: int
) -> None:
    """Of what this reviewer has taken, only the latest stay taken."""
    await connection.execute(
        "UPDATE questions_staging SET taken_by = NULL, taken_until = NULL WHERE tenant_id = $1 AND candidate_id IN"
        " (SELECT candidate_id FROM questions_staging WHERE tenant_id = $1 AND taken_by = $2"
        " ORDER BY taken_until DESC, candidate_id OFFSET $3)",
        tenant_id,
        reviewer_id,
        kept,
    )


async def save(
    connection: asyncpg.Connection, tenant_id: str, staged: Staged, now: datetime
) -> None:
    """Write how the item stands and what it says; it is in nobody's hands then."""
    item = staged.candidate.item
    await connection.execute(
        "UPDATE questions_staging SET state = $3, item_version = $4, labels = $5, content = $6, key = $7, provenance = $8,"
        " decided_at = $9, taken_by = NULL, taken_until = NULL WHERE tenant_id = $1 AND candidate_id = $2",
        tenant_id,
        staged.candidate.candidate_id,
        staged.state,
        staged.version,
        msgspec.json.encode(item.labels).decode(),
        msgspec.json.encode(item.content).decode(),
        msgspec.json.encode(item.key).decode(),
        msgspec.json.encode(staged.candidate.card).decode(),
        now,
    )


async def let_out(connection: asyncpg.Connection, tenant_id: str, candidate_id: str) -> None:
    """What stood behind this one comes into the queue."""
    await connection.execute(
        "UPDATE questions_staging SET behind = NULL WHERE tenant_id = $1 AND behind = $2",
        tenant_id,
        candidate_id,
    )


# --- Decisions -----------------------------------------------------------------------------------


async def add(
    connection: asyncpg.Connection,
    tenant_id: str,
    decided: Decided,
    said: tuple[str, bytes, int],
) -> None:
    """Keep a decision; `said` is (note, diff as JSON, how many milliseconds it took)."""
    note, changes, took_ms = said
    await connection.execute(
        "INSERT INTO review_decisions (tenant_id, decision_id, candidate_id, item_version, round, reviewer_id, decision,"
        " reasons, note, diff, took_ms, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant_id,
        decided.decision_id,
        decided.candidate_id,
        decided.version,
        decided.round,
        decided.reviewer_id,
        decided.decision,
        list(decided.reasons),
        note,
        changes.decode(),
        took_ms,
        decided.at,
    )


async def decisions(
    connection: asyncpg.Connection, tenant_id: str, candidate_ids: Sequence[str]
) -> list[Decided]:
    """What was decided about these, in order."""
    rows = await connection.fetch(
        "SELECT * FROM review_decisions WHERE tenant_id = $1 AND candidate_id = ANY($2::uuid[]) ORDER BY candidate_id, round",
        tenant_id,
        candidate_ids,
    )
    return [
        Decided(
            decision_id=str(row["decision_id"]),
            candidate_id=str(row["candidate_id"]),
            version=row["item_version"],
            round=row["round"],
            reviewer_id=str(row["reviewer_id"]),
            decision=row["decision"],
            reasons=tuple(row["reasons"]),
            at=row["at"],
        )
        for row in rows
    ]


async def first_look(
    connection: asyncpg.Connection, tenant_id: str, candidate_id: str
) -> Look | None:
    """Who looked at an item first, what was decided, and what that changed."""
    row = await connection.fetchrow(
        "SELECT coalesce(u.name, '') AS name, d.decision, d.diff, d.at FROM review_decisions d"
        " LEFT JOIN users u ON u.tenant_id = $1 AND u.user_id = d.reviewer_id"
        " WHERE d.tenant_id = $1 AND d.candidate_id = $2 AND d.round = 1",
        tenant_id,
        candidate_id,
    )
    return None if row is None else _look_of(row)


def _look_of(row: asyncpg.Record) -> Look:
    return Look(
        name=row["name"],
        decision=row["decision"],
        changes=msgspec.json.decode(row["diff"], type=tuple[Change, ...]),
        at=row["at"],
    )


# --- Around an item ------------------------------------------------------------------------------


async def reports(
    connection: asyncpg.Connection, tenant_id: str, question_id: str, most: int
) -> list[Report]:
    """What learners say is wrong with an item, the latest first."""
    rows = await connection.fetch(
        "SELECT reason, note, created_at FROM item_reports WHERE tenant_id = $1 AND question_id = $2 AND state = 'open'"
        " ORDER BY created_at DESC LIMIT $3",
        tenant_id,
        question_id,
        most,
    )
    return [
        Report(reason=row["reason"], note=row["note"], created_at=row["created_at"])
        for row in rows
    ]


async def faults(connection: asyncpg.Connection, tenant_id: str, question_id: str) -> list[str]:
    """What the figures of an item in use say against it, at its latest version."""
    found: list[str] | None = await connection.fetchval(
        "SELECT i.faults FROM questions q JOIN item_quality i ON i.tenant_id = $1 AND i.question_id = q.question_id"
        " AND i.version = q.version WHERE q.tenant_id = $1 AND q.question_id = $2",
        tenant_id,
        question_id,
    )
    return found or []


async def open_reports(
    connection: asyncpg.Connection, tenant_id: str, most: int
) -> dict[str, tuple[str, int]]:
    """Items in use that learners reported and that are not in the queue: question id to (the first reason, how many said so)."""
    rows = await connection.fetch(
        "SELECT r.question_id, (array_agg(r.reason ORDER BY r.created_at))[1] AS reason, count(*) AS reports"
        " FROM item_reports r JOIN questions q ON q.tenant_id = $1 AND q.question_id = r.question_id"
        " AND q.state IN ('published', 'held') WHERE r.tenant_id = $1 AND r.state = 'open'"
        " AND NOT EXISTS (SELECT FROM questions_staging s WHERE s.tenant_id = $1 AND s.question_id = r.question_id"
        " AND s.origin = 'reported' AND s.state IN ('queued', 'second'))"
        " GROUP BY r.question_id ORDER BY min(r.created_at) LIMIT $2",
        tenant_id,
        most,
    )
    return {str(row["question_id"]): (row["reason"], row["reports"]) for row in rows}


async def end_reports(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    by: str,
    now: datetime,
    *,
    upheld: bool,
) -> None:
    """The reports of an item are looked into; `place` is (tenant, question)."""
    await connection.execute(
        "UPDATE item_reports SET state = $3, decided_by = $4, decided_at = $5"
        " WHERE tenant_id = $1 AND question_id = $2 AND state = 'open'",
        *place,
        "upheld" if upheld else "dismissed",
        by,
        now,
    )


async def withdraw_changed(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> None:
    """Reviews of items of the bank that were changed or taken out of use since are over; open reports bring them in anew."""
    await connection.execute(
        "UPDATE questions_staging s SET state = 'withdrawn', decided_at = $2 FROM questions q"
        " WHERE s.tenant_id = $1 AND s.origin = 'reported' AND s.state IN ('queued', 'second')"
        " AND q.tenant_id = $1 AND q.question_id = s.question_id"
        " AND (q.version <> s.version OR q.state NOT IN ('published', 'held'))",
        tenant_id,
        now,
    )
