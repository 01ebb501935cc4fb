"""The line to one provider: its places, its breaker, and until when it asked to be left alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lms.ai import breaker as breaking
from lms.ai import router
from lms.ai.asks import Ask, TryOutcome
from lms.ai.breaker import Breaker, Health, pause_s
from lms.ai.providers import Model, Provider
from lms.ai.router import Standing

# A provider may ask for more; it is left alone so long at most.
RETRY_AFTER_MOST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one call brought; tokens are None where the provider did not say."""

    outcome: TryOutcome
    text: str = ""
    vectors: tuple[Sequence[float], ...] = ()
    tokens_in: int | None = None
    tokens_out: int | None = None
    retry_after_s: float | None = None


class Calls(Protocol):
    """The way to one provider; a call never raises for what the provider does, and may be cancelled at any time."""

    async def complete(self, model: Model, ask: Ask) -> Reply:
        """One completion."""
        ...

    async def embed(self, model: Model, texts: Sequence[str]) -> Reply:
        """One batch of vectors."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...


class Line:
    """One provider: its places, its breaker, and until when it asked to be left alone."""

    def __init__(self, provider: Provider, calls: Calls) -> None:
        self.name = provider.name
        self.calls = calls
        self.places = asyncio.Semaphore(provider.at_once)
        self.breaker = Breaker()
        self._rest_until = 0.0
        self._unwell = 0

    def standing(self) -> Standing:
        broken = self.breaker.phase != "closed"
        from_at = self.breaker.until if broken else 0.0
        return Standing(
            from_at=max(from_at, self._rest_until), broken=broken, full=self.places.locked()
        )

    def lets(self, now: float) -> bool:
        return now >= self._rest_until and breaking.lets(self.breaker, now)

    def begin(self, now: float) -> int:
        self.breaker = breaking.begin(self.breaker, now)
        return self.breaker.turn

    def end(self, turn: int, health: Health, now: float, chance: float) -> None:
        self.breaker = breaking.end(self.breaker, turn, health, now, chance)

    def rest(self, reply: Reply, now: float, chance: float) -> None:
        """After 429 and 5xx nobody asks it for a while: as long as it says, or longer each time."""
        if reply.outcome not in router.AGAIN:
            self._unwell = 0
            return
        self._unwell += 1
        if reply.retry_after_s is None:
            length_s = pause_s(self._unwell, chance, first=0.25, longest=8.0)
        else:
            # A little more than it asked for, and not for all at the same moment.
            length_s = min(reply.retry_after_s, RETRY_AFTER_MOST_S) * (1 + 0.1 * chance)
        self._rest_until = max(self._rest_until, now + length_s)
