"""The first gate: what a model answers is of exactly one shape, or it is nothing."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from lms.ai.gates.model import Case
from lms.ai.model import Draft, Finding
from lms.questions.model import (
    Content,
    Criterion,
    DecimalText,
    Gap,
    Key,
    Kind,
    Level,
    Line,
    Option,
    PartId,
)

ANSWER_MAX_CHARS = 60_000
DEPTH_MAX = 8
QUOTE_MAX_CHARS = 2_000
# Stands in a key where the answer named an option that there is not: the gate of structure sees it.
NOWHERE = "none"

Text = Annotated[str, msgspec.Meta(max_length=4_000)]
OptionText = Annotated[str, msgspec.Meta(max_length=1_000)]
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


# The words of a JSON schema that every provider of strict answers knows.
KNOWN_WORDS = frozenset({"type", "items", "enum", "const", "anyOf", "$ref", "description"})


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root of what a model answers with: every field is there, and no other."""


class Stem(Said, frozen=True, kw_only=True):
    """What is asked, and the sentence of the source that it stands on."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    prompt: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
    quote: Annotated[str, msgspec.Meta(max_length=QUOTE_MAX_CHARS)]


class Choice(Said, frozen=True, kw_only=True):
    """One option."""

    text: OptionText
    correct: bool
    feedback: OptionText


class Choices(Said, frozen=True, kw_only=True):
    """Of single_choice and multiple_choice."""

    options: Annotated[list[Choice], msgspec.Meta(max_length=12)]
    explanation: Text


class Truth(Said, frozen=True, kw_only=True):
    """Of true_false."""

    truth: bool
    explanation: Text


class Accepted(Said, frozen=True, kw_only=True):
    """Of short_text."""

    accepted: Annotated[list[Line], msgspec.Meta(max_length=20)]
    explanation: Text


class Unit(Said, frozen=True, kw_only=True):
    """A unit and how many of the first unit it is."""

    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    worth: DecimalText


class Number(Said, frozen=True, kw_only=True):
    """Of numeric."""

    number: DecimalText
    tolerance: DecimalText
    units: Annotated[list[Unit], msgspec.Meta(max_length=6)]
    explanation: Text


class Couple(Said, frozen=True, kw_only=True):
    """What belongs together."""

    left: OptionText
    right: OptionText


class Couples(Said, frozen=True, kw_only=True):
    """Of matching; `extra` belongs to nothing."""

    couples: Annotated[list[Couple], msgspec.Meta(max_length=12)]
    extra: Annotated[list[OptionText], msgspec.Meta(max_length=6)]
    explanation: Text


class Sequence(Said, frozen=True, kw_only=True):
    """Of ordering, in the right order."""

    steps: Annotated[list[OptionText], msgspec.Meta(max_length=12)]
    explanation: Text


class Blank(Said, frozen=True, kw_only=True):
    """A gap that the prompt has as {{id}}; with options, what is accepted is one of them."""

    id: PartId
    accepted: Annotated[list[Line], msgspec.Meta(max_length=20)]
    options: Annotated[list[Line], msgspec.Meta(max_length=12)]


class Blanks(Said, frozen=True, kw_only=True):
    """Of cloze."""

    gaps: Annotated[list[Blank], msgspec.Meta(max_length=12)]
    explanation: Text


class Step(Said, frozen=True, kw_only=True):
    """A level of a criterion."""

    title: Line
    points: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Measure(Said, frozen=True, kw_only=True):
    """A criterion."""

    title: Line
    levels: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=8)]


class Rubric(Said, frozen=True, kw_only=True):
    """Of what people mark."""

    criteria: Annotated[list[Measure], msgspec.Meta(max_length=10)]
    explanation: Text


PARTS: Mapping[Kind, type[Said]] = {
    "single_choice": Choices,
    "multiple_choice": Choices,
    "true_false": Truth,
    "short_text": Accepted,
    "numeric": Number,
    "matching": Couples,
    "ordering": Sequence,
    "cloze": Blanks,
    "essay": Rubric,
    "file_upload": Rubric,
}


class Malformed(Exception):
    """The answer is not of its shape; `code` says in what way, without a word of it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def finding(self) -> Finding:
        """The same as what the gate says."""
        return Finding(gate="schema", passed=False, code=self.code)


T = TypeVar("T")


def strict(shape: type[T], text: str) -> T:
    """The answer as its shape; Malformed when it is anything else, even by a field more or a field twice."""
    if len(text) > ANSWER_MAX_CHARS:
        raise Malformed("too_long")
    if _depth(text) > DEPTH_MAX:
        raise Malformed("too_deep")
    try:
        json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
        text.encode()
    except (ValueError, RecursionError) as fault:
        raise Malformed("not_json") from fault
    try:
        said = msgspec.json.decode(text, type=shape, strict=True)
        msgspec.json.encode(said)
    except msgspec.ValidationError as fault:
        raise Malformed("wrong_shape") from fault
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise Malformed("not_json") from fault
    return said


def _depth(text: str) -> int:
    """How deep brackets lie in each other, told without a parser that could run out of stack."""
    deepest = now = 0
    for char in _STRING.sub("", text):
        if char in "[{":
            now += 1
            deepest = max(deepest, now)
        elif char in "]}":
            now -= 1
    return deepest


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("duplicate_key")
    return found


def _no_number(_name: str) -> NoReturn:
    raise Malformed("not_json")


