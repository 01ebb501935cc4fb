"""How good a prediction of right and wrong is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10
LEAST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """A chance, and what came of it."""

    chance: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Predictions that said nearly the same: what they said, what came, how many."""

    said: float
    came: float
    count: int


def log_loss(predictions: Sequence[Predicted]) -> float:
    """Mean surprise, in nats."""
    return -math.fsum(
        math.log(max(one.chance if one.right else 1 - one.chance, LEAST)) for one in predictions
    ) / len(predictions)


def auc(predictions: Sequence[Predicted]) -> float:
    """The chance that a right answer was given the higher chance of two; ties count half."""
    ordered = sorted(predictions, key=lambda one: one.chance)
    right = sum(one.right for one in ordered)
    ranks, first = 0.0, 0
    while first < len(ordered):
        last = first
        while last < len(ordered) and ordered[last].chance == ordered[first].chance:
            last += 1
        ranks += (first + last + 1) / 2 * sum(one.right for one in ordered[first:last])
        first = last
    return (ranks - right * (right + 1) / 2) / (right * (len(ordered) - right))


def bins(predictions: Sequence[Predicted]) -> list[Bin]:
    """Ten bins of equal width; empty ones are left out."""
    held: list[list[Predicted]] = [[] for _ in range(BINS)]
    for one in predictions:
        held[min(int(one.chance * BINS), BINS - 1)].append(one)
    return [
        Bin(
            said=math.fsum(one.chance for one in some) / len(some),
            came=sum(one.right for one in some) / len(some),
            count=len(some),
        )
        for some in held
        if some
    ]


def calibration_error(predictions: Sequence[Predicted]) -> float:
    """How far what came is from what was said, over the ten bins, each by its weight."""
    return math.fsum(one.count * abs(one.said - one.came) for one in bins(predictions)) / len(
        predictions
    )
