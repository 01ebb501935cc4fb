"""Transport-cc reports of one viewer turned into arrivals: what was sent, when, how large, and when it came."""

import msgspec

from sfu.packet.transport_cc import TICK_S, TICKS_MODULO

_HALF_TICKS = TICKS_MODULO // 2


class Arrival(msgspec.Struct, frozen=True):
    """One packet of ours. Both times are seconds, each on its own clock; `arrived_at` is None when it was lost."""

    sent_at: float
    size_bytes: int
    arrived_at: float | None


class FeedbackReader:
    """Follows the viewer's clock over its wraps (every 12 days of 24-bit reference time, or less when it jumps)."""

    def __init__(self) -> None:
        self._last_ticks: int | None = None

    def read(self, packets: list[tuple[float, int, int | None]]) -> list[Arrival]:
        """The packets of one report, as the kernel matched them, in the order of sending."""
        return [
            Arrival(sent_at, size_bytes, None if ticks is None else self._seconds(ticks))
            for sent_at, size_bytes, ticks in packets
        ]

    def _seconds(self, ticks: int) -> float:
        if self._last_ticks is None:
            self._last_ticks = ticks
        ahead = (ticks - self._last_ticks) % TICKS_MODULO
        if ahead >= _HALF_TICKS:
            ahead -= TICKS_MODULO
        self._last_ticks += ahead
        return self._last_ticks * TICK_S
