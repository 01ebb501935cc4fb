"""The fourth gate: somebody who has not seen the key comes to the same answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from lms.ai.gates import schema
from lms.ai.gates.model import Blind, Case
from lms.ai.gates.schema import Said
from lms.ai.model import Draft, Finding
from lms.assessments.chance import Chance
from lms.attempts import papers
from lms.attempts.model import Value
from lms.grading import scorers
from lms.grading.model import BY_HAND, Asked
from lms.questions.model import Content, Kind, Line

POINTS_MILLI = 1_000_000


class Choosing(Said, frozen=True, kw_only=True):
    """The id of one option, or a text; `sure` is false where none or several would do."""

    sure: bool
    answer: Line


class Telling(Said, frozen=True, kw_only=True):
    """Whether it is true."""

    sure: bool
    answer: bool


class Listing(Said, frozen=True, kw_only=True):
    """Ids of options, of an ordering in their order."""

    sure: bool
    answer: Annotated[list[Line], msgspec.Meta(max_length=40)]


class Counting(Said, frozen=True, kw_only=True):
    """A number in one of the units, if there are any."""

    sure: bool
    number: Line
    unit: Line


class Filled(Said, frozen=True, kw_only=True):
    """What goes where: the id of a left side or a gap, and the id of an option or a text."""

    place: Line
    answer: Line


class Filling(Said, frozen=True, kw_only=True):
    """Of matching and cloze."""

    sure: bool
    answers: Annotated[list[Filled], msgspec.Meta(max_length=40)]


# What the solver answers with; what people mark is not solved blind.
ANSWERS: Mapping[Kind, type[Said]] = {
    "single_choice": Choosing,
    "multiple_choice": Listing,
    "true_false": Telling,
    "short_text": Choosing,
    "numeric": Counting,
    "matching": Filling,
    "ordering": Listing,
    "cloze": Filling,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """The draft as the solver sees it: shuffled, under names that say nothing, which `names` leads back to ids."""

    content: Content
    names: Mapping[str, str]


def posed(draft: Draft, seed: str) -> Posed:
    """The same draft and seed are posed the same each time, so that the answer can be kept."""
    chance = Chance(f"blind|{seed}")
    content, names = papers.under_names(papers.ordered(draft.kind, draft.content, chance), chance)
    return Posed(content=content, names=names)


def answered(draft: Draft, shown: Posed, text: str) -> Blind:
    """What the solver said, in the draft's own ids."""
    try:
        said = schema.strict(ANSWERS[draft.kind], text)
    except (schema.Malformed, KeyError):
        return Blind(value=None, sure=False)
    value = VALUES[type(said)](said)
    named = papers.value_by_ids(value, shown.names, papers.gaps_of(shown.content))
    return Blind(value=named, sure=bool(getattr(said, "sure", False)))


def _filled(said: Filling) -> dict[str, str]:
    return {one.place: one.answer for one in said.answers}


def _counted(said: Counting) -> dict[str, str]:
    return {"number": said.number} | ({"unit": said.unit} if said.unit else {})


VALUES: Mapping[type[Said], Callable[[Any], Value]] = {
    Choosing: lambda said: said.answer,
    Telling: lambda said: said.answer,
    Listing: lambda said: said.answer,
    Counting: _counted,
    Filling: _filled,
}


def look(case: Case) -> Finding:
    """Whether everybody who was asked is sure and right; one who is not is enough to drop it."""
    if case.draft.kind in BY_HAND:
        return Finding(gate="blind", passed=True, code="by_hand")
    if not case.blind:
        alone = case.tier == "rules"
        return Finding(gate="blind", passed=alone, code="no_solver")
    figures = {"solvers": float(len(case.blind))}
    for one in case.blind:
        code = _fault(case.draft, one)
        if code:
            return Finding(gate="blind", passed=False, code=code, figures=figures)
    return Finding(gate="blind", passed=True, figures=figures)


def _fault(draft: Draft, blind: Blind) -> str:
    """In what way this solver did not agree with the key."""
    if blind.value is None or not blind.sure:
        return "unsure"
    asked = Asked(kind=draft.kind, content=draft.content, key=draft.key)
    outcome = scorers.score(scorers.CURRENT, asked, POINTS_MILLI, blind.value)
    return "" if outcome.reason == "right" else "unequal"
