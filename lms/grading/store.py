"""SQL of grades and marks, and of the columns of attempts that say which grade stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.attempts.model import State
from lms.grading.model import Grade, ItemGrade, Mark
from lms.ids import AssessmentId, AttemptId, CourseId, ItemId, UserId

_items = msgspec.json.Decoder(tuple[ItemGrade, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What grading needs to know of an attempt."""

    attempt_id: AttemptId
    assessment_id: AssessmentId
    assessment_version: int
    course_id: CourseId
    user_id: UserId
    number: int
    state: State
    submitted_at: datetime | None
    late: bool
    late_until: datetime | None
    grade_revision: int
    released_at: datetime | None


GRADED = (
    "a.attempt_id, a.assessment_id, a.assessment_version, a.course_id, a.user_id, a.number, a.state, a.submitted_at,"
    " a.late, a.late_until, a.grade_revision, a.released_at"
)


def graded_of(row: asyncpg.Record) -> Graded:
    return Graded(
        attempt_id=AttemptId(str(row["attempt_id"])),
        assessment_id=AssessmentId(str(row["assessment_id"])),
        assessment_version=row["assessment_version"],
        course_id=CourseId(str(row["course_id"])),
        user_id=UserId(str(row["user_id"])),
        number=row["number"],
        state=row["state"],
        submitted_at=row["submitted_at"],
        late=row["late"],
        late_until=row["late_until"],
        grade_revision=row["grade_revision"],
        released_at=row["released_at"],
    )


def grade_of(row: asyncpg.Record) -> Grade:
    return Grade(
        attempt_id=AttemptId(str(row["attempt_id"])),
        revision=row["revision"],
        scorer_version=row["scorer_version"],
        cause=row["cause"],
        cause_id=str(row["cause_id"]),
        earned_milli=row["earned_milli"],
        possible_milli=row["possible_milli"],
        items=_items.decode(row["items"]),
        by_user=None if row["by_user"] is None else UserId(str(row["by_user"])),
        at=row["at"],
    )


async def attempt(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, *, lock: bool = False
) -> Graded | None:
    """One attempt; with `lock` nobody else grades it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {GRADED} FROM attempts a WHERE tenant_id = $1 AND attempt_id = $2"
        + (" FOR NO KEY UPDATE" if lock else ""),
        tenant_id,
        attempt_id,
    )
    return None if row is None else graded_of(row)


async def attempts(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str], *, lock: bool
) -> list[Graded]:
    """These attempts as they stand; with `lock` whoever grades one of them now is waited for."""
    rows = await connection.fetch(
        f"SELECT {GRADED} FROM attempts a WHERE tenant_id = $1 AND attempt_id = ANY($2::uuid[])"
        " ORDER BY attempt_id" + (" FOR NO KEY UPDATE" if lock else ""),
        tenant_id,
        attempt_ids,
    )
    return [graded_of(row) for row in rows]


async def move(
    connection: asyncpg.Connection,
    tenant_id: str,
    attempt_id: str,
    state: State,
    revision: int,
) -> None:
    """Say which grade stands, and how the attempt does with it."""
    await connection.execute(
        "UPDATE attempts SET state = $3, grade_revision = $4 WHERE tenant_id = $1 AND attempt_id = $2",
        tenant_id,
        attempt_id,
        state,
        revision,
    )


async def set_late_until(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, until: datetime | None
) -> None:
    """Say until when an answer that came late may have arrived to count; None: none counts but by the policy."""
    await connection.execute(
        "UPDATE attempts SET late_until = $3 WHERE tenant_id = $1 AND attempt_id = $2",
        tenant_id,
        attempt_id,
        until,
    )


async def release(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str], now: datetime
) -> None:
    """Let the learners of these attempts see their grades from now on."""
    await connection.execute(
        "UPDATE attempts SET released_at = $3"
        " WHERE tenant_id = $1 AND attempt_id = ANY($2::uuid[]) AND released_at IS NULL",
        tenant_id,
        attempt_ids,
        now,
    )


async def releasable(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str
) -> list[Graded]:
    """Attempts of an assessment whose grade is complete and not yet seen by its learner; locked until the transaction ends."""
    rows = await connection.fetch(
        f"SELECT {GRADED} FROM attempts a WHERE tenant_id = $1 AND assessment_id = $2"
        " AND state = 'graded' AND released_at IS NULL ORDER BY attempt_id FOR NO KEY UPDATE",
        tenant_id,
        assessment_id,
    )
    return [graded_of(row) for row in rows]


async def archived(
    connection: asyncpg.Connection,
    which: tuple[str, str | None],
    after: str | None,
    limit: int,
) -> list[Graded]:
    """The next attempts that have a grade, after an id: `which` is (tenant, assessment or all)."""
    rows = await connection.fetch(
        f"SELECT {GRADED} FROM attempts a WHERE tenant_id = $1 AND ($2::uuid IS NULL OR assessment_id = $2)"
        " AND state IN ('marking', 'graded') AND grade_revision > 0"
        " AND ($3::uuid IS NULL OR attempt_id > $3) ORDER BY attempt_id LIMIT $4",
        *which,
        after,
        limit,
    )
    return [graded_of(row) for row in rows]


async def unfinished(connection: asyncpg.Connection, tenant_id: str, assessment_id: str) -> int:
    """How many attempts of an assessment are begun and have no complete grade yet."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM attempts WHERE tenant_id = $1 AND assessment_id = $2"
        " AND state IN ('open', 'submitted', 'marking')",
        tenant_id,
        assessment_id,
    )
    return count


