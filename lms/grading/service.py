"""Score an attempt, and write a revision of its grade: the one way by which a grade comes to stand."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from lms import outbox
from lms.assessments.model import Settings
from lms.attempts.model import Pin, State
from lms.events import AnyEvent, AttemptGraded, AttemptReleased, ItemOutcome
from lms.grading import combining, scorers, sources, store
from lms.grading.model import Answer, Asked, Cause, Grade, ItemGrade, Mark
from lms.grading.store import Graded
from lms.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why a revision is written: its id makes that it is written once."""

    cause: Cause
    cause_id: str
    by: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A submitted attempt with all that its grade follows from."""

    attempt: Graded
    settings: Settings
    pins: list[Pin]
    answers: dict[str, Answer]
    versions: sources.Versions
    keys: dict[str, int]  # question id to the version whose key is in force instead of its own

    def key_version(self, pin: Pin) -> int:
        """The version whose key scores this slot."""
        return self.keys.get(pin.question_id, pin.version)


async def score_attempt(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, now: datetime
) -> Grade | None:
    """Score what was handed in; None when there is nothing to score: it is not there, is open, or was scored by another."""
    attempt = await store.attempt(connection, tenant_id, attempt_id, lock=True)
    if attempt is None or attempt.state != "submitted":
        return None
    case = await read_case(connection, tenant_id, attempt)
    submission = f"scored {attempt.submitted_at and attempt.submitted_at.isoformat()}"
    because = Because(cause="scored", cause_id=str(uuid5(UUID(attempt_id), submission)))
    marks = await store.marks(connection, tenant_id, attempt_id)
    items = scored_items(case, marks, scorers.CURRENT)
    return await revise(connection, tenant_id, (case, because), items, now)


async def read_case(connection: asyncpg.Connection, tenant_id: str, attempt: Graded) -> Case:
    """All that the grade of this attempt follows from."""
    attempt_id = attempt.attempt_id
    pins = (await sources.pins(connection, tenant_id, [attempt_id]))[attempt_id]
    keys = await store.keys_in_force(connection, tenant_id, attempt.assessment_id)
    wanted = {(pin.question_id, pin.version) for pin in pins}
    wanted |= {(pin.question_id, keys.get(pin.question_id, pin.version)) for pin in pins}
    return Case(
        attempt=attempt,
        settings=await sources.settings(
            connection, tenant_id, attempt.assessment_id, attempt.assessment_version
        ),
        pins=pins,
        answers=(await sources.answers(connection, tenant_id, [attempt_id]))[attempt_id],
        versions=await sources.versions(connection, tenant_id, wanted),
        keys=keys,
    )


def scored_items(case: Case, marks: list[Mark], version: int) -> list[ItemGrade]:
    """Every slot, by this version of the scorer and the marks that count."""
    return [
        with_marks(
            combining.scored(
                pin,
                asked_of(case, pin),
                case.key_version(pin),
                case.answers.get(pin.item_id),
                version,
            ),
            marks,
            case.settings,
        )
        for pin in case.pins
    ]


def asked_of(case: Case, pin: Pin) -> Asked:
    """The item as it was asked, with the key that is in force."""
    own = case.versions[pin.question_id, pin.version]
    key = case.versions[pin.question_id, case.key_version(pin)].key
    return Asked(kind=own.kind, content=own.content, key=key)


def with_marks(item: ItemGrade, marks: list[Mark], settings: Settings) -> ItemGrade:
    """The item with its marks, if they are all there."""
    rounds = {one.round: one for one in marks if one.item_id == item.item_id}
    return combining.marked(item, rounds, second_round=settings.second_round)


async def revise(
    connection: asyncpg.Connection,
    tenant_id: str,
    why: tuple[Case, Because],
    items: list[ItemGrade],
    now: datetime,
    scorer_version: int = scorers.CURRENT,
) -> Grade | None:
    """Write the next revision, say that it stands, and tell the readers of events; None when this cause has had its revision."""
    case, because = why
    percent = combining.penalty(case.answers, case.settings.late_penalty_percent)
    earned, possible = combining.total(items, penalty_percent=percent)
    grade = Grade(
        attempt_id=case.attempt.attempt_id,
        revision=case.attempt.grade_revision + 1,
        scorer_version=scorer_version,
        cause=because.cause,
        cause_id=because.cause_id,
        earned_milli=earned,
        possible_milli=possible,
        items=tuple(items),
        by_user=because.by,
        at=now,
    )
    if not await store.add(connection, tenant_id, grade):
        return None
    state: State = "graded" if grade.complete else "marking"
    await store.move(connection, tenant_id, grade.attempt_id, state, grade.revision)
    events: list[AnyEvent] = [graded_event(case.attempt, grade)]
    at_once = grade.complete and case.settings.release == "at_once"
    if at_once and case.attempt.released_at is None:
        await store.release(connection, tenant_id, [grade.attempt_id], now)
        events.append(released_event(case.attempt))
    await outbox.append(connection, tenant_id, events, now)
    return grade


def graded_event(attempt: Graded, grade: Grade) -> AttemptGraded:
    """What readers hear of a revision: ids and figures."""
    return AttemptGraded(
        attempt_id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        course_id=attempt.course_id,
        user_id=attempt.user_id,
        number=attempt.number,
        revision=grade.revision,
        cause=grade.cause,
        complete=grade.complete,
        earned_milli=grade.earned_milli,
        possible_milli=grade.possible_milli,
        items=[
            ItemOutcome(
                item_id=one.item_id,
                question_id=one.question_id,
                version=one.version,
                earned_milli=one.earned_milli,
                possible_milli=one.possible_milli,
            )
            for one in grade.items
        ],
    )


def released_event(attempt: Graded) -> AttemptReleased:
    """What readers hear of a release."""
    return AttemptReleased(
        attempt_id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        course_id=attempt.course_id,
        user_id=attempt.user_id,
    )
