"""Numbers beside a right one: near, as exact, never the same, and never what cannot be."""

from decimal import Decimal
from itertools import islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.ai import rules_numbers
from lms.assessments.chance import Chance

NUMBERS = st.decimals(min_value="0.0001", max_value="999999", places=4).map(
    lambda number: format(number.normalize(), "f")
)


def wrong(text: str, seed: str = "seed", **more: Decimal) -> list[str]:
    return list(rules_numbers.wrong(text, Chance(seed), **more))


@given(NUMBERS, st.text(max_size=5))
@example("0.13", "")
def test_a_wrong_number_is_another_one_near_and_as_exact(text: str, seed: str) -> None:
    found = wrong(text, seed)
    value = Decimal(text)
    # A tenth of a number with two digits is rounded to one.
    rounding = Decimal(1).scaleb(-len(text.partition(".")[2])) / 2
    assert wrong(text, seed) == found  # the same each time
    assert len({Decimal(one) for one in found} | {value}) == len(found) + 1
    for one in found:
        assert Decimal(one) > 0
        assert value / 12 - rounding <= Decimal(one) <= value * 12
        assert len(one.partition(".")[2]) == len(text.partition(".")[2])


@given(NUMBERS)
def test_bounds_stand_on_both_sides_or_say_nothing(text: str) -> None:
    below, above = map(Decimal, rules_numbers.bounds(text))
    assert 0 <= below <= Decimal(text) <= above


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("3", 1, 6), ("12", 9, 15), ("1789", 1739, 1839), ("2090", 2040, 2100)],
)
def test_counts_and_years_are_missed_by_a_little(text: str, least: int, most: int) -> None:
    found = [int(one) for one in wrong(text)]
    assert len(found) >= 3
    assert all(least <= one <= most for one in found)


def test_what_counts_as_right_and_what_cannot_be_is_left_out() -> None:
    assert all(abs(Decimal(one) - 50) > 15 for one in wrong("50", kept_off=Decimal(15)))
    assert all(Decimal(one) <= 100 for one in wrong("97", most=Decimal(100)))


def test_some_look_like_the_right_one_with_its_digits_turned() -> None:
    assert "433" in wrong("343")
    assert list(islice(rules_numbers.wrong("343", Chance("a")), 2)) != list(
        islice(rules_numbers.wrong("343", Chance("b")), 2)
    )