async def add(connection: asyncpg.Connection, tenant_id: str, grade: Grade) -> bool:
    """Add a revision; False when there is one of this cause already."""
    done: str = await connection.execute(
        "INSERT INTO grades (tenant_id, attempt_id, revision, scorer_version, cause, cause_id,"
        " earned_milli, possible_milli, items, by_user, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (tenant_id, attempt_id, cause_id) DO NOTHING",
        tenant_id,
        grade.attempt_id,
        grade.revision,
        grade.scorer_version,
        grade.cause,
        grade.cause_id,
        grade.earned_milli,
        grade.possible_milli,
        msgspec.json.encode(grade.items).decode(),
        grade.by_user,
        grade.at,
    )
    return done.endswith(" 1")


async def standing(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str]
) -> dict[str, Grade]:
    """The grades that stand, by attempt; those without one are left out."""
    rows = await connection.fetch(
        "SELECT g.* FROM attempts a JOIN grades g ON g.tenant_id = $1"
        " AND g.attempt_id = a.attempt_id AND g.revision = a.grade_revision"
        " WHERE a.tenant_id = $1 AND a.attempt_id = ANY($2::uuid[]) AND g.attempt_id = ANY($2::uuid[])",
        tenant_id,
        attempt_ids,
    )
    return {str(row["attempt_id"]): grade_of(row) for row in rows}


async def has_cause(
    connection: asyncpg.Connection, tenant_id: str, cause_id: str, attempt_ids: Sequence[str]
) -> set[str]:
    """Those of the attempts that have a grade of this cause."""
    rows = await connection.fetch(
        "SELECT attempt_id FROM grades WHERE tenant_id = $1 AND attempt_id = ANY($2::uuid[]) AND cause_id = $3",
        tenant_id,
        attempt_ids,
        cause_id,
    )
    return {str(row["attempt_id"]) for row in rows}


# --- Marks ---------------------------------------------------------------------------------------


async def marks(connection: asyncpg.Connection, tenant_id: str, attempt_id: str) -> list[Mark]:
    """What people gave in an attempt, item by item and round by round."""
    return (await marks_of(connection, tenant_id, [attempt_id])).get(attempt_id, [])


async def marks_of(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str]
) -> dict[str, list[Mark]]:
    """What people gave in these attempts; those without a mark are left out."""
    rows = await connection.fetch(
        "SELECT m.*, u.name FROM marks m"
        " LEFT JOIN users u ON u.tenant_id = $1 AND u.user_id = m.marker"
        " WHERE m.tenant_id = $1 AND m.attempt_id = ANY($2::uuid[])"
        " ORDER BY m.attempt_id, m.item_id, m.round",
        tenant_id,
        attempt_ids,
    )
    found = dict[str, list[Mark]]()
    for row in rows:
        found.setdefault(str(row["attempt_id"]), []).append(_mark(row))
    return found


def _mark(row: asyncpg.Record) -> Mark:
    return Mark(
        attempt_id=AttemptId(str(row["attempt_id"])),
        item_id=ItemId(str(row["item_id"])),
        round=row["round"],
        marker=UserId(str(row["marker"])),
        marker_name=row["name"] or "",
        earned_milli=row["earned_milli"],
        criteria=msgspec.json.decode(row["criteria"], type=dict[str, int]),
        comment=row["comment"],
        opening=row["opening"],
        seq=row["seq"],
        version=row["version"],
        at=row["at"],
    )


async def set_mark(connection: asyncpg.Connection, tenant_id: str, mark: Mark) -> bool:
    """Write a mark over the version before it; False when another version stands."""
    values = (
        *(tenant_id, mark.attempt_id, mark.item_id, mark.round, mark.marker, mark.earned_milli),
        *(msgspec.json.encode(mark.criteria).decode(), mark.comment, mark.opening, mark.seq),
        *(mark.version, mark.at),
    )
    if mark.version == 1:
        done: str = await connection.execute(
            "INSERT INTO marks (tenant_id, attempt_id, item_id, round, marker, earned_milli, criteria,"
            " comment, opening, seq, version, at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
            *values,
        )
    else:
        done = await connection.execute(
            "UPDATE marks SET marker = $5, earned_milli = $6, criteria = $7, comment = $8, opening = $9,"
            " seq = $10, version = $11, at = $12 WHERE tenant_id = $1 AND attempt_id = $2"
            " AND item_id = $3 AND round = $4 AND version = $11 - 1",
            *values,
        )
    return done.endswith(" 1")
