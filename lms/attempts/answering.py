"""Answers on their way into the database: many in one statement, a result each."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.attempts.model import State
from lms.errors import Conflict, Invalid, LmsError, NotFound, Unavailable

Key = tuple[str, str, str, str, int, int]

_SQL = "SELECT * FROM append_answers($1, $2, $3, $4, $5, $6, $7, $8, $9)"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One answer of one learner; `kind` and `value` are as lms.attempts.values.kept gives them."""

    tenant_id: str
    attempt_id: str
    user_id: str
    item_id: str
    opening: int
    seq: int
    kind: str
    value: str
    arrived_at: datetime

    @property
    def key(self) -> Key:
        """Who answers what under which number."""
        return (
            self.tenant_id,
            self.user_id,
            self.attempt_id,
            self.item_id,
            self.opening,
            self.seq,
        )


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of it: `saved`, or a code of REFUSALS; and how the attempt stands."""

    code: str
    late: bool
    state: State
    opening: int
    ends_at: datetime


# Code of append_answers -> what the caller is told.
REFUSALS: dict[str, tuple[type[LmsError], str]] = {
    "not_found": (NotFound, "There is no such attempt."),
    "seq_conflict": (Conflict, "Another answer was saved under this opening and seq."),
    "seq_old": (Conflict, "A newer answer to this item is saved already."),
    "attempt_closed": (Conflict, "This attempt is not open."),
    "attempt_submitted": (Conflict, "This attempt was handed in already."),
    "answer_late": (Conflict, "The time is up, and late answers are not taken."),
    "answer_delayed": (Unavailable, "The answer came too slowly to the database: send it again."),
    "wrong_item": (NotFound, "This attempt asks no such item."),
    "wrong_value": (Invalid, "The value does not fit this kind of item."),
    "opening_unknown": (Invalid, "This attempt has not been opened so often."),
}
POINTERS = {"wrong_value": "/value", "opening_unknown": "/opening"}


def refusal(code: str) -> LmsError:
    """The error of a code that is not `saved`."""
    kind, message = REFUSALS[code]
    if kind is Invalid:
        return Invalid(message, pointer=POINTERS.get(code, ""), code=code)
    return kind(message, code=code)


async def flush(connection: asyncpg.Connection, rows: Sequence[Row]) -> list[Outcome]:
    """Write them by one statement, each number once: who sent it twice shares the result, or is refused."""
    first: dict[Key, int] = {}
    for row in rows:
        first.setdefault(row.key, len(first))
    sent: list[Row] = []
    for row in rows:
        if first[row.key] == len(sent):
            sent.append(row)
    outcomes = await _append(connection, sent)
    return [_shared(row, sent[first[row.key]], outcomes[first[row.key]]) for row in rows]


def _shared(row: Row, sent: Row, outcome: Outcome) -> Outcome:
    """What a row is told by the outcome of the one that was sent under its number."""
    if row is sent or row.value == sent.value:
        return outcome
    # Which value the database holds is known only where it took ours: the other may be the one that it held before.
    code = "seq_conflict" if outcome.code == "saved" else "answer_delayed"
    return msgspec.structs.replace(outcome, code=code)


async def _append(connection: asyncpg.Connection, rows: Sequence[Row]) -> list[Outcome]:
    records = await connection.fetch(
        _SQL,
        [row.tenant_id for row in rows],
        [row.attempt_id for row in rows],
        [row.user_id for row in rows],
        [row.item_id for row in rows],
        [row.opening for row in rows],
        [row.seq for row in rows],
        [row.kind for row in rows],
        [row.value for row in rows],
        [row.arrived_at for row in rows],
    )
    return [Outcome(*record) for record in records]
