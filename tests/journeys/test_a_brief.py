"""From a brief to a learner's lesson, and back: made, reviewed by keys, brought into the bank, practised, recalled."""

import asyncio
import secrets
import sys
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter
from tests.journeys.person import Person
from tests.journeys.test_pages_access import goes_sideways, violations
from tests.support.running import ROOT, RunningLectern

SKILL = "how sound travels"
SOURCE = """Sound is a wave of pressure that travels through matter. In water sound covers about 1480 metres in a second.
In steel sound covers about 5960 metres in a second. In empty space there is no sound, because nothing could hand the push on.
The frequency of a sound wave is heard as its pitch. The amplitude of a sound wave is heard as its loudness.
Loudness is measured in decibels. An echo is sound that comes back from a wall."""
INGEST_SECONDS = 60


async def post(session: ClientSession, path: str, body: Any) -> Any:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    async with session.post(f"/api/v1{path}", json=body, headers=key) as reply:
        answer = await reply.json()
        assert reply.status in (200, 201), answer
        return answer


async def an_empty_course(lectern: RunningLectern) -> str:
    """A course without a bank, with one student: what they practise has come from the factory."""
    async with lectern.signed_in("teacher") as session:
        course = (await post(session, "/courses", {"title": "Sound alone"}))["id"]
        person = {"email": "student4@demo.school", "role": "student"}
        await post(session, f"/courses/{course}/enrolments", person)
    return str(course)


async def ingest(lectern: RunningLectern) -> None:
    """What happens at night, by hand."""
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", "ingest"), cwd=ROOT, env=lectern.environ
    )
    async with asyncio.timeout(INGEST_SECONDS):
        assert await run.wait() == 0


async def asks(teacher: Person, course: str) -> None:
    await teacher.go(f"/courses/{course}/factory")
    await teacher.page.get_by_role("button", name="Ask for questions").click()
    await teacher.page.get_by_label("Skill").fill(SKILL)
    await teacher.page.get_by_label("How many").fill("4")
    await teacher.page.get_by_label("True or false").check()
    await teacher.page.get_by_label("Text that they are to be about").fill(SOURCE)
    assert await violations(teacher.page) == []
    await teacher.page.get_by_role("button", name="Ask", exact=True).click()
    await expect(teacher.part("job")).to_have_attribute("data-state", "done")
    assert await violations(teacher.page) == []


async def reviews(reviewer: Person) -> int:
    """Accept what there is by keys, one rejected; how many were accepted."""
    await reviewer.go("/reviews")
    queue = reviewer.page.locator(".review-queue li")
    await expect(queue.first).to_be_visible()
    await expect(reviewer.page.locator(".source-text mark")).to_be_visible()
    assert await violations(reviewer.page) == []
    waiting = await queue.count()
    await reviewer.page.keyboard.press("r")
    await reviewer.page.get_by_label("Too easy").check()
    await reviewer.page.locator("dialog[open] button[type=submit]").click()
    accepted = 0
    for left in range(waiting - 1, 0, -1):
        await expect(queue).to_have_count(left)
        await expect(reviewer.page.locator(".review-work")).to_be_visible()
        await reviewer.page.keyboard.press("a")
        accepted += 1
    await expect(reviewer.page.get_by_text("Nothing waits for you")).to_be_visible()
    return accepted


async def test_from_a_brief_to_a_lesson_and_back(lectern: RunningLectern, enter: Enter) -> None:
    course = await an_empty_course(lectern)
    teacher, reviewer = await enter("teacher"), await enter("reviewer")
    learner = await enter("student4", viewport=PHONE, has_touch=True, is_mobile=True)
    await asks(teacher, course)
    assert await reviews(reviewer) > 0

    await ingest(lectern)
    await learner.go(f"/courses/{course}/practice")
    skip = learner.page.get_by_role("button", name="Skip", exact=False)
    question = learner.page.locator(".question")
    await expect(skip.or_(question).first).to_be_visible()
    if await skip.count() > 0:
        await skip.click()
    await expect(question).to_be_visible()
    assert not await goes_sideways(learner.page)

    await teacher.page.reload()
    await teacher.page.get_by_role("button", name="Recall this batch").click()
    await teacher.page.get_by_label("Why; teachers read this").fill("The source was wrong.")
    await teacher.page.locator("dialog[open] button[type=submit]").click()
    await expect(teacher.part("recall")).to_have_attribute("data-done", "true")
    await expect(teacher.part("recall")).to_contain_text("The source was wrong.")
    assert await violations(teacher.page) == []
    await learner.go(f"/courses/{course}/practice")
    await expect(learner.page.get_by_text("Nothing to practise yet")).to_be_visible()
    await expect(question).to_have_count(0)
