"""Marking by hand with keys alone, the release, and what the learner then reads."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Enter
from tests.journeys.examinee import Examinee
from tests.journeys.papers import Exam, make_exam
from tests.journeys.person import Person
from tests.support.running import RunningLectern


async def written_by(enter: Enter, exam: Exam, *who: str) -> dict[str, Examinee]:
    """These learners answer everything and hand in."""
    learners = {}
    for name in who:
        learner = learners[name] = Examinee(await enter(name), exam)
        await learner.begins()
        for kind in learner.kinds:
            await learner.answers(kind)
        await learner.hands_in()
    return learners


async def goes_marking(teacher: Person, exam: Exam, waiting: int) -> None:
    """Open the queue once everything that was handed in is scored as far as the school can."""
    await teacher.go(f"/assessments/{exam.assessment_id}/marking")
    badges = teacher.page.locator(".mark-queue .badge.acc")
    for _ in range(100):
        if await badges.count() == waiting:
            break
        await teacher.page.wait_for_timeout(200)
        await teacher.page.reload()
        await expect(teacher.page.get_by_test_id("mark-sum")).to_be_visible()
    await expect(badges).to_have_count(waiting)


async def test_essays_are_marked_by_keys_released_and_read(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Marked by keys", ("short_text", "essay"))
    learners = await written_by(enter, exam, "student1", "student2")
    teacher = await enter("teacher")
    page = teacher.page
    await goes_marking(teacher, exam, waiting=2)
    learner = learners["student1"]
    await learner.person.go(f"{exam.path}/attempts/{learner.attempt_id}/result")
    await expect(learner.part("result-score")).to_have_count(0)

    await page.keyboard.press("1")
    await expect(teacher.part("mark-sum")).to_have_text("0 of 1")
    await page.keyboard.press("2")
    await expect(teacher.part("mark-sum")).to_have_text("1 of 1")
    await expect(teacher.part("mark-saved")).to_have_attribute("data-state", "changed")
    await page.keyboard.press("c")
    await page.keyboard.type("You saw both walls.")
    first = await page.locator(".mark-work h2").inner_text()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".mark-work h2")).not_to_have_text(first)
    await expect(page.locator(".mark-queue .badge.acc")).to_have_count(1)

    await page.keyboard.press("k")
    await expect(page.locator(".mark-work h2")).to_have_text(first)
    await expect(teacher.part("mark-saved")).to_have_attribute("data-state", "saved")
    await expect(page.get_by_label("Comment")).to_have_value("You saw both walls.")
    await page.keyboard.press("j")
    await expect(page.locator(".mark-work h2")).not_to_have_text(first)
    await gives(teacher, "1")
    await expect(page.locator(".mark-queue .badge.acc")).to_have_count(0)

    await Examinee(await enter("student6"), exam).begins()
    await page.get_by_role("button", name="Release the scores").click()
    await expect(page.locator("dialog[open]")).to_contain_text("One learner is still in the exam.")
    await teacher.confirms()
    await expect(page.get_by_text("2 scores are released.")).to_be_visible()
    scores = set()
    for learner in learners.values():
        await learner.page.reload()
        if learner is learners["student2"]:
            await learner.person.go(f"{exam.path}/attempts/{learner.attempt_id}/result")
        await expect(learner.part("result-score")).to_be_visible()
        scores.add((await learner.part("result-score").inner_text()).split()[0])
    assert scores == {"1", "2"}
    read = [
        await learner.page.get_by_text("You saw both walls.").count()
        for learner in learners.values()
    ]
    assert sorted(read) == [0, 1], "each learner reads their own comment"


async def test_a_mark_that_did_not_arrive_is_not_called_saved(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Marked without a link", ("essay",))
    await written_by(enter, exam, "student3")
    teacher = await enter("teacher", viewport=PHONE)
    page = teacher.page
    await teacher.go(f"/assessments/{exam.assessment_id}/marking")
    await expect(page.locator(".mark-choose option", has_text="one to mark")).to_have_count(1)
    await expect(teacher.part("mark-sum")).to_be_visible()

    await page.context.set_offline(True)
    await page.get_by_role("radio", name="there").check()
    await page.get_by_label("Comment").fill("Kept while the link was away.")
    await page.get_by_role("button", name="Save, next").click()
    await expect(teacher.part("mark-saved")).to_have_attribute("data-state", "failed")
    await page.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_label("Comment")).to_have_value("Kept while the link was away.")
    await expect(page.get_by_role("radio", name="there")).to_be_checked()
    await page.get_by_role("button", name="Save, next").click()
    await expect(teacher.part("mark-saved")).to_have_attribute("data-state", "saved")


async def gives(marker: Person, level: str) -> None:
    """Choose the level by its key, and save it once the page has it."""
    await marker.page.keyboard.press(level)
    await expect(marker.part("mark-saved")).to_have_attribute("data-state", "changed")
    await marker.page.keyboard.press("Enter")


async def test_the_second_of_two_rounds_is_given_by_somebody_else(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Two rounds", ("essay",), second_round=True)
    await written_by(enter, exam, "student4")
    first, second = await enter("teacher"), await enter("admin")
    await goes_marking(first, exam, waiting=1)
    await gives(first, "2")
    await expect(first.part("mark-saved")).to_have_attribute("data-state", "saved")
    await first.page.get_by_role("button", name="Second", exact=True).click()
    await expect(first.page.get_by_role("heading", name="Marks, second round")).to_be_visible()
    await gives(first, "1")
    await expect(first.part("mark-saved")).to_contain_text(
        "The two rounds are given by two people"
    )

    await goes_marking(second, exam, waiting=1)
    await expect(second.page.get_by_role("heading", name="Marks, second round")).to_be_visible()
    await gives(second, "1")
    await expect(second.part("mark-saved")).to_have_attribute("data-state", "saved")
    await expect(second.page.get_by_text("rounds far apart")).to_have_count(0)
    await second.page.reload()
    await expect(second.page.get_by_text("rounds far apart")).to_be_visible()


async def test_a_file_is_opened_from_the_desk(lectern: RunningLectern, enter: Enter) -> None:
    exam = await make_exam(lectern, "With a file", ("file_upload",))
    await written_by(enter, exam, "student5")
    teacher = await enter("teacher")
    await goes_marking(teacher, exam, waiting=1)
    link = teacher.page.get_by_role("link", name="wave.txt")
    got = await teacher.page.request.get(await link.evaluate("a => a.href"))
    assert (got.status, await got.body()) == (200, b"~~~~")


async def test_late_answers_count_when_the_teacher_says_so(
    lectern: RunningLectern, enter: Enter
) -> None:
    person = await enter("student6")
    ends = datetime.now(UTC) + timedelta(seconds=13)  # noqa: TID251 - a test's shell
    exam = await make_exam(
        lectern, "Late", ("short_text",), closes_at=ends.isoformat(), grace_seconds=0
    )
    learner = Examinee(person, exam)
    await learner.begins()
    item = str(await learner.part("exam-question").get_attribute("data-item"))
    attempt = learner.attempt_id
    teacher = await enter("teacher")
    await learner.receipt()
    await person.page.context.close()
    async with lectern.signed_in("student6") as session:
        path = f"/api/v1/attempts/{attempt}/answers/{item}"
        body = {"opening": 1, "seq": 1, "value": "hertz"}
        async with session.put(path, json=body) as reply:
            assert (reply.status, (await reply.json())["late"]) == (200, True)

    await teacher.go(f"/assessments/{exam.assessment_id}/marking?attempt={attempt}")
    banner = teacher.page.get_by_role("group", name="Late answers")
    await expect(banner).to_contain_text("One answer came late. It does not count.")
    await banner.get_by_role("button", name="Count late answers").click()
    await expect(banner).to_contain_text("It counts.")
    await expect(teacher.page.locator(".mark-queue li")).to_contain_text("1 of 1")
