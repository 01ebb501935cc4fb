"""`python -m workers relay projector grader lifecycle jobs refiller factory`: the composition root of the workers, any of them in one process.

`python -m workers rebuild <projection>` makes a read model anew from the log, beside workers that run; `python -m workers ingest` brings
accepted items into the bank without waiting for the night.
"""

import argparse
import asyncio
import contextlib
import gc
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import structlog
import uvloop
from aiohttp import web

from lms.attempts.model import Desk
from lms.ids import RANDOM_BYTES, uuid7
from lms.outbox import SHARDS
from lms.projections import log, service
from lms.projections.registry import PROJECTIONS
from server import settings as configuration
from server.clock import SystemClock
from server.exam_clock import ExamClock
from server.settings import Settings, SettingsError
from server.storage import embedded
from server.storage.objects import objects_at
from server.storage.playlists import Playlists
from server.storage.postgres import Database, OpenError
from server.storage.processes import end_with_parent
from server.storage.redis import connected
from server.storage.streams import Streams, log_name
from server.telemetry import http, logs
from server.telemetry.metrics import PrometheusMeters, watch_loop_lag
from workers.factory import factory
from workers.grader import Grader
from workers.handlers import HANDLERS
from workers.jobs import Jobs
from workers.lifecycle import Lifecycle
from workers.means import Means
from workers.projector import Projector
from workers.refiller import Refiller
from workers.relay import Relay
from workers.reviewing import ingest_every_school
from workers.runner import Worker, run

NAMES = ("relay", "projector", "grader", "lifecycle", "jobs", "factory", "refiller")
POOL = 8
# So many jobs at once: a long one keeps no short one waiting.
JOB_LANES = 3
REBUILD_STATEMENT_MS = 600_000

_log = structlog.get_logger(__name__)


def main(arguments: list[str]) -> int:
    """Run the workers, or rebuild; 1 when it could not start."""
    given = _parser().parse_args(arguments)
    try:
        settings = _with_running_stores(configuration.load(os.environ))
        logs.configure(settings.log_level, node="worker")
        if given.what[0] == "rebuild":
            uvloop.run(_rebuild(settings, given.what[1:]))
        elif given.what == ["ingest"]:
            uvloop.run(_ingest(settings))
        else:
            uvloop.run(_work(settings, given))
    except (SettingsError, OpenError) as error:
        sys.stderr.write(f"lectern: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument(
        "what",
        nargs="+",
        help=f"some of {' '.join(NAMES)}; or rebuild and the projections; or ingest",
    )
    parser.add_argument("--socket", type=Path, help="where this process tells its metrics")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the starting process ends"
    )
    return parser


def _with_running_stores(settings: Settings) -> Settings:
    """The URLs of the stores: the given ones, or those that a Lectern of this state folder runs."""
    if settings.database_url and settings.redis_url:
        return settings
    running = embedded.running_stores(settings.state_path)
    if running is None:
        raise SettingsError(
            "LECTERN_DATABASE_URL and LECTERN_REDIS_URL are needed: workers start no stores"
        )
    return msgspec.structs.replace(
        settings,
        database_url=settings.database_url or running.database_url,
        redis_url=settings.redis_url or running.redis_url,
    )


# --- workers ------------------------------------------------------------------------------------


async def _work(settings: Settings, given: argparse.Namespace) -> None:
    names = list(dict.fromkeys(given.what))
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise SettingsError(f"there is no worker {unknown[0]}: there are {', '.join(NAMES)}")
    stopping = _stop_signal()
    if given.with_parent:
        end_with_parent()
    async with contextlib.AsyncExitStack() as stack:
        means = await stack.enter_async_context(_means(settings))
        if given.socket is not None:
            await _tell(stack, means.meters, given.socket)
        workers = [
            worker
            for name in names
            if name != "factory"
            for worker in _workers(name, means, settings)
        ]
        if "factory" in names:
            workers += await stack.enter_async_context(factory(means, settings))
        gc.collect()
        gc.freeze()
        _log.info("workers.ready", workers=names)
        await run(workers, means.meters, stopping)
        _log.info("workers.stopped", workers=names)


