"""Raids on a whole exam over its API: what a learner sends must not stop its marking, buy time, or open its doors."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from lms.grading import service
from lms.questions.model import Kind
from server.limits.limiter import RATES
from server.storage.postgres import Database
from tests.support.hall import Hall, open_hall
from tests.support.items import wire
from tests.support.ready_exams import new_id
from tests.support.school import Api, Got, running_school

pytestmark = [pytest.mark.attack, pytest.mark.store]


@pytest.fixture(scope="module")
async def hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    async with open_hall(database, database_url, valkey_url) as opened:
        yield opened


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """A published assessment and student1's attempt at it."""

    hall: Hall
    assessment_id: str
    questions: dict[str, str]
    attempt_id: str
    items: dict[str, str]

    async def answer(self, kind: Kind, seq: int, value: Any) -> Got:
        path = f"/attempts/{self.attempt_id}/answers/{self.items[kind]}"
        body = {"opening": 1, "seq": seq, "value": value}
        return await self.hall.student.call("PUT", path, body)

    async def submit(self, last_seq: int) -> None:
        path = f"/attempts/{self.attempt_id}/submit"
        got = await self.hall.student.call("POST", path, {"opening": 1, "last_seq": last_seq})
        assert got.status == 200, got

    async def script(self) -> Got:
        return await self.hall.teacher.call("GET", f"/attempts/{self.attempt_id}/script")

    async def back(self, by: timedelta) -> None:
        """Let the time of this attempt be over for so much longer."""
        await self.hall.owner.execute(
            "UPDATE attempts SET ends_at = now() - $2::interval - grace_ms * interval '1 ms',"
            " shuts_at = now() + interval '1 hour' WHERE attempt_id = $1",
            self.attempt_id,
            by,
        )


async def sat(hall: Hall, *kinds: Kind, **settings: Any) -> Sitting:
    school, teacher, course = hall.school, hall.teacher, hall.school.seeded.course_id
    questions = {}
    for kind in kinds:
        path = f"/courses/{course}/questions"
        got = await teacher.call("POST", path, wire(kind), key=school.key())
        questions[str(kind)] = got.body["id"]
    body = {
        "title": "Raided",
        "settings": {
            "sections": [{"id": "s", "question_ids": list(questions.values())}],
            **settings,
        },
    }
    path = f"/courses/{course}/assessments"
    made = await teacher.call("POST", path, body, key=school.key())
    path = f"/assessments/{made.body['id']}"
    assert (await teacher.call("POST", f"{path}/publish")).status == 200
    password = settings.get("password", "")
    begun = await hall.student.call("POST", f"{path}/attempts", {"password": password})
    assert begun.status == 201, begun
    return Sitting(
        hall=hall,
        assessment_id=made.body["id"],
        questions=questions,
        attempt_id=begun.body["id"],
        items={one["kind"]: one["id"] for one in begun.body["items"]},
    )


async def announced(hall: Hall, size: int, name: str = "a.pdf") -> Any:
    body = {"name": name, "size": size, "type": "application/octet-stream"}
    got = await hall.student.call("POST", "/uploads", body, key=hall.school.key())
    assert got.status == 201, got
    return got.body


async def sent(hall: Hall, ticket: Any, data: bytes) -> None:
    url = ticket["parts"][0]["url"]
    assert (await hall.student.fetch("PUT", url, data=data)).status == 204
    done = await hall.student.call("POST", f"/uploads/{ticket['id']}/complete")
    assert done.status == 200, done


@pytest.mark.parametrize(
    "named",
    [["x"], ["", "x" * 500], ["00000000-0000-0000-0000-00000000000"], ["../../a", "\u202e"]],
)
async def test_a_file_that_is_no_file_keeps_nobody_from_marking(
    hall: Hall, named: list[str]
) -> None:
    sitting = await sat(hall, "file_upload")
    assert (await sitting.answer("file_upload", 1, named)).status == 200
    await sitting.submit(1)
    script = await sitting.script()
    assert script.status == 200, script
    assert script.body["uploads"] == {}
    assert script.body["items"][0]["value"] == named


async def test_a_file_is_handed_in_when_it_is_there_and_not_when_it_is_announced(
    hall: Hall,
) -> None:
    sitting = await sat(hall, "file_upload", late_policy="count", late_window_minutes=60)
    there, coming = await announced(hall, 3), await announced(hall, 3)
    await sent(hall, there, b"one")
    named = [there["id"], coming["id"]]
    assert (await sitting.answer("file_upload", 1, named)).status == 200
    await sitting.back(timedelta(minutes=1))
    await hall.owner.execute(
        "UPDATE answers SET arrived_at = arrived_at - interval '2 minutes' WHERE attempt_id = $1",
        sitting.attempt_id,
    )
    await hall.owner.execute(
        "UPDATE uploads SET completed_at = completed_at - interval '2 minutes' WHERE upload_id = $1",
        there["id"],
    )
    await sent(hall, coming, b"two")
    await sitting.submit(1)
    assert list((await sitting.script()).body["uploads"]) == [there["id"]]


