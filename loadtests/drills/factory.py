"""The content factory while its worker is killed again and again: no item lost or made twice, nothing paid twice, no budget passed.

    .venv/bin/python -m loadtests.drills.factory [--seed 1] [--kills 100]

Ends with 1 when a promise was broken; then the stores and logs are kept. The models are scripted ones that really listen and remember every call: what they were asked is held against what the books say.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from lms.ai import tries
from lms.ai.running import SLOTS_AT_ONCE
from loadtests.drills.deaths import Toll, WorkersPart, planned
from loadtests.report import machine, write_result
from server.storage import embedded, partitions
from server.storage.migrate import migrate
from server.storage.postgres import Database
from tests.support.exams import exam_in
from tests.support.factory import Factory, brief, provider_file
from tests.support.scripted_models import Heard, ScriptedModels, tokens_of
from tests.support.workshop import workshop
from workers.factory import LANES

POINTS = (
    ("factory.before_call", 5, 60),
    ("factory.call_leaves", 5, 60),
    ("factory.after_call", 5, 60),
    ("factory.before_stage", 2, 12),
    ("factory.after_stage", 2, 12),
)
END_SECONDS = 180.0
SENTENCES = 24
_BELL = re.compile(r"The bell of school ([0-9]+) rings")


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything; the last school has a budget that its jobs cannot keep to."""

    seed: int = 1
    kills: int = 100
    schools: int = 5
    items: int = 10
    answer_s: float = 0.1
    short_budget: int = 60_000
    between_s: tuple[float, float] = (0.3, 2.5)
    points: Sequence[tuple[str, int, int]] = POINTS
    open_at_once: int = 4
    # Leases of the dead are ended by hand: a small drill has no time to wait for them.
    hurried: bool = False


@dataclass(kw_only=True)
class Books:
    """What is to be true at the end, and what was looked at; every fault is a number that has to be 0."""

    looked_at: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    toll: Toll = field(default_factory=Toll)

    @property
    def good(self) -> bool:
        return not any(self.faults.values())


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Stores, scripted models and schools; the worker is not started yet."""

    url: str
    models: ScriptedModels
    schools: Sequence[Factory]
    worker: WorkersPart
    toll: Toll

    @property
    def short(self) -> str:
        """The school whose budget is too small."""
        return self.schools[-1].exam.tenant_id

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """By the owner of the tables."""
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def number(self, sql: str, *values: object) -> int:
        """One number."""
        [row] = await self.fetch(sql, *values)
        return int(row[0] or 0)


@contextlib.asynccontextmanager
async def ground(size: Size, folder: Path) -> AsyncIterator[Ground]:
    """Everything that stands still."""
    async with embedded.stores(folder / "stores") as urls:
        await migrate(urls.database_url)
        await partitions.make_ahead(urls.database_url)
        async with ground_on(size, folder, urls.database_url, urls.redis_url) as made:
            yield made


@contextlib.asynccontextmanager
async def ground_on(size: Size, folder: Path, url: str, redis_url: str) -> AsyncIterator[Ground]:
    """The same on stores that run already."""
    async with (
        ScriptedModels(f"late:{size.answer_s}").listening() as models,
        Database(url, pool_size=4, statement_timeout_ms=20_000) as database,
        workshop(url, redis_url, folder) as shop,
    ):
        schools = [Factory(shop=shop, exam=await exam_in(database)) for _ in range(size.schools)]
        for one in schools:
            await one.limit(size.short_budget if one is schools[-1] else 10**9)
        file = folder / "models.toml"
        file.write_text(provider_file(models), encoding="utf-8")
        environ = {
            "LECTERN_DATABASE_URL": url,
            "LECTERN_REDIS_URL": redis_url,
            "LECTERN_STATE_DIR": str(folder / "state"),
            "LECTERN_MODELS": str(file),
        }
        toll = Toll()
        worker = WorkersPart("factory", ["factory"], folder / "factory.log", environ, toll)
        yield Ground(url=url, models=models, schools=schools, worker=worker, toll=toll)


async def drill(size: Size, place: Ground) -> Books:
    """Ask, kill, ask on until it was killed often enough, and look into the books when all is made."""
    chance, before = random.Random(size.seed), time.monotonic()
    deaths = planned(chance, size.kills, size.points, size.between_s)
    await _ask(size, place)
    over = asyncio.Event()
    await place.worker.up(deaths[0].point)
    carrying = asyncio.ensure_future(place.worker.carry(deaths, over))
    try:
        while place.toll.total < size.kills:
            await asyncio.sleep(0.2)
            if carrying.done():
                await carrying
            await _ask(size, place)
            if size.hurried:
                await place.fetch("UPDATE jobs SET lease_until = NULL WHERE state = 'waiting'")
        await _ended(size, place)
    finally:
        over.set()
        await carrying
        await place.worker.kill()
    books = await looked(size, place)
    books.seconds = time.monotonic() - before
    return books


async def _ask(size: Size, place: Ground) -> None:
    """So that each school has some jobs that are not over."""
    for number, school in enumerate(place.schools):
        rows = await place.fetch(
            "SELECT count(*) FILTER (WHERE state IN ('queued', 'running')) AS open, count(*) AS jobs"
            " FROM generation_jobs WHERE tenant_id = $1",
            school.exam.tenant_id,
        )
        for more in range(size.open_at_once - rows[0]["open"]):
            series = rows[0]["jobs"] + more
            asked = brief(count=size.items, series=series)
            await school.ask(asked, f"The bell of school {number} rings. {text(series)}")


def text(seed: int) -> str:
    """A source that is like no other: sentences of made-up words, so that no gate takes one item for another."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in "123")

    return " ".join(
        f"The {word()} of the {word()} carries {chance.randint(3, 900)} {word()} from {word()} to the {word()} in {word()}."
        for _ in range(SENTENCES)
    )


