"""A quick quiz in a class: posed from the bank, answered at a desk and on a phone, watched, revealed."""

from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter, NewClass
from tests.journeys.test_pages_access import goes_sideways, violations

TITLE = "What a wave carries"


async def test_a_quiz(enter: Enter, new_class: NewClass) -> None:
    class_id = await new_class("A class with a quiz")
    desk = await enter("teacher")
    seat = await enter("student2")
    phone = await enter("student3", viewport=PHONE, has_touch=True, is_mobile=True, locale="ar")
    for person in (desk, seat, phone):
        await person.join_class(class_id)

    await desk.page.keyboard.press("q")
    quiz = desk.part("quiz")
    first = quiz.locator(".quiz-choices button").first
    await expect(first).to_be_visible()
    assert await violations(desk.page) == []
    await quiz.get_by_role("searchbox").fill("carries")
    await quiz.get_by_role("button", name=f"Pose: {TITLE}").click()

    # It comes into view by itself, and the room sees nothing of the key.
    for person in (seat, phone):
        await person.part("quiz").locator("label").filter(has_text="Energy and matter").click()
        await person.part("quiz").locator("button[type=submit]").click()
        await expect(person.part("quiz").locator("p[role=status]")).not_to_be_empty()
        assert await violations(person.page) == []
        assert not await goes_sideways(person.page)
    await expect(quiz.locator("p[role=status]")).to_contain_text("2 of 2")

    await quiz.get_by_role("button", name="Show the answer").click()
    for person in (seat, phone):
        await expect(person.part("quiz").locator(".badge").first).to_be_visible()
        await expect(person.part("quiz").locator(".quiz-bars .good")).to_have_count(1)
        assert await violations(person.page) == []
    await expect(quiz.locator(".quiz-bars .good")).to_have_count(1)
