"""The factory as a teacher meets it: ask, watch, cancel, be told what cannot be made; budgets are for administrators."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from lms.ai import asking
from lms.ai.client import gateway
from lms.ai.providers import Providers
from server.storage.postgres import Database
from tests.support.factory import SOURCE
from tests.support.school import Api, Got, School, running_school
from tests.support.stores import Stores
from tests.support.workshop import workshop
from workers.factory import lanes

pytestmark = pytest.mark.store


@dataclass(frozen=True, kw_only=True)
class Office:
    """A teacher with a course of their own for each test."""

    school: School
    admin: Api
    teacher: Api
    student: Api
    url: str
    redis_url: str
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def course(self) -> str:
        body = {"title": f"Course {next(self.numbers)}"}
        made = await self.teacher.call("POST", "/courses", body, key=self.school.key())
        return str(made.body["id"])

    async def ask(self, course_id: str, *, key: str | None = None, **more: Any) -> Got:
        brief = {"skill": "sound", "kinds": ["true_false"], "count": 2, "level": 8}
        body = {"course_id": course_id, "brief": {**brief, **more.pop("brief", {})}, **more}
        return await self.teacher.call(
            "POST", "/generation-jobs", body, key=key or self.school.key()
        )

    async def work(self, folder: Path) -> None:
        """Some rounds of the factory's lanes."""
        async with (
            workshop(self.url, self.redis_url, folder) as shop,
            Database(
                self.url, pool_size=3, statement_timeout_ms=5000, role="lectern_factory"
            ) as database,
        ):
            means = replace(shop.means, database=database, objects=self.school.deps.objects)
            models = gateway(Providers(), means.meters, means.steady, lambda: 0.5)
            lane = lanes(means, models)[0]
            for _ in range(20):
                await lane.round()
            await models.close()

    async def sent(self, name: str, media_type: str, data: bytes, *, by: Api) -> str:
        body = {"name": name, "size": len(data), "type": media_type}
        ticket = (await by.call("POST", "/uploads", body, key=self.school.key())).body
        part = ticket["parts"][0]
        await by.fetch(part["method"], part["url"], data=data, headers=part["headers"])
        path = f"/uploads/{ticket['id']}/complete"
        got = await by.call("POST", path, key=self.school.key())
        assert got.status == 200, got
        return str(ticket["id"])


@pytest.fixture(scope="module")
async def office(stores: Stores, valkey_url: str) -> AsyncIterator[Office]:
    url = await stores.fresh_database()
    async with (
        Database(url, pool_size=8, statement_timeout_ms=5000) as database,
        running_school(database, valkey_url, limit_scale=1000) as school,
    ):
        yield Office(
            school=school,
            admin=await school.sign_in("admin"),
            teacher=await school.sign_in("teacher"),
            student=await school.sign_in("student1"),
            url=url,
            redis_url=valkey_url,
        )
    await stores.drop_database(url)


async def test_asked_for_it_is_accepted_at_once_and_watched_until_it_is_done(
    office: Office, tmp_path: Path
) -> None:
    course_id, key = await office.course(), office.school.key()
    asked = await office.ask(course_id, source=SOURCE, key=key)
    assert (asked.status, asked.body["state"], asked.body["wanted"]) == (202, "queued", 2)
    job_id = asked.body["id"]
    assert asked.headers["Location"] == f"/api/v1/generation-jobs/{job_id}"
    again = await office.ask(course_id, source=SOURCE, key=key)
    assert (again.status, again.body) == (202, asked.body)
    await office.work(tmp_path)
    got = await office.teacher.call("GET", f"/generation-jobs/{job_id}")
    assert (got.body["state"], got.body["tier"], got.body["tokens"]) == ("done", "rules", 0)
    assert got.body["made"] == 2
    assert got.body["passed"] + got.body["dropped"] == 2
    listed = await office.teacher.call("GET", f"/generation-jobs?course_id={course_id}")
    assert [one["id"] for one in listed.body["items"]] == [job_id]
    everywhere = await office.teacher.call("GET", "/generation-jobs?limit=1")
    assert everywhere.body["items"][0]["id"] == job_id