async def test_a_file_that_comes_late_with_its_answer_is_there_to_be_decided_on(
    hall: Hall,
) -> None:
    sitting = await sat(hall, "file_upload", late_policy="count", late_window_minutes=60)
    ticket = await announced(hall, 3)
    await sitting.back(timedelta(minutes=1))
    await sent(hall, ticket, b"one")
    late = await sitting.answer("file_upload", 1, [ticket["id"]])
    assert late.body["late"] is True
    await sitting.submit(1)
    assert list((await sitting.script()).body["uploads"]) == [ticket["id"]]


async def test_files_beyond_the_rules_of_their_question_are_given_to_nobody(hall: Hall) -> None:
    """At most two files, .pdf or sounds; the answer is kept as it was given, and the script says why."""
    sitting = await sat(hall, "file_upload")
    names = ("tool.zip", "one.PDF", "two.pdf", "three.pdf")
    tickets = [await announced(hall, 3, name) for name in names]
    for ticket in tickets:
        await sent(hall, ticket, b"abc")
    ids = [ticket["id"] for ticket in tickets]
    assert (await sitting.answer("file_upload", 1, ids)).status == 200
    await sitting.submit(1)
    script = (await sitting.script()).body
    assert list(script["uploads"]) == ids[1:3]
    assert script["refused_files"] == {
        sitting.items["file_upload"]: {ids[0]: "wrong_type", ids[3]: "too_many"}
    }
    assert script["items"][0]["value"] == ids
    assert script["upload_names"][ids[0]] == "tool.zip"
    assert (await hall.student.call("GET", f"/uploads/{ids[0]}")).body["url"]


async def test_who_was_late_by_an_outage_is_in_time_once_more_time_is_given(hall: Hall) -> None:
    sitting = await sat(hall, "essay")
    await sitting.back(timedelta(minutes=1))
    assert (await sitting.answer("essay", 1, "a")).body["late"] is True
    path = f"/assessments/{sitting.assessment_id}/extend"
    more = await hall.teacher.call("POST", path, {"minutes": 10}, key=hall.school.key())
    assert more.body == {"extended": 1, "reopened": 0}
    seen = await hall.student.call("GET", f"/attempts/{sitting.attempt_id}")
    assert seen.body["late"] is False
    path = f"/attempts/{sitting.attempt_id}/submit"
    handed = await hall.student.call("POST", path, {"opening": 1, "last_seq": 1})
    assert handed.body["late"] is False


async def test_a_file_of_another_is_given_to_nobody(hall: Hall) -> None:
    sitting = await sat(hall, "file_upload")
    body = {"name": "a.txt", "size": 1, "type": "text/plain"}
    ticket = (await hall.other.call("POST", "/uploads", body, key=hall.school.key())).body
    assert (await hall.other.fetch("PUT", ticket["parts"][0]["url"], data=b"x")).status == 204
    assert (await hall.other.call("POST", f"/uploads/{ticket['id']}/complete")).status == 200
    assert (await sitting.answer("file_upload", 1, [ticket["id"]])).status == 200
    await sitting.submit(1)
    assert (await sitting.script()).body["uploads"] == {}


@pytest.mark.parametrize("version", [2**31, 10**12, 2**63, 10**40])
async def test_a_key_version_of_any_size_is_answered(hall: Hall, version: int) -> None:
    sitting = await sat(hall, "single_choice")
    body = {"question_id": sitting.questions["single_choice"], "key_version": version}
    for path in ("regrades/preview", "regrades"):
        got = await hall.teacher.call(
            "POST",
            f"/assessments/{sitting.assessment_id}/{path}",
            body,
            key=hall.school.key(),
        )
        assert (got.status, got.code) == (422, "invalid_body")


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59"],
)
async def test_a_time_out_of_this_world_is_refused(hall: Hall, moment: str) -> None:
    sitting = await sat(hall, "essay")
    path = f"/assessments/{sitting.assessment_id}"
    body: dict[str, Any] = {"minutes": 1, "reopen_since": moment}
    got = await hall.teacher.call("POST", f"{path}/extend", body, key=hall.school.key())
    assert (got.status, got.code) == (422, "invalid")
    stands = (await hall.teacher.call("GET", path)).headers["ETag"]
    for name in ("opens_at", "closes_at"):
        got = await hall.teacher.call("PATCH", path, {name: moment}, headers={"If-Match": stands})
        assert got.status == 422, got
    me = (await hall.student.call("GET", "/me")).body["user"]["id"]
    got = await hall.teacher.call("PUT", f"{path}/accommodations/{me}", {"closes_at": moment})
    assert got.status == 422, got


