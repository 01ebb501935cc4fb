"""The live board: it moves while learners answer, says who lost the link, and gives everybody more time."""

import re

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from tests.journeys.conftest import DESKTOP, PHONE, Enter
from tests.journeys.examinee import Examinee
from tests.journeys.papers import make_exam
from tests.journeys.person import Person
from tests.support.running import RunningLectern


def row_of(board: Person, name: str) -> Locator:
    return board.page.locator(".board tbody tr", has_text=name)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_board_moves_while_a_learner_answers(
    size: ViewportSize, lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, f"Seen at {size['width']}", ("true_false", "short_text"))
    teacher = await enter("teacher", viewport=size)
    await teacher.go(f"/assessments/{exam.assessment_id}/board")
    row = row_of(teacher, "Lena Fischer")
    await expect(row).to_have_attribute("data-live", "not_started")
    await expect(teacher.page.locator(".board tbody tr")).to_have_count(30)

    learner = Examinee(await enter("student1"), exam)
    await learner.begins()
    await expect(row).to_have_attribute("data-live", "started")
    await learner.answers("true_false")
    await expect(row).to_have_attribute("data-live", "answering")
    await expect(row).to_contain_text("1 of 2")
    await expect(teacher.page.locator(".board-tile.answering b")).to_have_text("1")
    await learner.answers("short_text")
    await learner.hands_in()
    await expect(row).to_have_attribute("data-live", "submitted")
    await expect(row).to_contain_text("2 of 2")
    await teacher.page.locator(".board-tile.submitted").click()
    await expect(teacher.page.locator(".board tbody tr")).to_have_count(1)


async def test_everybody_is_given_more_time_and_sees_it(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Longer for all", ("true_false",), time_limit_minutes=20)
    learners = [Examinee(await enter(who), exam) for who in ("student2", "student5")]
    for learner in learners:
        await learner.begins()
    teacher = await enter("teacher")
    page = teacher.page
    await teacher.go(f"/assessments/{exam.assessment_id}/board")
    left = row_of(teacher, "ليلى الأحمدي").locator("td").last
    await expect(left).to_have_text(re.compile(r"1\d:\d\d"))

    await page.get_by_role("button", name="More time for everybody").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("Minutes").fill("15")
    await dialog.get_by_label("Reason").fill("The power was out.")
    await dialog.get_by_role("button", name="Give 15 minutes").click()
    await expect(dialog.get_by_text("2 learners have more time.")).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    await expect(left).to_have_text(re.compile(r"3\d:\d\d"))


async def test_the_board_says_how_old_it_is_when_the_school_does_not_answer(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "A board without a link", ("true_false",))
    teacher = await enter("teacher")
    await teacher.go(f"/assessments/{exam.assessment_id}/board")
    await expect(teacher.part("board-age")).to_contain_text(re.compile("Updated|Up to date"))
    await teacher.page.context.set_offline(True)
    await expect(teacher.part("board-age")).to_contain_text("Not updated for")
    await expect(teacher.page.locator(".board tbody tr")).to_have_count(30)
    await teacher.page.context.set_offline(False)
    await expect(teacher.part("board-age")).not_to_contain_text("Not updated for")


async def test_a_proctor_watches_and_runs_nothing(lectern: RunningLectern, enter: Enter) -> None:
    exam = await make_exam(lectern, "Watched by a proctor", ("true_false",))
    proctor = await enter("proctor")
    await proctor.go(f"/courses/{exam.course_id}")
    await proctor.page.get_by_role("link", name="Watched by a proctor").click()
    await expect(row_of(proctor, "Lena Fischer")).to_have_attribute("data-live", "not_started")
    await expect(proctor.page.locator(".exam-ways a")).to_have_text(["Live board"])
    await expect(proctor.page.get_by_role("button", name="More time for everybody")).to_have_count(
        0
    )
