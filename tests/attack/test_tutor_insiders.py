"""Learners who try what they may not with the tutor: keys before their time, lessons of others, rows without end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from lms.adaptive.model import Chosen, Reason
from lms.grading import service
from lms.practice.wire import packed
from server.storage.playlists import Playlists
from server.storage.postgres import Database
from server.storage.redis import connected
from tests.support.hall import Hall, open_hall
from tests.support.items import wire
from tests.support.ready_exams import new_id
from tests.support.school import Api, Got

pytestmark = [pytest.mark.attack, pytest.mark.store]


@pytest.fixture(scope="module")
async def hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    async with open_hall(database, database_url, valkey_url) as opened:
        yield opened


async def course_with(hall: Hall, *kinds: Any, students: int = 2) -> tuple[str, dict[str, str]]:
    """A course of its own, its students, and an item of each kind: by the kind."""
    got = await hall.teacher.call("POST", "/courses", {"title": "Raided"}, key=new_id())
    course = str(got.body["id"])
    made = {}
    for kind in kinds:
        path = f"/courses/{course}/questions"
        got = await hall.teacher.call("POST", path, wire(kind, skills=["waves"]), key=new_id())
        assert got.status == 201, got
        made[str(kind)] = str(got.body["id"])
    for number in range(1, students + 1):
        body = {"email": f"student{number}@demo.school", "role": "student"}
        path = f"/courses/{course}/enrolments"
        assert (await hall.teacher.call("POST", path, body, key=new_id())).status == 201
    return course, made


async def next_lesson(api: Api, course: str) -> Any:
    got = await api.call("POST", f"/courses/{course}/next")
    assert got.status == 200, got
    return got.body


async def answered(api: Api, lesson: Any, value: Any, *, item: int = 0, seq: int = 1) -> Got:
    path = f"/practice/{lesson['practice_id']}/answers/{lesson['items'][item]['id']}"
    return await api.call("PUT", path, {"seq": seq, "value": value})


async def exam_of(hall: Hall, course: str, question: str, api: Api) -> str:
    """An exam that asks this question, begun by this learner: their attempt."""
    settings = {"sections": [{"id": "s", "question_ids": [question]}]}
    body = {"title": "Exam", "settings": settings}
    made = await hall.teacher.call("POST", f"/courses/{course}/assessments", body, key=new_id())
    path = f"/assessments/{made.body['id']}"
    assert (await hall.teacher.call("POST", f"{path}/publish")).status == 200
    begun = await api.call("POST", f"{path}/attempts", {})
    assert begun.status == 201, begun
    return str(begun.body["id"])


async def test_a_key_that_was_told_is_not_told_again_during_the_exam(hall: Hall) -> None:
    course, made = await course_with(hall, "single_choice")
    lesson = await next_lesson(hall.student, course)
    option = lesson["items"][0]["content"]["options"][0]["id"]
    told = await answered(hall.student, lesson, option)
    assert told.body["key"]["correct"], told
    await exam_of(hall, course, made["single_choice"], hall.student)
    again = await answered(hall.student, lesson, option)
    assert (again.status, again.code) == (409, "item_withdrawn"), again
    seen = await hall.student.call("GET", f"/practice/{lesson['practice_id']}")
    assert seen.body["answers"] == [], seen


async def test_who_has_left_is_told_no_key_again(hall: Hall) -> None:
    course, _ = await course_with(hall, "single_choice", students=1)
    lesson = await next_lesson(hall.student, course)
    option = lesson["items"][0]["content"]["options"][0]["id"]
    assert (await answered(hall.student, lesson, option)).status == 200
    listed = await hall.teacher.call("GET", f"/courses/{course}/enrolments")
    [gone] = [one["id"] for one in listed.body["items"] if one["role"] == "student"]
    path = f"/courses/{course}/enrolments/{gone}"
    assert (await hall.teacher.call("DELETE", path)).status == 204
    again = await answered(hall.student, lesson, option)
    assert (again.status, again.code) == (403, "not_enrolled"), again
    for path in (f"/practice/{lesson['practice_id']}", f"/courses/{course}/skills/mine"):
        assert (await hall.student.call("GET", path)).status in (403, 404), path


async def test_a_placement_tells_nothing_of_what_an_exam_has_begun_to_ask(hall: Hall) -> None:
    """Begun before the exam: whichever answer is given in it, the same is asked next."""
    seen = []
    for choice in (0, 1):
        course, made = await course_with(hall, "single_choice")
        step = (await hall.student.call("POST", f"/courses/{course}/placement")).body
        await exam_of(hall, course, made["single_choice"], hall.student)
        path = f"/placements/{step['placement_id']}/answers/{step['item']['id']}"
        body = {"value": step["item"]["content"]["options"][choice]["id"]}
        after = await hall.student.call("PUT", path, body)
        assert after.status == 200, after
        seen.append({**after.body, "placement_id": ""})
        place = "SELECT count(*) FROM outbox WHERE name = 'placement.answered' AND data ->> 'source_id' = $1"
        assert await hall.owner.fetchval(place, step["placement_id"]) == 0
    assert seen[0] == seen[1]


async def test_who_asks_on_and_on_leaves_no_more_than_some_lessons_behind(hall: Hall) -> None:
    course, _ = await course_with(hall, "true_false", students=1)
    begun = await next_lesson(hall.student, course)
    assert (await answered(hall.student, begun, True)).status == 200
    lessons = [await next_lesson(hall.student, course) for _ in range(70)]
    kept = "SELECT count(*) FROM practices WHERE course_id = $1"
    assert await hall.owner.fetchval(kept, course) == 51
    assert (await answered(hall.student, lessons[-1], True)).status == 200
    assert (await answered(hall.student, begun, True)).status == 200
    assert (await answered(hall.student, lessons[0], True)).code == "not_found"


async def test_a_lesson_of_another_learner_is_nowhere(hall: Hall) -> None:
    """Not even while its owner asks for it at the same moment: who asks beside them spoils nothing."""
    course, _ = await course_with(hall, "true_false")
    for _ in range(3):
        lesson = await next_lesson(hall.student, course)
        theirs, mine = await asyncio.gather(
            answered(hall.other, lesson, True), answered(hall.student, lesson, True)
        )
        assert (theirs.status, theirs.code, mine.status) == (404, "not_found", 200)
    place = f"/practice/{lesson['practice_id']}"
    item = lesson["items"][0]["id"]
    assert (await hall.other.call("GET", place)).status == 404
    assert (await hall.other.call("POST", f"{place}/finish")).status == 404
    body = {"reason": "other"}
    got = await hall.other.call("POST", f"{place}/items/{item}/reports", body, key=new_id())
    assert got.status == 404


async def in_their_order(hall: Hall, course: str) -> str:
    """An item whose ids count up in the order of its key, as those of the factory do."""
    parts = [{"id": f"o{at}", "text": text} for at, text in enumerate(("one", "two", "six"), 1)]
    body = {
        "kind": "ordering",
        "title": "In order",
        "skills": ["waves"],
        "content": {"prompt": "p", "options": parts},
        "key": {"order": [one["id"] for one in parts]},
    }
    path = f"/courses/{course}/questions"
    got = await hall.teacher.call("POST", path, body, key=new_id())
    assert got.status == 201, got
    return str(got.body["id"])


async def test_ids_that_were_never_shown_are_no_answer(hall: Hall) -> None:
    """Who knows how ids are made would know the key of an item that they have not even read."""
    course, _ = await course_with(hall, students=1)
    question, blind = await in_their_order(hall, course), ["o1", "o2", "o3"]
    lesson = await next_lesson(hall.student, course)
    told = await answered(hall.student, lesson, blind)
    assert (told.body["correct"], told.body["earned_milli"]) == (False, 0), told
    path = f"/courses/{course}/placement"
    assert (await hall.student.call("POST", path)).status == 200

    attempt = await exam_of(hall, course, question, hall.student)
    [item] = await hall.owner.fetchval(
        "SELECT item_ids FROM attempts WHERE attempt_id = $1", attempt
    )
    path = f"/attempts/{attempt}/answers/{item}"
    body = {"opening": 1, "seq": 1, "value": blind}
    assert (await hall.student.call("PUT", path, body)).status == 200
    body = {"opening": 1, "last_seq": 1}
    assert (await hall.student.call("POST", f"/attempts/{attempt}/submit", body)).status == 200
    tenant_id = hall.school.seeded.tenant_id
    async with hall.school.deps.database.transaction(tenant_id) as connection:
        now = hall.school.deps.exams.clock.now()
        grade = await service.score_attempt(connection, tenant_id, attempt, now)
    assert grade is not None
    assert [one.earned_milli for one in grade.items] == [0]


async def posed(hall: Hall, course: str, question: str) -> Any:
    plan = {
        "title": "Q",
        "starts_at": "2031-01-01T10:00:00Z",
        "ends_at": "2031-01-01T11:00:00Z",
    }
    made = await hall.teacher.call("POST", f"/courses/{course}/classes", plan, key=new_id())
    live = made.body["id"]
    assert (await hall.teacher.call("POST", f"/classes/{live}/open")).status == 200
    body = {"question_id": question}
    got = await hall.teacher.call("POST", f"/classes/{live}/quizzes", body, key=new_id())
    assert got.status == 201, got
    return got.body


async def test_a_quiz_tells_no_key_to_who_sits_an_exam_with_it(hall: Hall) -> None:
    course, made = await course_with(hall, "single_choice")
    quiz = await posed(hall, course, made["single_choice"])
    await exam_of(hall, course, made["single_choice"], hall.student)
    assert (await hall.teacher.call("POST", f"/quizzes/{quiz['id']}/reveal")).status == 200
    theirs = (await hall.other.call("GET", f"/quizzes/{quiz['id']}")).body
    assert theirs["key"]["correct"] == ["a"]
    listed = (await hall.student.call("GET", f"/classes/{quiz['class_id']}/quizzes")).body["items"]
    for mine in (listed[0], (await hall.student.call("GET", f"/quizzes/{quiz['id']}")).body):
        assert (mine["revealed"], mine["key"], mine["right"]) == (False, None, None)
        assert mine["shares"] == []
        assert not {"a", "b"} & {one["id"] for one in mine["content"]["options"]}


async def test_an_answer_to_a_quiz_is_changed_so_often_and_no_more(hall: Hall) -> None:
    course, made = await course_with(hall, "true_false")
    path = f"/quizzes/{(await posed(hall, course, made['true_false']))['id']}/answers"
    got = [
        await hall.student.call("PUT", path, {"seq": seq, "value": bool(seq % 2)})
        for seq in range(1, 53)
    ]
    assert [one.status for one in got] == [200] * 50 + [409] * 2
    assert got[-1].code == "answers_full"
    again = await hall.student.call("PUT", path, {"seq": 50, "value": False})
    assert again.status == 200


ODD = (
    "\x00",
    "a\x00b",
    "\u202e\u2066x",
    "\ufffe\uffff",
    "e\u0301" * 200,
    "=1+1|' /C calc'!A0",
    "%s%n",
    "\n" * 50,
)


async def test_no_text_breaks_a_route(hall: Hall) -> None:
    """Whatever is written into a field is taken or refused with a code; never a fault of the server."""
    course, made = await course_with(hall, "short_text", "matching", "numeric")
    lesson = await next_lesson(hall.student, course)
    quiz = await posed(hall, course, made["short_text"])
    step = (await hall.student.call("POST", f"/courses/{course}/placement")).body
    for text in ODD:
        asked: list[Got] = []
        brief = {"skill": text, "kinds": ["true_false"], "count": 1}
        for body in (
            {"course_id": course, "brief": brief},
            {"course_id": course, "brief": {**brief, "skill": "x", "note": text}},
            {"course_id": course, "brief": {**brief, "skill": "x"}, "source": text},
            {"course_id": course, "brief": {**brief, "skill": "x", "language": text}},
        ):
            got = await hall.teacher.call("POST", "/generation-jobs", body, key=new_id())
            asked.append(got)
            if got.status == 202:
                way = f"/generation-jobs/{got.body['id']}"
                asked.append(await hall.teacher.call("POST", f"{way}/cancel"))
                body = {"reason": text}
                asked.append(await hall.teacher.call("POST", f"{way}/recall", body, key=new_id()))
        mark = {
            "skill": text,
            "level": 1,
            "language": "en",
            "low": 1,
            "batch": 1,
            "kinds": ["numeric"],
        }
        asked.append(
            await hall.teacher.call("PUT", f"/courses/{course}/stock", {**mark, "source": text})
        )
        asked.append(
            await hall.teacher.call(
                "PUT", f"/courses/{course}/stock", {**mark, "skill": "x", "source": text}
            )
        )
        body = {"skill": text}
        asked.append(
            await hall.teacher.call("POST", f"/courses/{course}/assignments", body, key=new_id())
        )
        for item in lesson["items"]:
            way = f"/practice/{lesson['practice_id']}"
            body = {"reason": "other", "note": text}
            asked.append(
                await hall.student.call(
                    "POST", f"{way}/items/{item['id']}/reports", body, key=new_id()
                )
            )
            for value in (
                text,
                [text],
                {text[:30]: text[:30]},
                {"number": text, "unit": text},
                {"number": "1e999999999"},
            ):
                seq = len(asked) + 1
                asked.append(
                    await hall.student.call(
                        "PUT", f"{way}/answers/{item['id']}", {"seq": seq, "value": value}
                    )
                )
                asked.append(
                    await hall.student.call(
                        "PUT", f"/quizzes/{quiz['id']}/answers", {"seq": seq, "value": value}
                    )
                )
        way = f"/placements/{step['placement_id']}/answers/{step['item']['id']}"
        asked.append(await hall.student.call("PUT", way, {"value": {"a": text}}))
        way = quote(text, safe="")
        paths = (
            f"/courses/{course}/skills?skill={way}",
            f"/courses/{course}/quality?faults={way}",
            f"/courses/{course}/stock?cursor={way}",
            f"/courses/{course}/assignments?cursor={way}",
            f"/questions/{made['numeric']}/similar?language={way}",
        )
        asked += [await hall.teacher.call("GET", path) for path in paths]
        for got in asked:
            assert got.status < 500, (text, got)


async def test_two_tabs_at_once_get_two_lessons_and_one_key_gets_one(hall: Hall) -> None:
    course, _ = await course_with(hall, "true_false", students=1)
    path = f"/courses/{course}/questions"
    for number in range(44):
        body = wire("true_false", title=f"Item {number}")
        assert (await hall.teacher.call("POST", path, body, key=new_id())).status == 201
    path = f"/courses/{course}/next"
    tabs = await asyncio.gather(*(hall.student.call("POST", path) for _ in range(2)))
    asked = "SELECT items::jsonb @> jsonb_build_array(jsonb_build_object('question_id', $2::text)) FROM practices WHERE practice_id = $1"
    ids = "SELECT one ->> 'question_id' FROM practices, jsonb_array_elements(items::jsonb) AS one WHERE practice_id = $1"
    for row in await hall.owner.fetch(ids, tabs[0].body["practice_id"]):
        assert not await hall.owner.fetchval(asked, tabs[1].body["practice_id"], row[0])

    key = new_id()
    got = await asyncio.gather(*(hall.student.call("POST", path, key=key) for _ in range(6)))
    told = {one.body["practice_id"] for one in got if one.status == 200}
    assert len(told) == 1
    assert {one.code for one in got if one.status != 200} <= {"idempotency_in_flight"}
    # The key of another learner is another key, and so is the same one in another course.
    other, _ = await course_with(hall, "true_false")
    for api in (hall.student, hall.other):
        one = await api.call("POST", f"/courses/{other}/next", key=key)
        assert one.status in (200, 422), one
        assert one.body.get("practice_id") not in told


async def test_one_answer_sent_many_times_counts_once(hall: Hall) -> None:
    course, _ = await course_with(hall, "true_false", students=1)
    lesson = await next_lesson(hall.student, course)
    got = await asyncio.gather(
        *(answered(hall.student, lesson, bool(n % 2), seq=1 + n % 3) for n in range(12))
    )
    assert {one.status for one in got} <= {200, 409}
    assert {one.code for one in got if one.status == 409} <= {"seq_conflict"}
    kept = "SELECT array_agg(seq ORDER BY seq) FROM practice_answers WHERE practice_id = $1"
    assert await hall.owner.fetchval(kept, lesson["practice_id"]) == [1, 2, 3]
    told = "SELECT count(*) FROM outbox WHERE name = $2 AND data ->> $3 = $1"
    for name, field in (("practice.answered", "source_id"), ("practice.finished", "practice_id")):
        assert await hall.owner.fetchval(told, lesson["practice_id"], name, field) == 1


async def test_an_answer_is_before_the_reveal_or_refused(hall: Hall) -> None:
    """Whoever was told that it is saved is counted, and nobody is counted who saw the key."""
    course, made = await course_with(hall, "true_false")
    for _ in range(3):
        quiz = await posed(hall, course, made["true_false"])
        path = f"/quizzes/{quiz['id']}"
        first, shown, second = await asyncio.gather(
            hall.student.call("PUT", f"{path}/answers", {"seq": 1, "value": False}),
            hall.teacher.call("POST", f"{path}/reveal"),
            hall.other.call("PUT", f"{path}/answers", {"seq": 1, "value": True}),
        )
        assert shown.status == 200, shown
        saved = [one.status for one in (first, second)].count(200)
        assert {one.code for one in (first, second) if one.status != 200} <= {"quiz_revealed"}
        assert shown.body["answered"] == saved
        told = "SELECT count(*) FROM outbox WHERE name = 'quiz.answered' AND data ->> 'source_id' = $1"
        assert await hall.owner.fetchval(told, quiz["id"]) == saved


async def test_what_waits_in_redis_has_a_time_to_live_and_no_key(
    hall: Hall, valkey_url: str
) -> None:
    course, made = await course_with(hall, "single_choice", students=1)
    me = (await hall.student.call("GET", "/me")).body["user"]["id"]
    place = (hall.school.seeded.tenant_id, course, str(me))
    async with connected(valkey_url) as client:
        item = Chosen(
            item_id=new_id(),
            question_id=made["single_choice"],
            version=1,
            skills=("waves",),
            difficulty=50,
            reason=Reason(why="new_skill"),
            chance_milli=700,
        )
        await Playlists(client).replace([(place, [], [packed(new_id(), [item])])], 60)
        await hall.student.call("POST", f"/courses/{course}/next", key=new_id())
        await hall.student.call("POST", f"/courses/{course}/next", key=new_id())
        keys = [one async for one in client.scan_iter(match=f"*{course}*")]
        assert keys
        for key in keys:
            assert await client.pttl(key) > 0, key
            kept = str(await client.dump(key))
            assert "correct" not in kept
            assert "Crests" not in kept
