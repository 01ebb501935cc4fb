"""The breaker of one provider as a state machine: asked while closed, left alone while open, one probe while half open."""

from dataclasses import dataclass, replace
from typing import Literal

Phase = Literal["closed", "open", "half_open"]
# How a call went for the provider's health. `dropped`: we ended it ourselves, so that it says nothing.
Health = Literal["ok", "error", "slow", "dropped"]

ERRORS_IN_A_ROW = 3
# An answer that does not come within this is given up, and opens the breaker at once: it costs everybody this much again.
PATIENCE_S = 4.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
# The most that the file of providers may give a model that is known to think for long.
PATIENCE_MOST_S = 20.0
# A probe that has not reported after this is forgotten: whoever sent it is gone.
PROBE_S = PATIENCE_MOST_S + 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`errors` in a row while closed, `opened` times in a row since it last was well, `until` when the next probe may go."""

    phase: Phase = "closed"
    errors: int = 0
    opened: int = 0
    until: float = 0.0
    # Each call carries the turn it was begun in: what an earlier turn's call says is no news any more.
    turn: int = 0


def pause_s(
    times: int, chance: float, *, first: float = FIRST_PAUSE_S, longest: float = LONGEST_PAUSE_S
) -> float:
    """Seconds to leave somebody alone after so many failures in a row; `chance` is between 0 and 1."""
    return min(longest, first * 2.0 ** min(max(times, 1) - 1, 30)) * (0.5 + chance / 2)


def lets(breaker: Breaker, now: float) -> bool:
    """Whether a call may begin now."""
    return breaker.phase == "closed" or now >= breaker.until


def begin(breaker: Breaker, now: float) -> Breaker:
    """After a call that `lets` allowed has begun: while open, and after a probe that was lost, it is the probe."""
    if breaker.phase == "closed":
        return breaker
    return replace(breaker, phase="half_open", until=now + PROBE_S, turn=breaker.turn + 1)


def end(breaker: Breaker, turn: int, health: Health, now: float, chance: float) -> Breaker:
    """After a call that was begun in this turn has ended."""
    if turn != breaker.turn or breaker.phase == "open":
        return breaker
    match breaker.phase, health:
        case _, "ok":
            return replace(breaker, phase="closed", errors=0, opened=0, until=0.0)
        case "closed", "dropped":
            return breaker
        case "half_open", "dropped":
            # Nothing is known: the next call is the probe.
            return replace(breaker, phase="open", until=now, turn=breaker.turn + 1)
        case "closed", "error" if breaker.errors + 1 < ERRORS_IN_A_ROW:
            return replace(breaker, errors=breaker.errors + 1)
        case _:
            return _opened(breaker, now, chance)


def _opened(breaker: Breaker, now: float, chance: float) -> Breaker:
    opened = breaker.opened + 1
    return Breaker(
        phase="open", opened=opened, until=now + pause_s(opened, chance), turn=breaker.turn + 1
    )
