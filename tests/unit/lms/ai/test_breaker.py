"""The breaker of a provider: when it opens, for how long, and by what it closes again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai.breaker import (
    ERRORS_IN_A_ROW,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    PROBE_S,
    Breaker,
    Health,
    Phase,
    begin,
    end,
    lets,
    pause_s,
)

NOW = 100.0
CLOSED = Breaker()
TIRED = replace(CLOSED, errors=ERRORS_IN_A_ROW - 1)
ON_TRIAL = Breaker(phase="half_open", opened=1, until=NOW + PROBE_S, turn=5)
OPEN = Breaker(phase="open", opened=1, until=NOW + 1, turn=5)


@pytest.mark.parametrize(
    ("before", "health", "phase", "errors", "opened"),
    [
        (CLOSED, "ok", "closed", 0, 0),
        (CLOSED, "error", "closed", 1, 0),
        (CLOSED, "slow", "open", 0, 1),
        (CLOSED, "dropped", "closed", 0, 0),
        (TIRED, "ok", "closed", 0, 0),
        (TIRED, "error", "open", 0, 1),
        (TIRED, "slow", "open", 0, 1),
        (TIRED, "dropped", "closed", ERRORS_IN_A_ROW - 1, 0),
        (ON_TRIAL, "ok", "closed", 0, 0),
        (ON_TRIAL, "error", "open", 0, 2),
        (ON_TRIAL, "slow", "open", 0, 2),
        (ON_TRIAL, "dropped", "open", 0, 1),
        (OPEN, "ok", "open", 0, 1),
        (OPEN, "error", "open", 0, 1),
        (OPEN, "slow", "open", 0, 1),
        (OPEN, "dropped", "open", 0, 1),
    ],
)
def test_what_a_call_does_to_it(
    before: Breaker, health: Health, phase: Phase, errors: int, opened: int
) -> None:
    after = end(before, before.turn, health, NOW, 0.5)
    assert (after.phase, after.errors, after.opened) == (phase, errors, opened)


def test_one_probe_goes_when_the_pause_is_over_and_none_beside_it() -> None:
    opened = end(CLOSED, CLOSED.turn, "slow", NOW, 1.0)
    assert not lets(opened, opened.until - 0.001)
    assert lets(opened, opened.until)
    probing = begin(opened, opened.until)
    assert probing.phase == "half_open"
    assert not lets(probing, opened.until)


def test_a_probe_that_never_reports_is_followed_by_another() -> None:
    probing = begin(OPEN, OPEN.until)
    assert lets(probing, OPEN.until + PROBE_S)
    second = begin(probing, OPEN.until + PROBE_S)
    late = end(second, probing.turn, "ok", OPEN.until + PROBE_S + 1, 0.5)
    assert late == second, "the lost probe's word counts no more"


def test_a_probe_that_was_dropped_leaves_the_way_to_the_next_at_once() -> None:
    probing = begin(OPEN, OPEN.until)
    dropped = end(probing, probing.turn, "dropped", OPEN.until + 2, 0.5)
    assert lets(dropped, OPEN.until + 2)


def test_calls_begun_before_it_opened_say_nothing_of_it_afterwards() -> None:
    opened = end(CLOSED, CLOSED.turn, "slow", NOW, 0.5)
    probing = begin(opened, opened.until)
    for health in ("ok", "error", "slow"):
        assert end(opened, CLOSED.turn, health, NOW + 1, 0.5) == opened
        assert end(probing, CLOSED.turn, health, NOW + 1, 0.5) == probing


def test_errors_count_only_in_a_row() -> None:
    breaker = CLOSED
    error: Health = "error"
    row: list[Health] = [*[error] * (ERRORS_IN_A_ROW - 1), "ok"]
    for _ in range(10):
        for health in row:
            breaker = end(breaker, breaker.turn, health, NOW, 0.5)
    assert breaker.phase == "closed"


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_is_jittered_grows_and_has_an_end(times: int, chance: float) -> None:
    length = pause_s(times, chance)
    assert FIRST_PAUSE_S / 2 <= length <= LONGEST_PAUSE_S
    assert pause_s(times, 1.0) == 2 * pause_s(times, 0.0)
    assert pause_s(times + 1, chance) >= length


Happening = tuple[float, Health | None, float]
# None: somebody would like to call; else the oldest call ends like this.
HAPPENINGS: tuple[Health | None, ...] = (None, "ok", "error", "slow", "dropped")


@given(
    st.lists(
        st.tuples(
            st.floats(0, 20),
            st.sampled_from(HAPPENINGS),
            st.floats(0, 1),
        ),
        max_size=60,
    )
)
def test_whatever_happens_it_lets_one_at_a_time_through_until_it_is_well(
    happenings: list[Happening],
) -> None:
    breaker, now = Breaker(), 0.0
    under_way: list[int] = []
    probed_at: float | None = None
    for passes, what, chance in happenings:
        now += passes
        if what is None:
            if not lets(breaker, now):
                continue
            was_closed = breaker.phase == "closed"
            breaker = begin(breaker, now)
            under_way.append(breaker.turn)
            if was_closed:
                assert breaker.phase == "closed"
            else:
                assert breaker.phase == "half_open"
                assert probed_at is None or now - probed_at >= PROBE_S, "two probes at once"
                probed_at = now
        elif under_way:
            turn = under_way.pop(0)
            is_news = turn == breaker.turn
            after = end(breaker, turn, what, now, chance)
            if is_news and breaker.phase == "half_open":
                probed_at = None
            if not is_news:
                assert after == breaker
            if after.phase == "open" and breaker.phase != "open" and what != "dropped":
                assert FIRST_PAUSE_S / 2 <= after.until - now <= LONGEST_PAUSE_S + 1e-9
            breaker = after
        assert breaker.errors < ERRORS_IN_A_ROW
    # However it stands, time and one good answer make it well again.
    now += LONGEST_PAUSE_S + PROBE_S
    assert lets(breaker, now)
    breaker = begin(breaker, now)
    assert end(breaker, breaker.turn, "ok", now, 0.5).phase == "closed"
