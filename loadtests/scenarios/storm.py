"""Thousands of sockets are reset at the same moment: how long until all are back in their classes, to where they were.

    .venv/bin/python -m loadtests.scenarios.storm

Starts a Lectern of its own on free ports, opens classes in its database and makes the join tokens itself, so that what is
measured is the sockets: CONNECT, the owner, the log. The 2 cores are shared with the pages, which come back with full jitter.
"""

import argparse
import asyncio
import random
import secrets
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import psutil

from lms.identity import Principal
from lms.ids import RANDOM_BYTES, uuid7
from loadtests.clients.returner import Returner, in_class
from loadtests.report import machine, write_result
from server.auth.keys import KeyRing
from server.auth.revocations import Revocations
from server.auth.tokens import Admitted, Tokens
from server.clock import SystemClock
from server.storage.channels import ShardedChannels
from server.storage.embedded import running_stores
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from tests.support.class_nodes import a_class
from tests.support.running import RunningLectern, running_lectern

PEOPLE_IN_A_CLASS = 30
SETTLE_S = 3.0
PATIENCE_S = 120.0


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _id() -> str:
    return uuid7(SystemClock().wall_ms(), secrets.token_bytes(RANDOM_BYTES))


async def _pages(stack: AsyncExitStack, lectern: RunningLectern, people: int) -> list[Returner]:
    """So many pages, thirty a class, each with a join token of its own."""
    stores = running_stores(Path(lectern.environ["LECTERN_STATE_DIR"]))
    if stores is None:
        raise RuntimeError("the server does not run")
    clock = SystemClock()
    database = await stack.enter_async_context(
        Database(stores.database_url, pool_size=4, statement_timeout_ms=5000)
    )
    keys = await stack.enter_async_context(KeyRing(database, clock).running())
    channels = ShardedChannels(stores.redis_url, PrometheusMeters())
    tokens = Tokens(keys, Revocations(database, channels, clock), clock)
    places = [await a_class(database) for _ in range(-(-people // PEOPLE_IN_A_CLASS))]
    pages = []
    for number in range(people):
        place = places[number // PEOPLE_IN_A_CLASS]
        who = Principal(
            tenant_id=place.tenant_id, user_id=_id(), session_id=_id(), roles=frozenset()
        )
        admitted = Admitted(
            who=who, class_id=place.class_id, name=f"Student {number}", role="student"
        )
        pages.append(
            Returner(
                host="127.0.0.1",
                port=lectern.http_port,
                token=tokens.join(admitted),
                chance=random.Random(number),
            )
        )
    return pages


async def _stalls(http: aiohttp.ClientSession, base_url: str) -> dict[float, float]:
    """How many looks at the event loop were late by at most so many seconds, since the start."""
    async with http.get(f"{base_url}/metrics") as reply:
        lines = (await reply.text()).splitlines()
    found = {}
    for line in lines:
        if line.startswith("lectern_loop_lag_seconds_bucket"):
            edge = line.split('le="', 1)[1].split('"', 1)[0]
            found[float(edge)] = float(line.rsplit(" ", 1)[1])
    return found


def _late(before: dict[float, float], after: dict[float, float], share: float) -> float:
    """The lag that this share of the looks stayed under, as the edge of its bucket."""
    counts = {edge: after[edge] - before.get(edge, 0.0) for edge in sorted(after)}
    total = counts[float("inf")]
    return next(edge for edge, count in counts.items() if count >= total * share)


async def storm(people: int) -> str:
    """Run the scenario and return its report as Markdown."""
    async with AsyncExitStack() as stack:
        lectern = await stack.enter_async_context(running_lectern())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        pages = await _pages(stack, lectern, people)
        server = psutil.Process(lectern.pid)
        async with in_class(pages, at_once=100):
            await asyncio.sleep(SETTLE_S)
            tries = sum(page.tries for page in pages)
            lag, cpu_before = await _stalls(http, lectern.base_url), sum(server.cpu_times()[:2])
            started = time.perf_counter()
            for page in pages:
                page.drop()
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(page.back.wait() for page in pages))
            took_s = time.perf_counter() - started
            cpu_s = sum(server.cpu_times()[:2]) - cpu_before
            late = _late(lag, await _stalls(http, lectern.base_url), 0.99)
            tries = sum(page.tries for page in pages) - tries
    away = [page.away_s[0] for page in pages]
    refused = sum(len(page.refused) for page in pages)
    return "\n".join(
        [
            "| figure | value | goal |",
            "|---|---|---|",
            f"| sockets reset at once, in classes of {PEOPLE_IN_A_CLASS} | {people} | 5000 |",
            f"| back, p50 | {percentile(away, 0.5):.1f} s | |",
            f"| back, p99 | {percentile(away, 0.99):.1f} s | <= 30 s |",
            f"| back, all | {took_s:.1f} s | |",
            f"| tries for each | {tries / people:.1f} | |",
            f"| refused for good | {refused} | 0 |",
            f"| events missed or heard twice | {sum(page.gaps for page in pages)} | 0 |",
            f"| event loop late, p99 | <= {late * 1000:.0f} ms | <= 250 ms |",
            f"| server CPU for each return | {cpu_s / people * 1000:.2f} ms | |",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    wanted = parser.parse_args()
    table = asyncio.run(storm(wanted.people))
    write_result(
        Path("storm.md"),
        title="A storm of reconnects",
        command=f"python -m loadtests.scenarios.storm --people {wanted.people}",
        body=f"{table}\n\n{machine()}",
    )


if __name__ == "__main__":
    main()
