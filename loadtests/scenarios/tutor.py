"""The next lesson of the tutor, side by side with Express and Fastify: CPU of app and Redis, latency warm and cold, the hit ratio of what is kept."""

import asyncio
import contextlib
import itertools
import math
import os
import random
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import asyncpg
import msgspec
import psutil

from lms.adaptive.model import Chosen, Reason
from lms.practice import store as practice_store
from lms.practice import wire
from lms.practice.showing import shown
from lms.questions import store as questions
from loadtests.beside import beside_node
from loadtests.clients.http import Link, connected
from loadtests.clients.lean import Lines
from loadtests.clients.student import Student, students_of
from loadtests.report import machine, write_result
from loadtests.scenarios.submit import Offered, offer
from server.pages import fixed_headers
from server.rest.items import MOST_BYTES, OVERHEAD_BYTES
from server.storage import embedded
from server.storage.migrate import migrate
from server.storage.partitions import make_ahead
from server.storage.postgres import Database
from server.storage.redis import Client, key
from server.storage.redis import connected as connected_redis
from server.storage.shelf import Shelf
from server.telemetry.metrics import PrometheusMeters
from tests.support.exams import SKILLS, Exam, exam_in, new_id
from tests.support.running import running

Result = TypeVar("Result")
SERVERS = Path(__file__).parent.parent / "servers"
PACKAGES = (
    "express@5.2.1",
    "fastify@5.12.8",
    "ioredis@5.11.1",
    "jsonwebtoken@9.0.3",
    "fast-jwt@5.0.6",
)
CONNECTIONS = 100
STUDENTS = 400
ITEMS = 200
LESSONS = 25  # that wait for each student at the start of a round
ROUNDS = 3
COLD_STUDENTS = 400
# The app has a core of its own; Redis and the client share the other one.
APP_CORE, OTHERS_CORE = 0, 1
RESPONSES = 1_000_000
COLD_RATE = 20.0
OPEN_S = 3.0
REPLAYED = 1_000_000
# Items of the size of these that a process has room for.
ROOM = MOST_BYTES // (OVERHEAD_BYTES + 200)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A server under load, and the list that it serves from."""

    name: str
    port: int
    app: psutil.Process
    list_name: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU-milliseconds for a thousand lessons, and how many there were a second."""

    name: str
    per_s: float
    app_ms: float
    redis_ms: float
    bytes_each: int

    @property
    def both_ms(self) -> float:
        """Of app and Redis together."""
        return self.app_ms + self.redis_ms


def cpu_s(process: psutil.Process) -> float:
    """Seconds of CPU so far, of all its threads."""
    used = process.cpu_times()
    return float(used.user + used.system)


def pin(process: psutil.Process, core: int) -> None:
    """All threads of a process to one core, where there are two."""
    for thread in process.threads():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(thread.id, {core % (os.cpu_count() or 1)})


async def beside(work: Callable[[], Result], *, yielding: bool = False) -> Result:
    """Blocking work of a client in a thread on the core of Redis; a `yielding` one turns round and round, and lets Redis pass at once."""

    def placed() -> Result:
        os.sched_setaffinity(0, {OTHERS_CORE % (os.cpu_count() or 1)})
        if yielding:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        return work()

    with ThreadPoolExecutor(1) as thread:
        return await asyncio.get_running_loop().run_in_executor(thread, placed)


# --- What is served --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A school, its students, and the items of its bank as they are sent."""

    school: Exam
    students: list[Student]
    items: dict[str, Any]  # version -> kind, content, pictures
    secret: str
    redis: Client

    def lesson(self, student: int, number: int) -> tuple[str, list[Chosen]]:
        """Twenty items, others for each student and lesson."""
        ids = self.school.questions
        first = (student * 7 + number * 20) % len(ids)
        chosen = [
            Chosen(
                item_id=ID.format(student, number, place),
                question_id=ids[(first + place) % len(ids)],
                version=1,
                skills=(SKILLS[place % 3],),
                difficulty=50,
                reason=Reason(why="weak_skill", skill=SKILLS[place % 3]),
                chance_milli=750,
            )
            for place in range(20)
        ]
        return ID.format(student, number, 99), chosen

    async def fill(self, list_name: str, lessons: int) -> None:
        """So many lessons for each student, as this server wants them."""
        make = MAKERS[list_name]
        made, last = (
            [make(*self.lesson(one, number), left) for one in range(20) for number in range(20)]
            for left in (1, 0)
        )
        for one, student in enumerate(self.students):
            name = key(list_name, t=self.school.tenant_id, u=student.user_id, c=student.course_id)
            places = [(one * 20 + number) % len(made) for number in range(lessons)]
            elements = [made[place] for place in places[:-1]] + [last[places[-1]]]
            pipe = self.redis.pipeline(transaction=False)
            pipe.delete(name)
            pipe.rpush(name, *elements)
            await pipe.execute()

    async def forget(self) -> None:
        """What Redis remembers for those who ask again: the requests of this page were more than a day's."""
        async for name in self.redis.scan_iter(match="*}:next-*", count=10_000):
            await self.redis.unlink(name)


