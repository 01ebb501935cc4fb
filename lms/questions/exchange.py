"""Bring questions in from the lines of a CSV, all or none, and give a bank out as one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import asyncpg

from lms.courses import service as courses
from lms.errors import Conflict, Invalid
from lms.identity import Principal
from lms.questions import rules, service, store, table
from lms.questions.model import New, Question
from lms.questions.service import Desk
from lms.questions.table import Line

BATCH = 200
EXPORT_MAX_BYTES = 50_000_000

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did; with faults, (line, what), it did nothing."""

    added: int
    changed: int
    faults: tuple[tuple[int, str], ...]


# Lets a course show the pictures of texts; Invalid for one that is not the author's to use.
Use = Callable[[asyncpg.Connection, Sequence[str]], Awaitable[None]]


class _Faulty(Exception):
    """The lines have faults: whatever was done for them is to be undone."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__()
        self.faults = tuple(faults[: table.FAULTS_MAX])


async def bring_in(
    connection: asyncpg.Connection, desk: Desk, lines: Sequence[Line], use: Use
) -> Report:
    """Add the questions without an id, and write over those with one: all of the lines, or none."""
    await service.check_writes(connection, desk)
    try:
        async with connection.transaction():
            return await _bring_in(connection, desk, lines, use)
    except _Faulty as found:
        return Report(added=0, changed=0, faults=found.faults)


async def _bring_in(
    connection: asyncpg.Connection, desk: Desk, lines: Sequence[Line], use: Use
) -> Report:
    known = await _locked(connection, desk, lines)
    faults = [(line.number, fault) for line in lines for fault in _faults(line, known, desk.now)]
    if not faults:
        faults = [fault async for fault in _picture_faults(connection, lines, use)]
    if faults:
        raise _Faulty(faults)
    added = [line.new for line in lines if line.new and line.question_id is None]
    changes = list[tuple[Question, Question]]()
    for line in lines:
        if line.new and line.question_id is not None:
            before = known[line.question_id]
            after = service.rewritten(before, line.new, desk.now)
            if after is not before:
                changes.append((before, after))
    await service.check_room(connection, desk, len(added))
    for some in _batches(added):
        await service.add_all(connection, desk, some)
    for several in _batches(changes):
        await service.save_all(connection, desk.who, several, desk.now)
    return Report(added=len(added), changed=len(changes), faults=())


async def _picture_faults(
    connection: asyncpg.Connection, lines: Sequence[Line], use: Use
) -> AsyncIterator[tuple[int, str]]:
    for line in lines:
        if line.pictures:
            try:
                await use(connection, [f"upload:{one}" for one in sorted(line.pictures)])
            except Invalid as refusal:
                yield line.number, refusal.message


async def _locked(
    connection: asyncpg.Connection, desk: Desk, lines: Sequence[Line]
) -> dict[str, Question]:
    """The questions of this bank that lines want to write over."""
    found: dict[str, Question] = {}
    # In the order of their ids, as everybody locks several: two never wait for each other in a ring.
    wanted = [line.question_id for line in lines if line.question_id and not line.faults]
    for some in _batches(sorted(wanted)):
        found |= await store.get_all(connection, desk.who.tenant_id, some, lock=True)
    return {at: one for at, one in found.items() if one.listed.course_id == desk.course_id}


def _faults(line: Line, known: dict[str, Question], now: datetime) -> Iterator[str]:
    yield from line.faults
    if line.faults or line.new is None:
        return
    question = known.get(line.question_id or "")
    if line.question_id is not None and question is None:
        yield "id: This course has no such question; leave the id empty to add it."
    elif question is not None and question.listed.kind != line.new.kind:
        yield f"kind: The question is of the kind {question.listed.kind}, and stays so."
    else:
        yield from _state_fault(line.new, question, now)


def _state_fault(new: New, question: Question | None, now: datetime) -> Iterator[str]:
    """What only the school itself says of a question: that it is held, or was recalled."""
    try:
        if question is None:
            rules.check_state("published", new.labels.state)
        else:
            service.rewritten(question, new, now)
    except Conflict as refusal:
        yield f"state: {refusal.message}"


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]


async def give_out(connection: asyncpg.Connection, who: Principal, course_id: str) -> bytes:
    """The whole bank by title, the retired questions too."""
    await courses.get(connection, who, course_id, "question.see")
    parts, size = [table.head().encode()], 0
    after: tuple[str, str] | None = None
    while True:
        some = await store.whole_page(connection, (who.tenant_id, course_id), after, BATCH)
        # Written beside the event loop, which has classes to serve.
        parts.append(await asyncio.to_thread(_encoded, some))
        size += len(parts[-1])
        if size > EXPORT_MAX_BYTES:
            raise Conflict("The bank is too large for one file.", code="export_too_large")
        if len(some) < BATCH:
            return b"".join(parts)
        last = some[-1].listed
        after = (last.labels.title, last.question_id)


def _encoded(questions: Sequence[Question]) -> bytes:
    return table.lines(questions).encode()
