"""Progress from events: changes that add up, in whatever batches the events come."""

import random
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.events import AttemptAnswered, AttemptEvent
from lms.projections import progress
from lms.projections.model import ProgressChange, Told
from tests.support.histories import NOW, History


def _told(events: list[AttemptEvent]) -> list[Told[AttemptEvent]]:
    return [Told(event=event, at=NOW + timedelta(seconds=n)) for n, event in enumerate(events)]


def _history() -> History:
    return History(chance=random.Random(1), tenant_id="school")


def test_an_opened_and_answered_attempt_is_open_with_its_items_in_the_order_of_their_first_answer() -> (
    None
):
    one = _history()
    told = _told([one.open(), one.answer(), one.answer(), one.answer()])
    (change,) = progress.changes(told)
    items = [t.event.item_id for t in told if isinstance(t.event, AttemptAnswered)]
    assert change.items == tuple(dict.fromkeys(items))
    assert (change.state, change.opening, change.asked) == ("open", 1, 5)
    assert (change.last_opening, change.last_seq) == (1, 3)
    assert change.answered_at == change.updated_at == NOW + timedelta(seconds=3)


def test_an_older_opening_that_is_heard_of_later_does_not_move_the_version_back() -> None:
    one = _history()
    first, old = one.open(), one.answer()
    events = [first, one.open(), one.answer(), one.answer(), old]
    (change,) = progress.changes(_told(events))
    assert (change.last_opening, change.last_seq) == (2, 2)


def test_the_last_word_on_the_state_counts() -> None:
    one = _history()
    for last, state in (
        (one.submit, "submitted"),
        (one.reopen, "open"),
    ):
        (change,) = progress.changes(_told([one.open(), one.submit(), last()]))
        assert change.state == state


def test_an_answer_says_nothing_about_the_state() -> None:
    one = _history()
    one.open()
    (change,) = progress.changes(_told([one.answer_late()]))
    assert (change.state, change.asked, change.late) == (None, None, True)


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 40))
def test_two_batches_change_what_one_would(seed: int, cut: int) -> None:
    one = History(chance=random.Random(seed), tenant_id="school")
    told = _told([event for _ in range(40) if (event := one.step()) is not None])
    told = [each for each in told if each.event.__struct_config__.tag in progress.HEARS]
    whole = progress.changes(told)
    halves = [*progress.changes(told[:cut]), *progress.changes(told[cut:])]
    assert _added(halves) == _added(whole)


@dataclass(frozen=True, kw_only=True)
class _Row:
    state: str | None = None
    opening: int = 0
    last: tuple[int, int] = (0, 0)
    items: tuple[str, ...] = ()
    late: bool = False


def _added(changes: list[ProgressChange]) -> _Row:
    """What the SQL of the store does with changes, one after the other."""
    row = _Row()
    for change in changes:
        row = _Row(
            state=change.state or row.state,
            opening=max(change.opening, row.opening),
            last=max((change.last_opening, change.last_seq), row.last),
            items=tuple(dict.fromkeys((*row.items, *change.items))),
            late=row.late or change.late,
        )
    return row
