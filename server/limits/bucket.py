"""GCRA: how often somebody may, as (state, cost, now) -> (state, allowed, retry_after)."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`quota` units in `window_seconds`, at once or spread."""

    quota: int
    window_seconds: float

    @property
    def interval_seconds(self) -> float:
        """How long one unit takes to come back."""
        return self.window_seconds / self.quota


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether it was allowed, and what is left."""

    allowed: bool
    remaining: int
    retry_after_seconds: float
    reset_seconds: float


def take(full_at: float, rate: Rate, cost: float, now: float) -> tuple[float, Verdict]:
    """The state is the moment at which the bucket is full again (the theoretical arrival time).

    A refused request takes nothing. A negative cost gives back.
    """
    before = max(full_at, now)
    after = max(before + cost * rate.interval_seconds, now)
    over = after - now - rate.window_seconds
    # A microsecond of tolerance: the sums of intervals are not exact.
    if over > 1e-6 and cost > 0:
        return before, _verdict(False, before, rate, over, now)
    return after, _verdict(True, after, rate, 0.0, now)


def _verdict(allowed: bool, full_at: float, rate: Rate, over: float, now: float) -> Verdict:
    left = rate.window_seconds - (full_at - now)
    return Verdict(
        allowed=allowed,
        remaining=max(0, int(left / rate.interval_seconds + 1e-6)),
        retry_after_seconds=over,
        reset_seconds=full_at - now,
    )
