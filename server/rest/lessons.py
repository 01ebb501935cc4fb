"""Lessons of a course."""

import asyncpg

from lms.lessons import service
from lms.lessons.model import Lesson
from server.rest import pages, reply, shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given


def shown(lesson: Lesson) -> shapes.Lesson:
    """A lesson as the API shows it."""
    return shapes.Lesson(
        id=lesson.lesson_id,
        course_id=lesson.course_id,
        title=lesson.title,
        text=lesson.text,
        position=lesson.position,
        updated_at=lesson.updated_at,
    )


def _versioned(lesson: Lesson, status: int = 200) -> Answer:
    return reply.versioned(Answer(status=status, body=shown(lesson)), lesson.version)


async def list_lessons(call: Call[None]) -> Answer:
    """The lessons of a course in their order."""
    asked, who, course_id = pages.span(call, int), call.principal, call.params["course_id"]
    async with call.read() as connection:
        version = await service.outline_version(connection, who, course_id)
    outline = (course_id, version)
    found = await call.deps.curriculum.page(who.tenant_id, outline, asked.after, asked.fetch)
    stands = found is not None
    if found is None:  # changed in this moment
        async with call.read() as connection:
            found = await service.page(connection, who, course_id, asked.after, asked.fetch)
    page = pages.answer(call, asked, found, lambda one: (one.position, one.lesson_id), shown)
    # The cursor to a next page is good for a while, and not for as long as the lessons stay as they are.
    last = len(found) <= asked.limit
    return (
        reply.unless_known(call.if_none_match, page, f'"{version}"') if stands and last else page
    )


async def create_lesson(call: Call[shapes.NewLesson]) -> Answer:
    """Add a lesson at the end of a course."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        lesson = await service.add(
            connection,
            call.principal,
            call.params["course_id"],
            (call.deps.new_id(), call.body.title, call.body.text),
            call.now,
        )
        return _versioned(lesson, 201)

    return await once(call, effect)


async def get_lesson(call: Call[None]) -> Answer:
    """One lesson."""
    who, lesson_id = call.principal, call.params["lesson_id"]
    async with call.read() as connection:
        version = await service.version(connection, who, lesson_id)
    lesson = await call.deps.curriculum.lesson(who.tenant_id, lesson_id, version)
    if lesson is None:  # changed in this moment
        async with call.read() as connection:
            lesson = await service.get(connection, who, lesson_id)
    tag = reply.etag(lesson.version)
    return reply.unless_known(call.if_none_match, Answer(body=shown(lesson)), tag)


async def change_lesson(call: Call[shapes.LessonChange]) -> Answer:
    """Change the title or the text."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        lesson = await service.edit(
            connection,
            call.principal,
            (call.params["lesson_id"], call.version),
            (given(body.title), given(body.text)),
            call.now,
        )
        return _versioned(lesson)

    return await once(call, effect)


async def delete_lesson(call: Call[None]) -> Answer:
    """Delete a lesson."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        await service.remove(connection, call.principal, call.params["lesson_id"])
        return Answer(status=204)

    return await once(call, effect)
