"""A bottleneck in memory: a rate, a queue, a delay, jitter and loss, all from one seed and a clock that is told."""

import random
from collections.abc import Callable

import msgspec

from sfu.congestion.estimate import Bounds, Estimate

STEP_S = 0.005
FRAME_S = 1 / 30
FEEDBACK_S = 0.06
RTT_S = 0.05
AUDIO_BPS = 24_000
LAYERS_BPS = (150_000, 500_000, 1_700_000)
LONGEST_QUEUE_S = 0.3
TICK_S = 0.00025
VIEWER_CLOCK_S = 5000.0


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """What the link is like; `rate_bps` is a function of the seconds since the start. In each of `stalls`, (start, length),
    nothing arrives, and then all at once.
    """

    rate_bps: Callable[[float], float]
    loss: float = 0.0
    jitter_s: float = 0.0
    stalls: tuple[tuple[float, float], ...] = ()
    seed: int = 1


class Run(msgspec.Struct, kw_only=True):
    """What happened: (second, estimate) at each step and the longest queue after ten seconds."""

    estimates: list[tuple[float, int]]
    longest_queue_s: float

    def first_above(self, bps: float, after_s: float) -> float:
        """How long after that second the estimate was first above."""
        return (
            next(at for at, now_bps in self.estimates if at > after_s and now_bps > bps) - after_s
        )

    def between(self, start_s: float, end_s: float) -> list[int]:
        return [bps for at, bps in self.estimates if start_s <= at < end_s]


class _Link:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.random = random.Random(path.seed)
        self.free_at = 0.0
        self.in_flight: list[tuple[float, int, float | None]] = []

    def send(self, size_bytes: int, now: float) -> float:
        self.free_at = max(self.free_at, now)
        queue_s = self.free_at - now
        if queue_s > LONGEST_QUEUE_S or self.random.random() < self.path.loss:
            self.in_flight.append((now, size_bytes, None))
            return queue_s
        self.free_at += size_bytes * 8 / self.path.rate_bps(now)
        arrived_at = self.free_at + RTT_S / 2 + self.random.random() * self.path.jitter_s
        for start, length in self.path.stalls:
            if start <= arrived_at < start + length:
                arrived_at = start + length + self.random.random() * 0.002
        self.in_flight.append((now, size_bytes, arrived_at))
        return queue_s

    def reported(self, now: float) -> list[tuple[float, int, int | None]]:
        """What a report at `now` covers: everything up to the last packet that has come."""
        came = [i for i, (_, _, at) in enumerate(self.in_flight) if at is not None and at <= now]
        if not came:
            return []
        covered = self.in_flight[: came[-1] + 1]
        late = [packet for packet in covered if packet[2] is not None and packet[2] > now]
        self.in_flight = late + self.in_flight[came[-1] + 1 :]
        return [
            (sent, size, None if at is None else int((at + VIEWER_CLOCK_S) / TICK_S))
            for sent, size, at in covered
            if at is None or at <= now
        ]


def run(path: Path, seconds: float, layers_bps: tuple[int, ...] = LAYERS_BPS) -> Run:
    """Sound, and the best layer that the estimate allows, over the path."""
    link = _Link(path)
    estimate = Estimate(Bounds(), 0.0)
    outcome = Run(estimates=[], longest_queue_s=0.0)
    on_their_way: list[tuple[float, list[tuple[float, int, int | None]]]] = []
    now = frame_at = feedback_at = 0.0
    while now < seconds:
        now += STEP_S
        queues = [0.0]
        if now >= frame_at:
            frame_at += FRAME_S
            fitting = [bps for bps in layers_bps if bps + AUDIO_BPS <= estimate.bitrate_bps]
            left = int(max(fitting, default=0) * FRAME_S / 8)
            queues.append(link.send(int(AUDIO_BPS * FRAME_S / 8), now))
            while left > 0:
                queues.append(link.send(min(left, 1100), now))
                left -= 1100
        padding = estimate.tick(now, wanted_bps=int(1.15 * (layers_bps[-1] + AUDIO_BPS)))
        while padding > 0:
            queues.append(link.send(290, now))
            padding -= 290
        if now >= feedback_at:
            feedback_at += FEEDBACK_S
            report = link.reported(now)
            if report:
                on_their_way.append((now + RTT_S / 2, report))
        while on_their_way and on_their_way[0][0] <= now:
            estimate.take_feedback(on_their_way.pop(0)[1], now)
        outcome.estimates.append((now, estimate.bitrate_bps))
        if now > 10:
            outcome.longest_queue_s = max(outcome.longest_queue_s, *queues)
    return outcome
