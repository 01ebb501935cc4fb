"""What some learners of the demo school practised in its last days, so that the skills of the class have something to show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import asyncpg

from lms.adaptive import mixer
from lms.adaptive.model import Chosen, Reason
from lms.attempts.values import kept
from lms.courses import store as courses
from lms.events import PracticeAnswered
from lms.grading import scorers
from lms.ids import RANDOM_BYTES, uuid7
from lms.practice import answering, showing, store
from lms.practice.checking import checked
from lms.practice.model import POSSIBLE_MILLI, Practice, Sheet
from lms.questions import store as questions
from lms.questions.model import Listed, Question
from server.demo import demo_id
from signaling.context import Database

# How many days ago, and which items of the bank: those that have one right option.
LESSONS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (5, ("What a wave carries", "What sound is", "What pitch is", "The equation of every wave")),
    (2, ("Period and frequency", "A room that rings", "The equation of every wave")),
    (1, ("Sound on a hot day", "What pitch is", "What a wave carries", "What sound is")),
)
ANSWER_EACH = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Learner:
    """Gets items right up to this difficulty; of the one skill they get none."""

    account: str
    reach: int
    weak: str = ""


LEARNERS = (
    Learner("student5", 90),
    Learner("student6", 40, "sound"),
    Learner("student7", 50, "wave speed"),
    Learner("student8", 30, "sound"),
    Learner("student10", 60),
    Learner("student11", 25, "sound"),
    Learner("student12", 40, "wave basics"),
    Learner("student14", 100),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An item, and what of it is shown."""

    item: Question
    sheet: Sheet


async def practise(database: Database, tenant_id: str, now: datetime) -> None:
    """Their lessons, once: the ids of these are of the moment in which the course was founded."""
    async with database.transaction(tenant_id) as connection:
        place = (tenant_id, demo_id("teacher"), demo_id("course"))
        course = await courses.get(connection, *place, lock=True)
        assert course is not None, "the demo school is there"
        told = await _told(connection, tenant_id)
        first = _id(course.created_at, LEARNERS[0].account, 0)
        user_id = demo_id(LEARNERS[0].account)
        # Whoever runs the school may have changed its bank since.
        if not told or await store.get(connection, tenant_id, user_id, first) is not None:
            return
        rows: list[answering.Row] = []
        for number, (days, titles) in enumerate(LESSONS):
            at = now - timedelta(days=days)
            for learner in LEARNERS:
                asked = [told[one] for one in titles]
                lesson = _lesson(learner, number, asked, (course.created_at, at))
                await store.add(connection, tenant_id, lesson)
                rows += _answers(tenant_id, learner, lesson, asked)
        await answering.flush(connection, rows)


async def _told(connection: asyncpg.Connection, tenant_id: str) -> dict[str, Told]:
    """The items by title; none if one of them is gone."""
    titles = {title for _, titles in LESSONS for title in titles}
    ids = [demo_id(f"question {title}") for title in titles]
    found = await questions.get_all(connection, tenant_id, ids)
    seed = await store.seed(connection, tenant_id)
    if len(found) < len(ids) or any(
        one.listed.labels.state != "published" for one in found.values()
    ):
        return {}
    return {
        one.listed.labels.title: Told(item=one, sheet=_sheet(seed, one)) for one in found.values()
    }


def _sheet(seed: str, one: Question) -> Sheet:
    listed = one.listed
    version = (listed.question_id, listed.version)
    return showing.sheet(seed, version, (listed.kind, one.content, one.key))


def _id(founded_at: datetime, *names: object) -> str:
    chance = sha256(repr(names).encode()).digest()[:RANDOM_BYTES]
    return uuid7(round(founded_at.timestamp() * 1000), chance)


def _lesson(
    learner: Learner, number: int, told: list[Told], at: tuple[datetime, datetime]
) -> Practice:
    founded_at, begun_at = at
    return Practice(
        practice_id=_id(founded_at, learner.account, number),
        course_id=demo_id("course"),
        user_id=demo_id(learner.account),
        path="cold",
        items=tuple(
            _chosen(one.item.listed, _id(founded_at, learner.account, number, place))
            for place, one in enumerate(told)
        ),
        answered=0,
        created_at=begun_at,
        finished_at=None,
    )


def _chosen(listed: Listed, item_id: str) -> Chosen:
    skills, difficulty = tuple(listed.labels.skills), listed.labels.difficulty
    return Chosen(
        item_id=item_id,
        question_id=listed.question_id,
        version=listed.version,
        skills=skills,
        difficulty=difficulty,
        reason=Reason(why="at_level"),
        chance_milli=round(mixer.chance({}, skills, difficulty) * 1000),
    )


def _answers(
    tenant_id: str, learner: Learner, lesson: Practice, told: list[Told]
) -> list[answering.Row]:
    rows = []
    at = lesson.created_at
    for chosen, one in zip(lesson.items, told, strict=True):
        at += ANSWER_EACH
        value = _given(learner, chosen, one.sheet)
        earned = checked(one.sheet, value).earned_milli
        event = _event(lesson, chosen, earned)
        rows.append(
            answering.Row(tenant_id, 1, kept(value)[1], scorers.CURRENT, earned, at, event)
        )
    return rows


def _given(learner: Learner, chosen: Chosen, sheet: Sheet) -> str:
    """The right option if they know it, else the first that is not."""
    [right] = showing.key_shown(sheet.key, sheet.shown.content, sheet.shown.names).correct
    if chosen.difficulty <= learner.reach and learner.weak not in chosen.skills:
        return right
    return next(one.id for one in sheet.shown.content.options if one.id != right)


def _event(lesson: Practice, chosen: Chosen, earned_milli: int) -> PracticeAnswered:
    return PracticeAnswered(
        user_id=lesson.user_id,
        course_id=lesson.course_id,
        source_id=lesson.practice_id,
        item_id=chosen.item_id,
        question_id=chosen.question_id,
        version=chosen.version,
        skills=list(chosen.skills),
        difficulty=chosen.difficulty,
        share_milli=earned_milli * 1000 // POSSIBLE_MILLI,
    )