ID = "019b{:04x}-{:04x}-7{:03x}-8000-000000000000"


def _peer(practice_id: str, chosen: Sequence[Chosen], _left: int) -> bytes:
    """The same as JSON, for who takes it apart."""
    items = [
        {
            "id": one.item_id,
            "version": wire.version_of(one.question_id, one.version),
            "skills": one.skills,
            "reason": one.reason,
        }
        for one in chosen
    ]
    return msgspec.json.encode({"practice_id": practice_id, "items": items})


def _tuned(practice_id: str, chosen: Sequence[Chosen], _left: int) -> bytes:
    """The same as Lectern's, in JSON, which Node reads fastest."""
    batch = wire.batch(practice_id, chosen)
    heads = [head.decode() for head in batch.heads]
    return msgspec.json.encode([batch.practice_id, batch.versions, heads])


MAKERS: dict[str, Callable[[str, Sequence[Chosen], int], bytes]] = {
    "next": wire.packed,
    "peer": _peer,
    "peer-tuned": _tuned,
}


async def open_hall(urls: embedded.StoreUrls, database: Database, client: Client) -> Hall:
    """The school, and a million responses of its students elsewhere in the course."""
    school = await exam_in(database)
    await school.add_questions(
        ITEMS, kinds=("true_false",), words="A wave carries energy:", more=""
    )
    await school.add_learners(STUDENTS)
    students = await students_of(database, urls.redis_url, school)
    async with database.transaction(school.tenant_id) as connection:
        seed = await practice_store.seed(connection, school.tenant_id)
        wanted = [(one, 1) for one in school.questions]
        said = await questions.said_at(connection, school.tenant_id, wanted)
    items = {
        wire.version_of(*at): {
            "kind": kind,
            "content": msgspec.to_builtins(shown(seed, at, kind, content).content),
            "pictures": {},
        }
        for at, (kind, content, _) in said.items()
    }
    owner = await asyncpg.connect(urls.database_url)
    secret: bytes = await owner.fetchval("SELECT secret FROM signing_keys LIMIT 1")
    await owner.close()
    return Hall(school=school, students=students, items=items, secret=secret.hex(), redis=client)


# --- As much as it takes ---------------------------------------------------------------------------


