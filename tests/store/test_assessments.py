"""Assessments over the API: who sees what of them, what is refused with which code, and what single learners are given."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from server.clock import SystemClock
from tests.support.school import Api, Got, School, moment

pytestmark = pytest.mark.store
PASSWORD = "swordfish-42"


@pytest.fixture(scope="module")
async def teacher(school: School) -> Api:
    return await school.sign_in("teacher")


@pytest.fixture(scope="module")
async def learner(school: School) -> Api:
    return await school.sign_in("student1")


@pytest.fixture(scope="module")
async def learner_id(learner: Api) -> str:
    return str((await learner.call("GET", "/me")).body["user"]["id"])


@pytest.fixture(scope="module")
async def questions(school: School, teacher: Api) -> list[str]:
    """Eight items: four of each of two skills."""
    made = []
    for n in range(8):
        body = {
            "kind": "single_choice",
            "title": f"Question {n}",
            "content": {
                "prompt": f"Which, {n}?",
                "options": [{"id": one, "text": one} for one in "abcd"],
            },
            "key": {"correct": ["a"]},
            "skills": [("waves", "sound")[n % 2]],
        }
        path = f"/courses/{school.seeded.course_id}/questions"
        got = await teacher.call("POST", path, body, key=school.key())
        assert got.status == 201, got
        made.append(str(got.body["id"]))
    return made


def drawing(count: int = 2, **settings: Any) -> dict[str, Any]:
    section = {"id": "s", "title": "Part", "draws": [{"count": count, "skills": ["waves"]}]}
    return {"sections": [section], "password": PASSWORD, **settings}


async def created(school: School, teacher: Api, **body: Any) -> Got:
    path = f"/courses/{school.seeded.course_id}/assessments"
    return await teacher.call(
        "POST", path, {"title": "Waves exam", "settings": drawing(), **body}, key=school.key()
    )


async def published(school: School, teacher: Api, **body: Any) -> str:
    got = await created(school, teacher, **body)
    assert got.status == 201, got
    one = await teacher.call("POST", f"/assessments/{got.body['id']}/publish")
    assert (one.status, one.body["state"]) == (200, "published"), one
    return str(got.body["id"])


async def changed(teacher: Api, assessment_id: str, body: Any) -> Got:
    stands = await teacher.call("GET", f"/assessments/{assessment_id}")
    return await teacher.call(
        "PATCH",
        f"/assessments/{assessment_id}",
        body,
        headers={"If-Match": stands.headers["ETag"]},
    )


def in_hours(hours: float) -> datetime:
    return moment(SystemClock()) + timedelta(hours=hours)


async def test_a_draft_is_seen_by_those_alone_who_write_it(
    school: School, teacher: Api, learner: Api
) -> None:
    draft = (await created(school, teacher)).body["id"]
    listing = f"/courses/{school.seeded.course_id}/assessments?limit=200"
    for caller in (learner, await school.sign_in("proctor")):
        assert (await caller.call("GET", f"/assessments/{draft}/mine")).status == 404
        assert draft not in [
            one["id"] for one in (await caller.call("GET", listing)).body["items"]
        ]
    assert draft in [one["id"] for one in (await teacher.call("GET", listing)).body["items"]]


async def test_a_learner_is_told_what_they_may_know_and_no_more(
    school: School, teacher: Api, learner: Api, questions: list[str]
) -> None:
    exam = await published(
        school,
        teacher,
        settings=drawing(time_limit_minutes=40, text="Bring **nothing**."),
        opens_at=in_hours(1),
        closes_at=in_hours(3),
    )
    got = await learner.call("GET", f"/assessments/{exam}/mine")
    assert got.status == 200
    assert got.body["items"] == 2
    assert got.body["time_limit_minutes"] == 40
    assert got.body["needs_password"] is True
    assert got.body["text"] == "Bring **nothing**."
    assert got.body["attempts"] == []
    said = str(got.body)
    assert PASSWORD not in said
    assert "sections" not in said
    assert not any(one in said for one in questions)
    for method, path in (("GET", ""), ("POST", "/publish"), ("GET", "/accommodations")):
        refused = await learner.call(method, f"/assessments/{exam}{path}")
        assert (refused.status, refused.code) == (403, "forbidden")


async def test_a_bank_that_is_too_small_is_refused_when_it_is_published(
    school: School, teacher: Api, questions: list[str]
) -> None:
    draft = (await created(school, teacher, settings=drawing(5))).body["id"]
    got = await teacher.call("POST", f"/assessments/{draft}/publish")
    assert (got.status, got.code) == (409, "bank_too_small")
    fits = await changed(teacher, draft, {"settings": drawing(4)})
    assert (fits.status, fits.body["version"], fits.body["state"]) == (200, 2, "draft")
    assert (await teacher.call("POST", f"/assessments/{draft}/publish")).status == 200
    got = await changed(teacher, draft, {"settings": drawing(5)})
    assert (got.status, got.code) == (409, "bank_too_small")
    stands = await teacher.call("GET", f"/assessments/{draft}")
    assert stands.body["version"] == 2, "what was refused changed nothing"


async def test_the_times_can_be_changed_whatever_became_of_the_bank(
    school: School, teacher: Api, questions: list[str]
) -> None:
    body = {
        "kind": "essay",
        "title": "For a while",
        "content": {"prompt": "Why?"},
        "key": {},
        "skills": ["passing"],
    }
    path = f"/courses/{school.seeded.course_id}/questions"
    passing = (await teacher.call("POST", path, body, key=school.key())).body["id"]
    named = {"sections": [{"id": "s", "question_ids": [passing]}]}
    exam = await published(school, teacher, settings=named, closes_at=in_hours(1))
    assert (await teacher.call("DELETE", f"/questions/{passing}")).status == 204
    later = await changed(teacher, exam, {"closes_at": in_hours(3)})
    assert (later.status, later.body["version"]) == (200, 2)
    more = {"sections": [*named["sections"], {"id": "t", "question_ids": questions[:1]}]}
    got = await changed(teacher, exam, {"settings": more})
    assert (got.status, got.code) == (409, "question_not_published")


async def test_what_cannot_be_asked_is_not_published(
    school: School, teacher: Api, questions: list[str]
) -> None:
    empty = (await created(school, teacher, settings={})).body["id"]
    got = await teacher.call("POST", f"/assessments/{empty}/publish")
    assert (got.status, got.code) == (409, "assessment_empty")
    absent = "018f3a5e-0000-7000-8000-00000000abcd"
    named = {"sections": [{"id": "s", "question_ids": [absent]}]}
    missing = (await created(school, teacher, settings=named)).body["id"]
    got = await teacher.call("POST", f"/assessments/{missing}/publish")
    assert (got.status, got.code) == (409, "question_missing")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": " "}, "/title"),
        ({"settings": {"sections": [{"id": "a"}, {"id": "a"}]}}, "/settings/sections"),
        ({"settings": {"text": "a\u0000b"}}, "/settings"),
        ({"opens_at": "2026-11-20T10:00:00Z", "closes_at": "2026-11-20T09:00:00Z"}, "/closes_at"),
        ({"opens_at": "2026-11-20T10:00:00"}, "/opens_at"),
        ({"settings": {"attempts_allowed": 0}}, "/settings/attempts_allowed"),
        ({"settings": {"keys": "yes"}}, "/settings"),
    ],
    ids=["title", "sections", "nul", "times", "no offset", "attempts", "unknown"],
)
async def test_a_body_that_makes_no_sense_is_refused_with_its_place(
    school: School, teacher: Api, body: dict[str, Any], pointer: str
) -> None:
    got = await created(school, teacher, **body)
    assert got.status == 422, got
    assert pointer in [one["pointer"] for one in got.body["errors"]]


async def test_a_change_needs_the_version_that_stands(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    first = await changed(teacher, exam, {"title": "Other", "opens_at": in_hours(2)})
    assert (first.body["title"], first.body["version"], first.body["materialised"]) == (
        "Other",
        2,
        False,
    )
    assert first.body["opens_at"] is not None
    again = await changed(teacher, exam, {"opens_at": None})
    assert (again.body["opens_at"], again.body["title"]) == (None, "Other")
    stale = await teacher.call(
        "PATCH", f"/assessments/{exam}", {"title": "X"}, headers={"If-Match": '"v1"'}
    )
    assert (stale.status, stale.code) == (412, "stale")


async def test_of_changes_at_once_one_is_made_and_the_others_are_told(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    path, stands = f"/assessments/{exam}", {"If-Match": '"v1"'}
    got = await asyncio.gather(
        *(teacher.call("PATCH", path, {"title": f"T{n}"}, headers=stands) for n in range(6))
    )
    assert sorted(one.status for one in got) == [200, 412, 412, 412, 412, 412]
    assert (await teacher.call("GET", path)).body["version"] == 2


async def test_publishing_asks_for_everybodys_attempts_in_the_same_transaction(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    await changed(teacher, exam, {"title": "Again"})
    assert await jobs(school, exam) == [{}, {}]


async def test_a_question_that_is_mended_is_asked_for_in_papers_anew(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    path, before = f"/questions/{questions[0]}", len(await jobs(school, exam))
    changes: list[tuple[dict[str, Any], int]] = [
        ({"title": "Only a title"}, 0),
        ({"key": {"correct": ["b"]}}, 1),
        ({"state": "retired"}, 2),
        ({"state": "published"}, 3),
    ]
    for body, more in changes:
        etag = (await teacher.call("GET", path)).headers["ETag"]
        got = await teacher.call("PATCH", path, body, headers={"If-Match": etag})
        assert got.status == 200, got
        assert len(await jobs(school, exam)) == before + more


async def jobs(school: School, assessment_id: str) -> list[Any]:
    async with school.deps.database.transaction(None) as connection:
        rows = await connection.fetch(
            "SELECT data FROM jobs WHERE kind = 'assessment.materialise' AND subject_id = $1"
            " ORDER BY created_at",
            assessment_id,
        )
    return [msgspec.json.decode(row["data"]) for row in rows]


async def test_a_newcomer_is_expected_and_a_leaver_has_nothing_left_to_begin(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher, settings=drawing(password=""))
    admin = await school.sign_in("admin")
    body = {
        "email": "late@demo.school",
        "name": "Late",
        "roles": ["student"],
        "password": "lectern-demo",
    }
    user = (await admin.call("POST", "/users", body, key=school.key())).body["user"]["id"]
    path = f"/courses/{school.seeded.course_id}/enrolments"
    place = await teacher.call(
        "POST", path, {"user_id": user, "role": "student"}, key=school.key()
    )
    assert {"user_id": user} in await jobs(school, exam)

    newcomer = await school.sign_in("late")
    assert (await newcomer.call("POST", f"/assessments/{exam}/attempts", {})).status == 201
    other = await published(school, teacher, settings=drawing(password=""))
    assert (await teacher.call("DELETE", f"{path}/{place.body['id']}")).status == 204
    for one in (exam, other):
        got = await newcomer.call("POST", f"/assessments/{one}/attempts", {})
        assert (got.status, got.code) == (404, "not_found")


async def test_a_start_is_refused_with_the_reason(
    school: School, teacher: Api, learner: Api, questions: list[str]
) -> None:
    early = await published(school, teacher, opens_at=in_hours(1), closes_at=in_hours(2))
    over = await published(school, teacher, opens_at=in_hours(-2), closes_at=in_hours(-1))
    put_away = await published(school, teacher)
    archived = await teacher.call("POST", f"/assessments/{put_away}/archive")
    assert archived.body["state"] == "archived"
    open_now = await published(school, teacher)
    right = {"password": PASSWORD}
    cases = [
        (early, right, 409, "assessment_not_open"),
        (over, right, 409, "assessment_closed"),
        (put_away, right, 409, "not_published"),
        (open_now, {}, 403, "password_wrong"),
        (open_now, {"password": "swordfish-43"}, 403, "password_wrong"),
    ]
    for exam, body, status, code in cases:
        got = await learner.call("POST", f"/assessments/{exam}/attempts", body)
        assert (got.status, got.code) == (status, code)
    assert (await learner.call("POST", f"/assessments/{open_now}/attempts", right)).status == 201


async def test_attempts_are_used_up_and_one_more_may_be_given(
    school: School, teacher: Api, learner: Api, learner_id: str, questions: list[str]
) -> None:
    exam = await published(school, teacher, settings=drawing(password=""))
    await sat(learner, exam)
    got = await learner.call("POST", f"/assessments/{exam}/attempts", {})
    assert (got.status, got.code) == (409, "attempts_used_up")
    path = f"/assessments/{exam}/accommodations/{learner_id}"
    assert (await teacher.call("PUT", path, {"extra_attempts": 1})).status == 200
    assert (await learner.call("GET", f"/assessments/{exam}/mine")).body["attempts_allowed"] == 2
    await sat(learner, exam)
    mine = (await learner.call("GET", f"/assessments/{exam}/mine")).body["attempts"]
    assert [(one["number"], one["state"] != "open") for one in mine] == [(1, True), (2, True)]


async def sat(learner: Api, exam: str) -> None:
    """Start it and hand it in with nothing answered."""
    opened = await learner.call("POST", f"/assessments/{exam}/attempts", {})
    assert opened.status == 201, opened
    body = {"opening": opened.body["opening"], "last_seq": 0}
    got = await learner.call("POST", f"/attempts/{opened.body['id']}/submit", body)
    assert got.status == 200, got


async def test_more_time_counts_at_once_and_never_takes_any_away(
    school: School, teacher: Api, learner: Api, learner_id: str, questions: list[str]
) -> None:
    exam = await published(school, teacher, settings=drawing(password="", time_limit_minutes=60))
    opened = (await learner.call("POST", f"/assessments/{exam}/attempts", {})).body
    ends_at = datetime.fromisoformat(opened["ends_at"])
    path = f"/assessments/{exam}/accommodations/{learner_id}"
    for percent, minutes in ((25, 15), (50, 30), (0, 30)):
        got = await teacher.call("PUT", path, {"extra_time_percent": percent})
        assert (got.status, got.body["extra_time_percent"]) == (200, percent)
        stands = await learner.call("GET", f"/attempts/{opened['id']}")
        moved = datetime.fromisoformat(stands.body["ends_at"]) - ends_at
        assert moved == timedelta(minutes=minutes)
    listed = await teacher.call("GET", f"/assessments/{exam}/accommodations")
    assert [one["user_id"] for one in listed.body["items"]] == [learner_id]


async def test_extra_time_is_measured_by_the_version_that_was_begun(
    school: School, teacher: Api, learner: Api, learner_id: str, questions: list[str]
) -> None:
    for number, later in enumerate((20, None)):
        exam = await published(
            school, teacher, settings=drawing(password="", time_limit_minutes=60)
        )
        opened = (await learner.call("POST", f"/assessments/{exam}/attempts", {})).body
        await changed(teacher, exam, {"settings": drawing(time_limit_minutes=later)})
        path = f"/assessments/{exam}/accommodations/{learner_id}"
        await teacher.call("PUT", path, {"extra_time_percent": 25})
        stands = (await learner.call("GET", f"/attempts/{opened['id']}")).body
        moved = datetime.fromisoformat(stands["ends_at"]) - datetime.fromisoformat(
            opened["ends_at"]
        )
        assert moved == timedelta(minutes=15), number


async def test_what_is_done_to_an_assessment_is_written_down(
    school: School, teacher: Api, learner_id: str, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    await changed(teacher, exam, {"title": "Again"})
    path = f"/assessments/{exam}/accommodations/{learner_id}"
    await teacher.call("PUT", path, {"extra_time_percent": 25})
    await teacher.call("POST", f"/assessments/{exam}/archive")
    tenant = school.seeded.tenant_id
    async with school.deps.database.transaction(tenant) as connection:
        rows = await connection.fetch(
            "SELECT action, user_id FROM audit WHERE code = '' AND"
            " (subject_id = $1 OR data ->> 'assessment_id' = $1::text) ORDER BY audit_id",
            exam,
        )
    me = (await teacher.call("GET", "/me")).body["user"]["id"]
    assert [(row["action"], str(row["user_id"])) for row in rows] == [
        ("assessment.published", me),
        ("assessment.changed", me),
        ("accommodation.given", me),
        ("assessment.archived", me),
    ]


async def test_lists_come_in_pages(school: School, teacher: Api, questions: list[str]) -> None:
    exam = await published(school, teacher)
    people = f"/courses/{school.seeded.course_id}/enrolments?limit=200"
    listed = (await teacher.call("GET", people)).body["items"]
    chosen = [one for one in listed if one["role"] == "student"][:3]
    for one in chosen:
        path = f"/assessments/{exam}/accommodations/{one['user_id']}"
        assert (await teacher.call("PUT", path, {"extra_attempts": 2})).status == 200
    found = await paged(teacher, f"/assessments/{exam}/accommodations")
    assert [one["name"] for one in found] == [one["name"] for one in chosen]
    every = await paged(teacher, f"/courses/{school.seeded.course_id}/assessments")
    assert exam in [one["id"] for one in every]
    assert len({one["id"] for one in every}) == len(every)


async def paged(caller: Api, path: str) -> list[Any]:
    """All of a list, two at a time."""
    found, cursor = list[Any](), ""
    while True:
        got = await caller.call("GET", f"{path}?limit=2{cursor}")
        found += got.body["items"]
        if got.body["next_cursor"] is None:
            return found
        cursor = f"&cursor={got.body['next_cursor']}"


async def test_only_students_of_the_course_are_given_more(
    school: School, teacher: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher)
    me = (await teacher.call("GET", "/me")).body["user"]["id"]
    for user in (me, "018f3a5e-0000-7000-8000-00000000abcd"):
        path = f"/assessments/{exam}/accommodations/{user}"
        got = await teacher.call("PUT", path, {"extra_attempts": 1})
        assert (got.status, got.code) == (404, "person_not_found")


async def test_editing_during_an_exam_disturbs_nobody_who_has_begun(
    school: School, teacher: Api, learner: Api, questions: list[str]
) -> None:
    exam = await published(school, teacher, settings=drawing(password="", time_limit_minutes=60))
    opened = (await learner.call("POST", f"/assessments/{exam}/attempts", {})).body
    shorter = {
        "title": "Shorter",
        "settings": drawing(4, password="now there is one", time_limit_minutes=5),
        "closes_at": in_hours(0.05),
    }
    assert (await changed(teacher, exam, shorter)).status == 200
    again = await learner.call("POST", f"/assessments/{exam}/attempts", {})
    assert again.status in (200, 201), again
    assert again.body["id"] == opened["id"]
    assert again.body["items"] == opened["items"]
    assert again.body["ends_at"] == opened["ends_at"]
    item = opened["items"][0]["id"]
    saved = await learner.call(
        "PUT",
        f"/attempts/{opened['id']}/answers/{item}",
        {"opening": again.body["opening"], "seq": 1, "value": "a"},
    )
    assert (saved.status, saved.body["late"]) == (200, False)
    other = await school.sign_in("student2")
    refused = await other.call("POST", f"/assessments/{exam}/attempts", {})
    assert refused.code == "password_wrong"
    theirs = await other.call(
        "POST", f"/assessments/{exam}/attempts", {"password": "now there is one"}
    )
    assert len(theirs.body["items"]) == 4


async def test_a_page_that_saw_an_answer_is_never_told_of_less(
    school: School, teacher: Api, learner: Api, questions: list[str]
) -> None:
    """No worker runs here, so the copy knows nothing: what was seen is looked up where it was written."""
    exam = await published(school, teacher, settings=drawing(password=""))
    opened = (await learner.call("POST", f"/assessments/{exam}/attempts", {})).body
    ack = await learner.call(
        "PUT",
        f"/attempts/{opened['id']}/answers/{opened['items'][0]['id']}",
        {"opening": 1, "seq": 1, "value": "a"},
    )
    assert ack.status == 200, ack
    seen = ack.body["version"]
    [mine] = (await learner.call("GET", f"/assessments/{exam}/mine?seen={seen}")).body["attempts"]
    assert (mine["answered"], mine["asked"], mine["version"]) == (1, 2, seen)
