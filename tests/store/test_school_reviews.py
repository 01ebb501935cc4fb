"""Reviews and recalls over HTTP: what reviewers are sent, page by page, and what they are not."""

from typing import Any

import pytest

from lms.ai import staging
from server import demo
from tests.support.exams import Exam, new_id
from tests.support.school import Api, School
from tests.support.staged import QUOTE, Office, candidate_id

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def reviewer(school: School) -> Api:
    return await school.sign_in("reviewer")


async def office_of(school: School) -> Office:
    """A course of its own in the demo school."""
    admin = await school.sign_in("admin")
    got = await admin.call("POST", "/courses", {"title": "Reviewed"}, key=school.key())
    exam = Exam(
        database=school.deps.database,  # type: ignore[arg-type]  # a Database it is
        tenant_id=school.seeded.tenant_id,
        course_id=got.body["id"],
        teacher=new_id(),
    )
    return Office(exam=exam, factory=school.factory, review=school.deps.review)  # type: ignore[arg-type]  # a Database it is


def shape(value: Any) -> Any:
    """What a client can tell without reading the words: names and kinds of everything."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__


async def test_a_bad_item_on_purpose_looks_like_any_other(school: School, reviewer: Api) -> None:
    office = await office_of(school)
    job = await office.job()
    [plain] = await office.stage(office.candidate(job, 1))
    await office.stage(office.candidate(job, 2, candidate_id=candidate_id(seeded=True)))
    got = await reviewer.call("GET", f"/reviews?course_id={office.exam.course_id}")
    lines = got.body["items"]
    assert len(lines) == 2
    assert {one["origin"] for one in lines} == {"generated"}
    shown = {
        one["id"]: (await reviewer.call("GET", f"/reviews/{one['id']}")).body for one in lines
    }
    one, other = shown.pop(plain), next(iter(shown.values()))
    assert one["source"] == other["source"]
    start, end = one["quote"]
    assert one["source"][start:end].split() == QUOTE.split()
    for named in ("gates", "brief", "tier", "model", "quote", "version", "skills", "difficulty"):
        assert one[named] == other[named]
    assert shape({**one, "content": 0, "key": 0}) == shape({**other, "content": 0, "key": 0})
    assert one["key"].keys() == other["key"].keys()


async def test_the_queue_comes_in_pages_the_riskiest_first(school: School, reviewer: Api) -> None:
    office = await office_of(school)
    job = await office.job()
    risks = [10, 90, 50, 50, 30]
    await office.stage(*(office.candidate(job, n, risk=risk) for n, risk in enumerate(risks)))
    path, seen = f"/reviews?course_id={office.exam.course_id}&limit=2", list[tuple[int, str]]()
    cursor = ""
    while cursor is not None:
        got = await reviewer.call("GET", path + (f"&cursor={cursor}" if cursor else ""))
        assert got.status == 200, got
        seen += [(one["risk"], one["id"]) for one in got.body["items"]]
        cursor = got.body["next_cursor"]
    assert [risk for risk, _ in seen] == sorted(risks, reverse=True)
    assert len(set(seen)) == 5
    for wrong in ("course_id=x", "origin=seeded", "limit=0"):
        assert (await reviewer.call("GET", f"/reviews?{wrong}")).status == 400


async def test_a_decision_is_answered_with_the_next_and_said_again_is_the_same(
    school: School, reviewer: Api
) -> None:
    office = await office_of(school)
    job = await office.job()
    first, _ = await office.stage(*(office.candidate(job, n, risk=99) for n in (1, 2)))
    body = {"version": 1, "decision": "reject", "reasons": ["two_keys"], "took_ms": 1200}
    got = await reviewer.call("POST", f"/reviews/{first}", body)
    assert (got.status, got.body["state"]) == (200, "rejected")
    assert got.body["next"] is not None
    again = await reviewer.call("POST", f"/reviews/{first}", body)
    assert (again.status, again.body["state"], again.body["next"]) == (
        200,
        "rejected",
        got.body["next"],
    )
    other = await reviewer.call("POST", f"/reviews/{first}", {"version": 1, "decision": "accept"})
    assert (other.status, other.code) == (409, "review_decided")
    edit = {
        "title": "T",
        "content": {"prompt": "?"},
        "key": {},
        "difficulty": 1,
        "skills": ["s"],
        "level": 1,
    }
    wrong = await reviewer.call(
        "POST", f"/reviews/{got.body['next']}", {"version": 1, "decision": "edit", "edit": edit}
    )
    assert (wrong.status, wrong.code) == (422, "question_faulty")
    stale = await reviewer.call(
        "POST", f"/reviews/{got.body['next']}", {"version": 7, "decision": "accept"}
    )
    assert (stale.status, stale.code) == (409, "review_changed")


async def test_who_reported_an_item_is_told_to_nobody(school: School, reviewer: Api) -> None:
    office = await office_of(school)
    [question] = await office.exam.add_questions(1, kinds=["true_false"])
    learner = await office.person("student")
    async with school.deps.database.transaction(office.tenant_id) as connection:
        await connection.execute(
            "INSERT INTO item_reports (tenant_id, report_id, course_id, question_id, version, user_id, reason, note, created_at)"
            " VALUES ($1, $2, $3, $4, 1, $5, 'unclear', 'What is meant?', now())",
            *(office.tenant_id, new_id(), office.exam.course_id, question, learner.user_id),
        )
    course = office.exam.course_id
    [line] = (await reviewer.call("GET", f"/reviews?course_id={course}")).body["items"]
    assert (line["origin"], line["reports"]) == ("reported", 1)
    shown = await reviewer.call("GET", f"/reviews/{line['id']}")
    assert [one["note"] for one in shown.body["reports"]] == ["What is meant?"]
    assert learner.user_id not in str(shown.body)
    decided = await reviewer.call(
        "POST", f"/reviews/{line['id']}", {"version": 1, "decision": "accept"}
    )
    assert decided.body["state"] == "kept"


async def test_an_item_that_is_held_is_put_back_or_retired(school: School, reviewer: Api) -> None:
    office = await office_of(school)
    ids = await office.exam.add_questions(2, kinds=["true_false"])
    await office.fetch(
        "UPDATE questions SET state = 'held' WHERE tenant_id = $1 AND question_id = ANY($2::uuid[])",
        ids,
    )
    faults = dict.fromkeys(ids, ("low_discrimination", 90))
    async with office.factory.transaction(office.tenant_id) as connection:
        staged = await staging.stage_reported(
            connection, office.tenant_id, faults, school.deps.now()
        )
        assert (
            await staging.stage_reported(connection, office.tenant_id, faults, school.deps.now())
            == []
        )
    await office.fetch(
        "INSERT INTO item_quality (tenant_id, question_id, version, course_id, answered, mean_share, faults, measured_at)"
        " VALUES ($1, $2, 1, $3, 90, 0.1, '{too_hard}', $4)",
        *(ids[0], office.exam.course_id, school.deps.now()),
    )
    shown = [(await reviewer.call("GET", f"/reviews/{one}")).body["faults"] for one in staged]
    assert sorted(shown) == [[], ["too_hard"]]
    told = [
        (
            await reviewer.call(
                "POST",
                f"/reviews/{one}",
                {"version": 1, "decision": decision, "reasons": ["unclear"]},
            )
        ).body["state"]
        for one, decision in zip(staged, ("accept", "reject"), strict=True)
    ]
    assert told == ["kept", "retired"]
    rows = await office.fetch(
        "SELECT state FROM questions WHERE tenant_id = $1 AND question_id = ANY($2::uuid[]) ORDER BY state",
        ids,
    )
    assert rows == [("published",), ("retired",)]


async def test_the_card_says_where_an_item_comes_from(school: School, reviewer: Api) -> None:
    office = await office_of(school)
    job = await office.job()
    who = await office.person()
    [one] = await office.staged(job, 1)
    await office.decide(who, one)
    await office.ingest()
    [(question,)] = await office.fetch(
        "SELECT question_id FROM provenance_cards WHERE tenant_id = $1 AND job_id = $2", job
    )
    admin = await school.sign_in("admin")
    got = await admin.call("GET", f"/questions/{question}/card")
    assert got.status == 200, got
    assert (got.body["job_id"], got.body["reviewers"], got.body["model"], got.body["quote"]) == (
        job,
        [who.user_id],
        "m-1",
        QUOTE,
    )
    assert (got.body["recalled_at"], got.body["tokens"]) == (None, 500)
    body = {"reason": "Wrong keys."}
    recalled = await admin.call("POST", f"/generation-jobs/{job}/recall", body, key=school.key())
    assert recalled.status == 202, recalled
    assert recalled.body["recalled_at"] is not None
    # From now on no lesson asks it, though it may wait in a list.
    assert str(question) in school.deps.tutor.withdrawn.of(school.seeded.tenant_id)
    state = await admin.call("GET", f"/questions/{question}")
    assert state.body["state"] == "recalled"
    told = await admin.call("GET", f"/generation-jobs/{job}/recall")
    assert (told.body["reason"], told.body["done_at"]) == ("Wrong keys.", None)
    assert (await reviewer.call("GET", f"/generation-jobs/{job}/recall")).status == 404
    assert demo.DOMAIN not in str(told.body)
