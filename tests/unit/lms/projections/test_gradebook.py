"""Cells of the gradebook follow grades, regrades, releases and reopenings."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.events import AttemptEvent, AttemptGraded
from lms.projections import gradebook, outcomes
from lms.projections.model import Cell, CellKey, Told
from tests.support.histories import NOW, History


def _history() -> History:
    return History(chance=random.Random(2), tenant_id="school")


def _told(*events: AttemptEvent) -> list[Told[AttemptEvent]]:
    return [Told(event=event, at=NOW + timedelta(seconds=n)) for n, event in enumerate(events)]


def _cell(*events: AttemptEvent) -> Cell | None:
    return next(iter(gradebook.after({}, _told(*events)).values()), None)


def _graded(one: History, *, complete: bool = True) -> AttemptGraded:
    event = one.grade()
    assert isinstance(event, AttemptGraded)
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    return AttemptGraded(**{**fields, "complete": complete})


def test_an_attempt_that_was_never_opened_has_no_cell() -> None:
    assert _cell(_history().extend()) is None


def test_a_regrade_replaces_the_points_and_an_older_revision_does_not() -> None:
    one = _history()
    begun = (one.open(), one.submit())
    first, second = _graded(one), _graded(one)
    cell = _cell(*begun, first, second)
    assert cell is not None
    assert (cell.revision, cell.earned_milli) == (2, second.earned_milli)
    other_way_round = _cell(*begun, second, first)
    assert other_way_round is not None
    assert replace(other_way_round, updated_at=cell.updated_at) == cell


def test_a_release_outlives_a_regrade_and_ends_with_a_reopening() -> None:
    one = _history()
    begun = (one.open(), one.submit(), _graded(one), one.release())
    regraded = _cell(*begun, _graded(one))
    assert regraded is not None
    assert regraded.released
    reopened = _cell(*begun, one.reopen())
    assert reopened is not None
    assert (reopened.state, reopened.earned_milli, reopened.released) == ("open", None, False)


def test_a_grade_that_waits_for_marks_is_not_final() -> None:
    one = _history()
    cell = _cell(one.open(), one.submit(), _graded(one, complete=False))
    assert cell is not None
    assert cell.state == "marking"


def test_items_go_with_the_grade_that_stands() -> None:
    one = _history()
    grade, regrade = _graded(one), _graded(one)
    standing = outcomes.standing(_told(grade, regrade))[one.attempt_id]
    assert [row.earned_milli for row in standing] == [item.earned_milli for item in regrade.items]
    for taken_away in (one.reopen(), _graded(one, complete=False)):
        assert outcomes.standing(_told(grade, taken_away)) == {one.attempt_id: []}
    assert outcomes.standing(_told(one.release(), one.extend())) == {}


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 40))
def test_two_batches_leave_what_one_would(seed: int, cut: int) -> None:
    one = History(chance=random.Random(seed), tenant_id="school")
    told = _told(*[event for _ in range(40) if (event := one.step()) is not None])
    whole = gradebook.after({}, told)
    half: dict[CellKey, Cell] = gradebook.after({}, told[:cut])
    assert half | gradebook.after(half, told[cut:]) == whole
