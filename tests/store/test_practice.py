"""Lessons of the tutor over the API and the real stores: waiting or found, answered, ended, reported."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from lms.adaptive.model import Chosen, Reason
from lms.practice import store as practice_store
from lms.practice import wire as practice_wire
from lms.practice.model import Practice
from lms.questions.model import Kind
from server.demo import demo_id
from server.rest.withdrawn import POLL_SECONDS, Withdrawn
from server.storage.channels import ShardedChannels
from server.storage.lessons import AWAY_SECONDS, Lessons
from server.storage.link import LinkLostError
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from tests.store.test_questions import change
from tests.support.items import ITEMS, wire
from tests.support.school import Api, Got, School, running_school

pytestmark = pytest.mark.store

PRACTISED: tuple[Kind, ...] = tuple(k for k in ITEMS if k not in ("essay", "file_upload"))


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    async with running_school(database, valkey_url, limit_scale=1000) as running:
        yield running


@pytest.fixture(scope="module")
async def teacher(school: School) -> Api:
    return await school.sign_in("teacher")


@pytest.fixture(scope="module")
async def student(school: School) -> Api:
    return await school.sign_in("student1")


@pytest.fixture(scope="module")
async def other(school: School) -> Api:
    return await school.sign_in("student2")


async def course_with(school: School, teacher: Api, kinds: Sequence[Kind]) -> str:
    """A course of its own with an item of each of these kinds, and two students."""
    got = await teacher.call("POST", "/courses", {"title": "Practice"}, key=school.key())
    course = str(got.body["id"])
    for number, kind in enumerate(kinds):
        body = wire(kind, title=f"Item {number}", skills=["waves"])
        got = await teacher.call("POST", f"/courses/{course}/questions", body, key=school.key())
        assert got.status == 201, got
    for name in ("student1", "student2"):
        body = {"user_id": demo_id(name), "role": "student"}
        got = await teacher.call("POST", f"/courses/{course}/enrolments", body, key=school.key())
        assert got.status == 201, got
    return course


@pytest.fixture(scope="module")
async def course(school: School, teacher: Api) -> str:
    return await course_with(school, teacher, (*PRACTISED, "essay", "file_upload"))


async def waiting(
    school: School, course: str, lessons: int, kinds: Sequence[Kind] = ("single_choice",)
) -> list[str]:
    """Lessons made ahead for student1, each of the items of the bank of these kinds; their ids."""
    tenant, user = school.seeded.tenant_id, demo_id("student1")
    desk, made = school.deps.desk(), []
    async with school.deps.database.transaction(tenant) as connection:
        rows = await connection.fetch(
            "SELECT question_id, version FROM questions WHERE course_id = $1 AND kind = ANY ($2) ORDER BY title",
            *(course, list(kinds)),
        )
        assert rows
        for _ in range(lessons):
            practice = Practice(
                practice_id=desk.new_id(),
                course_id=course,
                user_id=user,
                path="warm",
                items=tuple(_chosen(row, desk.new_id()) for row in rows),
                answered=0,
                created_at=desk.now,
                finished_at=None,
            )
            await practice_store.add(connection, tenant, practice)
            made.append(practice)
    place = (tenant, course, user)
    elements = [practice_wire.packed(one.practice_id, one.items) for one in made]
    [there] = await school.deps.playlists.waiting([place])
    assert await school.deps.playlists.replace([(place, there, elements)], 60) == [True]
    return [one.practice_id for one in made]


def _chosen(row: asyncpg.Record, item_id: str) -> Chosen:
    return Chosen(
        item_id=item_id,
        question_id=str(row["question_id"]),
        version=row["version"],
        skills=("waves",),
        difficulty=50,
        reason=Reason(why="weak_skill", skill="waves"),
        chance_milli=700,
    )


async def answer(caller: Api, lesson: Any, item: int, value: Any, seq: int = 1) -> Got:
    path = f"/practice/{lesson['practice_id']}/answers/{lesson['items'][item]['id']}"
    return await caller.call("PUT", path, {"seq": seq, "value": value})


async def events(school: School, name: str, practice_id: str) -> int:
    async with school.deps.database.transaction(school.seeded.tenant_id) as connection:
        found = await connection.fetchval(
            "SELECT count(*) FROM outbox WHERE name = $1"
            " AND coalesce(data ->> 'source_id', data ->> 'practice_id') = $2",
            name,
            practice_id,
        )
    return int(found)


async def test_an_empty_list_is_served_by_rule_and_asks_for_more(
    school: School, student: Api, course: str
) -> None:
    got = await student.call("POST", f"/courses/{course}/next")
    assert (got.status, got.headers["Lectern-Path"]) == (200, "cold")
    # What only a person can check is not practised.
    assert sorted(one["kind"] for one in got.body["items"]) == sorted(PRACTISED)
    assert {one["reason"]["why"] for one in got.body["items"]} == {"at_level"}
    async with school.deps.database.transaction(school.seeded.tenant_id) as connection:
        assert await connection.fetchval(
            "SELECT count(*) FROM refills WHERE course_id = $1 AND user_id = $2",
            course,
            demo_id("student1"),
        )


async def test_a_lesson_tells_nothing_of_keys_before_an_answer(student: Api, course: str) -> None:
    got = await student.call("POST", f"/courses/{course}/next")
    open_ = await student.call("GET", f"/practice/{got.body['practice_id']}")
    assert open_.body["items"] == got.body["items"]
    for text in (str(got.body), str(open_.body)):
        assert "Crests a second" not in text
        assert "There is nothing to push." not in text
    for item in got.body["items"]:
        content = item["content"]
        for option in (*content["options"], *content["left"]):
            # Never as its author called it, who may well have written the right one first.
            assert option["id"].startswith("n")
            assert len(option["id"]) == 11


async def test_what_waits_is_taken_once_however_many_tabs_ask(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["single_choice"])
    ids = await waiting(school, course, 8)
    got = await asyncio.gather(*(student.call("POST", f"/courses/{course}/next") for _ in ids))
    assert sorted(one.body["practice_id"] for one in got) == sorted(ids)
    assert {one.headers["Lectern-Path"] for one in got} == {"warm"}
    shown = [item["id"] for one in got for item in one.body["items"]]
    assert len(set(shown)) == len(ids)


async def test_cold_tabs_never_get_the_same_items(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["true_false"] * 44)
    got = await asyncio.gather(*(student.call("POST", f"/courses/{course}/next") for _ in "ab"))
    assert [one.headers["Lectern-Path"] for one in got] == ["cold", "cold"]
    async with school.deps.database.transaction(school.seeded.tenant_id) as connection:
        rows = await connection.fetch("SELECT items FROM practices WHERE course_id = $1", course)
    asked = [one["question_id"] for row in rows for one in msgspec.json.decode(row["items"])]
    assert (len(asked), len(set(asked))) == (40, 40)


async def test_a_lesson_by_rule_keeps_to_one_language(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["true_false"] * 3)
    for number in range(2):
        body = wire("short_text", title=f"Ar {number}", language="ar")
        got = await teacher.call("POST", f"/courses/{course}/questions", body, key=school.key())
        assert got.status == 201, got
    for _ in "ab":
        lesson = (await student.call("POST", f"/courses/{course}/next")).body
        assert [one["kind"] for one in lesson["items"]] == ["true_false"] * 3


@pytest.mark.parametrize("path", ["warm", "cold"])
async def test_the_same_key_gives_the_same_lesson(
    school: School, teacher: Api, student: Api, path: str
) -> None:
    course = await course_with(school, teacher, ["single_choice"])
    ids = await waiting(school, course, 3) if path == "warm" else []
    first = await student.call("POST", f"/courses/{course}/next", key="k1")
    assert first.headers["Lectern-Path"] == path
    await waiting(school, course, 2)  # whatever waits by then
    again = await student.call("POST", f"/courses/{course}/next", key="k1")
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await student.call("POST", f"/courses/{course}/next", key="k2")
    assert other.body["practice_id"] != first.body["practice_id"]
    assert path == "cold" or first.body["practice_id"] == ids[0]


async def test_without_redis_the_rule_serves_and_redis_is_left_alone_for_a_while(
    school: School, student: Api, course: str
) -> None:
    lessons = school.deps.tutor.lessons
    asked = []

    class Silent:
        def send(self, key: str, *_: object) -> None:
            asked.append(key)

    real, lessons._channels = lessons._channels, Silent()
    try:
        async with asyncio.timeout(2):
            got = await student.call("POST", f"/courses/{course}/next")
            more = await student.call("POST", f"/courses/{course}/next")
    finally:
        lessons._channels, lessons._away_until = real, 0.0
    assert AWAY_SECONDS > 0
    assert [one.headers["Lectern-Path"] for one in (got, more)] == ["cold", "cold"]
    assert len(asked) == 1


async def test_what_a_key_was_answered_while_redis_was_away_it_is_answered_later(
    school: School, teacher: Api, student: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though lessons wait by then; by this node and, when Redis was told, by others."""
    monkeypatch.setattr("server.storage.lessons.AWAY_SECONDS", 0.05)
    course = await course_with(school, teacher, ["single_choice", "numeric"])
    await waiting(school, course, 2)
    lessons, path = school.deps.tutor.lessons, f"/courses/{course}/next"

    class Broken:
        def send(self, _key: str, tell: Any, *_: object) -> None:
            tell(LinkLostError("not connected"))

    real, lessons._channels = lessons._channels, Broken()
    try:
        first = await student.call("POST", path, key="away")
    finally:
        lessons._channels, lessons._away_until = real, 0.0
    assert first.headers["Lectern-Path"] == "cold"
    assert (await student.call("POST", path, key="away")).body == first.body
    other_node = Lessons(real, PrometheusMeters())
    place = (school.seeded.tenant_id, course, demo_id("student1"))
    async with asyncio.timeout(2):
        while lessons._owed._keys:
            await asyncio.sleep(0.01)
    assert await other_node.pop(place, "away") is None
    assert (await student.call("POST", path, key="away")).body == first.body
    warm = await student.call("POST", path, key="back")
    assert warm.headers["Lectern-Path"] == "warm"


