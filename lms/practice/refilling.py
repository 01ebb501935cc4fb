"""Make lessons ahead for some learners of a course: read how they stand in a few queries, choose without any, keep what was chosen."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import asyncpg

from lms.adaptive import playlist, store
from lms.adaptive.model import Chosen
from lms.adaptive.needs import Learner, Wish
from lms.adaptive.shelf import Shelf, shelved
from lms.adaptive.table import Pick
from lms.attempts.model import Desk
from lms.ids import least_of
from lms.practice import assigning, placement_store, refill_store, wire
from lms.practice.model import Practice
from lms.practice.refill_store import Place
from lms.practice.wire import Batch
from lms.tenants import store as tenants

AHEAD = 2
# A lesson waits behind others for no longer before it is chosen anew.
STAYS = timedelta(hours=24)
LOOK_BACK = timedelta(days=30)
EXPOSURE_WEEKS = 2
# Longer than choosing for a batch ever takes.
JUST_NOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Bank:
    """The bank of a course as it was at one moment, and how often its items were given out since."""

    shelf: Shelf
    given: Counter[str] = field(default_factory=Counter)


async def bank(connection: asyncpg.Connection, place: Place, now: datetime) -> Bank:
    """The bank of a course as it is now."""
    since = week_of(now) - timedelta(weeks=EXPOSURE_WEEKS)
    given = await store.exposures(connection, *place, since)
    rows = await refill_store.bank(connection, place)
    # Thousands of items are sorted beside the loop: answers are on their way in the same process.
    shelf = await asyncio.to_thread(lambda: shelved(refill_store.candidates(rows, given)))
    return Bank(shelf)


async def wish(connection: asyncpg.Connection, tenant_id: str) -> Wish:
    """How the lessons of this school are to be."""
    found = await tenants.settings(connection, tenant_id)
    return Wish(low=found.band_low_milli / 1000, high=found.band_high_milli / 1000)


async def learners(
    connection: asyncpg.Connection,
    place: Place,
    user_ids: Collection[str],
    waiting: Collection[str],
    now: datetime,
) -> list[Learner]:
    """How these learners stand, those of them who learn in the course; lessons that are `waiting` were not given to anybody yet."""
    ids = sorted(await refill_store.learning(connection, place, user_ids))
    if not ids:
        return []
    tenant_id, course_id = place
    states = await store.skills_of(connection, tenant_id, course_id, ids)
    met = await store.met_by(connection, place, ids, now - LOOK_BACK)
    since_id = _id_of(now - LOOK_BACK)
    handed = await refill_store.handed(connection, place, ids, waiting, since_id)
    barred = await refill_store.barred(connection, tenant_id, ids)
    left = await assigning.left(connection, place, ids, now)
    placed = await placement_store.levels(connection, place, ids)
    return [
        Learner(
            user_id=one,
            states=states[one],
            now=now,
            placed=placed.get(one),
            met=met[one],
            handed=frozenset(handed[one]),
            barred=frozenset(barred[one]),
            assigned=left[one],
        )
        for one in ids
    ]


async def found_by_rule(
    connection: asyncpg.Connection, place: Place, user_ids: Collection[str], now: datetime
) -> set[tuple[str, str]]:
    """(learner, lesson) of lessons that were found at the moment of asking, just now."""
    return await refill_store.found_by_rule(connection, place, user_ids, _id_of(now - JUST_NOW))


def stays(learner: Learner, last: Batch) -> bool:
    """Whether this lesson, the last that waits, may wait on behind a new one: nothing has changed since it was chosen but a quiz in class.

    After a quiz a whole class is chosen for at once, and each waits for the first of the new lessons only: what is finished next has
    all of them chosen anew.
    """
    newest = learner.met[0] if learner.met else None
    if newest is None or newest.source != "quiz" or learner.assigned:
        return False
    if not _id_of(learner.now - STAYS) <= last.practice_id < _id_of(newest.at):
        return False
    met = {one.question_id for one in learner.met}
    return _questions(last).isdisjoint(met | learner.barred)


def chosen(
    learner: Learner, last: Batch | None, bank: Bank, wish: Wish
) -> tuple[list[list[Pick]], bool]:
    """The next lessons of this learner, counted as given out; none where the bank has nothing. And whether `last` waits on behind them.

    It does not where the bank is too small for a whole lesson beside it.
    """
    picked: list[list[Pick]] = []
    if last is not None:
        held = _questions(last)
        knowing = replace(learner, handed=learner.handed | held)
        picked = playlist.lessons(knowing, bank.shelf, wish, AHEAD - 1, bank.given)
        ids = [one.item.question_id for picks in picked for one in picks]
        if len(ids) < wish.items * (AHEAD - 1) or not held.isdisjoint(ids):
            last = None
    if last is None:
        picked = playlist.lessons(learner, bank.shelf, wish, AHEAD, bank.given)
    bank.given.update(one.item.question_id for picks in picked for one in picks)
    return picked, last is not None


def _questions(lesson: Batch) -> set[str]:
    return {wire.parts_of(one)[0] for one in lesson.versions}


def made(
    learner: Learner, course_id: str, picked: Sequence[Sequence[Pick]], desk: Desk
) -> list[Practice]:
    """These lessons, to be kept."""
    return [
        Practice(
            practice_id=desk.new_id(),
            course_id=course_id,
            user_id=learner.user_id,
            path="warm",
            items=tuple(_chosen(one, desk.new_id()) for one in picks),
            answered=0,
            created_at=desk.now,
            finished_at=None,
        )
        for picks in picked
    ]


def _chosen(pick: Pick, item_id: str) -> Chosen:
    return Chosen(
        item_id=item_id,
        question_id=pick.item.question_id,
        version=pick.item.version,
        skills=pick.item.skills,
        difficulty=pick.item.difficulty,
        reason=pick.reason,
        chance_milli=round(pick.chance * 1000),
    )


async def settle(
    connection: asyncpg.Connection,
    place: Place,
    held: Sequence[store.Waiting],
    made: Sequence[Practice],
    never_given: Collection[str],
    now: datetime,
) -> None:
    """These learners have their lessons; lessons that were given to nobody go, of those that were `made` and of those that waited before.

    An item counts as given out once: most of what is put into the new lists has just been taken out of the old ones.
    """
    given = Counter(one.question_id for practice in made for one in practice.items)
    given.subtract(await refill_store.take_back(connection, place[0], never_given))
    await store.expose(
        connection, place, week_of(now), {name: times for name, times in given.items() if times}
    )
    await store.done(connection, place, held)


async def use_up(
    connection: asyncpg.Connection, place: Place, practices: Sequence[Practice], now: datetime
) -> None:
    """Say where the bank has too few items, by those that had to be chosen again."""
    chosen = (item for one in practices for item in one.items)
    again = {item.question_id for item in chosen if item.reason.why == "again"}
    if again:
        await refill_store.use_up(connection, place, again, now)


async def tidy(
    connection: asyncpg.Connection,
    place: Place,
    user_ids: Collection[str],
    waiting: Collection[str],
    now: datetime,
) -> None:
    """Forget counts of long ago, and of lessons that nobody began those of a month ago: among them such as were never given out."""
    before_id = _id_of(now - LOOK_BACK)
    await refill_store.forget_unbegun(connection, place, user_ids, waiting, before_id)
    weeks = timedelta(weeks=EXPOSURE_WEEKS)
    await store.forget_exposures(connection, place, week_of(now) - weeks)


def _id_of(at: datetime) -> str:
    return least_of(int(at.timestamp() * 1000))


def week_of(now: datetime) -> date:
    """The Monday of this moment."""
    return now.date() - timedelta(days=now.weekday())


def courses(
    waiting: Sequence[tuple[str, str, str, bool]], most: int
) -> Iterator[tuple[Place, list[str], bool]]:
    """Batches by course, in the order in which their first learner waits: school and course, learners, whether the first is urgent."""
    found: dict[Place, tuple[list[str], bool]] = {}
    for tenant_id, course_id, user_id, urgent in waiting:
        users, _ = found.setdefault((tenant_id, course_id), ([], urgent))
        users.append(user_id)
    for place, (users, urgent) in found.items():
        for start in range(0, len(users), most):
            yield place, users[start : start + most], urgent
