"""Regrades over a real PostgreSQL: a preview that writes nothing, a batch that is killed and goes on, and replays of what came out."""

import argparse
import asyncio
import csv
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from lms.assessments.model import Assessment
from lms.errors import Conflict, NotFound
from lms.grading import marking, regrades, service
from lms.grading.marking import Given
from lms.grading.model import Regrade
from lms.grading.regrades import Preview
from lms.questions.model import Key
from server import replay
from server.settings import SettingsError
from server.storage.postgres import Database
from tests.support.exams import NOW, desk, exam_in
from tests.support.graded import BANK, LATE, Desks, desks_in, options

pytestmark = pytest.mark.store


@pytest.fixture
async def desks(database: Database, database_url: str) -> AsyncIterator[Desks]:
    async with desks_in(await exam_in(database), database_url) as ready:
        yield ready


async def preview(desks: Desks, exam: Assessment, wanted: tuple[str, int]) -> Preview:
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await regrades.preview(connection, desks.teacher, exam.assessment_id, wanted)


async def create(desks: Desks, exam: Assessment, wanted: tuple[str, int]) -> Regrade:
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await regrades.create(connection, desks.teacher, exam.assessment_id, wanted, desk())


async def batch(desks: Desks, regrade: Regrade, after: str | None = None) -> str | None:
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await regrades.apply_batch(
            connection, desks.tenant_id, regrade.regrade_id, after, NOW
        )


async def stands(desks: Desks, regrade: Regrade) -> Regrade:
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await regrades.get(connection, desks.teacher, regrade.regrade_id)


async def rows(desks: Desks) -> int:
    number: int = await desks.owner.fetchval(
        "SELECT count(*) FROM grades WHERE tenant_id = $1", desks.tenant_id
    )
    return number


async def test_a_preview_says_who_changes_and_writes_nothing(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "numeric")
    loses = await desks.scored(exam, {"single_choice": "b"})
    gains = await desks.scored(exam, {"single_choice": "c"})
    await desks.scored(exam, {"single_choice": "a"})
    version = await desks.next_key("single_choice", Key(correct=["c"]))
    found = await preview(desks, exam, (desks.questions["single_choice"], version))
    assert {one.attempt_id: (one.before_milli, one.after_milli) for one in found.changed} == {
        loses: (1000, 0),
        gains: (0, 1000),
    }
    assert (found.changed_count, found.unchanged) == (2, 1)
    assert all(one.name.startswith("Learner") for one in found.changed)
    assert await rows(desks) == 3
    assert (await desks.grade(loses)).earned_milli == 1000


async def test_a_regrade_that_is_killed_goes_on_and_changes_nobody_twice(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrades, "BATCH", 2)
    exam = await desks.assessment("single_choice", "essay")
    attempts = [await desks.scored(exam, {"single_choice": one}) for one in "abcab"]
    version = await desks.next_key("single_choice", Key(correct=["a"]))
    made = await create(desks, exam, (desks.questions["single_choice"], version))
    after = await batch(desks, made)
    assert after is not None
    await batch(desks, made, after)  # and here the worker dies: another begins from the first

    last: str | None = None
    while (last := await batch(desks, made, last)) is not None:
        pass
    assert [(await desks.grade(one)).earned_milli for one in attempts] == [1000, 0, 0, 1000, 0]
    assert await rows(desks) == 10
    done = await stands(desks, made)
    assert (done.state, done.changed, done.unchanged) == ("done", 4, 1)
    grade = await desks.grade(attempts[0])
    assert (grade.cause, grade.cause_id, grade.items[0].key_version) == (
        "regraded",
        made.regrade_id,
        version,
    )
    assert await batch(desks, made) is None
    assert await rows(desks) == 10
    assert await desks.acts(exam.assessment_id) == ["regrade.asked"]


