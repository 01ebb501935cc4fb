"""Everything that readers of the outbox may hear, as frozen structs; a name is its version's for ever, fields are only added.

Events hold ids and figures, never what a person wrote. The key of each is its attempt: events of one attempt stay in order.
"""

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Root: `attempt_id` is the key of the event."""

    attempt_id: str
    assessment_id: str
    course_id: str
    user_id: str


class AttemptOpened(Event, frozen=True, kw_only=True, tag="attempt.opened"):
    """Somebody opened the attempt, for the first time or on another device: `opening` counts."""

    opening: int
    asked: int
    number: int
    ends_at_ms: int


class AttemptAnswered(Event, frozen=True, kw_only=True, tag="attempt.answered"):
    """An answer was taken."""

    item_id: str
    opening: int
    seq: int
    late: bool


class AttemptSubmitted(Event, frozen=True, kw_only=True, tag="attempt.submitted"):
    """No more answers count, whoever said so."""

    number: int
    by: str
    last_opening: int
    last_seq: int
    late: bool


class AttemptExtended(Event, frozen=True, kw_only=True, tag="attempt.extended"):
    """It ends later; one that the deadline had submitted is open again."""

    ends_at_ms: int
    reopened: bool


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one item went."""

    item_id: str
    question_id: str
    version: int
    earned_milli: int
    possible_milli: int


class AttemptGraded(Event, frozen=True, kw_only=True, tag="attempt.graded"):
    """A grade stands, or waits for marks by hand (`complete` is false)."""

    number: int
    revision: int
    cause: str
    complete: bool
    earned_milli: int
    possible_milli: int
    items: list[ItemOutcome]


class AttemptReleased(Event, frozen=True, kw_only=True, tag="attempt.released"):
    """The learner may see the grade."""


AnyEvent = (
    AttemptOpened
    | AttemptAnswered
    | AttemptSubmitted
    | AttemptExtended
    | AttemptGraded
    | AttemptReleased
)
