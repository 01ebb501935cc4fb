"""Answers of an exam, side by side with Express: acknowledged per second, CPU of app and database, latency by offered load."""

import asyncio
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import psutil

from loadtests.beside import beside_node
from loadtests.clients.exam import Learner, signed_in
from loadtests.clients.http import Link, connected
from loadtests.report import machine, write_result
from server.storage import embedded
from server.storage.migrate import migrate
from server.storage.partitions import make_ahead
from server.storage.postgres import Database
from tests.support.exams import Exam, exam_in, twenty
from tests.support.running import running

SERVERS = Path(__file__).parent.parent / "servers"
PACKAGES = ("express@5.2.1", "pg@8.22.0")
CONNECTIONS = 200
CLOSED_S, OPEN_S = 10.0, 8.0
RATES = (500, 1000, 2000, 3000, 4000, 5000, 6000)
LEARNERS = 2000
START_S = 10.0
GOAL_P99_MS = 50.0
PEER_TABLES = """
CREATE TABLE peer_answers (tenant_id uuid, attempt_id uuid, item_id uuid, opening int, seq bigint, value text, arrived_at timestamptz,
    late boolean, PRIMARY KEY (tenant_id, attempt_id, item_id, opening, seq));
CREATE TABLE peer_outbox (outbox_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shard smallint, tenant_id uuid, key_id uuid,
    name text, data jsonb, at timestamptz);
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server under load: its processes, and the database's."""

    name: str
    port: int
    app: psutil.Process
    database: psutil.Process

    def cpu_s(self) -> tuple[float, float]:
        """Seconds of CPU so far: the app's, the database's."""
        return _cpu_s(self.app), _cpu_s(self.database)


def _cpu_s(root: psutil.Process) -> float:
    """Of a process, of its children, and of those that have ended."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system
            if process == root:
                total += used.children_user + used.children_system
    return total


@dataclass(frozen=True, kw_only=True)
class Saturated:
    """What a server did with as much as it could take."""

    name: str
    acked_per_s: float
    app_ms: float
    database_ms: float

    @property
    def cpu_ms(self) -> float:
        """CPU-milliseconds an answer, both."""
        return self.app_ms + self.database_ms


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What became of so many requests a second, whether or not the ones before were answered."""

    rate: float
    done_per_s: float
    p50_ms: float
    p99_ms: float
    refused: int


async def saturate(target: Target, learners: Sequence[Learner], seconds: float) -> Saturated:
    """As many answers as it takes, each connection one at a time."""
    links = await connected(target.port, CONNECTIONS)
    done = 0

    async def one(place: int, until: float) -> None:
        nonlocal done
        mine = learners[place :: len(links)]
        turn = 0
        while time.perf_counter() < until:
            status, body = await links[place].ask(mine[turn % len(mine)].answer())
            assert status == 200, (target.name, status, body[:300])
            done, turn = done + 1, turn + 1

    async def run(length: float) -> None:
        until = time.perf_counter() + length
        await asyncio.gather(*(one(place, until) for place in range(len(links))))

    await run(2.0)  # what is compiled, cached and connected once is not an answer's
    app, database = target.cpu_s()
    before, done = time.perf_counter(), 0
    await run(seconds)
    took, after = time.perf_counter() - before, target.cpu_s()
    for link in links:
        link.close()
    return Saturated(
        name=target.name,
        acked_per_s=done / took,
        app_ms=(after[0] - app) * 1000 / done,
        database_ms=(after[1] - database) * 1000 / done,
    )


async def offer(
    links: Sequence[Link], rate: float, seconds: float, ask: Callable[[Link], Awaitable[int]]
) -> Offered:
    """Requests at moments that nobody waits for (Poisson), timed from when each was due."""
    loop, chance = asyncio.get_running_loop(), random.Random(7)
    free: asyncio.Queue[Link] = asyncio.Queue()
    for link in links:
        free.put_nowait(link)
    took: list[float] = []
    refused = 0

    async def one(due: float) -> None:
        nonlocal refused
        link = await free.get()
        status = await ask(link)
        free.put_nowait(link)
        took.append(loop.time() - due)
        refused += status not in (200, 201)

    begun = due = loop.time()
    tasks: list[asyncio.Task[None]] = []
    while due < begun + seconds:
        due += chance.expovariate(rate)
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        tasks.append(loop.create_task(one(due)))
    await asyncio.gather(*tasks)
    spent = loop.time() - begun
    return Offered(
        rate=rate,
        done_per_s=len(took) / max(spent, seconds),
        p50_ms=statistics.median(took) * 1000,
        p99_ms=statistics.quantiles(took, n=100)[98] * 1000,
        refused=refused,
    )


