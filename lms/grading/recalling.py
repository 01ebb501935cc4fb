"""Items that were recalled count in full for everybody who was asked them: grades that stand are revised, others will be scored so."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.attempts.model import Pin
from lms.attempts.model import State as AttemptState
from lms.grading import combining, regrade_store, service, sources, store
from lms.grading.model import Answer, Grade, ItemGrade
from lms.grading.service import Basis, Revision
from lms.grading.store import Graded
from lms.ids import UserId

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What was taken out of use by whom; a grade knows by the id that it was revised for it."""

    recall_id: str
    question_ids: Collection[str]
    by: UserId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """An attempt that asks a recalled item; it has no points before it is scored."""

    attempt_id: str
    user_id: str
    state: AttemptState
    before_milli: int | None
    after_milli: int | None


async def batch(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    recall: Recall,
    page: tuple[str | None, datetime],
) -> tuple[list[Touched], str | None]:
    """The next attempts of an assessment that ask a recalled item, revised; `page` is (after, now). And where to go on.

    The questions are recalled by now, so that what is scored from here on is scored so; what is being scored is waited for.
    """
    after, now = page
    which = (assessment_id, recall.question_ids)
    ids = await regrade_store.asking(connection, tenant_id, which, (after, BATCH))
    attempts = await store.attempts(connection, tenant_id, ids, lock=True)
    scored = [one for one in attempts if one.state in ("marking", "graded")]
    grades = await store.standing(connection, tenant_id, [one.attempt_id for one in scored])
    answers = await sources.answers(connection, tenant_id, [one.attempt_id for one in scored])
    settings = await service.settings_of(connection, tenant_id, scored)
    touched = list[Touched]()
    for attempt in attempts:
        grade = grades.get(attempt.attempt_id)
        if grade is None:
            touched.append(_touched(attempt, None, None))
            continue
        given = answers[attempt.attempt_id]
        basis = Basis(
            attempt=attempt,
            settings=settings[attempt.assessment_id, attempt.assessment_version],
            has_late=combining.has_late(given),
        )
        revised = await _revised(connection, tenant_id, (basis, grade, given), recall, now)
        touched.append(_touched(attempt, grade, revised))
    return touched, ids[-1] if len(ids) == BATCH else None


def _touched(attempt: Graded, before: Grade | None, after: Grade | None) -> Touched:
    return Touched(
        attempt_id=attempt.attempt_id,
        user_id=attempt.user_id,
        state=attempt.state,
        before_milli=None if before is None else before.earned_milli,
        after_milli=None if after is None else after.earned_milli,
    )


async def _revised(
    connection: asyncpg.Connection,
    tenant_id: str,
    stands: tuple[Basis, Grade, dict[str, Answer]],
    recall: Recall,
    now: datetime,
) -> Grade:
    """The grade with its recalled items counted in full; the one that stands, where they are counted so."""
    basis, grade, given = stands
    items = [_item(one, recall, given) for one in grade.items]
    if items == list(grade.items):
        return grade
    revision = Revision(
        cause="regraded",
        cause_id=recall.recall_id,
        items=items,
        scorer_version=grade.scorer_version,
        by=recall.by,
    )
    return await service.revise(connection, tenant_id, basis, revision, now) or grade


def _item(item: ItemGrade, recall: Recall, given: dict[str, Answer]) -> ItemGrade:
    if item.question_id not in recall.question_ids:
        return item
    pin = Pin(
        item_id=item.item_id,
        question_id=item.question_id,
        version=item.version,
        kind=item.kind,
        points_milli=item.possible_milli,
    )
    return combining.recalled(pin, given.get(item.item_id))
