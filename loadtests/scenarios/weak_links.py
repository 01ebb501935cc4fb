"""One real browser behind links of many kinds: which picture it gets, how much of the link is used, what sound it loses.

    .venv/bin/python -m loadtests.scenarios.weak_links

A Chromium publishes three layers (1280, 640, 320 wide) and a tone; another one receives them through a relay.
"""

import argparse
import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from loadtests.report import machine, write_result
from sfu import commands
from tests.support.media_node import media_node
from tests.support.media_page import chromium, window
from tests.support.weak_network import Weather, weak_link

SETTLE_S = 8
DIP_S, DIP_BPS, PATIENCE_S = 10, 150e3, 40
LINKS = {
    "20 Mbit/s": Weather(rate_bps=20e6),
    "2 Mbit/s": Weather(rate_bps=2e6),
    "700 kbit/s": Weather(rate_bps=700e3),
    "300 kbit/s": Weather(rate_bps=300e3),
    "64 kbit/s": Weather(rate_bps=64e3),
    "20 Mbit/s, round trip 100 ms, loss 1 %": Weather(rate_bps=20e6, delay_s=0.05, loss=0.01),
    "the same, loss 5 %": Weather(rate_bps=20e6, delay_s=0.05, loss=0.05),
    "the same, loss 10 %": Weather(rate_bps=20e6, delay_s=0.05, loss=0.10),
}


async def one(browser: Browser, name: str, weather: Weather, seconds: int) -> str:
    """A row of the table."""
    async with media_node() as (node, told), weak_link(node.port, weather) as link:
        ann = await window(browser, node.ask, "load.class", "ann")
        ben = await window(browser, node.ask, "load.class", "ben")
        await ann.publish(simulcast=True, width=1280, height=720)
        ben.by_port = link.port
        await ben.subscribe()
        await ben.want(ann=1280)
        await asyncio.sleep(SETTLE_S)

        async def received() -> dict[str, Any]:
            return dict(await ben.page.evaluate("received()"))

        before, through, frames = await received(), link.bytes_through, 0
        frames = before.get("v0", {}).get("frames", 0)
        widths: Counter[int] = Counter()
        for _ in range(seconds):
            await asyncio.sleep(1)
            now = (await received()).get("v0", {})
            moved = now.get("frames", 0) > frames
            frames = now.get("frames", 0)
            widths[now.get("width", 0) if moved else 0] += 1
        after = await received()
        kbps = (link.bytes_through - through) * 8 / seconds / 1000
        samples = after["a0"]["samples"] - before["a0"]["samples"]
        concealed = (after["a0"]["concealed"] - before["a0"]["concealed"]) / max(samples, 1)
        shares = ", ".join(
            f"{width or 'none'} {100 * count / seconds:.0f} %"
            for width, count in widths.most_common()
        )
        states = " ".join(news.state for news in told.of(commands.Link)) or "good"
        for person in (ann, ben):
            await person.page.close()
        return f"| {name} | {kbps:.0f} | {shares} | {100 * concealed:.1f} % | {states} |"


async def dip(browser: Browser, wide_bps: float) -> str:
    """How long after a dip the picture of before is back."""
    weather = Weather(rate_bps=wide_bps)
    async with media_node() as (node, _), weak_link(node.port, weather) as link:
        ann = await window(browser, node.ask, "load.class", "ann")
        ben = await window(browser, node.ask, "load.class", "ben")
        await ann.publish(simulcast=True, width=1280, height=720)
        ben.by_port = link.port
        await ben.subscribe()
        await ben.want(ann=1280)
        await asyncio.sleep(2 * SETTLE_S)

        async def width() -> int:
            return int((await ben.page.evaluate("received()")).get("v0", {}).get("width", 0))

        before = await width()
        weather.rate_bps = DIP_BPS
        await asyncio.sleep(DIP_S)
        lowest = await width()
        weather.rate_bps = wide_bps
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        while await width() < before and loop.time() - began_at < PATIENCE_S:  # noqa: ASYNC110 - it is the page that is asked
            await asyncio.sleep(0.2)
        took_s = loop.time() - began_at
        for person in (ann, ben):
            await person.page.close()
        return f"| {wide_bps / 1e6:g} Mbit/s | {before} | {lowest} | {took_s:.1f} s |"


async def main(seconds: int) -> None:
    """All links, one after the other."""
    async with chromium() as browser:
        rows = [await one(browser, name, weather, seconds) for name, weather in LINKS.items()]
        dips = [await dip(browser, wide_bps) for wide_bps in (700e3, 4e6)]
    body = "\n".join(
        [
            f"{seconds} s each, after {SETTLE_S} s to settle. The queue of the link holds {0.3:g} s.",
            "",
            "| link | kbit/s used | width of the moving picture | sound concealed | states told |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"A dip to {DIP_BPS / 1000:.0f} kbit/s for {DIP_S} s, and how long after it the picture of before is back:",
            "",
            "| link | width before | in the dip | back after |",
            "|---|---|---|---|",
            *dips,
            "",
            machine(),
        ]
    )
    command = f"python -m loadtests.scenarios.weak_links --seconds {seconds}"
    write_result(Path("weak_links.md"), title="Weak links", command=command, body=body)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    asyncio.run(main(parser.parse_args().seconds))
