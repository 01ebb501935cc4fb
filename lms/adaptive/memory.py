"""How well a skill is remembered: the curve of FSRS with its published parameters, over real elapsed time.

The library counts whole days and asks for a rating; a learner who comes back after 36 hours has forgotten for 36 hours, and is
never asked how easy it was. So its formulas stand here once more, as pure functions of time: the tests hold them against it.
"""

import math
from datetime import datetime, timedelta

from fsrs import Rating, Scheduler

from lms.adaptive.model import SkillState

W = Scheduler().parameters
DECAY = -W[20]
FACTOR = 0.9 ** (1 / DECAY) - 1  # so that recall is 0.9 after `stability` days
AGAIN, HARD, GOOD, EASY = (
    int(rating) for rating in (Rating.Again, Rating.Hard, Rating.Good, Rating.Easy)
)

PARTLY = 0.5  # share of the points from which an answer counts as recalled, with trouble
DAY_S = 86_400.0
LEAST_STABILITY_DAYS, MOST_STABILITY_DAYS = 0.001, 36_500.0
LEAST_HARDNESS, MOST_HARDNESS = 1.0, 10.0
LEAST_WANTED, MOST_WANTED = 0.5, 0.99


def after(state: SkillState, share: float, at: datetime) -> tuple[float, float]:
    """Stability in days and hardness, after an answer with this share of the points."""
    rating = rated(share)
    stability, hardness = state.stability_days, state.hardness
    if stability is None or hardness is None or state.last_at is None:
        return W[rating - 1], _within_hardness(_first_hardness(rating))
    elapsed = _days(state.last_at, at)
    if elapsed < 1:
        stability *= _rise_of_same_day(stability, rating)
    elif rating == AGAIN:
        stability = _after_forgetting(stability, hardness, _curve(elapsed, stability))
    else:
        stability *= _rise(stability, hardness, _curve(elapsed, stability), rating)
    if stability < LEAST_STABILITY_DAYS:
        stability = LEAST_STABILITY_DAYS
    elif stability > MOST_STABILITY_DAYS:
        stability = MOST_STABILITY_DAYS
    return stability, _within_hardness(_next_hardness(hardness, rating))


def recall(state: SkillState, now: datetime) -> float:
    """The chance that the skill is still remembered, 0 to 1; 0 for one never met."""
    if state.stability_days is None or state.last_at is None:
        return 0.0
    return _curve(_days(state.last_at, now), state.stability_days)


def due_at(state: SkillState, wanted: float) -> datetime | None:
    """When recall will have fallen to `wanted`; None for a skill never met."""
    if state.stability_days is None or state.last_at is None:
        return None
    level = min(max(LEAST_WANTED, wanted), MOST_WANTED)
    days = state.stability_days / FACTOR * (math.pow(level, 1 / DECAY) - 1)
    return state.last_at + timedelta(days=min(days, MOST_STABILITY_DAYS))


def rated(share: float) -> int:
    """A share of the points as a rating of FSRS."""
    if share >= 1:
        return GOOD
    return HARD if share >= PARTLY else AGAIN


def _days(since: datetime, at: datetime) -> float:
    elapsed = (at - since).total_seconds()
    return elapsed / DAY_S if elapsed > 0 else 0.0


def _curve(elapsed_days: float, stability_days: float) -> float:
    return math.pow(1 + FACTOR * elapsed_days / stability_days, DECAY)


def _first_hardness(rating: int) -> float:
    return W[4] - math.exp(W[5] * (rating - 1)) + 1


FINAL_HARDNESS = _first_hardness(EASY)  # where hardness goes if nothing happens


def _next_hardness(hardness: float, rating: int) -> float:
    damped = hardness - W[6] * (rating - GOOD) * (MOST_HARDNESS - hardness) / 9
    return W[7] * FINAL_HARDNESS + (1 - W[7]) * damped


def _within_hardness(hardness: float) -> float:
    if hardness > MOST_HARDNESS:
        return MOST_HARDNESS
    return hardness if hardness > LEAST_HARDNESS else LEAST_HARDNESS


def _rise_of_same_day(stability: float, rating: int) -> float:
    rise = math.exp(W[17] * (rating - GOOD + W[18])) * math.pow(stability, -W[19])
    return rise if rating == AGAIN else max(rise, 1.0)


def _after_forgetting(stability: float, hardness: float, recalled: float) -> float:
    long = (
        W[11]
        * math.pow(hardness, -W[12])
        * (math.pow(stability + 1, W[13]) - 1)
        * math.exp((1 - recalled) * W[14])
    )
    return min(long, stability / math.exp(W[17] * W[18]))


def _rise(stability: float, hardness: float, recalled: float, rating: int) -> float:
    gained = (
        math.exp(W[8])
        * (11 - hardness)
        * math.pow(stability, -W[9])
        * (math.exp((1 - recalled) * W[10]) - 1)
    )
    return 1 + gained * (W[15] if rating == HARD else 1.0)
