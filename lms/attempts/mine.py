"""One person's attempts at an assessment, in as much as they have begun."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.attempts import versions
from lms.attempts.model import State
from lms.ids import AttemptId

SELECT = (
    "SELECT a.attempt_id, a.number, a.state, a.ends_at, a.submitted_at, a.released_at, cardinality(a.item_ids) AS asked,"
    " coalesce(a.answered, cardinality(p.answered), 0) AS answered,"
    " coalesce(a.last_opening, p.last_opening, 0) AS last_opening, coalesce(a.last_seq, p.last_seq, 0) AS last_seq"
    " FROM attempts a LEFT JOIN progress p ON p.tenant_id = a.tenant_id AND p.attempt_id = a.attempt_id"
    " WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.user_id = $3"
    " AND a.opening > 0 AND a.state <> 'withdrawn' ORDER BY a.number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """An attempt as its learner's start page has it."""

    attempt_id: AttemptId
    number: int
    state: State
    answered: int
    asked: int
    ends_at: datetime | None
    submitted_at: datetime | None
    released: bool
    version: str


async def of_person(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_id: str
) -> list[Mine]:
    """The attempts by their number."""
    rows = await connection.fetch(SELECT, tenant_id, assessment_id, user_id)
    return [_mine(row) for row in rows]


def _mine(row: asyncpg.Record) -> Mine:
    return Mine(
        attempt_id=AttemptId(str(row["attempt_id"])),
        number=row["number"],
        state=row["state"],
        answered=row["answered"],
        asked=row["asked"],
        ends_at=row["ends_at"],
        submitted_at=row["submitted_at"],
        released=row["released_at"] is not None,
        version=versions.of(row["last_opening"], row["last_seq"], row["state"]),
    )
