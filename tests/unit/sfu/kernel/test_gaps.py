"""Missing packets are asked for soon, again, and not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.gaps import ASK_AGAIN_AFTER_S, FIRST_ASK_AFTER_S, GIVE_UP_AFTER_S, Gaps


def test_a_gap_is_asked_for_after_a_moment() -> None:
    gaps = Gaps()
    assert gaps.open(10, 13, 1.0)
    assert gaps.due(1.0) == ([], 0)
    assert gaps.due(1.0 + FIRST_ASK_AFTER_S) == ([10, 11, 12], 0)


def test_what_came_late_is_not_asked_for() -> None:
    gaps = Gaps()
    gaps.open(10, 13, 1.0)
    gaps.close(11)
    gaps.close(99)
    assert gaps.due(1.1) == ([10, 12], 0)


def test_asked_again_only_after_a_while() -> None:
    gaps = Gaps()
    gaps.open(10, 11, 1.0)
    assert gaps.due(1.1) == ([10], 0)
    assert gaps.due(1.1 + ASK_AGAIN_AFTER_S / 2) == ([], 0)
    assert gaps.due(1.1 + ASK_AGAIN_AFTER_S) == ([10], 0)


def test_given_up_in_the_end() -> None:
    gaps = Gaps()
    gaps.open(10, 11, 1.0)
    now, asks, lost = 1.0, 0, 0
    while not lost:
        now += 0.02
        asked, lost = gaps.due(now)
        asks += len(asked)
    assert now <= 1.0 + GIVE_UP_AFTER_S + 0.02
    assert 2 <= asks <= 8
    assert len(gaps) == 0
    assert gaps.given_up == 1


def test_a_hole_too_wide_to_mend_forgets_all() -> None:
    gaps = Gaps()
    gaps.open(1, 3, 1.0)
    assert not gaps.open(10, 1000, 1.0)
    assert len(gaps) == 0
    assert gaps.given_up == 992


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 0.1)), max_size=120))
def test_never_too_many_held_nor_asked(steps: list[tuple[int, float]]) -> None:
    gaps, now, index = Gaps(), 0.0, 0
    for width, later_s in steps:
        now += later_s
        gaps.open(index, index + width, now)
        index += width + 1
        asked, _ = gaps.due(now)
        assert len(gaps) <= 256
        assert len(asked) <= 64
        assert asked == sorted(asked)
