"""What the answers to an item say of the item: how many get it right, whether the strong do so more often, and what nobody chooses."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import atanh, sqrt, tanh
from statistics import StatisticsError, correlation, fmean
from typing import Literal

from lms.adaptive import difficulty
from lms.questions.model import Key, Kind

# too_hard: hardly anybody gets it; too_easy: everybody; low_discrimination: the strong do no better than the others; wrong_key: the
# strong do worse, or choose together what the key calls wrong; dead_options: some option is chosen by nobody.
FaultCode = Literal["wrong_key", "too_hard", "too_easy", "low_discrimination", "dead_options"]
# These take an item out of use until somebody has looked at it. The others are for its author to read.
HOLDS: frozenset[FaultCode] = frozenset({"wrong_key", "too_hard"})

ANSWERS_MIN = 30
EASY_ANSWERS_MIN = 50
OPTION_ANSWERS_MIN = 100
PAIRS_MIN = 10
HARD_SHARE, EASY_SHARE = 0.10, 0.98
DEAD_SHARE = 0.02
LOW_CORRELATION = 0.10
# How sure we have to be, in standard errors: before an item is held, and before its author is told.
SURE_TO_HOLD, SURE_TO_TELL = 2.58, 1.64
# No correlation of so few figures is taken for perfect.
MOST_CORRELATION = 0.99
# The part of the learners that counts as the strong.
STRONG_PART = 3
# Once somebody has put a held item back, so many times the answers of then are needed to hold it again.
AGAIN_TIMES = 2
# What is told of an answer this late is not missed by the next look at what is new; what comes later still is found when all is looked at.
OVERLAP = timedelta(hours=2)
WHOLE_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One answer: the part of the points it earned, the strength of its learner in the measure of its group, what was chosen."""

    share: float
    strength: float | None = None
    chosen: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """An item with its answers, in groups that measure strength each in its own way: the first in logits, as practice does.

    `label` is how hard its author took it for, `answered` how many answers there are, of which the groups may have the latest only.
    """

    kind: Kind
    key: Key
    options: tuple[str, ...]
    label: int
    groups: tuple[tuple[Use, ...], ...]
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was found; `point_biserial` and `difficulty` are None where too little is known."""

    answered: int
    mean_share: float
    point_biserial: float | None
    dead_options: tuple[str, ...]
    difficulty: int | None
    faults: tuple[FaultCode, ...]

    @property
    def is_bad(self) -> bool:
        """Whether it should not be asked before somebody has looked at it."""
        return not HOLDS.isdisjoint(self.faults)


def figures(used: Used) -> Figures | None:
    """The figures of an item; None before there is an answer."""
    uses = [use for group in used.groups for use in group]
    if not uses:
        return None
    mean = fmean(use.share for use in uses)
    going = _going_together(used.groups)
    dead = _dead(used, uses)
    return Figures(
        answered=used.answered,
        mean_share=round(mean, 4),
        point_biserial=None if going is None else round(tanh(going.z), 4),
        dead_options=dead,
        difficulty=_difficulty(used),
        faults=_faults(used, mean, going, dead),
    )


def may_hold(answered: int, held_after: int | None) -> bool:
    """Whether figures may take the item out of use: after somebody has put it back they need to last."""
    return held_after is None or answered >= AGAIN_TIMES * held_after


def _faults(
    used: Used, mean: float, going: "_Together | None", dead: Sequence[str]
) -> tuple[FaultCode, ...]:
    count = sum(map(len, used.groups))
    if count < ANSWERS_MIN:
        return ()
    told: Mapping[FaultCode, bool] = {
        "wrong_key": (going is not None and going.is_below(0.0, SURE_TO_HOLD))
        or _chosen_by_the_strong(used),
        "too_hard": _upper(mean, count) < HARD_SHARE,
        "too_easy": count >= EASY_ANSWERS_MIN and mean > EASY_SHARE,
        "low_discrimination": going is not None and going.is_below(LOW_CORRELATION, SURE_TO_TELL),
        "dead_options": bool(dead),
    }
    return tuple(code for code, holds in told.items() if holds)


def _upper(mean: float, count: int) -> float:
    """The most that the share may be in truth, by Wilson's interval."""
    z = SURE_TO_TELL
    middle = mean + z * z / (2 * count)
    spread = z * sqrt(mean * (1 - mean) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)


