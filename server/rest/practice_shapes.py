"""Bodies and replies of practice, placement, skills and quick quizzes, beside shapes.py and under its rules."""

from typing import Annotated, Literal

import msgspec

from lms.adaptive import model as adaptive
from lms.attempts import model as attempts
from lms.grading import model as grading
from lms.questions import model as questions
from server.rest.shapes import Body, Id, Reply, Time

Why = adaptive.Why
PracticePath = Literal["warm", "cold"]
ReportReason = Literal[
    "wrong_answer", "unclear", "mistake", "unfair", "too_hard", "picture", "other"
]
SkillName = questions.Word

# --- Practice ----------------------------------------------------------------------------------


class PracticeItem(Reply, frozen=True, kw_only=True):
    """One item of a lesson of the tutor, without its key; its ids of options are those of this lesson."""

    id: str
    kind: questions.Kind
    content: questions.Content
    skills: list[str]
    reason: adaptive.Reason
    pictures: dict[str, str] = {}


class NextLesson(Reply, frozen=True, kw_only=True):
    """The learner's next items; the header `Lectern-Path` says whether they were made ahead (warm) or found now (cold)."""

    practice_id: str
    items: list[PracticeItem]


class Verdict(Reply, frozen=True, kw_only=True):
    """An answer, checked at once: the key comes with it. `correct` is null where nobody but a person can tell."""

    correct: bool | None
    earned_milli: int
    possible_milli: int
    reason: grading.Reason
    feedback: str
    key: questions.Key
    answered: int
    asked: int
    # How many of the last answers of this lesson were right without a break.
    streak: int
    # Addresses of the pictures of the explanation and the feedback, by the id.
    pictures: dict[str, str] = {}


class PracticeAnswer(Body, frozen=True, kw_only=True):
    """One answer; `seq` counts up per item, and the same one with another value is refused (409 `seq_conflict`)."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    value: attempts.Value


class AnsweredItem(Reply, frozen=True, kw_only=True):
    """An answer that was given before, and what came of it."""

    item_id: str
    seq: int
    value: attempts.Value
    verdict: Verdict


class Practice(Reply, frozen=True, kw_only=True):
    """A lesson of the tutor as it stands: for a reload, and for another device."""

    practice_id: str
    course_id: str
    items: list[PracticeItem]
    answers: list[AnsweredItem]
    finished: bool


class SkillChange(Reply, frozen=True, kw_only=True):
    """What a lesson did to a skill: strength before and after, 0 to 1000."""

    skill: str
    before_milli: int
    after_milli: int


class PracticeSummary(Reply, frozen=True, kw_only=True):
    """The end of a lesson of the tutor."""

    practice_id: str
    asked: int
    answered: int
    right: int
    skills: list[SkillChange]


class NewReport(Body, frozen=True, kw_only=True):
    """What is wrong with an item, from a learner."""

    reason: ReportReason
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Report(Reply, frozen=True, kw_only=True):
    """A report that was taken; the same learner and item give the same one."""

    id: str


# --- Placement ---------------------------------------------------------------------------------


class PlacementAnswer(Body, frozen=True, kw_only=True):
    """The answer to the item that is asked now; null says that the learner does not know."""

    value: attempts.Value | None


class PlacementStep(Reply, frozen=True, kw_only=True):
    """Where a placement stands: the next item, or null when it is done; `level` is what was found."""

    placement_id: str
    item: PracticeItem | None
    asked: int
    asked_at_most: int
    done: bool
    level: int | None


# --- Skills ------------------------------------------------------------------------------------


class Skill(Reply, frozen=True, kw_only=True):
    """One skill of one learner: strength and recall from 0 to 1000."""

    skill: str
    strength_milli: int
    recall_milli: int
    answered: int
    right: int
    due_at: Time | None
    last_at: Time | None


class MySkills(Reply, frozen=True, kw_only=True):
    """A learner's own skills in a course, and what a teacher assigned."""

    skills: list[Skill]
    placed: bool
    assigned: list[SkillName]
    # Days in a row, up to today, with a lesson; a day off costs nothing but the count.
    days: int


class LearnerSkills(Reply, frozen=True, kw_only=True):
    """One row of the skill map; a skill that was never met is not in it."""

    user_id: str
    name: str
    skills: list[Skill]
    # Skills in which the last answers went wrong again and again.
    stuck: list[SkillName]
    last_at: Time | None


class SkillMap(Reply, frozen=True, kw_only=True):
    """The skills of a class: whom to help with what."""

    skills: list[SkillName]
    learners: list[LearnerSkills]


class NewAssignment(Body, frozen=True, kw_only=True):
    """Practice of a skill for some learners; nobody named means everybody in the course."""

    skill: SkillName
    items: Annotated[int, msgspec.Meta(ge=1, le=40)] = 5
    user_ids: Annotated[list[Id], msgspec.Meta(max_length=2000)] = []


class Assigned(Reply, frozen=True, kw_only=True):
    """How many learners were given practice; `id` is one of the assignments, by which all of them can be taken back."""

    learners: int
    id: str | None


class AssignmentLine(Reply, frozen=True, kw_only=True):
    """Practice that was assigned: how much of it was given out so far."""

    id: str
    user_id: str
    name: str
    skill: str
    items: int
    given: int
    created_at: Time


# --- Quick quizzes -----------------------------------------------------------------------------


class NewQuiz(Body, frozen=True, kw_only=True):
    """Pose this item of the bank of the class's course to the room."""

    question_id: Id


class QuizAnswerBody(Body, frozen=True, kw_only=True):
    """A learner's answer; a higher `seq` replaces it until the key is shown."""

    seq: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    value: attempts.Value


class QuizAck(Reply, frozen=True, kw_only=True):
    """The answer is stored; what it is worth comes with the reveal."""

    seq: int
    server_time: Time


class QuizShare(Reply, frozen=True, kw_only=True):
    """How many chose one of the answers; `id` is an option, true, false, or `other`."""

    id: str
    answers: int


class QuizMine(Reply, frozen=True, kw_only=True):
    """What the caller answered, and, once it is revealed, what that earned."""

    seq: int
    value: attempts.Value
    earned_milli: int | None
    possible_milli: int | None


class Quiz(Reply, frozen=True, kw_only=True):
    """A quiz: what is asked; the counts for who runs the class, and for all once it is revealed, with the
    key. Until then options have names that say nothing; then, and for who runs the class, they have the ids of the item."""

    id: str
    class_id: str
    question_id: str
    kind: questions.Kind
    content: questions.Content
    posed_at: Time
    revealed: bool
    answered: int | None
    right: int | None
    shares: list[QuizShare]
    key: questions.Key | None
    mine: QuizMine | None
    pictures: dict[str, str] = {}
