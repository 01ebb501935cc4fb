"""Answers while there are too many of them, or PostgreSQL is stopped: refused with a time to come again, nothing lost."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest

from server.storage.postgres import Database
from tests.support.hall import Hall, open_hall

pytestmark = pytest.mark.store

PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
async def hall(database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    """On a database that gives up on a statement after a second."""
    async with (
        Database(database_url, pool_size=4, statement_timeout_ms=1000) as database,
        open_hall(database, database_url, valkey_url) as opened,
    ):
        yield opened


async def test_a_full_queue_sheds_and_recovers(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await hall.started()
    with monkeypatch.context() as patched:
        patched.setattr(hall.school.deps.exams.answers, "_max_waiting", 3)
        got = await asyncio.gather(*(hall.answer(made, seq, "a") for seq in range(1, 121)))
    statuses = {one.status for one in got}
    assert statuses <= {200, 409, 503}
    assert {200, 503} <= statuses
    for one in got:
        if one.status == 503:
            assert one.code == "busy"
            assert int(one.headers["Retry-After"]) >= 1
    acked = {one.body["seq"] for one in got if one.status == 200}
    assert acked == {one[1] for one in await hall.stored(made)}
    assert (await hall.answer(made, 500, "b")).status == 200


@contextlib.contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_while_postgresql_stands_still_nothing_is_acknowledged_and_then_all_goes_on(
    hall: Hall,
) -> None:
    made = await hall.started()
    assert (await hall.answer(made, 1, "a")).status == 200
    backend = psutil.Process(await hall.owner.fetchval("SELECT pg_backend_pid()"))
    postmaster = backend.parent()
    assert postmaster is not None
    with stopped([postmaster.pid, *(one.pid for one in postmaster.children())]):
        async with asyncio.timeout(PATIENCE_SECONDS):
            got = await asyncio.gather(
                *(hall.answer(made, seq, f"v{seq}", item=2) for seq in range(2, 40))
            )
    assert {one.status for one in got} <= {200, 503}
    assert any(one.status == 503 for one in got)
    assert all("Retry-After" in one.headers for one in got if one.status == 503)
    acked = {one.body["seq"] for one in got if one.status == 200}
    # What was not acknowledged may be there or not; sent again it is acknowledged.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await hall.answer(made, 40, "v40", item=2)).status != 200:
            await asyncio.sleep(0.2)
    assert acked | {1, 40} <= {one[1] for one in await hall.stored(made)}


async def test_a_database_that_ends_every_connection_costs_a_retry(hall: Hall) -> None:
    made = await hall.started()
    acked: set[int] = set()
    for seq in range(1, 60):
        if seq % 20 == 0:
            await hall.owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        got = await hall.answer(made, seq, f"v{seq}")
        assert got.status in (200, 503), got
        if got.status == 200:
            acked.add(seq)
    assert len(acked) > 40
    assert acked <= {one[1] for one in await hall.stored(made)}