async def test_a_verdict_comes_with_the_key_in_the_names_of_the_learner(
    school: School, student: Api, course: str
) -> None:
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    place = [one["kind"] for one in lesson["items"]].index("single_choice")
    options = lesson["items"][place]["content"]["options"]
    right = next(
        one["id"] for one in options if "lambda$" in one["text"] and "/" not in one["text"]
    )
    got = await answer(student, lesson, place, right)
    assert got.status == 200, got
    assert (got.body["correct"], got.body["earned_milli"], got.body["streak"]) == (True, 1000, 1)
    assert got.body["key"]["correct"] == [right]
    assert got.body["key"]["explanation"].startswith("Crests")
    assert (got.body["answered"], got.body["asked"]) == (1, len(PRACTISED))


async def test_a_seq_stands_for_one_value_and_the_first_answer_counts(
    school: School, student: Api, course: str
) -> None:
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    place = [one["kind"] for one in lesson["items"]].index("true_false")
    first = await answer(student, lesson, place, True)
    assert first.body["correct"] is False
    assert (await answer(student, lesson, place, True)).body == first.body
    refused = await answer(student, lesson, place, False)
    assert (refused.status, refused.code) == (409, "seq_conflict")
    better = await answer(student, lesson, place, False, seq=2)
    assert (better.body["correct"], better.body["answered"], better.body["streak"]) == (True, 1, 0)
    stands = await student.call("GET", f"/practice/{lesson['practice_id']}")
    assert [one["value"] for one in stands.body["answers"]] == [True]
    assert await events(school, "practice.answered", lesson["practice_id"]) == 1
    wrong = await answer(student, lesson, place, "words", seq=3)
    assert (wrong.status, wrong.code) == (422, "wrong_value")


