"""More time for one learner: at once, on top of what was given before, and never less."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.timing import Window
from lms.attempts.attempt import given_more, opened, under
from lms.attempts.model import Attempt
from tests.support.attempts import ready_attempt

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
CLOSING = NINE + timedelta(hours=8)


def times(minutes: int | None = 60, closes_at: datetime | None = CLOSING) -> Window:
    return Window(
        opens_at=NINE,
        closes_at=closes_at,
        time_limit_ms=None if minutes is None else minutes * 60_000,
        grace_ms=30_000,
        late_policy="keep",
        late_window_ms=0,
    )


def ready() -> Attempt:
    return ready_attempt(opens_at=NINE, closes_at=CLOSING, late_window_ms=0)


def sitting() -> Attempt:
    return opened(ready(), NINE)


def length(attempt: Attempt) -> timedelta:
    assert attempt.ends_at is not None
    return attempt.ends_at - NINE


def test_what_is_not_begun_takes_the_times_as_they_are() -> None:
    shorter = under(ready(), times(20, NINE + timedelta(hours=1)))
    assert (shorter.time_limit_ms, shorter.closes_at) == (1_200_000, NINE + timedelta(hours=1))


@pytest.mark.parametrize(("minutes", "ends_after"), [(75, 75), (60, 60), (20, 60), (None, 8 * 60)])
def test_what_is_open_takes_what_is_more(minutes: int | None, ends_after: int) -> None:
    assert length(under(sitting(), times(minutes))) == timedelta(minutes=ends_after)


def test_it_is_handed_in_so_much_later() -> None:
    attempt = under(sitting(), times(75))
    assert attempt.ends_at is not None
    assert attempt.shuts_at == attempt.ends_at + timedelta(seconds=30)


def test_a_later_closing_moves_an_end_that_the_closing_had_set() -> None:
    late = opened(ready(), CLOSING - timedelta(minutes=20))
    assert late.ends_at == CLOSING
    later = under(late, times(60, CLOSING + timedelta(minutes=15)))
    assert later.ends_at == CLOSING + timedelta(minutes=15)


def test_extra_time_comes_on_top_of_an_extension() -> None:
    extended = given_more(sitting(), timedelta(minutes=10), NINE)
    assert length(under(extended, times(75))) == timedelta(minutes=85)


@given(st.lists(st.integers(1, 300) | st.none(), max_size=6))
def test_giving_and_taking_back_adds_up_to_the_most_that_was_given(
    given_minutes: list[int | None],
) -> None:
    attempt = sitting()
    for minutes in given_minutes:
        after = under(attempt, times(minutes))
        assert length(after) >= length(attempt)
        attempt = after
    limits = [8 * 60 if one is None else one for one in given_minutes]
    assert length(attempt) == timedelta(minutes=min(max([60, *limits]), 8 * 60))


def test_what_is_handed_in_stays_as_it_is() -> None:
    done = replace(sitting(), state="submitted")
    assert length(under(done, times(75))) == timedelta(hours=1)
