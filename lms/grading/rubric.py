"""Points by hand: straight, or from the levels that a marker chose for the criteria of a rubric."""

from collections.abc import Mapping, Sequence

from lms.errors import Conflict, Forbidden, Invalid
from lms.grading.model import BY_HAND, ItemGrade, Mark
from lms.grading.points import part_of
from lms.ids import UserId
from lms.questions.model import Criterion


def points(
    rubric: Sequence[Criterion],
    chosen: Mapping[str, int],
    given_milli: int | None,
    possible_milli: int,
) -> int:
    """What the mark is worth: the chosen levels as a share of the best of each criterion, or the points as they were given."""
    if not chosen:
        return _straight(given_milli, possible_milli)
    if given_milli is not None:
        raise Invalid("Give points or criteria, not both.", pointer="/earned_milli")
    if chosen.keys() != {one.id for one in rubric}:
        raise Invalid("Choose a level for each criterion of the rubric.", pointer="/criteria")
    for one in rubric:
        if not 0 <= chosen[one.id] < len(one.levels):
            raise Invalid("The criterion has no such level.", pointer=f"/criteria/{one.id}")
    best = sum(max(level.earned_milli for level in one.levels) for one in rubric)
    got = sum(one.levels[chosen[one.id]].earned_milli for one in rubric)
    return part_of(possible_milli, got, best)


def _straight(given_milli: int | None, possible_milli: int) -> int:
    if given_milli is None:
        raise Invalid("Give points, or a level for each criterion.", pointer="/earned_milli")
    if given_milli > possible_milli:
        raise Invalid("That is more than the item is worth.", pointer="/earned_milli")
    return given_milli


def check_by_hand(item: ItemGrade) -> None:
    """Raise Conflict for an item that no person marks."""
    if item.kind not in BY_HAND:
        raise Conflict("This item is scored by itself.", code="not_marked_by_hand")


def check_round(
    number: int, rounds: Mapping[int, Mark], marker: UserId, *, second_round: bool
) -> None:
    """Raise unless this person may give this round: the two are given by two people, one after the other."""
    if number == 1:
        other = rounds.get(2)
    elif not second_round:
        raise Conflict("This assessment is marked in one round.", code="one_round")
    elif 1 not in rounds:
        raise Conflict("The first round comes first.", code="first_round_missing")
    else:
        other = rounds[1]
    if other is not None and other.marker == marker:
        raise Forbidden("The two rounds are marked by two people.", code="same_marker")
