"""Histories of attempts as the house writes them: every event in an order that can happen, drawn at random."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from lms.events import (
    AttemptAnswered,
    AttemptEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
    ItemOutcome,
)

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
    about: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.attempt_id = self.attempt_id or an_id(self.chance)
        self.items = self.items or [an_id(self.chance) for _ in range(5)]
        self.about = {"attempt_id": self.attempt_id} | {
            name: an_id(self.chance) for name in ("assessment_id", "course_id", "user_id")
        }

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
                question_id=item,
                version=1,
                earned_milli=self.chance.randrange(1001),
                possible_milli=1000,
            )
            for item in self.items
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

    def release(self) -> AttemptEvent:
        return AttemptReleased(**self.about)


def interleaved(
    seed: int, *, tenants: int = 2, attempts: int = 6, steps: int = 120
) -> Iterator[tuple[str, AttemptEvent, datetime]]:
    """Events of several attempts of several schools as they come one after the other: school, event, time."""
    chance = random.Random(seed)
    schools = [an_id(chance) for _ in range(tenants)]
    going = [History(chance=chance, tenant_id=schools[n % tenants]) for n in range(attempts)]
    for number in range(steps):
        one = chance.choice(going)
        event = one.step()
        if event is not None:
            yield one.tenant_id, event, NOW + timedelta(seconds=number, microseconds=number)
