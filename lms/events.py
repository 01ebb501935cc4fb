"""Everything that readers of the outbox may hear, as frozen structs; a name is its version's for ever, fields are only added.

Events hold ids and figures, never what a person wrote. Events of one key stay in order: the key of what happens to an attempt
is the attempt, of what a learner practises the learner, of what the factory does the job.
"""

from typing import Any, ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Root: the field that `KEY` names is the key of the event."""

    KEY: ClassVar[str]

    @property
    def key_id(self) -> str:
        """Events with the same one stay in order."""
        key: Any = getattr(self, self.KEY)
        return str(key)


class AboutAttempt(Event, frozen=True, kw_only=True):
    """Something happened to an attempt."""

    KEY = "attempt_id"

    attempt_id: str
    assessment_id: str
    course_id: str
    user_id: str


class AttemptOpened(AboutAttempt, frozen=True, kw_only=True, tag="attempt.opened"):
    """Somebody opened the attempt, for the first time or on another device: `opening` counts."""

    opening: int
    asked: int
    number: int
    ends_at_ms: int


class AttemptAnswered(AboutAttempt, frozen=True, kw_only=True, tag="attempt.answered"):
    """An answer was taken."""

    item_id: str
    opening: int
    seq: int
    late: bool


class AttemptSubmitted(AboutAttempt, frozen=True, kw_only=True, tag="attempt.submitted"):
    """No more answers count, whoever said so."""

    number: int
    by: str
    last_opening: int
    last_seq: int
    late: bool


class AttemptExtended(AboutAttempt, frozen=True, kw_only=True, tag="attempt.extended"):
    """It ends later; one that the deadline had submitted is open again."""

    ends_at_ms: int
    reopened: bool


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one item went."""

    item_id: str
    question_id: str
    version: int
    earned_milli: int
    possible_milli: int
    # As the item was labelled when it was graded; events of before this was told have none.
    skills: list[str] = []
    difficulty: int = 50


class AttemptGraded(AboutAttempt, frozen=True, kw_only=True, tag="attempt.graded"):
    """A grade stands, or waits for marks by hand (`complete` is false)."""

    number: int
    revision: int
    cause: str
    complete: bool
    earned_milli: int
    possible_milli: int
    items: list[ItemOutcome]


class AttemptReleased(AboutAttempt, frozen=True, kw_only=True, tag="attempt.released"):
    """The learner may see the grade."""


class AboutLearner(Event, frozen=True, kw_only=True):
    """Something happened to what a learner does in a course."""

    KEY = "user_id"

    user_id: str
    course_id: str


class ItemAnswered(AboutLearner, frozen=True, kw_only=True):
    """An item was answered for the first time where it was asked; `source_id` is the practice, placement or quiz."""

    source_id: str
    item_id: str
    question_id: str
    version: int
    skills: list[str]
    difficulty: int
    share_milli: int


class PracticeAnswered(ItemAnswered, frozen=True, kw_only=True, tag="practice.answered"):
    """In a lesson of the tutor."""


class PlacementAnswered(ItemAnswered, frozen=True, kw_only=True, tag="placement.answered"):
    """In the test that finds where a learner stands."""


class QuizAnswered(ItemAnswered, frozen=True, kw_only=True, tag="quiz.answered"):
    """In a live class."""

    class_id: str


class PracticeFinished(AboutLearner, frozen=True, kw_only=True, tag="practice.finished"):
    """Every item of a lesson of the tutor is answered, or the learner has ended it."""

    practice_id: str
    asked: int
    answered: int


class PracticeWanted(AboutLearner, frozen=True, kw_only=True, tag="practice.wanted"):
    """The next items are to be chosen anew: a teacher assigned some, or the list runs low."""

    urgent: bool


class AboutJob(Event, frozen=True, kw_only=True):
    """Something happened to a job of the content factory."""

    KEY = "job_id"

    job_id: str
    course_id: str


class GenerationAsked(AboutJob, frozen=True, kw_only=True, tag="generation.asked"):
    """Items are wanted."""

    wanted: int


class GenerationEnded(AboutJob, frozen=True, kw_only=True, tag="generation.ended"):
    """No more items come of it."""

    state: str
    passed: int
    dropped: int


class ItemsIngested(AboutJob, frozen=True, kw_only=True, tag="items.ingested"):
    """Accepted items are in the bank."""

    question_ids: list[str]


class ItemsRecalled(AboutJob, frozen=True, kw_only=True, tag="items.recalled"):
    """Items of a batch are in use no more."""

    question_ids: list[str]


AttemptEvent = (
    AttemptOpened
    | AttemptAnswered
    | AttemptSubmitted
    | AttemptExtended
    | AttemptGraded
    | AttemptReleased
)
LearnerEvent = (
    PracticeAnswered | PlacementAnswered | QuizAnswered | PracticeFinished | PracticeWanted
)
JobEvent = GenerationAsked | GenerationEnded | ItemsIngested | ItemsRecalled
AnyEvent = AttemptEvent | LearnerEvent | JobEvent
