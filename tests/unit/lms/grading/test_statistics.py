"""How an item went, from sums."""

from decimal import Decimal

import pytest

from lms.grading import statistics
from lms.grading.statistics import Sums


def sums(pairs: list[tuple[float, float]], *, paired: bool = True) -> Sums:
    exact = [(Decimal(str(x)), Decimal(str(y))) for x, y in pairs]
    return Sums(
        question_id="q",
        version=1,
        title="T",
        kind="single_choice",
        count=len(pairs),
        x=sum((x for x, _ in exact), Decimal(0)),
        xx=sum((x * x for x, _ in exact), Decimal(0)),
        y=sum((y for _, y in exact), Decimal(0)),
        yy=sum((y * y for _, y in exact), Decimal(0)),
        xy=sum((x * y for x, y in exact), Decimal(0)),
        paired=paired,
    )


def test_an_item_that_the_good_get_right_discriminates() -> None:
    found = statistics.of(sums([(1, 0.9), (1, 0.8), (0, 0.2), (0, 0.1)]))
    assert (found.mean_share, found.attempts) == (0.5, 4)
    assert found.discrimination == pytest.approx(0.9899, abs=1e-4)


def test_an_item_that_the_good_get_wrong_is_below_nothing() -> None:
    assert statistics.of(sums([(0, 1), (0, 0.9), (1, 0)])).discrimination == pytest.approx(
        -0.9959, abs=1e-4
    )


@pytest.mark.parametrize(
    "told",
    [
        sums([(1, 1), (1, 0.5), (1, 0)]),  # everybody got it right
        sums([(1, 0.5), (0, 0.5), (1, 0.5)]),  # everybody was equal in the rest
        sums([(1, 1), (0, 0)]),  # too few
        sums([(1, 0), (0, 0), (1, 0)], paired=False),  # nothing else was asked
    ],
)
def test_what_cannot_be_told_is_not_told(told: Sums) -> None:
    assert statistics.of(told).discrimination is None