# --- Whether it goes with strength ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """A correlation as Fisher's z, and its standard error."""

    z: float
    error: float

    def is_below(self, correlation_: float, sure: float) -> bool:
        return self.z + sure * self.error < atanh(correlation_)

    def is_above(self, correlation_: float, sure: float) -> bool:
        return self.z - sure * self.error > atanh(correlation_)


def _going_together(groups: Sequence[Sequence[Use]]) -> _Together | None:
    """The point-biserial correlation over groups that may not be thrown together, since each measures strength otherwise."""
    return _pooled(
        [
            [(use.share, use.strength) for use in group if use.strength is not None]
            for group in groups
        ]
    )


def _pooled(groups: Sequence[Sequence[tuple[float, float]]]) -> _Together | None:
    weighed = list[tuple[float, int]]()
    for pairs in groups:
        found = _correlated(pairs)
        if found is not None:
            weighed.append((atanh(found), len(pairs) - 3))
    weight = sum(one for _, one in weighed)
    if not weight:
        return None
    return _Together(z=sum(z * one for z, one in weighed) / weight, error=1 / sqrt(weight))


def _correlated(pairs: Sequence[tuple[float, float]]) -> float | None:
    if len(pairs) < PAIRS_MIN:
        return None
    try:
        found = correlation([one for one, _ in pairs], [other for _, other in pairs])
    except StatisticsError:
        return None  # all answers are the same, or all learners
    return max(-MOST_CORRELATION, min(found, MOST_CORRELATION))


# --- What is chosen ------------------------------------------------------------------------------


def _dead(used: Used, uses: Sequence[Use]) -> tuple[str, ...]:
    """The wrong options that hardly anybody chooses."""
    chosen = [use.chosen for use in uses if use.chosen]
    if len(chosen) < OPTION_ANSWERS_MIN:
        return ()
    wrong = (one for one in used.options if one not in used.key.correct)
    return tuple(one for one in wrong if _count(chosen, one) < DEAD_SHARE * len(chosen))


def _count(chosen: Sequence[AbstractSet[str]], option: str) -> int:
    return sum(option in one for one in chosen)


def _chosen_by_the_strong(used: Used) -> bool:
    """Whether the strong learners agree on an option that the key calls wrong, and it is strength that makes them choose it."""
    if used.kind != "single_choice":
        return False
    strong = [use for group in used.groups for use in _strong(group)]
    counts = {
        one: _count([use.chosen for use in strong if use.chosen], one) for one in used.options
    }
    right = sum(counts.get(one, 0) for one in used.key.correct)
    wrong = {one: count for one, count in counts.items() if one not in used.key.correct}
    best = max(wrong, key=lambda one: wrong[one], default=None)
    if best is None or wrong[best] - right <= SURE_TO_HOLD * sqrt(wrong[best] + right):
        return False
    going = _pooled([_choosing(group, best) for group in used.groups])
    return going is not None and going.is_above(0.0, SURE_TO_HOLD)


def _strong(group: Sequence[Use]) -> list[Use]:
    known = [use for use in group if use.strength is not None and use.chosen]
    ranked = sorted(known, key=lambda use: use.strength or 0.0, reverse=True)
    return ranked[: len(ranked) // STRONG_PART]


def _choosing(group: Sequence[Use], option: str) -> list[tuple[float, float]]:
    return [
        (float(option in use.chosen), use.strength)
        for use in group
        if use.chosen and use.strength is not None
    ]


def _difficulty(used: Used) -> int | None:
    """On the scale of the bank, from the first group, whose strengths are in logits."""
    pairs = [
        (use.strength, use.share)
        for use in (used.groups[0] if used.groups else ())
        if use.strength is not None
    ]
    return difficulty.measured(used.label, pairs) if len(pairs) >= PAIRS_MIN else None


def since(last: tuple[datetime, datetime] | None, now: datetime) -> datetime | None:
    """From when on uses of items are new; None: all items are to be looked at. `last` is (up to when it was done, when it was all)."""
    if last is None or now - last[1] >= WHOLE_EVERY:
        return None
    return last[0] - OVERLAP
