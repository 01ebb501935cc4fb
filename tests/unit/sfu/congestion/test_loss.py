"""The loss cap falls with heavy loss, holds with some, rises with hardly any."""

from sfu.congestion.loss import LossCap


def test_no_cap_before_heavy_loss() -> None:
    cap = LossCap()
    for second in range(10):
        cap.feed(100, 5, second, 1e6)
    assert cap.cap_bps is None


def test_heavy_loss_cuts_by_half_its_share_a_second() -> None:
    cap = LossCap()
    for second in range(4):
        cap.feed(100, 40, second, 1e6)
    assert cap.cap_bps is not None
    assert 1e6 * 0.8**4 <= cap.cap_bps <= 1e6 * 0.8**3


def test_the_cap_rises_again() -> None:
    cap = LossCap()
    cap.judge(0.4, 0.0, 1e6)
    low = cap.cap_bps
    assert low is not None
    cap.judge(0.05, 1.0, 1e6)
    assert cap.cap_bps == low
    cap.judge(0.0, 2.0, 1e6)
    assert cap.cap_bps == low * 1.08


def test_a_few_packets_judge_nothing() -> None:
    cap = LossCap()
    cap.feed(4, 4, 0.0, 1e6)
    cap.feed(4, 4, 0.1, 1e6)
    assert cap.cap_bps is None


def test_what_was_seen_to_come_through_lifts_the_cap_while_nothing_is_lost() -> None:
    cap = LossCap()
    cap.judge(0.4, 1.0, 1_000_000)
    low_bps = cap.cap_bps
    assert low_bps is not None
    cap.lift(2_000_000)
    assert cap.cap_bps == low_bps
    cap.judge(0.0, 2.0, 1_000_000)
    cap.lift(2_000_000)
    assert cap.cap_bps == 2_000_000
