"""A quick quiz: one item of the bank, posed to the room."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from lms.attempts.model import Value
from lms.ids import ClassId, CourseId, QuestionId, QuizId, UserId
from lms.questions.model import Content, Kind


class Posed(msgspec.Struct, frozen=True, kw_only=True):
    """The item as the room sees it: options under names that say nothing, and the id of each name."""

    kind: Kind
    content: Content
    names: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """One quiz of a class."""

    quiz_id: QuizId
    class_id: ClassId
    course_id: CourseId
    question_id: QuestionId
    version: int
    posed: Posed
    posed_at: datetime
    revealed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One learner's answer, by the ids of the item, and what it earned."""

    user_id: UserId
    seq: int
    value: Value
    earned_milli: int
    possible_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What came in so far: the last answer of each learner; `shares` by the id of what was chosen."""

    answered: int
    right: int
    shares: dict[str, int]
