"""The clock of exams under driven time: it drifts with the database, never jumps, never goes back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exam_clock import ExamClock
from server.telemetry.metrics import PrometheusMeters

HOUR = 3600.0


class World:
    """A steady clock and a database's clock that can be set."""

    def __init__(self) -> None:
        self.steady_s = 1000.0
        self.set_s = 0.0
        self.meters = PrometheusMeters()
        self.clock = ExamClock(None, self.meters, lambda: self.steady_s)  # type: ignore[arg-type]  # readings are taken by hand
        self.read()

    def read(self, took: float = 0.001) -> None:
        before = self.steady_s
        self.steady_s += took
        self.clock.take(before, self.database_s - took / 2, self.steady_s)

    @property
    def database_s(self) -> float:
        return 1_700_000_000.0 + self.steady_s + self.set_s

    def steps(self) -> int:
        found = self.meters.registry.get_sample_value("lectern_exam_clock_steps_total")
        return int(found or 0)


def test_it_says_what_the_database_says() -> None:
    world = World()
    assert world.clock.seconds() == pytest.approx(world.database_s, abs=0.01)
    world.steady_s += HOUR
    assert world.clock.seconds() == pytest.approx(world.database_s, abs=0.01)
    assert world.clock.now() == datetime.fromtimestamp(
        int(world.clock.seconds() * 1000) / 1000, UTC
    )


@pytest.mark.parametrize("jump_s", [HOUR, -3 * HOUR, 6.0, -6.0])
def test_a_step_of_the_databases_clock_is_not_followed(jump_s: float) -> None:
    world = World()
    world.set_s = jump_s
    before = world.clock.seconds()
    for _ in range(1000):
        world.steady_s += 5
        world.read()
    assert world.clock.seconds() - before == pytest.approx(5001, abs=0.1)
    assert world.steps() == 1  # said once, not each five seconds


def test_set_back_right_the_database_is_followed_again() -> None:
    world = World()
    for set_s in (HOUR, 0.0, -HOUR, 0.0):
        world.set_s = set_s
        world.steady_s += 5
        world.read()
    assert world.steps() == 2
    assert world.clock.seconds() == pytest.approx(world.database_s, abs=0.01)


def test_while_the_database_is_away_the_steady_clock_carries_on() -> None:
    world = World()
    before = world.clock.seconds()
    world.steady_s += 600  # restarts, and no reading comes through
    assert world.clock.seconds() - before == pytest.approx(600)
    world.read()
    assert world.clock.seconds() == pytest.approx(world.database_s, abs=0.01)


def test_a_drift_is_made_good_little_by_little() -> None:
    world = World()
    world.set_s = -2.0
    world.read()
    was = world.clock.seconds()
    for _ in range(200):
        world.steady_s += 1
        now = world.clock.seconds()
        assert 0.97 < now - was < 1.03
        was = now
    assert was == pytest.approx(world.database_s, abs=0.01)


def test_a_reading_that_took_long_says_nothing() -> None:
    world = World()
    world.set_s = 3.0
    world.read(took=0.6)
    world.steady_s += 1000
    assert world.clock.seconds() == pytest.approx(world.database_s - 3.0, abs=0.01)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-4 * HOUR, 4 * HOUR)), max_size=30))
def test_it_never_goes_back_and_never_faster_than_a_fiftieth(
    moves: list[tuple[float, float]],
) -> None:
    world = World()
    was = world.clock.seconds()
    for passed, set_s in moves:
        world.set_s = set_s
        world.read()
        steady = world.steady_s
        world.steady_s += passed
        now = world.clock.seconds()
        assert 0 <= now - was <= (world.steady_s - steady + 0.002) * 1.021 + 0.001
        was = now


def test_before_its_first_reading_it_knows_no_time() -> None:
    clock = ExamClock(None, PrometheusMeters(), lambda: 0.0)  # type: ignore[arg-type]  # not asked
    with pytest.raises(LookupError):
        clock.now()
    clock.take(0.0, 1_700_000_000.0, 9.0)  # the first is taken however long it took
    assert clock.now() > datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=1)
