"""A quick quiz from posing to reveal, over the API: who sees what, when, and what is stored of it."""

from typing import Any

import pytest

from server.storage.postgres import Database
from signaling.classroom.quizzes import Tell
from tests.support.items import wire
from tests.support.school import Api, Got, School

pytestmark = pytest.mark.store


async def a_new_room(school: School, teacher: Api) -> str:
    plan = {
        "title": "Q",
        "starts_at": "2031-01-01T10:00:00Z",
        "ends_at": "2031-01-01T11:00:00Z",
    }
    course = school.seeded.course_id
    made = await teacher.call("POST", f"/courses/{course}/classes", plan, key=school.key())
    assert made.status == 201, made
    live = made.body["id"]
    assert (await teacher.call("POST", f"/classes/{live}/open")).status == 200
    return str(live)


async def room(school: School, teacher: Api) -> tuple[str, str]:
    """An open class of its own, and a choice in the bank whose right option is `a`."""
    course, live = school.seeded.course_id, await a_new_room(school, teacher)
    got = await teacher.call(
        "POST", f"/courses/{course}/questions", wire("single_choice"), key=school.key()
    )
    assert got.status == 201, got
    return live, got.body["id"]


async def posed(school: School, teacher: Api) -> Any:
    live, question = await room(school, teacher)
    body = {"question_id": question}
    got = await teacher.call("POST", f"/classes/{live}/quizzes", body, key=school.key())
    assert got.status == 201, got
    return got.body


async def answered(api: Api, quiz: str, seq: int, value: Any) -> Got:
    return await api.call("PUT", f"/quizzes/{quiz}/answers", {"seq": seq, "value": value})


def option(seen: Any, text: str) -> str:
    """The name under which the caller sees this option."""
    return str(next(one["id"] for one in seen["content"]["options"] if text in one["text"]))


async def test_the_room_hears_that_there_is_a_quiz_and_asks_for_it(school: School) -> None:
    teacher, student = await school.sign_in("teacher"), await school.sign_in("student1")
    quiz = await posed(school, teacher)
    told = ("tell_quiz", quiz["class_id"], Tell(quiz=quiz["id"], revealed=False))
    assert told in [(one[0], one[1], one[-1]) for one in school.classes.asked]
    seen = (await student.call("GET", f"/quizzes/{quiz['id']}")).body
    assert (seen["key"], seen["answered"], seen["mine"]) == (None, None, None)
    assert not {one["id"] for one in seen["content"]["options"]} & {"a", "b"}


async def test_answers_come_in_and_the_last_counts_until_the_key_is_shown(school: School) -> None:
    teacher = await school.sign_in("teacher")
    ann, bob = await school.sign_in("student1"), await school.sign_in("student2")
    quiz = (await posed(school, teacher))["id"]
    for api, texts in ((ann, ["/ ", "f \\lambda"]), (bob, ["/ "])):
        seen = (await api.call("GET", f"/quizzes/{quiz}")).body
        for seq, text in enumerate(texts, start=1):
            assert (await answered(api, quiz, seq, option(seen, text))).status == 200
    counts = (await teacher.call("GET", f"/quizzes/{quiz}")).body
    assert (counts["answered"], counts["right"], counts["key"]) == (2, 1, None)
    assert {one["id"]: one["answers"] for one in counts["shares"]} == {"a": 1, "b": 1}
    hidden = (await ann.call("GET", f"/quizzes/{quiz}")).body
    assert (hidden["answered"], hidden["mine"]["earned_milli"]) == (None, None)
    assert hidden["mine"]["value"] == option(hidden, "f \\lambda")

    shown = await teacher.call("POST", f"/quizzes/{quiz}/reveal")
    assert (shown.status, shown.body["key"]["correct"]) == (200, ["a"])
    mine = (await ann.call("GET", f"/quizzes/{quiz}")).body
    assert (mine["mine"]["value"], mine["mine"]["earned_milli"], mine["right"]) == ("a", 1000, 1)
    late = await answered(bob, quiz, 2, "a")
    assert (late.status, late.code) == (409, "quiz_revealed")