async def _ended(size: Size, place: Ground) -> None:
    async with asyncio.timeout(END_SECONDS):
        while await place.number(
            "SELECT count(*) FROM generation_jobs WHERE state IN ('queued', 'running')"
        ):
            if size.hurried:
                await place.fetch("UPDATE jobs SET lease_until = NULL WHERE state = 'waiting'")
            await asyncio.sleep(0.2)


# --- The books ------------------------------------------------------------------------------------

LOST = "SELECT count(*) FROM generation_steps WHERE outcome = 'lost'"
OF_DONE = (
    "SELECT j.wanted, coalesce(s.passed, 0) AS passed, coalesce(s.ended, 0) AS ended FROM generation_jobs j LEFT JOIN"
    " (SELECT tenant_id, job_id, count(*) AS ended, count(*) FILTER (WHERE outcome = 'passed') AS passed"
    " FROM generation_steps WHERE step = 'gates' GROUP BY 1, 2) s USING (tenant_id, job_id) WHERE j.state = 'done'"
)
NOT_DONE = (
    "SELECT count(*) FROM generation_jobs WHERE state <> 'done' AND NOT (state = 'stopped' AND reason = 'budget'"
    " AND tenant_id = $1)"
)
UNEQUAL = (
    "SELECT count(*) FROM generation_jobs j WHERE j.passed <> (SELECT count(*) FROM questions_staging q WHERE"
    " q.tenant_id = j.tenant_id AND q.job_id = j.job_id AND q.origin = 'generated') OR j.made <> (SELECT count(*) FROM"
    " generation_steps s WHERE s.tenant_id = j.tenant_id AND s.job_id = j.job_id AND s.step = 'gates')"
)
TWICE = (
    "SELECT count(*) FROM (SELECT FROM generation_steps WHERE outcome = 'ok' GROUP BY tenant_id, job_id, slot, step"
    " HAVING count(*) > 1) AS twice"
)
DOUBLED = (
    "SELECT count(*) FROM (SELECT FROM questions_staging WHERE origin = 'generated' GROUP BY tenant_id, job_id, slot"
    " HAVING count(*) > 1) AS doubled"
)
OVER_BUDGET = "SELECT count(*) FROM token_budgets WHERE tokens_used > tokens_limit"
STILL_HELD = (
    "SELECT coalesce(sum(tokens_held), 0) + (SELECT count(*) FROM token_holds) FROM token_budgets"
)
EVENTS = "SELECT count(*) FROM generation_jobs j WHERE 2 <> (SELECT count(*) FROM outbox o WHERE o.key_id = j.job_id)"


