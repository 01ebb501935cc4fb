"""Three more bad days of an exam: a hundred submits at once, clocks that jump, a disk that is full."""

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sysconfig
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
import asyncpg

from loadtests.clients.examinee import RIGHT, Browser, Journal, Learner, Plan
from loadtests.drills import exam
from loadtests.drills.deaths import ServerPart, Toll, WorkersPart
from loadtests.drills.exam import Ground, ground, judged, prepared, sat, settle
from loadtests.drills.exam_check import Verdict
from tests.support.running import PASSWORD

SUBMITS = 100
FAKETIME = Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/faketime/libfaketimeMT.so.1")
# By so many seconds the clocks of server and workers are away, one after the other.
JUMPS_S = (3600, -10_800, 0)
DISK_BYTES = 300 * 1024 * 1024
FULL_SECONDS = 12.0
PROBE_SECONDS = 0.1


@dataclass
class Part:
    """What came of one of them: lines for the page, and whether every promise was kept."""

    lines: list[str] = field(default_factory=list)
    good: bool = True

    def say(self, line: str, *, good: bool = True) -> None:
        self.lines.append(line if good else f"**{line}**")
        self.good = self.good and good

    def judge(self, verdict: Verdict) -> None:
        wrong = {name: count for name, count in verdict.faults.items() if count}
        found = verdict.looked_at
        self.say(
            f"Of {found['answers acknowledged']} acknowledged answers of {found['attempts that were started']} attempts:"
            f" {wrong if wrong else 'nothing wrong in any of the counts above'}.",
            good=not wrong,
        )
        if wrong:
            self.say(str(verdict.examples))


@contextlib.asynccontextmanager
async def up(place: Ground, environ: dict[str, str] | None = None) -> AsyncIterator[WorkersPart]:
    """Server and workers, unharmed."""
    toll = Toll()
    place.lectern.environ.update(environ or {})
    server = ServerPart(place.lectern, toll)
    workers = place.workers("workers", ["relay", "projector", "grader", "lifecycle", "jobs"], toll)
    workers.environ.update(environ or {})
    try:
        await server.up("")
        await workers.up("")
        yield workers
    finally:
        await server.kill()
        await workers.kill()


def learners(place: Ground, count: int, answers: int, pause_s: float) -> list[Learner]:
    """The usual scripts, all from the first moment."""
    size = exam.Size(attempts=count, answers=answers, pause_s=pause_s, begin_within_s=1.0)
    return exam.scripts(place.exam, size)


# --- A hundred submits at once --------------------------------------------------------------------


async def parallel_submits(folder: Path) -> Part:
    """One attempt, handed in by a hundred requests at the same moment."""
    part = Part()
    async with ground(folder) as place:
        assessment = await prepared(place, 1, timedelta(minutes=5))
        async with up(place), browser(place, assessment) as one:
            _, opened = await one.ask("POST", f"/assessments/{assessment}/attempts", {})
            attempt = opened["id"]
            for seq, item in enumerate(opened["items"][:5], start=1):
                body = {"opening": 1, "seq": seq, "value": RIGHT}
                await one.ask("PUT", f"/attempts/{attempt}/answers/{item['id']}", body)
            said = {"opening": 1, "last_seq": 5}
            answers = await asyncio.gather(
                *(one.once("POST", f"/attempts/{attempt}/submit", said) for _ in range(SUBMITS))
            )
        await settle(place, assessment)
        grades, submitted = await _counts(place, attempt)
    statuses = Counter(status for status, _ in answers)
    # All but `version`: that says how far the attempt has come since.
    receipts = {
        tuple(sorted((name, value) for name, value in got.items() if name != "version"))
        for status, got in answers
        if status == 200
    }
    part.say(
        f"{SUBMITS} submits of one attempt at once: answered {dict(statuses)}, receipts {len(receipts)}, grades {grades},"
        f" events attempt.submitted {submitted}.",
        good=(len(receipts), grades, submitted, statuses[200]) == (1, 1, 1, SUBMITS),
    )
    return part


async def _counts(place: Ground, attempt: str) -> tuple[int, int]:
    owner = await asyncpg.connect(place.database_url)
    try:
        grades = await owner.fetchval("SELECT count(*) FROM grades WHERE attempt_id = $1", attempt)
        submitted = await owner.fetchval(
            "SELECT count(*) FROM event_log WHERE key_id = $1 AND name = 'attempt.submitted'",
            attempt,
        )
    finally:
        await owner.close()
    return int(grades), int(submitted)


@contextlib.asynccontextmanager
async def browser(place: Ground, assessment: str, number: int = 0) -> AsyncIterator[Browser]:
    """A learner's way to the server, in this process."""
    learner = Learner(
        email=f"{place.exam.learners[number]}@x.test",
        seed=number,
        begins_s=0,
        answers=0,
        pause_s=0,
        hands_in=False,
        answers_late=False,
    )
    plan = Plan(
        base_url=place.lectern.base_url,
        school=place.slug,
        password=PASSWORD,
        assessment_id=assessment,
        learners=[learner],
    )
    connector = aiohttp.TCPConnector(limit=SUBMITS)
    timeout = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        with (place.folder / "probe.jsonl").open("a", encoding="utf-8") as file:
            yield Browser(plan, learner, http, random.Random(number), Journal(file))


# --- Clocks that jump -----------------------------------------------------------------------------


