"""Carries workers: round after round, with a pause after a failure, until the process is asked to end."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import Protocol

import structlog

from lms.errors import Unavailable
from server.storage.streams import StreamsAwayError
from server.telemetry.metrics import PrometheusMeters
from workers import backoff

DRAIN_SECONDS = 20.0
# Said once for a failure that passes by itself, and again when it has lasted.
QUIET_FAILURES = 20

_log = structlog.get_logger(__name__)


class Worker(Protocol):
    """Works in rounds: what one round leaves undone the next one finds, in this process or another."""

    name: str

    async def round(self) -> float:
        """One bounded piece of work; how many seconds to rest before the next."""

    async def end(self) -> None:
        """Give back what others could have; never what must be done."""


async def run(
    workers: Sequence[Worker], meters: PrometheusMeters, stopping: asyncio.Event
) -> None:
    """All of them until `stopping`; a round that is under way then is finished, if it does not take too long."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_carry(worker, meters, stopping)) for worker in workers]
        await stopping.wait()
        _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()


async def _carry(worker: Worker, meters: PrometheusMeters, stopping: asyncio.Event) -> None:
    failures = 0
    labels = {"worker": worker.name}
    while not stopping.is_set():
        try:
            rest = await worker.round()
        except Exception as error:  # noqa: BLE001 - a worker goes on after whatever happened to it
            failures += 1
            _say(worker.name, error, failures)
            meters.count("worker_failures_total", labels)
            rest = backoff.pause(failures, random.random())  # noqa: S311 - jitter
        else:
            failures = 0
            meters.count("worker_rounds_total", labels)
        meters.gauge("worker_failing", float(failures > 0), labels)
        await _until(stopping, rest)
    with contextlib.suppress(Unavailable, StreamsAwayError, OSError):
        await worker.end()


def _say(name: str, error: Exception, failures: int) -> None:
    passing = isinstance(error, Unavailable | StreamsAwayError | OSError)
    if not passing:
        _log.error("worker.failed", worker=name, exc_info=error)
    elif failures % QUIET_FAILURES == 1:
        _log.warning("worker.waits", worker=name, reason=type(error).__name__, failures=failures)


async def _until(stopping: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
