"""Write, read, find and retire the items of a bank."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg

from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.courses import store as course_store
from lms.errors import Conflict, NotFound
from lms.identity import Permission, Principal, may
from lms.ids import CourseId, QuestionId
from lms.questions import rules, store
from lms.questions.model import Change, Filter, Listed, New, Question

BANK_MAX_ITEMS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who writes into which bank, when; `new_id` gives ids."""

    who: Principal
    course_id: str
    now: datetime
    new_id: Callable[[], str]


async def add(connection: asyncpg.Connection, desk: Desk, new: New) -> Question:
    """Add an item to the bank of a course."""
    await check_writes(connection, desk)
    await check_room(connection, desk, 1)
    [question] = await add_all(connection, desk, [rules.whole(new)])
    return question


async def check_writes(connection: asyncpg.Connection, desk: Desk) -> None:
    """The caller may write into this bank, which is one of a course that goes on."""
    course = await courses.get(connection, desk.who, desk.course_id, "question.edit")
    course_rules.check_live(course)


async def check_room(connection: asyncpg.Connection, desk: Desk, more: int) -> None:
    """So many more items fit into the bank."""
    there = await store.count(connection, desk.who.tenant_id, desk.course_id)
    if there + more > BANK_MAX_ITEMS:
        raise Conflict(f"A bank has at most {BANK_MAX_ITEMS} questions.", code="bank_full")


async def add_all(
    connection: asyncpg.Connection, desk: Desk, wholes: Sequence[New]
) -> list[Question]:
    """Add well-formed items; the caller has seen to the rights and the room."""
    made = [_first(desk, new) for new in wholes]
    tenant_id = desk.who.tenant_id
    await store.add_all(connection, tenant_id, desk.course_id, _rows(made), desk.now)
    await store.add_versions(connection, tenant_id, desk.who.user_id, made, desk.now)
    return made


def _first(desk: Desk, new: New) -> Question:
    rules.check_state("published", new.labels.state)
    return Question(
        listed=Listed(
            question_id=QuestionId(desk.new_id()),
            course_id=CourseId(desk.course_id),
            version=1,
            kind=new.kind,
            labels=new.labels,
            updated_at=desk.now,
        ),
        content=new.content,
        key=new.key,
    )


def _rows(questions: Sequence[Question]) -> list[store.Row]:
    return [
        store.Row(question=one, search=rules.search_text(one.listed.labels, one.content))
        for one in questions
    ]


async def get(
    connection: asyncpg.Connection,
    who: Principal,
    question_id: str,
    permission: Permission = "question.see",
    *,
    lock: bool = False,
) -> Question:
    """One item with its key; that it exists is known only to those who may see it."""
    question = await store.get(connection, who.tenant_id, question_id, lock=lock)
    if question is None or not await _may(connection, who, question, permission):
        raise NotFound("There is no such question.")
    return question


async def _may(
    connection: asyncpg.Connection, who: Principal, question: Question, permission: Permission
) -> bool:
    course_id = question.listed.course_id
    course = await course_store.get(connection, who.tenant_id, who.user_id, course_id)
    return course is not None and may(who, permission, course.my_role)


async def at_version(
    connection: asyncpg.Connection, who: Principal, question_id: str, version: int
) -> Question:
    """One item as it was at a version."""
    question = await get(connection, who, question_id)
    said = await store.version(connection, who.tenant_id, question_id, version)
    if said is None:
        raise NotFound("There is no such version of the question.")
    content, key = said
    listed = replace(question.listed, version=version)
    return Question(listed=listed, content=content, key=key)


async def page(
    connection: asyncpg.Connection,
    place: tuple[Principal, str],
    wanted: Filter,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Listed]:
    """The items of a bank by title; `place` is (caller, course)."""
    who, course_id = place
    await courses.get(connection, who, course_id, "question.see")
    return await store.page(connection, (who.tenant_id, course_id), wanted, after, limit)


async def words(
    connection: asyncpg.Connection, who: Principal, course_id: str
) -> dict[str, dict[str, int]]:
    """What the items of a bank are sorted by, each with how many there are."""
    await courses.get(connection, who, course_id, "question.see")
    return await store.words(connection, who.tenant_id, course_id)


async def edit(
    connection: asyncpg.Connection,
    who: Principal,
    stands: tuple[str, int],
    change: Change,
    now: datetime,
) -> Question:
    """Change what is given, if (question id, version) still stands; other content or another key is the next version."""
    question_id, version = stands
    question = await get(connection, who, question_id, "question.edit", lock=True)
    course_rules.check_version(question.listed.version, version)
    course_rules.check_live(await courses.get(connection, who, question.listed.course_id))
    wanted = New(
        kind=question.listed.kind,
        labels=rules.changed(question.listed.labels, change),
        content=question.content if change.content is None else change.content,
        key=question.key if change.key is None else change.key,
    )
    after = rewritten(question, rules.whole(wanted), now)
    if after is not question:
        await save_all(connection, who, [(question, after)], now)
    return after


def rewritten(question: Question, whole: New, now: datetime) -> Question:
    """The item as it is wanted; the very same object when nothing is another."""
    same_words = (question.content, question.key) == (whole.content, whole.key)
    if same_words and question.listed.labels == whole.labels:
        return question
    rules.check_state(question.listed.labels.state, whole.labels.state)
    listed = replace(
        question.listed,
        version=question.listed.version + (0 if same_words else 1),
        labels=whole.labels,
        updated_at=now,
    )
    return Question(listed=listed, content=whole.content, key=whole.key)


async def save_all(
    connection: asyncpg.Connection,
    who: Principal,
    changes: Sequence[tuple[Question, Question]],
    now: datetime,
) -> None:
    """Write items whose locks the caller holds, each (before, after)."""
    await store.save_all(connection, who.tenant_id, _rows([after for _, after in changes]), now)
    newer = [after for before, after in changes if before.listed.version != after.listed.version]
    await store.add_versions(connection, who.tenant_id, who.user_id, newer, now)


async def retire(
    connection: asyncpg.Connection, who: Principal, question_id: str, now: datetime
) -> CourseId:
    """Take an item out of what is drawn; attempts that have begun with it keep it. The course of its bank."""
    question = await get(connection, who, question_id, "question.edit", lock=True)
    labels = replace(question.listed.labels, state="retired")
    rules.check_state(question.listed.labels.state, "retired")
    if labels != question.listed.labels:
        listed = replace(question.listed, labels=labels, updated_at=now)
        await save_all(connection, who, [(question, replace(question, listed=listed))], now)
    return question.listed.course_id
