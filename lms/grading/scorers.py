"""The scorers, by version: an item, its key and an answer in; points and the reason out; the same each time, and never an exception.

A version that has graded is never changed: a better rule is a new version, and `python -m server replay` shows what it does to
what was graded before. Version 1 compares writing in NFC, takes numbers in ASCII alone, and gives an ordering a part of its
points for each thing in its place. Version 2 compares in NFKC, takes digits of every script, the decimal comma and the minus
sign of print, overlooks characters that cannot be seen, and gives an ordering what is in the right order among itself: one
thing out of place costs one step and not the places of all behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lms.grading import numbers
from lms.grading.model import Asked, Outcome, Reason
from lms.grading.points import part_of
from lms.grading.wording import READ_MAX_CHARS, Reading, read
from lms.questions.model import Kind, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """In what versions of the scorer differ."""

    reading: Reading
    order_by_steps: bool


MANNERS: Mapping[int, Manner] = {
    1: Manner(reading=Reading(form="NFC", lenient=False), order_by_steps=False),
    2: Manner(reading=Reading(form="NFKC", lenient=True), order_by_steps=True),
}
CURRENT = 2


def score(version: int, asked: Asked, points_milli: int, value: object) -> Outcome:
    """What the answer earns by this version of the scorer; `value` is None where nothing was answered."""
    if value is None:
        return _nothing("unanswered")
    return BY_KIND[asked.kind](asked, points_milli, value, MANNERS[version])


def _nothing(reason: Reason) -> Outcome:
    return Outcome(earned_milli=0, reason=reason, parts={})


def _all(points_milli: int) -> Outcome:
    return Outcome(earned_milli=points_milli, reason="right", parts={})


def _ids(options: list[Option]) -> set[str]:
    return {one.id for one in options}


def _texts(value: object) -> list[str] | None:
    """The value as a list of different texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return None
    return value if len(set(value)) == len(value) else None


def _pairs(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    texts = all(isinstance(one, str) for pair in value.items() for one in pair)
    return value if texts else None


def _single_choice(asked: Asked, points_milli: int, value: object, _manner: Manner) -> Outcome:
    if not isinstance(value, str):
        return _nothing("wrong_shape")
    if not value:
        return _nothing("unanswered")
    if value not in _ids(asked.content.options):
        return _nothing("unknown_option")
    if not asked.key.correct:
        return _nothing("no_key")
    return _all(points_milli) if value in asked.key.correct else _nothing("wrong")


def _multiple_choice(asked: Asked, points_milli: int, value: object, _manner: Manner) -> Outcome:
    """Right ones less wrong ones, out of all that are right."""
    texts = _texts(value)
    if texts is None:
        return _nothing("wrong_shape")
    chosen, correct = set(texts), set(asked.key.correct)
    if chosen == correct:
        return _all(points_milli)
    if not chosen:
        return _nothing("unanswered")
    if not chosen <= _ids(asked.content.options):
        return _nothing("unknown_option")
    went = _Went(earned=chosen & correct, wrong=chosen - correct, missed=correct - chosen)
    return _part(asked, points_milli, went, less=len(went.wrong))


def _true_false(asked: Asked, points_milli: int, value: object, _manner: Manner) -> Outcome:
    if not isinstance(value, bool):
        return _nothing("wrong_shape")
    if asked.key.truth is None:
        return _nothing("no_key")
    return _all(points_milli) if value is asked.key.truth else _nothing("wrong")


def _short_text(asked: Asked, points_milli: int, value: object, manner: Manner) -> Outcome:
    if not isinstance(value, str):
        return _nothing("wrong_shape")
    if not value.strip():
        return _nothing("unanswered")
    if len(value) > READ_MAX_CHARS:
        return _nothing("too_long")
    if not asked.key.accepted:
        return _nothing("no_key")
    same = _reads_as(value, asked.key.accepted, asked, manner)
    return _all(points_milli) if same else _nothing("wrong")


def _reads_as(value: str, accepted: list[str], asked: Asked, manner: Manner) -> bool:
    if len(value) > READ_MAX_CHARS:
        return False
    strict = asked.key.case_sensitive
    mine = read(value, manner.reading, case_sensitive=strict)
    return any(mine == read(one, manner.reading, case_sensitive=strict) for one in accepted)


def _numeric(asked: Asked, points_milli: int, value: object, manner: Manner) -> Outcome:
    given = _pairs(value)
    if given is None or not given.keys() <= {"number", "unit"}:
        return _nothing("wrong_shape")
    if not given.get("number", "").strip():
        return _nothing("unanswered")
    verdict = numbers.judge(given, asked.key, manner.reading)
    return _all(points_milli) if verdict == "right" else _nothing(verdict)


def _matching(asked: Asked, points_milli: int, value: object, _manner: Manner) -> Outcome:
    given, pairs = _pairs(value), asked.key.pairs
    if given is None:
        return _nothing("wrong_shape")
    given = {left: right for left, right in given.items() if right}
    if not given:
        return _nothing("unanswered")
    if not given.keys() <= _ids(asked.content.left):
        return _nothing("unknown_option")
    if not set(given.values()) <= _ids(asked.content.options):
        return _nothing("unknown_option")
    earned = {left for left, right in pairs.items() if given.get(left) == right}
    went = _Went(earned=earned, wrong=given.keys() - earned, missed=pairs.keys() - given.keys())
    return _part(asked, points_milli, went, less=len(given.keys() - pairs.keys()))


def _ordering(asked: Asked, points_milli: int, value: object, manner: Manner) -> Outcome:
    given, order = _texts(value), list(dict.fromkeys(asked.key.order))
    if given is None:
        return _nothing("wrong_shape")
    if not given:
        return _nothing("unanswered")
    if not set(given) <= _ids(asked.content.options):
        return _nothing("unknown_option")
    if given == order:
        return _all(points_milli)
    earned = _in_order(given, order) if manner.order_by_steps else _in_place(given, order)
    went = _Went(earned=earned, wrong=set(given) - earned, missed=set(order) - set(given))
    # One thing alone is always in order with itself: steps are counted from there.
    return _part(
        asked,
        points_milli,
        went,
        less=len(set(given) - set(order)),
        from_step=manner.order_by_steps,
    )


def _in_place(given: list[str], order: list[str]) -> set[str]:
    return {one for one, there in zip(order, given, strict=False) if one == there}


def _in_order(given: list[str], order: list[str]) -> set[str]:
    """The longest of the given that stand in the right order among themselves; of two the one that ends first."""
    place = {one: index for index, one in enumerate(order)}
    runs = list[list[str]]()
    for one in given:
        if one in place:
            before = [run for run in runs if place[run[-1]] < place[one]]
            runs.append([*_longest(before), one])
    return set(_longest(runs))


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=lambda run: len(run), default=[])


