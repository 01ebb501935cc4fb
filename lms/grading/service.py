"""Score an attempt, and write a revision of its grade: the one way by which a grade comes to stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import asyncpg

from lms import outbox
from lms.assessments import store as assessments
from lms.assessments.model import Settings
from lms.attempts.attempt import Step, after
from lms.attempts.model import Pin
from lms.errors import NotFound
from lms.events import AnyEvent, AttemptGraded, AttemptReleased, ItemOutcome
from lms.grading import combining, regrade_store, scorers, sources, store
from lms.grading.model import NO_KEY, Answer, Asked, Cause, Grade, ItemGrade, Mark
from lms.grading.store import Graded
from lms.ids import UserId
from lms.questions import store as bank


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a revision stands on beside its items; `has_late` when an answer that came late is among those that count."""

    attempt: Graded
    settings: Settings
    has_late: bool

    @property
    def penalty_percent(self) -> int:
        """What lateness takes away."""
        return self.settings.late_penalty_percent if self.has_late else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A revision that is to be written: the id of its cause makes that it is written once."""

    cause: Cause
    cause_id: str
    items: list[ItemGrade]
    scorer_version: int
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

    def asked(self, pin: Pin) -> Asked:
        """The item as it was asked, with the key that is in force."""
        own = self.versions[pin.question_id, pin.version]
        number = self.key_version(pin)
        key = own.key if number == NO_KEY else self.versions[pin.question_id, number].key
        return Asked(kind=own.kind, content=own.content, key=key)

    @property
    def basis(self) -> Basis:
        """What its revisions stand on."""
        late = combining.has_late(self.answers)
        return Basis(attempt=self.attempt, settings=self.settings, has_late=late)


async def score_attempt(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, now: datetime
) -> Grade | None:
    """Score what was handed in; None when there is nothing to score: it is not there, is open, or was scored by another."""
    attempt = await store.attempt(connection, tenant_id, attempt_id, lock=True)
    if attempt is None or attempt.state != "submitted":
        return None
    case = await read_case(connection, tenant_id, attempt)
    submission = f"scored {attempt.submitted_at and attempt.submitted_at.isoformat()}"
    marks = await store.marks(connection, tenant_id, attempt_id)
    revision = Revision(
        cause="scored",
        cause_id=str(uuid5(UUID(attempt_id), submission)),
        items=scored_items(case, marks, scorers.CURRENT),
        scorer_version=scorers.CURRENT,
    )
    return await revise(connection, tenant_id, case.basis, revision, now)


async def read_case(connection: asyncpg.Connection, tenant_id: str, attempt: Graded) -> Case:
    """All that the grade of this attempt follows from."""
    attempt_id = attempt.attempt_id
    pins = (await sources.pins(connection, tenant_id, [attempt_id]))[attempt_id]
    keys = await regrade_store.keys_in_force(connection, tenant_id, attempt.assessment_id)
    keys |= await regrade_store.recalled(connection, tenant_id, {pin.question_id for pin in pins})
    wanted = {(pin.question_id, pin.version) for pin in pins}
    wanted |= {(pin.question_id, keys.get(pin.question_id, pin.version)) for pin in pins}
    settings = await settings_of(connection, tenant_id, [attempt])
    return Case(
        attempt=attempt,
        settings=settings[attempt.assessment_id, attempt.assessment_version],
        pins=pins,
        answers=(await sources.answers(connection, tenant_id, [attempt_id]))[attempt_id],
        versions=await sources.versions(connection, tenant_id, wanted),
        keys=keys,
    )


async def settings_of(
    connection: asyncpg.Connection, tenant_id: str, attempts: Sequence[Graded]
) -> dict[tuple[str, int], Settings]:
    """The settings under which each of these was made, by assessment and version."""
    found = dict[tuple[str, int], Settings]()
    for key in {(one.assessment_id, one.assessment_version) for one in attempts}:
        at = await assessments.settings_at(connection, tenant_id, *key)
        if at is None:
            raise NotFound("There is no such version of the assessment.")
        found[key] = at
    return found


def scored_items(case: Case, marks: list[Mark], version: int) -> list[ItemGrade]:
    """Every slot, by this version of the scorer and the marks that count."""
    return [with_marks(_slot(case, pin, version), marks, case.settings) for pin in case.pins]


def _slot(case: Case, pin: Pin, version: int) -> ItemGrade:
    """What a slot earned before anybody has marked it."""
    answer = case.answers.get(pin.item_id)
    key_version = case.key_version(pin)
    if key_version == NO_KEY:
        return combining.recalled(pin, answer)
    return combining.scored(pin, case.asked(pin), key_version, answer, version)


def with_marks(item: ItemGrade, marks: list[Mark], settings: Settings) -> ItemGrade:
    """The item with its marks, if they are all there."""
    rounds = {one.round: one for one in marks if one.item_id == item.item_id}
    return combining.marked(item, rounds, second_round=settings.second_round)


async def revise(
    connection: asyncpg.Connection,
    tenant_id: str,
    basis: Basis,
    revision: Revision,
    now: datetime,
) -> Grade | None:
    """Write the next revision, say that it stands, and tell the readers of events; None when this cause has had its revision.

    The caller holds the lock of the attempt's row.
    """
    attempt = basis.attempt
    grade = _grade(basis, revision, now)
    if not await store.add(connection, tenant_id, grade):
        return None
    state = after(attempt.state, _step(grade))
    await store.move(connection, tenant_id, grade.attempt_id, state, grade.revision)
    labels = await bank.skills_of(connection, tenant_id, {one.question_id for one in grade.items})
    events: list[AnyEvent] = [graded_event(attempt, grade, labels)]
    at_once = grade.complete and basis.settings.release == "at_once"
    if at_once and attempt.released_at is None:
        await store.release(connection, tenant_id, [grade.attempt_id], now)
        events.append(released_event(attempt))
    await outbox.append(connection, tenant_id, events, now)
    return grade


def _step(grade: Grade) -> Step:
    if grade.cause == "scored":
        return "scored" if grade.complete else "scored_in_part"
    return "revised" if grade.complete else "revised_in_part"


def _grade(basis: Basis, revision: Revision, now: datetime) -> Grade:
    earned, possible = combining.total(revision.items, penalty_percent=basis.penalty_percent)
    return Grade(
        attempt_id=basis.attempt.attempt_id,
        revision=basis.attempt.grade_revision + 1,
        scorer_version=revision.scorer_version,
        cause=revision.cause,
        cause_id=revision.cause_id,
        earned_milli=earned,
        possible_milli=possible,
        items=tuple(revision.items),
        by_user=revision.by,
        at=now,
    )


def graded_event(
    attempt: Graded, grade: Grade, labels: Mapping[str, tuple[list[str], int]]
) -> AttemptGraded:
    """What readers hear of a revision: ids and figures, and what each item practises."""
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
                skills=labels[one.question_id][0],
                difficulty=labels[one.question_id][1],
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
