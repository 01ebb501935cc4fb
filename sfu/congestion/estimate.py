"""How much one viewer's link takes: delay and loss to one bitrate; growth, back-off and probing.

Theory of operation. The delay trend rules (draft-ietf-rmcat-gcc-02 section 5.5): over-used means back to 85 % of what got
through; normal means grow, 8 % a second far from the last ceiling and about one packet per round trip near it. A server
that forwards layers mostly sends less than the link takes, and what is not tried cannot be known: growth stops at 1.5
times what got through, and now and then a short burst of padding tries more (a probe). A probe that got through lifts
the estimate at once. The loss cap and a viewer's REMB bound the whole.
"""

from collections import deque

import msgspec

from sfu.congestion.delay import DelayTrend
from sfu.congestion.feedback import Arrival, FeedbackReader
from sfu.congestion.loss import LossCap

_BACK_OFF = 0.85
_GROWTH_PER_S = 1.08
_BLIND_GROWTH_PER_S = 1.3
_HEADROOM = 1.5
_HEADROOM_BPS = 10_000
_WINDOW_S = 0.5
_SHORTEST_WINDOW_S = 0.15
_BACK_OFF_APART_S = 0.3
_NEAR_CEILING = 0.95
_ABOVE_CEILING = 1.3
_PACKET_BITS = 1200 * 8
_FIRST_RTT_S = 0.1
_REMB_LASTS_S = 5.0
_LONGEST_STEP_S = 1.0

