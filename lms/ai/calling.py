"""One step of an item: served from what was answered before, else asked within the budget, and written down with its answer."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import asyncpg
import msgspec

from lms.ai import budget, budget_store, prompts, step_store, store, vector_store, vectoring
from lms.ai.asks import (
    EMBED_TRIES,
    Answered,
    Ask,
    Asks,
    Away,
    Embedded,
    Embeds,
    Message,
    ModelTier,
    Outcome,
    Refused,
    most_tokens,
)
from lms.ai.budget_store import Place, Spent
from lms.ai.model import JobState
from lms.ai.prompts import Prompt
from lms.ai.step_store import Kept, Traced
from lms.ai.vectors import Ngrams, Vector
from lms.errors import Unavailable

# So many calls of one step are set aside for: the first, and two more elsewhere.
TRIES = 3
# Other calls that are under way may hold what is left of the budget, but not for ever.
ROOM_TRIES = 60
ROOM_PAUSE_S = (0.2, 0.8)
# A store that is away for a moment does not lose an answer that was paid.
SETTLE_PAUSES_S = (0.1, 0.5, 1.0, 2.0, 4.0)
VECTOR = "vector"
# What belongs to no item of the job.
NO_SLOT = -1
CATCH_UP_BATCHES = 20


class StopError(Exception):
    """Nothing more is to be made; `how` is what the job becomes and why, or None when somebody else has ended it."""

    def __init__(self, how: tuple[JobState, str] | None = None) -> None:
        super().__init__("the job is over")
        self.how = how


class Bench(Protocol):
    """Where a job is worked on; workers.jobs.Bench is one."""

    def transaction(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Commits only while the job is still ours."""
        ...

    async def go_on(self, connection: asyncpg.Connection) -> None:
        """What was done until now stays done."""
        ...


