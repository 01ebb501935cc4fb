"""Tasks that nobody waits for: the failure of one is logged and counted, and harms no other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import structlog

from signaling.context import Meters

_log = structlog.get_logger(__name__)


class Background:
    """Usable inside `running()`; what is still going on at its end is cancelled."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self, patience_s: float = 0.0) -> AsyncIterator[None]:
        """Tasks live until the block ends, and have `patience_s` more to end by themselves."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = None
                if self._tasks and patience_s:
                    await asyncio.wait(self._tasks, timeout=patience_s)
                for task in list(self._tasks):
                    task.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Have this done; dropped when everything ends."""
        if self._group is None:
            work.close()
            return
        task = self._group.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - a fault in one task must not end the classes of the node
            self._meters.count("class_tasks_failed_total")
            _log.exception("class.task_failed")
