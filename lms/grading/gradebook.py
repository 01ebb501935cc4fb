"""What a course's grades come to: which attempt counts, which scores are left out, weights and letters; in exact fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from lms.assessments.model import Standing
from lms.grading.points import divided

CellState = Literal["none", "open", "submitted", "marking", "graded"]


class Category(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of assessment: its weight among the others, and how many of the lowest scores are left out."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,32}$")]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    weight: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    drop_lowest: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0


class Letter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter and the percentage from which it is given."""

    letter: Annotated[str, msgspec.Meta(min_length=1, max_length=10)]
    from_percent: Annotated[int, msgspec.Meta(ge=0, le=100)]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a course adds up; without categories every assessment counts by its points."""

    categories: Annotated[list[Category], msgspec.Meta(max_length=20)] = []
    letters: Annotated[list[Letter], msgspec.Meta(max_length=20)] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An assessment of the course."""

    assessment_id: str
    title: str
    category: str
    standing: Standing
    possible_milli: int | None = None
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt of one learner, as the projection has it."""

    attempt_id: str
    number: int
    state: CellState
    earned_milli: int | None
    possible_milli: int | None
    late: bool
    released: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What counts for one learner in one assessment."""

    assessment_id: str
    attempt_id: str | None = None
    state: CellState = "none"
    earned_milli: int | None = None
    possible_milli: int | None = None
    late: bool = False
    dropped: bool = False
    released: bool = False

    @property
    def is_worth_something(self) -> bool:
        """Whether it was graded, and there was something to earn."""
        return (
            self.state == "graded" and self.earned_milli is not None and bool(self.possible_milli)
        )

    @property
    def share(self) -> Fraction | None:
        """What part of the points was earned; None where it is worth nothing."""
        if not self.is_worth_something:
            return None
        return share_of(self.earned_milli or 0, self.possible_milli or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One learner's cells, and what they come to."""

    cells: tuple[Cell, ...]
    share: Fraction | None
    letter: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A learner of the course, with their attempts by assessment."""

    user_id: str
    name: str
    email: str = ""
    tries: Mapping[str, Sequence[Try]] = field(default_factory=dict)


def share_of(earned_milli: int, possible_milli: int) -> Fraction | None:
    """What part of the points this is; None of nothing."""
    return Fraction(earned_milli, possible_milli) if possible_milli else None


def line(person: Person, columns: Sequence[Column], rules: Rules) -> Line:
    """One row of the gradebook."""
    cells = {
        one.assessment_id: standing(one, person.tries.get(one.assessment_id, ()))
        for one in columns
    }
    for category in rules.categories:
        of_it = [cells[one.assessment_id] for one in columns if one.category == category.id]
        for dropped in lowest(of_it, category.drop_lowest):
            cells[dropped] = replace(cells[dropped], dropped=True)
    share = total(cells, columns, rules)
    return Line(cells=tuple(cells.values()), share=share, letter=letter(share, rules.letters))


def standing(column: Column, tries: Sequence[Try]) -> Cell:
    """Which attempt counts: of those with a grade, by the assessment's rule; without one, how far the latest has come."""
    graded = [one for one in tries if one.state == "graded" and one.earned_milli is not None]
    if not graded:
        latest = max(tries, key=lambda one: one.number, default=None)
        return (
            Cell(assessment_id=column.assessment_id) if latest is None else _cell(column, latest)
        )
    if len(graded) == 1:
        return _cell(column, graded[0])
    if column.standing == "average":
        return _average(column, graded)
    if column.standing == "best":
        return _cell(column, max(graded, key=lambda one: (_share(one), -one.number)))
    end = max if column.standing == "last" else min
    return _cell(column, end(graded, key=lambda one: one.number))


def _share(one: Try) -> Fraction:
    return share_of(one.earned_milli or 0, one.possible_milli or 0) or Fraction(0)


def _cell(column: Column, one: Try) -> Cell:
    graded = one.state == "graded"
    return Cell(
        assessment_id=column.assessment_id,
        attempt_id=one.attempt_id,
        state=one.state,
        earned_milli=one.earned_milli if graded else None,
        possible_milli=one.possible_milli if graded else None,
        late=one.late,
        released=one.released,
    )


def _average(column: Column, graded: Sequence[Try]) -> Cell:
    """The mean of the points; what was drawn may be worth more in one attempt than in another, so both are means."""
    latest = max(graded, key=lambda one: one.number)
    return replace(
        _cell(column, latest),
        earned_milli=divided(sum(one.earned_milli or 0 for one in graded), len(graded)),
        possible_milli=divided(sum(one.possible_milli or 0 for one in graded), len(graded)),
        late=any(one.late for one in graded),
    )


def lowest(cells: Sequence[Cell], count: int) -> list[str]:
    """The assessments with the lowest shares, so many of them; the last that is left is never left out."""
    if not count:
        return []
    shares = sorted((one.share, one.assessment_id) for one in cells if one.is_worth_something)
    return [assessment for _, assessment in shares[: min(count, max(0, len(shares) - 1))]]


def total(cells: Mapping[str, Cell], columns: Sequence[Column], rules: Rules) -> Fraction | None:
    """What part of everything was earned: points within a category, weights among those that have a grade."""
    if not rules.categories:
        return _points([cells[one.assessment_id] for one in columns])
    weighed = list[tuple[int, Fraction]]()
    for category in rules.categories:
        share = _points(
            [cells[one.assessment_id] for one in columns if one.category == category.id]
        )
        if share is not None and category.weight:
            weighed.append((category.weight, share))
    weight = sum(one for one, _ in weighed)
    return sum((one * share for one, share in weighed), Fraction(0)) / weight if weight else None


def _points(cells: Sequence[Cell]) -> Fraction | None:
    kept = [one for one in cells if one.is_worth_something and not one.dropped]
    possible = sum(one.possible_milli or 0 for one in kept)
    return Fraction(sum(one.earned_milli or 0 for one in kept), possible) if possible else None


def letter(share: Fraction | None, letters: Sequence[Letter]) -> str | None:
    """The best letter whose percentage is reached."""
    if share is None:
        return None
    reached = [one for one in letters if share * 100 >= one.from_percent]
    return max(reached, key=lambda one: one.from_percent).letter if reached else None
