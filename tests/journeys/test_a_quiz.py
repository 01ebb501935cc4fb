"""A quick quiz in a class: posed from the bank, answered at a desk and on a phone, watched, revealed."""

from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter, NewClass
from tests.journeys.test_pages_access import goes_sideways, violations
from tests.support.running import RunningLectern, demo_course

TITLE = "What a rope carries"
OPTIONS = ("Energy and matter", "Energy", "Matter")
ITEM = {
    "kind": "single_choice",
    "title": TITLE,
    "content": {
        "prompt": "What does a wave carry along a rope?",
        "options": [{"id": f"o{at}", "text": text} for at, text in enumerate(OPTIONS)],
    },
    "key": {"correct": ["o1"]},
}


async def write_item(lectern: RunningLectern) -> None:
    """An item that no exam asks: the key of one that is in somebody's paper is kept from them until the scores are out."""
    async with lectern.signed_in("teacher") as session:
        async with session.get("/api/v1/courses") as reply:
            course = demo_course((await reply.json())["items"])
        path = f"/api/v1/courses/{course}/questions"
        async with session.post(path, json=ITEM, headers={"Idempotency-Key": TITLE}) as reply:
            assert reply.status == 201, await reply.text()


async def test_a_quiz(lectern: RunningLectern, enter: Enter, new_class: NewClass) -> None:
    await write_item(lectern)
    class_id = await new_class("A class with a quiz")
    desk = await enter("teacher")
    seat = await enter("student2")
    phone = await enter("student3", viewport=PHONE, has_touch=True, is_mobile=True, locale="ar")
    for person in (desk, seat, phone):
        await person.join_class(class_id)
        # Pictures are of other journeys: here they only cost.
        await person.part("bar-camera").click()

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
