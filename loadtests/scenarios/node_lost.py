"""The node that runs a class is killed with SIGKILL: how long until all notice, chat and see each other again, in Chromium.

    .venv/bin/python -m loadtests.scenarios.node_lost

Two nodes on the same stores, a teacher and a student at the one that owns the class, a student at the other. Each round
kills the owner and starts it again. Servers, three browsers with their encoders and the stores share the machine.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, async_playwright

from loadtests.report import machine, write_result
from tests.journeys.conftest import FLAGS
from tests.journeys.person import Person
from tests.support.browsers import chromium
from tests.support.doors import Door
from tests.support.running import PASSWORD, RunningLectern, running, seed_demo
from tests.support.stores import running_stores

WHO = ("teacher", "student1", "student2")
NAMES = ("one", "two")
FROZEN_MS = 600.0

# Samples what a person would notice, by the wall clock that all pages share.
WATCH = """() => {
    const seen = { offline: null, lines: {}, moved: {} };
    const counts = {};
    window.seen = seen;
    window.watching = setInterval(async () => {
        const now = performance.timeOrigin + performance.now();
        const stats = await window.lectern.stats();
        if (!stats.connected || stats.subscribe !== "connected") seen.offline ??= now;
        for (const line of document.querySelectorAll('[data-testid="chat-line"] p')) {
            seen.lines[line.textContent] ??= now;
        }
        for (const { user, source, framesDecoded } of stats.remote) {
            if (source !== "camera") continue;
            if (counts[user] !== framesDecoded) (seen.moved[user] ??= []).push(now);
            counts[user] = framesDecoded;
        }
    }, 40);
}"""


@dataclass(slots=True)
class Figures:
    """Milliseconds after the kill; one of each a round, the last of the people each time."""

    noticed: list[float] = field(default_factory=list)
    chat: list[float] = field(default_factory=list)
    picture: list[float] = field(default_factory=list)


def thawed_ms(moved: list[float], killed_ms: float) -> float:
    """When the picture moved again after the last time that it stood still."""
    after = [at for at in moved if at > killed_ms - FROZEN_MS]
    pairs = itertools.pairwise(after)
    return max((later for before, later in pairs if later - before > FROZEN_MS), default=killed_ms)


async def owns(node: RunningLectern) -> bool:
    """Whether this node runs the class, by its metrics."""
    async with aiohttp.ClientSession() as http, http.get(f"{node.base_url}/metrics") as reply:
        return "\nlectern_class_owners 1.0" in await reply.text()


def new_folders() -> Path:
    """Folders for the stores and two nodes; the user of the embedded PostgreSQL may enter them."""
    folder = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    folder.chmod(0o755)
    for name in NAMES:
        (folder / name).mkdir()
    return folder


@contextlib.asynccontextmanager
async def two_nodes() -> AsyncIterator[list[RunningLectern]]:
    """Two nodes with the demo school on stores of their own."""
    folder = new_folders()
    try:
        async with (
            running_stores(folder / "stores") as stores,
            contextlib.AsyncExitStack() as stack,
        ):
            database_url = await stores.fresh_database()
            await seed_demo(database_url)
            environ = {
                "LECTERN_DATABASE_URL": database_url,
                "LECTERN_REDIS_URL": stores.valkey_url,
                "LECTERN_DEMO": "1",
            }
            yield [
                await stack.enter_async_context(running(folder / name, environ)) for name in NAMES
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def person_at(browser: Browser, who: str, door: Door, class_id: str) -> Person:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, permissions=["camera", "microphone"]
    )
    person = Person(who, await context.new_page(), door.base_url)
    await person.sign_in(f"{who}@demo.school", PASSWORD)
    await person.join_class(class_id)
    return person


async def lose_the_owner(
    number: int, nodes: list[RunningLectern], people: list[Person], figures: Figures
) -> None:
    """One round: kill the node that owns the class, speak in the gap, and wait until all is as before."""
    for person in people:
        await person.sees_moving_pictures(2)
        await person.page.evaluate(WATCH)
    owning = [node for node in nodes if await owns(node)]
    assert len(owning) == 1, "one node owns the class"
    (owner,) = owning
    words = [f"round {number} {person.who}" for person in people]
    killed_ms = time.time() * 1000
    await owner.kill()
    await asyncio.gather(*(person.says(said) for person, said in zip(people, words, strict=True)))
    for person in people:
        for said in words:
            await person.reads(said)
        await person.sees_moving_pictures(2)
    seen: list[dict[str, Any]] = [
        await person.page.evaluate("() => { clearInterval(window.watching); return window.seen }")
        for person in people
    ]
    figures.noticed.append(max(one["offline"] for one in seen) - killed_ms)
    figures.chat.append(max(one["lines"][said] for one in seen for said in words) - killed_ms)
    figures.picture.append(
        max(thawed_ms(moved, killed_ms) for one in seen for moved in one["moved"].values())
        - killed_ms
    )
    await owner.start()


async def measure(rounds: int) -> Figures:
    figures = Figures()
    async with two_nodes() as nodes, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        ports = [node.http_port for node in nodes]
        class_id = await nodes[0].open_class_id()
        async with Door(ports).open() as first, Door(ports[::-1]).open() as second:
            doors = [first, first, second]
            people = [
                await person_at(browser, who, door, class_id)
                for who, door in zip(WHO, doors, strict=True)
            ]
            for number in range(rounds):
                await lose_the_owner(number, nodes, people, figures)
                # Back to the nodes where they were: two here, one there.
                for person in people:
                    await person.page.reload()
        await browser.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    busy = os.getloadavg()[0]
    figures = asyncio.run(measure(rounds))

    def row(what: str, values: list[float], goal: str) -> str:
        return f"| {what} | {statistics.median(values):.0f} ms | {max(values):.0f} ms | {goal} |"

    write_result(
        Path("node_lost.md"),
        title="A node is lost in mid-class",
        command=f"python -m loadtests.scenarios.node_lost --rounds {rounds}",
        body="\n".join(
            [
                "| after SIGKILL of the owner, until the last of all | median | worst | goal |",
                "|---|---|---|---|",
                row("has noticed", figures.noticed, "-"),
                row("reads what was said in the gap", figures.chat, "<= 5000 ms"),
                row("sees everybody move again", figures.picture, "<= 5000 ms"),
                "",
                f"{rounds} rounds, three browsers; load average {busy:.0f} before it began. {machine()}",
            ]
        ),
    )


if __name__ == "__main__":
    main()
