"""Results, marking, release and regrades."""

from typing import get_args

import asyncpg

from lms.grading import books, handed, list_store, marking, regrades, releasing, results
from lms.grading.list_store import Listed
from lms.grading.model import Mark, Regrade
from lms.grading.regrades import Change
from lms.grading.showing import Shown
from lms.grading.statistics import Statistics
from server.problems import Refusal
from server.rest import exam_shapes as exams
from server.rest import grade_shapes as shapes
from server.rest import pages, pictures
from server.rest.call import Answer, Call
from server.rest.idempotency import once

# --- Results -----------------------------------------------------------------------------------


def _item(one: Shown) -> shapes.ItemResult:
    return shapes.ItemResult(
        item=one.item,
        value=one.value,
        earned_milli=one.earned_milli,
        possible_milli=one.possible_milli,
        reason=one.reason,
        correct=one.correct,
        key=one.key,
        comment=one.comment,
        criteria=one.criteria,
    )


async def get_result(call: Call[None]) -> Answer:
    """The caller's own result: nothing before it is released, then what the settings show."""
    async with call.read() as connection:
        found = await results.result(connection, call.principal, call.params["attempt_id"])
    attempt, grade = found.attempt, found.grade
    body = shapes.Result(
        attempt_id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        title=found.title,
        number=attempt.number,
        state=attempt.state if grade else results.before_release(attempt.state),
        released=grade is not None,
        late=attempt.late,
        submitted_at=attempt.submitted_at,
        earned_milli=None if grade is None else grade.earned_milli,
        possible_milli=None if grade is None else grade.possible_milli,
        letter=found.letter,
        items=[_item(one) for one in found.items],
        pictures=dict(await pictures.addresses(call, found.texts)),
    )
    return Answer(body=body)


# --- Marking -----------------------------------------------------------------------------------


def _mark(one: Mark) -> shapes.Mark:
    return shapes.Mark(
        item_id=one.item_id,
        round=one.round,
        marker=one.marker,
        marker_name=one.marker_name,
        earned_milli=one.earned_milli,
        criteria=one.criteria,
        comment=one.comment,
        version=one.version,
        at=one.at,
    )


def _line(one: Listed) -> shapes.AttemptLine:
    attempt = one.attempt
    return shapes.AttemptLine(
        id=attempt.attempt_id,
        user_id=attempt.user_id,
        name=one.name,
        number=attempt.number,
        state=attempt.state,
        submitted_at=attempt.submitted_at,
        submitted_by=one.submitted_by,
        late=attempt.late,
        late_answers=one.late_answers,
        count_late=attempt.late_until is not None,
        to_mark=one.to_mark,
        earned_milli=one.earned_milli,
        possible_milli=one.possible_milli,
        released=attempt.released_at is not None,
    )


async def list_attempts(call: Call[None]) -> Answer:
    """The attempts of an assessment that were begun, by name; `state` picks those of one state."""
    state = call.query.get("state")
    if state is not None and state not in get_args(exams.AttemptState):
        raise Refusal("bad_query", "state is the state of an attempt.")
    asked = pages.span(call, str)
    place = (call.params["assessment_id"], state)
    async with call.read() as connection:
        found = await results.attempts(
            connection, call.principal, place, (asked.after, asked.fetch)
        )
    return pages.answer(call, asked, found, lambda one: (one.name, one.attempt.attempt_id), _line)


async def get_script(call: Call[None]) -> Answer:
    """An attempt that was handed in, with everything that marking needs."""
    async with call.read() as connection:
        found = await results.script(connection, call.principal, call.params["attempt_id"])
    files = await pictures.files(call, found.listed.attempt.user_id, found.uploads)
    given = handed.sort(((one.item, one.value) for one in found.items), files)
    return Answer(
        body=shapes.Script(
            attempt=_line(found.listed),
            items=[_item(one) for one in found.items],
            marks=[_mark(one) for one in found.marks],
            second_round=found.second_round,
            differ=list(found.differ),
            uploads={key: pictures.address_of(call, one) for key, one in given.given.items()},
            upload_names={one.upload_id: one.name for one in files},
            refused_files=given.refused,
            pictures=dict(await pictures.addresses(call, found.texts)),
        )
    )