class Meters(Protocol):
    """Where figures go."""

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the factory works with; `reach` names the moments at which a drill may kill it."""

    asks: Asks
    embeds: Embeds
    meters: Meters
    now: Callable[[], datetime]
    steady: Callable[[], float]
    new_id: Callable[[], str]
    reach: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A step that may have to be paid: where, what exactly, how much one call may take, and how many it may take.

    Whose `has_left` is said beforehand, nobody is told of when it leaves.
    """

    place: Place
    traced: Traced
    each: int
    calls: int
    has_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Takes the steps of one job."""

    bench: Bench
    tools: Tools
    tenant_id: str
    job_id: str
    tier: ModelTier

    async def ask(self, slot: int, prompt: Prompt) -> Kept | Refused | Away:
        """The answer to a prompt; StopError when the job is over or the budget spent."""
        place = self.place(slot, prompt.step)
        step = _Step(
            place=place,
            traced=Traced(version=prompt.version, digest=prompts.digest(prompt, self.tier)),
            each=most_tokens(prompt.messages, prompt.max_tokens, shape=prompt.shape),
            calls=TRIES,
        )

        async def leaves() -> None:
            async with self.bench.transaction() as connection:
                await budget_store.begin(connection, place)
            self.tools.reach("factory.call_leaves")

        async def call() -> Outcome:
            ask = Ask(
                messages=prompt.messages,
                shape=prompt.shape,
                tier=self.tier,
                max_tokens=prompt.max_tokens,
                allowance_tokens=step.each * step.calls,
                unlike=prompt.unlike,
                leaves=leaves,
            )
            return await self.tools.asks.ask(ask)

        def away() -> Away | None:
            return None if self.tools.asks.reachable(self.tier) else Away(reason="providers")

        return await self._once(step, call, away)

    async def vector(self, slot: int, text: str) -> tuple[str, Vector]:
        """The space and the vector of an item: by the provider, or by our own n-grams when there is none or it is away."""
        embeds, own = self.tools.embeds, Ngrams()
        if embeds.space != own.space:
            got = await self._once(*self._embedding(slot, text))
            if isinstance(got, Kept):
                return embeds.space, msgspec.json.decode(got.text, type=Vector)
        embedded = await own.embed([text])
        return embedded.space, embedded.vectors[0]

    def _embedding(
        self, slot: int, text: str
    ) -> tuple[_Step, Callable[[], Awaitable[Outcome]], Callable[[], Away | None]]:
        embeds = self.tools.embeds
        told = hashlib.sha256(f"{VECTOR}|{embeds.space}|{text}".encode()).digest()
        step = _Step(
            place=self.place(slot, VECTOR),
            traced=Traced(version=embeds.space, digest=told),
            each=most_tokens([Message(role="user", text=text)], 0),
            calls=EMBED_TRIES,
            has_left=True,
        )

        async def call() -> Outcome:
            return _as_answer(await embeds.embed([text]))

        return step, call, lambda: None

    async def catch_up(self, course_id: str) -> None:
        """See to it that the items of the bank have vectors, as far as the budget goes, so that the new ones are compared with them."""
        embeds = self.tools.embeds
        where = vector_store.Place(
            tenant_id=self.tenant_id, course_id=course_id, space=embeds.space
        )
        is_paid = embeds.space != Ngrams().space
        after: str | None = None
        for _ in range(CATCH_UP_BATCHES):
            place, now = self.place(NO_SLOT, VECTOR), self.tools.now()
            if is_paid and not await self._has_room(place, where, after):
                return
            caught = await vectoring.catch_up(self.bench.transaction, embeds, where, now, after)
            if is_paid:
                async with self.bench.transaction() as connection:
                    spent = Spent(tokens=caught.tokens, cost_micros=caught.cost_micros)
                    await budget_store.settle(connection, place, spent)
                    told = (caught.tokens, 0, caught.cost_micros)
                    await store.spend(connection, self.tenant_id, self.job_id, told)
            after = caught.after
            if after is None:
                return

    async def _has_room(self, place: Place, where: vector_store.Place, after: str | None) -> bool:
        """Set aside what the next items without a vector may cost; False where there is no room, or no such item."""
        async with self.bench.transaction() as connection:
            texts = await vector_store.lacking(connection, where, after, vectoring.AT_ONCE)
            if not texts:
                return False
            messages = [Message(role="user", text=one.text) for one in texts]
            most = (most_tokens(messages, 0), EMBED_TRIES)
            if await budget_store.hold(connection, place, most, self.tools.now()) != "ok":
                return False
            await budget_store.begin(connection, place)
        return True

    def place(self, slot: int, step: str) -> Place:
        """Where a step of this job stands in the tables."""
        return Place(tenant_id=self.tenant_id, job_id=self.job_id, slot=slot, step=step)

    # --- Once, and within the budget --------------------------------------------------------------

    async def _once(
        self,
        step: _Step,
        call: Callable[[], Awaitable[Outcome]],
        away: Callable[[], Away | None],
    ) -> Kept | Refused | Away:
        for _ in range(ROOM_TRIES):
            found = await self._begun(step, away)
            if isinstance(found, Kept | Away):
                return found
            if found == "ok":
                self.tools.reach("factory.before_call")
                outcome = await call()
                self.tools.reach("factory.after_call")
                return await self._settled(step, outcome)
            await asyncio.sleep(random.uniform(*ROOM_PAUSE_S))  # noqa: S311 - jitter
        raise StopError(("stopped", "budget"))

    async def _begun(
        self, step: _Step, away: Callable[[], Away | None]
    ) -> Kept | Away | budget.Room:
        """What was answered before; else whether there is room for the call, which is then set aside."""
        place, now = step.place, self.tools.now()
        async with self.bench.transaction() as connection:
            if await store.lock(connection, self.tenant_id, self.job_id) != "running":
                raise StopError
            kept = await step_store.kept(connection, self.tenant_id, step.traced.digest, now)
            if kept is not None:
                if await step_store.note(connection, place, step.traced, step_store.KEPT, now):
                    self._count(place.step, step_store.KEPT)
                return kept
            nobody = away()
            if nobody is not None:
                return nobody
            room = await budget_store.hold(connection, place, (step.each, step.calls), now)
            if room == "ok" and step.has_left:
                await budget_store.begin(connection, place)
        if room == "spent":
            raise StopError(("stopped", "budget"))
        return room

    async def _settled(self, step: _Step, outcome: Outcome) -> Kept | Refused | Away:
        """Write down what the call has cost, and its answer: one transaction, tried again while the store is away."""
        kept = _kept(outcome)
        for pause in (*SETTLE_PAUSES_S, None):
            try:
                async with self.bench.transaction() as connection:
                    await self._write(connection, step, outcome, kept)
                break
            except Unavailable:
                if pause is None:
                    raise
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        self._tell(step.place.step, outcome)
        if kept is not None:
            return kept
        assert not isinstance(outcome, Answered), "an answer is kept"
        return outcome

    async def _write(
        self, connection: asyncpg.Connection, step: _Step, outcome: Outcome, kept: Kept | None
    ) -> None:
        place, now = step.place, self.tools.now()
        tokens = outcome.tokens_in + outcome.tokens_out
        spent = Spent(tokens=tokens, cost_micros=outcome.cost_micros)
        await budget_store.settle(connection, place, spent, _dearest(outcome))
        await step_store.trace(connection, place, step.traced, outcome.tries, now)
        told = (outcome.tokens_in, outcome.tokens_out, outcome.cost_micros)
        await store.spend(connection, self.tenant_id, self.job_id, told)
        if kept is not None:
            await step_store.keep(connection, self.tenant_id, step.traced.digest, kept, now)
            await self.bench.go_on(connection)

    def _tell(self, step: str, outcome: Outcome) -> None:
        for tried in outcome.tries:
            self._count(step, tried.outcome)
        meters = self.tools.meters
        meters.count("generation_tokens_total", {"way": "in"}, by=outcome.tokens_in)
        meters.count("generation_tokens_total", {"way": "out"}, by=outcome.tokens_out)
        meters.count("generation_cost_micros_total", by=outcome.cost_micros)

    def _count(self, step: str, outcome: str) -> None:
        self.tools.meters.count("generation_steps_total", {"step": step, "outcome": outcome})


def _kept(outcome: Outcome) -> Kept | None:
    """The answer as it is kept, so that it is never paid again."""
    if not isinstance(outcome, Answered):
        return None
    return Kept(
        text=outcome.text,
        tier=outcome.tier,
        provider=outcome.provider,
        model=outcome.model,
        tokens=outcome.tokens_in + outcome.tokens_out,
        cost_micros=outcome.cost_micros,
    )


def _dearest(outcome: Outcome) -> Spent | None:
    """What a call of this step costs, by the dearest of its tries; None where none was paid."""
    paid = [
        Spent(tokens=one.tokens_in + one.tokens_out, cost_micros=one.cost_micros)
        for one in outcome.tries
        if one.tokens_in + one.tokens_out
    ]
    return max(paid, key=lambda one: one.tokens, default=None)


def _as_answer(got: Embedded | Refused | Away) -> Outcome:
    """A vector as an answer that is kept like any other."""
    if not isinstance(got, Embedded):
        return got
    text = msgspec.json.encode(got.vectors[0]).decode()
    return Answered(text=text, tier="small", provider="", model=got.space, tries=got.tries)
