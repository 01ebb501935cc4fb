"""SQL of attempts, their papers, answers and events; reads the assessment at a start, and who is enrolled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.assessments.model import State as AssessmentState
from lms.attempts.model import Attempt, Counted, Handed, State
from lms.identity import CourseRole
from lms.ids import AssessmentId, AttemptId, CourseId, ItemId, UserId

COLUMNS = (
    "a.attempt_id, a.assessment_id, a.assessment_version, a.course_id, a.user_id, a.number, a.state, a.opens_at, a.closes_at,"
    " a.time_limit_ms, a.grace_ms, a.late_policy, a.late_window_ms, a.item_ids, array_to_string(a.item_types, '') AS item_types,"
    " a.opening, a.started_at, a.ends_at, a.shuts_at, a.submitted_at, a.submitted_by, a.last_opening, a.last_seq, a.receipt,"
    " a.digest, a.answered, a.late, a.late_until, a.grade_revision, a.released_at"
)


def attempt_of(row: asyncpg.Record) -> Attempt:
    """A row of COLUMNS."""
    return Attempt(
        attempt_id=AttemptId(str(row["attempt_id"])),
        assessment_id=AssessmentId(str(row["assessment_id"])),
        assessment_version=row["assessment_version"],
        course_id=CourseId(str(row["course_id"])),
        user_id=UserId(str(row["user_id"])),
        number=row["number"],
        state=row["state"],
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        time_limit_ms=row["time_limit_ms"],
        grace_ms=row["grace_ms"],
        late_policy=row["late_policy"],
        late_window_ms=row["late_window_ms"],
        item_ids=tuple(ItemId(str(item)) for item in row["item_ids"]),
        item_types=row["item_types"],
        opening=row["opening"],
        started_at=row["started_at"],
        ends_at=row["ends_at"],
        shuts_at=row["shuts_at"],
        submitted_at=row["submitted_at"],
        submitted_by=row["submitted_by"],
        last_opening=row["last_opening"],
        last_seq=row["last_seq"],
        receipt=row["receipt"],
        digest=row["digest"],
        answered=row["answered"],
        late=row["late"],
        late_until=row["late_until"],
        grade_revision=row["grade_revision"],
        released_at=row["released_at"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Startable:
    """All that a start needs, by one read: the assessment as it stands, and the learner's attempt with its paper."""

    course_id: CourseId
    title: str
    state: AssessmentState
    version: int
    password: str
    my_role: CourseRole | None
    attempt: Attempt | None
    paper: str | None


async def startable(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, assessment_id: str
) -> Startable | None:
    """The assessment, and what this learner has ready or open of it."""
    row = await connection.fetchrow(
        "SELECT s.course_id AS of_course, s.title, s.state AS assessment_state, s.version, v.settings ->> 'password' AS password,"
        f" e.role AS my_role, p.paper, {COLUMNS}"
        " FROM assessments s"
        " JOIN assessment_versions v"
        " ON v.tenant_id = s.tenant_id AND v.assessment_id = s.assessment_id AND v.version = s.version"
        " LEFT JOIN enrolments e ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id AND e.user_id = $2"
        " LEFT JOIN attempts a ON a.tenant_id = s.tenant_id AND a.assessment_id = s.assessment_id AND a.user_id = $2"
        " AND a.state IN ('ready', 'open')"
        " LEFT JOIN attempt_papers p ON p.tenant_id = a.tenant_id AND p.attempt_id = a.attempt_id"
        " WHERE s.tenant_id = $1 AND s.assessment_id = $3",
        tenant_id,
        user_id,
        assessment_id,
    )
    if row is None:
        return None
    return Startable(
        course_id=CourseId(str(row["of_course"])),
        title=row["title"],
        state=row["assessment_state"],
        version=row["version"],
        password=row["password"] or "",
        my_role=row["my_role"],
        attempt=None if row["attempt_id"] is None else attempt_of(row),
        paper=row["paper"],
    )