async def curve(target: Target, learners: Sequence[Learner]) -> list[Offered]:
    """Latency by offered load, up to where it breaks."""
    found: list[Offered] = []
    turn = 0

    async def ask(link: Link) -> int:
        nonlocal turn
        turn += 1
        status, _ = await link.ask(learners[turn % len(learners)].answer())
        return status

    for rate in RATES:
        links = await connected(target.port, CONNECTIONS * 2)
        found.append(await offer(links, rate, OPEN_S, ask))
        for link in links:
            link.close()
        if found[-1].p99_ms > 500 or found[-1].done_per_s < rate * 0.9:
            break
        await asyncio.sleep(1)
    return found


async def starts(target: Target, learners: Sequence[Learner], assessment_id: str) -> Offered:
    """Everybody starts within ten seconds, each once."""
    links = await connected(target.port, CONNECTIONS * 2)
    waiting = list(learners)

    async def ask(link: Link) -> int:
        learner = waiting.pop()
        status, body = await link.ask(learner.start(assessment_id))
        if status == 201:
            learner.started(body)
        else:
            waiting.append(learner)
            print(f"a start was refused: {status} {body[:200]!r}", file=sys.stderr)
        return status

    found = await offer(links, len(learners) / START_S, START_S * 0.95, ask)
    while waiting:
        await ask(links[0])
    for link in links:
        link.close()
    return found


def peer_command(folder: Path, database_url: str, secret: str) -> list[str] | None:
    """Express, installed in a scratch folder; None where there is no Node."""
    if shutil.which("npm") is None:
        return None
    if not (folder / "node_modules/express").exists():
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix"]
        if subprocess.run([*command, str(folder), *PACKAGES], check=False).returncode:
            return None
    return ["node", str(SERVERS / "express_submit.mjs"), str(folder), database_url, secret]


@contextlib.asynccontextmanager
async def peer(command: list[str], database: psutil.Process) -> AsyncIterator[Target]:
    """The peer, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        yield Target(
            name="Express 5 + pg, a transaction each",
            port=port,
            app=psutil.Process(process.pid),
            database=database,
        )
    finally:
        process.stdin.close()
        await process.wait()


@dataclass(frozen=True, kw_only=True)
class Hall:
    """Two exams of the same learners: of one every attempt is made ahead, of the other none."""

    exam: Exam
    ahead: str
    cold: str


async def hall(database: Database) -> Hall:
    """A school with two thousand learners and a bank of two hundred questions."""
    exam = await exam_in(database)
    await exam.add_questions(200)
    await exam.add_learners(LEARNERS)
    now = datetime.now(UTC)
    times = {"opens_at": now - timedelta(minutes=1), "closes_at": now + timedelta(hours=5)}
    ahead = await exam.add_assessment(twenty(), **times)
    cold = await exam.add_assessment(twenty(), **times)
    await exam.materialise(ahead.assessment_id)
    return Hall(exam=exam, ahead=ahead.assessment_id, cold=cold.assessment_id)


async def prepared(urls: embedded.StoreUrls) -> tuple[Hall, list[Learner], str]:
    """The tables, the exams, and everybody's token; the secret that signs them, for the peer."""
    await migrate(urls.database_url)
    await make_ahead(urls.database_url)
    owner = await asyncpg.connect(urls.database_url)
    await owner.execute(PEER_TABLES)
    async with Database(urls.database_url, pool_size=4, statement_timeout_ms=60_000) as database:
        made = await hall(database)
        learners = await signed_in(database, urls.redis_url, made.exam)
    secret: bytes = await owner.fetchval("SELECT secret FROM signing_keys LIMIT 1")
    await owner.execute("ANALYZE")
    await owner.close()
    return made, learners, secret.hex()