async def test_many_answers_at_once_are_each_counted_once(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["true_false"] * 6)
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    got = await asyncio.gather(
        *(answer(student, lesson, item, False) for item in range(6) for _ in range(3))
    )
    assert {one.status for one in got} == {200}
    assert max(one.body["answered"] for one in got) == 6
    assert await events(school, "practice.answered", lesson["practice_id"]) == 6
    # The last answer ends the lesson, and its end is told once, whoever says so again.
    ends = [await student.call("POST", f"/practice/{lesson['practice_id']}/finish") for _ in "ab"]
    assert [one.body["right"] for one in ends] == [6, 6]
    assert ends[0].body["skills"][0]["after_milli"] > ends[0].body["skills"][0]["before_milli"]
    assert await events(school, "practice.finished", lesson["practice_id"]) == 1


async def test_an_item_that_is_out_of_use_is_neither_checked_nor_shown(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["true_false", "true_false"])
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    listed = await teacher.call("GET", f"/courses/{course}/questions")
    assert (await answer(student, lesson, 0, False)).status == 200
    for one in listed.body["items"]:
        got = await change(teacher, one["id"], one["version"], {"state": "retired"})
        assert got.status == 200, got
    refused = await answer(student, lesson, 1, False)
    assert (refused.status, refused.code) == (409, "item_withdrawn")
    # What was answered keeps its verdict, also when it is sent once more.
    assert (await answer(student, lesson, 0, False)).status == 200
    stands = (await student.call("GET", f"/practice/{lesson['practice_id']}")).body
    assert [one["id"] for one in stands["items"]] == [lesson["items"][0]["id"]]
    assert stands["finished"] is True
    nothing = await student.call("POST", f"/courses/{course}/next")
    assert (nothing.status, nothing.code) == (409, "nothing_to_practise")


