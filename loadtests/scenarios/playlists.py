"""From a quiz in class to the next lesson: 500 learners answered, and how long until what went wrong is at the head of each one's list.

The events go through the real outbox, relay, projector and refiller, all workers in one process as beside a server. Beside it: how
long an answer of an exam takes into its read model, calm and while the lists are made; and what very many refills cost, in time of
the processors, memory and rows. A busy machine makes seconds long; what the processors do for a learner it changes little.
"""

import argparse
import asyncio
import resource
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import psutil

from lms.adaptive import store
from lms.adaptive.model import Ask
from lms.events import AttemptAnswered, AttemptOpened, PracticeAnswered, QuizAnswered
from lms.practice import wire
from loadtests.folder import own_folder
from loadtests.report import machine, write_result
from server.storage import embedded, partitions
from server.storage.migrate import migrate
from server.storage.playlists import list_key
from tests.support.tutor import Bank, a_bank
from tests.support.worker_process import working
from tests.support.workshop import Workshop, new_id, workshop
from workers.refiller import Refiller

WORKERS = ("relay", "projector", "grader", "lifecycle", "jobs", "factory", "refiller")
SKILLS = tuple(f"skill {number}" for number in range(30))
LOOK_SECONDS = 0.2  # each look is some megabytes
PATIENCE_SECONDS = 120.0
PROBE_SECONDS = 0.1
TTL_SECONDS = 3600
LISTS_LOOKED_AT = 100
MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long it took, in seconds."""

    seconds: Sequence[float]

    def line(self, what: str) -> str:
        """A row of the table."""
        ordered = sorted(self.seconds)
        p95 = ordered[max(0, round(len(ordered) * 0.95) - 1)]
        return f"| {what} | {len(ordered)} | {statistics.median(ordered):.2f} | {p95:.2f} | {ordered[-1]:.2f} |"


async def practised(shop: Workshop, bank: Bank, answers: int) -> None:
    """Everybody has answered before, some right and some wrong."""
    for number, user in enumerate(bank.users):
        events = []
        for place in range(answers):
            skill = SKILLS[(number * 7 + place) % len(SKILLS)]
            share = 1000 if (number + place) % 3 else 0
            events.append(bank.answer(user, skill, share, item=(number + place) % 100))
        await shop.write(bank.tenant_id, events)


async def all_done(shop: Workshop) -> None:
    """Wait until every event is read and nobody waits for lessons."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await shop.settled() or await shop.fetchval("SELECT count(*) FROM refills"):  # noqa: ASYNC110 - they are other processes
            await asyncio.sleep(0.2)


async def revealed(shop: Workshop, bank: Bank, skill: str) -> Times:
    """Everybody was wrong: as at the reveal, all in one transaction; how long until the list of each begins with the skill."""
    quiz_id = new_id()
    events: list[QuizAnswered | PracticeAnswered] = [
        bank.in_class(user, skill, 0, quiz_id) for user in bank.users
    ]
    begun = perf_counter()
    await shop.write(bank.tenant_id, events)
    waiting, seconds = list(bank.users), list[float]()
    wanted = frozenset(f"{one}.1" for one in bank.items[skill])
    async with asyncio.timeout(PATIENCE_SECONDS):
        while waiting:
            pipe = shop.redis.pipeline(transaction=False)
            for user in waiting:
                pipe.lindex(list_key((bank.tenant_id, bank.course_id, user)), 0)
            heads = await pipe.execute()
            now = perf_counter() - begun
            there = {
                user
                for user, head in zip(waiting, heads, strict=True)
                if head and is_remedial(wire.unpacked(head), wanted)
            }
            seconds += [now] * len(there)
            waiting = [user for user in waiting if user not in there]
            await asyncio.sleep(LOOK_SECONDS)
    return Times(seconds=seconds)


def is_remedial(lesson: wire.Batch, wanted: frozenset[str]) -> bool:
    """Whether the first item is one of these, because of the quiz."""
    return lesson.versions[0] in wanted and b'"class_quiz"' in lesson.heads[0]


async def answers_of_exams(shop: Workshop, ending: asyncio.Event) -> Times:
    """One learner answers on and on; how long until each answer is in the progress of the attempt."""
    about = {name: new_id() for name in ("attempt_id", "assessment_id", "course_id", "user_id")}
    school, seconds, seq = new_id(), list[float](), 0
    opened = AttemptOpened(**about, opening=1, asked=1, number=1, ends_at_ms=1)
    await shop.write(school, [opened])
    while not ending.is_set():
        seq += 1
        answered = AttemptAnswered(**about, item_id=new_id(), opening=1, seq=seq, late=False)
        begun = perf_counter()
        await shop.write(school, [answered])
        said = "SELECT last_seq FROM progress WHERE attempt_id = $1"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await shop.fetchval(said, about["attempt_id"]) != seq:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        seconds.append(perf_counter() - begun)
        await asyncio.sleep(PROBE_SECONDS)
    return Times(seconds=seconds)


