"""Attempts made ahead: for every learner one that is ready, with its paper, so that a start is one read."""

import contextlib
from collections.abc import Sequence

import asyncpg

from lms.assessments import drawing, rules, timing
from lms.assessments import store as assessments
from lms.assessments.model import Accommodation, Assessment
from lms.attempts import paper_store, papers
from lms.attempts.model import Desk
from lms.attempts.paper_store import Edition, Learner, Ready
from lms.errors import Conflict, NotFound, Unavailable
from lms.ids import AttemptId
from lms.questions import store as questions

BATCH = 200
# A batch is shorter where an attempt has many items, so that its transaction is not.
BATCH_ITEMS = 4000


def _edition(assessment: Assessment) -> Edition:
    return Edition(
        assessment_id=assessment.assessment_id,
        course_id=assessment.course_id,
        version=assessment.version,
    )


async def batch(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    after: str | None,
    desk: Desk,
) -> str | None:
    """Make the next attempts, of learners after this id; the id to go on after, None when everybody has theirs.

    Done again it does nothing again. Attempts that have begun are left alone.
    """
    assessment = await assessments.get(connection, tenant_id, assessment_id, lock=True)
    if assessment is None or assessment.state != "published":
        return None
    edition = _edition(assessment)
    if after is None:
        await paper_store.withdraw_leavers(connection, tenant_id, edition)
        named = rules.named(assessment.settings)
        await paper_store.outdate(connection, tenant_id, edition, named)
    limit = min(BATCH, BATCH_ITEMS // max(rules.items(assessment.settings), 1))
    learners = await paper_store.waiting(connection, tenant_id, edition, after, limit)
    await _make(connection, tenant_id, assessment, learners, desk)
    if len(learners) == limit:
        return learners[-1].user_id
    await assessments.set_materialised(connection, tenant_id, assessment_id, assessment.version)
    return None


async def for_learner(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, assessment_id: str, desk: Desk
) -> None:
    """See to it that this learner has an attempt to begin or to go on with; Conflict attempts_used_up when none is left."""
    await paper_store.hold(connection, tenant_id, assessment_id, user_id)
    assessment = await assessments.get(connection, tenant_id, assessment_id)
    if assessment is None:
        raise NotFound("There is no such assessment.")
    rules.check_published(assessment.state)
    learner = await paper_store.learner(connection, tenant_id, _edition(assessment), user_id)
    if learner is None:
        raise NotFound("There is no such assessment.")
    is_there = learner.state == "ready" and learner.version == assessment.version
    if is_there or learner.sitting:
        return
    if learner.state != "ready":
        given = await assessments.accommodation(connection, tenant_id, assessment_id, user_id)
        rules.check_left(learner.used, rules.allowed(assessment.settings, given))
    try:
        await _make(connection, tenant_id, assessment, [learner], desk)
    except asyncpg.UniqueViolationError as error:
        # An earlier one was opened again between the reading and the writing.
        raise Unavailable("Your attempt is being changed at this moment: try again.") from error


async def _make(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment: Assessment,
    learners: Sequence[Learner],
    desk: Desk,
) -> None:
    """Write the papers of these learners and keep them."""
    if not learners:
        return
    edition = _edition(assessment)
    plan = await _plan(connection, tenant_id, assessment)
    given = await assessments.accommodations_of(
        connection, tenant_id, edition.assessment_id, [one.user_id for one in learners]
    )
    ids = [_attempt_id(one, desk) for one in learners]
    # Of each paper alone, and kept nowhere: who could guess it could undo the orders.
    seeds = [desk.new_id() for _ in learners]
    asked = [papers.places(plan, seed) for seed in seeds]
    contents = await questions.content_of(connection, tenant_id, papers.versions(asked))
    made = [
        Ready(
            attempt_id=attempt_id,
            user_id=one.user_id,
            number=one.number + 1,
            window=_window(assessment, given.get(one.user_id)),
            written=papers.written(plan, (attempt_id, seed), places, contents),
        )
        for one, attempt_id, seed, places in zip(learners, ids, seeds, asked, strict=True)
    ]
    known = {one.attempt_id for one in learners}
    again = [ready for ready in made if ready.attempt_id in known]
    new = [ready for ready in made if ready.attempt_id not in known]
    await paper_store.make_anew(connection, tenant_id, edition, again)
    await paper_store.add(connection, tenant_id, edition, new, desk.now)


def _attempt_id(learner: Learner, desk: Desk) -> AttemptId:
    """Of the attempt that was not begun, or of the next one."""
    if learner.attempt_id is not None and not learner.begun:
        return learner.attempt_id
    return AttemptId(desk.new_id())


def _window(assessment: Assessment, given: Accommodation | None) -> timing.Window:
    return timing.window(assessment.settings, assessment.opens_at, assessment.closes_at, given)


async def _plan(
    connection: asyncpg.Connection, tenant_id: str, assessment: Assessment
) -> drawing.Plan:
    """What there is to draw from; questions taken out of use since it was published are drawn only when it would not do without them.

    What was recalled is the last to be drawn, and is asked by name no more where there is anything else to ask: it counts for everybody.
    """
    bank = await assessments.bank(connection, tenant_id, assessment.course_id)
    recalled = {item.question_id for item in bank if item.state == "recalled"}
    sections = drawing.without(assessment.settings.sections, recalled)
    named = {one for section in sections for one in section.question_ids}
    in_use = [item for item in bank if item.state == "published" or item.question_id in named]
    for usable in (in_use, [item for item in bank if item.question_id not in recalled]):
        with contextlib.suppress(Conflict):
            return drawing.planned(sections, usable)
    return drawing.planned(assessment.settings.sections, bank)


async def withdraw(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, user_id: str
) -> None:
    """Take back what somebody who leaves a course has not begun."""
    await paper_store.withdraw_of(connection, tenant_id, course_id, user_id)