async def get(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, *, lock: bool = False
) -> Attempt | None:
    """One attempt."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM attempts a WHERE a.tenant_id = $1 AND a.attempt_id = $2"
        + (" FOR NO KEY UPDATE" if lock else ""),
        tenant_id,
        attempt_id,
    )
    return None if row is None else attempt_of(row)


async def open_one(
    connection: asyncpg.Connection, tenant_id: str, before: Attempt, after: Attempt
) -> bool:
    """Write the opening, if the attempt is still what was read, down to its paper and its learner's times."""
    done = await connection.fetchval(
        "UPDATE attempts SET state = $6, opening = $7, started_at = $8, ends_at = $9, shuts_at = $10"
        " WHERE tenant_id = $1 AND attempt_id = $2 AND state = $3 AND opening = $4 AND assessment_version = $5"
        " AND time_limit_ms IS NOT DISTINCT FROM $11 AND closes_at IS NOT DISTINCT FROM $12"
        " AND ends_at IS NOT DISTINCT FROM $13 AND item_ids = $14 RETURNING 1",
        tenant_id,
        before.attempt_id,
        before.state,
        before.opening,
        before.assessment_version,
        after.state,
        after.opening,
        after.started_at,
        after.ends_at,
        after.shuts_at,
        before.time_limit_ms,
        before.closes_at,
        before.ends_at,
        before.item_ids,
    )
    return done is not None


async def extendable(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    reopen_since: datetime | None,
) -> list[Attempt]:
    """What is open, and what the deadline handed in since then and nobody has seen the result of; locked.

    Of a learner who is at another attempt already nothing is opened again.
    """
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM attempts a WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND (a.state = 'open'"
        " OR (a.state IN ('submitted', 'marking', 'graded') AND a.submitted_by = 'deadline' AND a.submitted_at >= $3"
        " AND a.released_at IS NULL AND NOT EXISTS (SELECT FROM attempts b WHERE b.tenant_id = $1"
        " AND b.assessment_id = $2 AND b.user_id = a.user_id AND b.number > a.number AND b.opening > 0)))"
        " ORDER BY a.attempt_id FOR NO KEY UPDATE",
        tenant_id,
        assessment_id,
        reopen_since,
    )
    return [attempt_of(row) for row in rows]


