"""The clock of exams: the database's, carried on by one that never jumps; a step of the database's is not followed."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

import asyncpg
import structlog

from lms.errors import Unavailable
from signaling.context import Meters

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SAMPLE_SECONDS = 5.0
# More than this against the steady clock is no drift: somebody has set the database's clock.
STEP_SECONDS = 5.0
# A reading that took longer says too little.
SLOW_SECONDS = 0.5
# How fast a small difference is made good: so that no second of an exam is longer than another by more than one in fifty.
SLEW = 0.02

_log = structlog.get_logger(__name__)


class Statements(Protocol):
    """The part of Database that is needed here."""

    def statement(self) -> AbstractAsyncContextManager[asyncpg.Connection]: ...


class ExamClock:
    """`now()` is the time by which exams begin, end and are late; it never goes back and never jumps.

    `steady` counts seconds at an even pace, through a sleep of the machine too (server.clock.SystemClock.steady).
    """

    def __init__(self, database: Statements, meters: Meters, steady: Callable[[], float]) -> None:
        self._database = database
        self._meters = meters
        self._steady = steady
        self._offset_s: float | None = (
            None  # the database's seconds since 1970, less the steady ones
        )
        self._slewed_at = 0.0
        self._target_s = 0.0
        self._last_s = 0.0
        self._stepped = False

    def seconds(self) -> float:
        """Seconds since 1970; LookupError before the first reading of the database's clock."""
        if self._offset_s is None:
            raise LookupError("the clock of exams has not been read yet")
        steady = self._steady()
        room = max(0.0, steady - self._slewed_at) * SLEW
        self._slewed_at = steady
        self._offset_s += min(room, max(-room, self._target_s - self._offset_s))
        self._last_s = max(self._last_s, steady + self._offset_s)
        return self._last_s

    def now(self) -> datetime:
        """The same in UTC, to the millisecond."""
        return datetime.fromtimestamp(int(self.seconds() * 1000) / 1000, UTC)

    def take(self, before: float, database_s: float, after: float) -> None:
        """One reading of the database's clock, between two of the steady one."""
        offset = database_s - (before + after) / 2
        if self._offset_s is None:
            self._offset_s = self._target_s = offset
            self._slewed_at = after
            return
        if after - before > SLOW_SECONDS:
            return
        away = offset - self._target_s
        self._meters.gauge("exam_clock_away_seconds", away)
        if abs(away) <= STEP_SECONDS:
            self._target_s = offset
            self._stepped = False
        elif not self._stepped:
            self._stepped = True
            self._meters.count("exam_clock_steps_total")
            _log.error("exam_clock.step_not_followed", seconds=round(away, 3))

    async def sample(self) -> None:
        """Read the database's clock once."""
        async with self._database.statement() as connection:
            before = self._steady()
            said = await connection.fetchval("SELECT clock_timestamp()")
            self.take(before, (said - EPOCH) / timedelta(seconds=1), self._steady())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Read it once, then every few seconds until the end."""
        await self.sample()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._keep_sampling())
            try:
                yield self
            finally:
                task.cancel()

    async def _keep_sampling(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            try:
                await self.sample()
            except (Unavailable, asyncpg.PostgresError, OSError, TimeoutError):
                # The steady clock carries on alone.
                self._meters.count("exam_clock_unread_total")
