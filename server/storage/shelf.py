"""What was made once and never changes under its name: kept while it is used, made once however many ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from lms.errors import Unavailable
from signaling.context import Meters

Value = TypeVar("Value")
# The missing names -> what could be made of them.
Make = Callable[[Sequence[str]], Awaitable[Mapping[str, Value]]]

MAKE_SECONDS = 10.0
# So many lookups are told to the meters at once.
TELL_EVERY = 64


class Shelf(Generic[Value]):
    """Values by room (a school) and name, in two halves: when the new one is full the old one goes, and what was used meanwhile stays.

    So a hit costs one look into a dictionary and moves nothing. A name must say which version it is of, as what is here is not
    asked for again.
    """

    def __init__(
        self, name: str, meters: Meters, *, most: int, weigh: Callable[[Value], int] = lambda _: 1
    ) -> None:
        self._labels = {"shelf": name}
        self._meters = meters
        self._half = max(1, most // 2)
        self._weigh = weigh
        self._new: dict[str, dict[str, Value]] = {}
        self._old: dict[str, dict[str, Value]] = {}
        self._weight = 0
        self._under_way: dict[tuple[str, str], asyncio.Future[Value | None]] = {}
        self._hits = self._misses = self._untold = 0

    def here(self, room: str, names: Sequence[str]) -> list[Value] | None:
        """All of these at once, or None when one is missing."""
        values = self._new.get(room)
        try:
            found = [values[name] for name in names] if values is not None else None
        except KeyError:
            found = None
        if found is None:
            found = self._kept(room, names)
        if found is not None:
            self._count(len(found), 0)
        return found

    def _kept(self, room: str, names: Sequence[str]) -> list[Value] | None:
        found = [self._find(room, name) for name in names]
        whole = [one for one in found if one is not None]
        return whole if len(whole) == len(names) else None

    def _find(self, room: str, name: str) -> Value | None:
        value = self._new.get(room, {}).get(name)
        if value is None:
            value = self._old.get(room, {}).get(name)
            if value is not None:
                self._put(room, name, value)
        return value

    def forget(self, room: str, gone: Callable[[str], bool]) -> None:
        """Let these names of a room be made anew when they are asked for next."""
        for values in (self._new.get(room, {}), self._old.get(room, {})):
            for name in [name for name in values if gone(name)]:
                del values[name]

    async def all(self, room: str, names: Sequence[str], make: Make[Value]) -> list[Value | None]:
        """Each of these, made if it is missing; None for what cannot be made."""
        found = {name: self._find(room, name) for name in names}
        missing = [name for name, value in found.items() if value is None]
        self._count(len(names) - len(missing), len(missing))
        if missing:
            try:
                async with asyncio.timeout(MAKE_SECONDS):
                    found.update(await self._made(room, missing, make))
            except TimeoutError as error:
                raise Unavailable(
                    "this takes too long right now: try again in a moment"
                ) from error
        return [found[name] for name in names]

    async def one(self, room: str, name: str, make: Make[Value]) -> Value | None:
        """This one."""
        return (await self.all(room, [name], make))[0]

    async def _made(
        self, room: str, names: Sequence[str], make: Make[Value]
    ) -> Mapping[str, Value | None]:
        """By one task for all who ask meanwhile, which goes on when the first of them has gone."""
        mine = [name for name in names if (room, name) not in self._under_way]
        if mine:
            loop = asyncio.get_running_loop()
            for name in mine:
                self._under_way[room, name] = loop.create_future()
            task = loop.create_task(self._make(room, mine, make))
            task.add_done_callback(lambda done: done.exception())
        waited = [self._under_way[room, name] for name in names]
        values = await asyncio.gather(*(asyncio.shield(one) for one in waited))
        return dict(zip(names, values, strict=True))

    async def _make(self, room: str, names: Sequence[str], make: Make[Value]) -> None:
        futures = {name: self._under_way[room, name] for name in names}
        try:
            made = await make(names)
            for name, value in made.items():
                self._put(room, name, value)
            for name, future in futures.items():
                future.set_result(made.get(name))
        except BaseException as error:
            for future in futures.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # whoever waited is told; nobody may have
            raise
        finally:
            for name in names:
                del self._under_way[room, name]

    def _put(self, room: str, name: str, value: Value) -> None:
        self._new.setdefault(room, {})[name] = value
        self._weight += self._weigh(value)
        if self._weight > self._half:
            self._old, self._new, self._weight = self._new, {}, 0

    def _count(self, hits: int, misses: int) -> None:
        self._hits += hits
        self._misses += misses
        self._untold += 1
        if misses or self._untold >= TELL_EVERY:
            for found, by in (("hit", self._hits), ("miss", self._misses)):
                if by:
                    self._meters.count("shelf_looks_total", {**self._labels, "found": found}, by)
            self._hits = self._misses = self._untold = 0
