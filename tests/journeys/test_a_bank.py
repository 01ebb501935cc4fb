"""The question bank by its pages: a question of each kind, one that two people change, files in and out."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern, demo_course

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f0005000150bb5ac8e40000000049454e44ae426082"
)


async def course_of(lectern: RunningLectern) -> str:
    """The demo course."""
    async with (
        lectern.signed_in("teacher") as session,
        session.get("/api/v1/courses") as reply,
    ):
        return demo_course((await reply.json())["items"])


async def question_named(lectern: RunningLectern, course: str, title: str) -> dict[str, Any]:
    """The question as the school has it, with its key."""
    async with lectern.signed_in("teacher") as session:
        path = f"/api/v1/courses/{course}/questions"
        async with session.get(path, params={"q": title}) as reply:
            found = (await reply.json())["items"]
        assert [one["title"] for one in found] == [title]
        async with session.get(f"/api/v1/questions/{found[0]['id']}") as reply:
            question: dict[str, Any] = await reply.json()
    return question


async def one_choice(page: Page) -> None:
    for at, text in enumerate(("Air", "Water", "Steel", "Nothing")):
        await page.get_by_label(f"Option {at + 1}", exact=True).fill(text)
    await page.get_by_label("Option 3 is right").check()
    await page.get_by_label("What is said when option 4 is chosen").fill(
        "There is no sound there."
    )


async def several_choices(page: Page) -> None:
    for at, text in enumerate(("Light", "Sound", "Radio", "Water waves")):
        await page.get_by_label(f"Option {at + 1}", exact=True).fill(text)
    await page.get_by_label("Option 1 is right").check()
    await page.get_by_label("Option 3 is right").check()


async def true_or_false(page: Page) -> None:
    await page.get_by_role("button", name="False").click()


async def short_text(page: Page) -> None:
    await page.get_by_label("Answers that are right").fill("hertz\nHz")


async def number(page: Page) -> None:
    await page.get_by_label("The right number").fill("20.5")
    await page.get_by_label("Tolerance", exact=True).fill("0.5")
    for at, (unit, factor) in enumerate((("m/s", "1"), ("km/h", "0.2778"))):
        await page.get_by_role("button", name="Add a unit").click()
        await page.get_by_label(f"Unit {at + 1}", exact=True).fill(unit)
        if at:
            await page.get_by_label(f"How many of the first unit {at + 1} is").fill(factor)


async def matching(page: Page) -> None:
    for at, (left, right) in enumerate((("pitch", "Hz"), ("speed", "m/s"), ("length", "m"))):
        await page.get_by_label(f"Right side, line {at + 1}").fill(right)
        await page.get_by_label(f"Left side, line {at + 1}").fill(left)
    for at in range(3):
        await page.get_by_label(f"What goes with line {at + 1}").select_option(f"r{at + 1}")


async def ordering(page: Page) -> None:
    for at, text in enumerate(("ear", "drum", "air")):
        await page.get_by_label(f"Step {at + 1}").fill(text)
    await page.get_by_label("Move line 1 down").click()
    await page.get_by_label("Move line 2 down").click()


async def gaps(page: Page) -> None:
    await page.get_by_role("button", name="Add a gap").click()
    await page.get_by_label("Answers that are right").fill("wave")
    await page.get_by_role("button", name="Add a gap").click()
    second = page.get_by_role("group", name="{{g2}}")
    await second.get_by_role("button", name="From a list").click()
    await second.get_by_label("Option 1", exact=True).fill("air")
    await second.get_by_label("Option 2", exact=True).fill("nothing")
    await second.get_by_label("Option 1 is right").check()


async def rubric(page: Page) -> None:
    await page.get_by_role("button", name="Add a criterion").click()
    await page.get_by_label("Criterion 1", exact=True).fill("The idea")
    await page.get_by_label("Points of level 3").fill("2.5")


KINDS: dict[str, tuple[Callable[[Page], Awaitable[None]], dict[str, Any]]] = {
    "One choice": (
        one_choice,
        {"correct": ["o3"], "option_feedback": {"o4": "There is no sound there."}},
    ),
    "Several choices": (several_choices, {"correct": ["o1", "o3"]}),
    "True or false": (true_or_false, {"truth": False}),
    "Short text": (short_text, {"accepted": ["hertz", "Hz"]}),
    "Number": (
        number,
        {"number": "20.5", "tolerance": "0.5", "units": {"m/s": "1", "km/h": "0.2778"}},
    ),
    "Matching": (matching, {"pairs": {"l1": "r1", "l2": "r2", "l3": "r3"}}),
    "Ordering": (ordering, {"order": ["o2", "o3", "o1"]}),
    "Text with gaps": (gaps, {"gaps": {"g1": ["wave"], "g2": ["o1"]}}),
    "Essay": (rubric, {}),
    "File": (rubric, {}),
}


async def begins(page: Page, course_url: str, kind: str) -> None:
    await page.goto(f"{course_url}/bank")
    await page.get_by_role("button", name="New question").click()
    await page.locator(".menu").get_by_role("link", name=kind, exact=True).click()
    await expect(page.get_by_role("heading", name=kind, level=1)).to_be_visible()


async def saves(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()


async def test_a_teacher_writes_a_question_of_each_kind(
    lectern: RunningLectern, enter: Enter
) -> None:
    page, course = (await enter("teacher")).page, await course_of(lectern)
    for kind, (fill, key) in KINDS.items():
        await begins(page, f"{lectern.base_url}/courses/{course}", kind)
        await page.get_by_label("Title").fill(f"Written by hand: {kind}")
        await page.get_by_label("What is asked").fill("What of this is so? $v = f\\lambda$ ")
        await fill(page)
        await expect(page.locator(".bank-preview .katex").first).to_be_visible()
        await saves(page)
        await expect(page.get_by_text(f"{kind} is in the bank.")).to_be_visible()

        made = await question_named(lectern, course, f"Written by hand: {kind}")
        assert {name: made["key"][name] for name in key} == key, kind
        if fill is rubric:
            levels = made["key"]["rubric"][0]["levels"]
            assert [level["earned_milli"] for level in levels] == [0, 1000, 2500]


async def test_what_is_missing_is_named_at_its_field_and_a_reload_loses_no_word(
    lectern: RunningLectern, enter: Enter
) -> None:
    page, course = (await enter("teacher")).page, await course_of(lectern)
    await begins(page, f"{lectern.base_url}/courses/{course}", "Number")
    await page.get_by_label("Title").fill("Half a question")
    await saves(page)
    await expect(page.get_by_text("2 fields are not right yet.")).to_be_visible()
    prompt = page.get_by_label("What is asked")
    await expect(prompt).to_have_attribute("aria-invalid", "true")
    await expect(prompt).to_be_focused()
    await expect(page.get_by_label("The right number")).to_have_attribute("aria-invalid", "true")

    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value("Half a question")
    await page.get_by_label("What is asked").fill("How fast?")
    await page.get_by_label("The right number").fill("340")
    await saves(page)
    await expect(page.get_by_text("Half a question is in the bank.")).to_be_visible()


async def test_the_second_of_two_writers_sees_what_the_first_wrote_and_decides(
    lectern: RunningLectern, enter: Enter
) -> None:
    first, second = await enter("teacher"), await enter("admin")
    course = await course_of(lectern)
    await begins(first.page, f"{lectern.base_url}/courses/{course}", "True or false")
    await first.page.get_by_label("Title").fill("Two writers")
    await first.page.get_by_label("What is asked").fill("As it was.")
    await first.page.get_by_role("button", name="True", exact=True).click()
    await saves(first.page)
    await expect(first.page.get_by_text("Two writers is in the bank.")).to_be_visible()
    made = await question_named(lectern, course, "Two writers")
    for person in (first, second):
        await person.go(f"/questions/{made['id']}")
        await expect(person.page.get_by_label("What is asked")).to_have_value("As it was.")

    await first.page.get_by_label("What is asked").fill("As the first has it.")
    await saves(first.page)
    await expect(first.page.get_by_text("is saved as version 2")).to_be_visible()
    await second.page.get_by_label("What is asked").fill("As the second has it.")
    await saves(second.page)
    dialog = second.page.locator("dialog[open]")
    await expect(dialog.get_by_text("As the first has it.")).to_be_visible()
    await dialog.get_by_role("button", name="Save mine on top").click()
    await expect(second.page.get_by_text("is saved as version 3")).to_be_visible()

    await second.page.get_by_role("button", name="Version 3").click()
    await dialog.get_by_label("Version", exact=True).select_option("2")
    await expect(dialog.get_by_text("As the first has it.")).to_be_visible()


async def test_a_picture_is_sent_into_the_text(lectern: RunningLectern, enter: Enter) -> None:
    page, course = (await enter("teacher")).page, await course_of(lectern)
    await begins(page, f"{lectern.base_url}/courses/{course}", "True or false")
    await page.get_by_label("Title").fill("With a picture")
    await page.get_by_label("What is asked").fill("Look:")
    picture = FilePayload(name="wave.png", mimeType="image/png", buffer=PIXEL)
    await page.get_by_test_id("picture").set_input_files([picture])
    await expect(page.get_by_label("What is asked")).to_have_value(
        re.compile(r"!\[wave\]\(upload:[0-9a-f-]+\)")
    )
    await page.get_by_role("button", name="True", exact=True).click()
    await saves(page)
    await expect(page.get_by_text("With a picture is in the bank.")).to_be_visible()
    await page.goto(
        f"{lectern.base_url}/questions/{(await question_named(lectern, course, 'With a picture'))['id']}"
    )
    shown = page.locator(".bank-preview img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("img => img.decode().then(() => img.naturalWidth)") == 1


async def test_a_bank_goes_out_as_a_file_and_comes_in_whole_or_not_at_all(
    lectern: RunningLectern, enter: Enter, tmp_path: Path
) -> None:
    page, course = (await enter("teacher")).page, await course_of(lectern)
    await page.goto(f"{lectern.base_url}/courses/{course}/bank")
    await expect(page.locator(".bank-card tbody tr").first).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Export").click()
    sheet = tmp_path / "bank.csv"
    await (await downloading.value).save_as(sheet)
    lines = sheet.read_text("utf-8")
    assert "A leaf on the pond" in lines

    await page.get_by_role("button", name="Import").click()
    dialog = page.locator("dialog[open]")
    broken = tmp_path / "broken.csv"
    broken.write_text(lines.replace("true_false", "perhaps", 1), "utf-8")
    await dialog.get_by_label("CSV file").set_input_files(broken)
    await dialog.get_by_role("button", name="Import the file").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Nothing was taken")
    await expect(dialog.locator("tbody tr")).not_to_have_count(0)
    await dialog.get_by_label("CSV file").set_input_files(sheet)
    await dialog.get_by_role("button", name="Import the file").click()
    await expect(dialog.get_by_text("none changed.")).to_be_visible()


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 1280, "height": 800}])
async def test_questions_are_found_by_words_and_filters_that_stay_in_the_address(
    size: dict[str, int], lectern: RunningLectern, enter: Enter
) -> None:
    page, course = (await enter("teacher", viewport=size)).page, await course_of(lectern)
    await page.goto(f"{lectern.base_url}/courses/{course}/bank")
    rows = page.locator(".bank-card tbody tr")
    await page.get_by_label("Search").fill("octave")
    await expect(rows.filter(has_text="One octave up")).to_have_count(1)
    await expect(rows.filter(has_text="A leaf on the pond")).to_have_count(0)
    await page.get_by_role("button", name="Filters", exact=True).click()
    await page.get_by_label("Kind").select_option("numeric")
    await expect(page).to_have_url(re.compile(r"q=octave&kind=numeric"))
    await expect(rows).to_have_count(1)
    await page.reload()
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="Clear the filters").click()
    await expect(rows.filter(has_text="A leaf on the pond")).to_have_count(1)
