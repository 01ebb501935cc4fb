"""Skills of a learner, items that may be chosen, and what was chosen, with why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

# Why an item is asked; the pages say it in a sentence. due_review: soon forgotten. weak_skill: often wrong. recent_mistake: this
# skill went wrong lately. class_quiz: it went wrong in class today. assigned: a teacher gave it. new_skill: not met before.
# stretch: a little harder than before. at_level: chosen by the rule, without knowing the learner. again: met before, and the bank has
# nothing newer.
Why = Literal[
    "due_review",
    "weak_skill",
    "recent_mistake",
    "class_quiz",
    "assigned",
    "new_skill",
    "stretch",
    "at_level",
    "again",
]
Source = Literal["practice", "placement", "quiz", "exam"]

WHOLE_COURSE = (
    ""  # the name under which the strength over all skills of a course is kept, beside theirs
)


class SkillState(msgspec.Struct, frozen=True, kw_only=True):
    """One skill of one learner after some answers; a fold of `Response`s and of nothing else.

    `slow` and `fast` are strengths in logits on two time scales; `stability_days` and `hardness` are FSRS's
    stability and difficulty, None before the first answer.
    """

    slow: float = 0.0
    fast: float = 0.0
    answered: int = 0
    right: int = 0
    stability_days: float | None = None
    hardness: float | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer as the models see it: `difficulty` is 0 to 100 as the bank has it, `share` the part of the points, 0 to 1."""

    skills: tuple[str, ...]
    difficulty: int
    share: float
    at: datetime
    source: Source
    question_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item of the bank that may be chosen."""

    question_id: str
    version: int
    skills: tuple[str, ...]
    level: int
    language: str
    difficulty: int
    family: str  # items of one family look nearly the same
    given: int  # to everybody lately: exposure is capped


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why an item is there: a code, the skill it is about, and, for a review, how many days ago it was last met."""

    why: Why
    skill: str = ""
    days: int = 0


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a lesson of the tutor; `chance_milli` is how likely the learner is to be right, in thousandths."""

    item_id: str
    question_id: str
    version: int
    skills: tuple[str, ...]
    difficulty: int
    reason: Reason
    chance_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The next items of a learner in a course are to be chosen anew; `urgent`: at once."""

    course_id: str
    user_id: str
    urgent: bool
    at: datetime


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """An item that a learner answered, and the part of its points that it earned, in thousandths."""

    question_id: str
    skills: tuple[str, ...]
    source: Source
    share_milli: int
    at: datetime
