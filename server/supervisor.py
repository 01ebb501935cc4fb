"""Keeps node processes alive behind one port, and the workers beside them: starts, restarts what dies, stops them all."""

import asyncio
import contextlib
import os
import random
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import aiohttp
import structlog

from lms.ids import RANDOM_BYTES, uuid7
from server.clock import SystemClock
from server.storage.processes import bound

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0
STEADY_SECONDS = 30.0  # a node that lived for so long starts again at once
READY_SECONDS = 60.0
PROBE_SECONDS = 0.1
WORKERS = ("relay", "projector", "grader", "lifecycle", "jobs", "factory", "refiller")
WORKERS_SOCKET = "workers-0.sock"
WORKERS_STOP_SECONDS = 25.0

_log = structlog.get_logger(__name__)


# What to do about a node, by its id, that has ended without being asked to.
Died = Callable[[str], Awaitable[None]]


class StartFailedError(Exception):
    """A node ended before it was ready; it has said why itself."""


@contextlib.asynccontextmanager
async def nodes(
    count: int,
    role: str,
    environ: Mapping[str, str],
    sockets: Path,
    *,
    stop_seconds: float,
    died: Died | None = None,
) -> AsyncIterator[None]:
    """`count` nodes of this role; entered when all are ready, left when all have ended."""
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        keepers = [
            group.create_task(_keep(index, role, environ, stopping, stop_seconds, died))
            for index in range(count)
        ]
        try:
            await _until_ready(keepers, sockets)
            yield
        finally:
            stopping.set()


@contextlib.asynccontextmanager
async def workers(environ: Mapping[str, str], sockets: Path) -> AsyncIterator[None]:
    """One process with every worker beside the block; nobody waits for it to be ready, for nothing that it does is urgent."""
    socket = sockets / WORKERS_SOCKET
    command = ("workers", *WORKERS, "--socket", str(socket))
    stopping = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep_workers(command, environ, stopping))
            try:
                yield
            finally:
                stopping.set()
    finally:
        socket.unlink(missing_ok=True)


async def _keep_workers(
    command: Sequence[str], environ: Mapping[str, str], stopping: asyncio.Event
) -> None:
    pauses = _Pauses()
    while not stopping.is_set():
        try:
            process = await _start(command, environ)
            code = await _until_ended(process, stopping, WORKERS_STOP_SECONDS)
        except OSError as error:  # no room for another process: the server goes on without
            code = error.errno or 1
        if not stopping.is_set():
            pause = pauses.after_a_life()
            _log.error("workers.died", code=code, restart_in_seconds=round(pause, 2))
            await _rest(pause, stopping)


async def _keep(
    index: int,
    role: str,
    environ: Mapping[str, str],
    stopping: asyncio.Event,
    stop_seconds: float,
    died: Died | None = None,
) -> None:
    """One node, again and again, until we stop; the first start must succeed."""
    loop = asyncio.get_running_loop()
    pauses = _Pauses()
    first = True
    while not stopping.is_set():
        started = loop.time()
        node_id = uuid7(SystemClock().wall_ms(), secrets.token_bytes(RANDOM_BYTES))
        process = await _start(
            ("server", role, "--node", str(index), "--node-id", node_id), environ
        )
        code = await _until_ended(process, stopping, stop_seconds)
        if stopping.is_set():
            return
        if died is not None:
            await died(node_id)
        if first and code == 1 and loop.time() - started < READY_SECONDS:
            raise StartFailedError(f"node {index} does not start")
        first = False  # from now on it may fail for what is passing, as a store that is away
        pause = pauses.after_a_life()
        _log.error("node.died", index=index, code=code, restart_in_seconds=round(pause, 2))
        await _rest(pause, stopping)


class _Pauses:
    """How long to wait before a process starts again: longer each time, unless it has lived well."""

    def __init__(self) -> None:
        self._pause = FIRST_PAUSE_SECONDS
        self._began = asyncio.get_running_loop().time()

    def after_a_life(self) -> float:
        """Seconds until the next start, which begins the next life."""
        now = asyncio.get_running_loop().time()
        steady = now - self._began > STEADY_SECONDS
        self._pause = (
            FIRST_PAUSE_SECONDS if steady else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
        )
        self._began = now + self._pause
        return self._pause


async def _rest(seconds: float, stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter
            await stopping.wait()


async def _start(command: Sequence[str], environ: Mapping[str, str]) -> asyncio.subprocess.Process:
    """A module of ours as a process that cannot outlive us."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bound(None, signal.SIGKILL, os.getpid()),
    )


async def _until_ended(
    process: asyncio.subprocess.Process, stopping: asyncio.Event, stop_seconds: float
) -> int:
    """Its exit code; when we stop it is asked to end, and made to after `stop_seconds`."""
    ended = asyncio.ensure_future(process.wait())
    asked = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            process.terminate()
            await asyncio.wait((ended,), timeout=stop_seconds)
    finally:
        asked.cancel()
        if not ended.done():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    return await ended


async def _until_ready(keepers: list[asyncio.Task[None]], sockets: Path) -> None:
    try:
        async with asyncio.timeout(READY_SECONDS):
            for index in range(len(keepers)):
                while not await _ready(sockets / f"node-{index}.sock"):
                    if any(keeper.done() for keeper in keepers):
                        raise StartFailedError("a node does not start")
                    await asyncio.sleep(PROBE_SECONDS)
    except TimeoutError as error:
        raise StartFailedError(
            f"not every node is ready after {READY_SECONDS:.0f} seconds"
        ) from error


async def _ready(path: Path) -> bool:
    timeout = aiohttp.ClientTimeout(total=2)
    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(path)), timeout=timeout
            ) as session,
            session.get("http://node/readyz") as response,
        ):
            return response.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
