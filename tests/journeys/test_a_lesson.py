"""A lesson of the tutor in a real browser: checked at once, without a link, reported, summed up; and what the teacher sees."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter
from tests.journeys.learner import ITEMS_EACH, RIGHT, SKILLS, WRONG, Learner, make_course
from tests.journeys.test_pages_access import LOOKS, dress, goes_sideways, violations
from tests.support.doors import Door
from tests.support.running import RunningLectern

ALL = ITEMS_EACH * len(SKILLS)
AWAY = 3
MANY = 60
ANSWERS = 8
LOOKS_AGAIN = 10
PLACED_BY = 30
READY_S = 30.0


@pytest.fixture
async def door(lectern: RunningLectern) -> AsyncIterator[Door]:
    """An address whose network the test can take away."""
    async with Door([lectern.http_port]).open() as opened:
        yield opened


async def test_a_lesson_is_checked_at_once_and_goes_on_without_a_link(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    course = await make_course(lectern, "Slopes", "student20")
    learner = Learner(await enter("student20", door.base_url), course)
    await learner.opens()
    await expect(learner.part("practice-why")).to_contain_text("Why this one?")
    assert "By the rule" not in await learner.page.content(), "no key before the answer"

    await learner.gives(RIGHT)
    await expect(learner.part("practice-verdict")).to_have_attribute("data-correct", "true")
    await expect(learner.item).to_contain_text("By the rule of slope")
    await learner.goes_on()
    await learner.gives(WRONG[0])
    await expect(learner.part("practice-verdict")).to_contain_text("Not yet.")
    await expect(learner.page.get_by_text("That is the other way round.")).to_have_count(1)
    await expect(learner.item).to_contain_text("Right answer")
    await learner.reports("The answer is wrong", "Both could be so.")
    reported = (await learner.item.locator(".stem").inner_text()).strip()

    await learner.page.reload()
    await learner.is_asked()
    await expect(learner.part("practice-steps")).to_have_attribute("aria-valuenow", "2")
    await learner.can_lose_the_link()
    door.cut()
    for at in range(AWAY):
        await learner.gives(RIGHT if at else WRONG[1], until="kept")
        await learner.goes_on()
    await expect(learner.part("practice-offline")).to_contain_text(f"{AWAY} answers wait here")
    shown = await learner.item.get_attribute("data-item")
    await learner.page.reload()
    await learner.is_asked()
    assert await learner.item.get_attribute("data-item") == shown
    await expect(learner.part("practice-offline")).to_contain_text(f"{AWAY} answers wait here")
    door.mend()
    await expect(learner.part("practice-returned")).to_have_attribute("data-count", str(AWAY))
    await expect(learner.part("practice-returned")).to_contain_text(f"{AWAY - 1} were right")

    await learner.part("practice-returned").get_by_role("button", name="Look").click()
    await expect(learner.page.locator("dialog[open] .reviewed > li")).to_have_count(AWAY)
    await learner.page.keyboard.press("1")
    await learner.page.keyboard.press("Escape")
    await expect(learner.page.locator("dialog[open]")).to_have_count(0)
    chosen = learner.item.get_by_role("radio", checked=True)
    assert await chosen.count() == 0, "nobody chooses behind a dialog"
    for _ in range(ALL - 2 - AWAY):
        await learner.gives(RIGHT)
        await learner.goes_on()
    done = await learner.is_done()
    await expect(done).to_have_attribute("data-answered", str(ALL))
    await expect(done).to_have_attribute("data-right", str(ALL - 2))
    for skill in SKILLS:
        await expect(done).to_contain_text(skill)
    await done.get_by_text("Look at the 2 that were not right yet").click()
    await expect(done.locator(".reviewed > li")).to_have_count(2)

    reviewer = await enter("reviewer")
    await reviewer.go("/reviews")
    await expect(reviewer.page.get_by_text(reported).first).to_be_visible()
    await expect(reviewer.page.get_by_text("Both could be so.")).to_be_visible()


async def test_a_lesson_that_ended_without_a_link_is_checked_from_any_page(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    course = await make_course(lectern, "Slopes, closed early", "student21")
    learner = Learner(await enter("student21", door.base_url), course)
    await learner.opens()
    door.cut()
    item = await learner.gives(RIGHT, until="kept")
    context = learner.page.context
    await learner.page.close(run_before_unload=False)
    door.mend()

    page = await context.new_page()
    async with page.expect_response(f"**/practice/*/answers/{item}") as sent:
        await page.goto(f"{door.base_url}/courses")
    assert (await sent.value).status == 200


async def test_two_pages_of_a_browser_have_two_lessons(
    lectern: RunningLectern, enter: Enter
) -> None:
    course = await make_course(lectern, "Slopes, twice", "student22")
    learner = Learner(await enter("student22"), course)
    await learner.opens()
    first = await learner.item.get_attribute("data-item")
    other = await learner.page.context.new_page()
    await other.goto(learner.page.url)
    shown = other.get_by_test_id("practice-item").or_(other.get_by_test_id("practice-nothing"))
    await expect(shown).to_be_visible()
    assert await shown.get_attribute("data-item") != first


async def test_a_teacher_sees_who_is_stuck_and_the_next_lesson_begins_with_what_is_assigned(
    lectern: RunningLectern, enter: Enter
) -> None:
    title = "Slopes of a class"
    course = await make_course(lectern, title, "student23", "student24", items_each=MANY)
    learner = Learner(await enter("student23", viewport=PHONE, has_touch=True), course)
    await learner.opens()
    stuck, known = SKILLS
    for _ in range(ANSWERS):
        await learner.gives(WRONG[0] if await learner.skill() == stuck else RIGHT)
        await learner.goes_on()
    await learner.ends_here()

    teacher = await enter("teacher")
    await teacher.go(f"/courses/{course}")
    await teacher.part("course-skills").click()
    line = teacher.page.locator(f"[data-testid=stuck][data-skill='{stuck}']")
    await expect(teacher.part("class-skills")).to_be_visible()
    for _ in range(LOOKS_AGAIN):
        if await line.count():
            break
        await teacher.page.reload()
        await expect(teacher.part("class-skills")).to_be_visible()
    await expect(line).to_contain_text("One learner is stuck")
    cell = teacher.part("skill-cell").and_(teacher.page.locator(f"[data-skill='{stuck}']"))
    await expect(cell.filter(has_text="stuck")).to_have_count(1)

    await teacher.part("assign").click()
    form = teacher.part("assign-form")
    await form.get_by_label("Skill", exact=True).select_option(known)
    await form.get_by_label("Questions each").fill("3")
    await expect(form).to_contain_text(f"Everybody gets 3 questions of {known} first")
    await form.get_by_role("button", name="Assign practice").click()
    await expect(form).to_have_count(0)
    await expect(teacher.part("assignment")).to_have_count(1)

    await lesson_is_made_of(lectern, course, "student23", "assigned")
    await learner.part("practice-another").click()
    await learner.is_asked()
    await expect(learner.part("practice-why")).to_contain_text(f"Your teacher gave you “{known}”")
    assert await learner.skill() == known

    await teacher.part("assignment").get_by_role("button", name="Take back").click()
    await teacher.confirms()
    await expect(teacher.part("assignment")).to_have_count(0)


async def lesson_is_made_of(lectern: RunningLectern, course: str, who: str, why: str) -> None:
    """Wait until a lesson that begins so lies in this person's list; asking for one would take what is ready now."""
    connection = await asyncpg.connect(lectern.environ["LECTERN_DATABASE_URL"])
    ready = (
        "SELECT EXISTS (SELECT FROM practices JOIN users USING (tenant_id, user_id) WHERE course_id = $1"
        " AND email = $2 AND path = 'warm' AND items::jsonb -> 0 -> 'reason' ->> 'why' = $3)"
        # The wish for it is taken away once the lessons lie in their lists.
        " AND NOT EXISTS (SELECT FROM refills WHERE course_id = $1)"
    )
    try:
        async with asyncio.timeout(READY_S):
            while not await connection.fetchval(ready, course, f"{who}@demo.school", why):
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def test_a_learner_is_placed_before_the_first_lesson(
    lectern: RunningLectern, enter: Enter
) -> None:
    course = await make_course(lectern, "Slopes, from where I am", "student26", items_each=MANY)
    learner = Learner(await enter("student26", viewport=PHONE, has_touch=True), course)
    await learner.person.go(f"/courses/{course}/practice")
    await learner.part("placement-begin").click()
    item = learner.part("placement-item")
    for _ in range(PLACED_BY):
        shown = await item.get_attribute("data-item")
        option = item.get_by_role("radio", name=RIGHT)
        await learner.page.keyboard.press(await option.get_attribute("data-digit") or "")
        await expect(option).to_be_checked()
        assert "By the rule" not in await learner.page.content()
        await learner.page.keyboard.press("Enter")
        other = learner.page.locator(f"[data-testid=placement-item]:not([data-item='{shown}'])")
        await expect(other.or_(learner.part("placement-done"))).to_be_visible()
        if await learner.part("placement-done").count():
            break
    await expect(learner.part("placement-done")).to_contain_text("of this course")
    await learner.part("placement-go").click()
    await learner.is_asked()
    await learner.person.go(f"/courses/{course}/skills")
    await expect(learner.part("my-skill").first).to_be_visible()
    await expect(learner.page.get_by_role("link", name="Find my level")).to_have_count(0)


async def test_practice_and_skills_keep_the_rules_in_every_look(
    lectern: RunningLectern, enter: Enter
) -> None:
    course = await make_course(lectern, "Slopes, to look at", "student27")
    learner = Learner(await enter("student27"), course)
    await learner.person.go(f"/courses/{course}/practice")
    await expect(learner.part("placement-offer")).to_be_visible()
    assert await violations(learner.page) == []
    await learner.opens()
    for look in LOOKS:
        await dress(learner.page, *look)
        await learner.page.reload()
        await learner.is_asked()
        await keeps_the_rules(learner)
        await learner.page.keyboard.press("2")
        await learner.page.keyboard.press("Enter")
        await expect(learner.item).to_have_attribute("data-stage", "checked")
        await keeps_the_rules(learner)
    await dress(learner.page, *LOOKS[0])
    await learner.page.reload()
    await learner.is_asked()
    await learner.ends_here()
    await keeps_the_rules(learner)


async def keeps_the_rules(learner: Learner) -> None:
    assert await violations(learner.page) == []
    assert not await goes_sideways(learner.page)
