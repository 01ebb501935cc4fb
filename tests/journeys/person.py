"""One person at one browser page, in the words of the journeys."""

import re
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

    async def user(self) -> str:
        """Who this person is, for the class, once it has let them in."""
        await self.until("s => s.you !== ''")
        return str((await self.stats())["you"])

    def tile_of(self, user: str) -> Locator:
        return self.page.locator(f'[data-testid="tile"][data-user="{user}"]')

    async def sees_that_left(self, user: str) -> None:
        """Wait until this person is in the class no longer: their place may stay a moment."""
        here = self.page.locator(f'[data-testid="tile"][data-user="{user}"][data-gone="false"]')
        await expect(here).to_have_count(0)

    async def is_told(self, words: str) -> None:
        """Wait for the banner that says this."""
        await expect(self.part("banner").filter(has_text=words)).to_be_visible()

    async def is_out(self, why: str) -> None:
        """Wait for the page that says that, and why, the class is over for this person."""
        await expect(self.part("class-ended")).to_have_attribute("data-why", why)

    async def is_back(self) -> None:
        """Wait until the link stands again."""
        await expect(self.part("class-page")).to_have_attribute(
            "data-link", "live", timeout=60_000
        )

    async def confirms(self) -> None:
        """Say yes to the question that is asked."""
        await self.page.locator("dialog[open] .acts button").last.click()
        await expect(self.page.locator("dialog[open]")).to_have_count(0)

    async def opens_people(self) -> None:
        if await self.part("person-row").count() == 0:
            await self.part("panel-people").click()

    async def does_to(self, user: str, what: str) -> None:
        """Choose `what` from the menu of a person in the list of people."""
        await self.opens_people()
        row = self.page.locator(f'[data-testid="person-row"][data-user="{user}"]')
        await row.get_by_role("button", name=re.compile("^Actions for")).click()
        await row.get_by_role("button", name=what, exact=True).click()

    async def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate("() => window.lectern.stats()")
        return found

    async def until(self, condition: str, argument: object = None, timeout_s: float = 40) -> None:
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
        await self.until(f"{before}{count}", timeout_s=60)
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

    async def hears_from(self, user: str, yes: bool = True) -> None:
        """Wait for two seconds in which the sound of this person has gone on, or has been still."""
        await self.until(
            """async (s, [user, yes]) => {
                const energy = stats => stats.remote
                    .filter(r => r.user === user && r.source === 'mic')
                    .reduce((sum, r) => sum + r.audioEnergy, 0);
                await new Promise(resume => setTimeout(resume, 2000));
                const grown = energy(await window.lectern.stats()) - energy(s);
                return yes ? grown > 1e-4 : grown < 1e-6;
            }""",
            [user, yes],
            timeout_s=60,
        )

    async def sees_moving(self, user: str, source: str = "camera") -> None:
        """Wait until ten more frames of this person have been decoded."""
        await self.until(
            """async (s, [user, source]) => {
                const of = stats => stats.remote.find(r => r.user === user && r.source === source);
                const before = of(s)?.framesDecoded;
                for (let looks = 0; before !== undefined && looks < 40; looks += 1) {
                    await new Promise(resume => setTimeout(resume, 50));
                    const now = of(await window.lectern.stats())?.framesDecoded;
                    if (now === undefined) return false;
                    if (now >= before + 10) return true;
                }
                return false;
            }""",
            [user, source],
            timeout_s=60,
        )

    async def sees_nothing_of(self, user: str) -> None:
        """Wait for a second in which no frame of this person's camera was decoded."""
        await self.until(
            """async (s, user) => {
                const frames = stats => stats.remote
                    .filter(r => r.user === user && r.source === 'camera')
                    .reduce((sum, r) => sum + r.framesDecoded, 0);
                await new Promise(resume => setTimeout(resume, 1000));
                return frames(await window.lectern.stats()) <= frames(s);
            }""",
            user,
        )

    async def said(self) -> list[str]:
        """The words of the chat, in their order, without names and times."""
        lines: list[str] = await self.part("chat-line").locator("p").all_inner_texts()
        return lines

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
        # All at once: one by one they could be of two moments.
        tiles: list[tuple[str, str | None]] = await raised.evaluate_all(
            "tiles => tiles.map(({ dataset }) => [dataset.hand, dataset.user])"
        )
        queue = dict(tiles)
        return [queue[str(n)] for n in range(1, count + 1)]
