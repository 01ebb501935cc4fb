"""The estimate finds what a link takes, keeps its queue short, and comes back after bad times."""

import statistics

import pytest

from sfu.congestion.estimate import Bounds, Estimate
from tests.unit.sfu.congestion.link import AUDIO_BPS, LAYERS_BPS, Path, run

SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_wide_link_carries_the_best_layer_soon(seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: 50e6, seed=seed), 12)
    assert min(outcome.between(3, 12)) > LAYERS_BPS[-1] + AUDIO_BPS


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rate_bps", [300e3, 800e3, 1.5e6])
def test_a_narrow_link_is_used_but_not_filled(rate_bps: float, seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: rate_bps, jitter_s=0.005, seed=seed), 30)
    settled = outcome.between(12, 30)
    assert statistics.mean(settled) < 1.1 * rate_bps
    assert statistics.mean(settled) > 0.4 * rate_bps
    assert outcome.longest_queue_s < 0.2


@pytest.mark.parametrize("seed", SEEDS)
def test_jitter_alone_is_not_congestion(seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: 20e6, jitter_s=0.020, seed=seed), 20)
    assert min(outcome.between(5, 20)) > LAYERS_BPS[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_little_loss_is_lived_with(seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: 20e6, loss=0.02, seed=seed), 20)
    assert min(outcome.between(5, 20)) > LAYERS_BPS[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_heavy_loss_brings_the_rate_down(seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: 20e6, loss=0.3, seed=seed), 30)
    assert max(outcome.between(20, 30)) < LAYERS_BPS[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_that_narrows_and_widens_is_followed(seed: int) -> None:
    path = Path(rate_bps=lambda at: 400e3 if 15 <= at < 30 else 4e6, seed=seed)
    outcome = run(path, 60)
    assert min(outcome.between(8, 15)) > LAYERS_BPS[-1]
    assert max(outcome.between(18, 30)) < 600e3
    assert min(outcome.between(50, 60)) > LAYERS_BPS[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_viewer_that_stands_still_at_times_is_no_slow_link(seed: int) -> None:
    stalls = tuple((4 + 1.3 * i, 0.05 + 0.05 * (i * seed % 6)) for i in range(18))
    outcome = run(Path(rate_bps=lambda _: 20e6, stalls=stalls, seed=seed), 28)
    assert min(outcome.between(5, 28)) > 1_000_000
    assert statistics.mean(outcome.between(10, 28)) > 1.2 * LAYERS_BPS[-1]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("wide_bps", [700e3, 4e6])
def test_after_a_dip_it_is_back_within_fifteen_seconds(wide_bps: float, seed: int) -> None:
    path = Path(rate_bps=lambda at: 150e3 if 12 <= at < 22 else wide_bps, seed=seed)
    outcome = run(path, 38)
    assert min(outcome.between(18, 22)) < 200e3
    best_bps = max(bps for bps in LAYERS_BPS if bps < 0.8 * wide_bps)
    assert outcome.first_above(best_bps + AUDIO_BPS, 22) < 15


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_of_700_kbit_carries_the_middle_layer(seed: int) -> None:
    outcome = run(Path(rate_bps=lambda _: 700e3, jitter_s=0.004, seed=seed), 40)
    settled = outcome.between(12, 40)
    assert statistics.mean(settled) > 0.8 * 700e3
    assert sum(bps > LAYERS_BPS[1] for bps in settled) > 0.7 * len(settled)


def test_a_remb_is_a_cap_that_lapses() -> None:
    estimate = Estimate(Bounds(start_bps=1_000_000), 0.0)
    estimate.take_remb(300_000, 1.0)
    assert estimate.bitrate_bps == 300_000
    estimate.tick(7.0, wanted_bps=0)
    assert estimate.bitrate_bps == 1_000_000


def test_without_transport_cc_remb_and_reports_are_all_there_is() -> None:
    estimate = Estimate(Bounds(start_bps=500_000), 0.0)
    estimate.take_remb(2_000_000, 1.0)
    assert estimate.bitrate_bps == 2_000_000
    for second in range(2, 8):
        estimate.take_remb(2_000_000, second)
        estimate.take_report(0.4, 0.05, second)
    assert estimate.bitrate_bps < 1_000_000


def test_without_transport_cc_reports_without_loss_let_it_grow_to_what_is_wanted() -> None:
    estimate = Estimate(Bounds(start_bps=500_000), 0.0)
    for second in range(1, 20):
        estimate.tick(second, wanted_bps=1_500_000)
        estimate.take_report(0.0, 0.05, second)
    assert 1_800_000 < estimate.bitrate_bps <= 2_250_000


def test_the_round_trip_is_smoothed() -> None:
    estimate = Estimate(Bounds(), 0.0)
    for second in range(60):
        estimate.take_report(0.0, 0.02, second)
    estimate.take_report(0.0, None, 60)
    assert estimate.rtt_s == pytest.approx(0.02, abs=0.001)


def test_bounds_hold() -> None:
    estimate = Estimate(Bounds(start_bps=500_000, least_bps=100_000, most_bps=700_000), 0.0)
    estimate.take_remb(10_000_000, 0.0)
    assert estimate.bitrate_bps == 700_000
    estimate.take_remb(5, 1.0)
    assert estimate.bitrate_bps == 100_000


def test_no_probe_while_nothing_more_is_wanted_or_nothing_was_heard() -> None:
    estimate = Estimate(Bounds(start_bps=500_000), 0.0)
    assert estimate.tick(10.0, wanted_bps=5_000_000) == 0
    estimate.take_feedback([(10.0 + i / 10, 1000, i * 400) for i in range(10)], 11.0)
    assert estimate.tick(11.0, wanted_bps=400_000) == 0
    assert estimate.tick(11.0, wanted_bps=5_000_000) > 0
    assert estimate.tick(11.1, wanted_bps=5_000_000) == 0


def test_an_empty_report_changes_nothing() -> None:
    estimate = Estimate(Bounds(), 0.0)
    estimate.take_feedback([], 1.0)
    assert estimate.bitrate_bps == Bounds().start_bps
    assert estimate.acked_bps() is None
