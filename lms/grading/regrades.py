"""Score an item of an assessment by the key of another version: whom it would change, and then, batch by batch, the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms import audit, jobs
from lms.attempts.model import Desk
from lms.errors import Conflict, NotFound
from lms.grading import (
    access,
    combining,
    list_store,
    regrade_store,
    regrading,
    service,
    sources,
    store,
)
from lms.grading.model import Grade, ItemGrade, Regrade
from lms.grading.service import Basis, Revision
from lms.grading.store import Graded
from lms.identity import Principal
from lms.ids import AssessmentId, JobId, QuestionId

BATCH = 200
SHOWN_MAX = 2_000

Wanted = tuple[str, int]  # question, version of the key


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a regrade makes of one attempt."""

    attempt_id: str
    user_id: str
    name: str
    before_milli: int
    after_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """Whom a regrade changes (the first 2,000 of them are listed), and how many stay as they are."""

    changed: tuple[Change, ...]
    changed_count: int
    unchanged: int


async def preview(
    connection: asyncpg.Connection, who: Principal, assessment_id: str, wanted: Wanted
) -> Preview:
    """Whom the regrade would change, and by how much; nothing is written."""
    await access.assessment(connection, who, assessment_id, "grade.edit")
    await _check(connection, who.tenant_id, assessment_id, wanted)
    changed, unchanged = list[_Made](), 0
    after: str | None = None
    while True:
        ids = await regrade_store.asked(
            connection, who.tenant_id, (assessment_id, wanted[0]), (after, BATCH)
        )
        batch = await store.attempts(connection, who.tenant_id, ids, lock=False)
        for made in await _anew(connection, who.tenant_id, batch, wanted):
            if made.changes:
                changed.append(made)
            else:
                unchanged += 1
        if len(ids) < BATCH:
            break
        after = ids[-1]
    shown = changed[:SHOWN_MAX]
    names = await list_store.names(
        connection, who.tenant_id, [one.basis.attempt.user_id for one in shown]
    )
    return Preview(
        changed=tuple(_change(one, names) for one in shown),
        changed_count=len(changed),
        unchanged=unchanged,
    )


def _change(made: "_Made", names: Mapping[str, str]) -> Change:
    attempt = made.basis.attempt
    return Change(
        attempt_id=attempt.attempt_id,
        user_id=attempt.user_id,
        name=names.get(attempt.user_id, ""),
        before_milli=made.grade.earned_milli,
        after_milli=made.earned_milli,
    )


async def create(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    wanted: Wanted,
    desk: Desk,
) -> Regrade:
    """Put the key in force from now on, and ask for the grades that stand to be made anew."""
    await access.assessment(connection, who, assessment_id, "grade.edit")
    await _check(connection, who.tenant_id, assessment_id, wanted)
    regrade = Regrade(
        regrade_id=desk.new_id(),
        assessment_id=AssessmentId(assessment_id),
        question_id=QuestionId(wanted[0]),
        key_version=wanted[1],
        state="running",
        changed=0,
        unchanged=0,
        created_at=desk.now,
        done_at=None,
    )
    await regrade_store.add(connection, who.tenant_id, regrade, who.user_id)
    job = jobs.Job(
        job_id=JobId(desk.new_id()),
        kind="regrade.apply",
        tenant_id=who.tenant_id,
        subject_id=regrade.regrade_id,
    )
    await jobs.enqueue(connection, job, desk.now)
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action="regrade.asked",
        subject_id=assessment_id,
        data={"question_id": wanted[0], "key_version": wanted[1]},
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)
    return regrade


async def get(connection: asyncpg.Connection, who: Principal, regrade_id: str) -> Regrade:
    """How far a regrade is."""
    found = await regrade_store.get(connection, who.tenant_id, regrade_id)
    if found is None:
        raise NotFound("There is no such regrade.")
    try:
        await access.assessment(connection, who, found.assessment_id, "grade.see")
    except NotFound:
        raise NotFound("There is no such regrade.") from None
    return found


