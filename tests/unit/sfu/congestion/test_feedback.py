"""Reports become arrivals in seconds, across the wrap of the viewer's clock."""

import pytest

from sfu.congestion.feedback import FeedbackReader

WRAP = 1 << 32


def test_ticks_become_seconds_and_losses_stay_losses() -> None:
    arrivals = FeedbackReader().read([(1.0, 100, 4000), (1.1, 200, None), (1.2, 300, 4400)])
    assert [(a.sent_at, a.size_bytes, a.arrived_at) for a in arrivals] == [
        (1.0, 100, 1.0),
        (1.1, 200, None),
        (1.2, 300, 1.1),
    ]


def test_the_clock_wraps() -> None:
    reader = FeedbackReader()
    (before,) = reader.read([(1.0, 100, WRAP - 400)])
    after, late = reader.read([(1.1, 100, 400), (1.2, 100, WRAP - 4)])
    assert before.arrived_at is not None
    assert after.arrived_at is not None
    assert late.arrived_at is not None
    assert after.arrived_at - before.arrived_at == pytest.approx(0.2)
    assert late.arrived_at < after.arrived_at
