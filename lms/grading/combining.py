"""From items to an attempt: what is scored, what people gave on top, and what lateness takes away."""

from collections.abc import Mapping, Sequence

import msgspec

from lms.attempts.model import Pin
from lms.grading import scorers
from lms.grading.model import BY_HAND, NO_KEY, Answer, Asked, ItemGrade, Mark
from lms.grading.points import divided

# Two rounds that are further apart than this share of an item's points are shown as differing.
APART_PERCENT = 20


def scored(
    pin: Pin, asked: Asked, key_version: int, answer: Answer | None, version: int
) -> ItemGrade:
    """What the scorer of this version gives a slot."""
    value = None if answer is None else answer.value
    outcome = scorers.score(version, asked, pin.points_milli, value)
    return ItemGrade(
        item_id=pin.item_id,
        question_id=pin.question_id,
        version=pin.version,
        key_version=key_version,
        kind=pin.kind,
        earned_milli=outcome.earned_milli,
        possible_milli=pin.points_milli,
        reason=outcome.reason,
        parts=outcome.parts,
        opening=0 if answer is None else answer.opening,
        seq=0 if answer is None else answer.seq,
    )


def recalled(pin: Pin, answer: Answer | None) -> ItemGrade:
    """A slot whose item was recalled: all of its points to everybody, so that nobody is worse off for having been asked it."""
    return ItemGrade(
        item_id=pin.item_id,
        question_id=pin.question_id,
        version=pin.version,
        key_version=NO_KEY,
        kind=pin.kind,
        earned_milli=pin.points_milli,
        possible_milli=pin.points_milli,
        reason="recalled",
        opening=0 if answer is None else answer.opening,
        seq=0 if answer is None else answer.seq,
    )


def marked(item: ItemGrade, rounds: Mapping[int, Mark], *, second_round: bool) -> ItemGrade:
    """The item with what people gave, once every round that is asked for is there and was given for the answer that counts."""
    if item.kind not in BY_HAND or item.reason == "recalled":
        return item
    needed = (1, 2) if second_round else (1,)
    given = [rounds[one] for one in needed if one in rounds and is_for(rounds[one], item)]
    if len(given) < len(needed):
        return item
    earned = divided(sum(one.earned_milli for one in given), len(given))
    return msgspec.structs.replace(
        item, earned_milli=min(earned, item.possible_milli), reason="marked"
    )


def is_for(mark: Mark, item: ItemGrade) -> bool:
    """Whether the mark was given for the answer that counts: another answer has to be looked at anew."""
    return (mark.opening, mark.seq) == (item.opening, item.seq)


def are_apart(rounds: Mapping[int, Mark], possible_milli: int) -> bool:
    """Whether the two rounds differ by more than the stated share of the points."""
    if 1 not in rounds or 2 not in rounds:
        return False
    apart = abs(rounds[1].earned_milli - rounds[2].earned_milli)
    return apart * 100 > possible_milli * APART_PERCENT


def total(items: Sequence[ItemGrade], *, penalty_percent: int) -> tuple[int, int]:
    """Earned and possible of the attempt; the penalty is a share of what was earned."""
    earned = sum(one.earned_milli for one in items)
    possible = sum(one.possible_milli for one in items)
    return earned - divided(earned * penalty_percent, 100), possible


def has_late(answers: Mapping[str, Answer]) -> bool:
    """Whether an answer that came late is among those that count."""
    return any(one.late for one in answers.values())
