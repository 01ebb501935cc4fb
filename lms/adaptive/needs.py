"""What a learner needs next, skill by skill: why, how much, and how far from what they can do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean

import msgspec

from lms.adaptive import memory, mixer, parameters, skill
from lms.adaptive.mixer import logit
from lms.adaptive.model import WHOLE_COURSE, Met, Reason, SkillState, Why
from lms.adaptive.parameters import EVEN_DIFFICULTY
from lms.adaptive.shelf import Shelf

# An answer below this share of the points went wrong.
WRONG_BELOW_MILLI = 600
TODAY = timedelta(hours=24)
MISTAKE_DAYS = 7
# A level is passed when so many of its skills are strong, each after some answers.
PASSED_PERCENT = 80
PASSED_STRENGTH = 0.8
PASSED_ANSWERS = 3
# Without a placement the level is searched for among the last items: so many logits are taken for a level, and no more are leapt.
SEARCHED_AMONG, SEARCHED_LEAST = 20, 10
LEVEL_LOGITS, LEAP_MOST = 0.8, 3.0
NEW_AT_ONCE = 3
LEVEL_MAX = 10
# What a class or a teacher brings up is practised at whatever level it is.
ANY_LEVEL = frozenset[Why]({"class_quiz", "assigned"})

# How much each is worth before it is weighed, how many items of a skill it brings to a lesson at most, and to the whole lesson.
WORTH: Mapping[Why, tuple[float, int, int]] = {
    "class_quiz": (12.0, 3, 6),
    "due_review": (6.0, 3, 10),
    "assigned": (5.0, 10, 10),
    "recent_mistake": (3.0, 3, 8),
    "weak_skill": (2.0, 5, 20),
    "new_skill": (1.6, 3, 6),
    "stretch": (0.8, 2, 3),
    "at_level": (0.5, 20, 20),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How the lessons of a school are to be; `low` to `high` is the chance of a right answer that is aimed at."""

    low: float = 0.70
    high: float = 0.85
    items: int = 20
    # What was met in so many days is not met again, as long as there is anything else.
    seen_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """What choosing knows of a learner in a course.

    `met` is what they answered lately, the newest first; `handed` the items of lessons that they have begun or may begin; `barred`
    those that an exam of theirs still asks; `assigned` how many items of a skill a teacher still wants from them.
    """

    user_id: str
    states: Mapping[str, SkillState]
    now: datetime
    placed: int | None = None
    met: Sequence[Met] = ()
    handed: frozenset[str] = frozenset()
    barred: frozenset[str] = frozenset()
    assigned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is worked out of a learner once for all their lessons: `recalled` and `strength` by skill, of those that they have met."""

    level: int
    went_wrong: Mapping[str, Met]
    recalled: Mapping[str, float]
    strength: Mapping[str, float]


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A skill to practise; `aim` is the chance of a right answer that its items should have, `level` the highest of them."""

    skill: str
    reason: Reason
    worth: float
    most: int
    aim: float
    level: int


def known(learner: Learner, shelf: Shelf) -> Known:
    """Of this learner."""
    states = learner.states
    strength = {name: skill.strength(states, name) for name in states if name != WHOLE_COURSE}
    return Known(
        level=_level(learner, strength, shelf),
        went_wrong=_went_wrong(learner),
        recalled={name: memory.recall(states[name], learner.now) for name in strength},
        strength=strength,
    )


def level_of(learner: Learner, shelf: Shelf) -> int:
    """How far a learner has come: where the placement put them, or the first level, and on from there while levels are passed.

    Who had no placement may be further than that: where items go right as often as in a level that is passed.
    """
    return known(learner, shelf).level


def _level(learner: Learner, strength: Mapping[str, float], shelf: Shelf) -> int:
    if not shelf.levels:
        return learner.placed or 1
    if learner.placed is not None:
        return _not_passed(learner, strength, shelf, learner.placed)
    return max(_not_passed(learner, strength, shelf, shelf.levels[0]), _searched(learner, shelf))


