"""How an item went wherever it was asked: what part of its points was earned, and whether it goes with the rest of the attempt."""

from dataclasses import dataclass
from decimal import Decimal
from math import sqrt

from lms.questions.model import Kind

# Of fewer attempts than this a correlation says nothing.
ATTEMPTS_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over attempts: x is the share of the item's points, y the share of the points of all the other items."""

    question_id: str
    version: int
    title: str
    kind: Kind
    count: int
    x: Decimal
    xx: Decimal
    y: Decimal
    yy: Decimal
    xy: Decimal
    paired: bool  # whether the attempts ask anything else, so that there is a y


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """An item's statistics; `discrimination` (-1 to 1) is None where it cannot be told."""

    question_id: str
    version: int
    title: str
    kind: Kind
    attempts: int
    mean_share: float
    discrimination: float | None


def of(sums: Sums) -> Statistics:
    """The statistics of an item."""
    return Statistics(
        question_id=sums.question_id,
        version=sums.version,
        title=sums.title,
        kind=sums.kind,
        attempts=sums.count,
        mean_share=round(float(sums.x / sums.count), 4),
        discrimination=discrimination(sums),
    )


def discrimination(sums: Sums) -> float | None:
    """The correlation of the item with the rest of the attempt: the point-biserial one for an item that is right or wrong."""
    if not sums.paired or sums.count < ATTEMPTS_MIN:
        return None
    n = sums.count
    spread = (n * sums.xx - sums.x**2) * (n * sums.yy - sums.y**2)
    if spread <= 0:
        return None
    found = float(n * sums.xy - sums.x * sums.y) / sqrt(float(spread))
    return round(min(1.0, max(-1.0, found)), 4)
