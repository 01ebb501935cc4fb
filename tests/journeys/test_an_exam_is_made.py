"""An exam from nothing: created, filled from the bank, given times and more for one learner, published, and seen by its learners."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern


async def test_a_teacher_makes_an_exam_and_learners_find_it(
    lectern: RunningLectern, enter: Enter
) -> None:
    teacher, learner = await enter("teacher"), await enter("student1")
    page = teacher.page
    await page.goto(f"{lectern.base_url}/courses")
    await page.locator(".course-card").first.click()
    await page.get_by_role("button", name="New exam").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("Title").fill("Made by hand")
    await dialog.get_by_role("button", name="Create the exam").click()
    await expect(page.get_by_role("heading", name="Made by hand", level=1)).to_be_visible()
    await expect(page.get_by_role("button", name="Publish")).to_be_disabled()

    await page.get_by_role("button", name="Add a section").click()
    await page.get_by_role("button", name="Add questions by name").click()
    await dialog.get_by_label("Search").fill("leaf pond")
    await dialog.get_by_role("checkbox", name="A leaf on the pond").check()
    await dialog.get_by_role("button", name="Add one").click()
    await expect(page.locator(".named li")).to_have_count(1)
    await page.get_by_role("button", name="Draw from the bank").click()
    draw = page.locator(".draw")
    await draw.get_by_label("How many").fill("200")
    await expect(draw.get_by_role("status")).to_contain_text("200 are wanted")
    await draw.get_by_label("How many").fill("3")
    await draw.get_by_label("Levels").fill("1, 2")
    await draw.get_by_label("Language").select_option("en")
    await expect(draw.get_by_role("status")).to_contain_text("questions of the bank fit.")
    await page.get_by_label("Closes: day").fill("2030-01-02")
    await expect(page.get_by_label("Closes: time")).to_have_value("17:00")
    await page.get_by_label("Opens: day").fill("2030-01-03")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("It closes before it opens.")).to_be_visible()
    await page.get_by_label("Opens: day").fill("2020-01-03")

    await page.reload()
    await expect(page.get_by_label("Opens: day")).to_have_value("2020-01-03")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Made by hand is saved.")).to_be_visible()
    await expect(page.get_by_text("4 questions, 4 points")).to_be_visible()

    await page.get_by_role("button", name="Give a learner more").click()
    await dialog.get_by_label("Learner", exact=True).select_option(label="Lena Fischer")
    await dialog.get_by_label("More time, in percent").fill("25")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("25 % more time")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await teacher.confirms()
    await expect(page.locator("h1 ~ .badge", has_text="Published")).to_be_visible()

    await page.goto(f"{lectern.base_url}/courses")
    await page.locator(".course-card").first.click()
    await page.get_by_role("link", name="Made by hand").click()
    await expect(page.locator(".board tbody tr")).to_have_count(30)
    await learner.page.goto(f"{lectern.base_url}/courses")
    await learner.page.locator(".course-card").first.click()
    await expect(learner.page.get_by_role("link", name="Made by hand")).to_be_visible()


async def test_the_second_of_two_who_change_an_exam_is_told(
    lectern: RunningLectern, enter: Enter
) -> None:
    first, second = await enter("teacher"), await enter("admin")
    await first.page.goto(f"{lectern.base_url}/courses")
    await first.page.locator(".course-card").first.click()
    await first.page.get_by_role("button", name="New exam").click()
    dialog = first.page.locator("dialog[open]")
    await dialog.get_by_label("Title").fill("Two hands")
    await dialog.get_by_role("button", name="Create the exam").click()
    await expect(first.page.get_by_role("heading", name="Two hands", level=1)).to_be_visible()
    await second.page.goto(first.page.url)
    await expect(second.page.get_by_role("heading", name="Two hands", level=1)).to_be_visible()

    await first.page.get_by_label("Time limit, in minutes").fill("30")
    await first.page.get_by_role("button", name="Save", exact=True).click()
    await expect(first.page.get_by_text("Two hands is saved.")).to_be_visible()
    await second.page.get_by_label("Time limit, in minutes").fill("45")
    await second.page.get_by_role("button", name="Save", exact=True).click()
    await expect(second.page.get_by_text("Somebody changed this meanwhile")).to_be_visible()
    await expect(second.page.get_by_label("Time limit, in minutes")).to_have_value("45")
    await second.page.get_by_role("button", name="Save", exact=True).click()
    await expect(second.page.get_by_text("Two hands is saved.")).to_be_visible()
