"""An answer in practice, checked at once: what it earned, and what its learner is told then and no earlier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from lms.attempts.model import Value
from lms.attempts.papers import gaps_of, value_by_ids
from lms.grading import scorers
from lms.grading.model import BY_HAND, Asked, Reason
from lms.practice.model import POSSIBLE_MILLI, Given, Sheet
from lms.practice.showing import key_shown
from lms.questions.model import Key, Kind

# What nobody but a person can check is not practised.
PRACTISED: tuple[Kind, ...] = tuple(kind for kind in scorers.BY_KIND if kind not in BY_HAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of an answer; `key` is in the names that the learner saw."""

    correct: bool | None
    earned_milli: int
    reason: Reason
    feedback: str
    key: Key


def checked(sheet: Sheet, value: Value, scorer: int = scorers.CURRENT) -> Checked:
    """By this version of the scorer; the same answer earns the same each time."""
    asked = Asked(kind=sheet.kind, content=sheet.content, key=sheet.key)
    mine = value_by_ids(value, sheet.shown.names, gaps_of(sheet.content))
    outcome = scorers.score(scorer, asked, POSSIBLE_MILLI, mine)
    return Checked(
        correct=None if outcome.reason == "to_mark" else outcome.reason == "right",
        earned_milli=outcome.earned_milli,
        reason=outcome.reason,
        feedback=_feedback(sheet.key, mine),
        key=key_shown(sheet.key, sheet.shown.content, sheet.shown.names),
    )


def _feedback(key: Key, value: Value) -> str:
    """What the author says of the options that were chosen."""
    if isinstance(value, bool):
        return ""
    chosen = [value] if isinstance(value, str) else _named(value)
    return "\n\n".join(key.option_feedback[one] for one in chosen if one in key.option_feedback)


def _named(value: Sequence[str] | Mapping[str, str]) -> list[str]:
    return list(value.values()) if isinstance(value, Mapping) else list(value)


def value_of(given: Given) -> Value:
    """An answer that is kept, as it was sent."""
    value: Value = msgspec.json.decode(given.value, type=Value)
    return value


def firsts(answers: Sequence[Given]) -> dict[str, Given]:
    """Of each item the answer that counts, in the order in which they came: the first, as the key is known after it."""
    found: dict[str, Given] = {}
    for one in sorted(answers, key=lambda given: (given.arrived_at, given.item_id, given.seq)):
        found.setdefault(one.item_id, one)
    return found


def is_right(given: Given) -> bool:
    """Whether it earned all."""
    return given.earned_milli >= POSSIBLE_MILLI


def streak(went: Sequence[bool]) -> int:
    """How many of the last went right without a break."""
    return next((back for back, right in enumerate(reversed(went)) if not right), len(went))
