"""Asking the content factory while every provider of models is down: how long until the job is accepted."""

import asyncio
import itertools
import os
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import uvloop

from loadtests.report import machine, write_result
from server.storage import embedded
from tests.support.factory import SOURCE
from tests.support.running import running
from tests.support.stores import free_port

ASKED = 400
WARM = 20
COURSES = 10
AT_ONCE = (1, 4)
GOAL_P95_MS = 50.0
SOURCE_CHARS = 20_000


def models_file(folder: Path) -> Path:
    """Two providers at whose doors nobody listens."""
    lines = list[str]()
    for name in ("a", "b"):
        lines += [
            *("[[provider]]", f'name = "{name}"'),
            f'base_url = "http://127.0.0.1:{free_port()}/v1"',
            *("[[model]]", f'provider = "{name}"', 'name = "m"', 'tier = "small"'),
        ]
    file = folder / "models.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


class Asker:
    """A teacher with courses, who asks and cancels."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._numbers = itertools.count()
        self._salt = f"{random.SystemRandom().random()}"
        self._courses = list[str]()

    async def begin(self) -> None:
        """Make the courses: each takes so many open jobs and no more."""
        for _ in range(COURSES):
            made = await self._post("/courses", {"title": "Sound"})
            self._courses.append(made["id"])

    async def ask(self) -> tuple[float, str]:
        """How many milliseconds until it was accepted, and which job it is."""
        number = next(self._numbers)
        brief = {"skill": "sound", "kinds": ["single_choice"], "count": 10, "series": number}
        source = (SOURCE * (SOURCE_CHARS // len(SOURCE)))[:SOURCE_CHARS]
        body = {
            "course_id": self._courses[number % COURSES],
            "brief": brief,
            "source": source,
        }
        before = time.perf_counter()
        made = await self._post("/generation-jobs", body)
        return (time.perf_counter() - before) * 1000, made["id"]

    async def cancel(self, job_id: str) -> None:
        """Make room for the next one."""
        await self._post(f"/generation-jobs/{job_id}/cancel", {})

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        key = {"Idempotency-Key": f"{self._salt}-{next(self._numbers)}"}
        sent = {} if path.endswith("/cancel") else {"json": body}
        async with self._http.post(f"/api/v1{path}", headers=key, **sent) as got:
            assert got.status in (200, 201, 202), (got.status, await got.text())
            return await got.json()


async def measured(asker: Asker, count: int, at_once: int) -> list[float]:
    """So many briefs, some at a time."""
    took = list[float]()

    async def lane(mine: int) -> None:
        for _ in range(mine):
            ms, job_id = await asker.ask()
            took.append(ms)
            await asker.cancel(job_id)

    await asyncio.gather(*(lane(count // at_once) for _ in range(at_once)))
    return took


async def run(folder: Path) -> None:
    """A server with its workers, and a teacher."""
    rows = list[str]()
    async with embedded.stores(folder / "stores") as urls:
        environ = {
            "LECTERN_DATABASE_URL": urls.database_url,
            "LECTERN_REDIS_URL": urls.redis_url,
            "LECTERN_DEMO": "1",
            "LECTERN_LIMITS_SCALE": "10000",
            "LECTERN_MODELS": str(models_file(folder)),
        }
        async with running(folder, environ) as lectern, lectern.signed_in("teacher") as http:
            asker = Asker(http)
            await asker.begin()
            await measured(asker, WARM, 1)
            server = psutil.Process(lectern.pid)
            for at_once in AT_ONCE:
                before = server.cpu_times()
                took = sorted(await measured(asker, ASKED, at_once))
                after = server.cpu_times()
                used_ms = (after.user + after.system - before.user - before.system) * 1000
                p95 = took[int(len(took) * 0.95)]
                verdict = "yes" if p95 < GOAL_P95_MS else "**no**"
                rows.append(
                    f"| {at_once} | {len(took)} | {statistics.median(took):.1f} | {p95:.1f} | {took[-1]:.1f} | {used_ms / len(took) / 2:.1f} | {verdict} |"
                )
    write(rows)


def write(rows: list[str]) -> None:
    """The page of results."""
    setting = (
        f"`POST /generation-jobs` with a source of {SOURCE_CHARS:,} characters, by a server with its workers beside it; both providers of"
        " the file refuse every connection, so the factory works by rules meanwhile. Each job is cancelled (not timed) before the next:"
        " a course has five open jobs at most. A 202 means: the job, its event and its work are in PostgreSQL."
    )
    lines = [
        setting,
        "",
        f"{machine()} Client, server, workers and stores share it. Load average at the end: {os.getloadavg()[0]:.1f}.",
        "",
        f"| at once | asked | p50 ms | p95 ms | longest ms | server's CPU-ms a request | p95 < {GOAL_P95_MS:.0f} ms |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        "What is left of a job when its worker is killed: [generation_drill.md](generation_drill.md).",
    ]
    write_result(
        Path("generation.md"),
        title="Asking for items while every provider is down",
        command=".venv/bin/python -m loadtests.scenarios.generation",
        body="\n".join(lines),
    )


def main() -> None:
    """Run it in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        uvloop.run(run(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
