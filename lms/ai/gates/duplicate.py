"""The fifth gate: the draft is not one that there is already, in other words."""

from collections.abc import Mapping

from lms.ai.gates.model import Case
from lms.ai.model import Finding

# From how alike on two items are one, by the space of their vectors: hashed n-grams see the words, a model sees the meaning.
ALIKE: Mapping[str, float] = {"ngram-1": 0.9}
ALIKE_BY_MEANING = 0.93


def threshold(space: str) -> float:
    """From which cosine on two items of this space are the same."""
    return ALIKE.get(space, ALIKE_BY_MEANING)


def nearest(case: Case) -> float:
    """How alike the nearest is: -1 where there is none."""
    return max((one.cosine for one in case.near or ()), default=-1.0)


def look(case: Case) -> Finding:
    """Whether nothing in the bank or the staging is as good as the same."""
    found, most = nearest(case), threshold(case.space)
    return Finding(
        gate="duplicate",
        passed=found < most,
        code="" if found < most else "near_duplicate",
        figures={"nearest": round(found, 4), "threshold": most},
    )