async def unfinished(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_id: str
) -> list[Attempt]:
    """What this learner has ready or open; locked."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM attempts a WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.user_id = $3"
        " AND a.state IN ('ready', 'open') ORDER BY a.attempt_id FOR NO KEY UPDATE",
        tenant_id,
        assessment_id,
        user_id,
    )
    return [attempt_of(row) for row in rows]


async def withdraw_ready_of(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_ids: Sequence[str]
) -> None:
    """Take back what these learners have not begun: they are to go on with an earlier attempt."""
    await connection.execute(
        "UPDATE attempts SET state = 'withdrawn' WHERE tenant_id = $1 AND assessment_id = $2"
        " AND user_id = ANY ($3::uuid[]) AND state = 'ready'",
        tenant_id,
        assessment_id,
        list(user_ids),
    )


async def save_times(
    connection: asyncpg.Connection, tenant_id: str, attempts: Sequence[Attempt]
) -> None:
    """Write the times of attempts that the caller has locked, and that those which have none were never handed in."""
    await connection.execute(
        "UPDATE attempts AS a SET state = n.state, opens_at = n.opens_at, closes_at = n.closes_at,"
        " time_limit_ms = n.time_limit_ms, ends_at = n.ends_at, shuts_at = n.shuts_at,"
        " submitted_at = n.submitted_at, submitted_by = n.submitted_by, last_opening = n.last_opening,"
        " last_seq = n.last_seq, receipt = n.receipt, digest = n.digest, answered = n.answered,"
        # What came late may be in time by now.
        " late = a.late AND EXISTS (SELECT FROM answers w WHERE w.tenant_id = $1 AND w.attempt_id = a.attempt_id"
        " AND w.arrived_at > n.ends_at + a.grace_ms * interval '1 ms')"
        " FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::timestamptz[],"
        " $8::timestamptz[], $9::timestamptz[], $10::text[], $11::int[], $12::bigint[], $13::text[], $14::text[], $15::int[])"
        " AS n (attempt_id, state, opens_at, closes_at, time_limit_ms, ends_at, shuts_at, submitted_at, submitted_by,"
        " last_opening, last_seq, receipt, digest, answered)"
        " WHERE a.tenant_id = $1 AND a.attempt_id = n.attempt_id",
        tenant_id,
        [one.attempt_id for one in attempts],
        [one.state for one in attempts],
        [one.opens_at for one in attempts],
        [one.closes_at for one in attempts],
        [one.time_limit_ms for one in attempts],
        [one.ends_at for one in attempts],
        [one.shuts_at for one in attempts],
        [one.submitted_at for one in attempts],
        [one.submitted_by for one in attempts],
        [one.last_opening for one in attempts],
        [one.last_seq for one in attempts],
        [one.receipt for one in attempts],
        [one.digest for one in attempts],
        [one.answered for one in attempts],
    )


async def hand_in(connection: asyncpg.Connection, tenant_id: str, handed: Handed) -> bool:
    """Write that it was handed in, once: False when it is open no more."""
    attempt = handed.attempt
    done = await connection.fetchval(
        "UPDATE attempts SET state = 'submitted', submitted_at = $3, submitted_by = $4, last_opening = $5, last_seq = $6,"
        " receipt = $7, digest = $8, answered = $9"
        " WHERE tenant_id = $1 AND attempt_id = $2 AND state = 'open' RETURNING 1",
        tenant_id,
        attempt.attempt_id,
        handed.submitted_at,
        handed.submitted_by,
        attempt.last_opening,
        attempt.last_seq,
        handed.receipt,
        handed.digest,
        handed.answered,
    )
    return done is not None


async def newest(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, opening: int | None = None
) -> tuple[int, int]:
    """The highest (opening, seq) that is stored, of one opening or of all; (0, 0) or (opening, 0) when there is none."""
    row = await connection.fetchrow(
        "SELECT opening, max(seq) AS seq FROM answers WHERE tenant_id = $1 AND attempt_id = $2"
        " AND ($3::int IS NULL OR opening = $3) GROUP BY opening ORDER BY opening DESC LIMIT 1",
        tenant_id,
        attempt_id,
        opening,
    )
    return (opening or 0, 0) if row is None else (row["opening"], row["seq"])


async def counted(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, until: datetime
) -> dict[str, Counted]:
    """By item, the answer that counts: the highest (opening, seq) of what arrived until then (counting.counts_until)."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (item_id) item_id, opening, seq, value FROM answers"
        " WHERE tenant_id = $1 AND attempt_id = $2 AND arrived_at <= $3"
        " ORDER BY item_id, opening DESC, seq DESC",
        tenant_id,
        attempt_id,
        until,
    )
    return {
        str(row["item_id"]): Counted(value=row["value"], opening=row["opening"], seq=row["seq"])
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the copy says that an attempt has come."""

    state: State
    opening: int
    seq: int
    answered: int


async def progress(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str
) -> Progress | None:
    """The copy's row, if it has one by now."""
    row = await connection.fetchrow(
        "SELECT state, last_opening, last_seq, cardinality(answered) AS answered FROM progress"
        " WHERE tenant_id = $1 AND attempt_id = $2",
        tenant_id,
        attempt_id,
    )
    if row is None:
        return None
    return Progress(
        state=row["state"],
        opening=row["last_opening"],
        seq=row["last_seq"],
        answered=row["answered"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that happened to an attempt, for its history; `by_user` is None for the deadline."""

    event_id: str
    attempt_id: str
    name: str
    by_user: str | None
    data: dict[str, str | int | bool]


async def note_all(
    connection: asyncpg.Connection, tenant_id: str, noted: Sequence[Noted], now: datetime
) -> None:
    """Append to the history of attempts."""
    await connection.execute(
        "INSERT INTO attempt_events (tenant_id, attempt_id, event_id, name, by_user, data, at)"
        " SELECT $1, e.attempt_id, e.event_id, e.name, e.by_user, e.data, $7"
        " FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::jsonb[])"
        " AS e (attempt_id, event_id, name, by_user, data)",
        tenant_id,
        [one.attempt_id for one in noted],
        [one.event_id for one in noted],
        [one.name for one in noted],
        [one.by_user for one in noted],
        [msgspec.json.encode(one.data).decode() for one in noted],
        now,
    )
