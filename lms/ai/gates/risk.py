"""The last gate lets everything pass and says how closely people have to look: 0 to 100, as a sum of reasons."""

from collections.abc import Mapping

from lms.ai.gates import duplicate, grounding, language, safety
from lms.ai.gates.model import Case
from lms.ai.model import Finding, Tier
from lms.grading.model import BY_HAND

OF_TIER: Mapping[Tier, float] = {"strong": 8.0, "small": 14.0, "rules": 10.0}
BY_HAND_RISK = 30.0
NO_SOLVER = 30.0
NO_SOURCE = 20.0
WEAK_SUPPORT = 20.0
ALMOST_A_DUPLICATE = 20.0
ALMOST = 0.12
SENSITIVE = 35.0
SCENARIO = 8.0
FREE_TEXT = 6.0
FEW_CHECKS = 12.0
YOUNG = 5.0
YOUNG_LEVEL = 3
MOST = 100


def look(case: Case) -> Finding:
    """What speaks for a close look, each reason with its weight; what weighs nothing is left out."""
    weights = {
        "tier": OF_TIER[case.tier],
        "solver": _solver(case),
        "source": _source(case),
        "near": _near(case),
        "sensitive": SENSITIVE if safety.sensitive(case.draft) else 0.0,
        "scenario": SCENARIO if case.brief.scenario else 0.0,
        "free_text": FREE_TEXT if _is_free(case) else 0.0,
        "language": 0.0 if language.is_known(case.brief.language) else FEW_CHECKS,
        "young": YOUNG if case.brief.level <= YOUNG_LEVEL else 0.0,
    }
    figures = {name: round(weight, 2) for name, weight in weights.items() if weight}
    return Finding(gate="risk", passed=True, figures=figures)


def total(finding: Finding) -> int:
    """The sum of the reasons."""
    return min(MOST, round(sum(finding.figures.values())))


def _solver(case: Case) -> float:
    if case.draft.kind in BY_HAND:
        return BY_HAND_RISK
    return 0.0 if case.blind else NO_SOLVER


def _source(case: Case) -> float:
    """Without a source it is the model's word; with one, the less the quote says of the item the worse."""
    if not case.source.strip():
        return NO_SOURCE
    support = grounding.supported(case)
    return WEAK_SUPPORT * (1.0 - max(support["key"], support["whole"]))


def _near(case: Case) -> float:
    """From nothing to all of it over the last stretch before the threshold."""
    short = duplicate.threshold(case.space) - duplicate.nearest(case)
    return ALMOST_A_DUPLICATE * max(0.0, 1.0 - short / ALMOST) if short > 0 else ALMOST_A_DUPLICATE


def _is_free(case: Case) -> bool:
    """Whether learners type words: what else is right may be missing from the key."""
    content = case.draft.content
    is_typed = any(not gap.options for gap in content.gaps)
    return case.draft.kind == "short_text" or (case.draft.kind == "cloze" and is_typed)
