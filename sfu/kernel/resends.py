"""Answers a viewer's NACKs from the source's history, within a budget that a flood of them cannot lift."""

from sfu.kernel.outgoing import Sender
from sfu.kernel.streams import Route
from sfu.kernel.table import Counters

WINDOW_S = 1.0
BURST_BYTES = 48_000
SHARE_OF_SENT = 0.5
"""Resends may take this share of what the route sent in the window, on top of the burst."""
_NOT_AGAIN_WITHIN_S = 0.020
_MOST_ANSWERED_AT_ONCE = 128


def answer(
    route: Route, sequences: list[int], sender: Sender, counters: Counters, now: float
) -> None:
    """Resend what is still here; what is not, or is beyond the budget, is counted."""
    _turn_window(route, now)
    route.asks_received += len(sequences)
    counters.resend_refused += max(0, len(sequences) - _MOST_ANSWERED_AT_ONCE)
    for sequence in sequences[:_MOST_ANSWERED_AT_ONCE]:
        if _is_beyond_budget(route) or _was_just_resent(route, sequence, now):
            counters.resend_refused += 1
        elif not _resend(route, sequence, sender, now):
            route.asks_missed += 1


def _is_beyond_budget(route: Route) -> bool:
    sent_bytes = route.payload_bytes - route.resend_window_bytes
    return route.resent_bytes > BURST_BYTES + SHARE_OF_SENT * sent_bytes


def _was_just_resent(route: Route, sequence: int, now: float) -> bool:
    resent_at = route.resent_at.get(sequence)
    return resent_at is not None and now - resent_at < _NOT_AGAIN_WITHIN_S


def _resend(route: Route, sequence: int, sender: Sender, now: float) -> bool:
    source = route.source
    index = None if source is None else route.remap.index_of(sequence, source.highest)
    if source is None or index is None:
        return False
    packet = source.history.get(index)
    shifts = route.remap.locate(index)
    if packet is None or shifts is None or not packet.payload:
        return False
    if packet.picture.temporal_layer > route.current_layer:
        return False
    if packet.codec == "red" and "red" not in route.payload_types:
        packet = packet.as_opus()
    size = sender.resend(route, packet, shifts, now)
    route.resent_bytes += size
    route.resent_at[sequence] = now
    route.resent += size > 0
    return size > 0


def _turn_window(route: Route, now: float) -> None:
    if now - route.resend_window_at >= WINDOW_S:
        route.resend_window_at = now
        route.resend_window_bytes = route.payload_bytes
        route.resent_bytes = 0
        route.resent_at.clear()
