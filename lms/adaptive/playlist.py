"""The next lessons of a learner: which items, in which order, and why each.

Greedy by gain, with a heap: each skill that the learner needs offers its best item; the one that is worth most is taken, and the
next of its skill is worth less. The worth of an item is that of its need, times how well its chance of a right answer lies in the
band. An item is looked at once for each of its skills, however large the bank: the items of a skill are sorted by difficulty, and
looked for outward from where the chance is the one aimed at.
"""

import heapq
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lms.adaptive import mixer
from lms.adaptive.model import WHOLE_COURSE, Candidate, Reason
from lms.adaptive.needs import LEVEL_MAX, WORTH, Learner, Need, Wish, level_of, needs
from lms.adaptive.shelf import Shelf

# The next item of a skill in the same lesson is worth so much of the one before; a teacher who gives seven means seven.
AGAIN = 0.6
UNDIMINISHED = "assigned"
# So many near the aim are compared by how worn they are.
COMPARED = 6
FAMILY_MOST = 2
# A learner works in a language if every third item that they met is in it.
SPOKEN = 3
# Rather one again than fewer than these.
LEAST_ITEMS = 5
HEAD = ("class_quiz", "due_review")
NOTHING: Mapping[str, int] = {}

# How far outside the band, how often given out, then by chance that is the learner's own.
Rank = tuple[float, int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An item of a lesson, why it is there, and how likely it goes right."""

    item: Candidate
    reason: Reason
    chance: float


def lessons(
    learner: Learner, shelf: Shelf, wish: Wish, count: int, since: Mapping[str, int] = NOTHING
) -> list[list[Pick]]:
    """So many lessons, one after the other, no item twice; empty ones are left out.

    `since`: how often items were given out since the shelf was made.
    """
    table = _Table(learner, shelf, wish, since)
    newest = next((one.skills for one in learner.met if one.source == "quiz"), ())
    made = [_in_order(_chosen(table, nothing_waits=not place), newest) for place in range(count)]
    return [one for one in made if one]


def _chosen(table: "_Table", *, nothing_waits: bool) -> list[Pick]:
    """What is new; rather than nothing, what was given out and never answered; and else what was met long ago.

    Who leaves lessons unbegun would otherwise have used up a small bank without an answer, and never find a lesson waiting.
    """
    table.begin()
    _take_new(table)
    if nothing_waits and len(table.picked) < LEAST_ITEMS:
        table.open_handed()
        _take_new(table)
    if len(table.picked) < LEAST_ITEMS:
        _take_again(table)
    table.spent.update(name for one in table.picked for name in one.item.skills)
    return table.picked


def _take_new(table: "_Table") -> None:
    """Items for what is needed; then for all that is near."""
    _take(table, needs(table.learner, table.shelf, table.wish, table.spent))
    for level in (level_of(table.learner, table.shelf), LEVEL_MAX):
        if table.left():
            _take(table, _rest(table, level))


def _rest(table: "_Table", level: int) -> Iterator[Need]:
    """Every skill up to a level, the lowest levels first."""
    worth, most, _ = WORTH["at_level"]
    for name in table.shelf.skills:
        if table.shelf.home[name] <= level:
            yield Need(
                skill=name,
                reason=Reason(why="at_level", skill=name),
                worth=worth / table.shelf.home[name],
                most=most,
                aim=(table.wish.low + table.wish.high) / 2,
                level=level,
            )


def _take(table: "_Table", wanted: Iterable[Need]) -> None:
    """What is worth most first; a need is looked into only when it may be the next."""
    heap = [(-need.worth, place, _Search(need, table)) for place, need in enumerate(wanted)]
    heapq.heapify(heap)
    while heap and table.left():
        _, place, search = heapq.heappop(heap)
        pick = None if table.is_full(search.need.reason) else search.best()
        if pick is None:
            continue
        worth = search.bound() * fit(pick.chance, table.wish)
        if heap and worth < -heap[0][0]:
            heapq.heappush(heap, (-worth, place, search))
            continue
        table.take(pick)
        search.taken += 1
        if search.taken < search.need.most:
            heapq.heappush(heap, (-search.bound(), place, search))


def fit(chance: float, wish: Wish) -> float:
    """1 inside the band, less and less outside."""
    outside = max(wish.low - chance, chance - wish.high, 0.0)
    return max(1.0 - 3 * outside, 0.1)


def _take_again(table: "_Table") -> None:
    """What was met longest ago, where the bank has nothing else."""
    last = {one.question_id: one.at for one in reversed(table.learner.met)}
    wanted = needs(table.learner, table.shelf, table.wish, table.spent)
    due = {one.skill: one.reason for one in wanted if one.reason.why == "due_review"}
    for question_id in sorted(last, key=lambda one: (last[one], one)):
        item = table.shelf.items.get(question_id)
        if item is None or not table.may_again(item):
            continue
        if len(table.picked) >= LEAST_ITEMS:
            return
        name = next((one for one in item.skills if one in due), (*item.skills, WHOLE_COURSE)[0])
        days = max((table.learner.now - last[question_id]).days, 0)
        reason = due.get(name, Reason(why="again", skill=name, days=days))
        table.take(Pick(item=item, reason=reason, chance=table.chance(item)))


class _Table:
    """What is taken while the lessons of one learner are chosen."""

    def __init__(
        self, learner: Learner, shelf: Shelf, wish: Wish, given_since: Mapping[str, int]
    ) -> None:
        self.learner, self.shelf, self.wish = learner, shelf, wish
        self._given_since = given_since
        self.spent: Counter[str] = Counter()
        self.picked: list[Pick] = []
        since = learner.now - timedelta(days=wish.seen_days)
        self._met = {one.question_id for one in learner.met if one.at > since}
        self._seen = self._met | learner.handed
        self._taken: set[str] = set()
        self._families: Counter[str] = Counter()
        self._whys: Counter[str] = Counter()
        self._languages = _languages(learner, shelf)
        self._chances: dict[str, float] = {}
        self._salt = zlib.crc32(learner.user_id.encode())

    def begin(self) -> None:
        """The next lesson."""
        self.picked = []
        self._families.clear()
        self._whys.clear()

    def open_handed(self) -> None:
        """What was given out and never answered may come from now on."""
        self._seen = self._met

    def left(self) -> bool:
        """Whether the lesson has room."""
        return len(self.picked) < self.wish.items

    def may(self, item: Candidate) -> bool:
        """Whether this may be in the lesson: not met lately, not nearly the same as others in it."""
        return item.question_id not in self._seen and self.may_again(item)

    def may_again(self, item: Candidate) -> bool:
        """The same, but for having met it."""
        return (
            item.question_id not in self._taken
            and item.question_id not in self.learner.barred
            and item.language in self._languages
        )

    def is_full(self, reason: Reason) -> bool:
        """Whether the lesson has enough for this reason."""
        return self._whys[reason.why] >= WORTH[reason.why][2]

    def take(self, pick: Pick) -> None:
        """Into the lesson."""
        self.picked.append(pick)
        self._taken.add(pick.item.question_id)
        self._families[pick.item.family] += 1
        self._whys[pick.reason.why] += 1

    def chance(self, item: Candidate) -> float:
        """Of a right answer."""
        found = self._chances.get(item.question_id)
        if found is None:
            found = mixer.chance(self.learner.states, item.skills, item.difficulty)
            self._chances[item.question_id] = found
        return found

    def given(self, item: Candidate) -> int:
        """How often it was given to anybody lately."""
        return item.given + self._given_since.get(item.question_id, 0)

    def rank(self, item: Candidate) -> Rank:
        """The least is the best; what is equal is in another order for each learner, and in the same one each time."""
        outside = round(1 - fit(self.chance(item), self.wish), 2)
        tie = zlib.crc32(item.question_id.encode(), self._salt)
        return outside, self.given(item), tie, item.question_id

    def is_alike(self, item: Candidate) -> bool:
        """Whether the lesson has enough of its family."""
        return self._families[item.family] >= FAMILY_MOST


def _languages(learner: Learner, shelf: Shelf) -> set[str]:
    """Those in which the learner works: each of a good part of what they met; the language of the bank before they met anything."""
    items = (shelf.items.get(one.question_id) for one in learner.met)
    met = Counter(one.language for one in items if one is not None)
    return {name for name, times in met.items() if times * SPOKEN >= met.total()} or {
        shelf.language
    }


class _Search:
    """The items of one need, from where the chance is the one aimed at outward; none is looked at twice."""

    def __init__(self, need: Need, table: _Table) -> None:
        self.need = need
        self.taken = 0
        self._table = table
        self._items = table.shelf.by_skill[need.skill]
        self._low: int | None = None
        self._high = 0
        self._near: list[tuple[Rank, Candidate]] = []
        self._worn: list[tuple[Rank, Candidate]] = []

    def bound(self) -> float:
        """What the next item is worth at most."""
        fewer = 1.0 if self.need.reason.why == UNDIMINISHED else AGAIN**self.taken
        return self.need.worth * fewer

    def best(self) -> Pick | None:
        """The best that may be taken now: in the band, unlike the others, given out least; what is worn when there is nothing else."""
        may, is_alike = self._table.may, self._table.is_alike
        self._near = [one for one in self._near if may(one[1])]
        while len(self._near) < COMPARED and (item := self._next()) is not None:
            if item.level <= self.need.level and may(item):
                worn = self._table.given(item) >= self._table.shelf.worn_from
                (self._worn if worn else self._near).append((self._table.rank(item), item))
        left = self._near or [one for one in self._worn if may(one[1])]
        if not left:
            return None
        _, item = min(left, key=lambda one: (is_alike(one[1]), one[0]))
        return Pick(item=item, reason=self.need.reason, chance=self._table.chance(item))

    def _next(self) -> Candidate | None:
        """One from below and one from above in turn."""
        if self._low is None:
            self._high = _first(self._items, lambda one: self._table.chance(one) <= self.need.aim)
            self._low = self._high - 1
        below, above = self._low, self._high
        if below < 0 and above >= len(self._items):
            return None
        if below < 0 or (above < len(self._items) and (above + below) % 2):
            self._high += 1
            return self._items[above]
        self._low -= 1
        return self._items[below]


def _first(items: Sequence[Candidate], holds: Callable[[Candidate], bool]) -> int:
    """The place of the first for which it holds; it goes on holding from there."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if holds(items[middle]):
            high = middle
        else:
            low = middle + 1
    return low


def _in_order(picked: Sequence[Pick], newest: Collection[str]) -> list[Pick]:
    """What went wrong in class first (of the newest quiz at the head), then what is due, then the rest.

    No two that look the same in a row where it can be helped.
    """
    order: list[Pick] = []
    picked = sorted(picked, key=lambda one: one.reason.skill not in newest)
    for whys in (HEAD[:1], HEAD[1:], None):
        left = [
            one
            for one in picked
            if (one.reason.why in whys if whys is not None else one.reason.why not in HEAD)
        ]
        while left:
            order.append(left.pop(_least_like(left, order[-1] if order else None)))
    return order


def _least_like(left: Sequence[Pick], before: Pick | None) -> int:
    if before is None:
        return 0
    family, skills = before.item.family, set(before.item.skills)

    def likeness(place: int) -> tuple[bool, bool, int]:
        item = left[place].item
        return item.family == family, not skills.isdisjoint(item.skills), place

    return min(range(len(left)), key=likeness)
