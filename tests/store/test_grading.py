"""Grades over a real PostgreSQL: scored once, marked by people, released, and what late answers do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from lms.assessments.model import Feedback
from lms.attempts import counting
from lms.attempts import store as attempts
from lms.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from lms.events import AttemptGraded
from lms.grading import marking, releasing, results, sources
from lms.grading.marking import Given
from lms.grading.model import Mark
from lms.identity import Principal
from lms.questions.model import Kind
from server.storage.postgres import Database
from tests.support.exams import desk, exam_in
from tests.support.graded import LATE, ON_TIME, Desks, desks_in

pytestmark = pytest.mark.store


@pytest.fixture
async def desks(database: Database, database_url: str) -> AsyncIterator[Desks]:
    async with desks_in(await exam_in(database), database_url) as ready:
        yield ready


def points(earned_milli: int, *, round: int = 1, version: int = 0) -> Given:
    return Given(
        round=round, version=version, earned_milli=earned_milli, criteria={}, comment="Well"
    )


async def give(
    desks: Desks, attempt_id: str, given: Given, who: Principal | None = None, kind: Kind = "essay"
) -> Mark:
    place = (attempt_id, await desks.item(attempt_id, kind))
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await marking.give(connection, who or desks.teacher, place, given, desk())


async def release(desks: Desks, assessment_id: str) -> tuple[int, int]:
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        done = await releasing.release(connection, desks.teacher, assessment_id, desk())
    return done.released, done.waiting


async def result(desks: Desks, attempt_id: str) -> results.Result:
    learner = (await desks.attempt(attempt_id)).user_id
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        return await results.result(connection, desks.person(learner), attempt_id)


async def test_what_was_handed_in_is_scored_once(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "multiple_choice", "numeric")
    attempt_id = await desks.handed_in(
        exam, {"single_choice": "b", "multiple_choice": ["a"], "numeric": {"number": "3,2"}}
    )
    grade = await desks.score(attempt_id)
    assert grade is not None
    assert (grade.earned_milli, grade.possible_milli, grade.revision) == (1500, 3000, 1)
    assert [(one.reason, one.seq) for one in grade.items] == [
        ("right", 1),
        ("partly", 2),
        ("unit_missing", 3),
    ]
    assert await desks.score(attempt_id) is None
    assert (await desks.attempt(attempt_id)).state == "graded"
    assert await desks.grade(attempt_id) == grade
    assert await desks.events(attempt_id) == ["attempt.graded"]


async def test_readers_hear_what_each_item_practises_as_it_was_labelled_then(
    desks: Desks,
) -> None:
    exam = await desks.assessment("single_choice", "numeric")
    await desks.owner.execute(
        "UPDATE questions SET skills = '{waves,sound}', difficulty = 70 WHERE tenant_id = $1 AND kind = 'numeric'",
        desks.tenant_id,
    )
    attempt_id = await desks.handed_in(exam, {"single_choice": "b"})
    await desks.score(attempt_id)
    told = await desks.owner.fetchval(
        "SELECT data FROM outbox WHERE key_id = $1 AND name = 'attempt.graded'", attempt_id
    )
    event = msgspec.json.decode(told, type=AttemptGraded)
    assert (event.items[1].skills, event.items[1].difficulty) == (["waves", "sound"], 70)


async def test_two_graders_at_once_make_one_grade(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "essay")
    attempt_id = await desks.handed_in(exam, {"single_choice": "b", "essay": "words"})
    grades = await asyncio.gather(*(desks.score(attempt_id) for _ in range(8)))
    assert sum(one is not None for one in grades) == 1
    assert await desks.count("grades", attempt_id) == 1
    assert await desks.events(attempt_id) == ["attempt.graded"]


async def test_one_handed_in_again_after_more_time_is_scored_anew(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.scored(exam, {"single_choice": "a"})
    await desks.answer(attempt_id, "single_choice", "b", 2)
    await desks.owner.execute(
        "UPDATE attempts SET state = 'submitted', submitted_at = submitted_at + interval '1 hour' WHERE attempt_id = $1",
        attempt_id,
    )
    grade = await desks.score(attempt_id)
    assert grade is not None
    assert (grade.revision, grade.earned_milli) == (2, 1000)


async def test_nothing_of_an_open_attempt_is_scored(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.handed_in(exam, {"single_choice": "b"})
    await desks.owner.execute(
        "UPDATE attempts SET state = 'open' WHERE attempt_id = $1", attempt_id
    )
    assert await desks.score(attempt_id) is None
    assert await desks.count("grades", attempt_id) == 0


async def test_the_answers_that_count_are_the_same_for_everybody(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "essay", late_policy="keep")
    attempt_id = await desks.handed_in(
        exam, {"single_choice": "a", "essay": "x"}, late={"single_choice": "b"}
    )
    for until, has_late in ((None, False), (LATE, True), (ON_TIME, False)):
        await desks.owner.execute(
            "UPDATE attempts SET late_until = $2 WHERE attempt_id = $1", attempt_id, until
        )
        async with desks.exam.database.transaction(desks.tenant_id) as connection:
            attempt = await attempts.get(connection, desks.tenant_id, attempt_id)
            assert attempt is not None
            theirs = await attempts.counted(
                connection, desks.tenant_id, attempt_id, counting.counts_until(attempt)
            )
            mine = (await sources.answers(connection, desks.tenant_id, [attempt_id]))[attempt_id]
        assert {item: (one.opening, one.seq) for item, one in mine.items()} == {
            item: (one.opening, one.seq) for item, one in theirs.items()
        }
        assert any(one.late for one in mine.values()) is has_late


# --- Marks ---------------------------------------------------------------------------------------


async def test_an_essay_waits_for_a_person_and_the_last_mark_completes_the_grade(
    desks: Desks,
) -> None:
    exam = await desks.assessment("single_choice", "essay")
    attempt_id = await desks.scored(exam, {"single_choice": "b", "essay": "words"})
    assert (await desks.attempt(attempt_id)).state == "marking"
    assert not (await desks.grade(attempt_id)).complete

    mark = await give(desks, attempt_id, points(750))
    assert (mark.version, mark.marker_name) == (1, "T")
    grade = await desks.grade(attempt_id)
    assert (grade.cause, grade.earned_milli, grade.complete) == ("marked", 1750, True)
    assert (await desks.attempt(attempt_id)).state == "graded"
    assert await desks.events(attempt_id) == ["attempt.graded", "attempt.graded"]
    assert await desks.acts(attempt_id) == ["mark.given"]


async def test_a_mark_that_was_decided_on_an_older_one_is_refused(desks: Desks) -> None:
    exam = await desks.assessment("essay")
    attempt_id = await desks.scored(exam, {"essay": "words"})
    await give(desks, attempt_id, points(500))
    for stale in (0, 2):
        with pytest.raises(Stale):
            await give(desks, attempt_id, points(900, version=stale))
    assert (await desks.grade(attempt_id)).earned_milli == 500
    await give(desks, attempt_id, points(900, version=1))
    assert (await desks.grade(attempt_id)).earned_milli == 900


async def test_marks_at_once_leave_one_that_was_decided_on_what_stood(desks: Desks) -> None:
    exam = await desks.assessment("essay")
    attempt_id = await desks.scored(exam, {"essay": "words"})
    done = await asyncio.gather(
        *(give(desks, attempt_id, points(100 * one)) for one in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, Mark) for one in done) == 1
    assert sum(isinstance(one, Stale) for one in done) == 5


async def test_points_follow_from_the_rubric(desks: Desks) -> None:
    exam = await desks.assessment("essay")
    attempt_id = await desks.scored(exam, {"essay": "words"})
    by_rubric = Given(
        round=1, version=0, earned_milli=None, criteria={"ideas": 2, "style": 1}, comment=""
    )
    assert (await give(desks, attempt_id, by_rubric)).earned_milli == 750
    for wrong in ({"ideas": 2}, {"ideas": 2, "style": 3}, {"ideas": 0, "style": 0, "more": 0}):
        bad = Given(round=1, version=1, earned_milli=None, criteria=wrong, comment="")
        with pytest.raises(Invalid):
            await give(desks, attempt_id, bad)


async def test_what_may_not_be_marked_is_refused(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "essay")
    attempt_id = await desks.scored(exam, {"single_choice": "a", "essay": "words"})
    with pytest.raises(Conflict) as scored:
        await give(desks, attempt_id, points(1000), kind="single_choice")
    assert scored.value.code == "not_marked_by_hand"
    with pytest.raises(Invalid):
        await give(desks, attempt_id, points(1001))
    with pytest.raises(Conflict) as second:
        await give(desks, attempt_id, points(1, round=2))
    assert second.value.code == "one_round"
    learner = (await desks.attempt(attempt_id)).user_id
    with pytest.raises(Forbidden):
        await give(desks, attempt_id, points(1000), desks.person(learner))
    unscored = await desks.handed_in(exam, {"essay": "words"})
    with pytest.raises(Conflict) as early:
        await give(desks, unscored, points(1000))
    assert early.value.code == "not_scored"


async def test_two_rounds_by_two_people_come_to_their_mean(desks: Desks) -> None:
    exam = await desks.assessment("essay", second_round=True)
    attempt_id = await desks.scored(exam, {"essay": "words"})
    with pytest.raises(Conflict) as early:
        await give(desks, attempt_id, points(500, round=2))
    assert early.value.code == "first_round_missing"
    await give(desks, attempt_id, points(501))
    assert not (await desks.grade(attempt_id)).complete
    with pytest.raises(Forbidden) as same:
        await give(desks, attempt_id, points(900, round=2))
    assert same.value.code == "same_marker"
    second = await desks.second_teacher()
    await give(desks, attempt_id, points(900, round=2), second)
    grade = await desks.grade(attempt_id)
    assert (grade.complete, grade.earned_milli) == (True, 700)  # 700.5, to the even side
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        script = await results.script(connection, desks.teacher, attempt_id)
    assert script.differ == (await desks.item(attempt_id, "essay"),)
    assert [one.round for one in script.marks] == [1, 2]


# --- Late answers --------------------------------------------------------------------------------


async def test_late_answers_count_when_a_teacher_says_so_and_cost_what_was_agreed(
    desks: Desks,
) -> None:
    exam = await desks.assessment("single_choice", "essay", late_penalty_percent=25)
    attempt_id = await desks.scored(
        exam, {"single_choice": "a", "essay": "early"}, late={"single_choice": "b"}
    )
    await give(desks, attempt_id, points(1000))
    assert (await desks.grade(attempt_id)).earned_milli == 1000

    async def decide(count: bool) -> None:
        async with desks.exam.database.transaction(desks.tenant_id) as connection:
            await marking.decide_late(connection, desks.teacher, attempt_id, count, desk(LATE))

    await decide(True)
    await decide(True)
    grade = await desks.grade(attempt_id)
    assert (grade.cause, grade.revision, grade.earned_milli) == ("late_counted", 3, 1500)
    await decide(False)
    assert (await desks.grade(attempt_id)).earned_milli == 1000
    assert await desks.acts(attempt_id) == ["mark.given", "late.decided", "late.decided"]


async def test_what_comes_after_the_decision_counts_when_it_is_decided_again(desks: Desks) -> None:
    exam = await desks.assessment("single_choice")
    attempt_id = await desks.scored(exam, {"single_choice": "a"}, late={"single_choice": "c"})

    async def decide(at: datetime) -> None:
        async with desks.exam.database.transaction(desks.tenant_id) as connection:
            await marking.decide_late(connection, desks.teacher, attempt_id, True, desk(at))

    await decide(LATE)
    await desks.answer(attempt_id, "single_choice", "b", 200, LATE + timedelta(hours=1))
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        counts = (await sources.answers(connection, desks.tenant_id, [attempt_id]))[attempt_id]
    assert [one.value for one in counts.values()] == ["c"]
    assert (await desks.grade(attempt_id)).earned_milli == 0
    await decide(LATE + timedelta(hours=2))
    assert (await desks.grade(attempt_id)).earned_milli == 1000


async def test_a_late_essay_that_counts_has_to_be_marked_anew(desks: Desks) -> None:
    exam = await desks.assessment("essay")
    attempt_id = await desks.scored(exam, {"essay": "early"}, late={"essay": "late and longer"})
    await give(desks, attempt_id, points(400))
    async with desks.exam.database.transaction(desks.tenant_id) as connection:
        await marking.decide_late(connection, desks.teacher, attempt_id, True, desk(LATE))
    assert (await desks.attempt(attempt_id)).state == "marking"
    assert not (await desks.grade(attempt_id)).complete
    await give(desks, attempt_id, points(800, version=1))
    assert (await desks.grade(attempt_id)).earned_milli == 800


# --- Release -------------------------------------------------------------------------------------


async def test_nothing_is_seen_before_the_release_and_everything_at_once_after(
    desks: Desks,
) -> None:
    exam = await desks.assessment("single_choice", "essay")
    done = await desks.scored(exam, {"single_choice": "b"})
    waits = await desks.scored(exam, {"essay": "words"})
    before = await result(desks, done)
    assert (before.grade, before.items, before.letter) == (None, (), None)

    assert await release(desks, exam.assessment_id) == (1, 1)
    assert await release(desks, exam.assessment_id) == (0, 1)
    seen = await result(desks, done)
    assert seen.grade is not None
    assert seen.grade.earned_milli == 1000
    assert (await result(desks, waits)).grade is None

    await give(desks, waits, points(300))
    assert (await result(desks, waits)).grade is None
    assert await release(desks, exam.assessment_id) == (1, 0)
    assert (await desks.events(done)).count("attempt.released") == 1
    assert (await desks.acts(exam.assessment_id)) == ["scores.released", "scores.released"]


async def test_a_score_that_is_shown_at_once_waits_for_its_last_mark(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", "essay", release="at_once")
    quick = await desks.scored(exam, {"single_choice": "b"})
    slow = await desks.scored(exam, {"essay": "words"})
    assert (await result(desks, quick)).grade is not None
    assert (await result(desks, slow)).grade is None
    await give(desks, slow, points(300))
    shown = await result(desks, slow)
    assert shown.grade is not None
    assert [one.comment for one in shown.items] == ["", "Well"]
    assert await desks.events(slow) == ["attempt.graded", "attempt.graded", "attempt.released"]


async def test_a_result_shows_what_the_settings_let_it(desks: Desks) -> None:
    hidden = Feedback(answers=False, correctness=False, key=False, explanation=True)
    exam = await desks.assessment("multiple_choice", release="at_once", feedback=hidden)
    attempt_id = await desks.scored(exam, {"multiple_choice": ["c"]})
    [item] = (await result(desks, attempt_id)).items
    assert (item.value, item.earned_milli, item.correct, item.reason) == (None, None, None, "")
    assert item.key is not None
    assert (item.key.correct, item.key.explanation) == ([], "Because")
    assert item.key.option_feedback == {"c": "Not c"}


async def test_a_result_is_its_learners_alone(desks: Desks) -> None:
    exam = await desks.assessment("single_choice", release="at_once")
    attempt_id = await desks.scored(exam, {"single_choice": "b"})
    [other] = await desks.exam.add_learners(1)
    for who in (desks.person(other), desks.teacher):
        async with desks.exam.database.transaction(desks.tenant_id) as connection:
            with pytest.raises(NotFound):
                await results.result(connection, who, attempt_id)
