"""Providers of models hang, drip, refuse and lie: how long until the next one is asked, and what a provider that is away costs.

    .venv/bin/python -m loadtests.scenarios.models

Two providers that really listen on this machine speak as OpenAI's does and follow a script (tests/support/scripted_models.py); the
gateway over them is the workers' own, with its real patience of 4 s.
"""

import argparse
import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lms.ai.asks import Answered, Ask, Message, Outcome
from lms.ai.breaker import PATIENCE_S
from lms.ai.client import gateway
from lms.ai.prompts import Objective
from lms.ai.providers import parse
from loadtests.report import machine, write_result
from server.telemetry.metrics import PrometheusMeters
from tests.support.scripted_models import ScriptedModels

MARGIN_S = 0.5
STEPS = {
    "ok": "nothing: it answers",
    "429:20": "429 with Retry-After: 20",
    "429": "429 without a word of when",
    "500": "500",
    "cut": "ends the connection within its answer",
    "garbage": "answers with no JSON",
    "page": "answers with an HTML page",
    "wrong_schema": "answers with JSON of another shape",
    "truncated": "its answer ends in the middle",
    "huge": "its answer has 6 MB",
    "late:3": "answers after 3 s",
    "late:10": "would answer after 10 s",
    "hang": "hangs",
    "drip": "sends its answer byte by byte",
}
LANES = 3  # as many as the factory has
OUTAGE_S = 30.0

FILE = """
[[provider]]
name = "a"
base_url = "{}"
[[provider]]
name = "b"
base_url = "{}"
[[model]]
provider = "a"
name = "small-a"
tier = "small"
[[model]]
provider = "b"
name = "small-b"
tier = "small"
"""


class Pair:
    """Two providers, the first of which misbehaves, and the gateway over them."""

    def __init__(self, first: ScriptedModels, second: ScriptedModels) -> None:
        self.first = first
        self.second = second
        self.models = gateway(
            parse(FILE.format(first.base_url, second.base_url), {}),
            PrometheusMeters(),
            asyncio.get_running_loop().time,
            random.Random(4).random,
        )

    async def ask(self) -> Outcome:
        """One question as the factory asks it."""
        return await self.models.ask(
            Ask(
                messages=(Message(role="user", text="What is an item to find out?"),),
                shape=Objective,
                tier="small",
                max_tokens=400,
                allowance_tokens=100_000,
            )
        )


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    async with ScriptedModels().listening() as first, ScriptedModels().listening() as second:
        both = Pair(first, second)
        try:
            yield both
        finally:
            await both.models.close()


async def detours() -> tuple[list[str], float]:
    """A line for each misbehaviour, and the longest time to the next provider."""
    lines, longest_s = list[str](), 0.0
    for step, meaning in STEPS.items():
        async with pair() as both:
            both.first.will(step)
            begun = asyncio.get_running_loop().time()
            answer = await both.ask()
            assert isinstance(answer, Answered), f"no answer after {step}: {answer}"
            calls = " -> ".join(f"{one.provider} {one.outcome}" for one in answer.tries)
            rerouted = "-"
            if both.second.heard:
                rerouted_s = both.second.heard[0].at - begun
                longest_s = max(longest_s, rerouted_s)
                rerouted = f"{rerouted_s:.3f}"
            lines.append(f"| {meaning} | {calls} | {rerouted} | {answer.took_ms / 1000:.3f} |")
    return lines, longest_s


async def outage() -> tuple[list[str], float]:
    """The first provider hangs for half a minute under the factory's lanes and is then well: what every ask took."""
    loop = asyncio.get_running_loop()
    took_s, failed = list[float](), 0
    async with pair() as both:
        both.first.always = "hang"
        begun = loop.time()

        async def lane() -> None:
            nonlocal failed
            while loop.time() < begun + OUTAGE_S:
                answer = await both.ask()
                took_s.append(answer.took_ms / 1000)
                failed += not isinstance(answer, Answered)
                await asyncio.sleep(0.05)

        await asyncio.gather(*(lane() for _ in range(LANES)))
        asked_at = [one.at - begun for one in both.first.heard]
        both.first.always = "ok"
        well_at = loop.time()
        back_s = await _until_asked_again(both, well_at)
    waited = sum(one > 1 for one in took_s)
    probes = ", ".join(f"{at:.1f}" for at in asked_at)
    return [
        "| figure | value |",
        "|---|---|",
        f"| asks, unanswered | {len(took_s)}, {failed} |",
        f"| calls to the one that hangs, at seconds | {probes} |",
        f"| asks that waited for it | {waited} |",
        f"| the median ask | {sorted(took_s)[len(took_s) // 2] * 1000:.0f} ms |",
        f"| the longest ask | {max(took_s):.3f} s |",
        f"| from its recovery to its next good answer | {back_s:.1f} s |",
    ], max(took_s)


async def _until_asked_again(both: Pair, well_at: float) -> float:
    loop = asyncio.get_running_loop()
    while True:
        answer = await both.ask()
        if isinstance(answer, Answered) and answer.provider == "a":
            return loop.time() - well_at
        if loop.time() > well_at + 90:
            raise RuntimeError("a provider that is well again was never asked again")
        await asyncio.sleep(0.1)


async def nobody() -> str:
    """Both are away: how long until the rules may take over."""
    async with pair() as both:
        both.first.always = both.second.always = "500"
        told = [await both.ask() for _ in range(20)]
        calls = len(both.first.heard) + len(both.second.heard)
        last_ms = max(one.took_ms for one in told[-10:])
    return (
        f"With both providers answering 500, 20 asks made {calls} calls in all; the first was told that nobody is there after "
        f"{told[0].took_ms / 1000:.2f} s, the last ten within {last_ms} ms each."
    )


async def run() -> str:
    """All three, as the body of the page."""
    async with pair() as both:
        await both.ask()  # the first call of a process loads the SDK
    lines, longest_s = await detours()
    figures, longest_ask_s = await outage()
    limit_s = PATIENCE_S + MARGIN_S
    for what, seconds in (("detour", longest_s), ("ask", longest_ask_s)):
        if seconds > limit_s:
            raise RuntimeError(f"the longest {what} took {seconds:.2f} s")
    return "\n".join(
        [
            f"The longest way to the next provider took **{longest_s:.3f} s**; the goal is {PATIENCE_S:g} s + {MARGIN_S:g}.",
            "",
            "| the first provider | calls | next asked after s | answered after s |",
            "|---|---|---|---|",
            *lines,
            "",
            f"The first provider hangs for {OUTAGE_S:g} s under {LANES} lanes that ask one thing after another, and is then well:",
            "",
            *figures,
            "",
            await nobody(),
            "",
            machine(),
        ]
    )


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    write_result(
        Path("models.md"),
        title="Providers of models that misbehave",
        command="python -m loadtests.scenarios.models",
        body=asyncio.run(run()),
    )


if __name__ == "__main__":
    main()