def response_schema(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The shape as the JSON schema of a strict answer: in words that every provider knows, its root an object, every field asked for."""
    whole = msgspec.json.schema(shape)
    parts: dict[str, Any] = whole.get("$defs", {})
    own = whole["$ref"].rpartition("/")[2] if "$ref" in whole else ""
    root: dict[str, Any] = _plain(parts[own] if own else whole)
    others = {name: _plain(part) for name, part in parts.items() if name != own}
    return root | ({"$defs": others} if others else {})


def _plain(part: Any) -> Any:
    """A schema without what only we hold an answer against: lengths, patterns, defaults."""
    if isinstance(part, list):
        return [_plain(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: _plain(one) for name, one in part.items() if name in KNOWN_WORDS}
    if "properties" in part:
        kept["properties"] = {name: _plain(one) for name, one in part["properties"].items()}
        kept["required"] = list(part["properties"])
        kept["additionalProperties"] = False
    return kept


# --- From what was said to a draft ---------------------------------------------------------------


def assembled(kind: Kind, stem: Stem, parts: Said) -> Draft:
    """The draft that these answers make; `parts` is of PARTS[kind]. What makes no sense is left for the gates to see."""
    content, key = ASSEMBLED[kind](stem.prompt, parts)
    return Draft(kind=kind, title=stem.title, content=content, key=key, quote=stem.quote)


def _options(texts: Iterable[str], letter: str) -> list[Option]:
    return [Option(id=f"{letter}{number}", text=text) for number, text in enumerate(texts, 1)]


def _choices(prompt: str, said: Choices) -> tuple[Content, Key]:
    options = _options((one.text for one in said.options), "o")
    told = list(zip(options, said.options, strict=True))
    key = Key(
        correct=[option.id for option, one in told if one.correct],
        option_feedback={option.id: one.feedback for option, one in told if one.feedback},
        explanation=said.explanation,
    )
    return Content(prompt=prompt, options=options), key


def _truth(prompt: str, said: Truth) -> tuple[Content, Key]:
    return Content(prompt=prompt), Key(truth=said.truth, explanation=said.explanation)


def _accepted(prompt: str, said: Accepted) -> tuple[Content, Key]:
    return Content(prompt=prompt), Key(accepted=said.accepted, explanation=said.explanation)


def _number(prompt: str, said: Number) -> tuple[Content, Key]:
    key = Key(
        number=said.number,
        tolerance=said.tolerance,
        units={one.unit: one.worth for one in said.units},
        explanation=said.explanation,
    )
    return Content(prompt=prompt, units=[one.unit for one in said.units]), key


def _couples(prompt: str, said: Couples) -> tuple[Content, Key]:
    left = _options((one.left for one in said.couples), "l")
    rights = list(dict.fromkeys([*(one.right for one in said.couples), *said.extra]))
    options = _options(rights, "o")
    ids = {one.text: one.id for one in options}
    key = Key(
        pairs={
            side.id: ids[couple.right] for side, couple in zip(left, said.couples, strict=True)
        },
        explanation=said.explanation,
    )
    return Content(prompt=prompt, left=left, options=options), key


def _sequence(prompt: str, said: Sequence) -> tuple[Content, Key]:
    options = _options(said.steps, "o")
    key = Key(order=[one.id for one in options], explanation=said.explanation)
    return Content(prompt=prompt, options=options), key


def _blanks(prompt: str, said: Blanks) -> tuple[Content, Key]:
    gaps, accepted = list[Gap](), dict[str, list[str]]()
    for one in said.gaps:
        options = _options(one.options, "o")
        ids = {option.text: option.id for option in options}
        gaps.append(Gap(id=one.id, options=options))
        accepted[one.id] = (
            [ids.get(text, NOWHERE) for text in one.accepted] if options else one.accepted
        )
    return Content(prompt=prompt, gaps=gaps), Key(gaps=accepted, explanation=said.explanation)


def _rubric(prompt: str, said: Rubric) -> tuple[Content, Key]:
    rubric = [
        Criterion(
            id=f"c{number}",
            title=one.title,
            levels=[
                Level(title=level.title, earned_milli=level.points * 1000) for level in one.levels
            ],
        )
        for number, one in enumerate(said.criteria, 1)
    ]
    return Content(prompt=prompt), Key(rubric=rubric, explanation=said.explanation)


ASSEMBLED: Mapping[Kind, Callable[[str, Any], tuple[Content, Key]]] = {
    "single_choice": _choices,
    "multiple_choice": _choices,
    "true_false": _truth,
    "short_text": _accepted,
    "numeric": _number,
    "matching": _couples,
    "ordering": _sequence,
    "cloze": _blanks,
    "essay": _rubric,
    "file_upload": _rubric,
}


# --- The gate ------------------------------------------------------------------------------------


def look(case: Case) -> Finding:
    """Whether the draft, made of answers or by the rules, holds what its types say and is of a kind that was asked for."""
    draft = case.draft
    if draft.kind not in case.brief.kinds:
        return Malformed("wrong_kind").finding()
    try:
        for part in (draft.content, draft.key):
            msgspec.json.decode(msgspec.json.encode(part), type=type(part), strict=True)
        (draft.title + draft.quote).encode()
    except (msgspec.MsgspecError, ValueError, TypeError):
        return Malformed("wrong_shape").finding()
    if not draft.title.strip() or len(draft.title) > 200 or len(draft.quote) > QUOTE_MAX_CHARS:
        return Malformed("wrong_shape").finding()
    return Finding(gate="schema", passed=True)
