"""A short adaptive test: ability by Rasch and its error, which item tells most, and when enough is known."""

import functools
import heapq
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lms.adaptive.mixer import chance_at
from lms.adaptive.parameters import EDGE, EVEN_DIFFICULTY, POINTS_A_LOGIT
from lms.assessments.chance import Chance

GRID = tuple(step / 5 for step in range(-20, 21))
PRIOR = tuple(math.exp(-point * point / 2) for point in GRID)  # learners are spread by one logit

ASKED_AT_MOST = 12
ASKED_AT_LEAST = 4
ENOUGH_ERROR = 0.55
# One of so many that tell most is asked, so that no item is known to everybody soon: many at first, when everybody looks alike.
AMONG_AT_FIRST, AMONG_FEWER, AMONG_AT_LEAST = 20, 3, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """Where a learner stands, in logits from an ordinary one, and how sure that is (standard error)."""

    value: float = 0.0
    error: float = 1.0


def estimate(answers: Sequence[tuple[int, float]]) -> Ability:
    """The ability expected after these answers, each a difficulty (0 to 100) and a share of the points (0 to 1)."""
    weights = _likelihoods(answers)
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
    # By Rasch an item tells most where the odds are even.
    even = EVEN_DIFFICULTY + POINTS_A_LOGIT * (EDGE + ability.value)
    left = ((abs(difficulty - even), item) for item, difficulty in pool if item not in asked)
    among = max(AMONG_AT_FIRST - AMONG_FEWER * len(asked), AMONG_AT_LEAST)
    best = heapq.nsmallest(among, left)
    return best[Chance(f"{seed}/{len(asked)}").below(len(best))][1] if best else None


def enough(ability: Ability, asked: int) -> bool:
    """Whether the test may stop."""
    return asked >= ASKED_AT_MOST or (asked >= ASKED_AT_LEAST and ability.error <= ENOUGH_ERROR)


def level(ability: Ability) -> int:
    """The difficulty, 0 to 100, of an item that is as hard for this learner as an even one is for an ordinary one."""
    return min(max(round(EVEN_DIFFICULTY + POINTS_A_LOGIT * ability.value), 0), 100)


def _likelihoods(answers: Sequence[tuple[int, float]]) -> list[float]:
    """How well each point of the grid explains the answers, with the prior."""
    weights = list(PRIOR)
    for difficulty, share in answers:
        explained = _explained(difficulty, min(max(0.0, share), 1.0))
        weights = [weight * part for weight, part in zip(weights, explained, strict=True)]
    return weights


@functools.lru_cache(maxsize=1024)
def _explained(difficulty: int, right: float) -> tuple[float, ...]:
    """The likelihood of this share along the grid; there are 101 difficulties, and shares are mostly none or all."""
    chances = (chance_at(point, difficulty) for point in GRID)
    return tuple(chance**right * (1 - chance) ** (1 - right) for chance in chances)