async def test_what_is_taken_out_of_use_is_in_no_lesson_that_waited(
    school: School, teacher: Api, student: Api
) -> None:
    """Though nobody has dropped its list yet: the rest of the lesson is given, and where nothing is left of it, one by rule."""
    course = await course_with(school, teacher, ["single_choice", "true_false", "numeric"])
    listed = await teacher.call("GET", f"/courses/{course}/questions")
    items = {one["kind"]: one for one in listed.body["items"]}

    async def without(kind: str, state: str) -> Got:
        got = await change(teacher, items[kind]["id"], items[kind]["version"], {"state": state})
        assert got.status == 200, got
        await school.deps.tutor.withdrawn.tell()
        return await student.call("POST", f"/courses/{course}/next", key=f"without {kind}")

    def asked(lesson: Got) -> tuple[str, list[str]]:
        return lesson.headers["Lectern-Path"], [one["kind"] for one in lesson.body["items"]]

    await waiting(school, course, 2, ("single_choice", "true_false"))
    at_hand = await student.call("POST", f"/courses/{course}/next")
    assert asked(at_hand) == ("warm", ["single_choice", "true_false"])
    assert asked(await without("single_choice", "draft")) == ("warm", ["true_false"])
    await waiting(school, course, 1, ("true_false",))
    cold = await without("true_false", "retired")
    assert asked(cold) == ("cold", ["numeric"])
    again = await student.call("POST", f"/courses/{course}/next", key="without true_false")
    assert again.body == cold.body


