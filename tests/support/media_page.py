"""A Chromium page that publishes and receives by a media node; Python carries its descriptions, so no server is needed."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Route, async_playwright

from sfu import commands
from tests.support import browsers
from tests.support.media_bot import Ask

PAGE = Path(__file__).with_suffix(".html")
ADDRESS = "https://media.test/"  # a secure context, answered here
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]


_CANDIDATE_PORT = re.compile(r"^(a=candidate:\S+ 1 udp \d+ \S+ )\d+")


class Window:
    """One person in one Chromium tab."""

    def __init__(self, page: Page, ask: Ask, room: str, peer: str) -> None:
        self.page = page
        self.udp = True
        self.by_port: int | None = None  # a relay in front of the node, UDP alone
        self.room = room
        self.peer = peer
        self._ask = ask

    async def ask(self, request: commands.Request) -> commands.Reply:
        """One request to the node."""
        reply: commands.Reply = commands.decode_reply(await self._ask(commands.encode(request)))
        return reply

    async def publish(
        self,
        *,
        codec: str = "video/VP8",
        simulcast: bool = False,
        width: int = 640,
        height: int = 360,
    ) -> None:
        """Send a tone and a moving picture."""
        wish = {"codec": codec, "simulcast": simulcast, "width": width, "height": height}
        sdp = await self.page.evaluate("wish => offer(wish)", wish)
        reply = await self.ask(
            commands.Publish(room=self.room, peer=self.peer, sdp=sdp, sources=["mic", "camera"])
        )
        assert isinstance(reply, commands.Answer), reply
        await self.page.evaluate("sdp => answered(sdp)", self._heard(reply.sdp))

    async def share(self, *, width: int = 960, height: int = 540) -> None:
        """Send a screen too, by a new offer of the same connection."""
        sdp = await self.page.evaluate(
            "wish => offerScreen(wish)", {"width": width, "height": height}
        )
        sources: list[commands.Source] = ["mic", "camera", "screen"]
        reply = await self.ask(
            commands.Publish(room=self.room, peer=self.peer, sdp=sdp, sources=sources)
        )
        assert isinstance(reply, commands.Answer), reply
        await self.page.evaluate("sdp => answered(sdp)", self._heard(reply.sdp))

    async def subscribe(self) -> None:
        """Open the receiving connection."""
        reply = await self.ask(commands.Subscribe(room=self.room, peer=self.peer))
        assert isinstance(reply, commands.Offer), reply
        await self.accept(reply.n, reply.sdp)

    async def accept(self, n: int, sdp: str) -> None:
        """Answer an offer of the node."""
        answer = await self.page.evaluate("sdp => answer(sdp)", self._heard(sdp))
        done = await self.ask(
            commands.SubscribeAnswer(room=self.room, peer=self.peer, n=n, sdp=answer)
        )
        assert isinstance(done, commands.Done), done

    async def want(self, **widths: int) -> None:
        """Show the cameras of these people."""
        tracks = [commands.Wanted(track=f"{p}/camera", width=w) for p, w in widths.items()]
        await self.ask(commands.Want(room=self.room, peer=self.peer, tracks=tracks))

    def _heard(self, sdp: str) -> str:
        """A browser behind a firewall finds no use in UDP candidates; one behind a relay knows no other way."""
        lines = sdp.splitlines(keepends=True)
        if self.by_port is not None:
            lines = [line for line in lines if " tcp " not in line]
            return "".join(_CANDIDATE_PORT.sub(rf"\g<1>{self.by_port}", line) for line in lines)
        return "".join(line for line in lines if self.udp or " udp " not in line)

    async def until(
        self, look: str, seen: Callable[[Any], bool], *, within_s: float = 60, each_s: float = 0.1
    ) -> Any:
        """Evaluate `look` in the page until `seen` likes it; that value."""
        value = None
        try:
            async with asyncio.timeout(within_s):
                while not seen(value := await self.page.evaluate(look)):
                    await asyncio.sleep(each_s)
        except TimeoutError:
            raise AssertionError(f"{look} stayed at {value}") from None
        return value


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browsers.chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def window(browser: Browser, ask: Ask, room: str, peer: str) -> Window:
    """A new tab for one person."""
    page = await browser.new_page()

    async def answer(route: Route) -> None:
        await route.fulfill(body=PAGE.read_text(), content_type="text/html")

    await page.route(ADDRESS, answer)
    await page.goto(ADDRESS)
    return Window(page, ask, room, peer)
