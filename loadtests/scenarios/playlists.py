"""From a quiz in class to the next lesson: 500 learners answered, and how long until what went wrong is at the head of each one's list.

The events go through the real outbox, relay, projector and refiller, all workers in one process as beside a server. Beside it: how
long an answer of an exam takes into its read model, calm and while the lists are made.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from lms.events import AttemptAnswered, AttemptOpened, PracticeAnswered, QuizAnswered
from lms.practice import wire
from loadtests.report import machine, write_result
from server.storage import embedded, partitions
from server.storage.migrate import migrate
from server.storage.playlists import list_key
from tests.support.tutor import Bank, a_bank
from tests.support.worker_process import working
from tests.support.workshop import Workshop, new_id, workshop

WORKERS = ("relay", "projector", "grader", "lifecycle", "jobs", "factory", "refiller")
SKILLS = tuple(f"skill {number}" for number in range(30))
LOOK_SECONDS = 0.2  # each look is some megabytes
PATIENCE_SECONDS = 120.0
PROBE_SECONDS = 0.1


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
                first = await revealed(shop, bank, SKILLS[3])
                await all_done(shop)
                ending = asyncio.Event()
                probe = asyncio.create_task(answers_of_exams(shop, ending))
                cpu = worker.cpu_seconds
                second = await revealed(shop, bank, SKILLS[4])
                ending.set()
                busy = await probe
                await all_done(shop)
                cpu = worker.cpu_seconds - cpu
    return f"""{machine()}

{given.learners} learners of one course, each with {given.answers} answers before; a bank of {len(SKILLS) * given.items:,} items of {len(SKILLS)} skills; every
learner was wrong. Stores, workers and this client share the cores. t0 is when the transaction of the reveal begins; the end is the item at the head of
the learner's list in Redis, looked for every {LOOK_SECONDS * 1000:.0f} ms.

| what | times | median s | p95 s | longest s |
|---|---|---|---|---|
{first.line("quiz to the head of the list")}
{second.line("the same while an exam goes on")}
{calm.line("answer of an exam to its read model, calm")}
{busy.line("answer of an exam to its read model, while the lists are made")}

Promised: 5 s at p95 (I1). The workers used {cpu:.1f} CPU-s for the second quiz: {cpu / given.learners * 1000:.1f} ms a learner for reading the event, folding
the skill, and choosing, writing down and listing two lessons of 20 items."""


def main() -> None:
    """Run, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=500)
    parser.add_argument("--items", type=int, default=100, help="of each skill")
    parser.add_argument("--answers", type=int, default=40, help="of each learner, before")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="lp-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        body = asyncio.run(measured(given, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    write_result(
        Path("playlists.md"),
        title="From a quiz in class to the next lesson",
        command="python -m loadtests.scenarios.playlists",
        body=body,
    )


if __name__ == "__main__":
    main()