def _searched(learner: Learner, shelf: Shelf) -> int:
    """The level where an even item would go right as often as in a level that is passed, reckoned from those met last; 0 after few.

    The further the chance is from that, the wider the step: a strong beginner needs no week to come to what is new to them.
    """
    items = (shelf.items.get(one.question_id) for one in learner.met[:SEARCHED_AMONG])
    met = [one.level for one in items if one is not None]
    if len(met) < SEARCHED_LEAST:
        return 0
    room = logit(mixer.chance(learner.states, (), EVEN_DIFFICULTY)) - logit(PASSED_STRENGTH)
    reached = round(fmean(met) + min(room / LEVEL_LOGITS, LEAP_MOST))
    return max((level for level in shelf.levels if level <= reached), default=0)


def _not_passed(learner: Learner, strength: Mapping[str, float], shelf: Shelf, start: int) -> int:
    for level in shelf.levels:
        if level >= start and not _is_passed(learner.states, strength, shelf, level):
            return level
    return max(start, shelf.levels[-1])


def _is_passed(
    states: Mapping[str, SkillState], strength: Mapping[str, float], shelf: Shelf, level: int
) -> bool:
    names = [name for name in shelf.skills if shelf.home[name] == level and name != WHOLE_COURSE]
    strong = [
        name
        for name in names
        if name in states
        and states[name].answered >= PASSED_ANSWERS
        and strength[name] >= PASSED_STRENGTH
    ]
    return bool(names) and len(strong) * 100 >= len(names) * PASSED_PERCENT


def needs(
    learner: Learner, of: Known, shelf: Shelf, wish: Wish, spent: Counter[str]
) -> Iterator[Need]:
    """One for each skill of the shelf that the learner may meet now; `spent`: items of it in lessons before this one."""
    level, new = of.level, 0
    for name in shelf.skills:
        why, weight = _why(learner, of, name, wish, spent[name])
        if why == "new_skill" and shelf.home[name] <= level:
            new += 1
            weight = -0.1 * new
            if new > NEW_AT_ONCE:
                why, weight = "at_level", 0.0
        home = shelf.home[name]
        if why in ANY_LEVEL:
            yield _need(learner, (name, why, weight), wish, LEVEL_MAX)
        elif home <= level or name in learner.states:
            yield _need(learner, (name, why, weight), wish, max(level, home))


def _why(learner: Learner, of: Known, name: str, wish: Wish, spent: int) -> tuple[Why, float]:
    """The strongest reason to practise a skill, and what is to be added to its worth."""
    state, wrong = learner.states.get(name), of.went_wrong.get(name)
    in_class = wrong is not None and wrong.source == "quiz" and learner.now - wrong.at <= TODAY
    if in_class and not spent:
        return "class_quiz", 0.0
    recalled = of.recalled.get(name, 1.0)
    due = state is not None and state.answered > 0 and recalled < parameters.WANTED_RECALL
    if due and not spent:
        return "due_review", parameters.WANTED_RECALL - recalled
    if learner.assigned.get(name, 0) > spent:
        return "assigned", 0.0
    if wrong is not None and not spent:
        return "recent_mistake", 0.0
    if name == WHOLE_COURSE:
        return "at_level", 0.0
    if state is None:
        return "new_skill", 0.0
    strength = of.strength[name]
    if strength < wish.low:
        return "weak_skill", 2 * (wish.low - strength)
    return ("stretch", 0.0) if strength > wish.high else ("at_level", 0.0)


def _need(learner: Learner, about: tuple[str, Why, float], wish: Wish, level: int) -> Need:
    name, why, weight = about
    worth, most, _ = WORTH[why]
    state = learner.states.get(name)
    days = 0
    if why == "due_review" and state is not None and state.last_at is not None:
        days = max((learner.now - state.last_at).days, 0)
    if why == "assigned":
        most = min(most, learner.assigned[name])
    return Need(
        skill=name,
        reason=Reason(why=why, skill=name, days=days),
        worth=worth + weight,
        most=most,
        aim=wish.low if why == "stretch" else (wish.low + wish.high) / 2,
        level=level,
    )


def _went_wrong(learner: Learner) -> dict[str, Met]:
    """Skills whose last answer, of the last days, went wrong, and that answer."""
    last: dict[str, Met] = {}
    since = learner.now - timedelta(days=MISTAKE_DAYS)
    for one in learner.met:
        if one.at < since:
            break
        for name in one.skills:
            last.setdefault(name, one)
    return {name: one for name, one in last.items() if one.share_milli < WRONG_BELOW_MILLI}
