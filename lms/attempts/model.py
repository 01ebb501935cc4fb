"""An attempt, its paper and its answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from lms.assessments.model import LatePolicy
from lms.ids import AssessmentId, AttemptId, CourseId, ItemId, QuestionId, UserId
from lms.questions.model import Content, Kind

State = Literal["ready", "open", "submitted", "marking", "graded", "withdrawn"]
SubmittedBy = Literal["learner", "deadline"]
# The answer to an item, by kind: single_choice "optionId"; multiple_choice and ordering ["optionId"]; true_false true; short_text
# and essay "text"; numeric {"number": "3.20", "unit": "m"}, a decimal as it was typed; matching {"leftId": "rightId"}; cloze
# {"gapId": "text or optionId"}; file_upload ["uploadId"].
Value = str | bool | list[str] | dict[str, str]

# What an item's answer is, as attempts.item_types has it: text, boolean, list, number with its unit, map.
VALUE_TYPES: dict[Kind, str] = {
    "single_choice": "s",
    "short_text": "s",
    "essay": "s",
    "true_false": "b",
    "multiple_choice": "l",
    "ordering": "l",
    "file_upload": "l",
    "numeric": "n",
    "matching": "m",
    "cloze": "m",
}


class PaperItem(msgspec.Struct, frozen=True, kw_only=True):
    """A slot of an attempt as its learner sees it: options in this learner's order, nothing of the key."""

    id: str
    kind: Kind
    section: str
    points_milli: int
    content: Content


class PaperSection(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    text: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """All of what an attempt asks: kept as the bytes that are sent, so that a start encodes nothing."""

    sections: list[PaperSection]
    items: list[PaperItem]


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """Which item version a slot is, what it is worth, and the ids of the parts that the paper calls by other `names`."""

    item_id: str
    question_id: str
    version: int
    kind: Kind
    points_milli: int
    names: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot for scoring: pinned to an item version."""

    item_id: ItemId
    question_id: QuestionId
    version: int
    kind: Kind
    points_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The row of attempts, without its paper."""

    attempt_id: AttemptId
    assessment_id: AssessmentId
    assessment_version: int
    course_id: CourseId
    user_id: UserId
    number: int
    state: State
    opens_at: datetime | None
    closes_at: datetime | None
    time_limit_ms: int | None
    grace_ms: int
    late_policy: LatePolicy
    late_window_ms: int
    item_ids: tuple[ItemId, ...]
    item_types: str
    opening: int
    started_at: datetime | None
    ends_at: datetime | None
    shuts_at: datetime | None
    submitted_at: datetime | None
    submitted_by: SubmittedBy | None
    last_opening: int | None
    last_seq: int | None
    receipt: str | None
    digest: str | None
    answered: int | None
    late: bool
    late_until: datetime | None
    grade_revision: int
    released_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The answer of an item that counts: its value as canonical JSON text."""

    value: str
    opening: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A receipt: what was handed in, the same each time it is shown."""

    attempt: Attempt
    receipt: str
    digest: str
    answered: int
    submitted_at: datetime
    submitted_by: SubmittedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a step is given from outside: the time of exams, and ids."""

    now: datetime
    new_id: Callable[[], str]
