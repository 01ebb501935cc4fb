"""One person in a lesson of the tutor, and the course that it is about, in the words of the journeys."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.journeys.person import Person
from tests.support.running import RunningLectern

SKILLS = ("slope from a table", "slope from two points")
ITEMS_EACH = 4
RIGHT = "This is so"
WRONG = ("That is so", "Neither is so")
COLUMNS = (
    *("kind", "title", "language", "level", "difficulty", "skills", "prompt"),
    *("options", "answer", "feedback", "explanation"),
)


async def _sent(session: Any, path: str, body: object, wish: str) -> dict[str, Any]:
    async with session.post(
        f"/api/v1{path}", json=body, headers={"Idempotency-Key": wish}
    ) as reply:
        made: dict[str, Any] = await reply.json()
        assert reply.status in (200, 201), made
    return made


async def make_course(
    lectern: RunningLectern, title: str, *learners: str, items_each: int = ITEMS_EACH
) -> str:
    """A course with some items of two skills in its bank; of each the option `RIGHT` is right."""
    now = datetime.now(UTC).isoformat()  # noqa: TID251 - a test's shell
    async with lectern.signed_in("admin") as session:
        course = str((await _sent(session, "/courses", {"title": title}, f"{title} {now}"))["id"])
        for role, who in (("teacher", "teacher"), *(("student", who) for who in learners)):
            new = {"email": f"{who}@demo.school", "role": role}
            await _sent(session, f"/courses/{course}/enrolments", new, f"{course} {who}")
    async with (
        lectern.signed_in("teacher") as session,
        session.post(
            f"/api/v1/courses/{course}/questions/import",
            data=_bank(items_each),
            headers={"Content-Type": "text/csv; charset=utf-8", "Idempotency-Key": course},
        ) as reply,
    ):
        assert reply.status in (200, 201), await reply.text()
    return course


def _bank(items_each: int) -> bytes:
    table = io.StringIO()
    rows = csv.DictWriter(table, COLUMNS, restval="")
    rows.writeheader()
    for skill in SKILLS:
        for number in range(items_each):
            rows.writerow(
                {
                    "kind": "single_choice",
                    "title": f"{skill} {number}",
                    "language": "en",
                    "level": 1,
                    "difficulty": 50,
                    "skills": skill,
                    "prompt": f"The {skill}, number {number}: what is so?",
                    "options": f"so: {RIGHT}\nthat: {WRONG[0]}\nneither: {WRONG[1]}",
                    "answer": "so",
                    "feedback": "that: That is the **other** way round.",
                    "explanation": f"By the rule of {skill}.",
                }
            )
    return table.getvalue().encode()


class Learner:
    """What a learner does in practice; every wait has Playwright's deadline."""

    def __init__(self, person: Person, course: str) -> None:
        self.person = person
        self.course = course

    @property
    def page(self) -> Page:
        return self.person.page

    def part(self, test_id: str) -> Locator:
        return self.person.part(test_id)

    @property
    def item(self) -> Locator:
        return self.part("practice-item")

    async def opens(self) -> None:
        """Go to practice, and past the offer to be placed where it is made."""
        await self.person.go(f"/courses/{self.course}/practice")
        await expect(self.item.or_(self.part("placement-offer"))).to_be_visible()
        if await self.part("placement-offer").count():
            await self.part("placement-skip").click()
        await self.is_asked()

    async def is_asked(self) -> None:
        await expect(self.item).to_have_attribute("data-stage", "asking")

    async def can_lose_the_link(self) -> None:
        """Wait until this browser has all that the lesson needs without a link."""
        await self.page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")

    async def gives(self, text: str, *, until: str = "checked") -> str:
        """Answer the item by the keyboard; returns its id."""
        shown = await self.item.get_attribute("data-item") or ""
        option = self.item.get_by_role("radio", name=text)
        await self.page.keyboard.press(await option.get_attribute("data-digit") or "")
        await expect(option).to_be_checked()
        await self.page.keyboard.press("Enter")
        await expect(self.item).to_have_attribute("data-stage", until)
        return shown

    async def goes_on(self) -> None:
        """By Enter, which is Next once the item is done."""
        await expect(self.part("practice-next")).to_be_focused()
        await self.page.keyboard.press("Enter")

    async def skill(self) -> str:
        """Which skill the item is of, by its words."""
        words = await self.item.inner_text()
        return next(skill for skill in SKILLS if skill in words)

    async def reports(self, reason: str, note: str) -> None:
        """Say that the item is wrong, and see it taken."""
        await self.page.get_by_role("button", name="More").click()
        await self.part("practice-report").click()
        form = self.part("report")
        await form.get_by_label(reason).check()
        await form.get_by_role("textbox").fill(note)
        await form.get_by_role("button", name="Send").click()
        await expect(form).to_have_count(0)
        await expect(self.page.get_by_text("A person will look at the question.")).to_be_visible()

    async def ends_here(self) -> None:
        await self.page.get_by_role("button", name="More").click()
        await self.part("practice-end").click()
        await self.is_done()

    async def is_done(self) -> Locator:
        await expect(self.part("practice-summary")).to_be_visible()
        return self.part("practice-summary")
