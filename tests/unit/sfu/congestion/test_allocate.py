"""A budget goes to sound, then to everybody's base, then upwards by priority."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.congestion.allocate import Demand, Priority, allocate

LADDER = (150_000, 500_000, 1_700_000)


def _video(key: int, priority: Priority, current: int | None = None) -> Demand:
    return Demand(key=key, priority=priority, rungs_bps=LADDER, current=current)


def test_enough_for_all() -> None:
    demands = [_video(1, Priority.REST), _video(2, Priority.SPEAKER)]
    assert allocate(10_000_000, demands) == {1: 2, 2: 2}


def test_sound_is_never_paused() -> None:
    sound = Demand(key=1, priority=Priority.AUDIO, rungs_bps=(32_000,))
    assert allocate(10_000, [_video(2, Priority.SCREEN), sound]) == {1: 0, 2: None}


def test_every_base_comes_before_any_better_layer() -> None:
    demands = [_video(key, Priority.REST) for key in range(4)] + [_video(9, Priority.SPEAKER)]
    assert set(allocate(900_000, demands).values()) == {0}


def test_the_screen_climbs_first_then_the_speaker() -> None:
    demands = [
        _video(1, Priority.REST),
        _video(2, Priority.SPEAKER),
        _video(3, Priority.SCREEN),
    ]
    assert allocate(2_350_000, demands) == {1: 0, 2: 0, 3: 2}
    assert allocate(2_450_000, demands) == {1: 0, 2: 1, 3: 2}


def test_the_least_important_is_paused_first() -> None:
    demands = [_video(1, Priority.REST), _video(2, Priority.SCREEN)]
    assert allocate(200_000, demands) == {1: None, 2: 0}


def test_a_rung_is_kept_where_it_would_not_be_climbed() -> None:
    assert allocate(510_000, [_video(1, Priority.REST, current=1)]) == {1: 1}
    assert allocate(510_000, [_video(1, Priority.REST, current=0)]) == {1: 0}
    assert allocate(160_000, [_video(1, Priority.REST, current=None)]) == {1: None}
    assert allocate(160_000, [_video(1, Priority.REST, current=0)]) == {1: 0}


def test_a_rung_is_kept_through_one_step_back_but_not_two() -> None:
    once = int(500_000 * 0.85)
    assert allocate(once, [_video(1, Priority.REST, current=1)]) == {1: 1}
    assert allocate(int(once * 0.85), [_video(1, Priority.REST, current=1)]) == {1: 0}


def test_a_demand_without_rungs_gets_none() -> None:
    assert allocate(1_000_000, [Demand(key=1, priority=Priority.REST, rungs_bps=())]) == {1: None}


_DEMANDS = st.lists(
    st.builds(
        Demand,
        key=st.integers(0, 1 << 30),
        priority=st.sampled_from([Priority.SCREEN, Priority.SPEAKER, Priority.REST]),
        rungs_bps=st.lists(st.integers(1, 3_000_000), max_size=4, unique=True).map(
            lambda rungs: tuple(sorted(rungs))
        ),
        current=st.one_of(st.none(), st.integers(0, 3)),
    ),
    max_size=12,
    unique_by=lambda demand: demand.key,
)


@given(st.integers(0, 20_000_000), _DEMANDS)
def test_never_more_than_the_budget_but_for_a_little_of_what_is_kept(
    budget_bps: int, demands: list[Demand]
) -> None:
    rungs = allocate(budget_bps, demands)
    assert set(rungs) == {demand.key for demand in demands}
    spent = sum(
        demand.rungs_bps[rung] for demand in demands if (rung := rungs[demand.key]) is not None
    )
    kept = [
        demand.rungs_bps[rung]
        for demand in demands
        if (rung := rungs[demand.key]) is not None
        and demand.current is not None
        and rung <= demand.current
    ]
    assert spent <= budget_bps + 0.25 * sum(kept)
