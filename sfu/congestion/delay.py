"""The trend of queueing delay on a viewer's path: under-used, normal or over-used (draft-ietf-rmcat-gcc-02, section 5).

Theory of operation. Packets sent within 5 ms are one group, and so are packets that came together although they were
sent apart: somewhere on the way, or in the browser itself, time stood still and then all came at once. For each pair of groups the difference between how far apart
they arrived and how far apart they were sent is the change of the queue; the sums of these, smoothed, are the queue. A line
through its last 20 points has a slope: growing, steady or shrinking. The slope is compared with a threshold that
follows it slowly, so that a path with much jitter is not called over-used for it (section 5.4). The gains are those of
the trendline estimator in WebRTC.
"""

from collections import deque
from typing import Literal

from sfu.congestion.feedback import Arrival

Usage = Literal["under", "normal", "over"]

_GROUP_S = 0.005
_LONGEST_BURST_S = 0.1
_OVER_AT_LEAST = 2
_POINTS = 20
_SMOOTHING = 0.9
_GAIN = 4.0
_MOST_GROUPS_COUNTED = 60
_FIRST_THRESHOLD_MS = 12.5
_LEAST_THRESHOLD_MS = 6.0
_MOST_THRESHOLD_MS = 600.0
_THRESHOLD_UP = 0.0087
_THRESHOLD_DOWN = 0.039
_FAR_OUTLIER_MS = 15.0
_LONGEST_STEP_MS = 100.0
_OVER_FOR_MS = 10.0
_SILENCE_S = 2.0


class _Group:
    """Packets sent close together."""

    __slots__ = ("arrived_at", "first_arrived_at", "first_sent_at", "sent_at")

    def __init__(self, arrival: Arrival, arrived_at: float) -> None:
        self.first_sent_at = arrival.sent_at
        self.sent_at = arrival.sent_at
        self.first_arrived_at = arrived_at
        self.arrived_at = arrived_at

    def has(self, sent_at: float, arrived_at: float) -> bool:
        """Whether a packet belongs to it: sent with it, or come with it in one burst."""
        if sent_at - self.first_sent_at <= _GROUP_S:
            return True
        apart_s = arrived_at - self.arrived_at
        return (
            apart_s <= _GROUP_S
            and apart_s <= sent_at - self.sent_at
            and arrived_at - self.first_arrived_at < _LONGEST_BURST_S
        )


class DelayTrend:
    """Fed with arrivals in the order of sending; `usage` is the verdict."""

    def __init__(self) -> None:
        self.usage: Usage = "normal"
        self._group: _Group | None = None
        self._previous: _Group | None = None
        self._forget()

    def _forget(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=_POINTS)
        self._queue_ms = 0.0
        self._smoothed_ms = 0.0
        self._groups = 0
        self._threshold_ms = _FIRST_THRESHOLD_MS
        self._over_ms = 0.0
        self._over_count = 0
        self._last_trend = 0.0
        self._first_arrival = 0.0

    def feed(self, arrivals: list[Arrival]) -> Usage:
        """Take one report; the verdict after it."""
        for arrival in arrivals:
            if arrival.arrived_at is not None:
                self._feed(arrival, arrival.arrived_at)
        return self.usage

    def _feed(self, arrival: Arrival, arrived_at: float) -> None:
        group = self._group
        if group is None or arrival.sent_at - group.sent_at > _SILENCE_S:
            self._restart(arrival, arrived_at)
        elif arrival.sent_at < group.first_sent_at:
            return
        elif group.has(arrival.sent_at, arrived_at):
            group.sent_at = arrival.sent_at
            group.arrived_at = max(group.arrived_at, arrived_at)
        else:
            if self._previous is not None:
                self._compare(self._previous, group)
            self._previous = group
            self._group = _Group(arrival, arrived_at)

    def _restart(self, arrival: Arrival, arrived_at: float) -> None:
        self._forget()
        self.usage = "normal"
        self._previous = None
        self._group = _Group(arrival, arrived_at)
        self._first_arrival = arrived_at

    def _compare(self, before: _Group, group: _Group) -> None:
        sent_ms = (group.sent_at - before.sent_at) * 1000
        arrived_ms = (group.arrived_at - before.arrived_at) * 1000
        self._groups = min(self._groups + 1, _MOST_GROUPS_COUNTED)
        self._queue_ms += arrived_ms - sent_ms
        self._smoothed_ms = _SMOOTHING * self._smoothed_ms + (1 - _SMOOTHING) * self._queue_ms
        self._points.append(((group.arrived_at - self._first_arrival) * 1000, self._smoothed_ms))
        if len(self._points) == _POINTS:
            self._judge(_slope(self._points), sent_ms)

    def _judge(self, trend: float, step_ms: float) -> None:
        scaled_ms = trend * self._groups * _GAIN
        if scaled_ms > self._threshold_ms:
            self._over_ms += step_ms
            self._over_count += 1
            is_lasting = self._over_ms > _OVER_FOR_MS and self._over_count >= _OVER_AT_LEAST
            if is_lasting and trend >= self._last_trend:
                self._over_ms = 0.0
                self._over_count = 0
                self.usage = "over"
        else:
            self._over_ms = 0.0
            self._over_count = 0
            self.usage = "under" if scaled_ms < -self._threshold_ms else "normal"
        self._last_trend = trend
        self._follow(scaled_ms, step_ms)

    def _follow(self, scaled_ms: float, step_ms: float) -> None:
        distance = abs(scaled_ms) - self._threshold_ms
        if distance > _FAR_OUTLIER_MS:
            return
        gain = _THRESHOLD_UP if distance > 0 else _THRESHOLD_DOWN
        threshold_ms = self._threshold_ms + gain * distance * min(step_ms, _LONGEST_STEP_MS)
        self._threshold_ms = min(max(threshold_ms, _LEAST_THRESHOLD_MS), _MOST_THRESHOLD_MS)


def _slope(points: deque[tuple[float, float]]) -> float:
    """Least squares: milliseconds of queue per millisecond of time. One plain loop: it runs for every group sent."""
    first_x = points[0][0]
    mean_x = 0.0
    for x, _ in points:
        mean_x += x - first_x
    mean_x = mean_x / len(points) + first_x
    spread = together = 0.0
    for x, y in points:
        off = x - mean_x
        spread += off * off
        together += off * y
    return together / spread if spread else 0.0
