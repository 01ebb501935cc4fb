"""Keeps a child process alive: started, started again when it dies, stopped at the end."""

import asyncio
import contextlib
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import structlog

from server.alongside import alongside

LOOK_SECONDS = 0.25
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0
STOP_SECONDS = 15.0

_log = structlog.get_logger(__name__)

Process = subprocess.Popen[bytes]


class StartError(Exception):
    """A store cannot start; the message is the one line that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """How a process is started, when it is ready (StartError when it never will be), and how it is asked to end."""

    name: str
    start: Callable[[], Awaitable[Process]]
    ready: Callable[[Process], Awaitable[None]]
    end: signal.Signals


@contextlib.asynccontextmanager
async def kept(child: Child) -> AsyncIterator[None]:
    """Running until the block ends; the first start must succeed, later ones are tried until they do."""
    keeper = _Keeper(child)
    try:
        await keeper.start()
        async with alongside(keeper.start_again()):
            yield
    finally:
        await keeper.stop()


class _Keeper:
    def __init__(self, child: Child) -> None:
        self._child = child
        self._process: Process | None = None

    async def start(self) -> None:
        self._process = await self._child.start()
        await self._child.ready(self._process)

    async def start_again(self) -> None:
        """What brought it down may last (a full disk): each try waits longer, up to a bound."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._ended()
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
            try:
                await self.start()
            except (StartError, OSError) as error:
                _log.error("store.start_failed", store=self._child.name, reason=str(error))
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                await self.stop()
            else:
                _log.info("store.started_again", store=self._child.name)
                pause = FIRST_PAUSE_SECONDS

    async def _ended(self) -> None:
        process = self._process
        if process is None:
            return
        while process.poll() is None:  # noqa: ASYNC110 - a process's end has no event
            await asyncio.sleep(LOOK_SECONDS)
        _log.error("store.died", store=self._child.name, code=process.returncode)
        self._process = None

    async def stop(self) -> None:
        """Asked to end, and made to when it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self._child.end)
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
