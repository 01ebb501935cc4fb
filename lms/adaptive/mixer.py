"""How likely an answer is right: the strengths of the item's skills and of the whole course, mixed in logits."""

import math
from collections.abc import Mapping, Sequence

from lms.adaptive.model import WHOLE_COURSE, SkillState
from lms.adaptive.parameters import EDGE, EVEN_DIFFICULTY, POINTS_A_LOGIT

NEW = SkillState()
LOGIT_BOUND = 30.0  # beyond it, a chance is 0 or 1 to a float


def chance(states: Mapping[str, SkillState], skills: Sequence[str], difficulty: float) -> float:
    """The chance that a learner with these states gets an item of these skills and this difficulty (0 to 100) right."""
    return chance_at(ability(states, skills), difficulty)


def ability(states: Mapping[str, SkillState], skills: Sequence[str]) -> float:
    """What the learner brings to an item of these skills, in logits; a skill never met has the strength of the course."""
    course = states.get(WHOLE_COURSE, NEW)
    total = course.slow + course.fast
    for name in skills:
        state = states.get(name)
        if state is not None and name != WHOLE_COURSE:
            total += (state.slow + state.fast) / len(skills)
    return total


def chance_at(brought: float, difficulty: float) -> float:
    """The chance of a right answer by Rasch, for an ability in logits and a difficulty of the bank."""
    logit = EDGE + brought - (difficulty - EVEN_DIFFICULTY) / POINTS_A_LOGIT
    if logit > LOGIT_BOUND:
        logit = LOGIT_BOUND
    elif logit < -LOGIT_BOUND:
        logit = -LOGIT_BOUND
    return 1.0 / (1.0 + math.exp(-logit))


def logit(chance: float) -> float:
    """The odds of a chance, as logits."""
    return math.log(chance / (1 - chance))
