"""The life of an attempt as a table, and what each step makes of it: pure, with `now` from outside."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from lms.assessments import rules, timing
from lms.assessments.timing import Window
from lms.attempts.model import Attempt, State
from lms.errors import Conflict

Step = Literal[
    "start",
    "open_again",
    "submit",
    "deadline",
    "scored",
    "scored_in_part",
    "revised",
    "revised_in_part",
    "reopen",
    "withdraw",
    "come_back",
]

# From a state, by a step, to a state; what is not here does not happen. docs/flows.md shows it.
TABLE: Mapping[tuple[State, Step], State] = {
    ("ready", "start"): "open",
    ("open", "open_again"): "open",
    ("open", "submit"): "submitted",
    ("open", "deadline"): "submitted",
    ("submitted", "scored"): "graded",
    ("submitted", "scored_in_part"): "marking",
    # By a mark, a regrade, a decision about late answers; in part while somebody has to look at an answer.
    ("marking", "revised"): "graded",
    ("marking", "revised_in_part"): "marking",
    ("graded", "revised"): "graded",
    ("graded", "revised_in_part"): "marking",
    ("submitted", "reopen"): "open",
    ("marking", "reopen"): "open",
    ("graded", "reopen"): "open",
    # Of what was never begun: its learner has left the course, and is in it again (materialise makes it anew).
    ("ready", "withdraw"): "withdrawn",
    ("withdrawn", "come_back"): "ready",
}

CLOSED = "This attempt is closed."

Limit = TypeVar("Limit", int, datetime)


def after(state: State, step: Step) -> State:
    """The state that follows; Conflict when the table has no such step."""
    found = TABLE.get((state, step))
    if found is None:
        raise Conflict(CLOSED, code="attempt_closed")
    return found


def window(attempt: Attempt) -> Window:
    """The times as they stand for this learner."""
    return Window(
        opens_at=attempt.opens_at,
        closes_at=attempt.closes_at,
        time_limit_ms=attempt.time_limit_ms,
        grace_ms=attempt.grace_ms,
        late_policy=attempt.late_policy,
        late_window_ms=attempt.late_window_ms,
    )


def opened(attempt: Attempt, now: datetime) -> Attempt:
    """Started, or opened once more: the newest opening wins, and the end stays what the start made it."""
    if attempt.state == "ready":
        rules.check_window(window(attempt), now)
        state = after(attempt.state, "start")
        ends_at = timing.ends_at(window(attempt), now)
        return replace(
            attempt,
            state=state,
            opening=1,
            started_at=now,
            ends_at=ends_at,
            shuts_at=timing.shuts_at(window(attempt), ends_at),
        )
    state = after(attempt.state, "open_again")
    return replace(attempt, state=state, opening=attempt.opening + 1)


def prolonged(attempt: Attempt, ends_at: datetime) -> Attempt:
    """Ends later, and is handed in so much later; never earlier."""
    if attempt.ends_at is None or ends_at <= attempt.ends_at:
        return attempt
    return replace(attempt, ends_at=ends_at, shuts_at=timing.shuts_at(window(attempt), ends_at))


def given_more(attempt: Attempt, more: timedelta, now: datetime) -> Attempt:
    """Extended by so much from its end, or from now when that has passed; one that the deadline handed in is open again."""
    if attempt.state != "open":
        if attempt.submitted_by != "deadline":
            raise Conflict(CLOSED, code="attempt_closed")
        attempt = replace(
            attempt,
            state=after(attempt.state, "reopen"),
            submitted_at=None,
            submitted_by=None,
            last_opening=None,
            last_seq=None,
            receipt=None,
            digest=None,
            answered=None,
        )
    return prolonged(attempt, max(attempt.ends_at or now, now) + more)


def under(attempt: Attempt, times: Window) -> Attempt:
    """With these figures for its learner: ready ones take them as they are, open ones only what is more.

    What is more comes on top of an extension that was given meanwhile.
    """
    if attempt.state != "open" or attempt.started_at is None or attempt.ends_at is None:
        return replace(
            attempt,
            opens_at=times.opens_at,
            closes_at=times.closes_at,
            time_limit_ms=times.time_limit_ms,
        )
    kept = replace(
        attempt,
        closes_at=_more(attempt.closes_at, times.closes_at),
        time_limit_ms=_more(attempt.time_limit_ms, times.time_limit_ms),
    )
    before = timing.ends_at(window(attempt), attempt.started_at)
    more = timing.ends_at(window(kept), attempt.started_at) - before
    return prolonged(kept, attempt.ends_at + more)


def _more(one: Limit | None, other: Limit | None) -> Limit | None:
    """The one that leaves more time; None leaves all."""
    return None if one is None or other is None else max(one, other)


def remaining_ms(attempt: Attempt, now: datetime) -> int:
    """What is left of its time."""
    if attempt.ends_at is None or attempt.state != "open":
        return 0
    return max(0, int((attempt.ends_at - now) / timedelta(milliseconds=1)))


def is_due(attempt: Attempt, now: datetime, settle: timedelta) -> bool:
    """Whether the deadline hands it in: its time, and a moment for what is still on its way to the database."""
    return (
        attempt.state == "open"
        and attempt.shuts_at is not None
        and attempt.shuts_at + settle <= now
    )
