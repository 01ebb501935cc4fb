"""How strong a learner is in each skill: Elo on two time scales, and the memory of it, one step per answer."""

import dataclasses
import math
from collections.abc import Mapping

from lms.adaptive import memory, mixer, parameters
from lms.adaptive.model import WHOLE_COURSE, Response, SkillState

NEW = SkillState()


def after(states: Mapping[str, SkillState], response: Response) -> dict[str, SkillState]:
    """The states that this answer changed: those of its skills, and that of the whole course."""
    surprise = response.share - mixer.chance(states, response.skills, response.difficulty)
    part = surprise / max(len(response.skills), 1)
    changed = {
        skill: _moved(memory.after(states.get(skill, NEW), response), part, response)
        for skill in response.skills
    }
    changed[WHOLE_COURSE] = _moved(states.get(WHOLE_COURSE, NEW), surprise, response)
    return changed


def strength(states: Mapping[str, SkillState], skill: str) -> float:
    """How likely an item of the skill of even difficulty goes right, 0 to 1: what pages show."""
    return mixer.chance(states, (skill,), parameters.EVEN_DIFFICULTY)


def _moved(state: SkillState, surprise: float, response: Response) -> SkillState:
    step = max(
        parameters.SLOW_FIRST_STEP / (1 + parameters.SLOW_SHRINK * state.answered),
        parameters.SLOW_LEAST_STEP,
    )
    return dataclasses.replace(
        state,
        slow=_bounded(state.slow + step * surprise),
        fast=_bounded(state.fast * parameters.FAST_KEEP + parameters.FAST_STEP * surprise),
        answered=state.answered + 1,
        right=state.right + (response.share >= 1),
        last_at=response.at,
    )


def _bounded(strength: float) -> float:
    if math.isnan(strength):
        return 0.0
    return min(max(strength, -parameters.STRENGTH_BOUND), parameters.STRENGTH_BOUND)
