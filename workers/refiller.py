"""The refiller: chooses the next lessons of learners, course by course, and puts them where starting one is a single pop.

A lesson is written down before it can be given out; the list of a learner is replaced whole, if nobody has taken from it since it was
read; what waits for lessons is crossed off last. So it may be killed anywhere: what it began is done again, and nobody is given one
lesson twice. It stands behind everything that somebody waits for: one batch at a time, and a pause after each that is not urgent.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import asyncpg

from lms.adaptive import store
from lms.adaptive.needs import Learner, Wish
from lms.adaptive.store import Waiting
from lms.attempts.model import Desk
from lms.errors import Unavailable
from lms.practice import refill_store, refilling, wire
from lms.practice.refill_store import Place
from lms.practice.refilling import Bank
from server.failpoints import reach
from server.storage.playlists import AT_ONCE, PlaylistsAwayError, Swap
from workers.means import Means

if TYPE_CHECKING:
    from lms.practice.model import Practice

TAKEN_AT_ONCE = 400
BATCH_LEARNERS = 200
# What so many learners have answered lately is held at once.
READ_AT_ONCE = 50
# Who was killed while choosing is waited for so long.
HELD = timedelta(seconds=10)
AGAIN_AFTER = timedelta(milliseconds=500)
# So often in a row for those who are given lessons by rule meanwhile.
MAKES = 3
# After a batch that nobody waits for.
PAUSE_SECONDS = 0.2
REST_SECONDS = 0.25
LONG_REST_SECONDS = 0.4
BANKS = 16
BANK_SECONDS = 60.0

# How it went for a learner: written; to be done again, for the list was taken from meanwhile; Redis left it open; nothing to give.
How = Literal["written", "again", "unknown", "empty"]
DONE: tuple[How, ...] = ("written", "empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    version: object
    bank: Bank
    until: float


class Refiller:
    """Implements workers.runner.Worker."""

    name = "refiller"

    def __init__(self, means: Means, *, ttl_seconds: int) -> None:
        self._means = means
        self._playlists = means.playlists
        self._ttl_seconds = ttl_seconds
        self._banks: OrderedDict[Place, _Kept] = OrderedDict()
        self._rest = REST_SECONDS

    async def round(self) -> float:
        """Choose for one batch of learners of one course: the first that wait urgently, or else longest."""
        now = self._means.now()
        async with self._means.database.statement() as connection:
            found = await store.to_do(connection, now, TAKEN_AT_ONCE)
        self._means.meters.gauge("refills_waiting", len(found))
        batch = next(refilling.courses(found, BATCH_LEARNERS), None)
        if batch is None:
            self._means.meters.gauge("refill_lag_seconds", 0.0)
            self._rest = min(LONG_REST_SECONDS, self._rest * 1.3)
            return self._rest
        self._rest = REST_SECONDS
        place, user_ids, urgent = batch
        await self._refill(place, user_ids, urgent=urgent)
        return 0.0 if urgent else PAUSE_SECONDS

    async def end(self) -> None:
        """What is held is held for a moment only."""

    async def _refill(self, place: Place, user_ids: Sequence[str], *, urgent: bool) -> None:
        began, now = self._means.steady(), self._means.now()
        async with self._means.database.transaction(place[0]) as connection:
            held = await store.hold(connection, place, user_ids, now, now + HELD)
        if not held:
            return
        lag = max((now - one.asked_at).total_seconds() for one in held)
        self._means.meters.gauge("refill_lag_seconds", max(lag, 0.0))
        try:
            await self._fill(place, held)
        except Exception:
            await self._let_go(place, held)
            raise
        took = self._means.steady() - began
        self._means.meters.observe("refill_seconds", took, {"urgent": str(urgent).lower()})

    async def _let_go(self, place: Place, held: Sequence[Waiting]) -> None:
        """Whatever it was: nobody is to wait until the hold runs out."""
        with contextlib.suppress(Unavailable, OSError):
            async with self._means.database.transaction(place[0]) as connection:
                users, again_at = [one.user_id for one in held], self._means.now() + AGAIN_AFTER
                await store.give_back(connection, place, users, again_at)

    async def _fill(self, place: Place, held: Sequence[Waiting]) -> None:
        batch = _Batch(place=place, held=held, waiting=await self._waiting(place, held))
        users: Collection[str] = list(batch.waiting)
        for _ in range(MAKES):
            await self._make(batch, users)
            reach("refiller.before_push")
            users = await self._push(batch, users)
            if not users:
                break
        reach("refiller.after_push")
        await self._settle(batch)

    async def _waiting(self, place: Place, held: Sequence[Waiting]) -> dict[str, list[bytes]]:
        """What waits for each of them now."""
        users = [one.user_id for one in held]
        found = await self._playlists.waiting([(*place, user_id) for user_id in users])
        return dict(zip(users, found, strict=True))

    async def _make(self, batch: "_Batch", user_ids: Collection[str]) -> None:
        """New lessons, written down; of those who do not learn here any more, none."""
        now, place, users = self._means.now(), batch.place, sorted(user_ids)
        async with self._means.database.transaction(place[0]) as connection:
            bank = await self._bank(connection, place)
            wish = await refilling.wish(connection, place[0])
            batch.by_rule = await refilling.found_by_rule(connection, place, users, now)
        practices: list[Practice] = []
        for start in range(0, len(users), READ_AT_ONCE):
            part = users[start : start + READ_AT_ONCE]
            async with self._means.database.transaction(place[0]) as connection:
                learners = await refilling.learners(*(connection, place, part, batch.listed, now))
            for learner in learners:
                practices += self._chosen(batch, learner, bank, wish)
                await asyncio.sleep(0)  # what else this process does is not kept waiting
        if practices:
            async with self._means.database.transaction(place[0]) as connection:
                await refill_store.add_all(connection, place[0], practices)
            batch.kept += practices

    def _chosen(
        self, batch: "_Batch", learner: Learner, bank: Bank, wish: Wish
    ) -> Sequence["Practice"]:
        """The new lessons of a learner."""
        user_id = learner.user_id
        last = batch.last(user_id)
        last = last if last is not None and refilling.stays(learner, last) else None
        picked, stays = refilling.chosen(learner, last, bank, wish)
        desk = Desk(now=learner.now, new_id=self._means.new_id)
        batch.made[user_id] = refilling.made(learner, batch.place[1], picked, desk)
        if stays:
            batch.stays[user_id] = batch.waiting[user_id][-1]
        return batch.made[user_id]

    async def _bank(self, connection: asyncpg.Connection, place: Place) -> Bank:
        """The bank of a course: read again when it has changed, and now and then for what was given out meanwhile."""
        version = await refill_store.bank_version(connection, place)
        kept = self._banks.pop(place, None)
        steady = self._means.steady()
        if kept is None or kept.version != version or steady >= kept.until:
            bank = await refilling.bank(connection, place, self._means.now())
            kept = _Kept(version=version, bank=bank, until=steady + BANK_SECONDS)
        self._banks[place] = kept
        while len(self._banks) > BANKS:
            self._banks.popitem(last=False)
        return kept.bank

    async def _push(self, batch: "_Batch", user_ids: Collection[str]) -> set[str]:
        """Into the lists, while nobody can be taken out of the course; for those who do not learn here, nothing waits any more.

        Those for whom lessons are to be chosen again: they were given one by rule since, or are at this moment, and it may have the
        same items. There are few of them, and so one who asks faster than lessons are chosen for a class finds one waiting all the same.
        """
        place, users = batch.place, set(user_ids)
        async with self._means.database.transaction(place[0]) as connection:
            learning = await refill_store.learning(connection, place, users, lock=True)
            full = {one for one in learning & users if batch.made.get(one)}
            free = await refill_store.hold_all(connection, place, full)
            by_rule = await refilling.found_by_rule(connection, place, full, self._means.now())
            overtaken = full - free | {user_id for user_id, _ in by_rule - batch.by_rule}
            await self._write_all(batch, full - overtaken)
            empty = users - full
            await self._playlists.drop([(*place, user_id) for user_id in empty])
            batch.how |= dict.fromkeys(empty, "empty")
        batch.put_away(overtaken)
        return overtaken

    async def _write_all(self, batch: "_Batch", user_ids: Collection[str]) -> None:
        users = sorted(user_ids)
        for start in range(0, len(users), AT_ONCE):
            part = users[start : start + AT_ONCE]
            swaps = [batch.swap(user_id) for user_id in part]
            try:
                written = await self._playlists.replace(swaps, self._ttl_seconds)
            except PlaylistsAwayError:
                # Who waits for a lesson by rule meanwhile waits for Redis once, and not for each of the others.
                batch.how |= dict.fromkeys(users[start:], "unknown")
                return
            for user_id, done in zip(part, written, strict=True):
                batch.how[user_id] = "written" if done else "again"

    async def _settle(self, batch: "_Batch") -> None:
        """Cross off who has lessons now, let go of the others, and forget lessons that nobody was given."""
        finished = [one for one in batch.held if batch.how.get(one.user_id) in DONE]
        others = [one.user_id for one in batch.held if batch.how.get(one.user_id) not in DONE]
        async with self._means.database.transaction(batch.place[0]) as connection:
            now = self._means.now()
            await refilling.settle(
                *(connection, batch.place, finished, batch.kept, batch.never_given, now)
            )
            await store.give_back(connection, batch.place, others, now + AGAIN_AFTER)
            users = list(batch.waiting)
            await refilling.tidy(connection, batch.place, users, batch.listed, now)
            await refilling.use_up(connection, batch.place, batch.kept, now)
        for one in batch.held:
            how = batch.how.get(one.user_id, "again")
            self._means.meters.count("refills_total", {"how": how})


class _Batch:
    """Some learners of a course while their lessons are chosen: what waited for each, what was made, and how that went."""

    def __init__(
        self, *, place: Place, held: Sequence[Waiting], waiting: Mapping[str, list[bytes]]
    ) -> None:
        self.place, self.held, self.waiting = place, held, waiting
        self.by_rule: set[tuple[str, str]] = set()
        self.made: dict[str, list[Practice]] = {}
        self.kept: list[Practice] = []
        # What waits on behind what was made.
        self.stays: dict[str, bytes] = {}
        self.how: dict[str, How] = {}
        self._overtaken: set[str] = set()
        self._urgent = {one.user_id for one in held if one.urgent}

    def last(self, user_id: str) -> wire.Batch | None:
        """The last lesson that waits for a learner who waits for another one now."""
        waiting = self.waiting[user_id]
        if user_id not in self._urgent or not waiting:
            return None
        with contextlib.suppress(ValueError):
            return wire.unpacked(waiting[-1])
        return None

    def swap(self, user_id: str) -> Swap:
        """What waits for a learner, and what is to wait instead."""
        made, behind = self.made[user_id], [self.stays[user_id]] if user_id in self.stays else []
        count = len(made) + len(behind)
        lessons = [
            wire.packed(one.practice_id, one.items, count - place)
            for place, one in enumerate(made, start=1)
        ]
        return (*self.place, user_id), self.waiting[user_id], lessons + behind

    def put_away(self, user_ids: Collection[str]) -> None:
        """The lessons that were made for these are given to nobody."""
        for user_id in user_ids:
            self._overtaken |= {one.practice_id for one in self.made.pop(user_id, ())}
            self.stays.pop(user_id, None)

    @property
    def waiting_ids(self) -> set[str]:
        """The lessons that waited, given to nobody yet."""
        return {one for some in self.waiting.values() for one in _practice_ids(some)}

    @property
    def listed(self) -> set[str]:
        """The lessons that may wait now."""
        made = {one.practice_id for some in self.made.values() for one in some}
        return self.waiting_ids | made | self._overtaken

    @property
    def never_given(self) -> set[str]:
        """Lessons that are in no list any more, or never were: of those that waited where new ones stand, of the new ones elsewhere."""
        found = set(self._overtaken)
        for user_id in self.waiting:
            how = self.how.get(user_id, "again")
            if how == "written":
                gone = [one for one in self.waiting[user_id] if one != self.stays.get(user_id)]
                found |= _practice_ids(gone)
            if how in ("again", "empty"):
                found |= {one.practice_id for one in self.made.get(user_id, ())}
        return found


def _practice_ids(elements: Sequence[bytes]) -> set[str]:
    """Of what somebody else wrote there, none."""
    found = set()
    for element in elements:
        with contextlib.suppress(ValueError):
            found.add(wire.unpacked(element).practice_id)
    return found