async def looked(size: Size, place: Ground) -> Books:
    """What the models heard beside what is written down."""
    heard = place.models.heard
    asked = Counter(_told(one) for one in heard)
    again, lost = sum(asked.values()) - len(asked), await place.number(LOST)
    billed = _billed(heard)
    budgets = [await school.budget() for school in place.schools]
    limits, books_say = (
        [one[name] for one in budgets] for name in ("tokens_limit", "tokens_used")
    )
    in_flight = LANES * SLOTS_AT_ONCE * place.toll.total
    faults = {
        "items that a job that is done owes": await _owed(place),
        "jobs that did not end as they should": await place.number(NOT_DONE, place.short),
        "jobs whose counts differ from their items": await place.number(UNEQUAL),
        "items staged twice": await place.number(DOUBLED),
        "steps answered twice": await place.number(TWICE),
        "calls asked again beyond those that were under way at a kill": max(0, again - lost),
        "calls under way at a kill beyond the bound": max(0, lost - in_flight),
        "schools over their budget by our books": await place.number(OVER_BUDGET),
        "schools over their budget by the models' books": sum(
            billed[number] > limit for number, limit in enumerate(limits)
        ),
        "schools whose books say less than the models'": sum(
            billed[number] > used for number, used in enumerate(books_say)
        ),
        "calls that belong to no school": billed[-1],
        "tokens still set aside": await place.number(STILL_HELD),
        "jobs without exactly their two events": await place.number(EVENTS),
    }
    counted = {
        "jobs": "SELECT count(*) FROM generation_jobs",
        "jobs that the budget stopped": "SELECT count(*) FROM generation_jobs WHERE state = 'stopped'",
        "items made": "SELECT sum(made) FROM generation_jobs",
        "items before the reviewers": "SELECT sum(passed) FROM generation_jobs",
        "tokens used": "SELECT sum(tokens_used) FROM token_budgets",
    }
    looked_at = {name: await place.number(sql) for name, sql in counted.items()}
    looked_at |= {
        "calls that the models heard": len(heard),
        "tokens that the models would bill": sum(billed.values()),
        "calls under way when their worker was killed": lost,
        "of these asked again": again,
    }
    return Books(looked_at=looked_at, faults=faults, toll=place.toll)


async def _owed(place: Ground) -> int:
    """Of jobs that are done as many items passed as were asked for, or they have tried as often as they may."""
    return sum(
        max(0, min(one["wanted"] - one["passed"], tries.most(one["wanted"]) - one["ended"]))
        for one in await place.fetch(OF_DONE)
    )


def _told(heard: Heard) -> str:
    """The same for the same question to the same model."""
    said = json.dumps([heard.model, heard.body["messages"]], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _billed(heard: Sequence[Heard]) -> Mapping[int, int]:
    """By the school whose bell rings in the material: tokens, whether or not anybody was there to hear the answer."""
    found = Counter[int]()
    for one in heard:
        bell = _BELL.search(one.body["messages"][-1]["content"])
        found[int(bell[1]) if bell else -1] += tokens_of(one)
    return found


# --- The page -------------------------------------------------------------------------------------


def page(size: Size, books: Books) -> str:
    """The report."""
    lost, again = (
        books.looked_at["calls under way when their worker was killed"],
        books.looked_at["of these asked again"],
    )
    back_s = statistics.median(books.toll.restart_s or [0.0])
    setting = (
        f"{size.schools} schools ask for items, {size.items} a job, {size.open_at_once} jobs of each at a time; the models answer after"
        f" {size.answer_s * 1000:.0f} ms. {LANES} jobs are made at once, {SLOTS_AT_ONCE} items of each. The last school may use"
        f" {size.short_budget:,} tokens. It took {books.seconds:.0f} s; a killed worker was back after {back_s:.1f} s (median)."
    )
    calls = (
        f"Calls under way at a kill: {lost / max(1, books.toll.total):.1f} on average, {LANES * SLOTS_AT_ONCE} at most."
        f" Their tokens stay set aside until the step is asked again, and then count as much as the call in their place. {again} of them"
        f" were asked again ({again / max(1, books.looked_at['calls that the models heard']):.1%} of all calls); no other call was."
        f" The books say {books.looked_at['tokens used'] / max(1, books.looked_at['tokens that the models would bill']):.2f} times what"
        " the models would bill."
    )
    rows = [
        f"{machine()} Worker, models, stores and the drill share it.",
        "",
        setting,
        "",
        f"| SIGKILLs: {books.toll.total} | times |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in sorted(books.toll.counts.items())),
        "",
        "| looked at | |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in books.looked_at.items()),
        "",
        calls,
        "",
        "| wrong | |",
        "|---|---|",
        *(f"| {name} | **{count}** |" for name, count in books.faults.items()),
    ]
    return "\n".join(rows)


async def run(size: Size, folder: Path) -> Books:
    """All of it, on stores of its own."""
    async with ground(size, folder) as place:
        return await drill(size, place)


def main() -> int:
    """Read the options, run, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100)
    given = parser.parse_args()
    size = Size(seed=given.seed, kills=given.kills)
    folder = Path(tempfile.mkdtemp(prefix="lt-drill-", dir="/tmp"))
    folder.chmod(0o755)
    books = asyncio.run(run(size, folder))
    write_result(
        Path("generation_drill.md"),
        title="The content factory while its worker is killed",
        command=f".venv/bin/python -m loadtests.drills.factory --seed {size.seed} --kills {size.kills}",
        body=page(size, books),
    )
    if books.good:
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    print(f"the logs are kept in {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
