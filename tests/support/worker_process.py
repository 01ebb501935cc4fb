"""Real `python -m workers` processes, to be killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from server.storage.processes import spawn
from tests.support.running import ROOT

if TYPE_CHECKING:
    from subprocess import Popen

READY_SECONDS = 60.0
END_SECONDS = 40.0


class WorkerProcess:
    """One process; it lives until it is killed or asked to stop."""

    def __init__(self, process: "Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def output(self) -> str:
        """All that it has logged."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def cpu_seconds(self) -> float:
        """What it has used of the processor."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def ready(self) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while "workers.ready" not in self.output:
                assert self.alive, self.output[-3000:]
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        await asyncio.to_thread(self._process.wait, END_SECONDS)

    async def stop(self) -> int:
        """SIGTERM, and wait; its exit code."""
        if self.alive:
            self._process.terminate()
        return await asyncio.to_thread(self._process.wait, END_SECONDS)

    async def died(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return await asyncio.to_thread(self._process.wait, END_SECONDS)


@contextlib.asynccontextmanager
async def working(
    folder: Path, environ: Mapping[str, str], *workers: str
) -> AsyncIterator[WorkerProcess]:
    """These workers, ready; killed at the end if they still live."""
    log = folder / f"workers-{os.urandom(4).hex()}.log"
    given = {name: text for name, text in os.environ.items() if not name.startswith("LECTERN_")}
    process = spawn(
        [sys.executable, "-m", "workers", *workers],
        log=log,
        death_signal=signal.SIGKILL,
        environ={
            **given,
            "PYTHONPATH": str(ROOT),
            "LECTERN_STATE_DIR": str(folder / "state"),
            **environ,
        },
    )
    worker = WorkerProcess(process, log)
    try:
        await worker.ready()
        yield worker
    finally:
        if worker.alive:
            await worker.kill()
