"""Points in whole numbers."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lms.grading.points import divided, part_of


def test_halves_go_to_the_even_side() -> None:
    assert [divided(one, 2) for one in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
    assert part_of(1000, 1, 3) == 333
    assert part_of(1000, 2, 3) == 667


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_dividing_is_rounding_the_exact_quotient(number: int, by: int) -> None:
    assert divided(number, by) == round(Fraction(number, by))


@given(st.integers(0, 10**9), st.integers(-5, 50), st.integers(-5, 40))
def test_a_part_is_never_less_than_nothing_nor_more_than_all(
    points: int, earned: int, possible: int
) -> None:
    assert 0 <= part_of(points, earned, possible) <= points
