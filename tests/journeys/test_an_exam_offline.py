"""An exam without a link: the page goes on, survives a reload and a crash, and everything arrives when the link is back."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.examinee import VALUES, Examinee
from tests.journeys.papers import make_exam, picture
from tests.journeys.test_an_exam import handed_in
from tests.support.doors import Door
from tests.support.running import RunningLectern

AWAY_SECONDS = 60.0


@pytest.fixture
async def door(lectern: RunningLectern) -> AsyncIterator[Door]:
    """An address whose network the test can take away."""
    async with Door([lectern.http_port]).open() as opened:
        yield opened


async def test_a_minute_without_a_link_and_a_reload_lose_nothing(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    exam = await make_exam(lectern, "Without a link", ("single_choice", "essay", "cloze"))
    learner = Examinee(await enter("student6", door.base_url), exam)
    await learner.begins()
    await learner.can_lose_the_link()
    await learner.answers("single_choice")
    await learner.is_saved()

    door.cut()
    back_at = asyncio.get_running_loop().time() + AWAY_SECONDS
    await learner.answers("essay")
    await learner.is_kept_here()
    await expect(learner.part("exam-offline")).to_be_visible()
    await learner.page.reload()
    await learner.sits()
    await expect(learner.part("exam-question").get_by_role("textbox")).to_have_value(
        str(VALUES["essay"])
    )
    await expect(learner.page.locator(".katex")).to_have_count(0)
    await learner.turns_to("single_choice")
    await expect(learner.page.locator(".katex").first).to_be_visible()
    await learner.answers("cloze")
    await learner.part("exam-hand-in").click()
    await learner.part("exam-hand-in-yes").click()
    await expect(learner.part("exam-handing-in")).to_contain_text("still on their way")
    await asyncio.sleep(max(0.0, back_at - asyncio.get_running_loop().time()))
    assert await learner.part("exam-receipt").count() == 0
    attempt_id = learner.attempt_id
    door.mend()

    await learner.receipt()
    found = await handed_in(lectern, attempt_id)
    assert found == {kind: VALUES[kind] for kind in exam.questions}


async def test_any_page_of_the_school_sends_what_a_closed_exam_left(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    exam = await make_exam(lectern, "Closed too early", ("short_text", "true_false"))
    learner = Examinee(await enter("student7", door.base_url), exam)
    await learner.begins()
    await learner.answers("true_false")
    await learner.is_saved()
    attempt_id = learner.attempt_id
    door.cut()
    await learner.answers("short_text")
    await learner.is_kept_here()
    context = learner.page.context
    await learner.page.close(run_before_unload=False)
    door.mend()

    page = await context.new_page()
    async with page.expect_response(f"**/attempts/{attempt_id}/answers/*") as sent:
        await page.goto(f"{door.base_url}/courses")
    assert (await sent.value).status == 200


async def test_pictures_are_there_without_a_link(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    below = await picture(lectern)
    exam = await make_exam(lectern, "With a picture", ("short_text", "true_false"), below=below)
    learner = Examinee(await enter("student13", door.base_url), exam)
    await learner.begins()
    await learner.can_lose_the_link()
    drawn = learner.page.get_by_role("img", name="a dot")
    await expect(drawn).to_have_attribute("src", re.compile("^blob:"))
    door.cut()
    await learner.page.reload()
    await learner.sits()
    await learner.turns_to("true_false")
    await expect(drawn).to_have_attribute("src", re.compile("^blob:"))
    assert await drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


async def test_signing_out_leaves_nothing_and_asks_when_answers_would_be_lost(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    exam = await make_exam(lectern, "Signed out", ("short_text",))
    learner = Examinee(await enter("student8", door.base_url), exam)
    await learner.begins()
    page = learner.page
    # The API refuses answers for a while: the rest of the school goes on.
    await page.route("**/answers/*", lambda route: route.abort())
    await learner.answers("short_text")
    await learner.is_kept_here()
    await page.goto(f"{door.base_url}/")
    await page.get_by_role("button", name="Your menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("dialog[open]")).to_contain_text("One answer is not sent")
    await page.locator("dialog[open]").get_by_role("button", name="Sign out").click()
    await expect(page.get_by_test_id("signin-submit")).to_be_visible()
    marks = await page.evaluate("() => Object.keys(localStorage).filter(k => k.includes('exam'))")
    assert marks == []
