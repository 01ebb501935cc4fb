"""Reads the events for a group of readers: from the streams while they are there, from the log for what they lack."""

import asyncio
import random
from collections.abc import Iterator, Sequence

import msgspec
import structlog

from lms.errors import Unavailable
from lms.outbox import Logged
from lms.projections import log, service
from lms.projections.readers import Reader
from server.failpoints import reach
from server.storage.streams import Part, StreamsAwayError
from workers import backoff
from workers.means import Means

LOOK_SECONDS = 0.5
CLAIM_SECONDS = 5.0
AWAY_REST_SECONDS = 0.2
TRIES = 5
PARTS = 50
LOG_ROWS = 1000

_log = structlog.get_logger(__name__)
_decoder = msgspec.json.Decoder(list[Logged])


class Reading:
    """One consumer of a group. Whatever comes twice, late, or with a gap before it: the positions say what is new."""

    def __init__(
        self,
        group: str,
        readers: Sequence[Reader],
        means: Means,
        *,
        batch_events: int,
        linger_seconds: float = 0.0,
    ) -> None:
        self._group = group
        self._readers = readers
        self._names = [reader.name for reader in readers]
        self._hears = frozenset().union(*(reader.hears for reader in readers))
        self._means = means
        self._batch_events = batch_events
        self._linger_seconds = linger_seconds
        self._registered = False
        self._joined = False
        self._heads: dict[int, int] = {}  # as they were at the look before
        self._behind = False
        self._look_at = 0.0
        self._claim_at = 0.0
        self._streams_at = 0.0

    async def round(self) -> float:
        """Take in what is new; how many seconds to rest, for the streams have waited already while they are there."""
        if not self._registered:
            async with self._means.database.transaction(None) as connection:
                await log.register(connection, self._names)
            self._registered = True
        # Far behind, the log is read as fast as it goes: what the streams have comes after it.
        parts = [] if self._behind else await self._arrived()
        if parts:
            await self._take(self._decoded(parts))
            await self._done(parts)
        if self._means.steady() >= self._look_at:
            self._behind = await self._look()
            self._look_at = self._means.steady() + (0.0 if self._behind else LOOK_SECONDS)
        if not self._joined:
            return 0.0 if self._behind else AWAY_REST_SECONDS
        return self._linger_seconds if parts else 0.0

    async def end(self) -> None:
        """Leave the group: what was not finished is in the log."""
        await self._means.streams.leave(self._group, self._means.consumer)

    async def _arrived(self) -> list[Part]:
        now = self._means.steady()
        if now < self._streams_at:
            return []
        streams, consumer = self._means.streams, self._means.consumer
        try:
            if not self._joined:
                await streams.join(self._group)
                self._joined = True
            if now >= self._claim_at:
                self._claim_at = now + CLAIM_SECONDS
                claimed = await streams.claim(self._group, consumer)
                if claimed:
                    self._means.meters.count("stream_parts_claimed_total", by=len(claimed))
                    return claimed
            return await streams.read(self._group, consumer, PARTS)
        except StreamsAwayError as error:
            self._lost(error)
            return []

    def _decoded(self, parts: Sequence[Part]) -> list[Logged]:
        """What somebody else wrote there is passed over: the log has what belongs in its place."""
        found: list[Logged] = []
        for part in parts:
            try:
                found += _decoder.decode(part.body)
            except msgspec.DecodeError:
                self._means.meters.count("stream_parts_unreadable_total")
        return found

    async def _done(self, parts: Sequence[Part]) -> None:
        try:
            await self._means.streams.done(self._group, parts)
        except StreamsAwayError as error:
            self._lost(error)

    def _lost(self, error: StreamsAwayError) -> None:
        """Redis is away, or has forgotten everything: the group is joined anew, and the log is read meanwhile."""
        if self._joined:
            _log.warning("reading.streams_away", group=self._group, reason=str(error))
        self._joined = False
        self._streams_at = self._means.steady() + backoff.pause(
            1,
            random.random(),  # noqa: S311 - jitter
        )

    async def _look(self) -> bool:
        """Read from the log what should have come by now: what was there at the look before, or all while Redis is away.

        True when there is more of it.
        """
        async with self._means.database.statement() as connection:
            lags = await log.lags(connection, self._names)
        overdue: dict[int, int] = {}
        heads = {lag.shard: lag.head for shards in lags.values() for lag in shards}
        for name, shards in lags.items():
            behind = sum(lag.head - lag.seq for lag in shards)
            self._means.meters.gauge("projection_lag_events", behind, {"reader": name})
            for lag in shards:
                due = self._heads.get(lag.shard, lag.head) if self._joined else lag.head
                if lag.seq < due:
                    overdue[lag.shard] = min(lag.seq, overdue.get(lag.shard, lag.seq))
        full = False
        for shard, seq in overdue.items():
            async with self._means.database.statement() as connection:
                events = await log.read(connection, shard, seq, heads[shard], LOG_ROWS)
            self._means.meters.count("events_read_from_log_total", by=len(events))
            await self._take(events)
            full = full or len(events) == LOG_ROWS
        self._heads = heads
        return full

    async def _take(self, events: Sequence[Logged]) -> None:
        for batch in self._batches(events):
            try:
                await self._take_at_once(self._readers, batch)
            except (Unavailable, OSError):
                raise
            except Exception:  # noqa: BLE001 - one of them cannot be taken in: which one is found out
                await self._one_by_one(batch)

    def _batches(self, events: Sequence[Logged]) -> Iterator[Sequence[Logged]]:
        """Each a transaction: so many events that are heard, and those between them that nobody hears."""
        start = heard = 0
        for end, event in enumerate(events, start=1):
            heard += event.name in self._hears
            if heard == self._batch_events:
                yield events[start:end]
                start, heard = end, 0
        if start < len(events):
            yield events[start:]

    async def _take_at_once(self, readers: Sequence[Reader], events: Sequence[Logged]) -> None:
        async with self._means.database.transaction(None) as connection:
            new = await service.take(connection, readers, events)
            if new:
                reach(f"{self._group}.before_commit")
        self._means.meters.count("events_taken_total", {"group": self._group}, by=new)

    async def _one_by_one(self, events: Sequence[Logged]) -> None:
        for event in sorted(events, key=lambda event: (event.shard, event.seq)):
            for reader in self._readers:
                await self._take_or_bury(reader, event)

    async def _take_or_bury(self, reader: Reader, event: Logged) -> None:
        for tries in range(1, TRIES + 1):
            try:
                await self._take_at_once([reader], [event])
            except (Unavailable, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with it, those after it wait
                if tries == TRIES:
                    await self._bury(reader, event, error)
                    return
                await asyncio.sleep(backoff.pause(tries, random.random(), first=0.02))  # noqa: S311 - jitter
            else:
                return

    async def _bury(self, reader: Reader, event: Logged, error: Exception) -> None:
        async with self._means.database.transaction(None) as connection:
            buried = await service.pass_over(connection, reader, event, type(error).__name__)
        if not buried:  # it is one before it that fails: the next look finds that first
            return
        self._means.meters.count("dead_letters_total", {"reader": reader.name})
        _log.error(
            "event.buried", reader=reader.name, shard=event.shard, seq=event.seq, exc_info=error
        )
