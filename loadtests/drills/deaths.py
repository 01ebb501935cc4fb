"""Which part of a Lectern dies when: a seeded plan, and those who carry it out and bring the part back."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from server import failpoints
from server.storage.processes import spawn
from tests.support.running import ROOT, RunningLectern

if TYPE_CHECKING:
    import subprocess

# A point that is not reached in this time is given up, and the process is killed where it is.
POINT_SECONDS = 30.0
BACK_SECONDS = 90.0
READY = b"workers.ready"


@dataclass(frozen=True, kw_only=True)
class Death:
    """At a named point (`name:count`), or so many seconds after the part was up."""

    point: str = ""
    after_s: float = 0.0


@dataclass
class Toll:
    """How often which part died, and where."""

    counts: Counter[str] = field(default_factory=Counter)
    restart_s: list[float] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


SERVER_POINTS = (
    ("answers.before_commit", 20, 600),
    ("answers.after_commit", 20, 600),
    ("submit.before_commit", 2, 30),
    ("submit.after_commit", 2, 30),
)
RELAY_POINTS = (("relay.before_xadd", 3, 60),)
WORKER_POINTS = (
    ("projector.before_commit", 5, 60),
    ("grader.before_commit", 2, 6),
    ("deadline.before_commit", 1, 2),
    ("deadline.after_commit", 1, 2),
)


def planned(
    chance: random.Random,
    count: int,
    points: Sequence[tuple[str, int, int]] = (),
    between_s: tuple[float, float] = (3.0, 12.0),
) -> list[Death]:
    """So many deaths of one part: two of three at its named points, the others at random moments between."""
    named = [number for number in range(count) if points and number % 3 != 2]
    found = []
    for place in range(len(named)):
        # In the order in which they come about in an exam.
        name, least, most = points[place * len(points) // len(named)]
        found.append(Death(point=f"{name}:{chance.randint(least, most)}"))
    for _ in range(count - len(named)):
        found.insert(chance.randint(0, len(found)), Death(after_s=chance.uniform(*between_s)))
    return found


class Part(ABC):
    """A process of ours that dies by plan: `server` or some workers."""

    def __init__(self, name: str, toll: Toll) -> None:
        self.name = name
        self._toll = toll

    @abstractmethod
    async def up(self, point: str) -> None:
        """Start it, with the point armed, until it works; RuntimeError when it does not start."""

    @abstractmethod
    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""

    @abstractmethod
    async def kill(self) -> None:
        """End it by SIGKILL."""

    async def carry(self, deaths: Sequence[Death], over: asyncio.Event) -> None:
        """Die and come back until the plan is done, then stay up; it is up with the first point armed."""
        points = [death.point for death in deaths]
        for death, next_point in zip(deaths, [*points[1:], ""], strict=True):
            if death.point:
                await self._die_at(death.point, over)
            else:
                await self._tend("", death.after_s, over)
                if not over.is_set():
                    await self._killed()
            if over.is_set():
                return
            await self._again(next_point)
        await self._tend("", None, over)

    async def _die_at(self, point: str, over: asyncio.Event) -> None:
        until = time.monotonic() + POINT_SECONDS
        while time.monotonic() < until and not over.is_set():
            if self.ended() == -signal.SIGKILL:
                self._toll.counts[f"{self.name}: at {point.partition(':')[0]}"] += 1
                return
            await self._tend(point, 0.05, over)
        if not over.is_set():
            await self._killed()

    async def _killed(self) -> None:
        await self.kill()
        self._toll.counts[f"{self.name}: at a random moment"] += 1

    async def _tend(self, point: str, seconds: float | None, over: asyncio.Event) -> None:
        """For so long, or to the end: what ended by itself, because a store was down, is started again."""
        until = None if seconds is None else time.monotonic() + seconds
        while not over.is_set() and (until is None or time.monotonic() < until):
            if self.ended() not in (None, -signal.SIGKILL):
                await self._again(point)
            await wait(over, 0.05)

    async def _again(self, point: str) -> None:
        if self.ended() is None:
            await self.kill()
        before = time.monotonic()
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                with contextlib.suppress(RuntimeError):  # a store may be down just now
                    await self.up(point)
                    break
                await asyncio.sleep(0.2)
        self._toll.restart_s.append(time.monotonic() - before)


class ServerPart(Part):
    """The web server."""

    def __init__(self, lectern: RunningLectern, toll: Toll) -> None:
        super().__init__("server", toll)
        self.lectern = lectern

    async def up(self, point: str) -> None:
        self.lectern.environ[failpoints.VARIABLE] = point
        await self.lectern.start()

    def ended(self) -> int | None:
        return self.lectern.ended

    async def kill(self) -> None:
        await self.lectern.kill()


class WorkersPart(Part):
    """One process of workers."""

    def __init__(
        self, name: str, workers: Sequence[str], log: Path, environ: Mapping[str, str], toll: Toll
    ) -> None:
        super().__init__(name, toll)
        self._workers = workers
        self._log = log
        self.environ = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
        self._process: subprocess.Popen[bytes] | None = None

    async def up(self, point: str) -> None:
        before = self._log.stat().st_size if self._log.exists() else 0
        self._process = spawn(
            [sys.executable, "-m", "workers", *self._workers],
            log=self._log,
            death_signal=signal.SIGKILL,
            environ={**self.environ, failpoints.VARIABLE: point},
        )
        while READY not in self._log.read_bytes()[before:]:
            if self._process.poll() is not None:
                raise RuntimeError("the workers ended")
            await asyncio.sleep(0.05)

    def ended(self) -> int | None:
        return None if self._process is None else self._process.poll()

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)


async def kill_stores(
    name: str, deaths: Sequence[Death], toll: Toll, over: asyncio.Event, others: Collection[int]
) -> None:
    """SIGKILL a store and all its children, by plan; its keeper in this process brings it back. `others` are let live."""
    for death in deaths:
        await wait(over, death.after_s)
        if over.is_set():
            return
        victims = store_processes(name, others)
        if not victims:  # it is just coming back
            continue
        for victim in victims:
            with contextlib.suppress(psutil.Error):
                victim.kill()
        toll.counts[f"{name}: at a random moment"] += 1


def children() -> frozenset[int]:
    """The ids of what this process has started and what still runs."""
    return frozenset(child.pid for child in psutil.Process().children())


def store_processes(name: str, others: Collection[int]) -> list[psutil.Process]:
    """The store that is a child of this process and none of the others, and its own children first."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        if child.pid in others:
            continue
        with contextlib.suppress(psutil.Error):
            command = child.cmdline()  # empty when it has ended and nobody has looked yet
            if command and name in Path(command[0]).name:
                found += [*child.children(recursive=True), child]
    # The postmaster first: it must not notice and tidy up.
    return found[::-1]


async def wait(over: asyncio.Event, seconds: float) -> None:
    """So long, or until it is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await over.wait()
