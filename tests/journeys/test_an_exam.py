"""An exam in a real browser: answers of every kind, a server that is killed, two devices, more time, the end of the time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.journeys.examinee import VALUES, Examinee
from tests.journeys.papers import KINDS, make_exam
from tests.support.running import RunningLectern

BEAT_MS = 20_000


async def handed_in(lectern: RunningLectern, attempt_id: str) -> dict[str, Any]:
    """The answers that the school has, by kind, as those who mark see them; what was chosen of many in no order."""
    async with (
        lectern.signed_in("teacher") as session,
        session.get(f"/api/v1/attempts/{attempt_id}/script") as reply,
    ):
        script = await reply.json()
        assert reply.status == 200, script
    found = {one["item"]["kind"]: one["value"] for one in script["items"]}
    if "multiple_choice" in found:
        found["multiple_choice"] = sorted(found["multiple_choice"] or [])
    return found


async def test_a_kill_and_a_reload_in_the_middle_lose_nothing(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Killed in the middle")
    learner = Examinee(await enter("student1"), exam)
    await learner.begins()
    await learner.can_lose_the_link()
    for kind in ("single_choice", "multiple_choice", "matching", "file_upload"):
        await learner.answers(kind)
    await learner.is_saved()

    await lectern.kill()
    for kind in ("true_false", "numeric", "essay"):
        await learner.answers(kind)
    await learner.is_kept_here()
    await learner.page.reload()
    await learner.sits()
    await expect(learner.part("exam-answered")).to_have_text("7 of 10 answered")
    await learner.answers("short_text")
    await learner.is_kept_here()

    await lectern.start()
    await learner.is_saved()
    for kind in ("ordering", "cloze"):
        await learner.answers(kind)
    attempt_id = learner.attempt_id
    receipt = await learner.hands_in()
    await expect(learner.part("exam-receipt-answered")).to_have_text("10 of 10 answered")

    found = await handed_in(lectern, attempt_id)
    assert {kind: found[kind] for kind in VALUES} == VALUES
    assert len(found["file_upload"]) == 1
    await learner.page.reload()
    assert await learner.receipt() == receipt
    whose = learner.part("exam-receipt-of")
    await expect(whose).to_contain_text("Killed in the middle")
    await expect(whose).to_contain_text("Lena Fischer")
    left: int = await learner.page.evaluate(
        """() => new Promise((done, failed) => {
            const opening = indexedDB.open("lectern.exams");
            opening.onerror = failed;
            opening.onsuccess = () => {
                const names = ["entries", "attempts"];
                const tx = opening.result.transaction(names);
                const counts = names.map(name => tx.objectStore(name).count());
                tx.oncomplete = () => done(counts[0].result + counts[1].result);
            };
        })"""
    )
    assert left == 0, "nothing of the exam stays in the browser"


async def test_the_newest_of_two_devices_counts_and_the_other_says_so(
    lectern: RunningLectern, enter: Enter
) -> None:
    exam = await make_exam(lectern, "Two devices", ("single_choice", "short_text"))
    first = Examinee(await enter("student2"), exam)
    second = Examinee(await enter("student2"), exam)
    await first.begins()
    await first.answers("single_choice")
    await first.is_saved()
    await second.begins()
    await second.turns_to("single_choice")
    await expect(second.part("exam-question").get_by_role("radio").nth(1)).to_be_checked()

    await first.turns_to("short_text")
    await first.part("exam-question").get_by_role("textbox").fill("of the older device")
    await expect(first.part("exam-superseded")).to_be_visible(timeout=BEAT_MS)
    await expect(first.part("exam-question").get_by_role("textbox")).not_to_be_editable()
    await second.answers("short_text")
    await second.is_saved()

    await first.part("exam-take-over").click()
    await expect(first.part("exam-superseded")).to_have_count(0)
    await expect(first.part("exam-question").get_by_role("textbox")).to_have_value("hertz")
    await second.is_looked_at_again()
    await expect(second.part("exam-superseded")).to_be_visible(timeout=BEAT_MS)
    attempt_id = first.attempt_id
    receipt = await first.hands_in()
    assert await second.receipt() == receipt
    assert (await handed_in(lectern, attempt_id))["short_text"] == "hertz"


async def test_more_time_is_seen_without_a_reload(lectern: RunningLectern, enter: Enter) -> None:
    exam = await make_exam(lectern, "More time", ("short_text",))
    learner = Examinee(await enter("student3"), exam)
    await learner.begins()
    async with (
        lectern.signed_in("teacher") as session,
        session.post(
            f"/api/v1/assessments/{exam.assessment_id}/extend",
            json={"minutes": 10, "reason": "an outage"},
            headers={"Idempotency-Key": "more time"},
        ) as reply,
    ):
        assert reply.status == 200, await reply.text()
    await expect(learner.part("exam-extended")).to_contain_text("10 more minutes", timeout=BEAT_MS)
    left = await learner.part("exam-left").get_attribute("data-left")
    assert left is not None
    assert 59 * 60 < int(left) <= 60 * 60


async def test_the_end_of_the_time_locks_the_page_and_hands_in(
    lectern: RunningLectern, enter: Enter
) -> None:
    person = await enter("student4")
    ends = datetime.now(UTC) + timedelta(seconds=16)  # noqa: TID251 - a test's shell
    exam = await make_exam(
        lectern, "Ends soon", ("short_text",), closes_at=ends.isoformat(), grace_seconds=2
    )
    learner = Examinee(person, exam)
    await learner.begins()
    await learner.answers("short_text")
    await learner.is_saved()
    await expect(learner.part("exam-time-up")).to_be_visible(timeout=40_000)
    await expect(learner.part("exam-question").get_by_role("textbox")).not_to_be_editable()
    await learner.receipt()
    await expect(learner.part("exam-receipt")).to_contain_text("The time was up")
    await expect(learner.part("exam-receipt-answered")).to_have_text("1 of 1 answered")


async def test_handing_in_names_what_is_unanswered(lectern: RunningLectern, enter: Enter) -> None:
    exam = await make_exam(lectern, "Unanswered", tuple(KINDS)[:4])
    learner = Examinee(await enter("student5"), exam)
    await learner.begins()
    await learner.answers("true_false")
    await learner.part("exam-flag").click()
    await learner.part("exam-hand-in").click()
    dialog = learner.part("exam-hand-in-dialog")
    await expect(dialog).to_contain_text("3 questions have no answer:")
    await expect(dialog).to_contain_text("One question is flagged:")
    await dialog.get_by_role("button", name="To question 2").click()
    await expect(learner.part("exam-question")).to_have_attribute("data-kind", "multiple_choice")
