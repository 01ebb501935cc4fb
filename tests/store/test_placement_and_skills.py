"""Placement, skills and assigned practice over the API of the demo school, with the workers in between."""

import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lms.practice import wire
from server.storage.postgres import Database
from tests.support.school import Api, School, running_school
from tests.support.workshop import Workshop, workshop
from workers.projector import Projector
from workers.refiller import Refiller
from workers.relay import Relay

pytestmark = pytest.mark.store

Answering = Callable[[dict[str, Any]], Any]
KEYED = ("key", "explanation", "correct", "feedback", "earned_milli")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A course of the demo school, its people, and workers to turn by hand."""

    school: School
    shop: Workshop
    course: str
    teacher: Api
    student: Api

    async def work(self) -> None:
        await self.shop.settle(Relay(self.shop.means), Projector(self.shop.means))
        refiller = Refiller(self.shop.means, ttl_seconds=600)
        while await self.shop.fetchval("SELECT count(*) FROM refills"):
            await refiller.round()

    async def user(self, api: Api) -> str:
        return str((await api.call("GET", "/me")).body["user"]["id"])

    async def place(self, api: Api, answer: Answering) -> list[dict[str, Any]]:
        """The whole test; every step that was told."""
        begun = await api.call("POST", f"/courses/{self.course}/placement")
        assert begun.status == 200, begun
        steps = [begun.body]
        while not steps[-1]["done"]:
            steps.append(await self.step(api, steps[-1], answer))
        return steps

    async def step(self, api: Api, step: dict[str, Any], answer: Answering) -> dict[str, Any]:
        path = f"/placements/{step['placement_id']}/answers/{step['item']['id']}"
        got = await api.call("PUT", path, {"value": answer(step["item"])})
        assert got.status == 200, got
        body: dict[str, Any] = got.body
        return body


def any_value(item: dict[str, Any]) -> Any:
    """Something that fits the kind of item."""
    content = item["content"]
    options = [one["id"] for one in content.get("options", [])]
    values: dict[str, Callable[[], Any]] = {
        "single_choice": lambda: options[0],
        "multiple_choice": lambda: options[:1],
        "ordering": lambda: options,
        "true_false": lambda: True,
        "short_text": lambda: "something",
        "numeric": lambda: {"number": "1"},
        "matching": lambda: {content["left"][0]["id"]: options[0]},
        "cloze": lambda: {content["gaps"][0]["id"]: "something"},
    }
    return values[item["kind"]]()


@pytest.fixture(scope="module")
async def desk(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Desk]:
    async with (
        running_school(database, valkey_url) as school,
        workshop(database_url, valkey_url, Path(tempfile.mkdtemp())) as shop,
    ):
        teacher = await school.sign_in("teacher")
        courses = (await teacher.call("GET", "/courses")).body["items"]
        yield Desk(
            school=school,
            shop=shop,
            course=courses[0]["id"],
            teacher=teacher,
            student=await school.sign_in("student1"),
        )


async def test_a_placement_asks_one_item_at_a_time_shows_no_key_and_ends_with_a_level(
    desk: Desk,
) -> None:
    steps = await desk.place(desk.student, any_value)
    asked = [one["item"]["id"] for one in steps if one["item"]]
    assert len(asked) == len({*asked}) <= steps[0]["asked_at_most"] == 12
    assert [one["asked"] for one in steps[:-1]] == [*range(1, len(asked) + 1)]
    assert all(word not in one["item"] for one in steps if one["item"] for word in KEYED)
    assert 1 <= steps[-1]["level"] <= 10
    await desk.work()
    mine = (await desk.student.call("GET", f"/courses/{desk.course}/skills/mine")).body
    assert mine["placed"] is True
    assert sum(one["answered"] for one in mine["skills"]) >= len(asked)
    assert all(0 <= one["strength_milli"] <= 1000 for one in mine["skills"])


async def test_a_placement_that_was_begun_goes_on_where_it_was_and_an_answer_counts_once(
    desk: Desk,
) -> None:
    student = await desk.school.sign_in("student2")
    path, key = f"/courses/{desk.course}/placement", desk.school.key()
    first = (await student.call("POST", path, key=key)).body
    again = (await student.call("POST", path, key=desk.school.key())).body
    assert again["item"]["id"] == first["item"]["id"]
    second = await desk.step(student, first, any_value)
    repeated = await desk.step(student, first, any_value)
    assert repeated == second
    assert (await student.call("POST", path, key=key)).body["item"]["id"] == first["item"]["id"]
    assert (await student.call("POST", path)).body["item"]["id"] == second["item"]["id"]
    wrong = f"/placements/{first['placement_id']}/answers/{first['placement_id']}"
    got = await student.call("PUT", wrong, {"value": True})
    assert (got.status, got.code) == (404, "wrong_item")
    theirs = f"/placements/{first['placement_id']}/answers/{second['item']['id']}"
    assert (await desk.student.call("PUT", theirs, {"value": True})).status == 404


async def test_who_knows_nothing_says_so_and_begins_at_the_beginning(desk: Desk) -> None:
    student = await desk.school.sign_in("student3")
    steps = await desk.place(student, lambda item: None)
    assert steps[-1]["level"] == 1
    await desk.work()
    mine = (await student.call("GET", f"/courses/{desk.course}/skills/mine")).body
    assert max(one["strength_milli"] for one in mine["skills"]) < 500


async def test_what_is_assigned_is_at_the_head_of_everybodys_next_lesson(desk: Desk) -> None:
    skills = (await desk.teacher.call("GET", f"/courses/{desk.course}/skills")).body["skills"]
    path = f"/courses/{desk.course}/assignments"
    body = {"skill": skills[0], "items": 3}
    got = await desk.teacher.call("POST", path, body, key=desk.school.key())
    assert (got.status, got.body["learners"]) == (201, 30)
    await desk.work()
    mine = (await desk.student.call("GET", f"/courses/{desk.course}/skills/mine")).body
    assert mine["assigned"] == [skills[0]]
    student = await desk.school.sign_in("student9")
    lesson = await student.call("POST", f"/courses/{desk.course}/next")
    assert (lesson.status, lesson.headers["Lectern-Path"]) == (200, "warm")
    reasons = [one["reason"] for one in lesson.body["items"]]
    assert {one["skill"] for one in reasons if one["why"] == "assigned"} == {skills[0]}
    page = (await desk.teacher.call("GET", path + "?limit=20")).body
    assert len(page["items"]) == 20
    rest = (await desk.teacher.call("GET", f"{path}?limit=20&cursor={page['next_cursor']}")).body
    assert len(rest["items"]) == 10
    assert {one["given"] for one in page["items"]} == {0}


async def test_what_was_assigned_in_one_wish_is_taken_back_from_everybody(desk: Desk) -> None:
    skills = (await desk.teacher.call("GET", f"/courses/{desk.course}/skills")).body["skills"]
    path = f"/courses/{desk.course}/assignments"

    async def assigned(skill: str) -> str:
        body = {"skill": skill, "items": 2}
        return str((await desk.teacher.call("POST", path, body, key=desk.school.key())).body["id"])

    async def waits(skill: str) -> bool:
        mine = (await desk.student.call("GET", f"/courses/{desk.course}/skills/mine")).body
        return skill in mine["assigned"]

    kept, gone = await assigned(skills[1]), await assigned(skills[2])
    assert (await desk.student.call("DELETE", f"{path}/{gone}")).status == 403
    assert (await desk.teacher.call("DELETE", f"{path}/{gone}")).status == 204
    assert (await waits(skills[1]), await waits(skills[2])) == (True, False)
    again = await desk.teacher.call("DELETE", f"{path}/{gone}", key=desk.school.key())
    assert (again.status, again.code) == (404, "not_found")
    assert (await desk.teacher.call("DELETE", f"{path}/{kept}")).status == 204


async def test_what_was_assigned_can_be_taken_back(desk: Desk) -> None:
    found = (await desk.teacher.call("GET", f"/courses/{desk.course}/skills")).body
    path = f"/courses/{desk.course}/assignments"
    body = {"skill": found["skills"][1], "items": 4}
    given = await desk.teacher.call("POST", path, body, key=desk.school.key())
    one = f"{path}/{given.body['id']}"
    assert (await desk.teacher.call("DELETE", one)).status == 204
    left = (await desk.teacher.call("GET", path + "?limit=100")).body["items"]
    assert body["skill"] not in {line["skill"] for line in left}
    assert (await desk.teacher.call("DELETE", one)).status == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"skill": "no such skill"}, "/skill"),
        ({"skill": "waves", "user_ids": ["018f3a5e-0000-7a61-91c9-000000000000"]}, "/user_ids"),
    ],
)
async def test_what_cannot_be_assigned_is_refused(
    desk: Desk, body: dict[str, Any], pointer: str
) -> None:
    if body["skill"] == "waves":
        found = await desk.teacher.call("GET", f"/courses/{desk.course}/skills")
        body = {**body, "skill": found.body["skills"][0]}
    path = f"/courses/{desk.course}/assignments"
    got = await desk.teacher.call("POST", path, body, key=desk.school.key())
    assert (got.status, got.body.get("errors", [{}])[0].get("pointer")) == (422, pointer), got


async def test_the_map_shows_everybody_and_with_a_skill_that_one_alone(desk: Desk) -> None:
    path = f"/courses/{desk.course}/skills"
    student = await desk.school.sign_in("student5")
    await desk.place(student, any_value)
    await desk.work()
    found = (await desk.teacher.call("GET", path)).body
    assert len(found["learners"]) == 30
    user = await desk.user(student)
    [mine] = [one for one in found["learners"] if one["user_id"] == user]
    assert mine["skills"]
    assert mine["last_at"]
    name = mine["skills"][0]["skill"]
    alone = (await desk.teacher.call("GET", f"{path}?skill={quote(name)}")).body
    assert alone["skills"] == [name]
    assert {one["skill"] for row in alone["learners"] for one in row["skills"]} == {name}


async def test_who_is_taken_out_of_the_course_has_no_lesson_waiting(desk: Desk) -> None:
    student = await desk.school.sign_in("student12")
    user = await desk.user(student)
    place = (desk.school.seeded.tenant_id, desk.course, user)
    assignments, people_of = (
        f"/courses/{desk.course}/assignments",
        f"/courses/{desk.course}/enrolments",
    )
    skills = (await desk.teacher.call("GET", f"/courses/{desk.course}/skills")).body["skills"]
    body = {"skill": skills[0], "user_ids": [user]}
    given = await desk.teacher.call("POST", assignments, body, key=desk.school.key())
    await desk.work()
    [waiting] = await desk.shop.means.playlists.waiting([place])
    assert [len(wire.unpacked(one).versions) for one in waiting] != []
    people = await desk.teacher.call("GET", f"{people_of}?limit=100")
    [enrolment] = [one["id"] for one in people.body["items"] if one["user_id"] == user]
    gone = await desk.teacher.call("DELETE", f"{people_of}/{enrolment}")
    assert gone.status == 204
    assert await desk.shop.means.playlists.waiting([place]) == [[]]
    assert (await student.call("POST", f"/courses/{desk.course}/next")).status == 404
    await desk.work()
    assert await desk.shop.means.playlists.waiting([place]) == [[]]
    # As it was, for the tests that come after this one in another order.
    await desk.teacher.call("DELETE", f"{assignments}/{given.body['id']}")
    back = {"email": "student12@demo.school", "role": "student"}
    assert (await desk.teacher.call("POST", people_of, back, key=desk.school.key())).status == 201
