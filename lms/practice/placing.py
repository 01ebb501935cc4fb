"""A placement, pure: what is asked next, when enough is known, and the level that was found.

The levels of a bank lie side by side on one scale from 0 to 100, and the difficulty of an item within its level: that is its hardness.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from lms.adaptive import ability, parameters

SCALE = 100
# Of the last placements no more than this share may have had an item, as long as there are others.
EXPOSED_PERCENT = 30
EXPOSED_LEAST = 5


class Posed(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a placement; `hardness` is its place on the scale of the bank, `share_milli` None until it is answered."""

    item_id: str
    question_id: str
    version: int
    skills: tuple[str, ...]
    difficulty: int
    hardness: int
    share_milli: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One short test of one learner: what it asked so far, and what that says."""

    placement_id: str
    course_id: str
    user_id: str
    items: tuple[Posed, ...] = ()
    ability: float = 0.0
    error: float = 1.0
    level: int | None = None
    created_at: datetime
    done_at: datetime | None = None

    @property
    def asked_now(self) -> Posed | None:
        """What waits for an answer."""
        last = self.items[-1] if self.items else None
        return last if last is not None and last.share_milli is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What may be asked next, of the hardness that tells most, and the levels of the bank."""

    items: tuple[Posed, ...]
    levels: tuple[int, ...]


def level_of(levels: Sequence[int], value: ability.Ability) -> int:
    """The level of the bank in whose part of the scale this ability lies; the first where the bank is empty."""
    if not levels:
        return 1
    place = ability.level(value) * len(levels) // (SCALE + 1)
    return levels[place]


def next_of(
    placement: Placement, pool: Pool, exposed: Mapping[str, int], placements: int
) -> Posed | None:
    """What is asked next: what tells most, among what not too many others were asked; None when there is nothing left."""
    asked = {one.question_id for one in placement.items}
    most = max(EXPOSED_LEAST, placements * EXPOSED_PERCENT // 100)
    scale = [(one.question_id, one.hardness) for one in pool.items]
    fresh = [one for one in scale if exposed.get(one[0], 0) < most]
    for some in (fresh, scale):
        found = ability.pick(some, asked, _stands(placement), placement.placement_id)
        if found is not None:
            return next(one for one in pool.items if one.question_id == found)
    return None


def even(placement: Placement) -> int:
    """The hardness that tells most now."""
    harder = round(parameters.EDGE * parameters.POINTS_A_LOGIT)
    return ability.level(_stands(placement)) + harder


def _stands(placement: Placement) -> ability.Ability:
    return ability.Ability(value=placement.ability, error=placement.error)


def answered(placement: Placement, share_milli: int) -> Placement:
    """After the answer to what is asked now."""
    items = (
        *placement.items[:-1],
        msgspec.structs.replace(placement.items[-1], share_milli=share_milli),
    )
    value = ability.estimate([(one.hardness, (one.share_milli or 0) / 1000) for one in items])
    return replace(placement, items=items, ability=value.value, error=value.error)


def without(placement: Placement) -> Placement:
    """As if what is asked now had never been."""
    return replace(placement, items=placement.items[:-1])


def asking(placement: Placement, one: Posed, item_id: str) -> Placement:
    """With one more item, under an id of its own."""
    posed = msgspec.structs.replace(one, item_id=item_id)
    return replace(placement, items=(*placement.items, posed))


def is_enough(placement: Placement) -> bool:
    """Whether enough is known."""
    return ability.enough(_stands(placement), len(placement.items))


def ended(placement: Placement, levels: Sequence[int], now: datetime) -> Placement:
    """Done, with the level that it found."""
    return replace(placement, done_at=now, level=level_of(levels, _stands(placement)))
