"""The gradebook of a course."""

import asyncio

import asyncpg

from lms.grading import books
from lms.grading.books import Book
from lms.grading.gradebook import Cell, Column, Line, Person, Rules
from lms.projections import log
from server.rest import grade_shapes as shapes
from server.rest import reply
from server.rest.call import Answer, Call
from server.rest.idempotency import once

CSV_TYPE = "text/csv"


def _column(one: Column) -> shapes.GradebookColumn:
    return shapes.GradebookColumn(
        assessment_id=one.assessment_id,
        title=one.title,
        category=one.category,
        possible_milli=one.possible_milli,
        released=one.released,
    )


def _cell(one: Cell) -> shapes.GradebookCell:
    return shapes.GradebookCell(
        assessment_id=one.assessment_id,
        attempt_id=one.attempt_id,
        state=one.state,
        earned_milli=one.earned_milli,
        possible_milli=one.possible_milli,
        late=one.late,
        dropped=one.dropped,
        released=one.released,
    )


def _row(person: Person, line: Line) -> shapes.GradebookRow:
    return shapes.GradebookRow(
        user_id=person.user_id,
        name=person.name,
        cells=[_cell(one) for one in line.cells],
        share=None if line.share is None else round(float(line.share), 4),
        letter=line.letter,
    )


def _shown(book: Book, lag_ms: int) -> bytes | None:
    body = shapes.Gradebook(
        course_id=book.course_id,
        version=book.version,
        settings=shapes.GradebookSettings(
            categories=book.rules.categories, letters=book.rules.letters
        ),
        columns=[_column(one) for one in book.columns],
        rows=[_row(person, line) for person, line in book.lines()],
        lag_ms=lag_ms,
    )
    return reply.encoded(body)


async def _answer(book: Book, lag_ms: int) -> Answer:
    """Worked out beside the loop: a large course takes a while."""
    body = await asyncio.to_thread(_shown, book, lag_ms)
    return reply.versioned(Answer(body=body), book.version)


async def get_gradebook(call: Call[None]) -> Answer:
    """All of it for those who teach the course; a learner's own row of what is released."""
    async with call.read() as connection:
        book = await books.read(connection, call.principal, call.params["course_id"])
        lag_ms = await log.behind_ms(connection, "gradebook", call.deps.desk().now)
    return await _answer(book, lag_ms)


async def export_gradebook(call: Call[None]) -> Answer:
    """The gradebook as a table; no cell of it is taken for a formula."""
    async with call.read() as connection:
        book = await books.read(connection, call.principal, call.params["course_id"], "grade.see")
    table = await asyncio.to_thread(books.as_csv, book)
    return Answer(
        body=table.encode("utf-8-sig"),
        content_type=CSV_TYPE,
        headers={"Content-Disposition": 'attachment; filename="gradebook.csv"'},
    )


async def change_gradebook(call: Call[shapes.GradebookSettings]) -> Answer:
    """Categories, weights, letters; decided on the version that stands."""
    rules = Rules(categories=call.body.categories, letters=call.body.letters)

    async def effect(connection: asyncpg.Connection) -> Answer:
        desk = call.deps.desk()
        book = await books.change(
            connection, call.principal, call.params["course_id"], (rules, call.version), desk
        )
        return await _answer(book, await log.behind_ms(connection, "gradebook", desk.now))

    return await once(call, effect)