async def test_who_guesses_the_password_of_an_exam_has_few_tries(
    database: Database, database_url: str, valkey_url: str
) -> None:
    async with running_school(database, valkey_url, limit_scale=1) as school:
        teacher, guesser = await school.sign_in("teacher"), await school.sign_in("student9")
        path = await guarded(school.seeded.course_id, teacher)
        tries = RATES["exam_password"].quota
        guesses = await asyncio.gather(
            *(guesser.call("POST", path, {"password": f"{n:04}"}) for n in range(4 * tries))
        )
        codes = [one.code for one in guesses]
        assert codes.count("password_wrong") == tries
        assert codes.count("rate_limited") == 3 * tries
        right = await guesser.call("POST", path, {"password": "open sesame"})
        assert (right.status, right.code) == (429, "rate_limited")
        assert int(right.headers["Retry-After"]) > 1
        # Nobody else pays for it, and what is right costs nothing however often it is said.
        other = await school.sign_in("student10")
        for _ in range(2 * tries):
            got = await other.call("POST", path, {"password": "open sesame"})
            assert got.status == 201, got


async def test_a_paper_does_not_tell_its_key_by_the_names_of_its_parts(hall: Hall) -> None:
    """Written in their right order and counted up, ids would be the key; a learner has all that a paper says."""
    school, teacher = hall.school, hall.teacher
    course = school.seeded.course_id
    texts = ["first", "second", "third", "fourth"]
    parts = [{"id": f"o{at}", "text": text} for at, text in enumerate(texts)]
    questions = [
        {
            "kind": "ordering",
            "title": "In order",
            "content": {"prompt": "p", "options": parts},
            "key": {"order": [one["id"] for one in parts]},
        },
        {
            "kind": "matching",
            "title": "In pairs",
            "content": {"prompt": "p", "options": parts, "left": parts},
            "key": {"pairs": {one["id"]: one["id"] for one in parts}},
        },
    ]
    ids = []
    for body in questions:
        got = await teacher.call("POST", f"/courses/{course}/questions", body, key=new_id())
        assert got.status == 201, got
        ids.append(got.body["id"])
    plan = {"title": "Told", "settings": {"sections": [{"id": "s", "question_ids": ids}]}}
    made = await teacher.call("POST", f"/courses/{course}/assessments", plan, key=new_id())
    path = f"/assessments/{made.body['id']}"
    assert (await teacher.call("POST", f"{path}/publish")).status == 200
    begun = await hall.student.call("POST", f"{path}/attempts", {})
    order, match = begun.body["items"]
    named = {one["text"]: one["id"] for one in order["content"]["options"]}
    left = {one["text"]: one["id"] for one in match["content"]["left"]}
    right = {one["text"]: one["id"] for one in match["content"]["options"]}
    told = [*named.values(), *left.values(), *right.values()]
    assert len(set(told)) == 12
    assert not {one["id"] for one in parts} & set(told)

    answers = [[named[text] for text in texts], {left[text]: right[text] for text in texts}]
    for seq, (item, value) in enumerate(zip((order, match), answers, strict=True), start=1):
        way = f"/attempts/{begun.body['id']}/answers/{item['id']}"
        got = await hall.student.call("PUT", way, {"opening": 1, "seq": seq, "value": value})
        assert got.status == 200, got
    again = await hall.student.call("POST", f"{path}/attempts", {})
    assert again.body["items"] == begun.body["items"]
    assert [again.body["answers"][item["id"]]["value"] for item in (order, match)] == answers
    way = f"/attempts/{begun.body['id']}/submit"
    got = await hall.student.call("POST", way, {"opening": 2, "last_seq": 0})
    assert got.status == 200, got

    tenant_id = school.seeded.tenant_id
    async with school.deps.database.transaction(tenant_id) as connection:
        now = school.deps.exams.clock.now()
        grade = await service.score_attempt(connection, tenant_id, begun.body["id"], now)
    assert grade is not None
    assert [one.reason for one in grade.items] == ["right", "right"]
    script = await teacher.call("GET", f"/attempts/{begun.body['id']}/script")
    for shown in script.body["items"]:
        assert {one["id"] for one in shown["item"]["content"]["options"]} == {"o0", "o1", "o2", "o3"}  # fmt: skip
    assert script.body["items"][0]["value"] == ["o0", "o1", "o2", "o3"]
    assert script.body["items"][1]["value"] == {f"o{at}": f"o{at}" for at in range(4)}


async def guarded(course_id: str, teacher: Api) -> str:
    """The way into an assessment with a password."""
    question = wire("essay")
    made = await teacher.call("POST", f"/courses/{course_id}/questions", question, key=new_id())
    settings = {
        "sections": [{"id": "s", "question_ids": [made.body["id"]]}],
        "password": "open sesame",
    }
    body = {"title": "Guarded", "settings": settings}
    got = await teacher.call("POST", f"/courses/{course_id}/assessments", body, key=new_id())
    path = f"/assessments/{got.body['id']}"
    assert (await teacher.call("POST", f"{path}/publish")).status == 200
    return f"{path}/attempts"
