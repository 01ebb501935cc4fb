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
    asked = pages.span(call, int)
    async with call.read() as connection:
        found = await service.page(
            connection, call.principal, call.params["course_id"], asked.after, asked.fetch
        )
    return pages.answer(call, asked, found, lambda one: (one.position, one.lesson_id), shown)


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
    async with call.read() as connection:
        lesson = await service.get(connection, call.principal, call.params["lesson_id"])
    return _versioned(lesson)


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
