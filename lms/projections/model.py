"""What the read models hold, and what is told to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lms.events import AnyEvent

AnEvent = TypeVar("AnEvent", bound=AnyEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Generic[AnEvent]):
    """An event of one school, and when it was."""

    event: AnEvent
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressChange:
    """What some events of one attempt, one after the other, change in its progress; None leaves it as it is."""

    attempt_id: str
    assessment_id: str
    course_id: str
    user_id: str
    asked: int | None
    state: str | None
    opening: int
    last_opening: int
    last_seq: int
    items: tuple[str, ...]
    late: bool
    answered_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CellKey:
    """Which attempt a cell of the gradebook is about."""

    course_id: str
    user_id: str
    assessment_id: str
    attempt_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What an attempt is worth in its course, as far as it is known."""

    number: int
    state: str
    earned_milli: int | None
    possible_milli: int | None
    late: bool
    released: bool
    revision: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one item went in one attempt, beside how the attempt went."""

    question_id: str
    version: int
    attempt_id: str
    item_id: str
    assessment_id: str
    earned_milli: int
    possible_milli: int
    attempt_earned_milli: int
    attempt_possible_milli: int