async def beside(shop: Workshop, seconds: float) -> Times:
    """The same for a while, with nothing else to do."""
    ending = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, ending.set)
    return await answers_of_exams(shop, ending)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of the processors."""

    workers: float
    database: float
    redis: float

    def since(self, before: "Spent", learners: int) -> str:
        """Milliseconds a learner, as cells of a table."""
        both = zip(
            (self.workers, self.database, self.redis),
            (before.workers, before.database, before.redis),
            strict=True,
        )
        each = [(now - then) * 1000 / learners for now, then in both]
        return " | ".join(f"{one:.2f}" for one in (*each, sum(each)))


def spent(workers: float) -> Spent:
    """By now: the stores are children of this process."""
    found = {"postgres": 0.0, "valkey-server": 0.0}
    for child in psutil.Process().children(recursive=True):
        if child.name() in found:
            times = child.cpu_times()
            found[child.name()] += times.user + times.system
    return Spent(workers=workers, database=found["postgres"], redis=found["valkey-server"])


async def asked(shop: Workshop, bank: Bank, *, urgent: bool) -> None:
    """Everybody's next lessons are to be chosen."""
    now = shop.means.now()
    asks = [
        Ask(course_id=bank.course_id, user_id=user, urgent=urgent, at=now) for user in bank.users
    ]
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        await store.ask(connection, bank.tenant_id, asks)


async def refilled(shop: Workshop, refiller: Refiller) -> None:
    """Rounds until nobody waits, without a rest between them."""
    while await shop.fetchval("SELECT EXISTS (SELECT FROM refills)"):
        await refiller.round()


