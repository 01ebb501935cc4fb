"""Attempts are there before they are begun: one for everybody, of the newest version, and nobody who has begun is disturbed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from lms.assessments import store as assessments
from lms.assessments.model import Accommodation, Draw, Section, Settings
from lms.attempts import extending, materialise
from lms.attempts import service as attempts
from lms.attempts.model import VALUE_TYPES, Paper, Pin
from lms.errors import Conflict, NotFound
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId, is_uuid7
from server.storage.postgres import Database
from tests.support.exams import NOW, Exam, desk, exam_in, new_id, twenty

pytestmark = pytest.mark.store


@pytest.fixture
async def exam(database: Database) -> Exam:
    made = await exam_in(database)
    await made.add_questions(60)
    return made


async def rows(exam: Exam, assessment_id: str) -> list[Any]:
    async with exam.database.transaction(exam.tenant_id) as connection:
        return await connection.fetch(
            "SELECT a.*, array_to_string(a.item_types, '') AS types, p.paper, p.pins FROM attempts a"
            " LEFT JOIN attempt_papers p ON p.tenant_id = a.tenant_id AND p.attempt_id = a.attempt_id"
            " WHERE a.tenant_id = $1 AND a.assessment_id = $2 ORDER BY a.user_id, a.number",
            exam.tenant_id,
            assessment_id,
        )


async def set_state(exam: Exam, attempt_id: str, state: str) -> None:
    """As starting and handing in leave it."""
    async with exam.database.transaction(exam.tenant_id) as connection:
        await connection.execute(
            "UPDATE attempts SET state = $3, opening = greatest(opening, 1), started_at = $4, ends_at = $4, shuts_at = $4"
            " WHERE tenant_id = $1 AND attempt_id = $2",
            exam.tenant_id,
            attempt_id,
            state,
            NOW,
        )


async def one_more(exam: Exam, assessment_id: str, user_id: str) -> None:
    async with exam.database.transaction(exam.tenant_id) as connection:
        await materialise.for_learner(connection, exam.tenant_id, user_id, assessment_id, desk())


async def test_everybody_gets_one_with_a_paper_of_their_own(exam: Exam) -> None:
    learners = await exam.add_learners(8)
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    found = await rows(exam, made.assessment_id)
    assert [str(row["user_id"]) for row in found] == sorted(learners)
    assert {(row["state"], row["number"], row["assessment_version"]) for row in found} == {
        ("ready", 1, 1)
    }
    assert len({row["paper"] for row in found}) == len(learners)
    assert {row["time_limit_ms"] for row in found} == {3_600_000}
    assert {row["closes_at"] for row in found} == {made.closes_at}


async def test_a_paper_its_pins_and_its_slots_say_the_same(exam: Exam) -> None:
    await exam.add_learners(3)
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    for row in await rows(exam, made.assessment_id):
        paper = msgspec.json.decode(row["paper"], type=Paper)
        pins = msgspec.json.decode(row["pins"], type=list[Pin])
        ids = [str(item) for item in row["item_ids"]]
        assert ids == [item.id for item in paper.items] == [pin.item_id for pin in pins]
        assert len(set(ids)) == 20
        assert all(map(is_uuid7, ids))
        assert row["types"] == "".join(VALUE_TYPES[item.kind] for item in paper.items)
        assert [item.kind for item in paper.items] == [pin.kind for pin in pins]
        assert len({pin.question_id for pin in pins}) == 20
        assert {item.section for item in paper.items} == {one.id for one in paper.sections}


async def test_doing_it_again_does_nothing_again(exam: Exam) -> None:
    await exam.add_learners(5)
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    before = await rows(exam, made.assessment_id)
    await exam.materialise(made.assessment_id)
    assert await rows(exam, made.assessment_id) == before


async def test_workers_at_once_make_one_each(exam: Exam) -> None:
    learners = await exam.add_learners(12)
    made = await exam.add_assessment(twenty())
    await asyncio.gather(
        *(exam.materialise(made.assessment_id) for _ in range(3)),
        *(one_more(exam, made.assessment_id, one) for one in learners[:4]),
    )
    found = await rows(exam, made.assessment_id)
    assert len(found) == 12
    assert all(row["paper"] for row in found)


async def test_a_batch_is_two_hundred_at_most(exam: Exam) -> None:
    await exam.add_learners(materialise.BATCH + 1)
    small = Settings(sections=[Section(id="s", draws=[Draw(count=1)])])
    made = await exam.add_assessment(small)
    async with exam.database.transaction(exam.tenant_id) as connection:
        after = await materialise.batch(
            connection, exam.tenant_id, made.assessment_id, None, desk()
        )
    assert after is not None
    assert len(await rows(exam, made.assessment_id)) == materialise.BATCH
    assert await exam.materialise(made.assessment_id) == 1
    assert len(await rows(exam, made.assessment_id)) == materialise.BATCH + 1


async def test_a_new_version_makes_anew_what_is_not_begun_and_nothing_else(exam: Exam) -> None:
    learners = sorted(await exam.add_learners(3))
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    first = await rows(exam, made.assessment_id)
    await set_state(exam, str(first[0]["attempt_id"]), "open")
    await set_state(exam, str(first[1]["attempt_id"]), "submitted")
    first = await rows(exam, made.assessment_id)

    shorter = replace(made, settings=msgspec.structs.replace(twenty(), time_limit_minutes=10))
    changed = await exam.save(shorter)
    await exam.materialise(changed.assessment_id)

    second = await rows(exam, made.assessment_id)
    assert second[:2] == first[:2], "whoever has begun is not disturbed"
    assert str(second[2]["user_id"]) == learners[2]
    assert second[2]["attempt_id"] == first[2]["attempt_id"]
    assert (second[2]["assessment_version"], second[2]["time_limit_ms"]) == (2, 600_000)
    assert not set(second[2]["item_ids"]) & set(first[2]["item_ids"])
    assert second[2]["paper"] != first[2]["paper"]
    async with exam.database.transaction(exam.tenant_id) as connection:
        stands = await assessments.get(connection, exam.tenant_id, made.assessment_id)
    assert stands is not None
    assert stands.materialised_version == 2


async def test_a_batch_that_waited_for_a_change_makes_what_it_made(exam: Exam) -> None:
    await exam.add_learners(2)
    made = await exam.add_assessment(twenty())
    async with (
        asyncio.TaskGroup() as group,
        exam.database.transaction(exam.tenant_id) as connection,
    ):
        await assessments.get(connection, exam.tenant_id, made.assessment_id, lock=True)
        group.create_task(exam.materialise(made.assessment_id))
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        newer = replace(made, version=2)
        await assessments.save(connection, exam.tenant_id, newer, exam.teacher, NOW)
    found = await rows(exam, made.assessment_id)
    assert [(row["state"], row["assessment_version"]) for row in found] == [("ready", 2)] * 2


async def test_who_leaves_has_nothing_to_begin_and_who_comes_back_has_it_again(
    exam: Exam,
) -> None:
    [stays, leaves, sits] = await exam.add_learners(3)
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    by_user = {str(row["user_id"]): row for row in await rows(exam, made.assessment_id)}
    await set_state(exam, str(by_user[sits]["attempt_id"]), "open")
    await exam.remove(leaves)
    await exam.remove(sits)

    states = {str(r["user_id"]): r["state"] for r in await rows(exam, made.assessment_id)}
    assert states == {stays: "ready", leaves: "withdrawn", sits: "open"}
    with pytest.raises(NotFound):
        await one_more(exam, made.assessment_id, leaves)

    await exam.enrol(leaves)
    await exam.materialise(made.assessment_id)
    again = {str(row["user_id"]): row for row in await rows(exam, made.assessment_id)}[leaves]
    assert (again["state"], again["number"]) == ("ready", 1)
    assert again["attempt_id"] == by_user[leaves]["attempt_id"]


async def test_a_worker_takes_back_what_a_leaver_was_given_meanwhile(exam: Exam) -> None:
    [leaves] = await exam.add_learners(1)
    made = await exam.add_assessment(twenty())
    await exam.materialise(made.assessment_id)
    async with exam.database.transaction(exam.tenant_id) as connection:
        await connection.execute("DELETE FROM enrolments WHERE user_id = $1", leaves)
    await exam.materialise(made.assessment_id)
    assert [row["state"] for row in await rows(exam, made.assessment_id)] == ["withdrawn"]


async def test_a_learner_is_given_more_time_and_a_later_end(exam: Exam) -> None:
    [learner] = await exam.add_learners(1)
    made = await exam.add_assessment(twenty())
    assert made.closes_at is not None
    later = made.closes_at.replace(day=28)
    await accommodate(exam, made.assessment_id, learner, extra_time_percent=25, closes_at=later)
    await exam.materialise(made.assessment_id)
    [row] = await rows(exam, made.assessment_id)
    assert (row["time_limit_ms"], row["closes_at"]) == (4_500_000, later)


async def accommodate(exam: Exam, assessment_id: str, user_id: str, **more: Any) -> None:
    async with exam.database.transaction(exam.tenant_id) as connection:
        await assessments.set_accommodation(
            connection,
            exam.tenant_id,
            assessment_id,
            Accommodation(user_id=UserId(user_id), **more),
            NOW,
        )


async def test_the_next_attempt_is_there_when_one_is_handed_in_and_more_are_allowed(
    exam: Exam,
) -> None:
    [learner] = await exam.add_learners(1)
    two = msgspec.structs.replace(twenty(), attempts_allowed=2)
    made = await exam.add_assessment(two)
    await one_more(exam, made.assessment_id, learner)
    for number in (1, 2):
        found = await rows(exam, made.assessment_id)
        assert [row["number"] for row in found] == list(range(1, number + 1))
        await one_more(exam, made.assessment_id, learner)  # nothing: one is ready
        await set_state(exam, str(found[-1]["attempt_id"]), "open")
        await one_more(exam, made.assessment_id, learner)  # nothing: one is open
        await set_state(exam, str(found[-1]["attempt_id"]), "submitted")
        if number == 1:
            await one_more(exam, made.assessment_id, learner)
    with pytest.raises(Conflict) as refused:
        await one_more(exam, made.assessment_id, learner)
    assert refused.value.code == "attempts_used_up"
    await exam.materialise(made.assessment_id)
    assert len(await rows(exam, made.assessment_id)) == 2
    await accommodate(exam, made.assessment_id, learner, extra_attempts=1)
    await one_more(exam, made.assessment_id, learner)
    found = await rows(exam, made.assessment_id)
    assert [(row["number"], row["state"]) for row in found][-1] == (3, "ready")


async def test_nothing_is_made_of_a_draft_or_for_people_of_another_course(exam: Exam) -> None:
    [learner] = await exam.add_learners(1)
    draft = await exam.add_assessment(twenty(), state="draft")
    await exam.materialise(draft.assessment_id)
    assert await rows(exam, draft.assessment_id) == []
    with pytest.raises(Conflict) as refused:
        await one_more(exam, draft.assessment_id, learner)
    assert refused.value.code == "not_published"
    made = await exam.add_assessment(twenty())
    with pytest.raises(NotFound):
        await one_more(exam, made.assessment_id, exam.teacher)
    with pytest.raises(NotFound):
        await one_more(exam, new_id(), learner)


async def test_a_question_that_was_retired_meanwhile_is_drawn_when_it_is_needed(
    exam: Exam,
) -> None:
    await exam.add_learners(1)
    all_of_them = Settings(sections=[Section(id="s", draws=[Draw(count=60)])])
    made = await exam.add_assessment(all_of_them)
    async with exam.database.transaction(exam.tenant_id) as connection:
        await connection.execute(
            "UPDATE questions SET state = 'retired' WHERE question_id = $1", exam.questions[0]
        )
    await exam.materialise(made.assessment_id)
    [row] = await rows(exam, made.assessment_id)
    assert len(row["item_ids"]) == 60


async def test_a_question_that_was_mended_is_asked_as_it_is_now_but_not_of_those_who_have_begun(
    exam: Exam,
) -> None:
    await exam.add_learners(2)
    named = Settings(sections=[Section(id="s", question_ids=exam.questions[:3])])
    made = await exam.add_assessment(named)
    untouched = await exam.add_assessment(
        Settings(sections=[Section(id="s", question_ids=exam.questions[5:6])])
    )
    for one in (made, untouched):
        await exam.materialise(one.assessment_id)
    begun, ready = await rows(exam, made.assessment_id)
    await set_state(exam, str(begun["attempt_id"]), "open")
    begun = (await rows(exam, made.assessment_id))[0]
    before = await rows(exam, untouched.assessment_id)

    await exam.mend(exam.questions[1], "Mended")
    for one in (made, untouched):
        await exam.materialise(one.assessment_id)

    same, anew = await rows(exam, made.assessment_id)
    assert same == begun
    assert "Mended" in anew["paper"]
    assert "Mended" not in ready["paper"]
    assert anew["assessment_version"] == 1
    pins = msgspec.json.decode(anew["pins"], type=list[Pin])
    assert [pin.version for pin in pins] == [1, 2, 1]
    assert await rows(exam, untouched.assessment_id) == before


async def test_a_question_that_was_retired_is_gone_from_what_is_not_begun_unless_it_is_named(
    exam: Exam,
) -> None:
    await exam.add_learners(2)
    drawn = await exam.add_assessment(Settings(sections=[Section(id="s", draws=[Draw(count=59)])]))
    named = await exam.add_assessment(
        Settings(sections=[Section(id="s", question_ids=exam.questions[:3])])
    )
    for one in (drawn, named):
        await exam.materialise(one.assessment_id)
    begun, ready = await rows(exam, drawn.assessment_id)
    await set_state(exam, str(begun["attempt_id"]), "open")
    kept = [await rows(exam, named.assessment_id), (await rows(exam, drawn.assessment_id))[0]]
    asked = {pin.question_id for pin in msgspec.json.decode(ready["pins"], type=list[Pin])}
    retired = next(one for one in exam.questions if one in asked)
    async with exam.database.transaction(exam.tenant_id) as connection:
        await connection.execute(
            "UPDATE questions SET state = 'retired' WHERE question_id = ANY ($1::uuid[])",
            [retired],
        )
    for one in (drawn, named):
        await exam.materialise(one.assessment_id)
    same, anew = await rows(exam, drawn.assessment_id)
    assert retired not in anew["pins"]
    assert len(anew["item_ids"]) == 59
    assert [await rows(exam, named.assessment_id), same] == kept


async def test_who_is_at_an_attempt_that_was_opened_again_gets_no_other_beside_it(
    exam: Exam,
) -> None:
    [learner] = await exam.add_learners(1)
    two = msgspec.structs.replace(twenty(), attempts_allowed=2)
    made = await exam.add_assessment(two)
    await one_more(exam, made.assessment_id, learner)
    [first] = await rows(exam, made.assessment_id)
    await set_state(exam, str(first["attempt_id"]), "submitted")
    await one_more(exam, made.assessment_id, learner)
    second = (await rows(exam, made.assessment_id))[1]
    async with exam.database.transaction(exam.tenant_id) as connection:
        await connection.execute(
            "UPDATE attempts SET state = 'withdrawn' WHERE attempt_id = $1", second["attempt_id"]
        )
    await set_state(exam, str(first["attempt_id"]), "open")
    changed = await exam.save(made)
    await exam.materialise(changed.assessment_id)
    await one_more(exam, made.assessment_id, learner)
    assert [row["state"] for row in await rows(exam, made.assessment_id)] == ["open", "withdrawn"]
    await set_state(exam, str(first["attempt_id"]), "submitted")
    await one_more(exam, made.assessment_id, learner)
    assert [row["state"] for row in await rows(exam, made.assessment_id)] == ["submitted", "ready"]


async def test_batches_are_shorter_where_attempts_are_long(exam: Exam) -> None:
    await exam.add_learners(materialise.BATCH_ITEMS // 300 + 1)
    await exam.add_questions(240)
    long = Settings(sections=[Section(id="s", draws=[Draw(count=200), Draw(count=100)])])
    made = await exam.add_assessment(long)
    assert await exam.materialise(made.assessment_id) == 2
    assert {len(row["item_ids"]) for row in await rows(exam, made.assessment_id)} == {300}


async def test_who_starts_while_papers_are_made_anew_is_held_to_the_paper_that_was_shown(
    exam: Exam,
) -> None:
    learners = await exam.add_learners(24)
    made = await exam.add_assessment(twenty(), opens_at=None, closes_at=None)
    await exam.materialise(made.assessment_id)
    shown: dict[str, str] = {}

    async def start(number: int, user_id: str) -> None:
        await asyncio.sleep(number * 0.02)
        async with exam.database.transaction(exam.tenant_id) as connection:
            opened = await attempts.start(
                connection, learner(exam, user_id), made.assessment_id, "", desk()
            )
        shown[user_id] = opened.paper

    async def edit() -> None:
        stands = made
        while len(shown) < len(learners):
            stands = await exam.save(stands)
            await exam.materialise(stands.assessment_id)

    async with asyncio.timeout(60):
        await asyncio.gather(edit(), *(start(*pair) for pair in enumerate(learners)))
    found = await rows(exam, made.assessment_id)
    assert {str(row["user_id"]): row["paper"] for row in found} == shown
    assert len({row["assessment_version"] for row in found}) > 1, "they did meet"
    for row in found:
        paper = msgspec.json.decode(row["paper"], type=Paper)
        assert [item.id for item in paper.items] == [str(item) for item in row["item_ids"]]


@pytest.mark.parametrize("made_ahead", [True, False])
async def test_more_time_that_is_given_while_somebody_starts_is_not_lost(
    exam: Exam, made_ahead: bool
) -> None:
    learners = await exam.add_learners(24)
    made = await exam.add_assessment(twenty(), opens_at=None, closes_at=None)
    if made_ahead:
        await exam.materialise(made.assessment_id)

    async def start(user_id: str) -> None:
        async with exam.database.transaction(exam.tenant_id) as connection:
            await attempts.start(
                connection, learner(exam, user_id), made.assessment_id, "", desk()
            )

    async def give(user_id: str) -> None:
        more = Accommodation(user_id=UserId(user_id), extra_time_percent=25)
        async with exam.database.transaction(exam.tenant_id) as connection:
            await assessments.set_accommodation(
                connection, exam.tenant_id, made.assessment_id, more, NOW
            )
            await extending.accommodate(
                connection, learner(exam, exam.teacher), made, more, desk()
            )

    for one in learners:
        await asyncio.gather(start(one), give(one))
    found = await rows(exam, made.assessment_id)
    assert {row["ends_at"] - row["started_at"] for row in found} == {timedelta(minutes=75)}
    assert len(found) == len(learners)


def learner(exam: Exam, user_id: str) -> Principal:
    return Principal(
        tenant_id=TenantId(exam.tenant_id),
        user_id=UserId(user_id),
        session_id=SessionId(new_id()),
        roles=frozenset({"student"}),
    )
