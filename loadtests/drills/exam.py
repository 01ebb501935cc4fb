"""An exam on the worst day: many learners answer while server, workers, Valkey and PostgreSQL are killed; then the books are compared.

The plan of who dies when and what each learner does comes from the seed. Every process and every store is the drill's own.
"""

import asyncio
import contextlib
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec

from lms.questions.model import Key
from loadtests.clients.examinee import RIGHT, Learner, Plan
from loadtests.drills import deaths as dying
from loadtests.drills.deaths import Death, ServerPart, Toll, WorkersPart
from loadtests.drills.exam_check import Journals, Verdict, checked
from server.auth.passwords import Passwords
from server.storage import embedded, partitions
from server.storage.migrate import migrate
from server.storage.postgres import Database
from server.storage.processes import spawn
from tests.support.exams import NOW, Exam, exam_in, twenty
from tests.support.running import PASSWORD, ROOT, RunningLectern

GRACE_SECONDS = 5
SETTLE_SECONDS = 120.0
CLIENTS = 2


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything."""

    seed: int = 1
    attempts: int = 1000
    answers: int = 25
    limit: timedelta = timedelta(seconds=150)
    begin_within_s: float = 270.0
    pause_s: float = 2.0
    server: int = 16
    relay: int = 8
    workers: int = 10
    valkey: int = 7
    postgres: int = 9
    stores_between_s: tuple[float, float] = (8.0, 50.0)
    processes_between_s: tuple[float, float] = (3.0, 12.0)

    @property
    def kills(self) -> int:
        return self.server + self.relay + self.workers + self.valkey + self.postgres


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Stores of the drill's own, and a server and workers that are not started yet; `others` ran here before."""

    others: frozenset[int]
    folder: Path
    environ: Mapping[str, str]
    exam: Exam
    lectern: RunningLectern

    @property
    def database_url(self) -> str:
        return self.environ["LECTERN_DATABASE_URL"]

    @property
    def slug(self) -> str:
        return f"school-{self.exam.tenant_id[-12:]}"

    def workers(self, name: str, kinds: Sequence[str], toll: Toll) -> WorkersPart:
        return WorkersPart(name, kinds, self.folder / f"{name}.log", self.environ, toll)


@contextlib.asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """Everything that stands still, with a school in it."""
    others = dying.children()
    async with embedded.stores(folder / "stores") as urls:
        await migrate(urls.database_url)
        await partitions.make_ahead(urls.database_url, now=datetime.now(UTC))
        async with opened(urls.database_url) as database:
            exam = await exam_in(database)
        environ = {
            "LECTERN_DATABASE_URL": urls.database_url,
            "LECTERN_REDIS_URL": urls.redis_url,
            "LECTERN_STATE_DIR": str(folder / "state"),
            "LECTERN_LIMITS_SCALE": "1000",
            "LECTERN_WORKERS": "0",
        }
        lectern = RunningLectern(folder, environ, "web")
        try:
            yield Ground(others=others, folder=folder, environ=environ, exam=exam, lectern=lectern)
        finally:
            if lectern.started:
                await lectern.kill()


def opened(database_url: str) -> Database:
    """For what is put into the tables before anything is killed: no pool of ours is open then."""
    return Database(database_url, pool_size=4, statement_timeout_ms=20_000)


async def prepared(place: Ground, learners: int, limit: timedelta) -> str:
    """Learners with a password, a bank of single choices whose key is known, and attempts that are ready."""
    # At the cost of a made password: a thousand sign-ins are not what is drilled here.
    async with Passwords().running() as passwords:
        [hashed] = await passwords.hash_made([PASSWORD])
    settings = msgspec.structs.replace(twenty(), late_policy="keep", grace_seconds=GRACE_SECONDS)
    async with opened(place.database_url) as database:
        exam = replace(place.exam, database=database)
        await exam.add_learners(learners)
        await exam.add_questions(30, kinds=("short_text",), key=Key(accepted=[RIGHT]))
        made = await exam.add_assessment(
            settings, opens_at=NOW - timedelta(days=1), closes_at=None
        )
        await exam.materialise(made.assessment_id)
    owner = await asyncpg.connect(place.database_url)
    try:
        await owner.execute("UPDATE users SET password_hash = $1", hashed)
        # Settings count in minutes; a drill has no time for those.
        await owner.execute(
            "UPDATE attempts SET time_limit_ms = $2 WHERE assessment_id = $1",
            made.assessment_id,
            limit // timedelta(milliseconds=1),
        )
    finally:
        await owner.close()
    return made.assessment_id


def scripts(exam: Exam, size: Size) -> list[Learner]:
    """What each learner does: three of four hand in, the others leave it to the deadline, half of those too late with an answer."""
    chance = random.Random(size.seed)
    found = []
    for number, user_id in enumerate(exam.learners[: size.attempts]):
        hands_in = number % 4 != 3
        found.append(
            Learner(
                email=f"{user_id}@x.test",
                seed=chance.randrange(1 << 30),
                begins_s=chance.uniform(0, size.begin_within_s),
                answers=size.answers,
                pause_s=size.pause_s,
                hands_in=hands_in,
                answers_late=number % 8 == 7,
            )
        )
    return found


