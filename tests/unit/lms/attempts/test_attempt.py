"""The life of an attempt: the table, its ends, extensions and accommodations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from lms.assessments.timing import Window
from lms.attempts import attempt as life
from lms.attempts.attempt import Step
from lms.attempts.model import State
from lms.errors import Conflict
from tests.support.attempts import ready_attempt

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOTHING = timedelta()


def test_every_step_that_the_table_does_not_have_is_refused() -> None:
    steps = [(state, step) for state in get_args(State) for step in get_args(Step)]
    for state, step in steps:
        if (state, step) in life.TABLE:
            assert life.after(state, step) in get_args(State)
        else:
            with pytest.raises(Conflict, match="closed"):
                life.after(state, step)
    assert len(life.TABLE) == 15


def test_only_a_learner_who_comes_back_leads_out_of_withdrawn_and_only_a_reopening_to_open() -> (
    None
):
    assert [step for state, step in life.TABLE if state == "withdrawn"] == ["come_back"]
    back = {step for (state, step), to in life.TABLE.items() if to == "open" and state != "open"}
    assert back == {"start", "reopen"}


def test_the_end_is_fixed_at_the_start_and_stays_at_the_next_opening() -> None:
    first = life.opened(ready_attempt(), NOW)
    assert (first.state, first.opening, first.ends_at) == ("open", 1, NOW + HOUR)
    assert first.shuts_at == NOW + HOUR + timedelta(seconds=30)
    second = life.opened(first, NOW + 20 * MINUTE)
    assert (second.opening, second.ends_at, second.started_at) == (2, NOW + HOUR, NOW)


def test_the_closing_time_ends_it_before_its_limit() -> None:
    late = life.opened(ready_attempt(closes_at=NOW + 10 * MINUTE), NOW)
    assert late.ends_at == NOW + 10 * MINUTE


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"opens_at": NOW + MINUTE}, "assessment_not_open"),
        ({"closes_at": NOW}, "assessment_closed"),
        ({"state": "withdrawn"}, "attempt_closed"),
        ({"state": "submitted"}, "attempt_closed"),
    ],
)
def test_what_may_not_be_started_is_not(more: dict[str, object], code: str) -> None:
    with pytest.raises(Conflict) as refused:
        life.opened(ready_attempt(**more), NOW)
    assert refused.value.code == code


def test_where_late_answers_count_the_deadline_waits_for_their_window() -> None:
    counting = life.opened(ready_attempt(late_policy="count"), NOW)
    assert counting.shuts_at == NOW + HOUR + timedelta(seconds=630)
    assert not life.is_due(counting, counting.shuts_at, timedelta(seconds=2))
    assert life.is_due(counting, counting.shuts_at + timedelta(seconds=2), timedelta(seconds=2))


def test_more_time_counts_from_the_end_or_from_now_when_that_has_passed() -> None:
    running = life.opened(ready_attempt(), NOW)
    assert life.given_more(running, 10 * MINUTE, NOW).ends_at == NOW + HOUR + 10 * MINUTE
    after_end = NOW + HOUR + 5 * MINUTE
    assert life.given_more(running, 10 * MINUTE, after_end).ends_at == after_end + 10 * MINUTE


@pytest.mark.parametrize("state", ["submitted", "marking", "graded"])
def test_what_the_deadline_handed_in_is_open_again(state: State) -> None:
    shut = replace(
        life.opened(ready_attempt(), NOW),
        state=state,
        submitted_by="deadline",
        submitted_at=NOW + HOUR,
        receipt="R",
        digest="d",
        answered=1,
        last_opening=1,
        last_seq=4,
    )
    again = life.given_more(shut, 10 * MINUTE, NOW + 2 * HOUR)
    assert (again.state, again.opening) == ("open", 1)
    assert again.ends_at == NOW + 2 * HOUR + 10 * MINUTE
    assert (again.submitted_by, again.receipt, again.digest, again.last_seq) == (None,) * 4
    with pytest.raises(Conflict):
        life.given_more(replace(shut, submitted_by="learner"), MINUTE, NOW)


def window(minutes: int, closes_at: datetime | None = None) -> Window:
    return Window(
        opens_at=None,
        closes_at=closes_at,
        time_limit_ms=minutes * 60_000,
        grace_ms=30_000,
        late_policy="keep",
        late_window_ms=0,
    )


def test_extra_time_reaches_what_is_open_at_once_and_is_never_taken_back() -> None:
    running = life.opened(ready_attempt(), NOW)
    longer = life.under(running, window(90))
    assert longer.ends_at == NOW + 90 * MINUTE
    assert life.under(longer, window(30)).ends_at == NOW + 90 * MINUTE
    assert life.under(ready_attempt(), window(30)).time_limit_ms == 1_800_000
    assert life.under(ready_attempt(), window(30)).ends_at is None


def test_what_is_left_is_never_less_than_nothing() -> None:
    running = life.opened(ready_attempt(), NOW)
    assert life.remaining_ms(running, NOW + MINUTE) == 59 * 60_000
    assert life.remaining_ms(running, NOW + 2 * HOUR) == 0
    assert life.remaining_ms(ready_attempt(), NOW) == 0
    assert life.remaining_ms(replace(running, state="submitted"), NOW) == 0
