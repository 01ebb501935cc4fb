"""Attempts over the real API and PostgreSQL: started, answered, handed in; what is acknowledged is there, once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from server.demo import demo_id
from server.storage.postgres import Database
from tests.support.ready_exams import Made, Planned, make_exam, make_ready
from tests.support.school import Api, Got, School, running_school

pytestmark = pytest.mark.store
PLAIN = Planned()


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A school with exams, and the owner of its tables."""

    school: School
    owner: asyncpg.Connection
    student: Api
    other: Api
    teacher: Api

    async def exam(self, planned: Planned = PLAIN) -> Made:
        """One with a ready attempt of student1."""
        seeded, now = self.school.seeded, datetime.now(UTC)  # noqa: TID251 - a test's shell
        exam = await make_exam(self.owner, seeded.tenant_id, seeded.course_id, planned, now)
        place = (seeded.tenant_id, exam, seeded.course_id, demo_id("student1"))
        return await make_ready(self.owner, place, planned, now)

    async def started(self, planned: Planned = PLAIN) -> Made:
        """The same, started."""
        made = await self.exam(planned)
        got = await self.start(made)
        assert got.status == 201, got
        return made

    async def start(self, made: Made, who: Api | None = None, **body: Any) -> Got:
        path = f"/assessments/{made.assessment_id}/attempts"
        return await (who or self.student).call("POST", path, body)

    async def answer(
        self, made: Made, seq: int, value: Any, *, item: int = 0, opening: int = 1
    ) -> Got:
        path = f"/attempts/{made.attempt_id}/answers/{made.items[item]}"
        body = {"opening": opening, "seq": seq, "value": value}
        return await self.student.call("PUT", path, body)

    async def submit(self, made: Made, last_seq: int, opening: int = 1) -> Got:
        body = {"opening": opening, "last_seq": last_seq}
        return await self.student.call("POST", f"/attempts/{made.attempt_id}/submit", body)

    async def stored(self, made: Made) -> list[tuple[int, int, str, bool]]:
        rows = await self.owner.fetch(
            "SELECT opening, seq, value, late FROM answers WHERE attempt_id = $1 ORDER BY opening, seq",
            made.attempt_id,
        )
        return [tuple(row) for row in rows]

    async def events(self, made: Made) -> list[str]:
        rows = await self.owner.fetch(
            "SELECT name FROM outbox WHERE key_id = $1 ORDER BY outbox_id", made.attempt_id
        )
        return [row["name"] for row in rows]


@pytest.fixture(scope="module")
async def hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    owner = await asyncpg.connect(database_url)
    async with running_school(database, valkey_url, limit_scale=1000) as school:
        yield Hall(
            school=school,
            owner=owner,
            student=await school.sign_in("student1"),
            other=await school.sign_in("student2"),
            teacher=await school.sign_in("teacher"),
        )
    await owner.close()


async def test_an_attempt_is_started_answered_and_handed_in(hall: Hall) -> None:
    made = await hall.exam()
    started = await hall.start(made)
    assert started.status == 201, started
    assert started.body["opening"] == 1
    assert [item["id"] for item in started.body["items"]] == list(made.items)
    assert 3_590_000 < started.body["remaining_ms"] <= 3_600_000
    saved = await hall.answer(made, 1, "a")
    assert saved.status == 200, saved
    assert saved.body["late"] is False
    assert saved.body["version"] == "1.1.o"
    handed = await hall.submit(made, 1)
    assert handed.status == 200, handed
    assert handed.body["answered"] == 1
    assert (await hall.submit(made, 1)).body == handed.body
    view = await hall.student.call("GET", f"/attempts/{made.attempt_id}")
    assert view.body["receipt"] == handed.body
    assert await hall.stored(made) == [(1, 1, '"a"', False)]
    assert await hall.events(made) == ["attempt.opened", "attempt.answered", "attempt.submitted"]
