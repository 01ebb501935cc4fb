"""Items that went out of use lately, of all schools: a lesson that was put into a list before asks them no more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from datetime import timedelta
from typing import Self

import structlog

from lms.errors import Unavailable
from lms.questions import store
from server.alongside import alongside
from server.clock import moment
from signaling.context import Channels, Clock, Database

CHANNEL = "lectern.withdrawn"
POLL_SECONDS = 2.0
# A look goes back over what a slow transaction may have said late; and now and then over everything, for what is in use again.
LOOK_BACK = timedelta(seconds=60)
WHOLE_EVERY = 150
# The latest of them.
MOST = 100_000

NONE: frozenset[str] = frozenset()

Hear = Callable[[str, Collection[str]], None]  # school, ids of items

_log = structlog.get_logger(__name__)


class Withdrawn:
    """What is out of use, as the database says: read again at a word from any node, and every few seconds without one."""

    def __init__(
        self, database: Database, channels: Channels, clock: Clock, *, lists_kept: timedelta
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._lists_kept = lists_kept
        self._schools: dict[str, frozenset[str]] = {}
        self._hear: Hear = lambda _tenant_id, _ids: None
        self._told = asyncio.Event()

    def of(self, tenant_id: str) -> frozenset[str]:
        """The ids of the items of this school, mostly none."""
        return self._schools.get(tenant_id, NONE)

    def subscribe(self, hear: Hear) -> None:
        """Call `hear` for each school of which other items than before are out of use, with those that came or went."""
        self._hear = hear

    async def tell(self) -> None:
        """After the commit: known here when this is over, and elsewhere a moment later; at the next look, if there is no way now."""
        with contextlib.suppress(Unavailable):
            await self._look(LOOK_BACK)
        await self._channels.publish(CHANNEL, b"")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Look, then listen and look until the end."""
        await self._look(self._lists_kept)
        await self._channels.subscribe(CHANNEL, lambda _: self._told.set())
        async with alongside(self._keep_looking()):
            try:
                yield self
            finally:
                await self._channels.unsubscribe(CHANNEL)

    async def _keep_looking(self) -> None:
        looks = 0
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._told.wait()
            self._told.clear()
            looks += 1
            try:
                await self._look(LOOK_BACK if looks % WHOLE_EVERY else self._lists_kept)
            except Unavailable:
                _log.warning("withdrawn.not_read")
                await asyncio.sleep(POLL_SECONDS)

    async def _look(self, back: timedelta) -> None:
        since = moment(self._clock.wall_ms()) - back
        async with self._database.transaction(None) as connection:
            found = await store.out_of_use(connection, since, MOST)
        before = self._schools
        stay = {} if back == self._lists_kept else before
        self._schools = {**stay, **{one: stay.get(one, NONE).union(found[one]) for one in found}}
        for tenant_id in {*before, *found}:
            changed = before.get(tenant_id, NONE) ^ self._schools.get(tenant_id, NONE)
            if changed:
                self._hear(tenant_id, changed)
