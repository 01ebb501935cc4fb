"""From the click on "Join the class" to the first remote picture, and from a reload to being back, in Chromium.

    .venv/bin/python -m loadtests.scenarios.click_to_frame

Starts a Lectern of its own with the demo school. A teacher with a (fake) camera is in the class; a student joins it again
and again with a fresh profile each time. Everything shares the 2 cores, the teacher's encoder too.
"""

import argparse
import asyncio
import statistics
from pathlib import Path

from playwright.async_api import async_playwright

from loadtests.report import machine, write_result
from tests.journeys.conftest import DESKTOP, FLAGS
from tests.journeys.person import Person
from tests.support.browsers import chromium
from tests.support.running import PASSWORD, running_lectern

BACK = "s => s.connected && s.remote.some(r => r.framesDecoded > 0)"


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    """Return milliseconds from click to frame, and from reload to picture, one of each a round."""
    first_frame_ms: list[float] = []
    reload_ms: list[float] = []
    async with running_lectern() as lectern, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)

        async def person(who: str) -> Person:
            context = await browser.new_context(
                viewport=DESKTOP, permissions=["camera", "microphone"]
            )
            entered = Person(who, await context.new_page(), lectern.base_url)
            await entered.sign_in(f"{who}@demo.school", PASSWORD)
            return entered

        class_id = await lectern.open_class_id()
        teacher = await person("teacher")
        await teacher.join_class(class_id)
        for number in range(rounds):
            student = await person(f"student{number % 30 + 1}")
            await student.join_class(class_id)
            await student.until("s => s.firstFrameAt !== null")
            first_frame_ms.append((await student.stats())["firstFrameAt"])
            started = asyncio.get_running_loop().time()
            await student.page.reload(wait_until="commit")
            await student.until(BACK)
            reload_ms.append((asyncio.get_running_loop().time() - started) * 1000)
            await student.page.context.close()
        await browser.close()
    return first_frame_ms, reload_ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    first_frame_ms, reload_ms = asyncio.run(measure(rounds))

    def row(what: str, values: list[float], goal: str) -> str:
        return f"| {what} | {statistics.median(values):.0f} ms | {max(values):.0f} ms | {goal} |"

    write_result(
        Path("click_to_frame.md"),
        title="From the click to the first remote picture",
        command=f"python -m loadtests.scenarios.click_to_frame --rounds {rounds}",
        body="\n".join(
            [
                "| figure | median | worst | goal |",
                "|---|---|---|---|",
                row("click to first remote frame", first_frame_ms, "<= 1500 ms"),
                row("reload to moving picture again", reload_ms, "<= 3000 ms"),
                "",
                f"{rounds} rounds. {machine()}",
            ]
        ),
    )


if __name__ == "__main__":
    main()
