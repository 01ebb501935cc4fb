"""Pauses after failures: longer each time, bounded, and never the same for two."""

import pytest

from workers import backoff


def test_each_pause_is_longer_than_the_one_before_until_the_bound() -> None:
    middle = [backoff.pause(failures, 0.5) for failures in range(1, 12)]
    assert middle == sorted(middle)
    assert middle[0] == backoff.FIRST_SECONDS
    assert middle[-1] == backoff.LONGEST_SECONDS


@pytest.mark.parametrize("failures", [1, 5, 100_000])
def test_chance_moves_a_pause_by_half_at_most(failures: int) -> None:
    shortest, longest = backoff.pause(failures, 0.0), backoff.pause(failures, 1.0)
    assert longest == pytest.approx(3 * shortest)
    assert longest <= 1.5 * backoff.LONGEST_SECONDS
