"""Grades: what each item earned and why, what people gave by hand, and changes of a key after the fact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from lms.attempts.model import Value
from lms.ids import AssessmentId, AttemptId, ItemId, QuestionId, UserId
from lms.questions.model import Content, Key, Kind

Cause = Literal["scored", "marked", "regraded", "late_counted"]
# Why an item earned what it earned. Of what a scorer sees: right, partly, wrong; nothing given; an id that the item does not have; a
# value of another shape; no number; longer than any right answer; the unit left out, not one of the item's, or another than the
# number is right in; the item itself has no key. Of marking: to_mark (somebody has to look at it), marked. Of a recall: recalled (the
# item was taken out of use for good, and counts in full for whoever was asked it).
Reason = Literal[
    "right",
    "partly",
    "wrong",
    "unanswered",
    "unknown_option",
    "wrong_shape",
    "not_a_number",
    "too_long",
    "unit_missing",
    "unknown_unit",
    "wrong_unit",
    "no_key",
    "to_mark",
    "marked",
    "recalled",
]
# The version of the key of an item that was recalled: none.
NO_KEY = 0
BY_HAND: frozenset[Kind] = frozenset({"essay", "file_upload"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a scorer says of one answer; `parts` are ids of the item's parts by how they went, never a person's words."""

    earned_milli: int
    reason: Reason
    parts: dict[str, list[str]]


class ItemGrade(msgspec.Struct, frozen=True, kw_only=True):
    """What one slot of an attempt earned: which version was asked, by which version's key, for which answer, and why."""

    item_id: str
    question_id: str
    version: int
    key_version: int
    kind: Kind
    earned_milli: int
    possible_milli: int
    reason: Reason
    parts: dict[str, list[str]] = {}
    # The answer that counted; 0 and 0 when there was none.
    opening: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of an item that counts; files that it names had to be complete when it came, or while there was time."""

    item_id: ItemId
    opening: int
    seq: int
    value: Value
    late: bool
    files_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A version of an item as scoring needs it."""

    kind: Kind
    content: Content
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One revision of the grade of an attempt."""

    attempt_id: AttemptId
    revision: int
    scorer_version: int
    cause: Cause
    cause_id: str
    earned_milli: int
    possible_milli: int
    items: tuple[ItemGrade, ...]
    by_user: UserId | None
    at: datetime

    @property
    def complete(self) -> bool:
        """Whether nobody has to look at it any more."""
        return all(one.reason != "to_mark" for one in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a person gave for one item in one round, for the answer (opening, seq) that they read."""

    attempt_id: AttemptId
    item_id: ItemId
    round: int
    marker: UserId
    marker_name: str
    earned_milli: int
    criteria: dict[str, int]
    comment: str
    opening: int
    seq: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrade:
    """A change of a key after the fact: items of `question_id` are scored by the key of `key_version`."""

    regrade_id: str
    assessment_id: AssessmentId
    question_id: QuestionId
    key_version: int
    state: Literal["running", "done", "failed"]
    changed: int
    unchanged: int
    created_at: datetime
    done_at: datetime | None
