"""A key that was wrong: changed in the bank, looked at before it counts, applied, and seen in the gradebook."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.papers import make_exam
from tests.journeys.test_marking_an_essay import written_by
from tests.support.running import RunningLectern


async def test_a_changed_key_is_previewed_applied_and_seen_in_the_gradebook(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Regraded", ("true_false", "short_text"), release="at_once")
    learners = await written_by(enter, exam, "student1", "student2")
    teacher = await enter("teacher")
    page = teacher.page

    await teacher.go(f"/courses/{exam.course_id}/gradebook")
    row = page.locator(".gb tbody tr", has_text="Lena Fischer")
    await expect(page.locator(".gb thead th", has_text="Regraded")).to_be_visible()
    column = await page.locator(".gb thead th").all_inner_texts()
    at = next(i for i, head in enumerate(column) if head.startswith("Regraded"))
    cell = row.locator("th, td").nth(at)
    before = await cell.inner_text()
    for _ in range(100):
        if before.replace(".", "").isdigit():
            break
        await page.wait_for_timeout(200)
        await page.reload()
        before = await cell.inner_text()
    assert before == "2", "true and hertz are right"

    await teacher.go(f"/questions/{exam.questions['true_false']}")
    await page.get_by_role("button", name="False", exact=True).click()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("is saved as version 2")).to_be_visible()
    await teacher.go(f"/courses/{exam.course_id}/gradebook")
    await expect(cell).to_have_text("2")

    await teacher.go(f"/assessments/{exam.assessment_id}/items")
    await page.get_by_role("button", name="Regrade Regraded: true_false").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_role("button", name="See who changes").click()
    await expect(dialog.locator("tbody tr")).to_have_count(2)
    lena = dialog.locator("tbody tr", has_text="Lena Fischer")
    await expect(lena).to_contain_text("2")
    await expect(lena).to_contain_text("\N{MINUS SIGN}1")
    await dialog.get_by_role("button", name="Change 2 scores").click()
    await expect(dialog.get_by_text("Done. 2 scores changed.")).to_be_visible()
    await dialog.get_by_role("button", name="Close").last.click()

    await teacher.go(f"/courses/{exam.course_id}/gradebook")
    for _ in range(50):
        if await cell.inner_text() == "1":
            break
        await page.wait_for_timeout(200)
        await page.reload()
    await expect(cell).to_have_text("1")
    learner = learners["student1"]
    await learner.person.go(f"{exam.path}/attempts/{learner.attempt_id}/result")
    await expect(learner.part("result-score")).to_contain_text("1")
