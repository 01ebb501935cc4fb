"""Reviews over a real PostgreSQL: who sees the staging, what is decided, and what comes into the bank of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from lms.ai import deciding, ingest
from lms.ai.deciding import Seen, Standing
from lms.ai.review import undone
from lms.ai.review_store import Waiting, Wanted
from lms.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from lms.identity import Principal
from lms.questions import store as questions
from lms.tenants import service as schools
from lms.tenants.model import Settings
from server.storage.postgres import Database
from tests.support.exams import NOW, desk, exam_in, new_id
from tests.support.staged import SOURCE, Office, candidate_id, item

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def pools(database: Database) -> AsyncIterator[tuple[Database, Database]]:
    async with (
        database.beside("lectern_factory", pool_size=3) as factory,
        database.beside("lectern_review", pool_size=3) as review,
    ):
        yield factory, review


@pytest.fixture
async def office(database: Database, pools: tuple[Database, Database]) -> Office:
    return Office(exam=await exam_in(database), factory=pools[0], review=pools[1])


async def queue(office: Office, who: Principal, *, reported: bool | None = None) -> list[Waiting]:
    async with office.review.transaction(office.tenant_id) as connection:
        wanted = Wanted(reported=reported)
        return await deciding.queue(connection, who, wanted, (None, 50), desk())


async def take(office: Office, who: Principal, candidate: str, minutes: int = 0) -> Seen:
    async with office.review.transaction(office.tenant_id) as connection:
        return await deciding.take(
            connection, who, candidate, desk(NOW + timedelta(minutes=minutes))
        )


# --- Who sees it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "table",
    ["questions_staging", "review_decisions", "generation_steps", "model_answers", "item_vectors"],
)
async def test_the_role_that_serves_learners_sees_nothing_of_the_staging(
    database: Database, office: Office, table: str
) -> None:
    for sql in (
        f"SELECT count(*) FROM {table}",
        f"DELETE FROM {table}",
        f"INSERT INTO {table} (tenant_id) VALUES ('{office.tenant_id}')",
        f"UPDATE {table} SET tenant_id = tenant_id",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(office.tenant_id) as connection:
                await connection.execute(sql)


async def test_neither_pool_sees_the_staging_of_another_school(
    database: Database, office: Office
) -> None:
    other = replace(office, exam=await exam_in(database))
    [there] = await office.staged(await office.job(), 1)
    assert await office.fetch("SELECT count(*) FROM questions_staging WHERE tenant_id = $1") == [
        (1,)
    ]
    who = await other.person()
    assert await queue(other, who) == []
    with pytest.raises(NotFound):
        await take(other, who, there)
    for pool in (office.factory, office.review):
        async with pool.transaction(other.tenant_id) as connection:
            assert await connection.fetchval("SELECT count(*) FROM questions_staging") == 0


async def test_only_reviewers_see_the_queue(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1)
    for role in ("admin", "teacher", "student", "proctor"):
        who = await office.person(role)
        with pytest.raises(Forbidden):
            await queue(office, who)
        with pytest.raises(Forbidden):
            await take(office, who, there)
        with pytest.raises(Forbidden):
            await office.decide(who, there)


# --- The queue -----------------------------------------------------------------------------------


async def test_the_riskiest_come_first_and_what_is_taken_is_shown_to_nobody_else(
    office: Office,
) -> None:
    job = await office.job()
    low, high, mid = [
        (await office.stage(office.candidate(job, slot, risk=risk)))[0]
        for slot, risk in ((1, 10), (2, 90), (3, 50))
    ]
    ann, ben = await office.person(), await office.person()
    assert [one.candidate_id for one in await queue(office, ann)] == [high, mid, low]
    seen = await take(office, ann, high)
    assert (seen.line.labels.title, seen.brief is not None) == ("A single_choice", True)
    assert [one.candidate_id for one in await queue(office, ben)] == [mid, low]
    with pytest.raises(Conflict) as refused:
        await take(office, ben, high)
    assert refused.value.code == "review_taken"
    await take(office, ben, high, minutes=11)
    outcome = await office.decide(ann, mid)
    assert (outcome.next_id, outcome.waiting) == (low, 1)
    assert [one.candidate_id for one in await queue(office, ben)] == [high]


async def test_nobody_keeps_the_queue_by_looking_through_it(office: Office) -> None:
    there = await office.staged(await office.job(), 6)
    ann, ben = await office.person(), await office.person()
    for minute, one in enumerate(there):
        await take(office, ann, one, minute)
    assert [one.candidate_id for one in await queue(office, ben)] == sorted(there[:3])
    assert len(await queue(office, ann)) == 6


async def test_a_slot_is_staged_once(office: Office) -> None:
    job = await office.job()
    [first] = await office.stage(office.candidate(job, 1))
    assert await office.stage(office.candidate(job, 1)) == []
    assert [one.candidate_id for one in await queue(office, await office.person())] == [first]


# --- Decisions -----------------------------------------------------------------------------------


async def test_a_high_risk_needs_two_people(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1, risk=70)
    ann, ben = await office.person(), await office.person()
    assert (await office.decide(ann, there)).staged.state == "second"
    assert await queue(office, ann) == []
    with pytest.raises(Conflict) as refused:
        await office.decide(ann, there, "reject")
    assert refused.value.code == "review_decided"
    assert (await office.decide(ann, there)).staged.state == "second"  # said again
    assert [one.state for one in await queue(office, ben)] == ["second"]
    assert (await office.decide(ben, there, "reject")).staged.state == "rejected"
    assert await office.fetch(
        "SELECT accepted, rejected FROM generation_jobs WHERE tenant_id = $1"
    ) == [(0, 1)]
    assert await office.ingest() == 0


async def test_of_the_sample_a_rejection_is_read_again_too(office: Office) -> None:
    job = await office.job()
    [there] = await office.stage(office.candidate(job, 1, candidate_id=candidate_id(sampled=True)))
    assert (await office.decide(await office.person(), there, "reject")).staged.state == "second"
    assert (await office.decide(await office.person(), there)).staged.state == "accepted"


async def suffices(office: Office, reviewers: int) -> None:
    admin = await office.person("admin")
    async with office.exam.database.transaction(office.tenant_id) as connection:
        new = Settings(reviewers=reviewers)
        await schools.change_settings(connection, admin, new, new_id(), NOW)


async def test_where_the_school_says_that_one_suffices_one_does(office: Office) -> None:
    job = await office.job()
    sampled = [office.candidate(job, n, candidate_id=candidate_id(sampled=True)) for n in (1, 2)]
    high, let_pass, turned_down = await office.stage(office.candidate(job, 3, risk=90), *sampled)
    alone = await office.person()
    for one in (high, let_pass):
        assert (await office.decide(alone, one)).staged.state == "second"
    await suffices(office, 1)
    # What one has decided counts from now on, and nothing waits for a second.
    assert [one.candidate_id for one in await queue(office, alone)] == [turned_down]
    assert (await office.decide(alone, turned_down, "reject")).staged.state == "rejected"
    assert await queue(office, alone) == []
    assert await office.fetch(
        "SELECT accepted, rejected FROM generation_jobs WHERE tenant_id = $1"
    ) == [(2, 1)]
    assert await office.ingest() == 2
    said = await office.fetch(
        "SELECT action, data ->> 'items', data ->> 'reviewers' FROM audit"
        " WHERE tenant_id = $1 AND action NOT LIKE 'review.%t' AND action <> 'question.made'"
    )
    assert ("school.settings", None, "1") in said
    assert ("review.one_suffices", "2", None) in said


async def test_a_reviewer_who_is_alone_is_told_so(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1, risk=90)
    alone = await office.person()
    await office.decide(alone, there)

    async def standing() -> Standing:
        async with office.review.transaction(office.tenant_id) as connection:
            return await deciding.standing(connection, alone)

    assert await standing() == Standing(needed=2, reviewers=1, for_another=1)
    await office.person()
    await suffices(office, 1)
    await queue(office, alone)
    assert await standing() == Standing(needed=1, reviewers=2, for_another=0)


async def test_only_an_administrator_says_how_many_suffice(office: Office) -> None:
    for role in ("teacher", "student", "proctor", "reviewer"):
        who = await office.person(role)
        async with office.exam.database.transaction(office.tenant_id) as connection:
            with pytest.raises(Forbidden):
                await schools.change_settings(
                    connection, who, Settings(reviewers=1), new_id(), NOW
                )
            with pytest.raises(Forbidden):
                await schools.settings(connection, who)


async def test_an_edit_is_the_next_version_and_keeps_what_it_changed(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1)
    mended = item(difficulty=80)
    mended = replace(mended, labels=replace(mended.labels, title="Mended"))
    ann, ben = await office.person(), await office.person()
    outcome = await office.decide(ann, there, "edit", edit=mended, reasons=("unclear",))
    assert (outcome.staged.version, outcome.staged.state) == (2, "accepted")
    [(diff, reasons)] = await office.fetch(
        "SELECT diff, reasons FROM review_decisions WHERE tenant_id = $1"
    )
    assert '"/labels/difficulty"' in str(diff).replace(" ", "")
    assert reasons == ["unclear"]
    with pytest.raises(Conflict):
        await office.decide(ben, there)
    [(data,)] = await office.fetch("SELECT data FROM audit WHERE tenant_id = $1")
    assert "unclear" in str(data)
    assert "Mended" not in str(data)


async def test_the_second_sees_what_the_first_changed_but_not_of_the_sample(
    office: Office,
) -> None:
    job = await office.job()
    [high] = await office.staged(job, 1, risk=90)
    [sampled] = await office.stage(
        office.candidate(job, 2, candidate_id=candidate_id(sampled=True))
    )
    ann, ben = await office.person(), await office.person()
    mended = item(difficulty=80)
    for one in (high, sampled):
        assert (await take(office, ann, one)).first is None
        await office.decide(ann, one, "edit", edit=mended)
    seen = await take(office, ben, high)
    assert seen.first is not None
    assert (seen.first.decision, [one.at for one in seen.first.changes]) == (
        "edit",
        ["/labels/difficulty"],
    )
    assert undone(seen.staged.candidate.item, seen.first.changes) == item()
    assert (await take(office, ben, sampled)).first is None


async def test_a_decision_about_an_older_version_is_refused(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1, risk=90)
    await office.decide(await office.person(), there, "edit", edit=item(difficulty=1))
    with pytest.raises(Conflict) as refused:
        await office.decide(await office.person(), there, version=1)
    assert refused.value.code == "review_changed"


async def test_a_decision_is_whole(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1)
    who = await office.person()
    faulty = replace(item(), content=item("numeric").content)
    for edit in (None, item(), faulty):
        with pytest.raises(Invalid):
            await office.decide(who, there, "edit", edit=edit)
    with pytest.raises(Invalid):
        await office.decide(who, there, "accept", edit=item(difficulty=3))


async def test_two_who_decide_at_once_are_two_or_one_is_told(office: Office) -> None:
    [there] = await office.staged(await office.job(), 1)
    people = [await office.person() for _ in range(3)]
    done = await asyncio.gather(
        *(office.decide(who, there, "reject") for who in people), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Conflict", "Conflict", "Outcome"]


# --- Bad ones on purpose -------------------------------------------------------------------------


async def test_a_bad_twin_comes_first_and_is_never_ingested(office: Office) -> None:
    job = await office.job()
    [good] = await office.stage(office.candidate(job, 1, candidate_id=candidate_id(seeded=True)))
    who = await office.person()
    [line] = await queue(office, who)
    assert line.candidate_id != good
    seen = await take(office, who, line.candidate_id)
    assert (seen.staged.candidate.item.content, seen.staged.candidate.item.key) != (
        item().content,
        item().key,
    )
    outcome = await office.decide(who, line.candidate_id)
    assert [one.candidate_id for one in await queue(office, who)] == [good]
    while outcome.next_id is not None:
        outcome = await office.decide(who, outcome.next_id)
    other = await office.person()
    for left in await queue(office, other):
        await office.decide(other, left.candidate_id)
    assert await office.ingest() == 1
    assert await office.fetch("SELECT accepted FROM generation_jobs WHERE tenant_id = $1") == [
        (1,)
    ]
    [(origin, state)] = await office.fetch(
        "SELECT origin, state FROM questions_staging WHERE tenant_id = $1 AND candidate_id <> $2",
        good,
    )
    assert (origin, state) == ("seeded", "accepted")


# --- What learners report ------------------------------------------------------------------------


async def report(office: Office, question_id: str, times: int = 1) -> None:
    learners = await office.exam.add_learners(times)
    async with office.exam.database.transaction(office.tenant_id) as connection:
        for one in learners:
            await connection.execute(
                "INSERT INTO item_reports (tenant_id, report_id, course_id, question_id, version, user_id, reason, note, created_at)"
                " VALUES ($1, gen_random_uuid(), $2, $3, 1, $4, 'wrong_key', 'B is right', $5)",
                *(office.tenant_id, office.exam.course_id, question_id, one, NOW),
            )


@pytest.mark.parametrize(
    ("decision", "state", "told"),
    [("accept", "published", "dismissed"), ("reject", "retired", "upheld")],
)
async def test_a_report_brings_an_item_of_the_bank_before_a_reviewer(
    office: Office, decision: str, state: str, told: str
) -> None:
    [question_id] = await office.exam.add_questions(1, kinds=["true_false"])
    await report(office, question_id, times=2)
    who = await office.person()
    [line] = await queue(office, who, reported=True)
    assert (line.reports, line.risk, line.origin) == (2, 75, "reported")
    seen = await take(office, who, line.candidate_id)
    assert [(one.reason, one.note) for one in seen.reports] == [("wrong_key", "B is right")] * 2
    await office.decide(who, line.candidate_id, decision)  # type: ignore[arg-type]  # a decision
    assert await office.fetch("SELECT state FROM questions WHERE tenant_id = $1") == [(state,)]
    assert await office.fetch("SELECT DISTINCT state FROM item_reports WHERE tenant_id = $1") == [
        (told,)
    ]
    assert await queue(office, who) == []
    assert await office.ingest() == 0


async def test_a_review_of_an_item_that_was_changed_meanwhile_is_over(office: Office) -> None:
    [question_id] = await office.exam.add_questions(1, kinds=["true_false"])
    await report(office, question_id)
    who = await office.person()
    [before] = await queue(office, who)
    await office.exam.mend(question_id, "Another question?")
    with pytest.raises(Conflict):
        await office.decide(who, before.candidate_id)
    [after] = await queue(office, who)
    assert after.candidate_id != before.candidate_id


async def test_a_reported_item_of_the_factory_is_shown_with_its_source(office: Office) -> None:
    who = await office.person()
    [there] = await office.staged(await office.job(), 1)
    await office.decide(who, there)
    await office.ingest()
    [(question_id,)] = await office.fetch("SELECT question_id FROM questions WHERE tenant_id = $1")
    await report(office, str(question_id))
    [line] = await queue(office, who)
    seen = await take(office, who, line.candidate_id)
    assert (seen.source, seen.staged.candidate.card.model) == (SOURCE, "m-1")
    await office.decide(who, line.candidate_id, "edit", edit=item(difficulty=90))
    rows = await office.fetch("SELECT version, difficulty FROM questions WHERE tenant_id = $1")
    assert rows == [(1, 90)]
    assert await office.ingest() == 0


# --- Into the bank -------------------------------------------------------------------------------


async def test_accepted_items_come_into_the_bank_once_with_their_cards(office: Office) -> None:
    job = await office.job()
    ids = await office.staged(job, 3)
    ann = await office.person()
    for one in ids[:2]:
        await office.decide(ann, one)
    await office.decide(ann, ids[2], "reject")
    assert await office.ingest() == 2
    assert await office.ingest() == 0
    rows = await office.fetch(
        "SELECT c.question_id, c.card FROM provenance_cards c WHERE c.tenant_id = $1 AND c.job_id = $2",
        job,
    )
    assert len(rows) == 2
    async with office.factory.transaction(office.tenant_id) as connection:
        question = await questions.get(connection, office.tenant_id, str(rows[0][0]))
    assert question is not None
    assert (question.listed.labels.state, question.listed.labels.skills, question.key) == (
        "published",
        ("waves",),
        item().key,
    )
    assert ann.user_id in str(rows[0][1])
    assert await office.fetch("SELECT ingested FROM generation_jobs WHERE tenant_id = $1") == [
        (2,)
    ]
    assert await office.fetch(
        "SELECT name FROM outbox WHERE tenant_id = $1 AND key_id = $2", job
    ) == [("items.ingested",)]


async def test_an_ingest_that_is_killed_halfway_leaves_nothing_and_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    ids = await office.staged(await office.job(), 5)
    ann = await office.person()
    for one in ids:
        await office.decide(ann, one)
    monkeypatch.setattr(ingest, "BATCH", 2)
    killed = await office.factory_killed_after_writing(database_url)
    assert isinstance(killed, Unavailable)
    assert await office.fetch("SELECT count(*) FROM questions WHERE tenant_id = $1") == [(0,)]
    assert await office.ingest() == 5
    assert await office.fetch("SELECT count(*) FROM questions WHERE tenant_id = $1") == [(5,)]


async def test_a_course_that_is_over_takes_nothing_in(office: Office) -> None:
    [one] = await office.staged(await office.job(), 1)
    await office.decide(await office.person(), one)
    await office.fetch("UPDATE courses SET archived = true WHERE tenant_id = $1")
    assert await office.ingest() == 0
    await office.fetch("UPDATE courses SET archived = false WHERE tenant_id = $1")
    assert await office.ingest() == 1


async def test_two_ingests_at_once_bring_each_item_in_once(office: Office) -> None:
    ids = await office.staged(await office.job(), 4)
    ann = await office.person()
    for one in ids:
        await office.decide(ann, one)
    assert sorted(await asyncio.gather(office.ingest(), office.ingest())) == [0, 4]
