"""What is taken while the lessons of one learner are chosen, and the search for the items of one need.

Twenty of thousands are found by looking at some hundred: a search goes outward from where the chance is the one aimed at, is gone on
with where the lesson before left it, and works in logits, where a chance is compared without being worked out.
"""

import zlib
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from operator import attrgetter

import msgspec

from lms.adaptive import mixer
from lms.adaptive.model import Candidate, Reason
from lms.adaptive.needs import WORTH, Learner, Need, Wish, known
from lms.adaptive.parameters import EDGE, EVEN_DIFFICULTY, POINTS_A_LOGIT
from lms.adaptive.shelf import Shelf

# The next item of a skill in the same lesson is worth so much of the one before; a teacher who gives seven means seven.
AGAIN = 0.6
UNDIMINISHED = "assigned"
# So many near the aim are compared by how worn they are.
COMPARED = 6
FAMILY_MOST = 2
# A learner works in a language if every third item that they met is in it.
SPOKEN = 3

_difficulty = attrgetter("difficulty")

# How far outside the band, how often given out, then by chance that is the learner's own: the least is the best.
Ranked = tuple[float, int, int, str, Candidate]


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a lesson, why it is there, and how likely it goes right."""

    item: Candidate
    reason: Reason
    chance: float


def fit(chance: float, wish: Wish) -> float:
    """1 inside the band, less and less outside."""
    if wish.low <= chance <= wish.high:
        return 1.0
    return max(1.0 - 3 * max(wish.low - chance, chance - wish.high), 0.1)


class Table:
    """What is taken while the lessons of one learner are chosen."""

    def __init__(
        self, learner: Learner, shelf: Shelf, wish: Wish, given_since: Mapping[str, int]
    ) -> None:
        self.learner, self.shelf, self.wish = learner, shelf, wish
        self.known = known(learner, shelf)
        self._given_since = given_since
        self.spent: Counter[str] = Counter()
        self.picked: list[Pick] = []
        since = learner.now - timedelta(days=wish.seen_days)
        self._met = {one.question_id for one in learner.met if one.at > since}
        self._seen = self._met | learner.handed
        self._never = set(learner.barred)
        self._out = self._seen | self._never
        self._families: dict[str, int] = {}
        self._whys: Counter[str] = Counter()
        self._languages = _languages(learner, shelf)
        self._odds: dict[tuple[str, ...], _Odds] = {}
        self._walks: dict[tuple[str, float, int], _Walk] = {}
        self._band = mixer.logit(wish.low), mixer.logit(wish.high)
        self._salt = zlib.crc32(learner.user_id.encode())

    def begin(self) -> None:
        """The next lesson."""
        self.picked = []
        self._families.clear()
        self._whys.clear()

    def open_handed(self) -> None:
        """What was given out and never answered may come from now on."""
        self._out = self._met | self._never
        self._walks.clear()

    def left(self) -> bool:
        """Whether the lesson has room."""
        return len(self.picked) < self.wish.items

    def may_again(self, item: Candidate) -> bool:
        """Whether this may be in the lesson, but for having been met lately: not taken yet, and nothing that an exam asks."""
        return item.question_id not in self._never and item.language in self._languages

    def is_full(self, reason: Reason) -> bool:
        """Whether the lesson has enough for this reason."""
        return self._whys[reason.why] >= WORTH[reason.why][2]

    def take(self, pick: Pick) -> None:
        """Into the lesson."""
        self.picked.append(pick)
        item = pick.item
        self._never.add(item.question_id)
        self._out.add(item.question_id)
        self._families[item.family] = self._families.get(item.family, 0) + 1
        self._whys[pick.reason.why] += 1

    def chance(self, item: Candidate) -> float:
        """Of a right answer."""
        return mixer.chance_at(self._of(item.skills).brought, item.difficulty)

    def _of(self, skills: tuple[str, ...]) -> "_Odds":
        odds = self._odds.get(skills)
        if odds is None:
            brought = mixer.ability(self.learner.states, skills)
            odds = self._odds[skills] = _Odds(brought, self._band)
        return odds

    def near(self, need: Need) -> "list[Ranked]":
        """The items of a need that may be taken now, of those that are next to what it aims at; the best first."""
        key = need.skill, need.aim, need.level
        walk = self._walks.get(key)
        if walk is None:
            items, place = self.shelf.by_skill[need.skill], self._place(need.skill, need.aim)
            walk = self._walks[key] = _Walk(_outward(items, place))
        out = self._out
        walk.near = [one for one in walk.near if one[3] not in out]
        if len(walk.near) < COMPARED:
            self._look_on(walk, need.level)
        return walk.near

    def _place(self, skill: str, aim: float) -> int:
        """Where, among the items of a skill from the easiest to the hardest, the chance is the one aimed at."""
        items, logit, of = self.shelf.by_skill[skill], mixer.logit(aim), self._of
        if skill in self.shelf.alone:
            return bisect_left(items, of(items[0].skills).difficulty(logit), key=_difficulty)
        return bisect_left(
            items, True, key=lambda one: one.difficulty >= of(one.skills).difficulty(logit)
        )

    def _look_on(self, walk: "_Walk", level: int) -> None:
        """Until there are enough to compare; what is worn comes when there is nothing else."""
        near, out, languages = walk.near, self._out, self._languages
        since, worn_from = self._given_since, self.shelf.worn_from
        for item in walk.ahead:
            name = item.question_id
            if name in out or item.level > level or item.language not in languages:
                continue
            given = item.given + since.get(name, 0)
            if given >= worn_from:
                walk.worn.append(item)
                continue
            insort(near, self._ranked(item, given))
            if len(near) == COMPARED:
                return
        if not near and walk.worn:
            left = [one for one in walk.worn if one.question_id not in out]
            near += sorted(
                self._ranked(one, one.given + since.get(one.question_id, 0)) for one in left
            )
            walk.worn = []

    def _ranked(self, item: Candidate, given: int) -> Ranked:
        """What is equal is in another order for each learner, and in the same one each time."""
        name = item.question_id
        tie = zlib.crc32(name.encode(), self._salt)
        odds = self._of(item.skills)
        if odds.easiest <= item.difficulty <= odds.hardest:
            return 0.0, given, tie, name, item
        chance = mixer.chance_at(odds.brought, item.difficulty)
        return round(1 - fit(chance, self.wish), 2), given, tie, name, item

    def is_alike(self, item: Candidate) -> bool:
        """Whether the lesson has enough of its family."""
        return self._families.get(item.family, 0) >= FAMILY_MOST


class _Odds:
    """Of items of the same skills: what the learner brings to them, and how hard those may be whose chance lies in the band."""

    __slots__ = ("brought", "easiest", "hardest")

    def __init__(self, brought: float, band: tuple[float, float]) -> None:
        self.brought = brought
        low, high = band
        self.easiest, self.hardest = self.difficulty(high), self.difficulty(low)

    def difficulty(self, logit: float) -> float:
        """At which the chance has this logit: the inverse of mixer.chance_at."""
        return EVEN_DIFFICULTY + (EDGE + self.brought - logit) * POINTS_A_LOGIT


class _Walk:
    """Through the items of a skill: what is `ahead`, what was found that may be taken, and what was passed over because it is worn."""

    def __init__(self, ahead: Iterator[Candidate]) -> None:
        self.ahead = ahead
        self.near: list[Ranked] = []
        self.worn: list[Candidate] = []


def _languages(learner: Learner, shelf: Shelf) -> set[str]:
    """Those in which the learner works: each of a good part of what they met; the language of the bank before they met anything."""
    if shelf.is_of_one_language:
        return {shelf.language}
    items = (shelf.items.get(one.question_id) for one in learner.met)
    met = Counter(one.language for one in items if one is not None)
    return {name for name, times in met.items() if times * SPOKEN >= met.total()} or {
        shelf.language
    }


class Search:
    """For the items of one need."""

    def __init__(self, need: Need, table: Table) -> None:
        self.need = need
        self.taken = 0
        self._table = table

    def bound(self) -> float:
        """What the next item is worth at most."""
        fewer = 1.0 if self.need.reason.why == UNDIMINISHED else AGAIN**self.taken
        return self.need.worth * fewer

    def best(self) -> Pick | None:
        """The best that may be taken now: in the band, unlike the others, given out least; what is worn when there is nothing else."""
        near = self._table.near(self.need)
        if not near:
            return None
        is_alike = self._table.is_alike
        item = next((one[4] for one in near if not is_alike(one[4])), near[0][4])
        return Pick(item=item, reason=self.need.reason, chance=self._table.chance(item))


def _outward(items: Sequence[Candidate], start: int) -> Iterator[Candidate]:
    """From a place on: one from above and one from below in turn, as long as there are both."""
    below, above = start - 1, start
    while below >= 0 and above < len(items):
        yield items[above]
        yield items[below]
        below, above = below - 1, above + 1
    while above < len(items):
        yield items[above]
        above += 1
    while below >= 0:
        yield items[below]
        below -= 1
