"""The question bank of a course."""

import asyncio
from collections.abc import Sequence
from typing import Any, get_args

import asyncpg
import msgspec

from lms.assessments import service as assessments
from lms.questions import exchange, links, rules, service, table
from lms.questions.model import Change, Filter, Kind, Labels, Listed, New, Question, State
from server.problems import Refusal
from server.rest import exam_shapes, pages, pictures, reply
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given

WORDS_MAX = 8


def _line(one: Listed) -> exam_shapes.QuestionLine:
    labels = one.labels
    return exam_shapes.QuestionLine(
        id=one.question_id,
        version=one.version,
        kind=one.kind,
        title=labels.title,
        skills=list(labels.skills),
        tags=list(labels.tags),
        level=labels.level,
        language=labels.language,
        difficulty=labels.difficulty,
        state=labels.state,
        updated_at=one.updated_at,
    )


def _shown(question: Question) -> exam_shapes.Question:
    one, labels = question.listed, question.listed.labels
    return exam_shapes.Question(
        id=one.question_id,
        course_id=one.course_id,
        version=one.version,
        kind=one.kind,
        title=labels.title,
        content=question.content,
        key=question.key,
        skills=list(labels.skills),
        tags=list(labels.tags),
        level=labels.level,
        language=labels.language,
        difficulty=labels.difficulty,
        state=labels.state,
        updated_at=one.updated_at,
    )


def _versioned(question: Question, status: int = 200) -> Answer:
    answer = Answer(status=status, body=_shown(question))
    return reply.versioned(answer, question.listed.version)


async def _with_pictures(call: Call[Any], answer: Answer) -> Answer:
    """The answer with addresses of the pictures that its question shows; a repeated one stays as it was."""
    if not isinstance(answer.body, exam_shapes.Question):
        return answer
    found = await pictures.addresses(call, links.texts(answer.body.content, answer.body.key))
    return msgspec.structs.replace(
        answer, body=msgspec.structs.replace(answer.body, pictures=dict(found))
    )


def _choice(call: Call[None], name: str, words: Any) -> Any:
    """A parameter of the query that is one of the words of a Literal."""
    asked = call.query.get(name)
    if asked is not None and asked not in get_args(words):
        raise Refusal("bad_query", f"{name} is one of {', '.join(get_args(words))}.")
    return asked


def _number(call: Call[None], name: str, most: int) -> int | None:
    asked = call.query.get(name)
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 9 or not 1 <= int(asked) <= most:
        raise Refusal("bad_query", f"{name} is a number from 1 to {most}.")
    return int(asked)


def _filter(call: Call[None]) -> Filter:
    return Filter(
        words=tuple(rules.folded(call.query.get("q", "")).split()[:WORDS_MAX]),
        kind=_choice(call, "kind", Kind),
        skill=call.query.get("skill"),
        tag=call.query.get("tag"),
        level=_number(call, "level", 10),
        language=call.query.get("language"),
        state=_choice(call, "state", State),
    )


def _desk(call: Call[Any]) -> service.Desk:
    return service.Desk(
        who=call.principal,
        course_id=call.params["course_id"],
        now=call.now,
        new_id=call.deps.new_id,
    )


async def list_questions(call: Call[None]) -> Answer:
    """The bank by title: `q` are words that all occur; without a state, what is not retired."""
    asked, wanted = pages.span(call, str), _filter(call)
    place = (call.principal, call.params["course_id"])
    async with call.read() as connection:
        found = await service.page(connection, place, wanted, asked.after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: (one.labels.title, one.question_id), _line)


