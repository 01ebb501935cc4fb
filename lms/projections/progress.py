"""How far an attempt has come, from its events: each run of them makes one change, and changes add up in their order."""

from collections.abc import Sequence
from dataclasses import replace

from lms.events import (
    AnyEvent,
    AttemptAnswered,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
    AttemptWithdrawn,
)
from lms.projections.model import ProgressChange, Told

HEARS = frozenset(
    {
        "attempt.opened",
        "attempt.answered",
        "attempt.submitted",
        "attempt.extended",
        "attempt.graded",
        "attempt.withdrawn",
    }
)


def changes(told: Sequence[Told]) -> list[ProgressChange]:
    """One change an attempt, in the order of the ids, so that two writers never wait for each other crosswise."""
    found: dict[str, ProgressChange] = {}
    answers: dict[str, dict[str, None]] = {}
    for one in told:
        key = one.event.attempt_id
        found[key] = _next(found.get(key) or _nothing(one), one)
        if isinstance(one.event, AttemptAnswered):
            answers.setdefault(key, {})[one.event.item_id] = None
    return [
        replace(found[key], items=tuple(answers[key])) if key in answers else found[key]
        for key in sorted(found)
    ]


def _nothing(one: Told) -> ProgressChange:
    event = one.event
    return ProgressChange(
        attempt_id=event.attempt_id,
        assessment_id=event.assessment_id,
        course_id=event.course_id,
        user_id=event.user_id,
        asked=None,
        state=None,
        opening=0,
        last_opening=0,
        last_seq=0,
        items=(),
        late=False,
        answered_at=None,
        updated_at=one.at,
    )


def _next(change: ProgressChange, one: Told) -> ProgressChange:
    event = one.event
    updated_at = max(change.updated_at, one.at)
    if isinstance(event, AttemptAnswered):
        last = max((change.last_opening, change.last_seq), (event.opening, event.seq))
        return replace(
            change,
            last_opening=last[0],
            last_seq=last[1],
            late=change.late or event.late,
            answered_at=max(change.answered_at or one.at, one.at),
            updated_at=updated_at,
        )
    change = replace(change, state=_state(event) or change.state, updated_at=updated_at)
    if isinstance(event, AttemptOpened):
        opening = max(change.opening, event.opening)
        return replace(change, opening=opening, asked=event.asked)
    if isinstance(event, AttemptSubmitted):
        return replace(change, late=change.late or event.late)
    return change


def _state(event: AnyEvent) -> str | None:
    match event:
        case AttemptOpened():
            return "open"
        case AttemptSubmitted():
            return "submitted"
        case AttemptExtended(reopened=True):
            return "open"
        case AttemptGraded(complete=complete):
            return "graded" if complete else "marking"
        case AttemptWithdrawn():
            return "withdrawn"
        case AttemptReleased() | AttemptExtended() | AttemptAnswered():
            return None