@dataclass
class Course:
    """What came of a drill."""

    verdict: Verdict
    toll: Toll
    seconds: float
    settled_s: float

    @property
    def back_s(self) -> float:
        """How long a part of ours took to be back, in the median."""
        return statistics.median(self.toll.restart_s or [0.0])


async def drill(size: Size, folder: Path) -> Course:
    """The whole of it."""
    async with ground(folder) as place:
        assessment = await prepared(place, size.attempts, size.limit)
        toll, over = Toll(), asyncio.Event()
        before = time.monotonic()
        async with parts(place, size, toll, over):
            journals = await sat(place, assessment, scripts(place.exam, size))
            over.set()
        seconds, settled_s = time.monotonic() - before, await settle(place, assessment)
        verdict = await judged(place, assessment, journals)
    return Course(verdict=verdict, toll=toll, seconds=seconds, settled_s=settled_s)


async def judged(place: Ground, assessment: str, journals: Journals) -> Verdict:
    """The journals beside the books."""
    owner = await asyncpg.connect(place.database_url)
    try:
        return await checked(owner, assessment, journals)
    finally:
        await owner.close()


@contextlib.asynccontextmanager
async def parts(place: Ground, size: Size, toll: Toll, over: asyncio.Event) -> AsyncIterator[None]:
    """Server and workers up, dying by plan until it is over."""
    chance = random.Random(size.seed + 1)
    between = size.processes_between_s
    plans: list[tuple[dying.Part, list[Death]]] = [
        (
            ServerPart(place.lectern, toll),
            dying.planned(chance, size.server, dying.SERVER_POINTS, between),
        ),
        (
            place.workers("relay", ["relay"], toll),
            dying.planned(chance, size.relay, dying.RELAY_POINTS, between),
        ),
        (
            place.workers("workers", ["projector", "grader", "lifecycle", "jobs"], toll),
            dying.planned(chance, size.workers, dying.WORKER_POINTS, between),
        ),
    ]
    stores = {
        name: dying.planned(chance, count, between_s=size.stores_between_s)
        for name, count in (("valkey", size.valkey), ("postgres", size.postgres))
    }
    try:
        for part, deaths in plans:
            await part.up(deaths[0].point if deaths else "")
        async with asyncio.TaskGroup() as group:
            for part, deaths in plans:
                group.create_task(part.carry(deaths, over))
            for name, deaths in stores.items():
                group.create_task(dying.kill_stores(name, deaths, toll, over, place.others))
            yield
    finally:
        for part, _ in plans:
            await part.kill()


async def sat(place: Ground, assessment: str, learners: Sequence[Learner]) -> Journals:
    """The exam as the learners' processes go through it; their journals."""
    clients, journals = [], []
    for number in range(CLIENTS):
        plan = Plan(
            base_url=place.lectern.base_url,
            school=place.slug,
            password=PASSWORD,
            assessment_id=assessment,
            learners=list(learners[number::CLIENTS]),
        )
        script = place.folder / f"plan-{number}.json"
        script.write_bytes(msgspec.json.encode(plan))
        journals.append(place.folder / f"journal-{number}.jsonl")
        clients.append(_client(place, script, journals[-1]))
    try:
        while any(client.poll() is None for client in clients):  # noqa: ASYNC110 - other processes do the work
            await asyncio.sleep(0.2)
    finally:
        for client in clients:
            client.kill()
    if any(client.wait() for client in clients):
        raise RuntimeError(f"a process of learners failed: see {place.folder}/learners.log")
    return Journals.read(journals)


def _client(place: Ground, script: Path, journal: Path) -> subprocess.Popen[bytes]:
    return spawn(
        [
            *(sys.executable, "-m", "loadtests.clients.examinee"),
            *(script, journal, str(GRACE_SECONDS)),
        ],
        log=place.folder / "learners.log",
        environ={"PYTHONPATH": str(ROOT)},
    )


async def settle(place: Ground, assessment: str) -> float:
    """Workers alone, unharmed, until nothing is left to do: how long that took."""
    worker = place.workers("after", ["relay", "projector", "grader", "lifecycle", "jobs"], Toll())
    before = time.monotonic()
    owner = await asyncpg.connect(place.database_url)
    try:
        await worker.up("")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while await _left(owner, assessment):  # noqa: ASYNC110 - other processes do the work
                    await asyncio.sleep(0.2)
        return time.monotonic() - before
    finally:
        await owner.close()
        await worker.kill()


async def _left(owner: asyncpg.Connection, assessment: str) -> int:
    return int(
        await owner.fetchval(
            "SELECT (SELECT count(*) FROM outbox)"
            " + (SELECT count(*) FROM attempts WHERE assessment_id = $1 AND state IN ('open', 'submitted'))"
            " + (SELECT count(*) FROM event_heads AS h CROSS JOIN (SELECT DISTINCT projection FROM projection_positions) AS p"
            "    LEFT JOIN projection_positions AS at USING (projection, shard) WHERE coalesce(at.seq, 0) < h.seq)",
            assessment,
        )
    )