async def create_question(call: Call[exam_shapes.NewQuestion]) -> Answer:
    """Add a question."""
    body = call.body
    new = New(
        kind=body.kind,
        labels=Labels(
            title=body.title,
            skills=tuple(body.skills),
            tags=tuple(body.tags),
            level=body.level,
            language=body.language,
            difficulty=body.difficulty,
            state=body.state,
        ),
        content=body.content,
        key=body.key,
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        question = await service.add(connection, _desk(call), new)
        texts = links.texts(question.content, question.key)
        await pictures.use(connection, call.principal, question.listed.course_id, texts)
        return _versioned(question, 201)

    return await _with_pictures(call, await once(call, effect))


async def bank_words(call: Call[None]) -> Answer:
    """Skills, tags, levels and languages of the bank."""
    async with call.read() as connection:
        found = await service.words(connection, call.principal, call.params["course_id"])
    return Answer(body=msgspec.convert(found, exam_shapes.BankWords))


async def get_question(call: Call[None]) -> Answer:
    """One question with its key; `version` asks for what it was."""
    number = _number(call, "version", 999_999_999)
    question_id = call.params["question_id"]
    async with call.read() as connection:
        if number is None:
            question = await service.get(connection, call.principal, question_id)
        else:
            question = await service.at_version(connection, call.principal, question_id, number)
    return await _with_pictures(call, _versioned(question))


async def change_question(call: Call[exam_shapes.QuestionChange]) -> Answer:
    """Change a question; other content or another key is its next version."""
    body = call.body
    skills, tags = given(body.skills), given(body.tags)
    change = Change(
        title=given(body.title),
        skills=None if skills is None else tuple(skills),
        tags=None if tags is None else tuple(tags),
        level=given(body.level),
        language=given(body.language),
        difficulty=given(body.difficulty),
        state=given(body.state),
        content=given(body.content),
        key=given(body.key),
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        stands = (call.params["question_id"], call.version)
        question = await service.edit(connection, call.principal, stands, change, call.now)
        texts = links.texts(question.content, question.key)
        await pictures.use(connection, call.principal, question.listed.course_id, texts)
        if question.listed.version != call.version or change.state is not None:
            await _make_papers_anew(call, connection, question.listed.course_id)
        return _versioned(question)

    return await _with_pictures(call, await once(call, effect))


async def _make_papers_anew(
    call: Call[Any], connection: asyncpg.Connection, course_id: str
) -> None:
    """Of exams that nobody has begun: who begins is asked what the questions say then."""
    desk = call.deps.desk()
    await assessments.bank_changed(
        connection, call.principal.tenant_id, course_id, desk.new_id, desk.now
    )


async def retire_question(call: Call[None]) -> Answer:
    """Retire a question: it is drawn no more, and stays in the papers of those who have begun."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        question_id = call.params["question_id"]
        course_id = await service.retire(connection, call.principal, question_id, call.now)
        await _make_papers_anew(call, connection, course_id)
        return Answer(status=204)

    return await once(call, effect)


async def import_questions(call: Call[bytes]) -> Answer:
    """Add questions from a CSV, or write over those that a line names by id: all lines or none."""
    desk = _desk(call)
    async with call.read() as connection:
        await service.check_writes(connection, desk)
    # Megabytes to read: beside the event loop, which has classes to serve.
    lines = await asyncio.to_thread(table.read, call.body)

    async def use(connection: asyncpg.Connection, texts: Sequence[str]) -> None:
        await pictures.use(connection, desk.who, desk.course_id, texts)

    async def effect(connection: asyncpg.Connection) -> Answer:
        report = await exchange.bring_in(connection, desk, lines, use)
        if report.changed:
            await _make_papers_anew(call, connection, desk.course_id)
        faults = [
            exam_shapes.LineFault(line=number, detail=detail) for number, detail in report.faults
        ]
        return Answer(
            body=exam_shapes.QuestionImport(
                added=report.added, changed=report.changed, faults=faults
            )
        )

    return await once(call, effect)


async def export_questions(call: Call[None]) -> Answer:
    """The bank as a CSV, with keys, ready to be brought in again."""
    course_id = call.params["course_id"]
    async with call.read() as connection:
        data = await exchange.give_out(connection, call.principal, course_id)
    return Answer(
        body=data,
        content_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="questions-{course_id}.csv"'},
    )
