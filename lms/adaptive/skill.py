"""How strong a learner is in each skill: Elo on two time scales beside the memory of it, one step per answer."""

from collections.abc import Mapping
from datetime import datetime

from lms.adaptive import memory, mixer
from lms.adaptive.model import WHOLE_COURSE, Response, SkillState
from lms.adaptive.parameters import COURSE, EVEN_DIFFICULTY, SKILL, STRENGTH_BOUND, Pace

NEW = SkillState()


def after(states: Mapping[str, SkillState], response: Response) -> dict[str, SkillState]:
    """The states that this answer changed: those of its skills, and that of the whole course.

    All of them move by one surprise: what was earned against what their mixture expected.
    """
    share = min(
        max(0.0, response.share), 1.0
    )  # in this order not even "not a number" gets through
    named = dict.fromkeys(response.skills)
    named.pop(WHOLE_COURSE, None)
    skills, at = tuple(named), response.at
    surprise = share - mixer.chance(states, skills, response.difficulty)
    changed = {name: _skill(states.get(name, NEW), surprise, share, at) for name in skills}
    changed[WHOLE_COURSE] = _course(states.get(WHOLE_COURSE, NEW), surprise, share, at)
    return changed


def strength(states: Mapping[str, SkillState], skill: str) -> float:
    """How likely an item of the skill of even difficulty goes right, 0 to 1: what pages show."""
    return mixer.chance(states, (skill,), EVEN_DIFFICULTY)


def _skill(state: SkillState, surprise: float, share: float, at: datetime) -> SkillState:
    slow, fast = _strengths(state, surprise, SKILL)
    stability, hardness = memory.after(state, share, at)
    return SkillState(
        slow=slow,
        fast=fast,
        answered=state.answered + 1,
        right=state.right + (share >= 1),
        stability_days=stability,
        hardness=hardness,
        last_at=at,
    )


def _course(state: SkillState, surprise: float, share: float, at: datetime) -> SkillState:
    slow, fast = _strengths(state, surprise, COURSE)
    return SkillState(
        slow=slow,
        fast=fast,
        answered=state.answered + 1,
        right=state.right + (share >= 1),
        last_at=at,
    )


def _strengths(state: SkillState, surprise: float, pace: Pace) -> tuple[float, float]:
    step = pace.first_step / (1 + pace.shrink * state.answered)
    if step < pace.least_step:
        step = pace.least_step
    slow = state.slow + step * surprise
    fast = pace.fast_keep * state.fast + pace.fast_step * surprise
    return _bounded(slow), _bounded(fast)


def _bounded(strength: float) -> float:
    # Comparisons: min and max cost a third of the whole step.
    if strength > STRENGTH_BOUND:
        return STRENGTH_BOUND
    return strength if strength > -STRENGTH_BOUND else -STRENGTH_BOUND
