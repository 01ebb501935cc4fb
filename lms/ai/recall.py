"""A batch is taken out of use for good: at once where items are asked, and then step by step where they were."""

from dataclasses import dataclass

import asyncpg

from lms import audit, jobs, outbox
from lms.ai import asking, recall_store, store
from lms.ai.model import Job
from lms.ai.recall_store import Recalled, Use
from lms.assessments import service as assessments
from lms.assessments import store as assessment_store
from lms.attempts.model import Desk
from lms.courses import service as courses
from lms.errors import NotFound
from lms.events import ItemsRecalled
from lms.grading import recalling
from lms.grading.recalling import Recall
from lms.identity import Principal
from lms.ids import JobId, UserId
from lms.questions import store as questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a recall takes out of use, and in which assessments it may have been asked."""

    job_id: str
    course_id: str
    asked_by: str
    question_ids: tuple[str, ...]
    assessment_ids: tuple[str, ...]


async def ask(
    connection: asyncpg.Connection, who: Principal, job_id: str, reason: str, desk: Desk
) -> Job:
    """Take the batch out of use: from this transaction on nobody is asked an item of it. What was asked is revised by a job."""
    job = await asking.get(connection, who, job_id)
    await courses.get(connection, who, job.course_id, "item.recall")
    root = await store.root_of(connection, who.tenant_id, job_id)
    recalled = Recalled(
        job_id=root,
        course_id=job.course_id,
        reason=reason,
        asked_by=who.user_id,
        asked_at=desk.now,
        done_at=None,
        items=0,
        attempts=0,
        learners=0,
        practices=0,
    )
    await asking.end(connection, who.tenant_id, root, ("cancelled", "recalled"), desk.now)
    if await recall_store.add(connection, who.tenant_id, recalled):
        await store.mark_recalled(connection, who.tenant_id, root, desk.now)
        await _out_of_use(connection, who.tenant_id, root, job.course_id, desk)
        await _later(connection, who, root, desk)
    return await asking.get(connection, who, job_id)


async def _out_of_use(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, course_id: str, desk: Desk
) -> list[str]:
    """The items of the batch that are in the bank, in use no more; exams that were not begun are made anew."""
    ids = await recall_store.questions_of(connection, tenant_id, job_id)
    if await questions.recall(connection, tenant_id, ids, desk.now):
        await assessments.bank_changed(connection, tenant_id, course_id, desk.new_id, desk.now)
    return ids


async def _later(connection: asyncpg.Connection, who: Principal, job_id: str, desk: Desk) -> None:
    work = jobs.Job(
        job_id=JobId(desk.new_id()),
        kind="items.recall",
        tenant_id=who.tenant_id,
        subject_id=job_id,
    )
    await jobs.enqueue(connection, work, desk.now)
    entry = audit.Entry(
        audit_id=desk.new_id(), user_id=who.user_id, action="recall.asked", subject_id=job_id
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)


# --- What it touched -------------------------------------------------------------------------------


async def get(connection: asyncpg.Connection, who: Principal, job_id: str) -> Recalled:
    """A recall, for those who may ask for one in its course."""
    await asking.get(connection, who, job_id)
    root = await store.root_of(connection, who.tenant_id, job_id)
    found = await recall_store.get(connection, who.tenant_id, root)
    if found is None:
        raise NotFound("This batch was not recalled.")
    return found


async def uses(
    connection: asyncpg.Connection,
    who: Principal,
    job_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Use]:
    """The attempts and lessons that a recall touched, by the names of their learners."""
    found = await get(connection, who, job_id)
    return await recall_store.uses(connection, (who.tenant_id, found.job_id), after, limit)


# --- The job ---------------------------------------------------------------------------------------


async def take_out(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, desk: Desk
) -> Taken | None:
    """What of the batch was staged goes nowhere, what came into the bank meanwhile goes out of use, and readers hear of it once."""
    recalled = await recall_store.get(connection, tenant_id, job_id)
    if recalled is None:
        return None
    # Staged items first, then their job: in the order in which the ingest and reviewers lock them.
    await recall_store.withdraw_staged(connection, tenant_id, job_id, desk.now)
    await store.root_of(connection, tenant_id, job_id)
    ids = await _out_of_use(connection, tenant_id, job_id, recalled.course_id, desk)
    await recall_store.mark_cards(connection, tenant_id, job_id, desk.now)
    await recall_store.add_answered(connection, tenant_id, job_id, ids)
    if await recall_store.set_items(connection, tenant_id, job_id, len(ids)):
        news = ItemsRecalled(job_id=job_id, course_id=recalled.course_id, question_ids=ids)
        await outbox.append(connection, tenant_id, [news], desk.now)
    return Taken(
        job_id=job_id,
        course_id=recalled.course_id,
        asked_by=recalled.asked_by,
        question_ids=tuple(ids),
        assessment_ids=tuple(
            await assessment_store.ids_of_course(connection, tenant_id, recalled.course_id)
        ),
    )


async def score_batch(
    connection: asyncpg.Connection,
    tenant_id: str,
    taken: Taken,
    page: tuple[str, str | None],
    desk: Desk,
) -> str | None:
    """Revise the next attempts of an assessment; `page` is (assessment, after). The id to go on from, None at the end."""
    assessment_id, after = page
    recall = Recall(
        recall_id=taken.job_id,
        question_ids=frozenset(taken.question_ids),
        by=UserId(taken.asked_by),
    )
    touched, last = await recalling.batch(
        connection, tenant_id, assessment_id, recall, (after, desk.now)
    )
    which = (taken.job_id, assessment_id)
    await recall_store.add_attempts(connection, tenant_id, which, touched)
    return last


async def finish(connection: asyncpg.Connection, tenant_id: str, taken: Taken, desk: Desk) -> None:
    """All is revised: the figures are written down with who asked for it."""
    if not await recall_store.end(connection, tenant_id, taken.job_id, desk.now):
        return
    found = await recall_store.get(connection, tenant_id, taken.job_id)
    assert found is not None, "it was there to be ended"
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=taken.asked_by,
        action="recall.done",
        subject_id=taken.job_id,
        data={
            "items": found.items,
            "attempts": found.attempts,
            "learners": found.learners,
            "practices": found.practices,
        },
    )
    await audit.note(connection, tenant_id, entry, desk.now)
