"""How likely an answer is right: the strengths of the item's skills and of the whole course, mixed in logits."""

import math
from collections.abc import Mapping, Sequence

from lms.adaptive import parameters
from lms.adaptive.model import WHOLE_COURSE, SkillState

NEW = SkillState()


def chance(states: Mapping[str, SkillState], skills: Sequence[str], difficulty: float) -> float:
    """The chance that a learner with these states gets an item of these skills and this difficulty (0 to 100) right."""
    course = states.get(WHOLE_COURSE, NEW)
    logit = (
        parameters.BIAS
        + parameters.COURSE_SLOW * course.slow
        + parameters.COURSE_FAST * course.fast
        - parameters.DIFFICULTY
        * (difficulty - parameters.EVEN_DIFFICULTY)
        / parameters.POINTS_A_LOGIT
    )
    for name in skills:
        state = states.get(name, NEW)
        logit += (parameters.SKILL_SLOW * state.slow + parameters.SKILL_FAST * state.fast) / len(
            skills
        )
    return 1.0 / (1.0 + math.exp(-logit))