async def test_an_answer_sent_again_is_one_and_another_under_its_number_is_refused(
    school: School,
) -> None:
    teacher, student = await school.sign_in("teacher"), await school.sign_in("student1")
    quiz = (await posed(school, teacher))["id"]
    seen = (await student.call("GET", f"/quizzes/{quiz}")).body
    right, wrong = option(seen, "f \\lambda"), option(seen, "/ ")
    assert [(await answered(student, quiz, 2, right)).status for _ in range(2)] == [200, 200]
    refused = [
        await answered(student, quiz, 2, wrong),
        await answered(student, quiz, 1, wrong),
        await answered(student, quiz, 3, True),
    ]
    assert [one.code for one in refused] == ["seq_conflict", "seq_old", "wrong_value"]
    counts = (await teacher.call("GET", f"/quizzes/{quiz}")).body
    assert (counts["answered"], counts["right"]) == (1, 1)


async def test_the_answers_that_count_are_events_when_the_key_is_shown_and_not_before(
    school: School, database: Database
) -> None:
    teacher, student = await school.sign_in("teacher"), await school.sign_in("student1")
    first, second = await posed(school, teacher), await posed(school, teacher)
    for quiz in (first["id"], second["id"]):
        seen = (await student.call("GET", f"/quizzes/{quiz}")).body
        for seq, text in ((1, "/ "), (2, "f \\lambda")):
            await answered(student, quiz, seq, option(seen, text))
        assert await shares(database, quiz) == []
    await teacher.call("POST", f"/quizzes/{first['id']}/reveal")
    await teacher.call("POST", f"/quizzes/{first['id']}/reveal")
    await teacher.call("POST", f"/classes/{second['class_id']}/close")
    assert [await shares(database, one["id"]) for one in (first, second)] == [[1000], [1000]]


async def shares(database: Database, quiz: str) -> list[int]:
    async with database.transaction(None) as connection:
        rows = await connection.fetch(
            "SELECT (data ->> 'share_milli')::int AS share FROM outbox"
            " WHERE name = 'quiz.answered' AND data ->> 'source_id' = $1 ORDER BY outbox_id",
            quiz,
        )
    return [row["share"] for row in rows]


async def test_what_cannot_be_posed(school: School) -> None:
    teacher = await school.sign_in("teacher")
    live, question = await room(school, teacher)
    course = school.seeded.course_id
    path = f"/classes/{live}/quizzes"
    essay = (
        await teacher.call("POST", f"/courses/{course}/questions", wire("essay"), key=school.key())
    ).body["id"]
    got = await teacher.call("POST", path, {"question_id": essay}, key=school.key())
    assert (got.status, got.code) == (422, "invalid")
    await teacher.call("DELETE", f"/questions/{question}")
    got = await teacher.call("POST", path, {"question_id": question}, key=school.key())
    assert (got.status, got.code) == (409, "question_not_in_use")


async def test_a_closed_class_takes_no_answers(school: School) -> None:
    admin, student = await school.sign_in("admin"), await school.sign_in("student1")
    quiz = await posed(school, admin)
    await admin.call("POST", f"/classes/{quiz['class_id']}/close")
    got = await answered(student, quiz["id"], 1, "x")
    assert (got.status, got.code) == (409, "class_not_open")
    body = {"question_id": quiz["question_id"]}
    again = await admin.call(
        "POST", f"/classes/{quiz['class_id']}/quizzes", body, key=school.key()
    )
    assert (again.status, again.code) == (409, "class_not_open")


async def test_the_same_key_poses_once(school: School) -> None:
    teacher = await school.sign_in("teacher")
    live, question = await room(school, teacher)
    key, body = school.key(), {"question_id": question}
    first = await teacher.call("POST", f"/classes/{live}/quizzes", body, key=key)
    again = await teacher.call("POST", f"/classes/{live}/quizzes", body, key=key)
    assert (first.status, again.status, first.body["id"]) == (201, 201, again.body["id"])
    listed = await teacher.call("GET", f"/classes/{live}/quizzes")
    assert [one["id"] for one in listed.body["items"]] == [first.body["id"]]
