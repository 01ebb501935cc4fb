"""A job goes on until as many passed as were asked for, and not for ever."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai import tries


def run(wanted: int, outcomes: random.Random, share: float, at_once: int) -> Counter[str]:
    """A job whose drafts pass at this share, some under way at a time."""
    came, under_way = Counter[str](), 0
    slots = tries.left(wanted, ())
    while True:
        while under_way < at_once and tries.is_owed(wanted, came, under_way):
            if next(slots, None) is None:
                break
            under_way += 1
        if not under_way:
            return came
        under_way -= 1
        passed = outcomes.random() < share
        came[tries.PASSED if passed else tries.dropped("structure")] += 1


@given(
    wanted=st.integers(1, 100),
    seed=st.integers(0, 1000),
    share=st.floats(0, 1),
    at_once=st.integers(1, 6),
)
def test_it_ends_with_what_was_asked_for_or_with_all_tries(
    wanted: int, seed: int, share: float, at_once: int
) -> None:
    came = run(wanted, random.Random(seed), share, at_once)
    assert came[tries.PASSED] <= wanted
    assert came.total() <= tries.most(wanted)
    state, reason = tries.ending(wanted, came)
    assert state == "done"
    assert (reason == "") == (came[tries.PASSED] == wanted)
    assert reason == "" or came.total() == tries.most(wanted)


def test_when_all_pass_no_more_are_made_than_were_asked_for() -> None:
    assert run(20, random.Random(1), 1.0, 4) == {tries.PASSED: 20}


@pytest.mark.parametrize(
    ("passed", "nothing", "dropped", "how"),
    [
        (0, 4, 0, ("failed", "providers_away")),
        (0, 4, 1, ("done", "ended_short")),
        (2, 4, 0, ("done", "ended_short")),
        (4, 3, 9, ("done", "")),
    ],
)
def test_how_it_ends(passed: int, nothing: int, dropped: int, how: tuple[str, str]) -> None:
    came = {
        tries.PASSED: passed,
        tries.dropped(tries.NOTHING): nothing,
        tries.dropped("blind"): dropped,
    }
    assert not tries.is_owed(4, came, 0)
    assert tries.ending(4, {name: many for name, many in came.items() if many}) == how


def test_slots_that_have_ended_are_not_begun_again() -> None:
    assert list(tries.left(3, {0, 2, 5})) == [1, 3, 4, 6, 7]
