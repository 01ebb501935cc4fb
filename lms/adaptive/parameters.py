"""The constants of the models of skill and ability, in one place; `loadtests/scenarios/learning.py` measures them on public logs.

Those of the course were fitted on learners of Statics2011 that the published figures are not taken from. That log names no skills,
so those of a skill come from simulated learners of another family (of other seeds than the published ones), as quick as helps them: quicker ones help no more there, and cost more where neighbouring items of
Statics2011 are taken for a skill. Memory has the published parameters of FSRS (memory.py).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a strength follows surprises: the slow one in steps that shrink down to a floor, the fast one forgetting itself.

    A step is also what a strength weighs in the mixer, where all of them add up in logits. Tried on Statics2011, and nothing gained:
    weights beside the steps, moved by a learner's own answers; a third time scale; steps by how much an answer tells (Kalman); steps
    that differ for right and wrong; strengths of neighbouring items. A slope that falls with difficulty gained 0.002 of log loss, and
    lost two of a hundred lessons in the success band of simulated learners: it is left out.
    """

    first_step: float
    shrink: float
    least_step: float
    fast_step: float
    fast_keep: float


COURSE = Pace(first_step=0.6, shrink=0.04, least_step=0.045, fast_step=0.36, fast_keep=0.88)
SKILL = Pace(first_step=0.4, shrink=0.05, least_step=0.08, fast_step=0.15, fast_keep=0.7)
STRENGTH_BOUND = 6.0

# Difficulty 0 to 100 of the bank, in logits: so many points are one logit.
EVEN_DIFFICULTY = 50
POINTS_A_LOGIT = 12.5

# What an ordinary learner has over an ordinary item: in public logs three answers of four are right, and not one of two.
EDGE = 1.0

# How far an item's measured difficulty may be expected from its label, in logits (standard deviation of the prior).
LABEL_DOUBT = 1.5

# Memory: a review is due when the chance of recall has fallen to this.
WANTED_RECALL = 0.9
