"""Thirty people chat in one class: how long a message takes to its acknowledgement and to everybody.

    .venv/bin/python -m loadtests.scenarios.class_of_30

Starts a Lectern of its own on free ports with the demo school. Learners send in turn; each message carries its time, so
that every receiver knows its age (one machine, one clock). The 2 cores are shared with the learners themselves.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from loadtests.clients.learner import Learner
from loadtests.report import machine, write_result
from tests.support.running import running_lectern

PEOPLE = 30


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def class_of_30(messages_per_second: float, seconds: float) -> str:
    """Run the scenario and return its report as Markdown."""
    delivered_ms: list[float] = []
    acknowledged_ms: list[float] = []
    sent = int(messages_per_second * seconds)
    everybody_heard = asyncio.Event()

    def hear(name: str, body: Any) -> None:
        if name == "event" and body["type"] == "chat.said":
            delivered_ms.append((time.perf_counter() - float(body["data"]["text"])) * 1000)
            if len(delivered_ms) == sent * PEOPLE:
                everybody_heard.set()

    async with AsyncExitStack() as stack:
        lectern = await stack.enter_async_context(running_lectern())
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        learners: list[Learner] = []
        for number in range(1, PEOPLE + 1):
            learner = await stack.enter_async_context(Learner(lectern.base_url, http, hear))
            await learner.sign_in(f"student{number}@demo.school", "lectern-demo")
            learners.append(learner)
        class_id = await lectern.open_class_id()
        await asyncio.gather(*(learner.join(class_id) for learner in learners))

        server = psutil.Process(lectern.pid)
        cpu_before = sum(server.cpu_times()[:2])
        started = time.perf_counter()

        async def say(number: int) -> None:
            await asyncio.sleep(
                max(0.0, started + number / messages_per_second - time.perf_counter())
            )
            at = time.perf_counter()
            answer = await learners[number % PEOPLE].ask(
                "chat.send", {"id": f"m{number}", "text": repr(at)}
            )
            if not answer["ok"]:
                raise RuntimeError(f"refused: {answer['code']}")
            acknowledged_ms.append((time.perf_counter() - at) * 1000)

        await asyncio.gather(*(say(number) for number in range(sent)))
        await asyncio.wait_for(everybody_heard.wait(), 10)
        cpu_s = sum(server.cpu_times()[:2]) - cpu_before

    return "\n".join(
        [
            "| figure | value | goal |",
            "|---|---|---|",
            f"| people in the class | {PEOPLE} | 30 |",
            f"| messages sent, delivered | {sent}, {len(delivered_ms)} | all |",
            f"| said to heard, p50 | {statistics.median(delivered_ms):.1f} ms | |",
            f"| said to heard, p99 | {percentile(delivered_ms, 0.99):.1f} ms | <= 50 ms |",
            f"| said to acknowledged, p50 | {statistics.median(acknowledged_ms):.1f} ms | |",
            f"| said to acknowledged, p99 | {percentile(acknowledged_ms, 0.99):.1f} ms | |",
            f"| server CPU per delivery | {cpu_s / len(delivered_ms) * 1e6:.0f} us | |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages-per-second", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args()
    table = asyncio.run(class_of_30(wanted.messages_per_second, wanted.seconds))
    write_result(
        Path("class_of_30.md"),
        title="Chat with thirty in a class",
        command=(
            "python -m loadtests.scenarios.class_of_30"
            f" --messages-per-second {wanted.messages_per_second:g} --seconds {wanted.seconds:g}"
        ),
        body=f"{table}\n\n{machine()}",
    )


if __name__ == "__main__":
    main()
