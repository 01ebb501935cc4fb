"""One person in an exam, in the words of the journeys."""

from typing import Literal

from playwright.async_api import FilePayload, Locator, Page, expect

from tests.journeys.papers import Exam
from tests.journeys.person import Person

# What each kind is answered with, as the wire has it; file_upload is told by how many there are.
VALUES: dict[str, object] = {
    "single_choice": "o1",
    "multiple_choice": ["o0", "o2"],
    "true_false": True,
    "short_text": "hertz",
    "numeric": {"number": "20.5", "unit": "m/s"},
    "matching": {"l0": "o0", "l1": "o1", "l2": "o2"},
    "ordering": ["o0", "o1", "o2", "o3"],
    "cloze": {"how": "reflected", "what": "o0"},
    "essay": "The wall of rock throws the sound back. A wood swallows it.",
}

# How they are given: what is checked, what is typed, what is taken from lists.
CHOSEN: dict[str, list[tuple[Literal["radio", "checkbox"], str]]] = {
    "multiple_choice": [("checkbox", "Light"), ("checkbox", "Radio")],
    "true_false": [("radio", "True")],
}
TYPED = {"short_text": ["hertz"], "numeric": ["20,5"], "cloze": ["reflected"]}
TAKEN = {"numeric": ["m/s"], "cloze": ["stays"]}
# What each place of a matching is matched with: its ids are others in each paper.
MATCHED = ["letter f", "letter lambda", "letter T"]


class Examinee:
    """What a learner does in an exam; every wait has Playwright's deadline."""

    def __init__(self, person: Person, exam: Exam) -> None:
        self.person = person
        self.exam = exam
        self.kinds = list(exam.questions)

    @property
    def page(self) -> Page:
        return self.person.page

    def part(self, test_id: str) -> Locator:
        return self.person.part(test_id)

    @property
    def sheet(self) -> Locator:
        return self.part("exam")

    @property
    def attempt_id(self) -> str:
        return self.page.url.rpartition("/")[2]

    async def begins(self) -> None:
        await self.person.go(self.exam.path)
        await self.part("exam-begin").click()
        await self.sits()

    async def sits(self) -> None:
        """Wait until the exam is here."""
        await expect(self.sheet).to_be_visible()

    async def can_lose_the_link(self) -> None:
        """Wait until the browser has all that a reload without a link needs."""
        await self.page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")

    async def is_looked_at_again(self) -> None:
        """As after a while in another tab: the page asks at once how things stand."""
        await self.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")

    async def turns_to(self, kind: str) -> None:
        await self.part("exam-map-place").nth(self.kinds.index(kind)).click()
        await expect(self.part("exam-question")).to_have_attribute("data-kind", kind)

    async def is_saved(self) -> None:
        """Wait until the school has acknowledged everything."""
        await expect(self.sheet).to_have_attribute("data-waiting", "0")
        await expect(self.part("exam-saved")).to_have_attribute("data-state", "saved")

    async def is_kept_here(self) -> None:
        """Wait until the page says that answers wait in this browser."""
        await expect(self.part("exam-saved")).to_have_attribute("data-state", "kept")

    async def answers(self, kind: str) -> None:
        await self.turns_to(kind)
        question = self.part("exam-question")
        if kind == "ordering":
            await self._puts_in_order(["X-rays", "visible light", "microwaves", "radio waves"])
        elif kind == "file_upload":
            file = FilePayload(name="wave.txt", mimeType="text/plain", buffer=b"~~~~")
            await question.locator("input[type=file]").set_input_files([file])
            await expect(question.get_by_role("link", name="wave.txt")).to_be_visible()
        elif kind == "single_choice":
            await question.locator("[data-digit='2']").check()
        elif kind == "essay":
            await question.get_by_role("textbox").press_sequentially(str(VALUES["essay"]))
        for role, name in CHOSEN.get(kind, ()):
            await question.get_by_role(role, name=name).check()
        for text in TYPED.get(kind, ()):
            await question.get_by_role("textbox").fill(text)
        if kind == "matching":
            for at in range(len(MATCHED)):
                place = question.get_by_role("combobox").nth(at)
                await place.select_option(await self.matched(at))
        for at, option in enumerate(TAKEN.get(kind, ())):
            await question.get_by_role("combobox").nth(at).select_option(label=option)

    async def matched(self, at: int) -> str:
        """What the paper calls the right thing for this place of a matching."""
        place = self.part("exam-question").get_by_role("combobox").nth(at)
        option = place.locator("option").filter(has_text=MATCHED[at])
        return await option.get_attribute("value") or ""

    async def _puts_in_order(self, texts: list[str]) -> None:
        rows = self.part("exam-question").locator(".order-row")
        for place, text in enumerate(texts):
            row = rows.filter(has_text=text)
            while (await rows.nth(place).inner_text()).find(text) < 0:
                await row.get_by_role("button", name=f"Move up: {text}").click()
        keep = self.part("exam-question").get_by_role("button", name="Keep this order")
        if await keep.count():
            await keep.click()

    async def hands_in(self) -> str:
        """Hand in, and return the receipt."""
        await self.part("exam-hand-in").click()
        await self.part("exam-hand-in-yes").click()
        return await self.receipt()

    async def receipt(self) -> str:
        await expect(self.part("exam-receipt")).to_be_visible(timeout=60_000)
        return await self.part("exam-receipt-code").inner_text()
