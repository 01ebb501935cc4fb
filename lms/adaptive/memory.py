"""How well a skill is remembered: FSRS with real elapsed time, where reviews of one day count apart."""

import dataclasses
import math
from datetime import datetime, timedelta

from fsrs.scheduler import DEFAULT_PARAMETERS as W

from lms.adaptive.model import Response, SkillState

AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
PARTLY = 0.5  # share of the points from which an answer counts as recalled with trouble
DAY_S = 86_400.0
DECAY = -W[20]
FACTOR = 0.9 ** (1 / DECAY) - 1
LEAST_STABILITY, MOST_STABILITY = 0.001, 36_500.0


def after(state: SkillState, response: Response) -> SkillState:
    """The state with the memory after this answer; strengths, counts and time are skill.after's to change."""
    rating = rated(response.share)
    if state.stability_days is None or state.hardness is None or state.last_at is None:
        return dataclasses.replace(
            state, stability_days=W[rating - 1], hardness=_first_hardness(rating)
        )
    elapsed = max((response.at - state.last_at).total_seconds() / DAY_S, 0.0)
    if elapsed < 1:
        stability = _same_day(state.stability_days, rating)
    elif rating == AGAIN:
        stability = _forgotten(
            state.stability_days, state.hardness, _curve(elapsed, state.stability_days)
        )
    else:
        stability = _recalled(
            state.stability_days, state.hardness, _curve(elapsed, state.stability_days), rating
        )
    return dataclasses.replace(
        state,
        stability_days=min(max(stability, LEAST_STABILITY), MOST_STABILITY),
        hardness=_next_hardness(state.hardness, rating),
    )


def recall(state: SkillState, now: datetime) -> float:
    """The chance that the skill is still remembered; 0 for one never met."""
    if state.stability_days is None or state.last_at is None:
        return 0.0
    return _curve(max((now - state.last_at).total_seconds() / DAY_S, 0.0), state.stability_days)


def due_at(state: SkillState, wanted: float) -> datetime | None:
    """When recall will have fallen to `wanted` (0 to 1); None for a skill never met."""
    if state.stability_days is None or state.last_at is None:
        return None
    days = state.stability_days / FACTOR * (wanted ** (1 / DECAY) - 1)
    return state.last_at + timedelta(days=min(days, MOST_STABILITY))


def rated(share: float) -> int:
    """A share of the points as a rating of FSRS: nobody is asked how easy it was."""
    if share >= 1:
        return GOOD
    return HARD if share >= PARTLY else AGAIN


def _curve(elapsed_days: float, stability_days: float) -> float:
    return math.pow(1 + FACTOR * elapsed_days / stability_days, DECAY)


def _first_hardness(rating: int) -> float:
    return min(max(_raw_hardness(rating), 1.0), 10.0)


def _raw_hardness(rating: int) -> float:
    return W[4] - math.exp(W[5] * (rating - 1)) + 1


def _next_hardness(hardness: float, rating: int) -> float:
    damped = hardness - W[6] * (rating - 3) * (10.0 - hardness) / 9.0
    return min(max(W[7] * _raw_hardness(EASY) + (1 - W[7]) * damped, 1.0), 10.0)


def _same_day(stability: float, rating: int) -> float:
    rise = math.exp(W[17] * (rating - 3 + W[18])) * math.pow(stability, -W[19])
    return stability * (max(rise, 1.0) if rating >= HARD else rise)


def _forgotten(stability: float, hardness: float, recalled: float) -> float:
    long = (
        W[11]
        * math.pow(hardness, -W[12])
        * (math.pow(stability + 1, W[13]) - 1)
        * math.exp((1 - recalled) * W[14])
    )
    return min(long, stability / math.exp(W[17] * W[18]))


def _recalled(stability: float, hardness: float, recalled: float, rating: int) -> float:
    rise = (
        math.exp(W[8])
        * (11 - hardness)
        * math.pow(stability, -W[9])
        * (math.exp((1 - recalled) * W[10]) - 1)
    )
    return stability * (1 + rise * (W[15] if rating == HARD else 1.0))
