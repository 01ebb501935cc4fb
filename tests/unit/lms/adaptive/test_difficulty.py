"""Difficulty measured on answers, with the label as what is believed before."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.adaptive import difficulty
from lms.adaptive.mixer import chance_at

ANSWERS = st.lists(st.tuples(st.floats(-6, 6), st.sampled_from([0.0, 0.4, 1.0])), max_size=60)


@given(st.integers(0, 100), ANSWERS)
def test_it_stays_on_the_scale_of_the_bank(label: int, answers: list[tuple[float, float]]) -> None:
    assert 0 <= difficulty.measured(label, answers) <= 100


@given(st.integers(0, 100))
def test_without_answers_the_label_stands(label: int) -> None:
    assert difficulty.measured(label, []) == label


@given(st.integers(0, 100), ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(
    label: int, answers: list[tuple[float, float]], rng: random.Random
) -> None:
    mixed = rng.sample(answers, len(answers))
    assert abs(difficulty.measured(label, mixed) - difficulty.measured(label, answers)) <= 1


@pytest.mark.parametrize("real", [15, 50, 80])
def test_many_answers_find_the_real_difficulty_whatever_the_label(real: int) -> None:
    rng = random.Random(5)
    strengths = [rng.gauss(0, 1) for _ in range(600)]
    answers = [
        (strength, float(rng.random() < chance_at(strength, real))) for strength in strengths
    ]
    for label in (10, 50, 90):
        assert difficulty.measured(label, answers) == pytest.approx(real, abs=5)


def test_one_answer_moves_the_label_a_little_and_many_move_it_far() -> None:
    one, many = (difficulty.measured(50, [(0.0, 0.0)] * count) for count in (1, 200))
    assert 50 < one < 70 < 90 < many
