"""The workers beside a server: one process, that dies with it, comes back when it dies, and is told of in /metrics."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil
import pytest

from server.storage.embedded import runtime_folder
from tests.support.histories import History
from tests.support.running import RunningLectern, running
from tests.support.worker_process import working
from tests.support.workshop import new_id, workshop

pytestmark = [pytest.mark.store, pytest.mark.drill, pytest.mark.xdist_group("start")]

PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 3.0
# Of a processor: what never waits has all of one, or its share of a busy machine.
RESTS_AT = 0.03


def _workers(lectern: RunningLectern) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(lectern.pid).children()
        if child.cmdline()[1:3] == ["-m", "workers"]
    ]


async def _metrics(lectern: RunningLectern) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{lectern.base_url}/metrics") as response,
    ):
        return await response.text()


async def _until_told(
    lectern: RunningLectern, said: str = 'lectern_worker_rounds_total{node="workers-0"'
) -> str:
    """The metrics, once the workers are in them, or what they say."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while said not in (text := await _metrics(lectern)):
            await asyncio.sleep(0.1)
    return text


def _stores_of(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in ("LECTERN_DATABASE_URL", "LECTERN_REDIS_URL")}


@pytest.fixture
async def folder(short_folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=short_folder))


@pytest.fixture
async def beside(demo_environ: Mapping[str, str], folder: Path) -> AsyncIterator[RunningLectern]:
    async with running(folder, demo_environ) as lectern:
        yield lectern


async def test_there_is_one_and_it_tells_how_it_does_beside_the_node(
    beside: RunningLectern,
) -> None:
    text = await _until_told(beside)
    assert len(_workers(beside)) == 1
    assert "lectern_nodes 1.0" in text
    assert "\nlectern_channels_healthy 1.0" in text  # the only node needs no name
    await _until_told(beside, 'lectern_partitions_ahead{node="workers-0"} 8.0')


async def test_killed_it_comes_back_and_goes_on(
    beside: RunningLectern, demo_environ: Mapping[str, str], folder: Path
) -> None:
    await _until_told(beside)
    [before] = _workers(beside)
    before.kill()
    url, redis_url = demo_environ["LECTERN_DATABASE_URL"], demo_environ["LECTERN_REDIS_URL"]
    async with workshop(url, redis_url, folder) as shop:
        one = History(chance=random.Random(1), tenant_id=new_id(), attempt_id=new_id())
        await shop.write(one.tenant_id, [one.open(), one.answer()])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (
                await shop.fetchval(
                    "SELECT last_seq FROM progress WHERE attempt_id = $1", one.attempt_id
                )
                != 1
            ):
                await asyncio.sleep(0.1)
    [after] = _workers(beside)
    assert after.pid != before.pid
    assert "workers.died" in beside.output


async def test_it_does_not_outlive_its_server(beside: RunningLectern) -> None:
    await _until_told(beside)
    [worker] = _workers(beside)
    await beside.kill()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)


async def test_both_end_in_good_order_and_leave_nothing(
    beside: RunningLectern, folder: Path
) -> None:
    await _until_told(beside)
    [worker] = _workers(beside)
    sockets = runtime_folder(folder / "state")
    assert list(sockets.iterdir())
    assert await beside.stop() == 0
    assert not worker.is_running()
    assert not sockets.exists()
    assert "workers.stopped" in beside.output


async def test_where_they_run_elsewhere_there_is_none(
    demo_environ: Mapping[str, str], folder: Path
) -> None:
    async with running(folder, {**demo_environ, "LECTERN_WORKERS": "0"}) as lectern:
        assert _workers(lectern) == []
        assert "lectern_nodes 1.0" not in await _metrics(lectern)


async def test_nodes_behind_one_port_share_one(
    demo_environ: Mapping[str, str], folder: Path
) -> None:
    async with running(folder, {**demo_environ, "LECTERN_NODES": "2"}) as lectern:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "lectern_nodes 2.0" not in await _until_told(lectern):
                await asyncio.sleep(0.1)
        assert len(_workers(lectern)) == 1


async def test_everything_starts_again_where_it_stopped(folder: Path) -> None:
    async with running(folder, {}) as lectern:
        assert await lectern.stop() == 0
        await lectern.start()
        await _until_told(lectern)
        assert await lectern.stop() == 0


async def test_a_worker_with_nothing_to_do_rests(
    demo_environ: Mapping[str, str], folder: Path
) -> None:
    names = ("relay", "projector", "grader", "lifecycle", "jobs")
    async with working(folder, _stores_of(demo_environ), *names) as worker:
        before, now = 0.0, worker.cpu_seconds
        async with asyncio.timeout(PATIENCE_SECONDS):
            while now - before > RESTS_AT * LOOK_SECONDS:
                await asyncio.sleep(LOOK_SECONDS)
                before, now = now, worker.cpu_seconds


async def test_events_that_nobody_takes_are_seen_on_the_status_page(
    demo_environ: Mapping[str, str], folder: Path
) -> None:
    url, redis_url = demo_environ["LECTERN_DATABASE_URL"], demo_environ["LECTERN_REDIS_URL"]
    async with (
        running(folder, {**demo_environ, "LECTERN_WORKERS": "0"}) as lectern,
        workshop(url, redis_url, folder) as shop,
    ):
        assert await _state_of_workers(lectern) == "ok"
        one = History(chance=random.Random(1), tenant_id=new_id(), attempt_id=new_id())
        await shop.write(one.tenant_id, [one.open()], at=datetime(2026, 1, 1, tzinfo=UTC))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _state_of_workers(lectern) != "degraded":
                await asyncio.sleep(0.2)


async def _state_of_workers(lectern: RunningLectern) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            f"{lectern.base_url}/status", headers={"Accept": "application/json"}
        ) as response,
    ):
        parts = (await response.json())["components"]
    return next(str(part["state"]) for part in parts if part["name"] == "workers")