async def clock_jumps(folder: Path, *, count: int = 60, every_s: float = 12.0) -> Part:
    """The wall clocks of server and workers are set forward and back while learners answer and deadlines pass."""
    part = Part()
    if not os.access(FAKETIME, os.R_OK):
        part.say("Clocks that jump: left out, libfaketime is not on this machine.")
        return part
    file = folder / "clock"
    set_clock(file, 0)
    environ = {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    async with ground(folder) as place:
        assessment = await prepared(place, count, timedelta(seconds=every_s * 3.5))
        async with up(place, environ):
            jumping = asyncio.ensure_future(_jump(place, file, every_s))
            journals = await sat(place, assessment, learners(place, count, 14, every_s / 6))
            away = await jumping
        await settle(place, assessment)
        verdict = await judged(place, assessment, journals)
    told = ", ".join(f"{seconds:+.0f} s" for seconds in away)
    taken = all(abs(is_s - set_s) < 30 for is_s, set_s in zip(away, JUMPS_S, strict=True))
    part.say(
        f"Clocks of server and workers set by {', '.join(f'{s:+d} s' for s in JUMPS_S)} (the server's Date header then: {told}).",
        good=taken,
    )
    closed = verdict.faults["attempts closed before their time"]
    part.say(f"Attempts closed before their time: {closed}.", good=closed == 0)
    part.judge(verdict)
    return part


def set_clock(file: Path, seconds: int) -> None:
    """What libfaketime reads; moved into place, so that nobody reads half of it."""
    beside = file.with_suffix(".new")
    beside.write_text(f"{seconds:+d}\n", encoding="utf-8")
    beside.replace(file)


async def _jump(place: Ground, file: Path, every_s: float) -> list[float]:
    """Each jump, and how far away the server then says it is."""
    found = []
    for seconds in JUMPS_S:
        await asyncio.sleep(every_s - 2)
        set_clock(file, seconds)
        await asyncio.sleep(2)
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{place.lectern.base_url}/healthz") as response,
        ):
            said = parsedate_to_datetime(response.headers["Date"]).timestamp()
        found.append(said - time.time())
    return found


# --- A full disk ----------------------------------------------------------------------------------


async def disk_full(folder: Path, *, count: int = 40) -> Part:
    """The disk of PostgreSQL is filled to the last byte for a while, with learners answering."""
    part = Part()
    disk = folder / "stores"
    disk.mkdir()
    if not mounted(disk):
        part.say("A full disk: left out, no tmpfs can be mounted here.")
        return part
    try:
        async with ground(folder) as place:
            assessment = await prepared(place, count + 1, timedelta(seconds=60))
            async with up(place), browser(place, assessment, count) as probe:
                filling = asyncio.ensure_future(_fill(disk, probe, assessment))
                journals = await sat(place, assessment, learners(place, count, 25, 1.5))
                statuses, back_s = await filling
            await settle(place, assessment)
            verdict = await judged(place, assessment, journals)
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", "-l", str(disk)], check=False)
    refused = {str(status): count for status, count in sorted(statuses.items())}
    only_loud = set(statuses) <= {0, 200, 503} and statuses[503] > 0
    part.say(
        f"A full disk for {FULL_SECONDS:.0f} s: a learner who asks all the time was answered {refused} (0: no connection);"
        f" answers are taken again {back_s:.1f} s after there is room (goal 2 s).",
        good=only_loud and back_s < 30,
    )
    # The learner who asks all the time keeps no journal: the others do.
    part.judge(verdict)
    return part


def mounted(disk: Path) -> bool:
    """A small disk that can be filled."""
    size = f"size={DISK_BYTES},mode=0755"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], check=False, capture_output=True
    )
    return made.returncode == 0


async def _fill(disk: Path, probe: Browser, assessment: str) -> tuple[Counter[int], float]:
    """Statuses while it is full, and how long after it is not the next answer is taken."""
    _, opened = await probe.ask("POST", f"/assessments/{assessment}/attempts", {})
    path = f"/attempts/{opened['id']}/answers/"
    items = [item["id"] for item in opened["items"]]
    await asyncio.sleep(6)
    ballast, seq = disk / "ballast", 0
    statuses: Counter[int] = Counter()
    until = time.monotonic() + FULL_SECONDS
    while time.monotonic() < until:
        fill(ballast)
        seq += 1
        statuses[await _probe(probe, path + items[seq % len(items)], seq)] += 1
        await asyncio.sleep(PROBE_SECONDS)
    ballast.unlink()
    freed = time.monotonic()
    while time.monotonic() - freed < 60:
        seq += 1
        if await _probe(probe, path + items[seq % len(items)], seq) == 200:
            break
        await asyncio.sleep(PROBE_SECONDS)
    return statuses, time.monotonic() - freed


def fill(ballast: Path) -> None:
    """To the last byte, also what was given back since."""
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            size = max(4096, shutil.disk_usage(ballast.parent).free)
            os.posix_fallocate(file.fileno(), file.tell(), size)
            file.seek(0, os.SEEK_END)


async def _probe(probe: Browser, path: str, seq: int) -> int:
    try:
        body = {"opening": 1, "seq": seq, "value": RIGHT}
        return (await probe.once("PUT", path, body))[0]
    except (aiohttp.ClientError, OSError, TimeoutError):
        return 0
