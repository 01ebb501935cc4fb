"""The cells of a gradebook from the events: one an attempt, as it stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lms.events import (
    AttemptEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
)
from lms.projections.model import Cell, CellKey, Told

HEARS = frozenset(
    {
        "attempt.opened",
        "attempt.submitted",
        "attempt.extended",
        "attempt.graded",
        "attempt.released",
    }
)


def keys(told: Iterable[Told[AttemptEvent]]) -> list[CellKey]:
    """The cells that these events are about, each once."""
    return list(dict.fromkeys(key_of(one.event) for one in told))


def key_of(event: AttemptEvent) -> CellKey:
    """The cell that this event is about."""
    return CellKey(
        course_id=event.course_id,
        user_id=event.user_id,
        assessment_id=event.assessment_id,
        attempt_id=event.attempt_id,
    )


def after(
    cells: Mapping[CellKey, Cell], told: Sequence[Told[AttemptEvent]]
) -> dict[CellKey, Cell]:
    """The cells that these events leave changed."""
    changed: dict[CellKey, Cell] = {}
    for one in told:
        key = key_of(one.event)
        before = changed.get(key) or cells.get(key)
        cell = _begun(one) if before is None else _next(before, one.event)
        if cell is not None and cell is not before:
            changed[key] = replace(cell, updated_at=one.at)
    return changed


def _begun(one: Told[AttemptEvent]) -> Cell | None:
    """An attempt that was never opened has no cell."""
    event = one.event
    if not isinstance(event, AttemptOpened | AttemptSubmitted | AttemptGraded):
        return None
    blank = Cell(
        number=event.number,
        state="open",
        earned_milli=None,
        possible_milli=None,
        late=False,
        released=False,
        revision=0,
        updated_at=one.at,
    )
    return _next(blank, event)


def _next(cell: Cell, event: AttemptEvent) -> Cell:
    match event:
        case AttemptSubmitted(late=late):
            return replace(cell, state="submitted", late=late)
        case AttemptGraded():
            return _graded(cell, event)
        case AttemptReleased():
            return replace(cell, released=True)
        case AttemptExtended(reopened=True):
            return _open_again(cell)
        case _:
            return cell


def _graded(cell: Cell, event: AttemptGraded) -> Cell:
    """A revision replaces those before it, and never one after it."""
    if event.revision < cell.revision:
        return cell
    return replace(
        cell,
        state="graded" if event.complete else "marking",
        earned_milli=event.earned_milli,
        possible_milli=event.possible_milli,
        revision=event.revision,
    )


def _open_again(cell: Cell) -> Cell:
    """It is worth nothing until it is graded anew."""
    return replace(cell, state="open", earned_milli=None, possible_milli=None, released=False)