async def run(scratch: Path, folder: Path) -> None:
    """Both servers on the same database, one after the other; then the page."""
    async with embedded.stores(folder / "stores") as urls:
        made, learners, secret = await prepared(urls)
        database = psutil.Process(_postmaster(folder / "stores"))
        environ = {
            "LECTERN_DATABASE_URL": urls.database_url,
            "LECTERN_REDIS_URL": urls.redis_url,
            "LECTERN_WORKERS": "0",
            "LECTERN_LIMITS_SCALE": "10000",
        }
        async with running(folder, environ) as lectern:
            ours = Target(
                name="Lectern, group commit",
                port=lectern.http_port,
                app=psutil.Process(lectern.pid),
                database=database,
            )
            cold = await starts(ours, learners, made.cold)
            warm = await starts(ours, learners, made.ahead)
            rows = [await saturate(ours, learners, CLOSED_S)]
            found = await curve(ours, learners)
            await lectern.stop()
        command = peer_command(scratch, urls.database_url, secret)
        if command is not None:
            async with peer(command, database) as theirs:
                rows.append(await saturate(theirs, learners, CLOSED_S))
    write(rows, found, (cold, warm))


def _postmaster(state: Path) -> int:
    found = next(state.rglob("postmaster.pid"))
    return int(found.read_text(encoding="ascii").splitlines()[0])


def write(rows: list[Saturated], found: list[Offered], begun: tuple[Offered, Offered]) -> None:
    """The page of results."""
    table = [
        f"| {row.name} | {row.acked_per_s:,.0f} | {row.app_ms * 1000:,.0f} | {row.database_ms * 1000:,.0f} | {row.cpu_ms * 1000:,.0f} |"
        for row in rows
    ]
    ratio = (
        f"Lectern takes {rows[1].cpu_ms / rows[0].cpu_ms:.1f} times less CPU an answer (goal: 6)."
        if len(rows) > 1
        else "Express is not on this machine."
    )
    good = [one for one in found if one.p99_ms <= GOAL_P99_MS]
    knee = (
        f"p99 is within {GOAL_P99_MS:.0f} ms up to {good[-1].rate:,.0f}/s."
        if good
        else "p99 is never within 50 ms."
    )
    body = "\n".join(
        (
            "Every answer is in PostgreSQL, with its event, before it is acknowledged (synchronous_commit on). One app process, one",
            "PostgreSQL and one load process share the machine; what reads the events later is not running. The peer is spared the",
            "checks of the attempt, row-level security, partitions and rate limits. CPU is from /proc, of every process of each.",
            f"{machine()} Load average at the end: {os.getloadavg()[1]:.1f}.",
            "",
            "## As much as it takes",
            f"{CONNECTIONS} connections, one answer at a time on each, {CLOSED_S:.0f} s.",
            "",
            "| | acknowledged/s | app CPU-ms per 1,000 | database CPU-ms per 1,000 | both |",
            "|---|---|---|---|---|",
            *table,
            "",
            ratio,
            "",
            "## By offered load",
            f"Arrivals that wait for nobody (Poisson), {OPEN_S:.0f} s each, timed from the moment they were due.",
            "",
            "| offered/s | done/s | p50 ms | p99 ms | not taken |",
            "|---|---|---|---|---|",
            *(
                f"| {one.rate:,.0f} | {one.done_per_s:,.0f} | {one.p50_ms:.1f} | {one.p99_ms:.1f} | {one.refused} |"
                for one in found
            ),
            "",
            knee,
            "",
            f"## {LEARNERS:,} learners start within {START_S:.0f} s",
            "Twenty items each, drawn from a bank of 200 questions of ten kinds; the answer carries the whole paper.",
            "",
            "| | starts/s | p50 ms | p99 ms | refused |",
            "|---|---|---|---|---|",
            *(
                f"| {name} | {one.done_per_s:,.0f} | {one.p50_ms:.1f} | {one.p99_ms:.1f} | {one.refused} |"
                for name, one in zip(
                    ("made at the start", "made ahead (as it is)"), begun, strict=True
                )
            ),
        )
    )
    write_result(
        Path("submit.md"),
        title="Answers of an exam",
        command="python -m loadtests.scenarios.submit",
        body=body,
    )


def main() -> None:
    """Run it."""
    beside_node(__doc__, run)


if __name__ == "__main__":
    main()
