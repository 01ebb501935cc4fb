"""Histories of attempts and learners as the house writes them: every event in an order that can happen, drawn at random."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lms.events import (
    AnyEvent,
    AttemptAnswered,
    AttemptEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
    ItemOutcome,
    ItemsRecalled,
    PlacementAnswered,
    PracticeAnswered,
    QuizAnswered,
)

SKILLS = ("adding", "taking away", "times")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def an_id(chance: random.Random) -> str:
    """A UUID of this chance, so that a seed gives the same history again."""
    return str(UUID(int=chance.getrandbits(128), version=4))


@dataclass(kw_only=True)
class History:
    """One attempt as it goes on: `step` is the next thing that happens to it."""

    chance: random.Random
    tenant_id: str
    attempt_id: str = ""
    state: str = "ready"
    opening: int = 0
    seq: int = 0
    revision: int = 0
    items: list[str] = field(default_factory=list)
    learner: "Practising | None" = None
    about: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attempt_id = self.attempt_id or an_id(self.chance)
        self.items = self.items or [an_id(self.chance) for _ in range(5)]
        self.about = {"attempt_id": self.attempt_id} | {
            name: an_id(self.chance) for name in ("assessment_id", "course_id", "user_id")
        }
        if self.learner is not None:
            self.about |= self.learner.about

    def step(self) -> AttemptEvent | None:
        """What happens next, or nothing that can be heard."""
        steps: dict[str, Sequence[Callable[[], AttemptEvent | None]]] = {
            "ready": [self.open],
            "open": [self.answer] * 8 + [self.open, self.submit, self.extend],
            "submitted": [self.grade] * 5 + [self.answer_late, self.reopen],
            "marking": [self.grade] * 4 + [self.reopen],
            "graded": [self.nothing] * 12 + [self.grade, self.release, self.reopen],
        }
        return self.chance.choice(steps[self.state])()

    def nothing(self) -> None:
        return None

    def open(self) -> AttemptEvent:
        self.state, self.opening, self.seq = "open", self.opening + 1, 0
        return AttemptOpened(
            **self.about, opening=self.opening, asked=len(self.items), number=1, ends_at_ms=1
        )

    def answer(self, *, late: bool = False) -> AttemptEvent:
        self.seq += 1
        item = self.chance.choice(self.items)
        return AttemptAnswered(
            **self.about, item_id=item, opening=self.opening, seq=self.seq, late=late
        )

    def answer_late(self) -> AttemptEvent:
        return self.answer(late=True)

    def submit(self) -> AttemptEvent:
        self.state = "submitted"
        late = self.chance.random() < 0.3
        return AttemptSubmitted(
            **self.about,
            number=1,
            by="learner",
            last_opening=self.opening,
            last_seq=self.seq,
            late=late,
        )

    def extend(self) -> AttemptEvent:
        return AttemptExtended(**self.about, ends_at_ms=2, reopened=False)

    def reopen(self) -> AttemptEvent:
        self.state = "open"
        return AttemptExtended(**self.about, ends_at_ms=3, reopened=True)

    def grade(self) -> AttemptEvent:
        self.revision += 1
        complete = self.chance.random() < 0.7
        self.state = "graded" if complete else "marking"
        outcomes = [
            ItemOutcome(
                item_id=item,
                question_id=question,
                version=1,
                earned_milli=self.chance.randrange(1001),
                possible_milli=1000,
                skills=[self.chance.choice(SKILLS)],
                difficulty=self.chance.randrange(101),
            )
            for item, question in zip(self.items, self._questions(), strict=True)
        ]
        return AttemptGraded(
            **self.about,
            number=1,
            revision=self.revision,
            cause="scored",
            complete=complete,
            earned_milli=sum(one.earned_milli for one in outcomes),
            possible_milli=5000,
            items=outcomes,
        )

    def _questions(self) -> list[str]:
        return self.items if self.learner is None else self.learner.bank[:5]

    def release(self) -> AttemptEvent:
        return AttemptReleased(**self.about)


@dataclass(frozen=True, kw_only=True)
class Practising:
    """A learner in a course, who answers outside of exams; `quiz` is one that goes on in class."""

    chance: random.Random
    bank: list[str]
    quiz: str
    about: dict[str, str]

    def step(self) -> PracticeAnswered | PlacementAnswered | QuizAnswered:
        """The next answer; one to the quiz takes the place of the one before."""
        what = self.chance.choice((PracticeAnswered, PracticeAnswered, PlacementAnswered, None))
        source = an_id(self.chance) if what is not None else self.quiz
        answer: dict[str, Any] = {
            **self.about,
            "source_id": source,
            "item_id": an_id(self.chance) if what is not None else self.quiz,
            "question_id": self.chance.choice(self.bank) if what is not None else self.bank[-1],
            "version": 1,
            "skills": self.chance.sample(SKILLS, self.chance.randrange(3)),
            "difficulty": self.chance.randrange(101),
            "share_milli": self.chance.choice((0, 400, 1000)),
        }
        return what(**answer) if what is not None else QuizAnswered(**answer, class_id=self.quiz)


def interleaved(
    seed: int, *, tenants: int = 2, attempts: int = 6, steps: int = 120
) -> Iterator[tuple[str, AnyEvent, datetime]]:
    """Events of several attempts and learners of several schools as they come one after the other: school, event, time.

    Learners answer by clocks that differ by minutes; now and then an item is recalled.
    """
    chance = random.Random(seed)
    schools = [an_id(chance) for _ in range(tenants)]
    learners = {school: _learners(chance) for school in schools}
    going = [
        History(
            chance=chance,
            tenant_id=schools[n % tenants],
            learner=chance.choice(learners[schools[n % tenants]]),
        )
        for n in range(attempts)
    ]
    for number in range(steps):
        at = NOW + timedelta(seconds=number, microseconds=number)
        one = chance.choice(going)
        event = one.step()
        if event is not None:
            yield one.tenant_id, event, at
        school = chance.choice(schools)
        learner = chance.choice(learners[school])
        yield school, learner.step(), at + timedelta(seconds=chance.randrange(-120, 120))
        if chance.random() < 0.01:
            yield school, _recall(chance, learner), at


def _learners(chance: random.Random) -> list[Practising]:
    course_id, quiz = an_id(chance), an_id(chance)
    bank = [an_id(chance) for _ in range(40)]
    return [
        Practising(
            chance=chance,
            bank=bank,
            quiz=quiz,
            about={"user_id": an_id(chance), "course_id": course_id},
        )
        for _ in range(3)
    ]


def _recall(chance: random.Random, learner: Practising) -> ItemsRecalled:
    return ItemsRecalled(
        job_id=an_id(chance),
        course_id=learner.about["course_id"],
        question_ids=chance.sample(learner.bank, 2),
    )