async def test_what_is_scored_later_is_scored_by_the_new_key(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    waiting = await desks.handed_in(exam, {"single_choice": "c"})
    version = await desks.next_key("single_choice", Key(correct=["c"]))
    made = await create(desks, exam, (desks.questions["single_choice"], version))
    assert await batch(desks, made) is None
    grade = await desks.score(waiting)
    assert grade is not None
    assert (grade.earned_milli, grade.items[0].key_version) == (1000, version)


async def test_what_is_being_scored_by_the_key_of_before_is_waited_for(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.handed_in(exam, {"single_choice": "c"})
    version = await desks.next_key("single_choice", Key(correct=["c"]))
    async with (
        asyncio.TaskGroup() as group,
        desks.exam.database.transaction(desks.tenant_id) as scoring,
    ):
        grade = await service.score_attempt(scoring, desks.tenant_id, attempt_id, NOW)
        assert grade is not None
        assert grade.earned_milli == 0
        made = await create(desks, exam, (desks.questions["single_choice"], version))
        applying = group.create_task(batch(desks, made))
        await asyncio.sleep(0.2)
        assert not applying.done()
    assert (await desks.grade(attempt_id)).earned_milli == 1000


async def test_of_two_regrades_the_later_stands_in_whatever_order_they_are_carried_out(
    desks: Desks,
) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.scored(exam, {"single_choice": "c"})
    question = desks.questions["single_choice"]
    first = await create(
        desks, exam, (question, await desks.next_key("single_choice", Key(correct=["a"])))
    )
    second = await create(
        desks, exam, (question, await desks.next_key("single_choice", Key(correct=["c"])))
    )
    await batch(desks, second)
    await batch(desks, first)
    assert (await desks.grade(attempt_id)).earned_milli == 1000


async def test_a_regrade_whose_job_was_given_up_says_so(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.scored(exam, {"single_choice": "c"})
    wanted = (
        desks.questions["single_choice"],
        await desks.next_key("single_choice", Key(correct=["c"])),
    )
    made = await create(desks, exam, wanted)
    await desks.owner.execute(
        "UPDATE jobs SET state = 'dead' WHERE subject_id = $1", made.regrade_id
    )
    assert (await stands(desks, made)).state == "failed"
    again = await create(desks, exam, wanted)
    assert await batch(desks, again) is None
    assert (await stands(desks, again)).state == "done"
    assert (await desks.grade(attempt_id)).earned_milli == 1000


async def test_marks_of_people_stay(desks: Desks) -> None:
    exam = await desks.assessment("essay", "single_choice")
    attempt_id = await desks.scored(exam, {"essay": "words", "single_choice": "a"})
    place = (attempt_id, await desks.item(attempt_id, "essay"))
    given = Given(round=1, version=0, earned_milli=600, criteria={}, comment="")
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        await marking.give(connection, desks.teacher, place, given, desk())
    version = await desks.next_key("single_choice", Key(correct=["a"]))
    await batch(desks, await create(desks, exam, (desks.questions["single_choice"], version)))
    grade = await desks.grade(attempt_id)
    assert (grade.earned_milli, grade.complete) == (1600, True)
    essay = await desks.next_key("essay", Key(explanation="New words"))
    await batch(desks, await create(desks, exam, (desks.questions["essay"], essay)))
    assert (await desks.grade(attempt_id)).earned_milli == 1600


async def test_a_key_that_does_not_fit_what_was_asked_is_refused(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    await desks.scored(exam, {"single_choice": "b"})
    question = desks.questions["single_choice"]
    other = BANK["single_choice"][0]
    more = msgspec.structs.replace(other, options=options("a", "b", "c", "d"))
    version = await desks.next_key("single_choice", Key(correct=["d"]), more)
    for wanted, code in (
        ((question, version), "key_does_not_fit"),
        ((desks.questions["numeric"], 1), "item_not_asked"),
    ):
        with pytest.raises(Conflict) as refused:
            await preview(desks, exam, wanted)
        assert refused.value.code == code
    with pytest.raises(NotFound) as unknown:
        await create(desks, exam, (question, 99))
    assert unknown.value.code == "key_version_unknown"


# --- Replay --------------------------------------------------------------------------------------


def arguments(**given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    replay.add_arguments(parser)
    return parser.parse_args([f"--{name}={text}" for name, text in given.items()])


async def slug(desks: Desks) -> str:
    text: str = await desks.owner.fetchval(
        "SELECT slug FROM tenants WHERE tenant_id = $1", desks.tenant_id
    )
    return text


async def archive(desks: Desks) -> list[str]:
    """Attempts that were scored, marked, regraded, and whose late answers count."""
    exam = await desks.assessment(
        "single_choice", "numeric", "ordering", "essay", late_penalty_percent=10
    )
    attempts = [
        await desks.scored(
            exam,
            {"single_choice": one, "ordering": ["b", "c", "a"], "essay": "words"},
            late={"numeric": {"number": "3,2", "unit": "m"}},
        )
        for one in "abc"
    ]
    place = (attempts[0], await desks.item(attempts[0], "essay"))
    given = Given(round=1, version=0, earned_milli=600, criteria={}, comment="")
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        await marking.give(connection, desks.teacher, place, given, desk())
        await marking.decide_late(connection, desks.teacher, attempts[1], True, desk(LATE))
    version = await desks.next_key("single_choice", Key(correct=["a"]))
    await batch(desks, await create(desks, exam, (desks.questions["single_choice"], version)))
    return attempts


async def test_a_replay_explains_every_difference_between_two_scorers(
    desks: Desks, tmp_path: Path
) -> None:
    attempts = await archive(desks)
    wanted = arguments(tenant=await slug(desks))
    report, unexplained = await replay.run(desks.exam.database, wanted)
    again, _ = await replay.run(desks.exam.database, wanted)
    assert report == again
    assert unexplained == 0
    assert "attempts 3, items 12, byte-identical 8" in report
    assert "numeric: not_a_number -> right: 1 (+1000 thousandths;" in report
    assert "ordering: wrong -> partly: 3 (+1500 thousandths;" in report
    assert attempts[1] in report
    every = tmp_path / "every.csv"
    await replay.run(desks.exam.database, arguments(tenant=await slug(desks), every=str(every)))
    rows = list(csv.DictReader(every.read_text().splitlines()))
    assert [row["kind"] for row in rows].count("ordering") == 3
    [numeric] = [row for row in rows if row["kind"] == "numeric"]
    assert (
        numeric["attempt_id"],
        numeric["before"],
        numeric["after"],
        numeric["moved_milli"],
    ) == (
        attempts[1],
        "not_a_number",
        "right",
        "1000",
    )
    same, _ = await replay.run(
        desks.exam.database, arguments(tenant=await slug(desks), against="2")
    )
    assert "differences 0" in same
    assert "byte-identical 12" in same


async def test_a_grade_that_its_own_scorer_does_not_come_to_is_found(desks: Desks) -> None:
    attempts = await archive(desks)
    await desks.owner.execute(
        "UPDATE grades SET earned_milli = earned_milli + 1 WHERE attempt_id = $1", attempts[0]
    )
    await desks.owner.execute(
        "UPDATE question_versions SET key = $2 WHERE question_id = $1",
        desks.questions["ordering"],
        '{"order": ["c", "b", "a"]}',
    )
    report, unexplained = await replay.run(
        desks.exam.database, arguments(tenant=await slug(desks))
    )
    assert "another outcome: 3" in report
    assert "another total: 1" in report
    assert unexplained == 4


async def test_the_command_fails_where_something_is_unexplained(
    desks: Desks, database_url: str
) -> None:
    attempts = await archive(desks)

    async def command() -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "server", "replay", "--tenant", await slug(desks)),
            env={**os.environ, "LECTERN_DATABASE_URL": database_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    code, report, said = await command()
    assert (code, said) == (0, "")
    assert report.endswith("unexplained differences 0\n")
    await desks.owner.execute(
        "UPDATE grades SET earned_milli = earned_milli + 1 WHERE attempt_id = $1", attempts[0]
    )
    code, report, said = await command()
    assert code == 1
    assert f"another total: 1 ({attempts[0]})" in report
    assert "differences that nothing explains: 1" in said


async def test_a_replay_is_told_what_it_cannot_do(desks: Desks) -> None:
    for given in ({"against": "3"}, {"against": "N-2"}, {"against": "x"}, {"assessment": "x"}):
        with pytest.raises(SettingsError):
            await replay.run(desks.exam.database, arguments(**given))
    with pytest.raises(NotFound):
        await replay.run(desks.exam.database, arguments(tenant="nowhere"))
    assert [replay.version_of(text) for text in ("N", "N-1", "1")] == [2, 1, 1]
