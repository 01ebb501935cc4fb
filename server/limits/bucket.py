"""GCRA: how often somebody may, as (state, cost, now) -> (state, allowed, retry_after)."""

from dataclasses import dataclass, field

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`quota` units in `window_seconds`, at once or spread."""

    quota: int
    window_seconds: float
    # How long one unit takes to come back.
    interval_seconds: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interval_seconds", self.window_seconds / self.quota)


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """Whether it was allowed, and what is left."""

    allowed: bool
    remaining: int
    retry_after_seconds: float
    reset_seconds: float


def take(full_at: float, rate: Rate, cost: float, now: float) -> tuple[float, Verdict]:
    """The state is the moment at which the bucket is full again (the theoretical arrival time).

    A refused request takes nothing. A negative cost gives back.
    """
    before = full_at if full_at > now else now
    after = before + cost * rate.interval_seconds
    if after < now:
        after = now
    over = after - now - rate.window_seconds
    # A microsecond of tolerance: the sums of intervals are not exact.
    if over > 1e-6 and cost > 0:
        return before, _verdict(False, before, rate, over, now)
    return after, _verdict(True, after, rate, 0.0, now)


def _verdict(allowed: bool, full_at: float, rate: Rate, over: float, now: float) -> Verdict:
    resets = full_at - now
    left = int((rate.window_seconds - resets) / rate.interval_seconds + 1e-6)
    return Verdict(allowed, left if left > 0 else 0, over, resets)
