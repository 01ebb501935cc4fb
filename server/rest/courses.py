"""Courses and who is in them."""

import contextlib

import asyncpg

from lms.adaptive import store as adaptive
from lms.assessments import service as assessments
from lms.attempts import materialise
from lms.classes import store as class_store
from lms.courses import service
from lms.courses.model import Course
from lms.enrolment import service as enrolment
from lms.enrolment.model import Enrolment
from server.auth.revocations import Revocation
from server.rest import pages, reply, shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given
from server.storage.playlists import Place, PlaylistsAwayError


def shown(course: Course) -> shapes.Course:
    """A course as the API shows it."""
    return shapes.Course(
        id=course.course_id,
        title=course.title,
        archived=course.archived,
        my_role=course.my_role,
        people=course.people,
        created_at=course.created_at,
    )


def _versioned(course: Course, status: int = 200) -> Answer:
    return Answer(status=status, body=shown(course), headers={"ETag": _tag(course)})


def _tag(course: Course) -> str:
    """Who is in it, and as what the caller, changes without a version."""
    return reply.etag(course.version, course.people, course.my_role or "none")


def _enrolment(one: Enrolment) -> shapes.Enrolment:
    return shapes.Enrolment(id=one.enrolment_id, user_id=one.user_id, name=one.name, role=one.role)


async def list_courses(call: Call[None]) -> Answer:
    """My courses by title; all of the school for administrators and proctors."""
    asked = pages.span(call, str)
    async with call.read() as connection:
        found = await service.page(connection, call.principal, asked.after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: (one.title, one.course_id), shown)


async def create_course(call: Call[shapes.NewCourse]) -> Answer:
    """Create a course; a teacher who does so teaches it."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        bare = await service.create(
            connection,
            call.principal,
            course_id=call.deps.new_id(),
            title=call.body.title,
            now=call.now,
        )
        course = await enrolment.teach_own(
            connection, call.principal, bare, call.deps.new_id(), call.now
        )
        return _versioned(course, 201)

    return await once(call, effect)


async def get_course(call: Call[None]) -> Answer:
    """One course."""
    async with call.read() as connection:
        course = await service.get(connection, call.principal, call.params["course_id"])
    return reply.unless_known(call.if_none_match, _versioned(course), _tag(course))


async def change_course(call: Call[shapes.CourseChange]) -> Answer:
    """Change the title, archive, take out of the archive."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        course = await service.edit(
            connection,
            call.principal,
            call.params["course_id"],
            version=call.version,
            title=given(body.title),
            archived=given(body.archived),
        )
        if body.archived is True:  # what waits for its learners is to be dropped
            place = (call.principal.tenant_id, course.course_id)
            await adaptive.ask_for_class(connection, *place, call.now)
        return _versioned(course)

    return await once(call, effect)


async def list_enrolments(call: Call[None]) -> Answer:
    """The people of a course by name."""
    asked = pages.span(call, str)
    async with call.read() as connection:
        found = await enrolment.page(
            connection, call.principal, call.params["course_id"], asked.after, asked.fetch
        )
    return pages.answer(call, asked, found, lambda one: (one.name, one.enrolment_id), _enrolment)


async def create_enrolment(call: Call[shapes.NewEnrolment]) -> Answer:
    """Put a person into a course."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        who, course_id = call.principal, call.params["course_id"]
        new = enrolment.New(
            enrolment_id=call.deps.new_id(), user_id=body.user_id, email=body.email, role=body.role
        )
        added = await enrolment.enrol(connection, who, course_id, new, call.now)
        await assessments.expect(
            connection, who.tenant_id, added, call.deps.new_id, call.deps.desk().now
        )
        return Answer(status=201, body=_enrolment(added))

    return await once(call, effect)


async def delete_enrolment(call: Call[None]) -> Answer:
    """Take a person out of a course, and out of its classes, at once and everywhere."""
    voided, left = list[Revocation](), list[Place]()

    async def effect(connection: asyncpg.Connection) -> Answer:
        who, course_id = call.principal, call.params["course_id"]
        gone = await enrolment.withdraw(connection, who, course_id, call.params["enrolment_id"])
        await materialise.withdraw(connection, who.tenant_id, course_id, gone.user_id)
        # Should Redis be away: the refiller drops the lessons of who learns here no more.
        await adaptive.ask_refill(
            *(connection, who.tenant_id, course_id, gone.user_id), urgent=False, now=call.now
        )
        left.append((who.tenant_id, course_id, gone.user_id))
        live = await class_store.open_ids(connection, who.tenant_id, course_id)
        voided.extend(
            call.deps.revocation("class", who.tenant_id, gone.user_id, class_id)
            for class_id in live
        )
        await call.deps.revocations.note(connection, voided)
        return Answer(status=204)

    answer = await once(call, effect)
    await call.deps.revocations.announce(voided)
    with contextlib.suppress(PlaylistsAwayError):
        await call.deps.playlists.drop(left)
    return answer
