"""An exam in the demo school over the real API: student1 sits it, and the owner of the tables looks at everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from server.demo import demo_id
from server.storage.postgres import Database
from tests.support.ready_exams import Made, Planned, make_exam, make_ready
from tests.support.school import Api, Got, School, running_school

PLAIN = Planned()


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A school with exams, and the owner of its tables."""

    school: School
    owner: asyncpg.Connection
    student: Api
    other: Api
    teacher: Api

    async def exam(self, planned: Planned = PLAIN, *, of: str = "student1") -> Made:
        """One with a ready attempt."""
        seeded, now = self.school.seeded, datetime.now(UTC)  # noqa: TID251 - a test's shell
        exam = await make_exam(self.owner, seeded.tenant_id, seeded.course_id, planned, now)
        place = (seeded.tenant_id, exam, seeded.course_id, demo_id(of))
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
        self,
        made: Made,
        seq: Any,
        value: Any,
        *,
        item: int = 0,
        opening: Any = 1,
        who: Api | None = None,
    ) -> Got:
        path = f"/attempts/{made.attempt_id}/answers/{made.items[item]}"
        body = {"opening": opening, "seq": seq, "value": value}
        return await (who or self.student).call("PUT", path, body)

    async def submit(self, made: Made, last_seq: int, opening: int = 1) -> Got:
        body = {"opening": opening, "last_seq": last_seq}
        return await self.student.call("POST", f"/attempts/{made.attempt_id}/submit", body)

    async def view(self, made: Made, seen: str = "") -> Got:
        return await self.student.call("GET", f"/attempts/{made.attempt_id}?seen={seen}")

    async def later(self, made: Made, by: timedelta) -> None:
        """Let so much time pass for this attempt: its times, and those of its answers, move back."""
        await self.owner.execute(
            "UPDATE attempts SET started_at = started_at - $2::interval,"
            " ends_at = ends_at - $2::interval, shuts_at = shuts_at - $2::interval"
            " WHERE attempt_id = $1",
            made.attempt_id,
            by,
        )
        await self.owner.execute(
            "UPDATE answers SET arrived_at = arrived_at - $2::interval WHERE attempt_id = $1",
            made.attempt_id,
            by,
        )

    async def stored(self, made: Made) -> list[tuple[Any, ...]]:
        rows = await self.owner.fetch(
            "SELECT opening, seq, value, late FROM answers WHERE attempt_id = $1 ORDER BY opening, seq",
            made.attempt_id,
        )
        return [tuple(row) for row in rows]

    async def row(self, made: Made) -> dict[str, Any]:
        found = await self.owner.fetchrow(
            "SELECT * FROM attempts WHERE attempt_id = $1", made.attempt_id
        )
        assert found is not None
        return dict(found)

    async def events(self, made: Made) -> list[str]:
        rows = await self.owner.fetch(
            "SELECT name FROM outbox WHERE key_id = $1 ORDER BY outbox_id", made.attempt_id
        )
        return [row["name"] for row in rows]

    async def audited(self, subject_id: str) -> list[str]:
        rows = await self.owner.fetch(
            "SELECT code FROM audit WHERE subject_id = $1 ORDER BY audit_id", subject_id
        )
        return [row["code"] for row in rows]


@asynccontextmanager
async def open_hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    """Until the block ends."""
    owner = await asyncpg.connect(database_url)
    try:
        async with running_school(database, valkey_url, limit_scale=1000) as school:
            yield Hall(
                school=school,
                owner=owner,
                student=await school.sign_in("student1"),
                other=await school.sign_in("student2"),
                teacher=await school.sign_in("teacher"),
            )
    finally:
        await owner.close()
