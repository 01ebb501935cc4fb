"""Answers of practice on their way into the database: many in one statement, a result each."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.errors import Conflict, Forbidden, LmsError, NotFound
from lms.events import PracticeAnswered
from lms.practice.model import POSSIBLE_MILLI

_SQL = "SELECT * FROM append_practice_answers($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One answer of one learner with what it earned; `event` tells of it, if it is the first to its item."""

    tenant_id: str
    seq: int
    value: str
    scorer: int
    earned_milli: int
    arrived_at: datetime
    event: PracticeAnswered


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of it: `saved`, or a code of REFUSALS; and how the answers that count went, in their order."""

    code: str
    answered: int
    asked: int
    went: list[bool]


REFUSALS: dict[str, tuple[type[LmsError], str]] = {
    "not_found": (NotFound, "There is no such lesson."),
    "not_enrolled": (Forbidden, "You are not a student of this course."),
    "seq_conflict": (Conflict, "Another answer was saved under this seq."),
    "answers_full": (Conflict, "This item was answered often enough."),
    "item_withdrawn": (Conflict, "This item is not practised at the moment: go on with the next."),
}


def refusal(code: str) -> LmsError:
    """The error of a code that is not `saved`."""
    kind, message = REFUSALS[code]
    return kind(message, code=code)


async def flush(connection: asyncpg.Connection, rows: Sequence[Row]) -> list[Outcome]:
    """Write them by one statement, in which each sees those before it."""
    records = await connection.fetch(
        _SQL,
        [row.tenant_id for row in rows],
        [row.event.source_id for row in rows],
        [row.event.user_id for row in rows],
        [row.event.item_id for row in rows],
        [row.seq for row in rows],
        [row.value for row in rows],
        [row.scorer for row in rows],
        [row.earned_milli for row in rows],
        [POSSIBLE_MILLI] * len(rows),
        [msgspec.json.encode(row.event).decode() for row in rows],
        [row.arrived_at for row in rows],
    )
    return [
        Outcome(code, answered or 0, asked or 0, went) for code, answered, asked, went in records
    ]
