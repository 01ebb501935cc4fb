"""The next lessons of a learner: which items, in which order, and why each.

Greedy by gain, with a heap: each skill that the learner needs offers its best item; the one that is worth most is taken, and the
next of its skill is worth less. The worth of an item is that of its need, times how well its chance of a right answer lies in the
band. An item is looked at once for each of its skills, however large the bank: the items of a skill are sorted by difficulty, and
looked for outward from where the chance is the one aimed at.
"""

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from lms.adaptive.model import WHOLE_COURSE, Reason, Why
from lms.adaptive.needs import LEVEL_MAX, WORTH, Learner, Need, Wish, needs
from lms.adaptive.shelf import Shelf
from lms.adaptive.table import Pick, Search, Table, fit

# Rather one again than fewer than these.
LEAST_ITEMS = 5
# At the head of a lesson, in this order.
HEAD: tuple[Why, ...] = ("class_quiz", "assigned", "due_review")
NOTHING: Mapping[str, int] = {}


def lessons(
    learner: Learner, shelf: Shelf, wish: Wish, count: int, since: Mapping[str, int] = NOTHING
) -> list[list[Pick]]:
    """So many lessons, one after the other, no item twice; empty ones are left out.

    `since`: how often items were given out since the shelf was made.
    """
    table = Table(learner, shelf, wish, since)
    newest = next((one.skills for one in learner.met if one.source == "quiz"), ())
    made = [_in_order(_chosen(table, nothing_waits=not place), newest) for place in range(count)]
    return [one for one in made if one]


def _chosen(table: Table, *, nothing_waits: bool) -> list[Pick]:
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


def _take_new(table: Table) -> None:
    """Items for what is needed; then for all that is near."""
    _take(table, needs(table.learner, table.known, table.shelf, table.wish, table.spent))
    for level in (table.known.level, LEVEL_MAX):
        if table.left():
            _take(table, _rest(table, level))


def _rest(table: Table, level: int) -> Iterator[Need]:
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


def _take(table: Table, wanted: Iterable[Need]) -> None:
    """What is worth most first; a need is looked into only when it may be the next."""
    heap = [(-need.worth, place, Search(need, table)) for place, need in enumerate(wanted)]
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


def _take_again(table: Table) -> None:
    """What was met longest ago, where the bank has nothing else: what a teacher gave before the rest."""
    last = {one.question_id: one.at for one in reversed(table.learner.met)}
    known = (table.shelf.items[one] for one in last if one in table.shelf.items)
    items = sorted(known, key=lambda one: (last[one.question_id], one.question_id))
    wanted = list(needs(table.learner, table.known, table.shelf, table.wish, table.spent))
    for need in wanted:
        if need.reason.why == "assigned":
            of_it = [one for one in items if need.skill in one.skills and table.may_again(one)]
            for item in of_it[: min(need.most, LEAST_ITEMS - len(table.picked))]:
                table.take(Pick(item=item, reason=need.reason, chance=table.chance(item)))
    due = {one.skill: one.reason for one in wanted if one.reason.why == "due_review"}
    for item in items:
        if not table.may_again(item):
            continue
        if len(table.picked) >= LEAST_ITEMS:
            return
        name = next((one for one in item.skills if one in due), (*item.skills, WHOLE_COURSE)[0])
        days = max((table.learner.now - last[item.question_id]).days, 0)
        reason = due.get(name, Reason(why="again", skill=name, days=days))
        table.take(Pick(item=item, reason=reason, chance=table.chance(item)))


def _in_order(picked: Sequence[Pick], newest: Collection[str]) -> list[Pick]:
    """What went wrong in class first (of the newest quiz at the head), then what a teacher gave, what is due, and the rest.

    No two that look the same in a row where it can be helped.
    """
    order: list[Pick] = []
    picked = sorted(picked, key=lambda one: one.reason.skill not in newest)
    heads = [[one for one in picked if one.reason.why == why] for why in HEAD]
    for left in (*heads, [one for one in picked if one.reason.why not in HEAD]):
        while left:
            order.append(left.pop(_least_like(left, order[-1] if order else None)))
    return order


def _least_like(left: Sequence[Pick], before: Pick | None) -> int:
    """The place of the first that shares neither its look nor a skill with the one before; else of what shares least."""
    if before is None:
        return 0
    family, skills = before.item.family, frozenset(before.item.skills)
    least, found = (True, True), 0
    for place, one in enumerate(left):
        likeness = one.item.family == family, not skills.isdisjoint(one.item.skills)
        if likeness < least:
            least, found = likeness, place
            if not any(likeness):
                break
    return found
