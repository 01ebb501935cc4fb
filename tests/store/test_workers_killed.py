"""Worker processes are killed while answers come: nothing is lost, nothing counts twice, and what is left takes over."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from lms.attempts import service as service_of_attempts
from lms.attempts.model import Desk
from lms.projections import service
from lms.projections.registry import PROJECTIONS
from server.storage.redis import key
from tests.support.exams import NOW, exam_in
from tests.support.graded import Desks, desks_in
from tests.support.histories import History
from tests.support.stores import Stores, running_cluster
from tests.support.worker_process import working
from tests.support.workshop import PATIENCE_SECONDS, Workshop, new_id, workshop

pytestmark = [pytest.mark.store, pytest.mark.timeout(240)]

ATTEMPTS = 8
BEGIN = NOW + timedelta(hours=1)
CONNECTIONS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
)


@pytest.fixture
async def shop(stores: Stores, redis_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, redis_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


@pytest.fixture
def folder(short_folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=short_folder))


def _environ(shop: Workshop, redis_url: str, **more: str) -> dict[str, str]:
    return {"LECTERN_DATABASE_URL": shop.url, "LECTERN_REDIS_URL": redis_url, **more}


class Exam:
    """Learners who answer on and on."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        school = new_id()
        self.going = [
            History(chance=random.Random(), tenant_id=school, attempt_id=new_id())
            for _ in range(ATTEMPTS)
        ]
        self.written = 0

    async def open(self) -> None:
        for one in self.going:
            await self._shop.write(one.tenant_id, [one.open()])

    async def answer(self, rounds: int) -> None:
        for _ in range(rounds):
            for one in self.going:
                await self._shop.write(one.tenant_id, [one.answer()])
                self.written += 1

    async def all_in(self) -> None:
        """Wait until the progress of each attempt is what was written; then it is also what a rebuild makes of it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self._shop.fetchval("SELECT sum(last_seq) FROM progress") != self.written:
                await asyncio.sleep(0.05)
            while not await self._shop.settled():
                await asyncio.sleep(0.05)
        live = await self._shop.read_models()
        for projection in PROJECTIONS.values():
            async with self._shop.means.database.transaction(None) as connection:
                await service.rebuild(connection, projection)
        assert await self._shop.read_models() == live
        assert await self._shop.fetchval("SELECT count(*) FROM dead_letters") == 0
        assert (
            await self._shop.fetchval("SELECT count(*) FROM event_log") == self.written + ATTEMPTS
        )


@pytest.mark.parametrize("point", ["relay.before_xadd:3", "projector.before_commit:3"])
async def test_killed_at_the_worst_moment_the_next_one_goes_on(
    shop: Workshop, redis_url: str, folder: Path, point: str
) -> None:
    exam = Exam(shop)
    doomed = _environ(shop, redis_url, LECTERN_FAIL_AT=point)
    async with working(folder, doomed, "relay", "projector") as worker:
        await exam.open()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while worker.alive:  # how many batches they are taken in depends on the machine
                await exam.answer(1)
        assert await worker.died() == -9
    await exam.answer(1)
    async with working(folder, _environ(shop, redis_url), "relay", "projector"):
        await exam.answer(1)
        await exam.all_in()


async def test_killed_again_and_again_at_any_moment_nothing_is_lost(
    shop: Workshop, redis_url: str, folder: Path
) -> None:
    exam = Exam(shop)
    await exam.open()
    chance = random.Random(11)
    for _ in range(5):
        async with working(folder, _environ(shop, redis_url), "relay", "projector") as worker:
            writing = asyncio.ensure_future(exam.answer(3))
            await asyncio.sleep(chance.uniform(0.0, 0.3))
            await worker.kill()
            await writing
    async with working(folder, _environ(shop, redis_url), "relay", "projector"):
        await exam.all_in()


async def test_of_two_processes_the_one_that_is_left_does_all(
    shop: Workshop, redis_url: str, folder: Path
) -> None:
    exam = Exam(shop)
    environ = _environ(shop, redis_url)
    async with (
        working(folder, environ, "relay", "projector") as first,
        working(folder, environ, "relay", "projector"),
    ):
        await exam.open()
        await exam.answer(3)
        await first.kill()
        await exam.answer(3)
        await exam.all_in()


async def test_asked_to_stop_it_ends_in_good_order(
    shop: Workshop, redis_url: str, folder: Path
) -> None:
    exam = Exam(shop)
    names = ("relay", "projector", "grader", "lifecycle", "jobs")
    async with working(folder, _environ(shop, redis_url), *names) as worker:
        await exam.open()
        await exam.answer(1)
        await exam.all_in()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await worker.stop() == 0
    assert "worker.failed" not in worker.output
    streams = key("events-0", l=shop.streams_name)
    for group in ("projector", "grader"):
        assert await shop.redis.execute_command("XINFO", "CONSUMERS", streams, group) == []


async def test_a_master_of_the_cluster_is_killed_and_the_events_go_on(
    stores: Stores, folder: Path
) -> None:
    url = await stores.fresh_database()
    async with (
        running_cluster(folder / "cluster") as cluster,
        workshop(url, cluster.url, folder) as shop,
        working(folder, _environ(shop, cluster.url), "relay", "projector"),
    ):
        exam = Exam(shop)
        await exam.open()
        await exam.answer(2)
        await cluster.kill_master_of(key("events-0", l=shop.streams_name))
        await exam.answer(2)
        await exam.all_in()
    await stores.drop_database(url)


async def test_the_connections_of_the_workers_are_cut_and_they_come_back(
    shop: Workshop, redis_url: str, folder: Path
) -> None:
    exam = Exam(shop)
    owner = await asyncpg.connect(shop.url)
    await exam.open()
    ours = await owner.fetchval(f"SELECT array_agg(pid) {CONNECTIONS}")
    async with working(folder, _environ(shop, redis_url), "relay", "projector") as worker:
        for _ in range(3):
            await exam.answer(1)
            await owner.execute(
                f"SELECT pg_terminate_backend(pid) {CONNECTIONS} AND pid <> ALL ($1::int[])", ours
            )
            await asyncio.sleep(0.2)
        await exam.all_in()
        assert worker.alive
    await owner.close()


async def test_killed_while_it_shuts_and_while_it_grades_each_attempt_is_handed_in_and_graded_once(
    stores: Stores, valkey_url: str, folder: Path
) -> None:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, folder) as shop:
        exam = await exam_in(shop.means.database)
        async with desks_in(exam, url) as desks:
            await _over(shop, desks, learners=6)
        names = ("relay", "projector", "grader", "lifecycle")
        for point in (
            "deadline.before_commit:3",
            "deadline.after_commit:1",
            "grader.before_commit:1",
        ):
            doomed = _environ(shop, valkey_url, LECTERN_FAIL_AT=point)
            async with working(folder, doomed, *names) as worker:
                assert await worker.died() == -9
            if point.startswith("deadline.after"):
                assert (
                    await shop.fetchval("SELECT count(*) FROM attempts WHERE state = 'open'") == 0
                )
        async with working(folder, _environ(shop, valkey_url), *names):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await shop.fetchval("SELECT count(*) FROM item_outcomes") != 6:
                    await asyncio.sleep(0.1)
        assert await shop.fetchval("SELECT count(*) FROM attempts WHERE state = 'graded'") == 6
        assert await shop.fetchval("SELECT count(*) FROM grades") == 6
        for name in ("attempt.submitted", "attempt.graded"):
            told = await shop.fetchval("SELECT count(*) FROM event_log WHERE name = $1", name)
            assert told == 6
        cells = await shop.fetchval(
            "SELECT count(*) FROM gradebook_cells WHERE state = 'graded' AND earned_milli = 1000"
        )
        assert cells == 6
    await stores.drop_database(url)


async def _over(shop: Workshop, desks: Desks, learners: int) -> None:
    """So many attempts with a right answer, whose time is up."""
    people = await desks.exam.add_learners(learners)
    assessment = await desks.assessment("single_choice")
    await desks.exam.materialise(assessment.assessment_id)
    for learner in people:
        who = desks.person(learner, "student")
        async with shop.means.database.transaction(who.tenant_id) as connection:
            opened = await service_of_attempts.start(
                *(connection, who, assessment.assessment_id, "", Desk(now=BEGIN, new_id=new_id))
            )
        await desks.answer(opened.attempt.attempt_id, "single_choice", "b", 1, at=BEGIN)
    # The workers here have the clock of the database.
    await desks.owner.execute(
        "UPDATE attempts SET ends_at = clock_timestamp() - interval '1 minute',"
        " shuts_at = clock_timestamp() - interval '30 seconds' WHERE state = 'open'"
    )
    await desks.owner.execute(
        "UPDATE answers SET arrived_at = clock_timestamp() - interval '1 hour'"
    )
