"""Jobs: asked for with their cause, done by one worker at a time, taken over from the dead, given up in the end."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import asyncpg
import pytest

from lms.ai.gateway import Gateway, Patience
from lms.ai.providers import Providers
from lms.errors import Unavailable
from lms.ids import JobId
from lms.jobs import Job, JobKind, Leased, enqueue
from tests.support.stores import Stores
from tests.support.workshop import Workshop, new_id, workshop
from workers import jobs as working
from workers.factory import FactoryWork
from workers.handlers import HANDLERS
from workers.jobs import Bench, Jobs, LaterError, LeaseLostError, Manner

pytestmark = pytest.mark.store


class Clock:
    """The clock of exams, moved by hand."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._now() + self.ahead


@pytest.fixture
async def shop(stores: Stores, valkey_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


@pytest.fixture
def clock(shop: Workshop) -> Clock:
    return Clock(shop.means.now)


def _workers(shop: Workshop, clock: Clock, handler: working.Handler) -> Jobs:
    means = replace(shop.as_another(), now=clock.now)
    return Jobs(means, {"regrade.apply": handler})


async def _ask(shop: Workshop, job_id: str | None = None) -> str:
    job = Job(
        job_id=JobId(job_id or new_id()),
        kind="regrade.apply",
        tenant_id=new_id(),
        subject_id=new_id(),
        data={"after": "x", "count": 3},
    )
    async with shop.means.database.transaction(job.tenant_id) as connection:
        await enqueue(connection, job, shop.means.now())
    return job.job_id


async def _state(shop: Workshop) -> object:
    return await shop.fetchval("SELECT state FROM jobs")


def test_every_kind_that_may_be_asked_for_is_done_by_somebody_and_by_one(shop: Workshop) -> None:
    patience = Patience(steady=shop.means.steady, chance=lambda: 0.5)
    models = Gateway(Providers(), {}, shop.means.meters, patience)
    done = [*HANDLERS, *FactoryWork(models, timedelta(days=1)).handlers()]
    assert sorted(done) == sorted(get_args(JobKind))


async def test_a_job_is_done_once_with_what_was_asked(shop: Workshop, clock: Clock) -> None:
    done: list[Leased] = []

    async def handler(_bench: Bench, job: Leased) -> None:
        done.append(job)

    job_id = await _ask(shop)
    await _ask(shop, job_id)
    workers = [_workers(shop, clock, handler) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(worker.round() for worker in workers))
    assert [(job.job_id, job.data) for job in done] == [(job_id, {"after": "x", "count": 3})]
    assert await _state(shop) == "done"


async def test_a_job_of_a_transaction_that_failed_was_never_asked_for(shop: Workshop) -> None:
    job = Job(
        job_id=JobId(new_id()), kind="regrade.apply", tenant_id=new_id(), subject_id=new_id()
    )

    async def ask_and_fail() -> None:
        async with shop.means.database.transaction(job.tenant_id) as connection:
            await enqueue(connection, job, shop.means.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_fail()
    assert await shop.fetchval("SELECT count(*) FROM jobs") == 0


async def test_a_job_that_fails_is_tried_again_later_and_given_up_in_the_end(
    shop: Workshop, clock: Clock
) -> None:
    tries = []

    async def handler(_bench: Bench, job: Leased) -> None:
        tries.append(job.tries)
        raise ZeroDivisionError

    await _ask(shop)
    worker = _workers(shop, clock, handler)
    await worker.round()
    await worker.round()
    assert tries == [1]  # not again at once
    for _ in range(12):
        clock.ahead += timedelta(seconds=2 * working.LONGEST_PAUSE_SECONDS)
        await worker.round()
    assert tries == list(range(1, working.MOST_TRIES + 1))
    assert await _state(shop) == "dead"


async def test_put_back_for_later_is_no_try_and_no_failure(shop: Workshop, clock: Clock) -> None:
    tries = []

    async def handler(_bench: Bench, job: Leased) -> None:
        tries.append(job.tries)
        if len(tries) <= 2 * working.MOST_TRIES:
            raise LaterError(5.0)

    await _ask(shop)
    worker = _workers(shop, clock, handler)
    for _ in range(2 * working.MOST_TRIES):
        await worker.round()
        assert await worker._lease() is None  # not before its time
        clock.ahead += timedelta(seconds=6)
    await worker.round()
    assert set(tries) == {1}
    assert await _state(shop) == "done"


async def test_who_comes_further_is_not_given_up_for_the_tries_before(
    shop: Workshop, clock: Clock
) -> None:
    tries = []

    async def handler(bench: Bench, job: Leased) -> None:
        tries.append(job.tries)
        async with bench.transaction() as connection:
            await bench.go_on(connection)
        raise ZeroDivisionError

    await _ask(shop)
    worker = _workers(shop, clock, handler)
    for _ in range(2 * working.MOST_TRIES):
        await worker.round()
        clock.ahead += timedelta(seconds=2 * working.LONGEST_PAUSE_SECONDS)
    assert max(tries) == 2
    assert await _state(shop) == "waiting"


async def test_what_depends_on_a_job_hears_before_it_is_given_up(
    shop: Workshop, clock: Clock
) -> None:
    heard = []

    async def handler(_bench: Bench, _job: Leased) -> None:
        raise ZeroDivisionError

    async def tell(_bench: Bench, job: Leased) -> None:
        heard.append((job.job_id, await _state(shop)))

    job_id = await _ask(shop)
    await shop.fetchval(f"UPDATE jobs SET tries = {working.MOST_TRIES - 1}")
    means = replace(shop.as_another(), now=clock.now)
    manner = Manner(name="told", given_up={"regrade.apply": tell})
    await Jobs(means, {"regrade.apply": handler}, manner=manner).round()
    assert heard == [(job_id, "waiting")]
    assert await _state(shop) == "dead"


async def test_a_store_that_is_away_is_no_try(shop: Workshop, clock: Clock) -> None:
    async def handler(_bench: Bench, _job: Leased) -> None:
        raise Unavailable("away")

    await _ask(shop)
    worker = _workers(shop, clock, handler)
    for _ in range(2 * working.MOST_TRIES):
        await worker.round()
        clock.ahead += timedelta(seconds=2 * working.LONGEST_PAUSE_SECONDS)
    assert await _state(shop) == "waiting"


async def test_a_job_of_a_worker_that_died_is_taken_over_when_its_lease_has_run_out(
    shop: Workshop, clock: Clock
) -> None:
    done = []

    async def handler(_bench: Bench, job: Leased) -> None:
        done.append(job.tries)

    await _ask(shop)
    dead, alive = _workers(shop, clock, handler), _workers(shop, clock, handler)
    assert await dead._lease() is not None  # and then it was killed
    await alive.round()
    assert done == []
    clock.ahead += working.LEASE + timedelta(seconds=1)
    await alive.round()
    assert done == [2]


async def test_who_lost_the_lease_commits_nothing_more(shop: Workshop, clock: Clock) -> None:
    """It slept through its lease, and another has the job: its transactions are refused from then on."""
    began, go_on = asyncio.Event(), asyncio.Event()
    committed = []

    async def slow(bench: Bench, job: Leased) -> None:
        began.set()
        await go_on.wait()
        async with bench.transaction():
            committed.append(job.tries)

    async def quick(bench: Bench, job: Leased) -> None:
        async with bench.transaction():
            committed.append(job.tries)

    await _ask(shop)
    sleeping = asyncio.ensure_future(_workers(shop, clock, slow).round())
    await began.wait()
    clock.ahead += working.LEASE + timedelta(seconds=1)
    await _workers(shop, clock, quick).round()
    go_on.set()
    await sleeping
    assert committed == [2]
    assert await _state(shop) == "done"


async def test_while_a_batch_is_being_committed_nobody_else_can_have_the_job(
    shop: Workshop, clock: Clock
) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def handler(bench: Bench, _job: Leased) -> None:
        async with bench.transaction():
            inside.set()
            await go_on.wait()

    await _ask(shop)
    first = asyncio.ensure_future(_workers(shop, clock, handler).round())
    await inside.wait()
    clock.ahead += working.LEASE + timedelta(seconds=1)
    assert await _workers(shop, clock, handler)._lease() is None
    go_on.set()
    await first
    assert await _state(shop) == "done"


async def test_a_long_job_keeps_its_lease(
    shop: Workshop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "KEEP_SECONDS", 0.05)

    async def handler(_bench: Bench, _job: Leased) -> None:
        clock.ahead += working.LEASE - timedelta(seconds=5)
        await asyncio.sleep(0.3)
        clock.ahead += working.LEASE - timedelta(seconds=5)
        assert await _workers(shop, clock, handler)._lease() is None

    await _ask(shop)
    await _workers(shop, clock, handler).round()
    assert await _state(shop) == "done"


async def test_a_long_job_whose_lease_was_taken_is_ended(
    shop: Workshop, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "KEEP_SECONDS", 0.05)
    bench = Bench(
        shop.means,
        Leased(
            job_id=new_id(),
            kind="",
            tenant_id=new_id(),
            subject_id="",
            data={},
            tries=1,
            token=new_id(),
        ),
    )
    with pytest.raises(LeaseLostError):
        async with bench.transaction():
            pass

    async def handler(_bench: Bench, _job: Leased) -> None:
        connection = await asyncpg.connect(shop.url)
        await connection.execute("UPDATE jobs SET lease_token = gen_random_uuid()")
        await connection.close()
        await asyncio.Event().wait()

    await _ask(shop)
    async with asyncio.timeout(30):
        await _workers(shop, clock, handler).round()
    assert await _state(shop) == "waiting"


async def test_a_kind_of_a_later_release_is_left_alone(shop: Workshop, clock: Clock) -> None:
    await _ask(shop)
    await Jobs(replace(shop.means, now=clock.now), {}).round()
    assert await shop.fetchval("SELECT tries FROM jobs") == 0
