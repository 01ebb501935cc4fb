"""A course with everything in it, for tries of every route: made anew for each try that changes something."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lms.ai import ingest_store, staging_store
from lms.ai.ingest_store import Kept
from lms.ai.model import Candidate, Card
from lms.ai.staging_store import Placed
from lms.grading.service import score_attempt
from lms.ids import RANDOM_BYTES, CandidateId, uuid7
from lms.questions.model import Labels, New
from server.clock import SystemClock
from tests.support.items import ITEMS, wire
from tests.support.school import Api, School, moment


def plan() -> dict[str, str]:
    start = moment(SystemClock()) + timedelta(hours=1)
    return {
        "title": "C",
        "starts_at": start.isoformat(),
        "ends_at": (start + timedelta(hours=1)).isoformat(),
    }


def asked_of_factory(ids: Mapping[str, str]) -> dict[str, Any]:
    return {"course_id": ids["course_id"], "brief": {"skill": "s", "kinds": ["true_false"]}}


SAID = {"opening": 1, "seq": 1, "value": "words"}


def another_key(ids: Mapping[str, str]) -> dict[str, Any]:
    return {"question_id": ids["question_id"], "key_version": 1}


@dataclass(frozen=True, kw_only=True)
class World:
    """A course with everything in it, made anew for each try, since tries change it."""

    ids: Mapping[str, str]  # by the name of the path's parameter


async def made(
    school: School, people: tuple[Api, Api], known: Mapping[str, str], *, with_file: bool = True
) -> World:
    """A course by this administrator, with a teacher, a lesson, an open class, and an exam that this student sat."""
    admin, student = people

    async def post(path: str, body: Any = None) -> Any:
        got = await admin.call("POST", path, body, key=school.key())
        assert got.status in (200, 201, 202), got
        return got.body

    course = (await post("/courses", {"title": "Matrix"}))["id"]
    for user, role in ((known["teacher"], "teacher"), (known["student"], "student")):
        await post(f"/courses/{course}/enrolments", {"user_id": user, "role": role})
    extra = await post(
        f"/courses/{course}/enrolments", {"user_id": known["extra"], "role": "student"}
    )
    lesson = (await post(f"/courses/{course}/lessons", {"title": "L", "text": "t"}))["id"]
    live = (await post(f"/courses/{course}/classes", plan()))["id"]
    await post(f"/classes/{live}/open")
    question = (await post(f"/courses/{course}/questions", wire("single_choice")))["id"]
    essay = (await post(f"/courses/{course}/questions", wire("essay")))["id"]
    await post(f"/courses/{course}/questions", wire("true_false"))
    asked = {"sections": [{"id": "s", "question_ids": [question, essay]}], "attempts_allowed": 2}
    exam = {"title": "E", "settings": asked}
    assessment = (await post(f"/courses/{course}/assessments", exam))["id"]
    await post(f"/assessments/{assessment}/publish")
    posed = await post(f"/classes/{live}/quizzes", {"question_id": question})
    attempt, item = await sat(school, student, assessment, known["tenant"])
    # What the exam asks is not asked here: the true_false is what is left.
    placed = await student.call("POST", f"/courses/{course}/placement")
    practised = await student.call("POST", f"/courses/{course}/next")
    regrade = await post(
        f"/assessments/{assessment}/regrades", another_key({"question_id": question})
    )
    assigned = await post(f"/courses/{course}/assignments", {"skill": "waves"})
    job = await post("/generation-jobs", asked_of_factory({"course_id": course}))
    await post(f"/generation-jobs/{job['id']}/cancel")
    candidate = await staged(school, known["tenant"], course, (job["id"], question))
    await post(f"/generation-jobs/{job['id']}/recall", {"reason": "The keys are wrong."})
    return World(
        ids={
            "course_id": course,
            "job_id": job["id"],
            "candidate_id": candidate,
            "enrolment_id": extra["id"],
            "lesson_id": lesson,
            "class_id": live,
            **({"upload_id": await sent_file(school, admin)} if with_file else {}),
            "question_id": question,
            "assessment_id": assessment,
            "attempt_id": attempt,
            "item_id": item,
            "regrade_id": regrade["id"],
            "quiz_id": posed["id"],
            "assignment_id": assigned["id"],
            "placement_id": placed.body["placement_id"],
            "placed_item_id": placed.body["item"]["id"],
            "practice_id": practised.body["practice_id"],
            "practised_item_id": practised.body["items"][0]["id"],
            "user_id": known["extra"],
            "player_id": known["extra"],
        }
    )


async def staged(school: School, tenant: str, course: str, made_by: tuple[str, str]) -> str:
    """An item that waits for a reviewer; and the card of (job, question), as if the question had come of another batch."""
    job, question = made_by
    content, key = ITEMS["single_choice"]
    new = New(kind="single_choice", labels=Labels(title="S"), content=content, key=key)
    card = Card(job_id=job, tier="rules", provider="", model="", prompts={}, source_digest="")
    ids = [uuid7(SystemClock().wall_ms(), secrets.token_bytes(RANDOM_BYTES)) for _ in range(2)]
    one = Candidate(
        candidate_id=CandidateId(ids[0]),
        course_id=course,
        origin="generated",
        item=new,
        risk=10,
        card=card,
    )
    kept = Kept(
        question_id=question,
        candidate_id=ids[1],
        job_id=None,
        card=card,
        ingested_at=school.deps.now(),
    )
    async with school.factory.transaction(tenant) as connection:
        placed = [Placed(candidate=one, sampled=False)]
        await staging_store.add(connection, tenant, placed, school.deps.now())
        await ingest_store.add_cards(connection, tenant, [kept])
    return one.candidate_id


async def sat(school: School, student: Api, assessment: str, tenant: str) -> tuple[str, str]:
    """An attempt that was handed in and scored, and its essay, which waits to be marked."""
    opened = await student.call("POST", f"/assessments/{assessment}/attempts", {})
    assert opened.status == 201, opened
    attempt = str(opened.body["id"])
    item = next(str(one["id"]) for one in opened.body["items"] if one["kind"] == "essay")
    saved = await student.call("PUT", f"/attempts/{attempt}/answers/{item}", SAID)
    assert saved.status == 200, saved
    last = {"opening": 1, "last_seq": 1}
    assert (await student.call("POST", f"/attempts/{attempt}/submit", last)).status == 200
    async with school.deps.database.transaction(tenant) as connection:
        assert await score_attempt(connection, tenant, attempt, school.deps.now())
    return attempt, item


async def sent_file(school: School, caller: Api) -> str:
    """A file of the caller's whose bytes are all there; it is not completed."""
    body = {"name": "a.txt", "size": 1, "type": "text/plain"}
    ticket = (await caller.call("POST", "/uploads", body, key=school.key())).body
    part = ticket["parts"][0]
    got = await caller.fetch(part["method"], part["url"], data=b"a", headers=part["headers"])
    assert got.status == 204, got
    return str(ticket["id"])
