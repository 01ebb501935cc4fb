"""The bank of a course as choosing needs it: made once for many learners, by skill and by how hard it is."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lms.adaptive.model import WHOLE_COURSE, Candidate

# An item is worn when it was given out so many times as often as the others, and more than now and then.
WORN_TIMES = 4
WORN_LEAST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Items by skill, the easiest first (those without a skill under the name of the whole course); `skills` in the order in which
    they are to be met; `home` is the level at which each is met first; `alone` are those whose items have no other skill."""

    items: Mapping[str, Candidate]
    by_skill: Mapping[str, tuple[Candidate, ...]]
    skills: tuple[str, ...]
    home: Mapping[str, int]
    alone: frozenset[str]
    levels: tuple[int, ...]
    language: str
    is_of_one_language: bool
    worn_from: int


def shelved(candidates: Iterable[Candidate]) -> Shelf:
    """The shelf of these items."""
    ordered = sorted(candidates, key=lambda one: (one.difficulty, one.question_id))
    by_skill: dict[str, list[Candidate]] = {}
    home: dict[str, tuple[int, int]] = {}
    languages: dict[str, int] = {}
    for one in ordered:
        languages[one.language] = languages.get(one.language, 0) + 1
        for name in dict.fromkeys(one.skills) or (WHOLE_COURSE,):
            by_skill.setdefault(name, []).append(one)
            easiest = (one.level, one.difficulty)
            home[name] = min(home.get(name, easiest), easiest)
    given = sum(one.given for one in ordered)
    return Shelf(
        items={one.question_id: one for one in ordered},
        by_skill={name: tuple(some) for name, some in by_skill.items()},
        skills=tuple(sorted(home, key=lambda name: (home[name], name))),
        home={name: level for name, (level, _) in home.items()},
        alone=frozenset(
            name for name, some in by_skill.items() if len({one.skills for one in some}) == 1
        ),
        levels=tuple(sorted({one.level for one in ordered})),
        language=min(languages, key=lambda name: (-languages[name], name)) if languages else "",
        is_of_one_language=len(languages) == 1,
        worn_from=max(WORN_LEAST, math.ceil(WORN_TIMES * given / max(len(ordered), 1))),
    )


def family(title: str) -> str:
    """What items that look nearly the same have in common: the words of their titles, without figures and signs."""
    return " ".join("".join(one if one.isalpha() else " " for one in title.casefold()).split())
