"""Recalls over a real PostgreSQL: what is in use no more, which attempts were touched, and what their learners have then."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import asyncpg
import msgspec
import pytest

from lms.ai import recall
from lms.assessments.model import Assessment, Draw, Section, Settings
from lms.errors import Conflict, NotFound
from lms.grading import recalling, regrades, results
from lms.grading.service import score_attempt
from lms.ids import UserId
from lms.jobs import Leased
from lms.questions import service as questions
from server.storage.playlists import Playlists, list_key
from server.storage.postgres import Database
from server.storage.redis import Client, connected
from tests.support.exams import NOW, desk, exam_in, new_id
from tests.support.graded import Desks, desks_in
from tests.support.staged import Office
from workers.reviewing import REVIEW_HANDLERS

pytestmark = pytest.mark.store


class Hand:
    """A bench whose job nobody else can have."""

    def __init__(self, office: Office, playlists: Playlists) -> None:
        self._office = office
        self.means = SimpleNamespace(playlists=playlists, now=lambda: NOW, new_id=new_id)

    def transaction(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return self._office.factory.transaction(self._office.tenant_id)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch in the bank of a course, an exam that draws two of its items and names one that is none of them, and learners."""

    office: Office
    desks: Desks
    redis: Client
    job_id: str
    items: Sequence[str]
    exam: Assessment

    @property
    def tenant_id(self) -> str:
        return self.desks.tenant_id

    async def ask(self) -> None:
        async with self.desks.exam.database.transaction(self.tenant_id) as connection:
            job = await recall.ask(
                connection, self.desks.teacher, self.job_id, "The keys are wrong.", desk()
            )
        assert job.recalled_at == NOW

    async def carry_out(self) -> None:
        job = Leased(
            job_id=new_id(),
            kind="items.recall",
            tenant_id=self.tenant_id,
            subject_id=self.job_id,
            data={},
            tries=1,
            token="",
        )
        bench: Any = Hand(self.office, Playlists(self.redis))
        await REVIEW_HANDLERS["items.recall"](bench, job)

    async def truth(self) -> set[str]:
        """Which attempts were begun and ask an item of the batch, told from their papers alone."""
        rows = await self.desks.owner.fetch(
            "SELECT a.attempt_id, a.state, p.pins FROM attempts a JOIN attempt_papers p USING (tenant_id, attempt_id)"
            " WHERE a.tenant_id = $1",
            self.tenant_id,
        )
        return {
            str(row["attempt_id"])
            for row in rows
            if row["state"] not in ("ready", "withdrawn")
            and {pin["question_id"] for pin in msgspec.json.decode(row["pins"])} & set(self.items)
        }

    async def told(self) -> dict[str, tuple[int | None, int | None]]:
        async with self.desks.exam.database.transaction(self.tenant_id) as connection:
            found = await recall.uses(connection, self.desks.teacher, self.job_id, None, 500)
        return {
            one.source_id: (one.before_milli, one.after_milli)
            for one in found
            if one.source == "exam"
        }

    async def scored(self, count: int) -> list[str]:
        """Attempts that were handed in with right answers to the first option, or none, and scored."""
        made = [await self.desks.handed_in(self.exam, {}) for _ in range(count)]
        for one in made:
            assert await self.desks.score(one) is not None
        return made


@pytest.fixture(scope="module")
async def pools(database: Database) -> AsyncIterator[tuple[Database, Database]]:
    async with (
        database.beside("lectern_factory", pool_size=3) as factory,
        database.beside("lectern_review", pool_size=2) as review,
    ):
        yield factory, review


@pytest.fixture
async def batch(
    database: Database, database_url: str, valkey_url: str, pools: tuple[Database, Database]
) -> AsyncIterator[Batch]:
    exam = await exam_in(database)
    office = Office(exam=exam, factory=pools[0], review=pools[1])
    job_id = await office.job()
    who = await office.person()
    for one in await office.staged(job_id, 4):
        await office.decide(who, one)
    assert await office.ingest() == 4
    rows = await office.fetch("SELECT question_id FROM provenance_cards WHERE tenant_id = $1")
    async with desks_in(exam, database_url) as desks, connected(valkey_url) as redis:
        section = Section(
            id="s",
            question_ids=[desks.questions["numeric"]],
            draws=[Draw(count=2, skills=["waves"])],
        )
        assessment = await exam.add_assessment(Settings(sections=[section], time_limit_minutes=60))
        yield Batch(
            office=office,
            desks=desks,
            redis=redis,
            job_id=job_id,
            items=[str(row[0]) for row in rows],
            exam=assessment,
        )


