"""A short adaptive test: ability by Rasch and its error, which item tells most, and when enough is known."""

import heapq
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lms.adaptive.mixer import chance_at
from lms.adaptive.parameters import EVEN_DIFFICULTY, POINTS_A_LOGIT
from lms.assessments.chance import Chance

GRID = tuple(step / 10 for step in range(-40, 41))
PRIOR = tuple(math.exp(-point * point / 2) for point in GRID)  # learners are spread by one logit
LEAST_CHANCE = 1e-9

ASKED_AT_MOST = 12
ASKED_AT_LEAST = 4
ENOUGH_ERROR = 0.5
AMONG = 5  # one of so many that tell most is asked, so that no item is known to everybody soon


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """Where a learner stands, in logits from an ordinary one, and how sure that is (standard error)."""

    value: float = 0.0
    error: float = 1.0


def estimate(answers: Sequence[tuple[int, float]]) -> Ability:
    """The ability expected after these answers, each a difficulty (0 to 100) and a share of the points (0 to 1)."""
    weights = [
        weight * _likelihood(point, answers) for point, weight in zip(GRID, PRIOR, strict=True)
    ]
    total = math.fsum(weights)
    if total <= 0:
        return Ability()
    mean = math.fsum(w * p for w, p in zip(weights, GRID, strict=True)) / total
    spread = math.fsum(w * (p - mean) ** 2 for w, p in zip(weights, GRID, strict=True)) / total
    return Ability(value=mean, error=math.sqrt(spread))


def pick(
    pool: Sequence[tuple[str, int]], asked: Collection[str], ability: Ability, seed: str
) -> str | None:
    """The item to ask next out of (id, difficulty): one, by the seed, of the few that tell most; None when all were asked."""
    left = (
        (_untold(ability.value, difficulty), item)
        for item, difficulty in pool
        if item not in asked
    )
    best = heapq.nsmallest(AMONG, left)
    return best[Chance(f"{seed}/{len(asked)}").below(len(best))][1] if best else None


def enough(ability: Ability, asked: int) -> bool:
    """Whether the test may stop."""
    return asked >= ASKED_AT_MOST or (asked >= ASKED_AT_LEAST and ability.error <= ENOUGH_ERROR)


def level(ability: Ability) -> int:
    """The difficulty, 0 to 100, of an item that is as hard for this learner as an even one is for an ordinary one."""
    return min(max(round(EVEN_DIFFICULTY + POINTS_A_LOGIT * ability.value), 0), 100)


def _likelihood(point: float, answers: Sequence[tuple[int, float]]) -> float:
    likelihood = 1.0
    for difficulty, share in answers:
        chance = min(max(chance_at(point, difficulty), LEAST_CHANCE), 1 - LEAST_CHANCE)
        right = min(max(0.0, share), 1.0)
        likelihood *= chance**right * (1 - chance) ** (1 - right)
    return likelihood


def _untold(value: float, difficulty: int) -> float:
    """How far from even the odds are: by Rasch an item tells most where they are even."""
    return abs(chance_at(value, difficulty) - 0.5)
