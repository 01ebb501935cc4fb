"""A file that somebody attaches in a class: a line of the chat, opened by its button, gone when it is taken back."""

from pathlib import Path

from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter, NewClass
from tests.journeys.test_pages_access import goes_sideways, violations

NAME = "ملاحظات.txt"
WORDS = b"Half a wave fits."


async def test_a_file_in_a_class(enter: Enter, new_class: NewClass) -> None:
    class_id = await new_class("A class with a file")
    desk = await enter("teacher")
    seat = await enter("student2", viewport=PHONE, has_touch=True, is_mobile=True, locale="ar")
    for person in (desk, seat):
        await person.join_class(class_id)
    await seat.part("panel-chat").click()
    async with seat.page.expect_file_chooser() as chosen:
        await seat.part("chat-attach").click()
    await (await chosen.value).set_files({"name": NAME, "mimeType": "text/plain", "buffer": WORDS})

    for person in (desk, seat):
        await person.reads(NAME)
        async with person.page.expect_download() as opened:
            await person.part("chat-file").focus()
            await person.page.keyboard.press("Enter")
        fetched = await opened.value
        assert Path(await fetched.path()).read_bytes() == WORDS
        assert await violations(person.page) == []
        assert not await goes_sideways(person.page)
        assert not await person.page.evaluate("document.body.innerHTML.includes('/objects/')")

    for button in (desk.part("chat-file"), desk.part("chat-line").locator(".del-line")):
        await button.click(trial=True, position={"x": 20, "y": 3})  # neither lies over the other
    await desk.part("chat-line").locator(".del-line").click()
    await desk.confirms()
    for person in (desk, seat):
        await expect(person.part("chat-file")).to_have_count(0)
        await expect(person.part("chat-line")).to_have_count(1)
        assert NAME not in (await person.chat())[0]
