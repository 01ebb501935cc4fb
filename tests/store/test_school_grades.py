"""Grades over HTTP: from a question in the bank to a released result, a regrade, and the gradebook of the course."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lms.grading import regrades, service
from lms.questions.model import Kind
from server.storage.postgres import Database
from tests.support.items import option_of, wire
from tests.support.school import Api, Got, School, running_school

pytestmark = pytest.mark.store


@dataclass(kw_only=True)
class Term:
    """A course with a teacher, two students, and an assessment of a choice and an essay."""

    school: School
    teacher: Api
    students: list[Api]
    course: str
    assessment: str
    questions: dict[Kind, str]
    tenant: str
    handed_in: dict[int, str] = field(default_factory=dict)

    async def post(self, caller: Api, path: str, body: Any = None) -> Got:
        return await caller.call("POST", path, body, key=self.school.key())

    async def sit(self, student: int, choice: str, essay: str) -> str:
        """Start, answer, hand in, and be scored as the worker does."""
        caller = self.students[student]
        opened = await caller.call("POST", f"/assessments/{self.assessment}/attempts", {})
        assert opened.status == 201, opened
        attempt_id = str(opened.body["id"])
        values = {"essay": essay}
        for seq, item in enumerate(opened.body["items"], start=1):
            if item["kind"] == "single_choice":
                values["single_choice"] = option_of(item["content"], choice)
            body = {"opening": 1, "seq": seq, "value": values[item["kind"]]}
            saved = await caller.call("PUT", f"/attempts/{attempt_id}/answers/{item['id']}", body)
            assert saved.status == 200, saved
        body = {"opening": 1, "last_seq": len(opened.body["items"])}
        done = await caller.call("POST", f"/attempts/{attempt_id}/submit", body)
        assert done.status == 200, done
        async with self.school.deps.database.transaction(self.tenant) as connection:
            now = self.school.deps.now()
            assert await service.score_attempt(connection, self.tenant, attempt_id, now)
        return attempt_id

    async def item(self, attempt_id: str, kind: Kind) -> str:
        script = await self.teacher.call("GET", f"/attempts/{attempt_id}/script")
        return next(
            str(one["item"]["id"]) for one in script.body["items"] if one["item"]["kind"] == kind
        )

    async def mark(self, attempt_id: str, version: int, points: int) -> Got:
        path = f"/attempts/{attempt_id}/marks/{await self.item(attempt_id, 'essay')}"
        body = {"round": 1, "version": version, "earned_milli": points, "comment": "Good"}
        return await self.teacher.call("PUT", path, body)

    async def marked(self, student: int, choice: str) -> str:
        attempt_id = await self.sit(student, choice, "words")
        assert (await self.mark(attempt_id, 0, 750)).status == 200
        return attempt_id


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    async with running_school(database, valkey_url, limit_scale=1000) as running:
        yield running


@pytest.fixture
async def term(school: School) -> Term:
    admin, teacher = await school.sign_in("admin"), await school.sign_in("teacher")
    course = (await teacher.call("POST", "/courses", {"title": "T"}, key=school.key())).body["id"]
    for name in ("student1", "student2"):
        body = {"email": f"{name}@demo.school", "role": "student"}
        path = f"/courses/{course}/enrolments"
        assert (await admin.call("POST", path, body, key=school.key())).status == 201
    questions = dict[Kind, str]()
    kinds: tuple[Kind, ...] = ("single_choice", "essay")
    for kind in kinds:
        made = await teacher.call(
            "POST", f"/courses/{course}/questions", wire(kind), key=school.key()
        )
        questions[kind] = made.body["id"]
    settings = {
        "sections": [{"id": "s", "question_ids": list(questions.values())}],
        "category": "tests",
    }
    made = await teacher.call(
        "POST",
        f"/courses/{course}/assessments",
        {"title": "=Exam", "settings": settings},
        key=school.key(),
    )
    assessment = made.body["id"]
    published = await teacher.call("POST", f"/assessments/{assessment}/publish", key=school.key())
    assert published.status == 200, published
    return Term(
        school=school,
        teacher=teacher,
        students=[await school.sign_in("student1"), await school.sign_in("student2")],
        course=course,
        assessment=assessment,
        questions=questions,
        tenant=school.seeded.tenant_id,
    )


async def test_from_handing_in_to_a_released_result(term: Term) -> None:
    attempt_id = await term.sit(0, "a", "Because there is no air.")
    listed = await term.teacher.call("GET", f"/assessments/{term.assessment}/attempts")
    [line] = listed.body["items"]
    assert (line["id"], line["state"], line["to_mark"]) == (attempt_id, "marking", 1)

    student = term.students[0]
    before = (await student.call("GET", f"/attempts/{attempt_id}/result")).body
    assert (before["released"], before["items"], before["earned_milli"]) == (False, [], None)
    assert before["state"] == "submitted"

    marked = await term.mark(attempt_id, 0, 750)
    assert (marked.status, marked.body["version"]) == (200, 1)
    stale = await term.mark(attempt_id, 0, 100)
    assert (stale.status, stale.code) == (412, "stale")

    path = f"/assessments/{term.assessment}/release"
    released = await term.post(term.teacher, path)
    assert released.body == {"released": 1, "waiting": 0}
    assert (await term.post(term.teacher, path)).body == {"released": 0, "waiting": 0}

    after = (await student.call("GET", f"/attempts/{attempt_id}/result")).body
    assert (after["released"], after["earned_milli"], after["possible_milli"]) == (
        True,
        1750,
        2000,
    )
    found = {one["item"]["kind"]: one for one in after["items"]}
    assert found["single_choice"]["correct"] is True
    assert found["single_choice"]["key"]["correct"] == ["a"]
    assert (found["essay"]["comment"], found["essay"]["reason"]) == ("Good", "marked")
    for other in (term.students[1], term.teacher):
        assert (await other.call("GET", f"/attempts/{attempt_id}/result")).status == 404


async def test_marks_and_scripts_are_not_for_learners(term: Term) -> None:
    attempt_id = await term.sit(0, "a", "words")
    item = await term.item(attempt_id, "essay")
    for student in term.students:
        body = {"round": 1, "version": 0, "earned_milli": 1000}
        path = f"/attempts/{attempt_id}/marks/{item}"
        assert (await student.call("PUT", path, body)).status == 403
        assert (await student.call("GET", f"/attempts/{attempt_id}/script")).status == 403
        assert (
            await term.post(student, f"/attempts/{attempt_id}/late", {"count": True})
        ).status == 403
        assert (await term.post(student, f"/assessments/{term.assessment}/release")).status == 403


async def test_a_regrade_from_the_preview_to_the_end(term: Term) -> None:
    first, second = await term.marked(0, "a"), await term.marked(1, "b")
    question = term.questions["single_choice"]
    key = {**wire("single_choice")["key"], "correct": ["b"]}
    changed = await term.teacher.call(
        "PATCH", f"/questions/{question}", {"key": key}, headers={"If-Match": '"v1"'}
    )
    assert changed.status == 200, changed
    body = {"question_id": question, "key_version": 2}
    preview = await term.post(
        term.teacher, f"/assessments/{term.assessment}/regrades/preview", body
    )
    assert {one["attempt_id"]: one["after_milli"] for one in preview.body["changed"]} == {
        first: 750,
        second: 1750,
    }
    unknown = await term.post(
        term.teacher,
        f"/assessments/{term.assessment}/regrades",
        {"question_id": question, "key_version": 9},
    )
    assert (unknown.status, unknown.code) == (404, "key_version_unknown")
    asked = await term.post(term.teacher, f"/assessments/{term.assessment}/regrades", body)
    assert (asked.status, asked.body["state"]) == (202, "running")
    async with term.school.deps.database.transaction(term.tenant) as connection:
        jobs = await connection.fetchval(
            "SELECT count(*) FROM jobs WHERE kind = 'regrade.apply' AND subject_id = $1",
            asked.body["id"],
        )
        now = term.school.deps.now()
        await regrades.apply_batch(connection, term.tenant, asked.body["id"], None, now)
    assert jobs == 1
    done = await term.teacher.call("GET", f"/regrades/{asked.body['id']}")
    assert (done.body["state"], done.body["changed"], done.body["unchanged"]) == ("done", 2, 0)
    lines = await term.teacher.call("GET", f"/assessments/{term.assessment}/attempts")
    assert {one["id"]: one["earned_milli"] for one in lines.body["items"]} == {
        first: 750,
        second: 1750,
    }


async def projected(term: Term, *cells: tuple[int, str, int, bool]) -> None:
    """What the projection makes of attempts: (student, attempt, points, released)."""
    async with term.school.deps.database.transaction(term.tenant) as connection:
        for student, attempt_id, earned, released in cells:
            me = (await term.students[student].call("GET", "/me")).body["user"]["id"]
            await connection.execute(
                "INSERT INTO gradebook_cells (tenant_id, course_id, user_id, assessment_id, attempt_id, number, state,"
                " earned_milli, possible_milli, released, revision, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, 1, 'graded', $6, 2000, $7, 1, $8)",
                *(term.tenant, term.course, me, term.assessment, attempt_id, earned, released),
                term.school.deps.now(),
            )


async def test_the_gradebook_is_whole_for_teachers_and_ones_own_row_for_learners(
    term: Term,
) -> None:
    first, second = await term.marked(0, "a"), await term.marked(1, "b")
    await projected(term, (0, first, 1750, True), (1, second, 750, False))
    path = f"/courses/{term.course}/gradebook"
    settings = {
        "categories": [{"id": "tests", "title": "Tests", "weight": 1}],
        "letters": [{"letter": "B", "from_percent": 80}, {"letter": "F", "from_percent": 0}],
    }
    stale = await term.teacher.call(
        "PUT", f"{path}/settings", settings, headers={"If-Match": '"v7"'}
    )
    assert (stale.status, stale.code) == (412, "stale")
    changed = await term.teacher.call(
        "PUT", f"{path}/settings", settings, headers={"If-Match": '"v1"'}
    )
    assert (changed.status, changed.headers["ETag"]) == (200, '"v2"')

    whole = (await term.teacher.call("GET", path)).body
    assert [(one["share"], one["letter"]) for one in whole["rows"]] == [(0.875, "B"), (0.375, "F")]
    [row] = (await term.students[0].call("GET", path)).body["rows"]
    assert (row["share"], row["cells"][0]["earned_milli"]) == (0.875, 1750)
    [hidden] = (await term.students[1].call("GET", path)).body["rows"]
    assert (hidden["share"], hidden["letter"]) == (None, None)
    assert (hidden["cells"][0]["state"], hidden["cells"][0]["earned_milli"]) == ("submitted", None)

    table = await term.teacher.call("GET", f"{path}/export")
    assert table.headers["Content-Type"].startswith("text/csv")
    lines = table.body.decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Name,E-mail,'=Exam,%,Letter"
    assert lines[1].endswith(",1.75,87.5,B")
    assert (await term.students[0].call("GET", f"{path}/export")).status == 403


async def test_items_are_counted_where_they_were_asked(term: Term) -> None:
    found = await term.teacher.call("GET", f"/assessments/{term.assessment}/items")
    assert found.body["items"] == []
    attempt_id = await term.marked(0, "a")
    item = await term.item(attempt_id, "single_choice")
    async with term.school.deps.database.transaction(term.tenant) as connection:
        for number in range(4):
            await connection.execute(
                "INSERT INTO item_outcomes (tenant_id, question_id, version, attempt_id, item_id, assessment_id,"
                " earned_milli, possible_milli, attempt_earned_milli, attempt_possible_milli)"
                " VALUES ($1, $2, 1, $3, $4, $5, $6, 1000, $7, 2000)",
                *(term.tenant, term.questions["single_choice"], term.school.deps.new_id(), item),
                *(term.assessment, 1000 * (number % 2), 1000 * (number % 2) * 2),
            )
    [one] = (await term.teacher.call("GET", f"/assessments/{term.assessment}/items")).body["items"]
    assert (one["attempts"], one["mean_share"], one["discrimination"]) == (4, 0.5, 1.0)
    assert (
        await term.students[0].call("GET", f"/assessments/{term.assessment}/items")
    ).status == 403
