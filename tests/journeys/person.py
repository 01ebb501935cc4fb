"""One person at one browser page, in the words of the journeys."""

from typing import Any

from playwright.async_api import Locator, Page, expect


class Person:
    """What a person does and sees; every wait has Playwright's deadline."""

    def __init__(self, who: str, page: Page, base_url: str) -> None:
        self.who = who
        self.page = page
        self._base = base_url

    def part(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.goto(f"{self._base}/signin")
        await self.part("signin-email").fill(email)
        await self.part("signin-password").fill(password)
        await self.part("signin-submit").click()
        await expect(self.part("signin-submit")).to_have_count(0)

    async def go(self, path: str) -> None:
        await self.page.goto(f"{self._base}{path}")

    async def join_class(self, class_id: str) -> None:
        """Go to the door of the class and through it."""
        await self.go(f"/classes/{class_id}")
        await self.part("door-join").click()
        await expect(self.part("class-page")).to_be_visible()

    async def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate("() => window.lectern.stats()")
        return found

    async def until(self, condition: str, argument: object = None, timeout_s: float = 20) -> None:
        """Wait until the async JavaScript function `condition(stats, argument)` is true."""
        await self.page.evaluate(
            """async ([source, argument, deadline]) => {
                const holds = (0, eval)(`(${source})`);
                const end = performance.now() + deadline;
                let seen;
                while (performance.now() < end) {
                    seen = window.lectern ? await window.lectern.stats() : undefined;
                    if (seen && await holds(seen, argument)) return;
                    await new Promise(resume => setTimeout(resume, 50));
                }
                throw new Error(`not within ${deadline} ms: ${source} of ${JSON.stringify(seen)}`);
            }""",
            [condition, argument, timeout_s * 1000],
        )

    async def sees_moving_pictures(self, count: int) -> None:
        """Wait until `count` people's cameras have decoded frames, then until each decoded more."""
        before = (
            "s => s.remote.filter(r => r.source === 'camera' && r.framesDecoded > 0).length >= "
        )
        await self.until(f"{before}{count}", timeout_s=30)
        seen = {
            track["user"]: track["framesDecoded"]
            for track in (await self.stats())["remote"]
            if track["source"] == "camera"
        }
        await self.until(
            "(s, old) => Object.entries(old).every(([user, n]) => s.remote.some("
            "r => r.user === user && r.source === 'camera' && r.framesDecoded > n + 5))",
            {user: n for user, n in seen.items() if n > 0},
        )

    async def hears(self) -> None:
        """Wait until sound with energy has come in."""
        await self.until("s => s.remote.some(r => r.source === 'mic' && r.audioEnergy > 0.0001)")

    async def says(self, text: str) -> None:
        if not await self.part("chat-input").is_visible():
            await self.part("panel-chat").click()
        await self.part("chat-input").fill(text)
        await self.part("chat-send").click()

    async def chat(self) -> list[str]:
        return await self.part("chat-line").all_inner_texts()

    async def reads(self, text: str) -> None:
        await expect(self.part("chat-line").filter(has_text=text)).to_have_count(1)

    async def sees_hands(self, count: int) -> list[str | None]:
        """Wait until `count` hands are up on the tiles; return whose, in the order of the queue."""
        raised = self.page.locator('[data-testid="tile"]:not([data-hand="0"])')
        await expect(raised).to_have_count(count)
        queue = {await tile.get_attribute("data-hand"): tile for tile in await raised.all()}
        return [await queue[str(n)].get_attribute("data-user") for n in range(1, count + 1)]
