"""Where a learner is, at a glance."""

from datetime import UTC, datetime, timedelta

import pytest

from lms.attempts.board import Line, LiveState, live
from lms.attempts.model import State

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def ago(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOW - timedelta(seconds=seconds)


def line(state: State | None, started: float | None, answered: float | None) -> Line:
    return Line(
        user_id="u",
        name="N",
        attempt_id="a",
        state=state,
        opening=1,
        started_at=ago(started),
        ends_at=None,
        submitted_at=None,
        answered=0,
        asked=3,
        answered_at=ago(answered),
        late=False,
    )


@pytest.mark.parametrize(
    ("state", "started", "answered", "seen", "found"),
    [
        (None, None, None, None, "not_started"),
        ("ready", None, None, None, "not_started"),
        ("open", 5, None, None, "started"),
        ("open", 500, None, 3, "started"),
        ("open", 500, 59, 3, "answering"),
        ("open", 500, 60, 3, "idle"),
        ("open", 500, 60, 20, "lost_link"),
        ("open", 500, None, None, "lost_link"),
        ("open", 500, 10, None, "answering"),
        ("submitted", 500, 10, None, "submitted"),
        ("marking", 500, 10, None, "submitted"),
        ("graded", 500, 10, 500, "submitted"),
    ],
)
def test_the_state_follows_from_what_was_heard_last(
    state: State | None,
    started: float | None,
    answered: float | None,
    seen: float | None,
    found: LiveState,
) -> None:
    assert live(line(state, started, answered), ago(seen), True, NOW) == found


def test_nobody_is_lost_while_the_links_are_not_known() -> None:
    assert live(line("open", 500, 300), None, False, NOW) == "idle"