async def drained(rival: Rival, hall: Hall, redis: psutil.Process, *, keyed: bool = False) -> Cost:
    """Every lesson of every list is taken, some rounds long; the lists are filled between them, and that is not counted."""
    app_s = redis_s = took = 0.0
    done = size = 0
    requests = [student.next() for student in hall.students]
    await hall.fill(rival.list_name, 1)
    with contextlib.closing(
        Lines(rival.port, 1)
    ) as one:  # items are read once, by nobody in a hurry
        await beside(lambda: one.drain([asked(requests, keyed)], STUDENTS // 10))
    for turn in range(ROUNDS + 1):
        await hall.fill(rival.list_name, LESSONS)
        with contextlib.closing(Lines(rival.port, CONNECTIONS)) as lines:
            asking = [asked(requests[place::CONNECTIONS], keyed) for place in range(CONNECTIONS)]
            before, app, store = time.perf_counter(), cpu_s(rival.app), cpu_s(redis)
            each = STUDENTS // CONNECTIONS * LESSONS
            size = await beside(lambda: lines.drain(asking, each))  # noqa: B023 - it is over before the next turn
            if turn:  # the first is for what is compiled, cached and connected once
                took += time.perf_counter() - before
                app_s += cpu_s(rival.app) - app
                redis_s += cpu_s(redis) - store
                done += each * CONNECTIONS
    return Cost(
        name=rival.name + (", each under a key" if keyed else ""),
        per_s=done / took,
        app_ms=app_s * 1e6 / done,
        redis_ms=redis_s * 1e6 / done,
        bytes_each=size,
    )


def asked(requests: Sequence[bytes], keyed: bool) -> Iterator[bytes]:
    """These in turn, for ever; where they are keyed, each under a key of its own, as the pages ask."""
    for number in itertools.count():
        request = requests[number % len(requests)]
        if keyed:
            line = f"\r\nIdempotency-Key: {new_id()}\r\n\r\n".encode()
            request = request.removesuffix(b"\r\n\r\n") + line
        yield request


# --- Latency ---------------------------------------------------------------------------------------


async def warm(rival: Rival, hall: Hall, rate: float) -> tuple[Offered, float]:
    """Requests at moments that nobody waits for, on lists that do not run out; and how late the client itself was, p99 in ms."""
    await hall.fill(rival.list_name, math.ceil(rate * OPEN_S * 1.2 / STUDENTS))
    requests = [student.next() for student in hall.students]
    with contextlib.closing(Lines(rival.port, CONNECTIONS)) as lines:
        took = await beside(lambda: lines.offer(requests, rate, OPEN_S), yielding=True)
        late_ms = statistics.quantiles(lines.late, n=100)[98] * 1000
    found = Offered(
        rate=rate,
        done_per_s=len(took) / OPEN_S,
        p50_ms=statistics.median(took) * 1000,
        p99_ms=statistics.quantiles(took, n=100)[98] * 1000,
        refused=0,
    )
    return found, late_ms


async def redis_part(port: int) -> tuple[int, dict[float, int]]:
    """From /metrics: how many pops, and how many within each bound in seconds, as the app waited for them."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as response,
    ):
        text = await response.text()
    found = re.findall(r'lessons_redis_seconds_bucket{.*?le="([0-9.]+)".*?} ([0-9.]+)', text)
    total = re.search(r"lessons_redis_seconds_count(?:{.*?})? ([0-9.]+)", text)
    assert total is not None
    return int(float(total[1])), {float(bound): int(float(many)) for bound, many in found}


async def remember(urls: embedded.StoreUrls, hall: Hall) -> None:
    """A million responses, by COPY: what each student answered, over a bank a hundred times theirs."""
    owner = await asyncpg.connect(urls.database_url)
    now = datetime.now(UTC)
    each = RESPONSES // STUDENTS
    ids = hall.school.questions

    def rows() -> Any:
        for student in hall.school.learners:
            for number in range(each):
                question = ids[number % (len(ids) // 2)]
                yield (
                    hall.school.tenant_id, student, new_id(), new_id(), hall.school.course_id, "practice",
                    question, 1, [SKILLS[number % 3]], 50, 1000, now - timedelta(minutes=number),
                )  # fmt: skip

    await owner.copy_records_to_table(
        "responses",
        records=rows(),
        columns=(
            "tenant_id", "user_id", "source_id", "item_id", "course_id", "source", "question_id", "version", "skills",
            "difficulty", "share_milli", "at",
        ),
    )  # fmt: skip
    await owner.execute("ANALYZE responses, questions, practices")
    await owner.close()


async def cold(rival: Rival, hall: Hall) -> Offered:
    """Students whose lists are empty, each once."""
    for student in hall.students:
        await hall.redis.delete(
            key("next", t=hall.school.tenant_id, u=student.user_id, c=student.course_id)
        )
    links = await connected(rival.port, 50)
    waiting = [student.next() for student in hall.students[:COLD_STUDENTS]]

    async def ask(link: Link) -> int:
        status, body = await link.ask(waiting.pop())
        assert status == 200, (status, body[:300])
        return status

    found = await offer(links, COLD_RATE, COLD_STUDENTS / COLD_RATE * 0.9, ask)
    for link in links:
        link.close()
    return found


# --- The run ---------------------------------------------------------------------------------------


def _installed(scratch: Path) -> bool:
    """Node and the packages of the peers; False where there is no Node."""
    if shutil.which("npm") is None:
        return False
    if (scratch / "node_modules/fastify").exists():
        return True
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(scratch)]
    return subprocess.run([*command, *PACKAGES], check=False).returncode == 0


@contextlib.asynccontextmanager
async def peer(name: str, command: Sequence[str], list_name: str) -> AsyncIterator[Rival]:
    """A peer, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        "node",
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        app = psutil.Process(process.pid)
        pin(app, APP_CORE)
        yield Rival(name=name, port=port, app=app, list_name=list_name)
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def ours(
    name: str, folder: Path, urls: embedded.StoreUrls, *, fast_lane: bool
) -> AsyncIterator[Rival]:
    """Lectern, until the block ends."""
    environ = {
        "LECTERN_DATABASE_URL": urls.database_url,
        "LECTERN_REDIS_URL": urls.redis_url,
        "LECTERN_WORKERS": "0",
        "LECTERN_LIMITS_SCALE": "10000",
        "LECTERN_FAST_LANE": str(int(fast_lane)),
    }
    async with running(folder, environ) as lectern:
        app = psutil.Process(lectern.pid)
        pin(app, APP_CORE)
        yield Rival(name=name, port=lectern.http_port, app=app, list_name="next")
        await lectern.stop()


@dataclass(kw_only=True)
class Found:
    """What the page says."""

    costs: list[Cost] = dataclass_field(default_factory=list)
    keyed: Cost | None = None
    half: Offered | None = None
    late_ms: float = 0.0
    pops: tuple[int, dict[float, int]] = (0, {})
    cold: Offered | None = None
    hits: list[tuple[int, int, float]] = dataclass_field(default_factory=list)
    load: float = 0.0


async def measured(folder: Path, scratch: Path, urls: embedded.StoreUrls, hall: Hall) -> Found:
    """All servers on the same lists, one after the other."""
    found = Found()
    redis = _valkey()
    pin(redis, OTHERS_CORE)
    async with ours("Lectern, plain aiohttp", folder, urls, fast_lane=False) as rival:
        found.costs.append(await drained(rival, hall, redis))
    async with ours("Lectern, fast lane", folder, urls, fast_lane=True) as rival:
        found.costs.append(await drained(rival, hall, redis))
        found.keyed = await drained(rival, hall, redis, keyed=True)
        await hall.forget()
        before = await redis_part(rival.port)
        found.half, found.late_ms = await warm(rival, hall, found.costs[-1].per_s / 2)
        after = await redis_part(rival.port)
        found.pops = (
            after[0] - before[0],
            {bound: many - before[1][bound] for bound, many in after[1].items()},
        )
    if _installed(scratch):
        path = urls.redis_url.removeprefix("unix://")
        file = folder / "items.json"
        file.write_bytes(msgspec.json.encode(hall.items))
        given = (str(scratch), path, hall.secret, str(file))
        for name, program, list_name, more in PEERS:
            async with peer(name, (str(SERVERS / program), *given, *more), list_name) as rival:
                found.costs.append(await drained(rival, hall, redis))
    await remember(urls, hall)
    async with ours("Lectern", folder, urls, fast_lane=True) as rival:
        found.cold = await cold(rival, hall)
    found.load = os.getloadavg()[1]
    for items in (5_000, 20_000):
        found.hits.append((items, ROOM, await replay(items, ROOM)))
    return found


PEERS = (
    ("Express 5, ioredis, jsonwebtoken", "express_next.mjs", "peer", ()),
    ("Fastify 5, every trick, fast-jwt", "fastify_next.mjs", "peer-tuned", ("fast-jwt",)),
    ("Fastify 5, every trick, token by hand", "fastify_next.mjs", "peer-tuned", ("by hand",)),
)


def _valkey() -> psutil.Process:
    """Ours: the only one among our children."""
    return next(
        one
        for one in psutil.Process().children(recursive=True)
        if "valkey" in " ".join(one.cmdline()[:1])
    )


async def run(scratch: Path, folder: Path) -> None:
    """The stores, the school, the servers; then the page."""
    async with embedded.stores(folder / "stores") as urls:
        await migrate(urls.database_url)
        await make_ahead(urls.database_url)
        async with (
            Database(urls.database_url, pool_size=4, statement_timeout_ms=60_000) as database,
            connected_redis(urls.redis_url) as client,
        ):
            hall = await open_hall(urls, database, client)
            found = await measured(folder, scratch, urls, hall)
    write(found)


async def replay(items: int, room: int) -> float:
    """The hit ratio of a shelf with room for so many of the items, asked for twenty at a time by Zipf's law."""
    shelf: Shelf[int] = Shelf("replay", PrometheusMeters(), most=room)
    chance = random.Random(7)
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(items)))
    made = 0

    async def make(names: Sequence[str]) -> dict[str, int]:
        nonlocal made
        made += len(names)
        return dict.fromkeys(names, 1)

    for _ in range(REPLAYED // 20):
        asked = {str(one) for one in chance.choices(range(items), cum_weights=weights, k=20)}
        await shelf.all("school", sorted(asked), make)
    return 1 - made / REPLAYED


def write(found: Found) -> None:
    """The page of results."""
    assert found.half is not None
    assert found.cold is not None
    assert found.keyed is not None
    extra = sum(len(f"{name}: {value}\r\n") for name, value in fixed_headers(tls=False).items())
    by_name = {one.name: one.both_ms for one in found.costs}
    plain, lane = found.costs[0], found.costs[1]
    total, within = found.pops
    ratios = [
        f"| {name} | {cost / plain.both_ms:.1f} | {cost / lane.both_ms:.1f} |"
        for name, cost in by_name.items()
        if name not in (plain.name, lane.name)
    ]
    body = "\n".join(
        (
            "A student asks for the next lesson: the token is checked (HS256), a list in Redis is popped, twenty items are answered as",
            f"{lane.bytes_each:,} bytes of JSON. All servers serve the same students the same items from the same Valkey, one after the other; each",
            f"is asked over {CONNECTIONS} connections, one request at a time on each, until its lists are empty, {ROUNDS} times over {STUDENTS * LESSONS:,} lessons. CPU is from",
            f"/proc, of the app and of Valkey, only while requests are served. Each app has core {APP_CORE} to itself; Valkey and the client, a loop over epoll",
            f"in a thread, share core {OTHERS_CORE}. Lectern also looks at revocations, counts rates, times every request, gives it an id, and sends {extra} bytes",
            "of security headers more; the peers are spared all that. The peers' secret is a KeyObject.",
            f"{machine()} Load average: {found.load:.1f}.",
            "",
            "## As much as it takes",
            "",
            "| | lessons/s | app CPU-ms per 1,000 | Redis CPU-ms per 1,000 | both |",
            "|---|---|---|---|---|",
            *(
                f"| {one.name} | {one.per_s:,.0f} | {one.app_ms:.1f} | {one.redis_ms:.1f} | {one.both_ms:.1f} |"
                for one in found.costs
            ),
            "",
            f"Under an Idempotency-Key of its own each, as the pages ask (a script pops and remembers; no peer knows that), the lane takes {found.keyed.app_ms:.1f} + {found.keyed.redis_ms:.1f} = {found.keyed.both_ms:.1f}.",
            "",
            "| takes so many times the CPU of | Lectern, plain aiohttp | Lectern, fast lane |",
            "|---|---|---|",
            *ratios,
            "",
            "Goals: 4 times Express with plain aiohttp; with the fast lane 8 times Express and twice the tuned Fastify.",
            f"340,000 lessons a second would need {340_000 * lane.app_ms / 1e6:,.0f} such cores for the app and {340_000 * lane.redis_ms / 1e6:,.0f} for Redis (CPU an answer times answers).",
            "",
            "## Latency",
            "",
            "| | offered/s | p50 ms | p99 ms | goal |",
            "|---|---|---|---|---|",
            f"| warm, at half of what it takes | {found.half.rate:,.0f} | {found.half.p50_ms:.1f} | {found.half.p99_ms:.1f} | p99 < 5 |",
            f"| cold, {RESPONSES:,} responses stored | {found.cold.rate:,.0f} | {found.cold.p50_ms:.1f} | {found.cold.p99_ms:.1f} | p95 < 500 |",
            "",
            f"Of {total:,} pops at half load Redis answered {within[0.0005] / total:.1%} within 0.5 ms and {within[0.001] / total:.1%} within 1 ms (goal: 99 %), as the app saw it.",
            f"The client itself was late by up to {found.late_ms:.1f} ms (p99), which is counted above.",
            "",
            "## What is kept in memory",
            f"{REPLAYED:,} items asked for by Zipf's law, twenty at a time, of an empty shelf as large as a process has (goal: 95 % hits).",
            "",
            "| items | room for | hits |",
            "|---|---|---|",
            *(f"| {items:,} | {room:,} | {hits:.1%} |" for items, room, hits in found.hits),
        )
    )
    write_result(
        Path("tutor.md"),
        title="The next lesson",
        command="python -m loadtests.scenarios.tutor",
        body=body,
    )


def main() -> None:
    """Run it."""
    beside_node(__doc__, run)


if __name__ == "__main__":
    main()
