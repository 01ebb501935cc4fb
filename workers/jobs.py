"""Does the jobs, by the clock of exams: leased one at a time, kept while they are worked on, tried again with a pause, given up after the last try."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import structlog

from lms import jobs
from lms.errors import Unavailable
from lms.jobs import Leased
from workers import backoff
from workers.means import Means

LEASE = timedelta(seconds=30)
KEEP_SECONDS = 8.0
MOST_TRIES = 8
LONGEST_PAUSE_SECONDS = 600.0
REST_SECONDS = 0.25
LONG_REST_SECONDS = 1.0
MEASURE_SECONDS = 5.0
KEPT_DONE = timedelta(days=7)

_log = structlog.get_logger(__name__)


class LeaseLostError(Exception):
    """Another worker has the job now: what is under way here must not be committed."""


class LaterError(Exception):
    """Not now: the job is put back for so many seconds, which is neither a failure nor a try."""

    def __init__(self, seconds: float) -> None:
        super().__init__("later")
        self.seconds = seconds


Handler = Callable[["Bench", Leased], Awaitable[None]]


class Bench:
    """Where a job is worked on: transactions under its school that commit only while the job is still ours."""

    def __init__(self, means: Means, job: Leased) -> None:
        self.means = means
        self._job = job
        self.went_on = False

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """The row of the job is held to the end, so that nobody else can lease it in between; LeaseLostError."""
        async with self.means.database.transaction(self._job.tenant_id) as connection:
            if not await jobs.hold(connection, self._job):
                raise LeaseLostError
            yield connection

    async def go_on(self, connection: asyncpg.Connection) -> None:
        """What was done until now stays done: the tries before this count no more."""
        await jobs.go_on(connection, self._job)
        self.went_on = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How some jobs are done: under which name, leased for how long, and what else to do when one is given up."""

    name: str = "jobs"
    lease: timedelta = LEASE
    given_up: Mapping[str, Handler] = field(default_factory=dict)


class Jobs:
    """Implements workers.runner.Worker."""

    def __init__(
        self,
        means: Means,
        handlers: Mapping[str, Handler],
        *,
        measures: bool = True,
        manner: Manner | None = None,
    ) -> None:
        self._manner = manner or Manner()
        self.name = self._manner.name
        self._means = means
        self._measures = measures
        self._handlers = handlers
        self._rest = REST_SECONDS
        self._measure_at = 0.0

    async def round(self) -> float:
        """Do one job, if one is due. Kinds that this version does not know are left to one that does."""
        await self._measure()
        job = await self._lease()
        if job is None:
            self._rest = min(LONG_REST_SECONDS, self._rest * 1.5)
            return self._rest
        self._rest = REST_SECONDS
        await self._do(job)
        return 0.0

    async def end(self) -> None:
        """Leases run out by themselves."""

    async def _lease(self) -> Leased | None:
        token, now = self._means.new_id(), self._means.now()
        async with self._means.database.statement() as connection:
            until = now + self._manner.lease
            return await jobs.lease(connection, list(self._handlers), token, now, until)

    async def _do(self, job: Leased) -> None:
        bench = Bench(self._means, job)
        try:
            if job.tries > MOST_TRIES:  # each try before ended its process
                raise RuntimeError("its worker died each time")  # noqa: TRY301 - told like any other failure
            async with self._kept(job):
                await self._handlers[job.kind](bench, job)
        except LeaseLostError:
            self._means.meters.count("jobs_ended_total", {"kind": job.kind, "how": "lost"})
            _log.warning("job.lost", job_id=job.job_id, kind=job.kind)
        except LaterError as later:
            await self._put_back(job, "", later.seconds, counts=False)
        except Exception as error:  # noqa: BLE001 - whatever it was, the job is tried again or given up
            await self._failed(bench, job, error)
        else:
            await self._done(job)

    @contextlib.asynccontextmanager
    async def _kept(self, job: Leased) -> AsyncIterator[None]:
        """The lease is made longer again and again until the block ends; a lost one ends the block."""
        try:
            async with asyncio.TaskGroup() as group:
                keeping = group.create_task(self._keep(job))
                try:
                    yield
                finally:
                    keeping.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _keep(self, job: Leased) -> None:
        while True:
            await asyncio.sleep(KEEP_SECONDS * (self._manner.lease / LEASE))
            with contextlib.suppress(Unavailable):
                async with self._means.database.statement() as connection:
                    until = self._means.now() + self._manner.lease
                    kept = await jobs.keep(connection, job, until)
                if not kept:
                    raise LeaseLostError

    async def _done(self, job: Leased) -> None:
        async with self._means.database.statement() as connection:
            await jobs.end(connection, job, self._means.now())
        self._means.meters.count("jobs_ended_total", {"kind": job.kind, "how": "done"})

    async def _failed(self, bench: Bench, job: Leased, error: Exception) -> None:
        """A store that is away is nobody's fault and counts as no try."""
        away = isinstance(error, Unavailable)
        tries = 1 if bench.went_on else job.tries
        dead = tries >= MOST_TRIES and not away
        chance = random.random()  # noqa: S311 - jitter
        pause = backoff.pause(tries, chance, first=1.0, longest=LONGEST_PAUSE_SECONDS)
        how = "dead" if dead else "failed"
        self._means.meters.count("jobs_ended_total", {"kind": job.kind, "how": how})
        _log.error("job.failed", job_id=job.job_id, kind=job.kind, dead=dead, exc_info=error)
        if dead:
            await self._give_up(bench, job, error)
        else:
            await self._put_back(job, type(error).__name__, pause, counts=not away)

    async def _put_back(self, job: Leased, error: str, pause: float, *, counts: bool) -> None:
        run_at = self._means.now() + timedelta(seconds=pause)
        async with self._means.database.statement() as connection:
            await jobs.put_back(connection, job, error, run_at, counts=counts)

    async def _give_up(self, bench: Bench, job: Leased, error: Exception) -> None:
        """What depends on it hears of it first: until then the job is not given up."""
        tell = self._manner.given_up.get(job.kind)
        if tell is not None:
            await tell(bench, job)
        async with self._means.database.statement() as connection:
            await jobs.give_up(connection, job, type(error).__name__)

    async def _measure(self) -> None:
        if not self._measures or self._means.steady() < self._measure_at:
            return
        self._measure_at = self._means.steady() + MEASURE_SECONDS
        async with self._means.database.statement() as connection:
            await jobs.forget_done(connection, self._means.now() - KEPT_DONE)
            found = await jobs.counts(connection)
        for state, count in found.items():
            self._means.meters.gauge("jobs", count, {"state": state})