def _cloze(asked: Asked, points_milli: int, value: object, manner: Manner) -> Outcome:
    given, gaps = _pairs(value), {gap.id: gap for gap in asked.content.gaps}
    if given is None:
        return _nothing("wrong_shape")
    given = {gap: text for gap, text in given.items() if text.strip()}
    if not given:
        return _nothing("unanswered")
    if not given.keys() <= gaps.keys():
        return _nothing("unknown_option")
    earned = set[str]()
    for gap, text in given.items():
        options, accepted = _ids(gaps[gap].options), asked.key.gaps.get(gap, [])
        if options and text not in options:
            return _nothing("unknown_option")
        fits = text in accepted if options else _reads_as(text, accepted, asked, manner)
        if fits:
            earned.add(gap)
    missed = asked.key.gaps.keys() - given.keys()
    went = _Went(earned=earned, wrong=given.keys() - earned, missed=missed)
    return _part(asked, points_milli, went, less=len(given.keys() - asked.key.gaps.keys()))


def _essay(_asked: Asked, _points_milli: int, value: object, _manner: Manner) -> Outcome:
    """A person looks at it, unless there is nothing to look at."""
    if not isinstance(value, str):
        return _nothing("wrong_shape")
    return _nothing("to_mark" if value.strip() else "unanswered")


def _file_upload(_asked: Asked, _points_milli: int, value: object, _manner: Manner) -> Outcome:
    texts = _texts(value)
    if texts is None:
        return _nothing("wrong_shape")
    return _nothing("to_mark" if texts else "unanswered")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Went:
    """The parts of an answer by how they went; all that could earn is in `earned`, in `missed`, or answered wrongly."""

    earned: set[str]
    wrong: set[str]
    missed: set[str]

    def listed(self) -> dict[str, list[str]]:
        named = {"earned": self.earned, "wrong": self.wrong, "missed": self.missed}
        return {name: sorted(parts) for name, parts in named.items() if parts}


def _possible(asked: Asked) -> int:
    key = asked.key
    counts: dict[Kind, int] = {
        "multiple_choice": len(set(key.correct)),
        "matching": len(key.pairs),
        "ordering": len(set(key.order)),
        "cloze": len(key.gaps),
    }
    return counts[asked.kind]


def _part(
    asked: Asked, points_milli: int, went: _Went, *, less: int, from_step: bool = False
) -> Outcome:
    """The part of the points that these parts earn, `less` so many; nothing where the key knows only all or nothing."""
    possible = _possible(asked)
    if not possible:
        return _nothing("no_key")
    if len(went.earned) == possible and not went.wrong:
        return Outcome(earned_milli=points_milli, reason="right", parts=went.listed())
    got = len(went.earned) - less - from_step
    if got <= 0 or not asked.key.partial:
        return Outcome(earned_milli=0, reason="wrong", parts=went.listed())
    earned = part_of(points_milli, got, possible - from_step)
    return Outcome(earned_milli=earned, reason="partly", parts=went.listed())


BY_KIND: Mapping[Kind, Callable[[Asked, int, Any, Manner], Outcome]] = {
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "cloze": _cloze,
    "essay": _essay,
    "file_upload": _file_upload,
}
