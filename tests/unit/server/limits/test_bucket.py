"""GCRA: so many at once, so many in the long run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.limits.bucket import Rate, take

RATE = Rate(quota=10, window_seconds=60)


def test_the_whole_quota_may_come_at_once_and_then_one_by_one() -> None:
    state, now = 0.0, 1000.0
    for left in range(9, -1, -1):
        state, verdict = take(state, RATE, 1, now)
        assert verdict.allowed
        assert verdict.remaining == left
    state, verdict = take(state, RATE, 1, now)
    assert not verdict.allowed
    assert verdict.retry_after_seconds == pytest.approx(6)
    state, verdict = take(state, RATE, 1, now + 6)
    assert verdict.allowed
    _, verdict = take(state, RATE, 1, now + 6)
    assert not verdict.allowed


def test_a_refusal_takes_nothing() -> None:
    state, _ = take(0.0, RATE, 10, 0.0)
    for _ in range(100):
        state, verdict = take(state, RATE, 1, 1.0)
        assert not verdict.allowed
    assert take(state, RATE, 1, 6.0)[1].allowed


def test_what_is_given_back_can_be_taken_again() -> None:
    state, _ = take(0.0, RATE, 10, 0.0)
    state, _ = take(state, RATE, -1, 0.0)
    state, verdict = take(state, RATE, 1, 0.0)
    assert verdict.allowed
    assert not take(state, RATE, 1, 0.0)[1].allowed


def test_giving_back_never_makes_more_than_the_quota() -> None:
    state, _ = take(0.0, RATE, -100, 50.0)
    state, verdict = take(state, RATE, 10, 50.0)
    assert verdict.allowed
    assert not take(state, RATE, 1, 50.0)[1].allowed


def test_a_cost_above_the_quota_is_never_allowed() -> None:
    assert not take(0.0, RATE, 11, 0.0)[1].allowed


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 5)), max_size=60))
def test_no_window_holds_more_than_twice_the_quota(steps: list[tuple[float, int]]) -> None:
    state, now, allowed = 0.0, 0.0, []
    for wait, cost in steps:
        now += wait
        state, verdict = take(state, RATE, cost, now)
        if verdict.allowed:
            allowed.append((now, cost))
    for start, _ in allowed:
        taken = sum(cost for at, cost in allowed if start <= at < start + RATE.window_seconds)
        assert taken <= 2 * RATE.quota
