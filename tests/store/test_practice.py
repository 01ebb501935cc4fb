"""Lessons of the tutor over the API and the real stores: found, waiting, answered, ended, reported."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from lms.adaptive.model import Chosen, Reason
from lms.practice import store as practice_store
from lms.practice import wire as practice_wire
from lms.practice.model import Practice
from lms.questions.model import Kind
from server.storage.postgres import Database
from server.storage.playlists import Playlists, list_key
from server.storage.redis import connected
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


async def course_with(school: School, teacher: Api, many: int) -> str:
    """A course of its own with so many items, the kinds in turn, and its student."""
    got = await teacher.call("POST", "/courses", {"title": "Practice"}, key=school.key())
    course = str(got.body["id"])
    for number in range(many):
        kind = (*PRACTISED, "essay")[number % (len(PRACTISED) + 1)]
        body = wire(kind, title=f"Item {number}", skills=["waves"])
        got = await teacher.call("POST", f"/courses/{course}/questions", body, key=school.key())
        assert got.status == 201, got
    body = {"email": "student1@demo.school", "role": "student"}
    got = await teacher.call("POST", f"/courses/{course}/enrolments", body, key=school.key())
    assert got.status == 201, got
    return course


async def test_an_empty_list_is_served_by_rule(school: School, teacher: Api, student: Api) -> None:
    course = await course_with(school, teacher, 9)
    got = await student.call("POST", f"/courses/{course}/next")
    assert (got.status, got.headers["Lectern-Path"]) == (200, "cold"), got
    kinds = [one["kind"] for one in got.body["items"]]
    assert sorted(kinds) == sorted(PRACTISED)
    for item in got.body["items"]:
        body = {"seq": 1, "value": "x"}
        said = await student.call(
            "PUT", f"/practice/{got.body['practice_id']}/answers/{item['id']}", body
        )
        print(item["kind"], said.status, said.body)
    print((await student.call("GET", f"/practice/{got.body['practice_id']}")).body["answers"])
    print(await student.call("POST", f"/practice/{got.body['practice_id']}/finish"))