@contextlib.asynccontextmanager
async def _means(settings: Settings) -> AsyncIterator[Means]:
    clock, meters = SystemClock(), PrometheusMeters()
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            Database(
                settings.database_url,
                pool_size=POOL,
                statement_timeout_ms=settings.statement_timeout_ms,
            )
        )
        exam_clock = ExamClock(database, meters, clock.steady)
        await stack.enter_async_context(exam_clock.running())
        redis = await stack.enter_async_context(connected(settings.redis_url))
        async with database.statement() as connection:
            name = log_name(*await log.identity(connection))
        task = asyncio.ensure_future(watch_loop_lag(meters))
        stack.callback(task.cancel)
        yield Means(
            database=database,
            database_url=settings.database_url,
            streams=Streams(redis, name, SHARDS),
            playlists=Playlists(redis),
            objects=stack.enter_context(objects_at(settings.objects_url, settings.state_path)),
            meters=meters,
            now=exam_clock.now,
            steady=clock.steady,
            new_id=lambda: _new_id(exam_clock),
            consumer=_new_id(exam_clock),
        )


def _new_id(clock: ExamClock) -> str:
    """By the clock of exams, as partitions are: an id of a wrong year would have none."""
    return uuid7(int(clock.seconds() * 1000), secrets.token_bytes(RANDOM_BYTES))


def _workers(name: str, means: Means, settings: Settings) -> list[Worker]:
    match name:
        case "relay":
            return [Relay(means)]
        case "projector":
            return [Projector(means)]
        case "grader":
            return [Grader(means)]
        case "lifecycle":
            return [Lifecycle(means, retire_weeks=settings.retire_weeks)]
        case "refiller":
            return [Refiller(means, ttl_seconds=settings.playlist_ttl_seconds)]
        case _:
            return [Jobs(means, HANDLERS, measures=lane == 0) for lane in range(JOB_LANES)]


async def _tell(stack: contextlib.AsyncExitStack, meters: PrometheusMeters, socket: Path) -> None:
    """/metrics over a socket of this machine, where the nodes ask for it."""
    app = web.Application()
    http.mount(app, meters, token="", siblings=None)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    # uvloop takes the place of a socket that a dead process left behind.
    await web.UnixSite(runner, str(socket)).start()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


# --- rebuild ------------------------------------------------------------------------------------


async def _rebuild(settings: Settings, names: Sequence[str]) -> None:
    """Each in a transaction of its own: readers see the old rows until the new ones are all there."""
    unknown = [name for name in names if name not in PROJECTIONS]
    if unknown or not names:
        raise SettingsError(f"say what to rebuild: {', '.join(PROJECTIONS)}")
    async with Database(
        settings.database_url, pool_size=2, statement_timeout_ms=REBUILD_STATEMENT_MS
    ) as database:
        for name in dict.fromkeys(names):
            async with database.transaction(None) as connection:
                events = await service.rebuild(connection, PROJECTIONS[name])
            sys.stdout.write(f"rebuilt {name} from {events} events\n")


# --- ingest --------------------------------------------------------------------------------------


async def _ingest(settings: Settings) -> None:
    """What the nightly job does, school by school; beside it, or twice, each item comes in once."""
    async with Database(
        settings.database_url,
        pool_size=2,
        statement_timeout_ms=settings.statement_timeout_ms,
        role="lectern_factory",
    ) as database:
        clock = ExamClock(database, PrometheusMeters(), SystemClock().steady)
        async with clock.running():
            desk = Desk(now=clock.now(), new_id=lambda: _new_id(clock))
            items = await ingest_every_school(database, desk)
    sys.stdout.write(f"brought {items} items into the bank\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
