"""The relay: gives the events of the outbox their numbers, and copies them to the streams.

One relay at a time numbers. It may die between the two steps: the log has the events, and readers look there for what
the streams lack.
"""

from collections.abc import Sequence

import msgspec
import structlog

from lms import outbox
from lms.outbox import Logged
from lms.projections import log
from server.failpoints import reach
from server.storage.streams import Part, StreamsAwayError
from workers.means import Means

LOCK_KEY = 0x1EC7E4D
BATCH_ROWS = 500
PART_EVENTS = 100
# A batch costs much more than an event in it: what comes within a tenth of a second goes together.
SHORT_REST_SECONDS = 0.1
LONG_REST_SECONDS = 0.25
AWAY_SECONDS = 1.0
MEASURE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Relay:
    """Implements workers.runner.Worker."""

    name = "relay"

    def __init__(self, means: Means) -> None:
        self._means = means
        self._rest = SHORT_REST_SECONDS
        self._checked = False
        self._streams_at = 0.0  # not before
        self._measure_at = 0.0
        self._letters: dict[str, int] = {}

    async def round(self) -> float:
        """Number a batch. While there is nothing the looks become rarer, for an empty look is not free."""
        await self._measure()
        events = await self._number()
        if not events:
            self._rest = min(LONG_REST_SECONDS, self._rest * 1.2)
            return self._rest
        self._means.meters.count("events_numbered_total", by=len(events))
        reach("relay.before_xadd")
        await self._copy(events)
        self._rest = SHORT_REST_SECONDS
        return 0.0 if len(events) == BATCH_ROWS else self._rest

    async def end(self) -> None:
        """Nothing is held."""

    async def _number(self) -> list[Logged]:
        async with self._means.database.statement() as connection:
            if await outbox.is_empty(connection):
                return []
        async with self._means.database.transaction(None) as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK_KEY):
                return []
            return await outbox.number(connection, BATCH_ROWS)

    async def _copy(self, events: Sequence[Logged]) -> None:
        if self._means.steady() < self._streams_at:
            return
        try:
            if not self._checked:
                await self._forget_other_lives()
            await self._means.streams.add(parts(events))
        except StreamsAwayError as error:
            self._streams_at = self._means.steady() + AWAY_SECONDS
            self._checked = False
            self._means.meters.count("streams_away_total")
            _log.warning("relay.streams_away", reason=str(error))

    async def _forget_other_lives(self) -> None:
        """A database that was put back to an earlier day has a shorter log than the streams tell of."""
        tops = await self._means.streams.tops()
        async with self._means.database.statement() as connection:
            heads = await log.heads(connection)
        for shard, top in tops.items():
            if top > heads[shard]:
                _log.warning("relay.stream_forgotten", shard=shard, top=top, head=heads[shard])
                await self._means.streams.forget(shard)
        self._checked = True

    async def _measure(self) -> None:
        if self._means.steady() < self._measure_at:
            return
        self._measure_at = self._means.steady() + MEASURE_SECONDS
        async with self._means.database.statement() as connection:
            rows, age = await outbox.waiting(connection)
            letters = await log.dead(connection)
        self._means.meters.gauge("outbox_waiting", rows)
        self._means.meters.gauge("outbox_oldest_seconds", age)
        self._letters = {**dict.fromkeys(self._letters, 0), **letters}
        for reader, count in self._letters.items():
            self._means.meters.gauge("dead_letters", count, {"reader": reader})


def parts(events: Sequence[Logged]) -> list[Part]:
    """The events of each shard as entries of its stream, a few in each: an entry costs more than an event."""
    shards: dict[int, list[Logged]] = {}
    for event in events:
        shards.setdefault(event.shard, []).append(event)
    return [
        Part(shard=shard, seq=run[-1].seq, body=msgspec.json.encode(run))
        for shard, whole in shards.items()
        for start in range(0, len(whole), PART_EVENTS)
        if (run := whole[start : start + PART_EVENTS])
    ]
