"""A real browser behind a narrow link: sound goes on, the picture follows the link down and up, and what happens is said."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sfu import commands
from tests.support import browsers
from tests.support.media_node import media_node
from tests.support.media_page import chromium, window
from tests.support.weak_network import Weather, weak_link

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(browsers.chromium() is None, reason="no Chromium on this machine"),
]
ROOM = "school.class"
WIDE_BPS, NARROW_BPS, THIN_BPS = 20e6, 700e3, 64e3
HEARD = 0.02  # of a tone's energy
SEEN = 15


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


def figure(received: Any, mid: str, name: str) -> float:
    return float(received.get(mid, {}).get(name) or 0)


async def test_the_picture_follows_the_link_and_sound_goes_on(browser: Browser) -> None:
    weather = Weather(rate_bps=NARROW_BPS)
    async with media_node() as (node, told), weak_link(node.port, weather) as link:
        ann = await window(browser, node.ask, ROOM, "ann")
        ben = await window(browser, node.ask, ROOM, "ben")
        await ann.publish(simulcast=True, width=1280, height=720)
        ben.by_port = link.port
        await ben.subscribe()
        await ben.want(ann=1280)

        async def plays_on() -> None:
            """More pictures and more sound than now."""
            now = await ben.page.evaluate("received()")
            frames = figure(now, "v0", "frames") + SEEN
            energy = figure(now, "a0", "energy") + HEARD
            await ben.until(
                "received()",
                lambda r: (
                    figure(r, "v0", "frames") > frames and figure(r, "a0", "energy") > energy
                ),
            )

        await plays_on()
        assert not [news for news in told.of(commands.Link) if news.state == "audio_only"]

        weather.rate_bps = THIN_BPS
        await told.until(commands.Link, lambda link: link.state == "audio_only")
        energy = figure(await ben.page.evaluate("received()"), "a0", "energy")
        await ben.until("received()", lambda r: figure(r, "a0", "energy") > energy + HEARD)

        weather.rate_bps = WIDE_BPS
        await plays_on()
        await told.until(
            commands.Link,
            lambda news: news is told.of(commands.Link)[-1] and news.state != "audio_only",
        )
        await ann.page.close()
        await ben.page.close()