async def test_every_node_hears_what_is_taken_out_of_use_and_what_is_put_back(
    school: School, teacher: Api, valkey_url: str
) -> None:
    tenant, deps, week = school.seeded.tenant_id, school.deps, timedelta(days=7)
    course = await course_with(school, teacher, ["true_false"])
    [one] = (await teacher.call("GET", f"/courses/{course}/questions")).body["items"]

    async def becomes(state: str) -> None:
        async with deps.database.transaction(tenant) as connection:
            await connection.execute(
                "UPDATE questions SET state = $2, updated_at = now() WHERE question_id = $1",
                *(one["id"], state),
            )

    @contextlib.asynccontextmanager
    async def node() -> AsyncIterator[Withdrawn]:
        channels = ShardedChannels(valkey_url, PrometheusMeters())
        async with (
            channels.running(),
            Withdrawn(deps.database, channels, deps.clock, lists_kept=week).running() as withdrawn,
        ):
            yield withdrawn

    async with node() as elsewhere:
        assert one["id"] not in elsewhere.of(tenant)
        await becomes("recalled")
        await deps.tutor.withdrawn.tell()
        assert one["id"] in deps.tutor.withdrawn.of(tenant)
        async with asyncio.timeout(POLL_SECONDS * 0.9):  # sooner than it looks by itself
            while one["id"] not in elsewhere.of(tenant):
                await asyncio.sleep(0.01)
    assert not elsewhere.of(demo_id("another school"))
    async with node() as begun_later:
        assert one["id"] in begun_later.of(tenant)
    await becomes("published")
    async with node() as begun_later:
        assert one["id"] not in begun_later.of(tenant)


async def test_what_an_exam_asks_is_not_practised_before_its_results_are_out(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["true_false", "single_choice"])
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    place = [one["kind"] for one in lesson["items"]].index("single_choice")
    asked = (await teacher.call("GET", f"/courses/{course}/questions?kind=single_choice")).body
    settings = {"sections": [{"id": "s", "question_ids": [asked["items"][0]["id"]]}]}
    exam = await teacher.call(
        "POST", f"/courses/{course}/assessments", {"title": "E", "settings": settings}, key="e"
    )
    await teacher.call("POST", f"/assessments/{exam.body['id']}/publish")
    started = await student.call("POST", f"/assessments/{exam.body['id']}/attempts", {})
    assert started.status == 201, started
    refused = await answer(student, lesson, place, "x")
    assert (refused.status, refused.code) == (409, "item_withdrawn")
    again = (await student.call("POST", f"/courses/{course}/next")).body
    assert [one["kind"] for one in again["items"]] == ["true_false"]


async def test_a_lesson_is_its_learners_alone(student: Api, other: Api, course: str) -> None:
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    assert (await answer(other, lesson, 0, "x")).status == 404
    for method, path in (("GET", ""), ("POST", "/finish")):
        got = await other.call(method, f"/practice/{lesson['practice_id']}{path}")
        assert got.status == 404


async def test_who_has_left_the_course_gets_no_lesson_and_no_verdict(
    school: School, teacher: Api, student: Api
) -> None:
    course = await course_with(school, teacher, ["single_choice"] * 2)
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    await waiting(school, course, 2)
    people = await teacher.call("GET", f"/courses/{course}/enrolments")
    mine = next(one for one in people.body["items"] if one["user_id"] == demo_id("student1"))
    gone = await teacher.call("DELETE", f"/courses/{course}/enrolments/{mine['id']}")
    assert gone.status == 204, gone
    assert (await student.call("POST", f"/courses/{course}/next")).status == 404
    refused = await answer(student, lesson, 0, "x")
    assert (refused.status, refused.code) == (403, "not_enrolled")


async def test_a_report_of_an_item_is_kept_once(
    school: School, student: Api, course: str, database_url: str
) -> None:
    lesson = (await student.call("POST", f"/courses/{course}/next")).body
    path = f"/practice/{lesson['practice_id']}/items/{lesson['items'][0]['id']}/reports"
    body = {"reason": "wrong_answer", "note": "It is the other one."}
    got = [await student.call("POST", path, body, key=school.key()) for _ in "ab"]
    assert [one.status for one in got] == [201, 201]
    assert got[0].body == got[1].body
    owner = await asyncpg.connect(database_url)
    try:
        rows = await owner.fetch(
            "SELECT state FROM item_reports WHERE report_id = $1", got[0].body["id"]
        )
    finally:
        await owner.close()
    assert [row["state"] for row in rows] == ["open"]
