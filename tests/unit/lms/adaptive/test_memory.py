"""Memory by FSRS over real elapsed time, held against the library where the library can say."""

from datetime import UTC, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given
from hypothesis import strategies as st

from lms.adaptive import memory
from lms.adaptive.model import SkillState

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
SHARES = st.sampled_from([0.0, 0.5, 1.0])
GAPS_DAYS = st.floats(0, 400)


def reviewed(reviews: list[tuple[float, float]]) -> SkillState:
    """After reviews, each so many days after the one before, with a share of the points."""
    state, now = SkillState(), NOON
    for days, share in reviews:
        now += timedelta(days=days)
        stability, hardness = memory.after(state, share, now)
        state = SkillState(stability_days=stability, hardness=hardness, last_at=now)
    return state


@given(st.lists(st.tuples(st.integers(0, 60), SHARES), min_size=1, max_size=12))
def test_over_whole_days_it_is_the_library_to_the_digit(reviews: list[tuple[int, float]]) -> None:
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card, now = Card(), NOON
    for days, share in reviews:
        now += timedelta(days=days)
        card, _ = scheduler.review_card(card, Rating(memory.rated(share)), now)
    state = reviewed([(float(days), share) for days, share in reviews])
    assert state.stability_days == pytest.approx(card.stability, rel=1e-9)
    assert state.hardness == pytest.approx(card.difficulty, rel=1e-9)
    later = now + timedelta(days=9)
    assert memory.recall(state, later) == pytest.approx(
        scheduler.get_card_retrievability(card, later), rel=1e-9
    )


def test_the_parameters_are_those_that_the_library_publishes() -> None:
    assert Scheduler().parameters == memory.W


def test_part_of_a_day_counts() -> None:
    state = reviewed([(0, 1), (2, 1)])
    assert state.last_at is not None
    hours = [
        memory.recall(state, state.last_at + timedelta(hours=some)) for some in (0, 12, 36, 47)
    ]
    assert hours == sorted(hours, reverse=True)
    assert len(set(hours)) == 4


@given(st.lists(st.tuples(GAPS_DAYS, SHARES), min_size=1, max_size=12), GAPS_DAYS, GAPS_DAYS)
def test_recall_never_rises_by_itself(
    reviews: list[tuple[float, float]], one: float, other: float
) -> None:
    state = reviewed(reviews)
    assert state.last_at is not None
    sooner, later = sorted((one, other))
    at = [memory.recall(state, state.last_at + timedelta(days=days)) for days in (sooner, later)]
    assert 0 < at[1] <= at[0] <= 1


@given(st.lists(st.tuples(GAPS_DAYS, SHARES), min_size=1, max_size=8), st.floats(0.6, 0.98))
def test_it_is_due_when_recall_has_fallen_to_what_is_wanted(
    reviews: list[tuple[float, float]], wanted: float
) -> None:
    state = reviewed(reviews)
    due = memory.due_at(state, wanted)
    assert due is not None
    assert state.last_at is not None
    if due - state.last_at < timedelta(days=memory.MOST_STABILITY_DAYS):
        assert memory.recall(state, due) == pytest.approx(wanted, abs=0.02)
        assert memory.recall(state, due + timedelta(days=1)) < wanted


def test_what_was_never_met_is_not_remembered_and_never_due() -> None:
    assert memory.recall(SkillState(), NOON) == 0
    assert memory.due_at(SkillState(), 0.9) is None


def test_the_clock_going_back_forgets_nothing() -> None:
    state = reviewed([(0, 1)])
    assert memory.recall(state, NOON - timedelta(days=3)) == 1
    assert memory.after(state, 1, NOON - timedelta(days=3)) == memory.after(state, 1, NOON)


@pytest.mark.parametrize("wanted", [-1.0, 0.0, 1.0, 2.0, float("nan")])
def test_an_odd_wish_still_gets_a_time(wanted: float) -> None:
    due = memory.due_at(reviewed([(0, 1)]), wanted)
    assert due is not None
    assert due > NOON


def test_a_longer_pause_that_was_remembered_makes_memory_stronger_than_cramming() -> None:
    spaced = reviewed([(0, 1), (3, 1), (8, 1)])
    crammed = reviewed([(0, 1), (0.01, 1), (0.01, 1)])
    assert (spaced.stability_days or 0) > 3 * (crammed.stability_days or 0)


def test_forgetting_makes_the_next_review_sooner() -> None:
    known, forgotten = reviewed([(0, 1), (5, 1)]), reviewed([(0, 1), (5, 0)])
    due = [memory.due_at(state, 0.9) for state in (forgotten, known)]
    assert due[0] is not None
    assert due[1] is not None
    assert due[0] < due[1]


@pytest.mark.parametrize(("share", "rating"), [(0, 1), (0.49, 1), (0.5, 2), (0.99, 2), (1, 3)])
def test_part_of_the_points_is_recalled_with_trouble(share: float, rating: int) -> None:
    assert memory.rated(share) == rating
