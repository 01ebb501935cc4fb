"""A short adaptive test: ability by Rasch and its error, which item tells most, and when enough is known."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lms.adaptive import parameters
from lms.assessments.chance import Chance

GRID = tuple(step / 10 for step in range(-40, 41))
PRIOR = tuple(
    math.exp(-point * point / 2) for point in GRID
)  # ability is spread as a normal of 1 logit
ASKED_AT_MOST = 12
ASKED_AT_LEAST = 4
ENOUGH_ERROR = 0.45
AMONG = 5  # one of so many best items is asked, so that no item is seen by everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """Where a learner stands, in logits, and how sure that is (standard error)."""

    value: float = 0.0
    error: float = 1.0


def estimate(answers: Sequence[tuple[int, float]]) -> Ability:
    """The ability that explains the answers, each a difficulty (0 to 100) and a share of the points (0 to 1)."""
    weights = list(PRIOR)
    for difficulty, share in answers:
        for index, point in enumerate(GRID):
            chance = _chance(point, difficulty)
            weights[index] *= chance**share * (1 - chance) ** (1 - share)
    total = math.fsum(weights)
    mean = math.fsum(w * p for w, p in zip(weights, GRID, strict=True)) / total
    spread = math.fsum(w * (p - mean) ** 2 for w, p in zip(weights, GRID, strict=True)) / total
    return Ability(value=mean, error=math.sqrt(spread))


def pick(
    pool: Sequence[tuple[str, int]], asked: Collection[str], ability: Ability, seed: str
) -> str | None:
    """The item to ask next out of (id, difficulty), None when all were asked; one of the few that tell most, by the seed."""
    left = [(item, difficulty) for item, difficulty in pool if item not in asked]
    left.sort(key=lambda one: (-_told(ability.value, one[1]), one[0]))
    best = left[:AMONG]
    return best[Chance(f"{seed}/{len(asked)}").below(len(best))][0] if best else None


def enough(ability: Ability, asked: int) -> bool:
    """Whether the test may stop."""
    return asked >= ASKED_AT_MOST or (asked >= ASKED_AT_LEAST and ability.error <= ENOUGH_ERROR)


def level(ability: Ability) -> int:
    """The difficulty, 0 to 100, that is even for this ability."""
    return min(
        max(round(parameters.EVEN_DIFFICULTY + parameters.POINTS_A_LOGIT * ability.value), 0), 100
    )


def _chance(ability: float, difficulty: float) -> float:
    return 1 / (
        1
        + math.exp((difficulty - parameters.EVEN_DIFFICULTY) / parameters.POINTS_A_LOGIT - ability)
    )


def _told(ability: float, difficulty: float) -> float:
    chance = _chance(ability, difficulty)
    return chance * (1 - chance)
