"""One viewer's budget shared out over what it wants: everybody's base first, then better, by priority."""

from collections.abc import Sequence
from enum import IntEnum

import msgspec


class Priority(IntEnum):
    """Who goes first when there is not enough for all."""

    AUDIO = 0
    SCREEN = 1
    SPEAKER = 2
    REST = 3


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """One stream a viewer wants. `rungs_bps` are the bitrates it can have it at, ascending, not above what it can use.

    `current` is the rung it has now (None: none): to climb, a rung must fit with room to spare; to be kept it may miss by
    a little, so that one cautious step back of the estimate does not take a picture away and give it again.
    """

    key: int
    priority: Priority
    rungs_bps: tuple[int, ...]
    current: int | None = None


_ROOM_TO_CLIMB = 1.15
_ROOM_TO_KEEP = 0.8


def allocate(budget_bps: int, demands: Sequence[Demand]) -> dict[int, int | None]:
    """The rung of each demand by its key; None is paused. Sound is never paused: it costs little and matters most."""
    ordered = sorted(demands, key=lambda demand: demand.priority)
    given: dict[int, int | None] = {demand.key: None for demand in demands}
    left_bps = float(budget_bps)
    for demand in ordered:
        if not demand.rungs_bps:
            continue
        if demand.priority is Priority.AUDIO:
            given[demand.key] = len(demand.rungs_bps) - 1
            left_bps -= demand.rungs_bps[-1]
        elif _price(demand, 0, 0) <= left_bps:
            given[demand.key] = 0
            left_bps -= demand.rungs_bps[0]
    for demand in ordered:
        rung = given[demand.key]
        if rung is None:
            continue
        best = _best_rung(demand, rung, left_bps)
        left_bps -= demand.rungs_bps[best] - demand.rungs_bps[rung]
        given[demand.key] = best
    return given


def _best_rung(demand: Demand, rung: int, left_bps: float) -> int:
    for better in range(len(demand.rungs_bps) - 1, rung, -1):
        if _price(demand, better, demand.rungs_bps[rung]) <= left_bps:
            return better
    return rung


def _price(demand: Demand, rung: int, paid_bps: int) -> float:
    """What the rung asks of the budget beyond what is paid already."""
    climbs = demand.current is None or rung > demand.current
    needed_bps = demand.rungs_bps[rung] * (_ROOM_TO_CLIMB if climbs else _ROOM_TO_KEEP)
    return needed_bps - paid_bps