async def very_many(shop: Workshop, bank: Bank, refills: int) -> str:
    """The whole class again and again, all lessons chosen anew each time; what one refill costs, and what stays behind."""
    refiller = Refiller(shop.means, ttl_seconds=TTL_SECONDS)
    rounds = max(refills // len(bank.users), 2)
    await asked(shop, bank, urgent=False)
    await refilled(shop, refiller)
    before, held = spent(process_time()), [resident_mib()]
    for number in range(rounds):
        await asked(shop, bank, urgent=False)
        await refilled(shop, refiller)
        if number in (rounds // 2, rounds - 1):
            held.append(resident_mib())
    done = rounds * len(bank.users)
    cells = spent(process_time()).since(before, done)
    cpu_ms = float(cells.rpartition("|")[2])
    keys = [list_key((bank.tenant_id, bank.course_id, user)) for user in bank.users]
    sizes = [await shop.redis.memory_usage(one) or 0 for one in keys[:LISTS_LOOKED_AT]]
    kept = "SELECT count(*) FROM practices WHERE course_id = $1"
    rows = await shop.fetchval(kept, bank.course_id)
    counted = "SELECT count(*) FROM item_exposures WHERE course_id = $1"
    items = await shop.fetchval(counted, bank.course_id)
    width = "SELECT avg(octet_length(items))::int FROM practices WHERE course_id = $1"
    row_bytes = await shop.fetchval(width, bank.course_id)
    redis_kib = statistics.mean(sizes) / 1024
    return f"""## Very many refills

{done:,} refills of {len(bank.users):,} learners, nothing urgent: both lessons are chosen anew each time. This process does the choosing; it is counted with its client.

| what | worker | PostgreSQL | Redis | together |
|---|---|---|---|---|
| CPU-ms a refill | {cells} |

The process held {held[0]:.0f} MiB at most after the first refill of all, {held[1]:.0f} after half of them, {held[2]:.0f} at the end. A list takes {redis_kib:.1f} KiB of Redis. {rows:,} lessons are kept
for {len(bank.users):,} learners (two each, those that were replaced are gone), {row_bytes:,} bytes of items each, and {items:,} counts of items. By arithmetic, {MILLION:,} refills are
{cpu_ms * MILLION / 3_600_000:.2f} hours of one core; {MILLION:,} learners have {redis_kib * MILLION / 1024**2:.1f} GiB of lists and {2 * int(str(row_bytes)) * MILLION / 1024**3:.1f} GiB of lessons."""


def resident_mib() -> float:
    """The most that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def holding(shop: Workshop, bank: Bank) -> str:
    """How long the refiller keeps whatever else its process does from going on, while it chooses for a class at once."""
    ending, gaps = asyncio.Event(), list[float]()

    async def waits() -> None:
        last = process_time()
        while not ending.is_set():
            await asyncio.sleep(0)
            now = process_time()
            gaps.append((now - last) * 1000)
            last = now

    waiting = asyncio.create_task(waits())
    await asked(shop, bank, urgent=True)
    begun = process_time()
    await refilled(shop, Refiller(shop.means, ttl_seconds=TTL_SECONDS))
    took = process_time() - begun
    ending.set()
    await waiting
    ordered = sorted(one for one in gaps if one > 0.1)
    p95 = ordered[round(len(ordered) * 0.95) - 1]
    return f"""## What else waits for the refiller

Relay, projector and refiller share a process: an answer on its way into the read models waits for what the refiller does in one go. In {took:.1f} CPU-s for
{len(bank.users)} learners at once that was {statistics.median(ordered):.1f} CPU-ms at the median of {len(ordered)} times, {p95:.1f} at p95, {ordered[-1]:.1f} at the longest."""


async def measured(given: argparse.Namespace, folder: Path) -> str:
    """The body of the page."""
    async with embedded.stores(folder) as urls:
        await migrate(urls.database_url)
        await partitions.make_ahead(urls.database_url)
        async with workshop(urls.database_url, urls.redis_url, folder) as shop:
            bank = await a_bank(shop, learners=given.learners, items=given.items, skills=SKILLS)
            environ = {
                "LECTERN_DATABASE_URL": urls.database_url,
                "LECTERN_REDIS_URL": urls.redis_url,
            }
            async with working(folder, environ, *WORKERS) as worker:
                await practised(shop, bank, given.answers)
                await all_done(shop)
                calm = await beside(shop, 10.0)
                first_from = spent(worker.cpu_seconds)
                first = await revealed(shop, bank, SKILLS[3])
                await all_done(shop)
                first_to = spent(worker.cpu_seconds)
                ending = asyncio.Event()
                probe = asyncio.create_task(answers_of_exams(shop, ending))
                second = await revealed(shop, bank, SKILLS[4])
                ending.set()
                busy = await probe
                await all_done(shop)
                third_from = spent(worker.cpu_seconds)
                third = await revealed(shop, bank, SKILLS[5])
                await all_done(shop)
                third_to = spent(worker.cpu_seconds)
            holds = await holding(shop, bank)
            many = await very_many(shop, bank, given.refills)
    return f"""{machine()}

{given.learners} learners of one course, each with {given.answers} answers before; a bank of {len(SKILLS) * given.items:,} items of {len(SKILLS)} skills; every
learner was wrong. Stores, workers and this client share the cores. t0 is when the transaction of the reveal begins; the end is the item at the head of
the learner's list in Redis, looked for every {LOOK_SECONDS * 1000:.0f} ms. The load average was {load():.1f} at the end.

| what | times | median s | p95 s | longest s |
|---|---|---|---|---|
{first.line("quiz to the head of the list, of learners without a list")}
{second.line("another quiz, while an exam goes on")}
{third.line("a third one")}
{calm.line("answer of an exam to its read model, calm")}
{busy.line("answer of an exam to its read model, while the lists are made")}

Promised: 5 s at p95 (I1).

| CPU-ms a learner | workers | PostgreSQL | Redis, looked at by this client | together |
|---|---|---|---|---|
| first quiz: two lessons for each | {first_to.since(first_from, given.learners)} |
| third quiz: one lesson before the one that waits | {third_to.since(third_from, given.learners)} |

That is relaying and reading the event, folding the skill, choosing, writing down and listing.

{holds}

{many}"""


def load() -> float:
    """Of the machine, over the last minute."""
    return float(psutil.getloadavg()[0])


def main() -> None:
    """Run, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=500)
    parser.add_argument("--items", type=int, default=100, help="of each skill")
    parser.add_argument("--answers", type=int, default=40, help="of each learner, before")
    parser.add_argument("--refills", type=int, default=20_000, help="in the part of very many")
    given = parser.parse_args()
    with own_folder() as folder:
        body = asyncio.run(measured(given, folder))
    write_result(
        Path("playlists.md"),
        title="From a quiz in class to the next lesson",
        command="python -m loadtests.scenarios.playlists",
        body=body,
    )


if __name__ == "__main__":
    main()
