"""What time brings: attempts whose time is up are handed in, partitions are made ahead and retired, uploads are tidied, and what comes around is asked for."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import asyncpg
import structlog

from lms.attempts import service
from lms.attempts.model import Desk
from server import files
from server.failpoints import reach
from server.storage import partitions
from workers import calendar, waiting
from workers.means import Means

ROUND_SECONDS = 1.0
SHUT_ROWS = 500
TIDY_SECONDS = 60.0
CALENDAR_SECONDS = 30.0
CHORE_AGAIN_SECONDS = 60.0
PARTITIONS_SECONDS = 24 * 3600.0
AHEAD_ALARM_WEEKS = 3

_log = structlog.get_logger(__name__)


class Lifecycle:
    """Implements workers.runner.Worker."""

    name = "lifecycle"

    def __init__(self, means: Means, *, retire_weeks: int) -> None:
        self._means = means
        self._retire_weeks = retire_weeks
        self._due: dict[str, float] = {}
        self._asked: dict[str, datetime] = {}

    async def round(self) -> float:
        """Hand in what is over; now and then the rest, which may fail without holding that up."""
        more = await self._shut()
        await self._chore("uploads", TIDY_SECONDS, self._tidy)
        await self._chore("calendar", CALENDAR_SECONDS, self._ask)
        await self._chore("partitions", PARTITIONS_SECONDS, self._keep_partitions)
        return 0.0 if more else ROUND_SECONDS

    async def _chore(self, name: str, every: float, work: Callable[[], Awaitable[None]]) -> None:
        if self._means.steady() < self._due.get(name, 0.0):
            return
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - it is tried again in a minute, whatever it was
            every = CHORE_AGAIN_SECONDS
            self._means.meters.count("chores_failed_total", {"chore": name})
            _log.error("chore.failed", chore=name, exc_info=error)
        self._due[name] = self._means.steady() + every

    async def _tidy(self) -> None:
        await files.tidy(self._means.database, self._means.objects, self._means.now())

    async def _ask(self) -> None:
        """For what has come around since: other processes may ask as well, and it is done once."""
        for what in calendar.RECURRING:
            at = what.last(self._means.now())
            if self._asked.get(what.kind) != at:
                async with self._means.database.transaction(None) as connection:
                    await calendar.ask(connection, what, at)
                self._asked[what.kind] = at

    async def end(self) -> None:
        """Nothing is held."""

    async def _shut(self) -> bool:
        """True when there may be more. What arrived in time and still waits for its commit gets in first."""
        found = await waiting.to_shut(
            self._means.database, self._means.now() - service.SETTLE, SHUT_ROWS
        )

        async def shut(connection: asyncpg.Connection, tenant_id: str, attempt_id: str) -> bool:
            done = await service.shut(connection, tenant_id, attempt_id, self._desk())
            reach("deadline.before_commit")
            return done

        done = await waiting.each_alone(self._means, "shut", found, shut)
        if done:
            reach("deadline.after_commit")
            self._means.meters.count("attempts_shut_total", by=done)
        # Those that fail are found again: without this they would be tried without a rest.
        return len(found) == SHUT_ROWS and done > 0

    def _desk(self) -> Desk:
        return Desk(now=self._means.now(), new_id=self._means.new_id)

    async def _keep_partitions(self) -> None:
        url, now = self._means.database_url, self._means.now()
        try:
            made = await partitions.make_ahead(url, now=now)
            if self._retire_weeks:
                before = now - timedelta(weeks=self._retire_weeks)
                for name in await partitions.retire(url, before=before):
                    _log.info("partition.retired", partition=name)
            if made:
                _log.info("partitions.made", partitions=len(made))
        finally:
            await self._count_partitions()

    async def _count_partitions(self) -> None:
        """The fewest that lie ahead of any table: without one, nothing more can be written when its week begins."""
        async with self._means.database.statement() as connection:
            found = await partitions.splits(connection)
        ahead = min(split.ahead(self._means.now()) for split in found)
        self._means.meters.gauge("partitions_ahead", ahead)
        if ahead < AHEAD_ALARM_WEEKS:
            _log.error("partitions.few", ahead=ahead)
