"""Asks for the next lessons of learners whose list runs out: written down after they were answered, never before."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg

from lms.adaptive import store
from lms.adaptive.model import Ask
from lms.errors import Unavailable
from server.alongside import alongside
from server.storage.playlists import Place
from server.storage.postgres import Database
from signaling.context import Meters

WAITING_MAX = 10_000
BATCH_MAX = 500
# Those of a moment go together.
PAUSE_SECONDS = 0.1
AWAY_SECONDS = 1.0


class Refills:
    """Who waits, each once. What finds no room, or is lost with the process, is made good by the end of the lesson, which asks too."""

    def __init__(self, database: Database, meters: Meters) -> None:
        self._database = database
        self._meters = meters
        self._waiting: dict[Place, datetime] = {}
        self._wake = asyncio.Event()

    def ask(self, place: Place, now: datetime) -> None:
        """Have this learner's next lessons chosen."""
        if len(self._waiting) >= WAITING_MAX:
            self._meters.count("refills_dropped_total")
            return
        self._waiting.setdefault(place, now)
        self._wake.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Writes them down until the block ends."""
        async with alongside(self._run()):
            yield

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(PAUSE_SECONDS)
            self._wake.clear()
            while self._waiting:
                places = list(self._waiting)[:BATCH_MAX]
                batch = {place: self._waiting.pop(place) for place in places}
                try:
                    await self._write(batch)
                except (Unavailable, asyncpg.PostgresError, TimeoutError):
                    self._meters.count("refills_dropped_total", by=len(batch))
                    await asyncio.sleep(AWAY_SECONDS)

    async def _write(self, batch: dict[Place, datetime]) -> None:
        schools: dict[str, list[Ask]] = defaultdict(list)
        for (tenant_id, course_id, user_id), at in batch.items():
            schools[tenant_id].append(
                Ask(course_id=course_id, user_id=user_id, urgent=False, at=at)
            )
        for tenant_id, asks in schools.items():
            async with self._database.transaction(tenant_id) as connection:
                await store.ask(connection, tenant_id, asks)
