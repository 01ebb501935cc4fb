"""How far an attempt has come, from its events: each run of them makes one change, and changes add up in their order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lms.events import (
    AttemptAnswered,
    AttemptEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
)
from lms.projections.model import ProgressChange, Told

if TYPE_CHECKING:
    from datetime import datetime

HEARS = frozenset(
    {
        "attempt.opened",
        "attempt.answered",
        "attempt.submitted",
        "attempt.extended",
        "attempt.graded",
    }
)


def changes(told: Sequence[Told[AttemptEvent]]) -> list[ProgressChange]:
    """One change an attempt, in the order of the ids, so that two writers never wait for each other crosswise."""
    found: dict[str, _Change] = {}
    for one in told:
        change = found.get(one.event.attempt_id)
        if change is None:
            change = found[one.event.attempt_id] = _Change(one)
        change.add(one)
    return [found[key].made() for key in sorted(found)]


class _Change:
    """The events of an attempt so far, added up in place: nearly all that ever happens is an answer."""

    def __init__(self, first: Told[AttemptEvent]) -> None:
        self._about = first.event
        self._asked: int | None = None
        self._state: str | None = None
        self._opening = 0
        self._last = (0, 0)
        self._items: dict[str, None] = {}
        self._late = False
        self._answered_at: datetime | None = None
        self._updated_at = first.at

    def add(self, one: Told[AttemptEvent]) -> None:
        """The next event."""
        event = one.event
        self._updated_at = max(self._updated_at, one.at)
        if isinstance(event, AttemptAnswered):
            self._last = max(self._last, (event.opening, event.seq))
            self._items[event.item_id] = None
            self._late = self._late or event.late
            self._answered_at = max(self._answered_at or one.at, one.at)
            return
        self._state = _state(event) or self._state
        if isinstance(event, AttemptOpened):
            self._opening, self._asked = max(self._opening, event.opening), event.asked
        elif isinstance(event, AttemptSubmitted):
            self._late = self._late or event.late

    def made(self) -> ProgressChange:
        """What they change together."""
        return ProgressChange(
            attempt_id=self._about.attempt_id,
            assessment_id=self._about.assessment_id,
            course_id=self._about.course_id,
            user_id=self._about.user_id,
            asked=self._asked,
            state=self._state,
            opening=self._opening,
            last_opening=self._last[0],
            last_seq=self._last[1],
            items=tuple(self._items),
            late=self._late,
            answered_at=self._answered_at,
            updated_at=self._updated_at,
        )


def _state(event: AttemptEvent) -> str | None:
    match event:
        case AttemptOpened():
            return "open"
        case AttemptSubmitted():
            return "submitted"
        case AttemptExtended(reopened=True):
            return "open"
        case AttemptGraded(complete=complete):
            return "graded" if complete else "marking"
        case AttemptReleased() | AttemptExtended() | AttemptAnswered():
            return None
