"""Vectors of items in a real PostgreSQL: what is alike is found, and nothing is embedded twice."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from lms.ai import vector_store, vectoring
from lms.ai.asks import Away, Embedded, Refused
from lms.ai.vector_store import Place, Vectored
from lms.ai.vectors import Ngrams, ngram_vector
from lms.questions.model import Filter
from server.storage.postgres import Database
from tests.support.exams import NOW, Exam, exam_in, new_id

pytestmark = pytest.mark.store

SPACE = "ngram-1"
ITEMS, OTHERS, QUERIES, BEST = 1_500, 500, 40, 10
AT_ONCE = 100
_WORDS = """
river cell volcano market treaty verb atom poem circuit fraction desert enzyme king novel orbit muscle glacier tax
carries breaks forms follows measures divides warms signs reflects holds moves describes
slowly seldom underground nearby lawfully yearly backwards silently twice
"""
THINGS, DOES, WHERE = (line.split() for line in _WORDS.strip().splitlines())


class Counting(Ngrams):
    """Embeds, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Embedded:
        self.asked += texts
        return await super().embed(texts)


class Picky(Ngrams):
    """Refuses texts with a certain word, as a gateway does with what names a person."""

    async def embed(self, texts: Sequence[str]) -> Embedded | Refused:  # type: ignore[override]
        if any("Question 3 " in text for text in texts):
            return Refused(reason="personal")
        return await super().embed(texts)


class Gone(Ngrams):
    async def embed(self, texts: Sequence[str]) -> Away:  # type: ignore[override]
        return Away(reason="providers")


def sentence(chance: random.Random) -> str:
    things = chance.sample(THINGS, 3)
    return f"Which {things[0]} {chance.choice(DOES)} the {things[1]} {chance.choice(WHERE)}, and why not a {things[2]} {chance.randrange(50)}?"


@pytest.fixture(scope="module")
async def factory(database: Database) -> AsyncIterator[Database]:
    async with database.beside("lectern_factory", pool_size=2) as opened:
        yield opened


@pytest.fixture(scope="module")
async def exam(database: Database) -> Exam:
    return await exam_in(database)


def place(exam: Exam) -> Place:
    return Place(tenant_id=exam.tenant_id, course_id=exam.course_id, space=SPACE)


async def fill(factory: Database, where: Place, count: int, seed: int) -> list[Vectored]:
    chance = random.Random(seed)
    rows = [
        Vectored(
            subject_id=new_id(), digest=vector_store.digest_of(text), vector=ngram_vector(text)
        )
        for text in (sentence(chance) for _ in range(count))
    ]
    for at in range(0, count, AT_ONCE):
        async with factory.transaction(where.tenant_id) as connection:
            await vector_store.put(connection, where, rows[at : at + AT_ONCE], NOW)
    return rows


async def by_index(connection: asyncpg.Connection, where: Place, text: str) -> list[str]:
    await connection.execute("SET LOCAL enable_sort = off")
    found = await vector_store.neighbours(connection, where, ngram_vector(text), BEST)
    return [one.subject_id for one in found]


async def by_every_row(connection: asyncpg.Connection, where: Place, text: str) -> list[str]:
    """In a form that no index can serve."""
    rows = await connection.fetch(
        "SELECT subject_id FROM item_vectors WHERE tenant_id = $1 AND course_id = $2 AND space = $3"
        " ORDER BY (vector <=> $4::text::vector) + 0 LIMIT $5",
        *(where.tenant_id, where.course_id, where.space, str(list(ngram_vector(text))), BEST),
    )
    return [str(row["subject_id"]) for row in rows]


async def test_the_index_finds_what_an_exact_search_finds_among_the_rows_of_others(
    factory: Database, database: Database, exam: Exam
) -> None:
    here, chance = place(exam), random.Random(5)
    elsewhere = place(await exam_in(database))
    await fill(factory, elsewhere, OTHERS, seed=1)
    mine = {one.subject_id for one in await fill(factory, here, ITEMS, seed=2)}
    hits = 0
    async with factory.transaction(here.tenant_id) as connection:
        for _ in range(QUERIES):
            text = sentence(chance)
            found = set(await by_index(connection, here, text))
            assert found <= mine
            hits += len(found & set(await by_every_row(connection, here, text)))
    recall = hits / (QUERIES * BEST)
    print(f"recall@{BEST} of {ITEMS} items: {recall:.3f}")  # noqa: T201 - a figure to be read
    assert recall >= 0.95


async def test_the_index_is_what_looks_when_there_are_many(factory: Database, exam: Exam) -> None:
    async with factory.transaction(exam.tenant_id) as connection:
        await connection.execute("SET LOCAL enable_sort = off")
        plan = await connection.fetch(
            "EXPLAIN SELECT subject_id FROM item_vectors WHERE tenant_id = $1 AND course_id = $2 AND space = $3"
            " ORDER BY vector <=> $4::text::vector LIMIT 10",
            *(exam.tenant_id, exam.course_id, SPACE, f"[{','.join(['0.1'] * 384)}]"),
        )
    assert any("item_vectors_near" in row[0] for row in plan)


