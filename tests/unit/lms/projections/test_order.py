"""Which events come next: in order of their shard, without a gap, each once."""

import msgspec
import pytest

from lms.outbox import Logged
from lms.projections import order
from tests.support.histories import NOW


def _event(shard: int, seq: int, name: str = "attempt.released", data: bytes = b"{}") -> Logged:
    return Logged(shard, seq, "school", name, NOW, msgspec.Raw(data), "")


def test_what_comes_twice_and_mixed_is_sorted_and_kept_once() -> None:
    runs = order.by_shard([_event(1, 2), _event(0, 5), _event(1, 1), _event(1, 2)])
    assert {shard: [event.seq for event in run] for shard, run in runs.items()} == {
        1: [1, 2],
        0: [5],
    }


@pytest.mark.parametrize(
    ("seqs", "position", "whole"),
    [
        ([1, 2, 3], 0, True),
        ([1, 2, 3], 2, True),
        ([1, 2, 3], 9, True),
        ([2, 3], 0, False),
        ([1, 3], 0, False),
        ([1, 3], 2, True),
        ([], 0, True),
    ],
)
def test_a_gap_is_seen_only_after_the_position(
    seqs: list[int], position: int, whole: bool
) -> None:
    assert order.without_gap([_event(0, seq) for seq in seqs], position) is whole


def test_what_nobody_hears_or_knows_is_passed_over() -> None:
    events = [_event(0, 1), _event(0, 2, "attempt.of_a_later_release")]
    assert order.told(events, frozenset({"attempt.answered"})) == []


def test_what_is_not_what_its_name_says_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        order.told([_event(0, 1)], frozenset({"attempt.released"}))
