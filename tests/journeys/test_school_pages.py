"""What a teacher and an administrator do on the pages of the school, and what a student then sees."""

import re
from pathlib import Path

from playwright.async_api import Page, expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern


async def open_course(page: Page, base_url: str) -> str:
    await page.goto(f"{base_url}/courses")
    await page.locator(".course-card").first.click()
    await expect(page.locator("#course-lessons")).to_be_visible()
    return page.url


async def test_a_teacher_plans_opens_and_a_student_comes_in(
    lectern: RunningLectern, enter: Enter
) -> None:
    teacher, student = await enter("teacher"), await enter("student1")
    course = await open_course(teacher.page, lectern.base_url)
    await teacher.page.get_by_role("button", name="Plan a class").click()
    dialog = teacher.page.locator("dialog[open]")
    await dialog.get_by_label("What it is about").fill("Echoes")
    await dialog.get_by_label("From").fill("23:10")
    await dialog.get_by_label("To", exact=True).fill("23:55")
    await dialog.get_by_role("button", name="Plan it").click()
    row = teacher.page.locator(".classes li", has_text="Echoes")
    await expect(row).to_be_visible()

    await row.get_by_role("button", name="Change Echoes").click()
    await dialog.get_by_label("What it is about").fill("Echoes and shadows")
    await dialog.get_by_role("button", name="Save").click()
    row = teacher.page.locator(".classes li", has_text="Echoes and shadows")
    await row.get_by_test_id("open-class").click()
    await expect(teacher.page).to_have_url(re.compile(r"/classes/[0-9a-f-]+$"))

    await student.page.goto(course)
    row = student.page.locator(".classes li", has_text="Echoes and shadows")
    await expect(row.get_by_test_id("join-class")).to_be_visible()


async def test_a_lesson_is_written_read_and_kept_over_a_reload(
    lectern: RunningLectern, enter: Enter
) -> None:
    teacher, student = await enter("teacher"), await enter("student1")
    page = teacher.page
    course = await open_course(page, lectern.base_url)
    await page.get_by_role("link", name="New lesson").click()
    await page.get_by_label("Title").fill("Standing waves")
    await page.get_by_label("Text").fill(
        "# Nodes\n\nThey **rest**.\n\n- one\n- two\n\n<b>plain</b>"
    )
    await page.reload()
    await expect(page.get_by_label("Title")).to_have_value("Standing waves")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Standing waves")).to_be_visible()

    await student.page.goto(course)
    await student.page.get_by_role("link", name="Standing waves").click()
    text = student.page.locator(".prose")
    await expect(text.get_by_role("heading", name="Nodes")).to_be_visible()
    await expect(text.locator("strong")).to_have_text("rest")
    await expect(text.locator("li")).to_have_count(2)
    await expect(text.get_by_text("<b>plain</b>")).to_be_visible()
    await expect(student.page.get_by_role("link", name="Edit")).to_have_count(0)


async def test_the_second_of_two_writers_is_told_and_loses_no_word(
    lectern: RunningLectern, enter: Enter
) -> None:
    first, second = await enter("teacher"), await enter("admin")
    await open_course(first.page, lectern.base_url)
    lesson = await first.page.locator(".lessons a").first.get_attribute("href")
    for person in (first, second):
        await person.go(f"{lesson}/edit")
        await expect(person.page.get_by_label("Title")).to_be_visible()
    await first.page.get_by_label("Title").fill("What a wave is, again")
    await first.page.get_by_role("button", name="Save").click()
    await expect(first.page.get_by_role("heading", name="What a wave is, again")).to_be_visible()

    await second.page.get_by_label("Title").fill("What waves are")
    await second.page.get_by_role("button", name="Save").click()
    await expect(second.page.get_by_text("Somebody changed this meanwhile")).to_be_visible()
    await expect(second.page.get_by_label("Title")).to_have_value("What waves are")
    await second.page.get_by_role("button", name="Save").click()
    await expect(second.page.get_by_role("heading", name="What waves are")).to_be_visible()


async def test_people_are_added_enrolled_deactivated_and_brought_back(
    lectern: RunningLectern, enter: Enter, tmp_path: Path
) -> None:
    admin = await enter("admin")
    page = admin.page
    await admin.go("/admin/people")
    await page.get_by_role("button", name="Add a person").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("Name").fill("Bilal Haddad")
    await dialog.get_by_label("Email").fill("bilal@demo.school")
    await dialog.get_by_role("button", name="Add a person").click()
    password = await dialog.locator(".secret code").inner_text()
    assert len(password) >= 10
    await dialog.get_by_role("button", name="Done").click()

    row = page.locator("tr", has_text="bilal@demo.school")
    await row.get_by_role("button").click()
    await page.get_by_role("button", name="Deactivate").click()
    await expect(row.get_by_text("Deactivated")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(row.get_by_text("Deactivated")).to_have_count(0)

    sheet = tmp_path / "people.csv"
    sheet.write_text(
        "email,name,roles\nnew@demo.school,New Person,student\nbilal@demo.school,Bilal,student\nbroken,,x\n",
        encoding="utf-8",
    )
    await page.get_by_role("button", name="Import a list").click()
    await dialog.get_by_label("CSV file").set_input_files(sheet)
    await dialog.get_by_role("button", name="Import").click()
    await expect(dialog.get_by_text("One person was added, of 3 rows.")).to_be_visible()
    await expect(dialog.get_by_text("Was there already")).to_be_visible()
    await expect(dialog.get_by_text("Left out")).to_be_visible()
    async with page.expect_download() as download:
        await dialog.get_by_role("button", name="Save the new passwords").click()
    assert "new@demo.school," in (await (await download.value).path()).read_text("utf-8")

    teacher = await enter("teacher")
    await open_course(teacher.page, lectern.base_url)
    await teacher.page.get_by_role("button", name="Add people").click()
    dialog = teacher.page.locator("dialog[open]")
    await dialog.get_by_label("Email addresses").fill("new@demo.school; nobody@demo.school")
    await dialog.get_by_role("button", name="Add people").click()
    await expect(dialog.get_by_text("New Person is in the course.")).to_be_visible()
    await expect(dialog.get_by_text("Nobody in the school has this email.")).to_be_visible()
    await expect(dialog.get_by_label("Email addresses")).to_have_value("nobody@demo.school")


async def test_an_address_of_the_school_is_kept_through_the_sign_in(
    lectern: RunningLectern, enter: Enter
) -> None:
    person = await enter("student3")
    await person.page.context.clear_cookies()
    await person.go("/courses")
    await expect(person.page).to_have_url(re.compile(r"/signin\?to=%2Fcourses$"))
    await person.part("signin-email").fill("student3@demo.school")
    await person.part("signin-password").fill("lectern-demo")
    await person.part("signin-submit").click()
    await expect(person.page).to_have_url(f"{lectern.base_url}/courses")


async def test_signing_out_in_one_tab_signs_the_other_out(
    lectern: RunningLectern, enter: Enter
) -> None:
    person = await enter("student4")
    other = await person.page.context.new_page()
    await other.goto(f"{lectern.base_url}/")
    await expect(other.locator(".me")).to_be_visible()
    await person.page.locator(".me").click()
    await person.page.get_by_role("button", name="Sign out").click()
    await expect(other.get_by_test_id("signin-email")).to_be_visible()