async def apply_batch(
    connection: asyncpg.Connection,
    tenant_id: str,
    regrade_id: str,
    after: str | None,
    now: datetime,
) -> str | None:
    """Carry out the next attempts after an id, in one transaction: the id to go on from, or None when all are done.

    Begun again from the first after it was killed it changes nothing twice: a grade knows which regrade it came from. The keys
    are those in force now, so that of two regrades of one question the later one stands, in whatever order they are carried out.
    """
    regrade = await regrade_store.get(connection, tenant_id, regrade_id)
    if regrade is None or regrade.state != "running":
        return None
    assessment_id, question_id = regrade.assessment_id, regrade.question_id
    keys = await regrade_store.keys_in_force(connection, tenant_id, assessment_id)
    ids = await regrade_store.asked(
        connection, tenant_id, (assessment_id, question_id), (after, BATCH)
    )
    # Locked before it is read: what is being scored by the key of before is waited for, and then not overlooked.
    batch = await store.attempts(connection, tenant_id, ids, lock=True)
    done = await store.has_cause(connection, tenant_id, regrade_id, ids)
    todo = [one for one in batch if one.attempt_id not in done]
    wanted = (question_id, keys.get(question_id, regrade.key_version))
    made = await _anew(connection, tenant_id, todo, wanted)
    for one in made:
        revision = Revision(
            cause="regraded",
            cause_id=regrade_id,
            items=one.items,
            scorer_version=one.grade.scorer_version,
        )
        await service.revise(connection, tenant_id, one.basis, revision, now)
    changed = sum(one.changes for one in made)
    await regrade_store.count(connection, tenant_id, regrade_id, changed, len(made) - changed)
    if len(ids) == BATCH:
        return ids[-1]
    await regrade_store.end(connection, tenant_id, regrade_id, now)
    return None


async def _check(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, wanted: Wanted
) -> None:
    """Raise unless the key is there and fits each version of the item that was asked."""
    question_id, key_version = wanted
    if await regrade_store.recalled(connection, tenant_id, {question_id}):
        raise Conflict("The question was recalled: it counts for everybody.", code="item_recalled")
    asked = await regrade_store.asked_versions(connection, tenant_id, assessment_id, question_id)
    if not asked:
        raise Conflict("Nobody was asked this in this assessment.", code="item_not_asked")
    versions = await sources.versions(
        connection, tenant_id, [(question_id, one) for one in {*asked, key_version}]
    )
    if wanted not in versions:
        raise NotFound("There is no such version of the question.", code="key_version_unknown")
    for version in asked:
        regrading.check_fits(versions[question_id, version], versions[wanted])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What the key makes of one attempt."""

    basis: Basis
    grade: Grade
    items: list[ItemGrade]
    earned_milli: int

    @property
    def changes(self) -> bool:
        return self.earned_milli != self.grade.earned_milli


async def _anew(
    connection: asyncpg.Connection, tenant_id: str, attempts: Sequence[Graded], wanted: Wanted
) -> list[_Made]:
    """What the key makes of each attempt that has been scored; the others will be scored by it."""
    scored = [one for one in attempts if one.state in ("marking", "graded")]
    ids = [one.attempt_id for one in scored]
    grades = await store.standing(connection, tenant_id, ids)
    answers = await sources.answers(connection, tenant_id, ids)
    pinned = {
        (item.question_id, item.version)
        for grade in grades.values()
        for item in grade.items
        if item.question_id == wanted[0]
    }
    versions = await sources.versions(connection, tenant_id, {*pinned, wanted})
    settings = await service.settings_of(connection, tenant_id, scored)
    made = []
    for attempt in scored:
        grade, given = grades[attempt.attempt_id], answers[attempt.attempt_id]
        items = regrading.anew(grade.items, (*wanted, versions), given, grade.scorer_version)
        basis = Basis(
            attempt=attempt,
            settings=settings[attempt.assessment_id, attempt.assessment_version],
            has_late=combining.has_late(given),
        )
        earned, _ = combining.total(items, penalty_percent=basis.penalty_percent)
        made.append(_Made(basis=basis, grade=grade, items=items, earned_milli=earned))
    return made
