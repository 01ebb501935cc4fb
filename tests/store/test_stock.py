"""Stock, the calendar and the dashboard over a real PostgreSQL."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lms.ai import dashboard, staging, stocking
from lms.ai.dashboard import Figures
from lms.ai.model import Decision
from lms.ai.stock import Mark
from lms.ai.stock_store import Line
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.identity import Principal
from lms.ids import UserId
from lms.questions import store as questions
from server.storage.postgres import Database
from tests.support.exams import NOW, desk, exam_in, new_id
from tests.support.staged import Office, candidate_id, item
from workers import calendar
from workers.reviewing import ingest_every_school

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def pools(database: Database) -> AsyncIterator[tuple[Database, Database]]:
    async with (
        database.beside("lectern_factory", pool_size=3) as factory,
        database.beside("lectern_review", pool_size=2) as review,
    ):
        yield factory, review


@pytest.fixture
async def office(database: Database, pools: tuple[Database, Database]) -> Office:
    return Office(exam=await exam_in(database), factory=pools[0], review=pools[1])


# --- Stock ---------------------------------------------------------------------------------------


def mark(office: Office, **more: object) -> Mark:
    values = {"skill": "waves", "level": 2, "language": "en", "low": 2, "batch": 5, **more}
    return Mark(course_id=office.exam.course_id, kinds=("single_choice",), **values)  # type: ignore[arg-type]  # the fields of a mark


async def set_mark(office: Office, wanted: Mark) -> Line:
    admin = await office.person("admin")
    async with office.exam.database.transaction(office.tenant_id) as connection:
        return await stocking.set_mark(connection, admin, wanted, desk())


async def scan(office: Office, hours: int = 0) -> int:
    async with office.factory.transaction(office.tenant_id) as connection:
        return await stocking.scan(
            connection, office.tenant_id, desk(NOW + timedelta(hours=hours))
        )


async def in_bank(office: Office, count: int) -> list[str]:
    """So many items of the factory in use."""
    who = await office.person()
    for one in await office.staged(await office.job(), count):
        await office.decide(who, one)
    await office.ingest()
    rows = await office.fetch("SELECT question_id FROM questions WHERE tenant_id = $1")
    return [str(row[0]) for row in rows]


async def test_a_drained_stock_asks_the_factory_for_more_once(office: Office) -> None:
    ids = await in_bank(office, 3)
    line = await set_mark(office, mark(office))
    assert (line.items, line.low, line.job_id) == (3, 2, None)
    assert await scan(office) == 0
    async with office.exam.database.transaction(office.tenant_id) as connection:
        await questions.recall(connection, office.tenant_id, ids[:2], NOW)
    assert await scan(office) == 1
    assert await scan(office, hours=30) == 0  # it is being made
    [(brief, asked_by, kinds)] = await office.fetch(
        "SELECT g.brief, g.asked_by, (SELECT array_agg(kind) FROM jobs WHERE tenant_id = $1 AND subject_id = g.job_id)"
        " FROM generation_jobs g JOIN stock_marks m USING (tenant_id, job_id) WHERE g.tenant_id = $1"
    )
    assert '"count": 5' in str(brief)
    assert '"series": 1' in str(brief)
    assert (asked_by, kinds) == (None, ["generation.run"])
    await office.fetch(
        "UPDATE generation_jobs SET state = 'done', ingested = 1 WHERE tenant_id = $1"
    )
    assert await scan(office) == 1
    series = await office.fetch(
        "SELECT (brief ->> 'series')::integer FROM generation_jobs WHERE tenant_id = $1 AND asked_by IS NULL ORDER BY 1"
    )
    assert series == [(1,), (2,)]


async def test_a_stock_that_a_learner_has_used_up_asks_for_more(office: Office) -> None:
    await in_bank(office, 3)
    await set_mark(office, mark(office))
    assert await scan(office) == 0
    await office.fetch("UPDATE stock_marks SET used_up_at = $2 WHERE tenant_id = $1", NOW)
    assert await scan(office, hours=3) == 0
    assert await scan(office, hours=1) == 1


async def test_what_waits_for_a_reviewer_counts_as_on_its_way(office: Office) -> None:
    await set_mark(office, mark(office))
    assert await scan(office) == 1
    [(job_id,)] = await office.fetch("SELECT job_id FROM stock_marks WHERE tenant_id = $1")
    await office.fetch("UPDATE generation_jobs SET state = 'done' WHERE tenant_id = $1")
    await office.staged(str(job_id), 1)
    assert await scan(office, hours=48) == 0
    await office.fetch(
        "UPDATE questions_staging SET state = 'rejected' WHERE tenant_id = $1 AND job_id = $2",
        job_id,
    )
    assert await scan(office, hours=23) == 0
    assert await scan(office, hours=24) == 1


async def test_the_stock_lists_what_is_there_and_what_should_be(office: Office) -> None:
    await in_bank(office, 1)
    await set_mark(office, mark(office, skill="sound", level=10))
    await set_mark(office, mark(office, low=7))
    admin = await office.person("admin")
    place = (admin, office.exam.course_id)
    async with office.exam.database.transaction(office.tenant_id) as connection:
        first = await stocking.page(connection, place, None, 1)
        rest = await stocking.page(connection, place, (first[0].skill, first[0].place), 9)
    assert [(one.skill, one.level, one.items, one.low) for one in first + rest] == [
        ("sound", 10, 0, 2),
        ("waves", 2, 1, 7),
    ]


async def test_a_mark_is_one_that_the_factory_can_fill(office: Office) -> None:
    with pytest.raises(Invalid):
        await set_mark(office, replace(mark(office), kinds=("essay",)))
    stranger = replace(await office.person("teacher"), user_id=UserId(new_id()))
    async with office.exam.database.transaction(office.tenant_id) as connection:
        with pytest.raises(NotFound):
            await stocking.set_mark(connection, stranger, mark(office), desk())
    await office.fetch("UPDATE courses SET archived = true WHERE tenant_id = $1")
    with pytest.raises(Conflict):
        await set_mark(office, mark(office))
    assert await scan(office) == 0


# --- The calendar --------------------------------------------------------------------------------


async def test_the_night_is_asked_for_once_however_many_ask(office: Office) -> None:
    night = next(one for one in calendar.RECURRING if one.kind == "items.ingest")
    for now in (NOW, NOW + timedelta(hours=5)):
        async with office.exam.database.transaction(None) as connection:
            await calendar.ask(connection, night, night.last(now))
    rows = await office.fetch(
        "SELECT run_at FROM jobs WHERE tenant_id = $1 AND subject_id = $1 AND kind = 'items.ingest'"
    )
    assert rows == [(NOW.replace(hour=2),)]


async def test_by_hand_every_school_is_served(office: Office, database: Database) -> None:
    other = replace(office, exam=await exam_in(database))
    for one in (office, other):
        [there] = await one.staged(await one.job(), 1)
        await one.decide(await one.person(), there)
    assert await ingest_every_school(office.factory, desk()) == 2
    assert await ingest_every_school(office.factory, desk()) == 0


# --- The dashboard -------------------------------------------------------------------------------


async def figures(office: Office, role: str = "admin") -> Figures:
    who = await office.person(role)
    async with office.review.transaction(office.tenant_id) as connection:
        return await dashboard.figures(connection, who, 30, NOW)


async def test_of_nothing_there_are_no_shares(office: Office) -> None:
    found = await figures(office)
    shares = (found.schema_pass, found.gates_pass, found.accept, found.edit, found.agreement)
    assert shares == (None,) * 5
    assert (found.seeded_missed, found.escaped, found.tokens_per_accepted) == (None,) * 3
    with pytest.raises(Forbidden):
        await figures(office, "student")


async def test_what_comes_back_from_use_and_is_turned_down_or_mended_has_escaped(
    office: Office,
) -> None:
    ids = await in_bank(office, 4)
    who = await office.person()
    async with office.factory.transaction(office.tenant_id) as connection:
        faults = dict.fromkeys(ids[:3], ("too_hard", 80))
        staged = await staging.stage_reported(connection, office.tenant_id, faults, NOW)
    await office.decide(who, staged[0], "reject")
    await office.decide(who, staged[1], "edit", edit=item(difficulty=95))
    await office.decide(who, staged[2])
    found = await figures(office)
    assert (found.escapes.ingested, found.escapes.bad, found.escaped) == (4, 2, 0.5)


async def test_the_figures_are_those_of_what_happened(office: Office) -> None:
    job = await office.job()
    await office.fetch(
        "UPDATE generation_jobs SET made = 10, passed = 6, dropped = 4, tokens_in = 900, tokens_out = 100, cost_micros = 80,"
        ' dropped_by = \'{"schema": 1, "blind": 3}\' WHERE tenant_id = $1 AND job_id = $2',
        job,
    )
    ann, ben = await office.person(), await office.person()
    later = itertools.count()

    async def decide(who: Principal, one: str, decision: Decision = "accept", **said: Any) -> None:
        # Each when what the other was given as the next is anybody's again.
        at = desk(NOW + timedelta(minutes=11 * next(later)))
        await office.decide(who, one, decision, at=at, **said)

    plain = await office.staged(job, 4)
    await decide(ann, plain[0])
    await decide(ann, plain[1], "edit", edit=item(difficulty=90))
    await decide(ann, plain[2], "reject", reasons=("unclear", "bad_options"))
    sampled = [candidate_id(sampled=True) for _ in range(2)]
    await office.stage(
        *(office.candidate(job, 10 + n, candidate_id=one) for n, one in enumerate(sampled))
    )
    await decide(ann, sampled[0])
    await decide(ben, sampled[0])
    await decide(ann, sampled[1], "reject")
    await decide(ben, sampled[1])
    doubled = candidate_id(seeded=True)
    await office.stage(office.candidate(job, 20, candidate_id=doubled))
    [(twin,)] = await office.fetch(
        "SELECT candidate_id FROM questions_staging WHERE tenant_id = $1 AND origin = 'seeded'"
    )
    await decide(ben, str(twin))
    await office.ingest()
    [(held,)] = await office.fetch(
        "SELECT question_id FROM questions WHERE tenant_id = $1 LIMIT 1"
    )
    await office.fetch(
        "UPDATE questions SET state = 'held' WHERE tenant_id = $1 AND question_id = $2", held
    )
    found = await figures(office)
    assert (found.made.jobs, found.made.drafts, found.made.passed) == (1, 10, 6)
    assert (found.schema_pass, found.gates_pass) == (0.9, 0.6)
    assert (found.reviewed.accepted, found.reviewed.rejected) == (4, 1)
    assert (found.accept, found.edit) == (0.8, 0.25)
    assert found.reviewed.rejected_for == {"bad_options": 1, "unclear": 1, "wrong_key": 1}
    assert found.agreement == 0  # of two items, one with one mind: as by chance
    assert (found.seeded_missed, found.escaped) == (1.0, 0.25)
    assert (found.tokens_per_accepted, found.cost_micros_per_accepted) == (250, 20)
    assert {(one.user_id, one.seeded, one.missed) for one in found.reviewers} == {
        (ann.user_id, 0, 0),
        (ben.user_id, 1, 1),
    }
    assert not (await figures(office, "reviewer")).reviewers
    assert found.waiting == 2  # one of the plain ones, and what stood behind its twin
