"""SQL of what people look at: attempts to be marked, gradebooks and their settings, how items went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from lms.attempts.model import SubmittedBy
from lms.grading.gradebook import Person, Rules, Try
from lms.grading.statistics import Sums
from lms.grading.store import GRADED, Graded, graded_of

# The most learners that a gradebook shows at once.
PEOPLE_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An attempt in the list of its assessment; `late_answers` is how many items have an answer that came late."""

    attempt: Graded
    name: str
    submitted_by: SubmittedBy | None
    late_answers: int
    to_mark: int
    earned_milli: int | None
    possible_milli: int | None


async def names(
    connection: asyncpg.Connection, tenant_id: str, user_ids: Sequence[str]
) -> dict[str, str]:
    """Names of people by their ids."""
    rows = await connection.fetch(
        "SELECT user_id, name FROM users WHERE tenant_id = $1 AND user_id = ANY($2::uuid[])",
        tenant_id,
        user_ids,
    )
    return {str(row["user_id"]): row["name"] for row in rows}


# $1 tenant; the attempts of one assessment, or one attempt.
LISTED = (
    f"SELECT {GRADED}, u.name, a.submitted_by, g.earned_milli, g.possible_milli,"
    " (SELECT count(DISTINCT w.item_id) FROM answers w WHERE w.tenant_id = $1 AND w.attempt_id = a.attempt_id"
    " AND w.arrived_at > a.ends_at + a.grace_ms * interval '1 ms') AS late_answers,"
    " (SELECT count(*) FROM jsonb_array_elements(g.items) i WHERE i ->> 'reason' = 'to_mark') AS to_mark"
    " FROM attempts a JOIN users u ON u.tenant_id = $1 AND u.user_id = a.user_id"
    " LEFT JOIN grades g ON g.tenant_id = $1 AND g.attempt_id = a.attempt_id AND g.revision = a.grade_revision"
    " AND a.state IN ('marking', 'graded')"
    " WHERE a.tenant_id = $1"
)


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(
        attempt=graded_of(row),
        name=row["name"],
        submitted_by=row["submitted_by"],
        late_answers=row["late_answers"],
        to_mark=row["to_mark"],
        earned_milli=row["earned_milli"],
        possible_milli=row["possible_milli"],
    )


async def attempts(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    state: str | None,
    page: tuple[tuple[str, str] | None, int],
) -> list[Listed]:
    """The attempts of an assessment that were begun, by name: `page` is ((name, attempt id) to go on after, limit)."""
    after, limit = page
    rows = await connection.fetch(
        f"{LISTED} AND a.assessment_id = $2"
        " AND CASE WHEN $3::text IS NULL THEN a.state NOT IN ('ready', 'withdrawn') ELSE a.state = $3 END"
        " AND ($4::text IS NULL OR (u.name, a.attempt_id) > ($4, $5::uuid))"
        " ORDER BY u.name, a.attempt_id LIMIT $6",
        tenant_id,
        assessment_id,
        state,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_listed(row) for row in rows]


async def attempt(connection: asyncpg.Connection, tenant_id: str, attempt_id: str) -> Listed:
    """One attempt as it stands in the list."""
    row = await connection.fetchrow(f"{LISTED} AND a.attempt_id = $2", tenant_id, attempt_id)
    if row is None:
        raise LookupError("the attempt was there a moment ago")
    return _listed(row)


async def people(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, only: str | None
) -> list[Person]:
    """The learners of a course by name (or one of them), each with what their attempts are worth."""
    learners = await connection.fetch(
        "SELECT u.user_id, u.name, u.email FROM enrolments e"
        " JOIN users u ON u.tenant_id = $1 AND u.user_id = e.user_id"
        " WHERE e.tenant_id = $1 AND e.course_id = $2 AND e.role = 'student'"
        " AND ($3::uuid IS NULL OR e.user_id = $3) ORDER BY u.name, u.user_id LIMIT $4",
        tenant_id,
        course_id,
        only,
        PEOPLE_MAX,
    )
    rows = await connection.fetch(
        "SELECT user_id, assessment_id, attempt_id, number, state, earned_milli, possible_milli, late, released"
        " FROM gradebook_cells WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY($3::uuid[])",
        tenant_id,
        course_id,
        [row["user_id"] for row in learners],
    )
    tries = dict[str, dict[str, list[Try]]]()
    for row in rows:
        of_user = tries.setdefault(str(row["user_id"]), {})
        of_user.setdefault(str(row["assessment_id"]), []).append(
            Try(
                attempt_id=str(row["attempt_id"]),
                number=row["number"],
                state=row["state"],
                earned_milli=row["earned_milli"],
                possible_milli=row["possible_milli"],
                late=row["late"],
                released=row["released"],
            )
        )
    return [
        Person(
            user_id=str(row["user_id"]),
            name=row["name"],
            email=row["email"],
            tries=tries.get(str(row["user_id"]), {}),
        )
        for row in learners
    ]


async def outcomes(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Sums]:
    """How each item of an assessment went, in sums; `after` is the (version, question) to go on after."""
    rows = await connection.fetch(
        "SELECT o.question_id, o.version, v.kind, q.title, count(*) AS n,"
        " sum(o.share) AS x, sum(o.share * o.share) AS xx, sum(o.rest) AS y, sum(o.rest * o.rest) AS yy,"
        " sum(o.share * o.rest) AS xy FROM ("
        "SELECT question_id, version, earned_milli::numeric / nullif(possible_milli, 0) AS share,"
        " (attempt_earned_milli - earned_milli)::numeric"
        " / nullif(attempt_possible_milli - possible_milli, 0) AS rest"
        " FROM item_outcomes WHERE tenant_id = $1 AND assessment_id = $2"
        ") o JOIN question_versions v ON v.tenant_id = $1 AND v.question_id = o.question_id AND v.version = o.version"
        " JOIN questions q ON q.tenant_id = $1 AND q.question_id = o.question_id"
        " WHERE o.share IS NOT NULL"
        " AND ($4::uuid IS NULL OR (o.version, o.question_id) > ($3::integer, $4))"
        " GROUP BY o.question_id, o.version, v.kind, q.title ORDER BY o.version, o.question_id LIMIT $5",
        tenant_id,
        assessment_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [
        Sums(
            question_id=str(row["question_id"]),
            version=row["version"],
            title=row["title"],
            kind=row["kind"],
            count=row["n"],
            x=row["x"],
            xx=row["xx"],
            y=row["y"] or Decimal(0),
            yy=row["yy"] or Decimal(0),
            xy=row["xy"] or Decimal(0),
            paired=row["y"] is not None,
        )
        for row in rows
    ]


async def rules(
    connection: asyncpg.Connection, tenant_id: str, course_id: str
) -> tuple[Rules, int]:
    """How a course adds up, and at which version that is; a course that never said so is at its first."""
    row = await connection.fetchrow(
        "SELECT settings, version FROM gradebooks WHERE tenant_id = $1 AND course_id = $2",
        tenant_id,
        course_id,
    )
    if row is None:
        return Rules(), 1
    return msgspec.json.decode(row["settings"], type=Rules), row["version"]


async def set_rules(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    changed: tuple[Rules, int],
    now: datetime,
) -> None:
    """Write how a course adds up under (rules, version); the caller holds the lock of the course."""
    await connection.execute(
        "INSERT INTO gradebooks (tenant_id, course_id, settings, version, updated_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, course_id) DO UPDATE"
        " SET settings = excluded.settings, version = excluded.version, updated_at = excluded.updated_at",
        tenant_id,
        course_id,
        msgspec.json.encode(changed[0]).decode(),
        changed[1],
        now,
    )
