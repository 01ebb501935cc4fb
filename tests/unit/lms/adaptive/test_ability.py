"""A placement: what it estimates, what it asks next, when it ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.adaptive import ability
from lms.adaptive.ability import Ability

# Difficulties and answers with the mean and spread of the posterior, by catsim 0.21 (its curves, a quadrature of 4,001 points from
# -6 to 6, a = 1, b = (difficulty - 50) / 12.5 - 1, a normal prior of 1).
ESTIMATES = [
    ([(89, 0)], -0.1260, 0.9543),
    ([(77, 0), (13, 1), (69, 1)], 0.2617, 0.8387),
    ([(30, 1), (24, 1), (57, 1), (70, 0), (41, 0), (58, 1)], -0.1221, 0.7220),
    (
        [
            (19, 1),
            (27, 1),
            (89, 0),
            (89, 0),
            (66, 0),
            (26, 1),
            (26, 0),
            (10, 1),
            (10, 1),
            (36, 0),
            (37, 1),
            (31, 1),
        ],
        -0.9856,
        0.6623,
    ),
]
DIFFICULTIES = [1, 3, 4, 5, 7, 8, 11, 12, 18, 20, 23, 24, 25, 29, 30, 38, 40, 41, 50, 56]
DIFFICULTIES += [57, 59, 60, 65, 67, 68, 71, 75, 76, 78, 80, 81, 84, 86, 93, 94, 96, 97, 98, 100]
POOL = [(f"q{difficulty:03}", difficulty) for difficulty in DIFFICULTIES]
# The five that catsim's MaxInfoSelector takes from that pool.
CHOSEN = [
    (-2.0, {38, 40, 41, 30, 29}),
    (-0.7, {56, 57, 50, 59, 60}),
    (0.33, {67, 68, 65, 71, 60}),
    (1.5, {81, 80, 84, 78, 86}),
]


@pytest.mark.parametrize(("answers", "mean", "spread"), ESTIMATES)
def test_the_estimate_is_that_of_another_program(
    answers: list[tuple[int, float]], mean: float, spread: float
) -> None:
    found = ability.estimate(answers)
    assert found.value == pytest.approx(mean, abs=0.003)
    assert found.error == pytest.approx(spread, abs=0.003)


@pytest.mark.parametrize(("value", "chosen"), CHOSEN)
def test_late_in_a_test_one_of_the_five_that_tell_most_is_asked(
    value: float, chosen: set[int]
) -> None:
    asked = {f"not of this pool {number}" for number in range(6)}
    picked = {
        ability.pick(POOL, asked, Ability(value=value), f"learner {number}")
        for number in range(60)
    }
    assert picked == {f"q{difficulty:03}" for difficulty in chosen}


def test_nobody_can_tell_the_first_item() -> None:
    first = [ability.pick(POOL, (), Ability(), f"learner {number}") for number in range(400)]
    assert max(first.count(item) for item in set(first)) < 400 * 0.1


def test_the_same_learner_is_asked_the_same_again() -> None:
    assert len({ability.pick(POOL, {"q065"}, Ability(), "one") for _ in range(5)}) == 1


def test_each_turn_draws_anew() -> None:
    far = [(f"q{number:02}", 50) for number in range(20)]
    turns = [
        ability.pick(far, {f"other {one}" for one in range(turn)}, Ability(), "one")
        for turn in range(6, 30)
    ]
    assert len(set(turns)) > 1


def test_no_item_twice_and_then_none() -> None:
    asked: set[str] = set()
    while item := ability.pick(POOL, asked, Ability(), "one"):
        assert item not in asked
        asked.add(item)
    assert len(asked) == len(POOL)


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.sampled_from([0.0, 0.5, 1.0, math.nan, 9.0])),
        max_size=300,
    )
)
def test_any_answers_give_an_ability(answers: list[tuple[int, float]]) -> None:
    found = ability.estimate(answers)
    assert -4 <= found.value <= 4
    assert 0 <= found.error <= 1.01
    assert 0 <= ability.level(found) <= 100


@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from([0.0, 1.0])), max_size=12),
    st.integers(0, 100),
)
def test_one_more_right_answer_is_never_worse(
    answers: list[tuple[int, float]], difficulty: int
) -> None:
    right, wrong = (
        ability.estimate([*answers, (difficulty, share)]).value for share in (1.0, 0.0)
    )
    assert wrong < ability.estimate(answers).value < right


def test_it_ends_when_enough_is_known_or_asked() -> None:
    assert not ability.enough(Ability(error=0.1), ability.ASKED_AT_LEAST - 1)
    assert ability.enough(Ability(error=0.1), ability.ASKED_AT_LEAST)
    assert not ability.enough(Ability(error=0.9), ability.ASKED_AT_MOST - 1)
    assert ability.enough(Ability(error=0.9), ability.ASKED_AT_MOST)


def test_an_ordinary_learner_is_of_even_level() -> None:
    assert ability.level(ability.estimate([])) == 50
