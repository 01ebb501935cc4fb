"""A real Lectern in a process of its own, on ports of its own, with the demo school."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from server.auth.passwords import Passwords
from server.demo import COURSE, seed
from server.storage.embedded import runtime_folder
from server.storage.postgres import Database
from server.storage.processes import spawn
from tests.support.stores import free_port

if TYPE_CHECKING:
    from subprocess import Popen

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 100.0
STOP_SECONDS = 30.0
PASSWORD = "lectern-demo"


def demo_course(courses: Sequence[Mapping[str, Any]]) -> str:
    """The id of the demo school's own course: other tests make courses beside it."""
    return next(str(one["id"]) for one in courses if one["title"] == COURSE)


class RunningLectern:
    """One `python -m server <role>`; `kill` is SIGKILL, `stop` is SIGTERM, `restart` starts it again on the same ports."""

    def __init__(self, folder: Path, environ: Mapping[str, str], role: str = "all") -> None:
        self.role = role
        self.http_port = free_port()
        self.media_port = free_port()
        self.folder = folder
        self.log = folder / "lectern.log"
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LECTERN_")},
            "PYTHONPATH": str(ROOT),
            "LECTERN_HTTP_PORT": str(self.http_port),
            "LECTERN_HTTP_ADDRESS": "127.0.0.1",
            "LECTERN_MEDIA_PORT": str(self.media_port),
            "LECTERN_MEDIA_ADDRESS": "127.0.0.1",
            "LECTERN_STATE_DIR": str(folder / "state"),
            **environ,
        }
        self._process: Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        return self._process is not None

    @property
    def base_url(self) -> str:
        scheme = "https" if self.environ.get("LECTERN_TLS") else "http"
        return f"{scheme}://127.0.0.1:{self.http_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "it has not been started"
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """Its exit code (negative: the signal), or None while it runs."""
        assert self._process is not None, "it has not been started"
        return self._process.poll()

    @property
    def output(self) -> str:
        """All that it has printed and logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._process = spawn(
            [sys.executable, "-m", "server", self.role],
            log=self.log,
            death_signal=signal.SIGKILL,
            environ=self.environ,
        )
        async with asyncio.timeout(START_SECONDS):
            while not await self._is_ready():
                if self._process.poll() is not None:
                    raise RuntimeError(f"Lectern ended: {self.output[-4000:]}")
                await asyncio.sleep(0.05)

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self.base_url}/readyz", ssl=False) as response,
            ):
                return response.status == 200
        return False

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM, and wait; its exit code."""
        return await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """Start it again, after `kill`, `stop` or neither."""
        await self.kill()
        await self.start()

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None, "it has not been started"
        if self._process.poll() is None:
            self._process.send_signal(number)
        return await asyncio.to_thread(self._process.wait, STOP_SECONDS)

    @contextlib.asynccontextmanager
    async def signed_in(self, who: str) -> AsyncIterator[aiohttp.ClientSession]:
        """An HTTP session of `<who>@demo.school`: paths are relative to the base URL."""
        body = {"email": f"{who}@demo.school", "password": PASSWORD}
        async with aiohttp.ClientSession(self.base_url) as session:
            async with session.post("/api/v1/sessions", json=body) as response:
                answer = await response.json()
                assert response.status in (200, 201), answer
            session.headers["Authorization"] = f"Bearer {answer['access_token']}"
            yield session

    async def open_class_id(self) -> str:
        """The demo class that is open now."""
        async with (
            self.signed_in("teacher") as session,
            session.get("/api/v1/classes") as response,
        ):
            items: list[dict[str, Any]] = (await response.json())["items"]
        return next(str(item["id"]) for item in items if item["state"] == "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoNodes:
    """Two servers on the same stores."""

    nodes: list[RunningLectern]


@contextlib.asynccontextmanager
async def running(
    folder: Path, environ: Mapping[str, str], role: str = "all"
) -> AsyncIterator[RunningLectern]:
    """A started Lectern; what it still runs is killed at the end, and what that leaves behind goes."""
    lectern = RunningLectern(folder, environ, role)
    try:
        await lectern.start()
        yield lectern
    finally:
        await lectern.kill()
        shutil.rmtree(
            runtime_folder(Path(lectern.environ["LECTERN_STATE_DIR"])), ignore_errors=True
        )


@contextlib.asynccontextmanager
async def running_lectern(**environ: str) -> AsyncIterator[RunningLectern]:
    """A Lectern on its own embedded stores and free ports, with the demo school; for benches and tests of the start."""
    folder = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        async with running(folder, {"LECTERN_DEMO": "1", **environ}) as lectern:
            yield lectern
            await lectern.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def seed_demo(database_url: str) -> None:
    """Put the demo school into a migrated database."""
    database = Database(database_url, pool_size=4, statement_timeout_ms=5000)
    async with database, Passwords().running() as passwords:
        await seed(database, passwords, datetime.now(UTC))  # noqa: TID251 - a test's shell
