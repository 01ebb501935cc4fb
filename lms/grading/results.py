"""A result for its learner, and a script for who marks it: both read the same attempt."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from lms.assessments import store as assessments
from lms.grading import access, service, showing, sources, store
from lms.grading.model import Grade, Mark
from lms.grading.service import Case
from lms.grading.showing import Sheet, Shown
from lms.grading.store import Graded
from lms.identity import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result; without a grade while its learner may not see it."""

    attempt: Graded
    title: str
    grade: Grade | None
    items: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An attempt to be marked, with everything that marking needs."""

    attempt: Graded
    case: Case
    items: tuple[Shown, ...]
    marks: tuple[Mark, ...]


async def result(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Result:
    """The caller's result, of which nothing is shown before it is released."""
    attempt = await access.own_attempt(connection, who, attempt_id)
    assessment = await assessments.get(connection, who.tenant_id, attempt.assessment_id)
    title = "" if assessment is None else assessment.title
    if attempt.released_at is None or attempt.state != "graded":
        return Result(attempt=attempt, title=title, grade=None, items=())
    case = await service.read_case(connection, who.tenant_id, attempt)
    marks = await store.marks(connection, who.tenant_id, attempt_id)
    grade = (await store.standing(connection, who.tenant_id, [attempt_id])).get(attempt_id)
    sheets = await _sheets(connection, who.tenant_id, case, (marks, grade))
    feedback = case.settings.feedback
    return Result(
        attempt=attempt,
        title=title,
        grade=grade,
        items=tuple(showing.shown(sheet, feedback) for sheet in sheets),
    )


async def script(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Script:
    """An attempt that was handed in, for somebody who marks."""
    attempt = await access.attempt(connection, who, attempt_id, "mark.give")
    case = await service.read_case(connection, who.tenant_id, attempt)
    marks = await store.marks(connection, who.tenant_id, attempt_id)
    grade = (await store.standing(connection, who.tenant_id, [attempt_id])).get(attempt_id)
    sheets = await _sheets(connection, who.tenant_id, case, (marks, grade))
    return Script(
        attempt=attempt,
        case=case,
        items=tuple(showing.shown(sheet, showing.EVERYTHING) for sheet in sheets),
        marks=tuple(marks),
    )


async def _sheets(
    connection: asyncpg.Connection,
    tenant_id: str,
    case: Case,
    given: tuple[Sequence[Mark], Grade | None],
) -> list[Sheet]:
    """The items of the paper in its order."""
    marks, grade = given
    paper = await sources.paper(connection, tenant_id, case.attempt.attempt_id)
    earned = {one.item_id: one for one in grade.items} if grade else {}
    pins = {pin.item_id: pin for pin in case.pins}
    return [
        Sheet(
            item=item,
            answer=case.answers.get(item.id),
            grade=earned.get(item.id),
            key=case.asked(pins[item.id]).key,
            marks=tuple(one for one in marks if one.item_id == item.id),
        )
        for item in paper.items
    ]