_FIRST_PROBE_AFTER_S = 0.2
_PROBE_EVERY_S = 3.0
_PROBE_AFTER_BACK_OFF_S = 1.0
_LONGEST_PROBE_WAIT_S = 6.0
_PROBE_HELD_S = 8.0
_PROBE_GAIN = 2.0
_PROBE_S = 0.04
_PROBE_SPREAD_S = 0.005
_SHORTEST_SPAN_S = 0.00025
_PROBE_ANSWER_WITHIN_S = 1.0
_PROBE_LEAST_PACKETS = 4
_PROBE_LEAST_BYTES = 1300  # five packets of padding: of fewer nothing can be told
_PROBE_BELIEVED = 0.9
_PROBE_MOST_LOST = 0.2


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Between which bitrates an estimate moves, and where it begins."""

    start_bps: int = 1_000_000
    least_bps: int = 60_000
    most_bps: int = 12_000_000


class Estimate:
    """One viewer. Time and reports come in; `bitrate_bps` is the answer at any time."""

    def __init__(self, bounds: Bounds, now: float) -> None:
        self._bounds = bounds
        self._target_bps = float(bounds.start_bps)
        self._reader = FeedbackReader()
        self._trend = DelayTrend()
        self._loss = LossCap()
        self._remb_bps: int | None = None
        self._remb_at = now
        self._acked: deque[tuple[float, int]] = deque()
        self._acked_bytes = 0
        self._newest_arrival = 0.0
        self._ceiling_bps: float | None = None
        self._backed_off_at = now - _LONGEST_PROBE_WAIT_S
        self._probe_wait_s = _PROBE_AFTER_BACK_OFF_S
        self._lifted_at = now
        self._grown_at: float | None = None
        self._rtt_s = _FIRST_RTT_S
        self._heard = False
        self._wanted_bps = 0
        self._probe_at = now + _FIRST_PROBE_AFTER_S
        self._probing: tuple[float, float, float] | None = None
        self._probe_arrivals: list[Arrival] = []

    @property
    def bitrate_bps(self) -> int:
        """What the link is believed to take."""
        bitrate_bps = self._target_bps
        if self._loss.cap_bps is not None:
            bitrate_bps = min(bitrate_bps, self._loss.cap_bps)
        if self._remb_bps is not None:
            bitrate_bps = min(bitrate_bps, self._remb_bps)
        return int(min(max(bitrate_bps, self._bounds.least_bps), self._bounds.most_bps))

    @property
    def rtt_s(self) -> float:
        """The round trip, smoothed; a tenth of a second until one was measured."""
        return self._rtt_s

    def take_feedback(self, packets: list[tuple[float, int, int | None]], now: float) -> None:
        """A transport-cc report, as the kernel matched it."""
        arrivals = self._reader.read(packets)
        if not arrivals:
            return
        self._heard = True
        lost = self._note_acked(arrivals)
        usage = self._trend.feed(arrivals)
        self._loss.feed(len(arrivals), lost, now, self.bitrate_bps)
        self._note_probe(arrivals, now)
        if usage == "over":
            self._back_off(now)
        elif usage == "normal":
            self._grow(now)
        else:
            self._grown_at = now

    def take_report(self, fraction_lost: float, rtt_s: float | None, now: float) -> None:
        """A receiver report; its loss counts only where there is no transport-cc."""
        if rtt_s is not None:
            self._rtt_s += (rtt_s - self._rtt_s) / 8
        if not self._heard:
            self._loss.judge(fraction_lost, now, self.bitrate_bps)
            self._grow_unheard(now)

    def _grow_unheard(self, now: float) -> None:
        """Without transport-cc, reports without loss let more be tried: quickly until loss was first heavy."""
        since_s = 0.0 if self._grown_at is None else min(now - self._grown_at, _LONGEST_STEP_S)
        self._grown_at = now
        growth_per_s = _BLIND_GROWTH_PER_S if self._loss.cap_bps is None else _GROWTH_PER_S
        limit_bps = max(self._target_bps, _HEADROOM * self._wanted_bps)
        self._target_bps = min(self._target_bps * growth_per_s**since_s, limit_bps)

    def take_remb(self, bitrate_bps: int, now: float) -> None:
        """The viewer's own estimate: a cap for some seconds, and all there is to go by without transport-cc."""
        self._remb_bps = bitrate_bps
        self._remb_at = now
        if not self._heard:
            self._target_bps = float(max(self._target_bps, bitrate_bps))

    def tick(self, now: float, *, wanted_bps: int) -> int:
        """Let old news lapse. How many bytes of padding to send at once: some when more is wanted than the estimate
        grants and it is time to try, else 0.
        """
        self._wanted_bps = wanted_bps
        if self._remb_bps is not None and now - self._remb_at > _REMB_LASTS_S:
            self._remb_bps = None
        if self._probing is not None and now - self._probing[0] > _PROBE_ANSWER_WITHIN_S:
            self._probing = None
        if not self._may_probe(now) or wanted_bps <= self.bitrate_bps:
            return 0
        rate_bps = min(
            self._target_bps * _PROBE_GAIN, wanted_bps * _HEADROOM, self._bounds.most_bps
        )
        self._probe_at = now + _PROBE_EVERY_S
        self._probing = (now, now + _PROBE_SPREAD_S, rate_bps)
        self._probe_arrivals = []
        return max(int(rate_bps * _PROBE_S / 8), _PROBE_LEAST_BYTES)

    def _may_probe(self, now: float) -> bool:
        return (
            self._heard
            and self._probing is None
            and now >= self._probe_at
            and now - self._backed_off_at >= self._probe_wait_s
            and self._trend.usage != "over"
        )

    def acked_bps(self) -> float | None:
        """What got through in the last half second by the viewer's clock; None while that cannot be told."""
        if len(self._acked) < 2:
            return None
        span_s = self._acked[-1][0] - self._acked[0][0]
        if span_s < _SHORTEST_WINDOW_S:
            return None
        return (self._acked_bytes - self._acked[0][1]) * 8 / span_s

    def _note_acked(self, arrivals: list[Arrival]) -> int:
        """Keep what came in the last half second; how many did not come."""
        lost = 0
        acked = self._acked
        for arrival in arrivals:
            if arrival.arrived_at is None:
                lost += 1
                continue
            acked.append((arrival.arrived_at, arrival.size_bytes))
            self._acked_bytes += arrival.size_bytes
            self._newest_arrival = max(self._newest_arrival, arrival.arrived_at)
        oldest = self._newest_arrival - _WINDOW_S
        while acked and acked[0][0] < oldest:
            self._acked_bytes -= acked.popleft()[1]
        return lost

    def _back_off(self, now: float) -> None:
        self._grown_at = now
        acked_bps = self.acked_bps()
        if acked_bps is None or now - self._backed_off_at < max(_BACK_OFF_APART_S, self._rtt_s):
            return
        # What a probe had lifted did not hold: the next probe waits longer. What held for long was not the probe's fault.
        held = now - self._lifted_at >= _PROBE_HELD_S
        self._probe_wait_s = (
            _PROBE_AFTER_BACK_OFF_S if held else min(2 * self._probe_wait_s, _LONGEST_PROBE_WAIT_S)
        )
        self._backed_off_at = now
        self._ceiling_bps = acked_bps
        self._probing = None
        self._target_bps = max(
            min(self._target_bps, _BACK_OFF * acked_bps), self._bounds.least_bps
        )

    def _grow(self, now: float) -> None:
        since_s = 0.0 if self._grown_at is None else min(now - self._grown_at, _LONGEST_STEP_S)
        self._grown_at = now
        acked_bps = self.acked_bps()
        if acked_bps is None:
            return
        if self._ceiling_bps is not None and acked_bps > _ABOVE_CEILING * self._ceiling_bps:
            self._ceiling_bps = None
        near = (
            self._ceiling_bps is not None and self._target_bps > _NEAR_CEILING * self._ceiling_bps
        )
        if near:
            grown_bps = self._target_bps + _PACKET_BITS / (self._rtt_s + 0.1) * since_s
        else:
            grown_bps = self._target_bps * _GROWTH_PER_S**since_s
        limit_bps = max(self._target_bps, _HEADROOM * acked_bps + _HEADROOM_BPS)
        self._target_bps = min(grown_bps, limit_bps, self._bounds.most_bps)

    def _note_probe(self, arrivals: list[Arrival], now: float) -> None:
        """Once packets from after the probe are reported on, judge what of it got through."""
        if self._probing is None:
            return
        began_at, ended_at, rate_bps = self._probing
        self._probe_arrivals.extend(a for a in arrivals if began_at <= a.sent_at <= ended_at)
        if arrivals[-1].sent_at <= ended_at:
            return
        self._probing = None
        delivered_bps = _delivered_bps(self._probe_arrivals)
        if delivered_bps is not None:
            believed_bps = min(delivered_bps * _PROBE_BELIEVED, rate_bps)
            self._loss.lift(believed_bps)
            if believed_bps > self._target_bps:
                self._target_bps = min(believed_bps, self._bounds.most_bps)
                self._ceiling_bps = None
                self._probe_at = now
                self._lifted_at = now


def _delivered_bps(arrivals: list[Arrival]) -> float | None:
    """The rate at which a burst came out of the link; None when too little of it came to tell."""
    came = [(a.arrived_at, a.size_bytes) for a in arrivals if a.arrived_at is not None]
    if len(came) < _PROBE_LEAST_PACKETS or len(came) < (1 - _PROBE_MOST_LOST) * len(arrivals):
        return None
    times = [arrived_at for arrived_at, _ in came]
    span_s = max(max(times) - min(times), _SHORTEST_SPAN_S)
    return 8 * sum(size for _, size in came[1:]) / span_s
