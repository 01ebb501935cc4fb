"""A growing queue is over-use, a draining one under-use, a steady one normal."""

from sfu.congestion.delay import DelayTrend
from sfu.congestion.feedback import Arrival


def _arrivals(count: int, queue_s: float, *, start: int = 0, base_s: float = 0.0) -> list[Arrival]:
    """One packet each 20 ms whose delay changes by `queue_s` from each to the next."""
    return [
        Arrival(
            (start + place) * 0.02, 1000, 100 + base_s + (start + place) * 0.02 + place * queue_s
        )
        for place in range(count)
    ]


def test_a_steady_path_is_normal() -> None:
    assert DelayTrend().feed(_arrivals(100, 0.0)) == "normal"


def test_a_growing_queue_is_over_use() -> None:
    assert DelayTrend().feed(_arrivals(60, 0.003)) == "over"


def test_a_draining_queue_is_under_use() -> None:
    trend = DelayTrend()
    trend.feed(_arrivals(60, 0.003))
    assert trend.feed(_arrivals(30, -0.003, start=60, base_s=0.18)) == "under"


def test_a_long_silence_starts_over() -> None:
    trend = DelayTrend()
    trend.feed(_arrivals(60, 0.003))
    assert trend.feed(_arrivals(5, 0.0, start=1000)) == "normal"


def test_bursts_count_as_one_group() -> None:
    """Packets of one frame arrive one after the other on a slow link: that is no growing queue."""
    arrivals = [
        Arrival(frame * 0.033, 1000, 100 + frame * 0.033 + place * 0.005)
        for frame in range(60)
        for place in range(6)
    ]
    assert DelayTrend().feed(arrivals) == "normal"


def test_what_was_lost_or_sent_before_is_passed_over() -> None:
    trend = DelayTrend()
    arrivals = _arrivals(40, 0.0)
    arrivals[10] = Arrival(arrivals[10].sent_at, 1000, None)
    arrivals.append(Arrival(0.0, 1000, 200.0))
    assert trend.feed(arrivals) == "normal"
