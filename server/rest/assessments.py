"""Assessments, for those who run them and for learners."""

import asyncpg

from lms.assessments import rules, service, timing
from lms.assessments.model import Accommodation, Assessment
from lms.attempts import extending, mine
from lms.attempts.mine import Mine
from lms.ids import UserId
from server.rest import exam_shapes as exams
from server.rest import pages, reply
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given


def shown(one: Assessment) -> exams.Assessment:
    """An assessment as the API shows it to those who run it."""
    return exams.Assessment(
        id=one.assessment_id,
        course_id=one.course_id,
        version=one.version,
        title=one.title,
        state=one.state,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        released_at=one.released_at,
        settings=one.settings,
        materialised=one.materialised_version == one.version,
        updated_at=one.updated_at,
    )


def _line(one: Assessment) -> exams.AssessmentLine:
    return exams.AssessmentLine(
        id=one.assessment_id,
        title=one.title,
        state=one.state,
        opens_at=one.opens_at,
        closes_at=one.closes_at,
        released_at=one.released_at,
        time_limit_minutes=one.settings.time_limit_minutes,
        category=one.settings.category,
    )


def _versioned(one: Assessment, status: int = 200) -> Answer:
    return reply.versioned(Answer(status=status, body=shown(one)), one.version)


async def list_assessments(call: Call[None]) -> Answer:
    """The assessments of a course; drafts for those who write them."""
    asked = pages.span(call, str)
    async with call.read() as connection:
        found = await service.page(
            connection, call.principal, call.params["course_id"], asked.after, asked.fetch
        )
    return pages.answer(
        call, asked, found, lambda one: (one.assessment_id, one.assessment_id), _line
    )


async def create_assessment(call: Call[exams.NewAssessment]) -> Answer:
    """Write an assessment, as a draft."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        new = service.New(
            assessment_id=call.deps.new_id(),
            title=body.title,
            settings=body.settings,
            opens_at=body.opens_at,
            closes_at=body.closes_at,
        )
        made = await service.create(
            connection, call.principal, call.params["course_id"], new, call.now
        )
        return _versioned(made, 201)

    return await once(call, effect)


async def get_assessment(call: Call[None]) -> Answer:
    """One assessment, for those who run it."""
    async with call.read() as connection:
        found = await service.get(connection, call.principal, call.params["assessment_id"])
    return _versioned(found)


async def change_assessment(call: Call[exams.AssessmentChange]) -> Answer:
    """Change an assessment: its next version."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        desk = call.deps.desk()
        change = service.Change(
            title=given(body.title),
            settings=given(body.settings),
            opens_at=body.opens_at,
            closes_at=body.closes_at,
        )
        changed = await service.edit(
            connection,
            call.principal,
            (call.params["assessment_id"], call.version),
            change,
            desk.new_id,
            desk.now,
        )
        return _versioned(changed)

    return await once(call, effect)


async def publish_assessment(call: Call[None]) -> Answer:
    """Let it be taken."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        desk, assessment_id = call.deps.desk(), call.params["assessment_id"]
        published = await service.publish(
            connection, call.principal, assessment_id, desk.new_id, desk.now
        )
        return _versioned(published)

    return await once(call, effect)


async def archive_assessment(call: Call[None]) -> Answer:
    """Let it be taken no more."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        desk, assessment_id = call.deps.desk(), call.params["assessment_id"]
        archived = await service.archive(
            connection, call.principal, assessment_id, desk.new_id, desk.now
        )
        return _versioned(archived)

    return await once(call, effect)


async def my_assessment(call: Call[None]) -> Answer:
    """One assessment, for a learner: nothing of what it asks."""
    who, assessment_id = call.principal, call.params["assessment_id"]
    async with call.read() as connection:
        found, course = await service.seen(connection, who, assessment_id)
        given = await service.given_to(connection, who, assessment_id)
        attempts = await mine.begun(connection, who, assessment_id, call.query.get("seen"))
    settings = found.settings
    times = timing.window(settings, found.opens_at, found.closes_at, given)
    return Answer(
        body=exams.AssessmentForMe(
            id=found.assessment_id,
            course_id=found.course_id,
            course_title=course.title,
            title=found.title,
            text=settings.text,
            state=found.state,
            opens_at=times.opens_at,
            closes_at=times.closes_at,
            time_limit_minutes=_minutes(times),
            attempts_allowed=rules.allowed(settings, given),
            needs_password=bool(settings.password),
            late_policy=settings.late_policy,
            release=settings.release,
            items=rules.items(settings),
            server_time=call.deps.desk().now,
            attempts=[_my_attempt(one) for one in attempts],
        )
    )


def _minutes(times: timing.Window) -> int | None:
    """The limit in whole minutes, rounded down: nobody counts on time that they do not have."""
    return None if times.time_limit_ms is None else times.time_limit_ms // 60_000


def _my_attempt(one: Mine) -> exams.MyAttempt:
    attempt = one.attempt
    return exams.MyAttempt(
        id=attempt.attempt_id,
        number=attempt.number,
        state=attempt.state,
        answered=one.progress.answered,
        asked=len(attempt.item_ids),
        ends_at=attempt.ends_at,
        submitted_at=attempt.submitted_at,
        released=attempt.released_at is not None,
        version=one.progress.version,
    )


def _accommodation(one: tuple[str, Accommodation]) -> exams.Accommodation:
    name, given_more = one
    return exams.Accommodation(
        user_id=given_more.user_id,
        name=name,
        extra_time_percent=given_more.extra_time_percent,
        extra_attempts=given_more.extra_attempts,
        closes_at=given_more.closes_at,
    )


async def list_accommodations(call: Call[None]) -> Answer:
    """What single learners are given, by name."""
    asked = pages.span(call, str)
    async with call.read() as connection:
        found = await service.accommodations(
            connection, call.principal, call.params["assessment_id"], asked.after, asked.fetch
        )
    return pages.answer(call, asked, found, lambda one: (one[0], one[1].user_id), _accommodation)


async def set_accommodation(call: Call[exams.AccommodationChange]) -> Answer:
    """Give a learner more, at once where their attempt is open."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        who, assessment_id = call.principal, call.params["assessment_id"]
        more = Accommodation(
            user_id=UserId(call.params["user_id"]),
            extra_time_percent=body.extra_time_percent,
            extra_attempts=body.extra_attempts,
            closes_at=body.closes_at,
        )
        desk = call.deps.desk()
        name, assessment = await service.accommodate(
            connection, who, assessment_id, more, desk.new_id(), desk.now
        )
        await extending.accommodate(connection, who, assessment, more, desk)
        return Answer(body=_accommodation((name, more)))

    return await once(call, effect)
