"""The gateway to the models: nothing of people goes out, each call has its patience, and who fails is left alone and gone around."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lms.ai import breaker as breaking
from lms.ai import personal, router
from lms.ai.asks import (
    EMBED_TRIES,
    Answered,
    Ask,
    Away,
    Embedded,
    Message,
    ModelTier,
    Outcome,
    Refused,
    Tried,
    TryOutcome,
    prompt_tokens,
    unsaid,
)
from lms.ai.gates import schema
from lms.ai.lines import Calls, Line, Reply
from lms.ai.providers import Model, Providers
from lms.ai.router import Call, Over, Wait
from lms.ai.vectors import Ngrams, Vector, brought

EMBED_TEXTS_MAX = 32
EMBED_DEADLINE_S = 20.0
# A wait is never shorter, so that two clocks that differ by a hair do not spin.
WAIT_LEAST_S = 0.005
# What costs nothing when the provider says nothing of tokens.
FREE: frozenset[TryOutcome] = frozenset({"busy", "failed", "denied"})


class Meters(Protocol):
    """Where figures go: names of providers and outcomes, never a word of a prompt."""

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None: ...

    def observe(
        self, name: str, value: float, labels: Mapping[str, str] | None = None
    ) -> None: ...

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call may take where the file says nothing else, and by which clock and chance the gateway goes."""

    steady: Callable[[], float]
    chance: Callable[[], float]
    call_s: float = breaking.PATIENCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """One ask on its way through the providers; `most` is what a call may cost at most, as tokens in and out."""

    models: tuple[Model, ...]
    call: Callable[[Calls, Model], Awaitable[Reply]]
    leaves: Callable[[], Awaitable[None]]
    most: tuple[int, int]
    allowance: int
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Who answered what."""

    model: Model
    reply: Reply


class Gateway:
    """Implements lms.ai.asks.Asks and Embeds over the providers of the file; one lives as long as its process."""

    def __init__(
        self, providers: Providers, calls: Mapping[str, Calls], meters: Meters, patience: Patience
    ) -> None:
        self._providers = providers
        self._lines = {one.name: Line(one, calls[one.name]) for one in providers.providers}
        self._meters = meters
        self._patience = patience

    async def close(self) -> None:
        """Let go of all connections."""
        for line in self._lines.values():
            await line.calls.close()

    def reachable(self, tier: ModelTier) -> bool:
        """Whether a model of this tier, or of the one below it, would be asked now."""
        now = self._patience.steady()
        lines = (self._lines[model.provider] for model in router.candidates(self._providers, tier))
        return any(breaking.lets(line.breaker, now) for line in lines)

    async def ask(self, ask: Ask) -> Outcome:
        """Ask, with retries and detours, until an answer has the shape, nobody is left, or the deadline is over."""
        if self._holds_people([message.text for message in ask.messages]):
            return Refused(reason="personal")
        begun = self._patience.steady()

        async def call(calls: Calls, model: Model) -> Reply:
            return _judged(await calls.complete(model, ask), ask)

        end, tries = await self._search(
            _Search(
                models=router.candidates(self._providers, ask.tier, ask.unlike),
                call=call,
                leaves=ask.leaves,
                most=(prompt_tokens(ask.messages, ask.shape), ask.max_tokens),
                allowance=ask.allowance_tokens,
                until=begun + ask.deadline_s,
            )
        )
        took_ms = self._since_ms(begun)
        if isinstance(end, Over):
            return _ended(end, tries, took_ms)
        assert end.model.tier != "embedding"
        return Answered(
            text=end.reply.text,
            tier=end.model.tier,
            provider=end.model.provider,
            model=end.model.name,
            tries=tries,
            took_ms=took_ms,
        )

    # --- embeddings -----------------------------------------------------------------------------

    @property
    def space(self) -> str:
        """The space of the embedding model; that of our own n-grams where there is none."""
        models = self._providers.embedding()
        return models[0].space if models else Ngrams().space

    async def embed(self, texts: Sequence[str]) -> Embedded | Refused | Away:
        """A vector for each text, in order; by n-grams where the file names no embedding model."""
        models = self._providers.embedding()
        if not models:
            return await Ngrams().embed(texts)
        if self._holds_people(texts):
            return Refused(reason="personal")
        begun = self._patience.steady()
        tries: tuple[Tried, ...] = ()
        vectors: list[Vector] = []
        for first in range(0, len(texts), EMBED_TEXTS_MAX):
            # Providers turn an empty text away.
            batch = [text or " " for text in texts[first : first + EMBED_TEXTS_MAX]]
            end, more = await self._search(self._embedding(models, batch, begun))
            tries += more
            if isinstance(end, Over):
                return _ended(end, tries, self._since_ms(begun))
            vectors += map(tuple, end.reply.vectors)
        return Embedded(
            space=models[0].space,
            vectors=tuple(vectors),
            tries=tries,
            took_ms=self._since_ms(begun),
        )

    def _embedding(self, models: tuple[Model, ...], batch: Sequence[str], begun: float) -> _Search:
        async def call(calls: Calls, model: Model) -> Reply:
            return _measured(await calls.embed(model, batch), len(batch))

        most = prompt_tokens([Message(role="user", text=text) for text in batch])
        return _Search(
            models=models,
            call=call,
            leaves=unsaid,
            most=(most, 0),
            allowance=most * EMBED_TRIES,
            until=begun + EMBED_DEADLINE_S,
        )

    # --- the way through the providers ------------------------------------------------------------

    async def _search(self, search: _Search) -> tuple[_Found | Over, tuple[Tried, ...]]:
        tries: list[Tried] = []
        while True:
            now = self._patience.steady()
            standings = {name: line.standing() for name, line in self._lines.items()}
            spent = sum(one.tokens_in + one.tokens_out for one in tries)
            step = router.next_step(
                search.models,
                standings,
                tries,
                now,
                search.until,
                affordable=spent + sum(search.most) <= search.allowance,
            )
            match step:
                case Over():
                    return step, tuple(tries)
                case Wait(until=until):
                    await asyncio.sleep(max(WAIT_LEAST_S, until - now))
                case Call(model=model):
                    reply = await self._one(search, model, tries)
                    if reply is not None and reply.outcome == "ok":
                        return _Found(model=model, reply=reply), tuple(tries)

    async def _one(self, search: _Search, model: Model, tries: list[Tried]) -> Reply | None:
        """One call, written down; None when its place came too late, or with it the news that the provider is unwell."""
        line = self._lines[model.provider]
        try:
            async with asyncio.timeout(max(0.0, search.until - self._patience.steady())):
                await line.places.acquire()
        except TimeoutError:
            return None
        try:
            if not line.lets(self._patience.steady()):
                return None
            await search.leaves()
            begun = self._patience.steady()
            # Meanwhile another may have heard that the provider is unwell.
            if not line.lets(begun):
                return None
            reply = await self._called(search, model, line)
            tries.append(_tried(model, reply, search.most, self._since_ms(begun)))
            self._tell(tries[-1])
            return reply
        finally:
            line.places.release()

    async def _called(self, search: _Search, model: Model, line: Line) -> Reply:
        """The call itself, within the patience; what it says of the provider goes to its line, however it ends."""
        begun = self._patience.steady()
        patience_s = model.patience_s or self._patience.call_s
        given_s = min(patience_s, search.until - begun)
        turn = line.begin(begun)
        health: breaking.Health = "dropped"
        try:
            async with asyncio.timeout(given_s):
                reply = await search.call(line.calls, model)
            health = router.HEALTH[reply.outcome]
        except TimeoutError:
            reply = Reply(outcome="slow")
            # Cut short by the end of the whole ask, it says nothing of the provider.
            health = "slow" if given_s >= patience_s else "dropped"
        finally:
            line.end(turn, health, self._patience.steady(), self._patience.chance())
        line.rest(reply, self._patience.steady(), self._patience.chance())
        open_now = line.breaker.phase != "closed"
        self._meters.gauge("model_breaker_open", float(open_now), {"provider": line.name})
        return reply

    def _tell(self, tried: Tried) -> None:
        provider = {"provider": tried.provider}
        self._meters.count("model_calls_total", {**provider, "outcome": tried.outcome})
        self._meters.observe("model_call_seconds", tried.took_ms / 1000, provider)
        self._meters.count("model_tokens_total", {**provider, "way": "in"}, tried.tokens_in)
        self._meters.count("model_tokens_total", {**provider, "way": "out"}, tried.tokens_out)

    def _holds_people(self, texts: Sequence[str]) -> bool:
        """Whether something in there names somebody: it is counted by its kind, and goes nowhere."""
        trace = next(filter(None, map(personal.found, texts)), "")
        if trace:
            self._meters.count("model_prompts_refused_total", {"trace": trace})
        return bool(trace)

    def _since_ms(self, begun: float) -> int:
        return round((self._patience.steady() - begun) * 1000)


def _judged(reply: Reply, ask: Ask) -> Reply:
    """The reply as what it is worth: an answer has exactly the shape."""
    if reply.outcome != "ok":
        return reply
    try:
        schema.strict(ask.shape, reply.text)
    except schema.Malformed as fault:
        return replace(reply, outcome=_FAULTS.get(fault.code, "schema"))
    return reply


_FAULTS: Mapping[str, TryOutcome] = {"not_json": "garbage", "too_long": "huge", "too_deep": "huge"}


def _measured(reply: Reply, wanted: int) -> Reply:
    """The vectors of the reply at our length; a vector too few, or one that is none, is garbage."""
    if reply.outcome != "ok":
        return reply
    vectors = [vector for one in reply.vectors if (vector := brought(one)) is not None]
    if len(vectors) != wanted or len(reply.vectors) != wanted:
        return replace(reply, outcome="garbage", vectors=())
    return replace(reply, vectors=tuple(vectors))


def _tried(model: Model, reply: Reply, most: tuple[int, int], took_ms: int) -> Tried:
    """The call as it is written down; what may have cost something and was not told is taken at its most."""
    free = reply.outcome in FREE
    told_out = len(reply.text.encode(errors="replace")) // 2 + 1 if reply.text else most[1]
    tokens_in = reply.tokens_in if reply.tokens_in is not None else most[0] * (not free)
    tokens_out = reply.tokens_out if reply.tokens_out is not None else told_out * (not free)
    return Tried(
        provider=model.provider,
        model=model.name,
        outcome=reply.outcome,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_micros=model.cost_micros(tokens_in, tokens_out),
        took_ms=took_ms,
    )


def _ended(over: Over, tries: tuple[Tried, ...], took_ms: int) -> Refused | Away:
    if over.refused is not None:
        return Refused(reason=over.refused, tries=tries, took_ms=took_ms)
    return Away(reason=over.away or "providers", tries=tries, took_ms=took_ms)
