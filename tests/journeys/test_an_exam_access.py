"""An exam by the keyboard alone, in Arabic, and by the rules of WCAG 2.2 AA in every look."""

from playwright.async_api import Page, expect

from tests.journeys.conftest import Enter
from tests.journeys.examinee import VALUES, Examinee
from tests.journeys.papers import make_exam
from tests.journeys.test_an_exam import handed_in
from tests.journeys.test_pages_access import LOOKS, dress, goes_sideways, settled, violations
from tests.support.running import RunningLectern


async def tab_to(page: Page, selector: str, *, most: int = 60) -> None:
    """Press Tab until the focus is on what the selector names."""
    for _ in range(most):
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {selector}")


async def test_an_exam_by_the_keyboard_alone(lectern: RunningLectern, enter: Enter) -> None:
    kinds = ("single_choice", "multiple_choice", "short_text", "matching", "ordering")
    exam = await make_exam(lectern, "By keys", kinds)
    learner = Examinee(await enter("student9"), exam)
    page = learner.page
    press = page.keyboard.press
    await learner.person.go(exam.path)
    await expect(learner.part("exam-begin")).to_be_visible()
    await tab_to(page, "[data-testid=exam-begin]")
    await press("Enter")
    await learner.sits()

    await press("2")
    await press("g")
    await expect(learner.part("exam-flag")).to_have_attribute("aria-pressed", "true")
    await press("PageDown")
    await by_digits(page, ["Light", "Radio"])
    await press("ArrowRight")
    await tab_to(page, ".question input")
    await page.keyboard.type("hertz")
    await press("PageDown")
    await expect(learner.part("exam-question")).to_have_attribute("data-kind", "matching")
    for at in range(3):
        await tab_to(page, f".pair:nth-child({at + 1}) select")
        taken = page.get_by_role("combobox").nth(at)
        right = await learner.matched(at)
        while await taken.input_value() != right:
            await press("ArrowDown")
    await press("Tab")
    await press("PageDown")
    await expect(learner.part("exam-question")).to_have_attribute("data-kind", "ordering")
    await by_keys_in_order(page, ["X-rays", "visible light", "microwaves", "radio waves"])
    await learner.is_saved()

    await press("m")
    await press("ArrowLeft")
    await press("Enter")
    await expect(learner.part("exam-question")).to_have_attribute("data-kind", "matching")
    attempt_id = learner.attempt_id
    await tab_to(page, "[data-testid=exam-hand-in]")
    await press("Enter")
    await tab_to(page, "[data-testid=exam-hand-in-yes]")
    await press("Enter")
    await learner.receipt()
    found = await handed_in(lectern, attempt_id)
    assert found == {kind: VALUES[kind] for kind in exam.questions}


async def by_digits(page: Page, texts: list[str]) -> None:
    """Choose these by the digits that stand for their letters."""
    for text in texts:
        box = page.get_by_role("checkbox", name=text)
        await page.keyboard.press(await box.get_attribute("data-digit") or "")
        await expect(box).to_be_checked()


async def by_keys_in_order(page: Page, texts: list[str]) -> None:
    """Put the rows in this order by the arrow keys on their places."""
    rows = page.locator(".order-row")
    for place, text in enumerate(texts):
        found = [text in row for row in await rows.all_inner_texts()].index(True)
        await tab_to(page, f".order-row:nth-child({found + 1}) [data-order]")
        for step in range(found, place, -1):
            await page.keyboard.press("ArrowUp")
            await expect(rows.nth(step - 1)).to_contain_text(text)
    if await page.get_by_text("Not answered yet").count():
        await tab_to(page, ".question .btn")
        await page.keyboard.press("Enter")


async def test_every_kind_of_question_breaks_no_rule(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "By the rules")
    learner = Examinee(await enter("student10"), exam)
    page = learner.page
    found: list[object] = []
    for locale, theme, size in LOOKS:
        await dress(page, locale, theme, size)
        await learner.person.go(exam.path)
        await settled(page)
        found += await violations(page)
        await learner.part("exam-begin").click()
        await learner.sits()
        for _ in learner.kinds:
            await page.keyboard.press("PageUp")
        for kind in learner.kinds:
            await expect(learner.part("exam-question")).to_have_attribute("data-kind", kind)
            found += [(locale, theme, kind, *one) for one in await violations(page)]
            if await goes_sideways(page):
                found.append((locale, theme, kind, "sideways"))
            await page.locator("#main h2").focus()
            await page.keyboard.press("PageDown")
    assert found == []


async def test_an_exam_in_arabic(lectern: RunningLectern, enter: Enter) -> None:
    exam = await make_exam(lectern, "بالعربية", ("single_choice", "numeric"))
    learner = Examinee(await enter("student11"), exam)
    await dress(learner.page, "ar", "light", {"width": 1280, "height": 800})
    await learner.begins()
    page = learner.page
    await page.keyboard.press("2")
    await page.keyboard.press("PageDown")
    await page.get_by_role("textbox").fill("\u0662\u0660\u066b\u0665")
    await page.get_by_role("combobox").select_option("m/s")
    await learner.is_saved()
    attempt_id = learner.attempt_id
    await learner.hands_in()
    await expect(learner.part("exam-receipt")).to_contain_text("تم التسليم")
    assert await violations(page) == []
    found = await handed_in(lectern, attempt_id)
    assert found == {kind: VALUES[kind] for kind in exam.questions}
