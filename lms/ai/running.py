"""One job of the factory from its brief to its end; begun again after a kill it goes on where it was."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import asyncpg

from lms.ai import asking, budget_store, personal, router, step_store, store, tries
from lms.ai.calling import Bench, Caller, StopError, Tools
from lms.ai.making import Maker
from lms.ai.model import Job, JobState
from lms.ai.ruling import Rules
from lms.errors import Unavailable
from lms.uploads import store as uploads
from lms.uploads.model import Upload

SLOTS_AT_ONCE = 4
# After this no new item is begun: others wait for the lane too, and whoever stops the worker waits no longer than for those begun.
TURN_SECONDS = 12.0

# over: nothing is left to do. turn: others go first. twin: the same is being made by an earlier job.
Ending = Literal["over", "turn", "twin"]
Read = Callable[[str, Upload], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The run of one job; `read` gives the bytes of a file of a school."""

    bench: Bench
    tools: Tools
    read: Read
    tenant_id: str
    job_id: str

    async def run(self) -> Ending:
        """Make what is still to be made of it, for a turn."""
        try:
            opened = await self._open()
            return await self._make(opened) if isinstance(opened, Job) else opened
        except StopError as stop:
            await self._end(stop.how)
            return "over"

    # --- Begin ------------------------------------------------------------------------------------

    async def _open(self) -> Job | Ending:
        """The job, ready to be worked on; or why it is not."""
        async with self.bench.transaction() as connection:
            await self._take_over(connection)
            job = await self._live(connection)
            if job is None:
                await budget_store.close(connection, self.tenant_id, self.job_id)
                return "over"
            # What an earlier job has made, or is about to make, is not made once more.
            twin = await store.twin(connection, self.tenant_id, job) if job.made == 0 else None
            if twin is not None and twin.state == "done":
                await store.serve_from(connection, self.tenant_id, job.job_id, twin.job_id)
                await self._end_in(connection, ("done", "served_from_store"))
                return "over"
        if twin is not None:
            return "twin"
        source = await self._source(job)
        async with self.bench.transaction() as connection:
            if await self._live(connection) is None:
                return "over"
            await store.begin(connection, self.tenant_id, job.job_id, source, self.tools.now())
        return replace(job, source=source, state="running")

    async def _live(self, connection: asyncpg.Connection) -> Job | None:
        """The job, if it is not over; nobody ends it before the end of this transaction."""
        state = await store.lock(connection, self.tenant_id, self.job_id)
        if state not in ("queued", "running"):
            return None
        return await store.get(connection, self.tenant_id, self.job_id)

    async def _take_over(self, connection: asyncpg.Connection) -> None:
        """What a worker that was killed had under way."""
        lost = await budget_store.take_over(connection, self.tenant_id, self.job_id)
        place = (self.tenant_id, self.job_id)
        await step_store.note_lost(connection, place, lost, self.tools.now())
        for one in lost:
            labels = {"step": one.step, "outcome": step_store.LOST}
            self.tools.meters.count("generation_steps_total", labels)

    async def _source(self, job: Job) -> str:
        """What the items are about; of a file it is read once and kept with the job."""
        if job.upload_id is None or job.source:
            return job.source
        async with self.bench.transaction() as connection:
            upload = await uploads.get(connection, self.tenant_id, job.upload_id)
        if upload is None or upload.user_id != job.asked_by or upload.state != "ready":
            raise StopError(("failed", "source_gone"))
        try:
            text = (await self.read(self.tenant_id, upload)).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise StopError(("failed", "source_unreadable")) from None
        if asking.CONTROL.search(text):
            raise StopError(("failed", "source_unreadable"))
        if len(text) > asking.SOURCE_MAX_CHARS:
            raise StopError(("failed", "source_too_large"))
        if personal.found(text):
            raise StopError(("failed", "personal_data"))
        return text.replace("\r\n", "\n").strip()

    # --- Make -------------------------------------------------------------------------------------

    async def _make(self, job: Job) -> Ending:
        """Some slots at once, until as many have passed as were asked for, none is left, or the turn is over."""
        async with self.bench.transaction() as connection:
            ended = await step_store.ended_slots(connection, self.tenant_id, self.job_id)
        caller = Caller(
            bench=self.bench,
            tools=self.tools,
            tenant_id=self.tenant_id,
            job_id=self.job_id,
            tier=router.tier_for(job.brief),
        )
        rules = Rules(bench=self.bench, tenant_id=self.tenant_id, job=job)
        maker = Maker(caller=caller, job=job, rules=rules)
        turn = _Turn(
            wanted=job.wanted,
            slots=tries.left(job.wanted, ended),
            came=Counter(ended.values()),
            until=self.tools.steady() + TURN_SECONDS,
        )
        if tries.is_owed(turn.wanted, turn.came, 0):
            await caller.catch_up(job.course_id)
        await self._turn(maker, turn)
        if turn.stopped is not None:
            raise turn.stopped
        return "turn" if turn.is_cut else await self._done(turn)

    async def _turn(self, maker: Maker, turn: "_Turn") -> None:
        """Begin slots while there is room, and take in what comes of them."""
        under_way = set[asyncio.Task[None]]()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    while len(under_way) < SLOTS_AT_ONCE:
                        slot = turn.next(len(under_way), self.tools.steady())
                        if slot is None:
                            break
                        under_way.add(group.create_task(self._slot(maker, turn, slot)))
                    if not under_way:
                        return
                    _, under_way = await asyncio.wait(
                        under_way, return_when=asyncio.FIRST_COMPLETED
                    )
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _slot(self, maker: Maker, turn: "_Turn", slot: int) -> None:
        """One slot. Who must stop lets the others end what they have paid for."""
        try:
            turn.came[await maker.make(slot)] += 1
        except (StopError, Unavailable) as stop:
            turn.stopped = turn.stopped or stop

    # --- End --------------------------------------------------------------------------------------

    async def _done(self, turn: "_Turn") -> Ending:
        """Nothing more is begun."""
        async with self.bench.transaction() as connection:
            if await self._live(connection) is not None:
                await self._end_in(connection, tries.ending(turn.wanted, turn.came))
        return "over"

    async def _end(self, how: tuple[JobState, str] | None) -> None:
        """As it is to end; None when somebody else has ended it."""
        async with self.bench.transaction() as connection:
            if how is None:
                await budget_store.close(connection, self.tenant_id, self.job_id)
            else:
                await self._end_in(connection, how)

    async def _end_in(self, connection: asyncpg.Connection, how: tuple[JobState, str]) -> None:
        job = await asking.end(connection, self.tenant_id, self.job_id, how, self.tools.now())
        await budget_store.close(connection, self.tenant_id, self.job_id)
        if job is not None:
            self.tools.meters.count("generation_jobs_ended_total", {"state": how[0]})

    async def give_up(self) -> None:
        """It was tried too often: the job has failed, and nothing stays set aside for it."""
        async with self.bench.transaction() as connection:
            await self._take_over(connection)
            await self._end_in(connection, ("failed", "tried_too_often"))


@dataclass(slots=True, kw_only=True)
class _Turn:
    """A turn as it goes: the slots that are left, what came of those that ended, how long new ones are begun, and why no more are."""

    wanted: int
    slots: Iterator[int]
    came: Counter[str]
    until: float
    stopped: StopError | Unavailable | None = None
    is_cut: bool = False

    def next(self, under_way: int, now: float) -> int | None:
        """The slot to begin, if one is to be begun."""
        if self.stopped is not None or not tries.is_owed(self.wanted, self.came, under_way):
            return None
        if now >= self.until:
            self.is_cut = True
            return None
        return next(self.slots, None)
