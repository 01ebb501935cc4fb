"""How difficult an item is, measured on those who answered it: what the daily job keeps beside a teacher's label."""

from collections.abc import Sequence

from lms.adaptive.mixer import chance_at
from lms.adaptive.parameters import LABEL_DOUBT, POINTS_A_LOGIT

EASIEST, HARDEST = 0, 100
ROUNDS = 8
LONGEST_STEP = 2.0  # logits: Newton's steps are short where the curve is flat


def measured(label: int, answers: Sequence[tuple[float, float]]) -> int:
    """The likeliest difficulty, 0 to 100, given the label and the answers: each the learner's strength (logits) and the share (0 to 1).

    The label is the prior: with few answers it stands, with many it is forgotten.
    """
    held = 1 / LABEL_DOUBT**2
    shift = 0.0
    for _ in range(ROUNDS):
        slope, curve = -held * shift, held
        for strength, share in answers:
            chance = chance_at(strength - shift, label)
            slope += chance - share
            curve += chance * (1 - chance)
        shift += min(max(-LONGEST_STEP, slope / curve), LONGEST_STEP)
    return min(max(round(label + shift * POINTS_A_LOGIT), EASIEST), HARDEST)