async def test_a_list_goes_on_from_page_to_page_the_newest_first(office: Office) -> None:
    course_id = await office.course()
    asked = [(await office.ask(course_id)).body["id"] for _ in range(3)]
    path = f"/generation-jobs?course_id={course_id}&limit=2"
    first = (await office.teacher.call("GET", path)).body
    rest = (await office.teacher.call("GET", f"{path}&cursor={first['next_cursor']}")).body
    assert [one["id"] for one in first["items"] + rest["items"]] == asked[::-1]
    for job_id in asked:
        path = f"/generation-jobs/{job_id}/cancel"
        got = await office.teacher.call("POST", path, key=office.school.key())
        assert (got.status, got.body["state"]) == (200, "cancelled")
        assert got.body["reason"] == "cancelled_by_teacher"


async def test_a_course_has_so_many_open_jobs_and_no_more(office: Office) -> None:
    course_id = await office.course()
    jobs = [await office.ask(course_id) for _ in range(asking.OPEN_OF_COURSE)]
    assert {one.status for one in jobs} == {202}
    full = await office.ask(course_id)
    assert (full.status, full.code) == (409, "generation_course_full")
    for one in jobs:
        await office.teacher.call(
            "POST", f"/generation-jobs/{one.body['id']}/cancel", key=office.school.key()
        )
    assert (await office.ask(course_id)).status == 202


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"brief": {"kinds": ["essay"]}}, "kind_not_generated"),
        ({"brief": {"note": "Ask ann@school.org"}}, "personal_data"),
        ({"source": "Call +49 151 23456789 today."}, "personal_data"),
        ({"brief": {"count": 0}}, "invalid_body"),
        ({"brief": {"kinds": []}}, "invalid_body"),
        ({"brief": {"level": 11}}, "invalid_body"),
        ({"source": "x" * 100_001}, "invalid_body"),
        ({"brief": {"skill": " "}}, "invalid"),
        ({"brief": {"note": "a\x00b"}}, "invalid_body"),
        ({"source": "a\x07b"}, "invalid"),
    ],
)
async def test_what_cannot_be_made_is_told_at_once(
    office: Office, more: dict[str, Any], code: str
) -> None:
    got = await office.ask(await office.course(), **more)
    assert (got.status, got.code) == (422, code)


async def test_a_text_file_of_ones_own_is_a_source(office: Office, tmp_path: Path) -> None:
    course_id = await office.course()
    text = f"\ufeff{SOURCE}".encode()
    mine = await office.sent("sound.md", "text/markdown", text, by=office.teacher)
    job = await office.ask(course_id, upload_id=mine)
    assert job.status == 202, job
    await office.work(tmp_path)
    got = await office.teacher.call("GET", f"/generation-jobs/{job.body['id']}")
    assert (got.body["state"], got.body["made"]) == ("done", 2)
    assert got.body["passed"] > 0
    both = await office.ask(course_id, upload_id=mine, source=SOURCE)
    assert (both.status, both.code) == (422, "two_sources")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe\x00broken", "source_unreadable"),
        (b"Write to ann.smith@school.org about it.", "personal_data"),
        (b"a" * 100_001, "source_too_large"),
    ],
)
async def test_a_file_that_cannot_be_used_fails_the_job_with_its_reason(
    office: Office, tmp_path: Path, data: bytes, reason: str
) -> None:
    course_id = await office.course()
    upload_id = await office.sent("a.txt", "text/plain", data, by=office.teacher)
    job = await office.ask(course_id, upload_id=upload_id)
    await office.work(tmp_path)
    got = await office.teacher.call("GET", f"/generation-jobs/{job.body['id']}")
    assert (got.body["state"], got.body["reason"]) == ("failed", reason)


async def test_another_ones_file_or_no_text_is_no_source(office: Office) -> None:
    course_id = await office.course()
    theirs = await office.sent("b.txt", "text/plain", b"words", by=office.student)
    got = await office.ask(course_id, upload_id=theirs)
    assert (got.status, got.code) == (404, "not_found")
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    mine = await office.sent("c.png", "image/png", picture, by=office.teacher)
    got = await office.ask(course_id, upload_id=mine)
    assert (got.status, got.code) == (422, "source_type")


async def test_an_administrator_sets_what_the_models_may_cost(office: Office) -> None:
    got = await office.admin.call(
        "PUT", "/generation-budget", {"tokens_limit": 1234}, key=office.school.key()
    )
    assert (got.status, got.body["tokens_limit"]) == (200, 1234)
    seen = await office.teacher.call("GET", "/generation-budget")
    assert (seen.body["tokens_limit"], seen.body["tokens_used"]) == (1234, 0)
    assert len(seen.body["month"]) == 7
    refused = await office.teacher.call("PUT", "/generation-budget", {"tokens_limit": 9})
    assert refused.status == 403