async def test_every_attempt_that_asked_an_item_is_found_and_counts_it_in_full(
    batch: Batch,
) -> None:
    other = await batch.desks.assessment("numeric", "essay")
    untouched = await batch.desks.scored(other, {"numeric": {"number": "3.2", "unit": "m"}})
    graded = await batch.scored(3)
    waiting = await batch.desks.handed_in(batch.exam, {})
    assert {(await batch.desks.grade(one)).earned_milli for one in graded} == {0}
    await batch.ask()
    await batch.carry_out()
    truth = await batch.truth()
    assert truth == {*graded, waiting}
    told = await batch.told()
    assert told == {**dict.fromkeys(graded, (0, 2000)), waiting: (None, None)}
    for one in graded:
        grade = await batch.desks.grade(one)
        assert (grade.cause, grade.cause_id, grade.revision) == ("regraded", batch.job_id, 2)
        assert {(item.question_id in batch.items, item.reason) for item in grade.items} == {
            (True, "recalled"),
            (False, "unanswered"),
        }
    assert (await batch.desks.grade(untouched)).revision == 1
    late = await batch.desks.score(waiting)
    assert late is not None
    assert late.earned_milli == 2000
    async with batch.desks.exam.database.transaction(batch.tenant_id) as connection:
        found = await recall.get(connection, batch.desks.teacher, batch.job_id)
    assert (found.items, found.attempts, found.learners, found.done_at) == (4, 4, 4, NOW)
    assert await batch.desks.acts(batch.job_id) == [
        "items.ingested",
        "recall.asked",
        "recall.done",
    ]


async def test_its_items_are_in_use_no_more_from_the_moment_it_is_asked_for(batch: Batch) -> None:
    spare = await batch.desks.exam.add_questions(3, kinds=["true_false"])
    await batch.desks.owner.execute(
        "UPDATE questions SET skills = '{waves}' WHERE question_id = ANY($1::uuid[])", spare
    )
    [learner] = await batch.desks.exam.add_learners(1)
    await batch.desks.exam.materialise(batch.exam.assessment_id)
    await batch.ask()
    states = await batch.office.fetch(
        "SELECT DISTINCT q.state FROM questions q JOIN provenance_cards c USING (tenant_id, question_id) WHERE q.tenant_id = $1"
    )
    assert states == [("recalled",)]
    jobs = await batch.desks.owner.fetch(
        "SELECT kind FROM jobs WHERE tenant_id = $1 ORDER BY kind", batch.tenant_id
    )
    assert [row["kind"] for row in jobs] == ["assessment.materialise", "items.recall"]
    await batch.desks.exam.materialise(batch.exam.assessment_id)
    [pins] = [
        msgspec.json.decode(row["pins"])
        for row in await batch.desks.owner.fetch(
            "SELECT p.pins FROM attempts a JOIN attempt_papers p USING (tenant_id, attempt_id)"
            " WHERE a.user_id = $1",
            learner,
        )
    ]
    assert len(pins) == 3
    assert not {pin["question_id"] for pin in pins} & set(batch.items)
    with pytest.raises(Conflict):
        async with batch.desks.exam.database.transaction(batch.tenant_id) as connection:
            await questions.retire(connection, batch.desks.teacher, batch.items[0], NOW)


async def test_a_recall_that_is_killed_goes_on_and_revises_nobody_twice(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalling, "BATCH", 2)
    graded = await batch.scored(5)
    await batch.ask()
    real, calls = recall.score_batch, itertools.count()

    async def dies(*given: Any) -> str | None:
        last = await real(*given)
        if next(calls) == 1:
            raise ConnectionError
        return last

    monkeypatch.setattr(recall, "score_batch", dies)
    with pytest.raises(ConnectionError):
        await batch.carry_out()
    assert len(await batch.told()) == 2
    await batch.carry_out()
    await batch.carry_out()
    assert set(await batch.told()) == set(graded) == await batch.truth()
    assert [await batch.desks.count("grades", one) for one in graded] == [2] * 5
    names = await batch.desks.owner.fetch(
        "SELECT name FROM outbox WHERE tenant_id = $1 AND key_id = $2 AND name = 'items.recalled'",
        *(batch.tenant_id, batch.job_id),
    )
    assert len(names) == 1