async def test_another_school_finds_nothing(
    factory: Database, database: Database, exam: Exam
) -> None:
    other = await exam_in(database)
    here = place(exam)
    async with factory.transaction(other.tenant_id) as connection:
        found = await vector_store.neighbours(connection, here, ngram_vector("Which river?"), 5)
    assert found == []


@pytest.fixture
async def bank(database: Database) -> Exam:
    fresh = await exam_in(database)
    await fresh.add_questions(70, kinds=("short_text",))
    return fresh


async def caught(factory: Database, where: Place, embeds: Ngrams, minutes: int = 0) -> int:
    """All batches: how many items got a vector."""
    after: str | None = None
    items = 0
    while True:
        done = await vectoring.catch_up(
            lambda: factory.transaction(where.tenant_id),
            embeds,
            where,
            NOW + timedelta(minutes=minutes),
            after,
        )
        items += done.items
        after = done.after
        if after is None:
            return items


async def test_each_item_of_a_bank_is_embedded_once_and_again_when_it_was_changed(
    factory: Database, bank: Exam
) -> None:
    where, embeds = place(bank), Counting()
    there = len(bank.questions)
    assert await caught(factory, where, embeds, minutes=1) == there
    first = len(embeds.asked)
    assert first <= there
    assert await caught(factory, where, embeds, minutes=2) == 0
    assert len(embeds.asked) == first
    async with bank.database.transaction(bank.tenant_id) as connection:
        await connection.execute(
            "UPDATE questions SET title = 'Another', updated_at = $3 WHERE tenant_id = $1 AND question_id = $2",
            *(bank.tenant_id, bank.questions[0], NOW + timedelta(minutes=3)),
        )
    assert await caught(factory, where, embeds, minutes=4) == 1
    assert len(embeds.asked) == first + 1


async def test_a_text_that_the_school_has_a_vector_of_costs_nothing(
    factory: Database, bank: Exam
) -> None:
    where, embeds = place(bank), Counting()
    await caught(factory, where, embeds, minutes=1)
    asked = len(embeds.asked)
    async with bank.database.transaction(bank.tenant_id) as connection:
        # A label that is no part of the text: the item is looked at again, and its vector is there.
        await connection.execute(
            "UPDATE questions SET level = 9, updated_at = $2 WHERE tenant_id = $1",
            *(bank.tenant_id, NOW + timedelta(minutes=3)),
        )
    assert await caught(factory, where, embeds, minutes=4) == len(bank.questions)
    assert len(embeds.asked) == asked


async def test_one_text_that_may_not_go_out_holds_up_no_other(
    factory: Database, bank: Exam
) -> None:
    assert await caught(factory, place(bank), Picky(), minutes=1) == len(bank.questions) - 1


async def test_without_anybody_to_ask_it_is_left_for_another_time(
    factory: Database, bank: Exam
) -> None:
    assert await caught(factory, place(bank), Gone(), minutes=1) == 0
    assert await caught(factory, place(bank), Ngrams(), minutes=1) == len(bank.questions)


async def alike(factory: Database, bank: Exam, question_id: str, **wanted: Any) -> list[str]:
    async with factory.transaction(bank.tenant_id) as connection:
        place = (bank.tenant_id, question_id)
        found = await vector_store.similar(connection, place, Filter(**wanted), 3)
    cosines = [cosine for _, cosine in found]
    assert cosines == sorted(cosines, reverse=True)
    return [listed.question_id for listed, _ in found]


async def test_similar_items_come_nearest_first_without_the_item_itself_and_by_the_filter(
    factory: Database, bank: Exam
) -> None:
    first, second, third, fourth = bank.questions[:4]
    assert await alike(factory, bank, first) == []
    texts = {
        first: "Name the capital of France.",
        second: "Which city is the capital of France?",
        third: "Which city is the capital of Peru?",
        fourth: "Add one half and a third.",
    }
    rows = [
        Vectored(subject_id=one, digest=vector_store.digest_of(text), vector=ngram_vector(text))
        for one, text in texts.items()
    ]
    async with factory.transaction(bank.tenant_id) as connection:
        await vector_store.put(connection, place(bank), rows, NOW)
    assert await alike(factory, bank, first) == [second, third, fourth]
    # The levels of a bank go 1, 2, 3, 1, ...
    assert await alike(factory, bank, first, level=3) == [third]
    assert await alike(factory, bank, first, language="ar") == []


async def test_courses_that_lag_behind_are_found_until_they_have_caught_up(
    factory: Database, bank: Exam
) -> None:
    async def behind(since: datetime | None = None) -> list[str]:
        async with factory.transaction(bank.tenant_id) as connection:
            return await vector_store.behind(connection, (bank.tenant_id, SPACE), since, 10)

    assert await behind() == [bank.course_id]
    assert await behind(NOW - timedelta(days=1)) == [bank.course_id]
    assert await behind(NOW + timedelta(days=1)) == []
    await caught(factory, place(bank), Ngrams(), minutes=1)
    assert await behind() == []