async def give_mark(call: Call[shapes.MarkBody]) -> Answer:
    """Mark an item by hand, if nobody was faster; the last mark completes the grade."""
    body, place = call.body, (call.params["attempt_id"], call.params["item_id"])
    given = marking.Given(
        round=body.round,
        version=body.version,
        earned_milli=body.earned_milli,
        criteria=body.criteria,
        comment=body.comment,
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        mark = await marking.give(connection, call.principal, place, given, call.deps.desk())
        return Answer(body=_mark(mark))

    return await once(call, effect)


async def decide_late(call: Call[shapes.LateDecision]) -> Answer:
    """Count the answers of an attempt that came late, or do not."""
    attempt_id = call.params["attempt_id"]

    async def effect(connection: asyncpg.Connection) -> Answer:
        await marking.decide_late(
            connection, call.principal, attempt_id, call.body.count, call.deps.desk()
        )
        tenant_id = call.principal.tenant_id
        return Answer(body=_line(await list_store.attempt(connection, tenant_id, attempt_id)))

    return await once(call, effect)


async def release_scores(call: Call[None]) -> Answer:
    """Let learners see the scores that are ready; again, only what has become ready since."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        done = await releasing.release(
            connection, call.principal, call.params["assessment_id"], call.deps.desk()
        )
        return Answer(body=shapes.Released(released=done.released, waiting=done.waiting))

    return await once(call, effect)


# --- Regrades ----------------------------------------------------------------------------------


def _change(one: Change) -> shapes.RegradeLine:
    return shapes.RegradeLine(
        attempt_id=one.attempt_id,
        user_id=one.user_id,
        name=one.name,
        before_milli=one.before_milli,
        after_milli=one.after_milli,
    )


def _regrade(one: Regrade) -> shapes.Regrade:
    return shapes.Regrade(
        id=one.regrade_id,
        question_id=one.question_id,
        key_version=one.key_version,
        state=one.state,
        changed=one.changed,
        unchanged=one.unchanged,
        created_at=one.created_at,
        done_at=one.done_at,
    )


async def preview_regrade(call: Call[shapes.RegradeBody]) -> Answer:
    """Whom scoring by another key would change, and by how much; nothing is written."""
    wanted = (call.body.question_id, call.body.key_version)
    async with call.read() as connection:
        found = await regrades.preview(
            connection, call.principal, call.params["assessment_id"], wanted
        )
    return Answer(
        body=shapes.RegradePreview(
            changed=[_change(one) for one in found.changed],
            changed_count=found.changed_count,
            unchanged=found.unchanged,
        )
    )


async def create_regrade(call: Call[shapes.RegradeBody]) -> Answer:
    """Put another key in force for an assessment; the grades that stand are made anew by a worker."""
    wanted = (call.body.question_id, call.body.key_version)

    async def effect(connection: asyncpg.Connection) -> Answer:
        made = await regrades.create(
            connection, call.principal, call.params["assessment_id"], wanted, call.deps.desk()
        )
        return Answer(status=202, body=_regrade(made))

    return await once(call, effect)


async def get_regrade(call: Call[None]) -> Answer:
    """How far a regrade is."""
    async with call.read() as connection:
        found = await regrades.get(connection, call.principal, call.params["regrade_id"])
    return Answer(body=_regrade(found))


def _statistics(one: Statistics) -> exams.ItemStatistics:
    return exams.ItemStatistics(
        question_id=one.question_id,
        version=one.version,
        title=one.title,
        kind=one.kind,
        attempts=one.attempts,
        mean_share=one.mean_share,
        discrimination=one.discrimination,
    )


async def item_statistics(call: Call[None]) -> Answer:
    """How each item of an assessment went."""
    asked = pages.span(call, int)
    async with call.read() as connection:
        found = await books.item_statistics(
            connection, call.principal, call.params["assessment_id"], asked.after, asked.fetch
        )
    return pages.answer(
        call, asked, found, lambda one: (one.version, one.question_id), _statistics
    )
