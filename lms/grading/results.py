"""A result for its learner, and what those who mark look at: the list of attempts, and one of them as a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.assessments import store as assessments
from lms.attempts.model import State
from lms.errors import Conflict
from lms.grading import access, books, combining, list_store, service, showing, sources, store
from lms.grading.list_store import Listed
from lms.grading.model import Grade, Mark
from lms.grading.service import Case
from lms.grading.showing import Sheet, Shown
from lms.grading.store import Graded
from lms.identity import Principal
from lms.ids import is_uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result; without a grade while its learner may not see it. `texts` may name pictures."""

    attempt: Graded
    title: str
    grade: Grade | None
    letter: str | None
    items: tuple[Shown, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An attempt to be marked; `differ` are the items whose rounds are far apart.

    `uploads` are the files that it names for answers, each with by when it had to be complete.
    """

    listed: Listed
    items: tuple[Shown, ...]
    marks: tuple[Mark, ...]
    second_round: bool
    differ: tuple[str, ...]
    uploads: dict[str, datetime]
    texts: tuple[str, ...]


def before_release(state: State) -> State:
    """What a learner is told of an attempt that was handed in, however far its grade is."""
    return "submitted" if state in ("marking", "graded") else state


async def result(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Result:
    """The caller's result, of which nothing is shown before it is released."""
    attempt = await access.own_attempt(connection, who, attempt_id)
    assessment = await assessments.get(connection, who.tenant_id, attempt.assessment_id)
    title = "" if assessment is None else assessment.title
    grades = await store.standing(connection, who.tenant_id, [attempt_id])
    if attempt.released_at is None or attempt.state != "graded" or attempt_id not in grades:
        return Result(attempt=attempt, title=title, grade=None, letter=None, items=(), texts=())
    grade = grades[attempt_id]
    case = await service.read_case(connection, who.tenant_id, attempt)
    marks = await store.marks(connection, who.tenant_id, attempt_id)
    sheets = await _sheets(connection, who.tenant_id, case, (marks, grade))
    items = tuple(showing.shown(sheet, case.settings.feedback) for sheet in sheets)
    points = (grade.earned_milli, grade.possible_milli)
    return Result(
        attempt=attempt,
        title=title,
        grade=grade,
        letter=await books.letter_of(connection, who.tenant_id, attempt.course_id, points),
        items=items,
        texts=_texts(items),
    )


async def attempts(
    connection: asyncpg.Connection,
    who: Principal,
    which: tuple[str, str | None],
    page: tuple[tuple[str, str] | None, int],
) -> list[Listed]:
    """The attempts of an assessment for those who mark: `which` is (assessment, state or all)."""
    assessment_id, state = which
    await access.assessment(connection, who, assessment_id, "mark.give")
    return await list_store.attempts(connection, who.tenant_id, assessment_id, state, page)


async def script(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Script:
    """An attempt that was handed in, for somebody who marks."""
    attempt = await access.attempt(connection, who, attempt_id, "mark.give")
    if attempt.state not in ("submitted", "marking", "graded"):
        raise Conflict("The attempt has not been handed in.", code="not_submitted")
    case = await service.read_case(connection, who.tenant_id, attempt)
    marks = await store.marks(connection, who.tenant_id, attempt_id)
    grade = (await store.standing(connection, who.tenant_id, [attempt_id])).get(attempt_id)
    sheets = await _sheets(connection, who.tenant_id, case, (marks, grade))
    items = tuple(showing.shown(sheet, showing.EVERYTHING) for sheet in sheets)
    return Script(
        listed=await list_store.attempt(connection, who.tenant_id, attempt_id),
        items=items,
        marks=tuple(marks),
        second_round=case.settings.second_round,
        differ=tuple(one.item.id for one in sheets if _are_apart(one)),
        uploads=_uploads(sheets),
        texts=_texts(items),
    )


def _are_apart(sheet: Sheet) -> bool:
    rounds = {one.round: one for one in sheet.marks}
    return combining.are_apart(rounds, sheet.item.points_milli)


def _uploads(sheets: Sequence[Sheet]) -> dict[str, datetime]:
    """What is no id at all names no file: an answer may hold any text."""
    return {
        one: sheet.answer.files_until
        for sheet in sheets
        if sheet.item.kind == "file_upload" and sheet.answer is not None
        for one in (sheet.answer.value if isinstance(sheet.answer.value, list) else ())
        if is_uuid7(one)
    }


def _texts(items: Sequence[Shown]) -> tuple[str, ...]:
    """What of the items and their keys may name a picture; not what the learner wrote."""
    return tuple(
        msgspec.json.encode(part).decode()
        for item in items
        for part in (item.item.content, item.key)
        if part is not None
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
