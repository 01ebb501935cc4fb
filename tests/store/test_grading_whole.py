"""A real Lectern with its workers: handed in, scored, marked, released, regraded by a job that is killed, and in the gradebook."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.support.items import option_of, wire
from tests.support.running import RunningLectern

pytestmark = pytest.mark.store

STUDENTS = ("student11", "student12", "student13")
_keys = itertools.count()


async def call(
    session: aiohttp.ClientSession, method: str, path: str, body: Any = None, **headers: str
) -> Any:
    headers["Idempotency-Key"] = f"whole-{next(_keys)}"
    async with session.request(
        method,
        f"/api/v1{path}",
        json=body,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    ) as response:
        answer = await response.json()
        assert response.status < 300, (method, path, answer)
        return answer


async def until(ask: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """The answer, once it is good."""
    for _ in range(400):
        if good(answer := await ask()):
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"it never came to what was waited for: {answer}")


@pytest.fixture
async def people(lectern: RunningLectern) -> AsyncIterator[dict[str, aiohttp.ClientSession]]:
    async with contextlib.AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(lectern.signed_in(name))
            for name in ("admin", "teacher", *STUDENTS)
        }


async def sit(session: aiohttp.ClientSession, assessment: str, choice: str) -> str:
    opened = await call(session, "POST", f"/assessments/{assessment}/attempts", {})
    values = {"essay": "Because there is nothing to push."}
    for seq, item in enumerate(opened["items"], start=1):
        if item["kind"] == "single_choice":
            values["single_choice"] = option_of(item["content"], choice)
        body = {"opening": opened["opening"], "seq": seq, "value": values[item["kind"]]}
        await call(session, "PUT", f"/attempts/{opened['id']}/answers/{item['id']}", body)
    last = {"opening": opened["opening"], "last_seq": len(opened["items"])}
    await call(session, "POST", f"/attempts/{opened['id']}/submit", last)
    return str(opened["id"])


async def test_from_the_hand_of_a_learner_to_the_gradebook_and_back(
    lectern: RunningLectern, people: dict[str, aiohttp.ClientSession]
) -> None:
    admin, teacher = people["admin"], people["teacher"]
    course = (await call(teacher, "POST", "/courses", {"title": "Whole"}))["id"]
    for name in STUDENTS:
        body = {"email": f"{name}@demo.school", "role": "student"}
        await call(admin, "POST", f"/courses/{course}/enrolments", body)
    path = f"/courses/{course}/questions"
    questions = [
        (await call(teacher, "POST", path, wire(kind)))["id"]
        for kind in ("single_choice", "essay")
    ]
    settings = {"sections": [{"id": "s", "question_ids": questions}]}
    exam = {"title": "Exam", "settings": settings}
    assessment = (await call(teacher, "POST", f"/courses/{course}/assessments", exam))["id"]
    await call(teacher, "POST", f"/assessments/{assessment}/publish")

    attempts = [
        await sit(people[name], assessment, choice)
        for name, choice in zip(STUDENTS, ("a", "b", "b"), strict=True)
    ]

    async def lines() -> Any:
        return (await call(teacher, "GET", f"/assessments/{assessment}/attempts"))["items"]

    await until(lines, lambda found: all(one["state"] == "marking" for one in found))
    for attempt in attempts:
        script = await call(teacher, "GET", f"/attempts/{attempt}/script")
        [essay] = [one["item"]["id"] for one in script["items"] if one["item"]["kind"] == "essay"]
        mark = {"round": 1, "version": 0, "earned_milli": 500}
        await call(teacher, "PUT", f"/attempts/{attempt}/marks/{essay}", mark)
    assert await call(teacher, "POST", f"/assessments/{assessment}/release") == {
        "released": 3,
        "waiting": 0,
    }

    key = {**wire("single_choice")["key"], "correct": ["b"]}
    await call(teacher, "PATCH", f"/questions/{questions[0]}", {"key": key}, If_Match='"v1"')
    wanted = {"question_id": questions[0], "key_version": 2}
    regrade = await call(teacher, "POST", f"/assessments/{assessment}/regrades", wanted)
    await lectern.restart()
    done = await until(
        lambda: call(teacher, "GET", f"/regrades/{regrade['id']}"),
        lambda found: found["state"] == "done",
    )
    assert (done["changed"], done["unchanged"]) == (3, 0)
    result = await call(people[STUDENTS[1]], "GET", f"/attempts/{attempts[1]}/result")
    assert (result["earned_milli"], result["possible_milli"]) == (1500, 2000)

    book = await until(
        lambda: call(teacher, "GET", f"/courses/{course}/gradebook"),
        lambda found: sorted(one["share"] or 0 for one in found["rows"]) == [0.25, 0.75, 0.75],
    )
    assert all(one["cells"][0]["released"] for one in book["rows"])
    [mine] = (await call(people[STUDENTS[1]], "GET", f"/courses/{course}/gradebook"))["rows"]
    assert mine["share"] == 0.75
    items = await until(
        lambda: call(teacher, "GET", f"/assessments/{assessment}/items"),
        lambda found: len(found["items"]) == 2 and found["items"][0]["attempts"] == 3,
    )
    shares = {one["kind"]: one["mean_share"] for one in items["items"]}
    assert shares == {"single_choice": 0.6667, "essay": 0.5}