async def test_an_attempt_that_is_being_scored_meanwhile_is_waited_for(batch: Batch) -> None:
    attempt_id = await batch.desks.handed_in(batch.exam, {})
    async with (
        asyncio.TaskGroup() as group,
        batch.desks.exam.database.transaction(batch.tenant_id) as scoring,
    ):
        grade = await score_attempt(scoring, batch.tenant_id, attempt_id, NOW)
        assert grade is not None
        assert grade.earned_milli == 0
        await batch.ask()
        carrying = group.create_task(batch.carry_out())
        await asyncio.sleep(0.2)
        assert not carrying.done()
    assert (await batch.desks.grade(attempt_id)).earned_milli == 2000


async def test_what_was_staged_goes_nowhere_and_the_batch_is_recalled_once(batch: Batch) -> None:
    later = await batch.office.stage(
        *(batch.office.candidate(batch.job_id, slot) for slot in (7, 8))
    )
    await batch.office.decide(await batch.office.person(), later[0])
    await batch.ask()
    await batch.ask()
    await batch.carry_out()
    assert await batch.office.ingest() == 0
    states = await batch.office.fetch(
        "SELECT state, count(*) FROM questions_staging WHERE tenant_id = $1 AND origin = 'generated' GROUP BY 1 ORDER BY 1"
    )
    assert states == [("recalled", 4), ("withdrawn", 2)]
    jobs = await batch.desks.owner.fetchval(
        "SELECT count(*) FROM jobs WHERE tenant_id = $1 AND kind = 'items.recall'", batch.tenant_id
    )
    assert jobs == 1


async def test_lists_with_its_items_are_dropped_and_chosen_anew(batch: Batch) -> None:
    with_it, without = await batch.desks.exam.add_learners(2)
    place = (batch.tenant_id, batch.office.exam.course_id)
    keys = [list_key((*place, one)) for one in (with_it, without)]
    await batch.redis.rpush(keys[0], b"..." + batch.items[2].encode() + b".1...")
    await batch.redis.rpush(keys[1], b"..." + new_id().encode() + b".1...")
    await batch.ask()
    await batch.carry_out()
    assert [await batch.redis.exists(key) for key in keys] == [0, 1]
    rows = await batch.office.fetch("SELECT user_id, urgent FROM refills WHERE tenant_id = $1")
    assert [(str(user_id), urgent) for user_id, urgent in rows] == [(with_it, True)]


async def test_a_learner_is_told_why_and_a_teacher_cannot_put_a_key_in_force(batch: Batch) -> None:
    [attempt_id] = await batch.scored(1)
    await batch.ask()
    await batch.carry_out()
    await batch.desks.owner.execute(
        "UPDATE attempts SET released_at = $2 WHERE attempt_id = $1", attempt_id, NOW
    )
    learner = (await batch.desks.attempt(attempt_id)).user_id
    async with batch.desks.exam.database.transaction(batch.tenant_id) as connection:
        shown = await results.result(connection, batch.desks.person(learner), attempt_id)
        with pytest.raises(Conflict) as refused:
            await regrades.create(
                connection,
                batch.desks.teacher,
                batch.exam.assessment_id,
                (batch.items[0], 1),
                desk(),
            )
    assert refused.value.code == "item_recalled"
    said = {one.reason: (one.earned_milli, one.correct, one.key) for one in shown.items}
    assert said["recalled"] == (1000, None, None)


async def test_a_recall_is_for_those_who_teach_the_course(batch: Batch) -> None:
    await batch.ask()
    stranger = replace(batch.desks.teacher, user_id=UserId(new_id()))
    async with batch.desks.exam.database.transaction(batch.tenant_id) as connection:
        for act in (
            recall.ask(connection, stranger, batch.job_id, "no", desk()),
            recall.get(connection, stranger, batch.job_id),
        ):
            with pytest.raises(NotFound):
                await act


async def test_the_pool_that_serves_learners_cannot_write_what_a_recall_touched(
    batch: Batch,
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with batch.desks.exam.database.transaction(batch.tenant_id) as connection:
            await connection.execute("DELETE FROM recalled_uses")
