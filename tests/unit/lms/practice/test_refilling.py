"""The next lessons of a learner: what waits on behind a new one after a quiz, and what does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lms.adaptive.model import Candidate, Met, Source
from lms.adaptive.needs import Learner, Wish
from lms.adaptive.shelf import shelved
from lms.ids import uuid7
from lms.practice import refilling, wire
from lms.practice.refilling import Bank

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
WISH = Wish()


def item(number: int) -> Candidate:
    return Candidate(
        question_id=f"q{number:04}",
        version=1,
        skills=(f"skill {number % 5}",),
        level=1,
        language="en",
        difficulty=number * 37 % 101,
        family=f"item {number}",
        given=0,
    )


def met(number: int, *, minutes: float = 1, source: Source = "quiz") -> Met:
    at = NOW - timedelta(minutes=minutes)
    return Met(
        question_id=f"q{number:04}", skills=("skill 1",), source=source, share_milli=0, at=at
    )


def waiting(*numbers: int, hours: float = 1) -> wire.Batch:
    """A lesson of these items that was chosen so many hours ago."""
    at = NOW - timedelta(hours=hours)
    return wire.Batch(
        uuid7(int(at.timestamp() * 1000), bytes(10)),
        [wire.version_of(f"q{number:04}", 1) for number in numbers],
        [b"{}" for _ in numbers],
    )


LEARNER = Learner(user_id="someone", states={}, now=NOW, met=(met(900),))


def test_after_a_quiz_the_last_lesson_that_waits_may_wait_on() -> None:
    assert refilling.stays(LEARNER, waiting(1, 2, 3))


@pytest.mark.parametrize(
    ("learner", "last"),
    [
        (replace(LEARNER, met=()), waiting(1)),
        (replace(LEARNER, met=(met(900, source="practice"),)), waiting(1)),
        (replace(LEARNER, assigned={"skill 1": 3}), waiting(1)),
        (replace(LEARNER, barred=frozenset({"q0001"})), waiting(1)),
        (LEARNER, waiting(1, 900)),
        (LEARNER, waiting(1, hours=25)),
        (LEARNER, waiting(1, hours=0)),
    ],
    ids=[
        "nothing was met",
        "something else than a quiz was met last",
        "a teacher wants something",
        "an exam asks an item of it",
        "an item of it was met since",
        "it is of yesterday",
        "it was chosen after the quiz",
    ],
)
def test_whatever_else_has_changed_all_lessons_are_chosen_anew(
    learner: Learner, last: wire.Batch
) -> None:
    assert not refilling.stays(learner, last)


def test_the_new_lesson_has_nothing_of_the_one_that_waits_on_behind_it() -> None:
    bank = Bank(shelved(item(number) for number in range(200)))
    last = waiting(*range(20))
    [first], stays = refilling.chosen(LEARNER, last, bank, WISH)
    assert stays
    assert len(first) == WISH.items
    assert not {one.item.question_id for one in first} & {f"q{number:04}" for number in range(20)}
    assert first[0].reason.why == "class_quiz"
    assert bank.given.total() == WISH.items


@pytest.mark.parametrize("items", [19, 30])
def test_in_a_bank_too_small_for_both_the_lesson_that_waits_makes_room(items: int) -> None:
    bank = Bank(shelved(item(number) for number in range(items)))
    picked, stays = refilling.chosen(LEARNER, waiting(*range(19)), bank, WISH)
    assert not stays
    assert (
        picked == refilling.chosen(LEARNER, None, replace(bank, given=type(bank.given)()), WISH)[0]
    )
