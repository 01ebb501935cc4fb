"""Who owns a class: the node's lease (one row, 3 s by the database's clock, renewed each second) and the class's epoch.

Theory of operation. A class belongs to the node that its row names for as long as that node's lease runs. A node that
cannot renew stops acting half a second before its lease can have run out; whoever takes a class over raises its epoch.
Even a node that slept through all this does no harm: the append function takes nothing under an old epoch.

Late is not lost: whoever takes a class over first deletes the row of the node that let its lease run out, and a renewal
locks that same row. So a late renewal that still finds its row knows that nobody took anything over, and the node goes
on as if nothing had been; one that finds it gone asks class by class (`look_again`) before it acts.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import structlog

from signaling.context import Clock, Database, Meters
from signaling.errors import SignalingError
from signaling.routing.place import Place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LEASE_S = 3.0
RENEW_EACH_S = 1.0
MARGIN_S = (
    0.5  # of the database's time against ours, and for what is under way when the lease runs out
)
RENEW_DEADLINE_S = LEASE_S - MARGIN_S  # an answer after that would come too late to act on
FORGET_NODES_AFTER_S = 3600.0

_PUT_OFF = """
    UPDATE nodes SET lease_until = clock_timestamp() + make_interval(secs => $2) WHERE node_id = $1
"""
_ENTER = """
    INSERT INTO nodes (node_id, lease_until, started_at)
    VALUES ($1, clock_timestamp() + make_interval(secs => $2), clock_timestamp())
"""
_BURY = """
    DELETE FROM nodes AS n USING live_classes AS c
    WHERE c.tenant_id = $1 AND c.class_id = $2 AND n.node_id = c.owner_node AND n.node_id <> $3
        AND n.lease_until <= clock_timestamp()
"""
_CLAIM = """
    INSERT INTO live_classes AS c (tenant_id, class_id, owner_node, epoch)
    SELECT $1, $2, n.node_id, 1 FROM nodes AS n
        WHERE n.node_id = $3 AND n.lease_until > clock_timestamp()
    ON CONFLICT (tenant_id, class_id) DO UPDATE
        SET owner_node = excluded.owner_node, epoch = c.epoch + 1
        WHERE c.owner_node = excluded.owner_node
            OR NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.node_id = c.owner_node)
    RETURNING epoch, seq
"""
_OWNER = """
    SELECT c.owner_node, n.lease_until FROM live_classes AS c LEFT JOIN nodes AS n ON n.node_id = c.owner_node
    WHERE c.tenant_id = $1 AND c.class_id = $2
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The class is this node's now, under a new epoch."""

    epoch: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedBy:
    """The class belongs to another node that is alive, and is so until then; None when it could not be told."""

    node_id: str | None
    lease_until: datetime | None = field(default=None, compare=False)


async def bury(database: Database, node_id: str) -> None:
    """Of a node whose process is known to have ended: others may take its classes over at once."""
    async with database.transaction(None) as tx:
        await tx.execute("DELETE FROM nodes WHERE node_id = $1", UUID(node_id))


class NodeLease:
    """The lease of this node, kept by `keep()` for as long as it runs.

    `renewals` has connections that nothing else waits for: a renewal that queues behind a busy pool is late.
    """

    def __init__(
        self,
        *,
        node_id: str,
        database: Database,
        renewals: Database,
        clock: Clock,
        meters: Meters,
    ) -> None:
        self.node_id = node_id
        self.look_again: Callable[[], Awaitable[None]] | None = None
        self._database = database
        self._renewals = renewals
        self._clock = clock
        self._meters = meters
        self._held_until = 0.0
        self._is_doubtful = True
        self._is_over = False
        self._renewed = asyncio.Event()

    def held(self) -> bool:
        """Whether this node may act as the owner of anything now."""
        return self._clock.monotonic() < self._held_until

    async def regained(self, within_s: float) -> bool:
        """Whether this node may act, now or once a late renewal has come."""
        if self.held():
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not self.held():
                    await self._renewed.wait()
        return self.held()

    async def renew(self) -> None:
        """Put the end of the lease 3 s off, counted here from before the question was asked."""
        asked_at = self._clock.monotonic()
        node = UUID(self.node_id)
        async with asyncio.timeout(RENEW_DEADLINE_S), self._renewals.transaction(None) as tx:
            if self._is_over:
                return
            if await tx.execute(_PUT_OFF, node, LEASE_S) == "UPDATE 0":
                self._is_doubtful = True
                await tx.execute(_ENTER, node, LEASE_S)
        if self._is_doubtful and self.look_again is not None:
            await self.look_again()
        self._is_doubtful = False
        if not self._is_over:
            self._held_until = asked_at + LEASE_S - MARGIN_S
            self._renewed.set()
            self._renewed = asyncio.Event()

    async def keep(self) -> None:
        """Renew each second until the release; a failure is tried again, and counted."""
        while not self._is_over:
            started_at = self._clock.monotonic()
            try:
                await self.renew()
            except Exception as error:  # noqa: BLE001 - whatever the store raises, the next second tries again
                self._meters.count("lease_renewals_failed_total")
                _log.warning("lease.not_renewed", reason=type(error).__name__)
            await asyncio.sleep(max(0.1, started_at + RENEW_EACH_S - self._clock.monotonic()))

    async def release(self) -> None:
        """Give everything up at once, so that others need not wait; rows of nodes long gone go too."""
        self._is_over = True
        self._held_until = 0.0
        async with asyncio.timeout(RENEW_DEADLINE_S), self._renewals.transaction(None) as tx:
            await tx.execute(
                """
                DELETE FROM nodes WHERE node_id = $1
                    OR lease_until < clock_timestamp() - make_interval(secs => $2)
                """,
                UUID(self.node_id),
                FORGET_NODES_AFTER_S,
            )

    async def epoch(self, place: Place) -> int:
        """The epoch of the class; 0 before its first owner."""
        async with self._database.transaction(place.tenant_id) as tx:
            epoch = await tx.fetchval(
                "SELECT epoch FROM live_classes WHERE tenant_id = $1 AND class_id = $2",
                UUID(place.tenant_id),
                UUID(place.class_id),
            )
        return epoch or 0

    async def owner(self, place: Place) -> tuple[str, int] | None:
        """The node that owns the class by its row, and its epoch; None before its first owner."""
        async with self._database.transaction(place.tenant_id) as tx:
            row = await tx.fetchrow(
                "SELECT owner_node, epoch FROM live_classes WHERE tenant_id = $1 AND class_id = $2",
                UUID(place.tenant_id),
                UUID(place.class_id),
            )
        return None if row is None else (str(row["owner_node"]), row["epoch"])

    async def claim(self, place: Place) -> Claimed | OwnedBy:
        """Take the class unless another live node owns it. Raise SignalingError when there is no such class."""
        try:
            return await self._claim(place)
        except asyncpg.ForeignKeyViolationError as error:
            raise SignalingError("There is no such class.", code="not_found") from error

    async def _claim(self, place: Place) -> Claimed | OwnedBy:
        ids = UUID(place.tenant_id), UUID(place.class_id)
        async with self._database.transaction(place.tenant_id) as tx:
            if self.held():
                await tx.execute(_BURY, *ids, UUID(self.node_id))
                row = await tx.fetchrow(_CLAIM, *ids, UUID(self.node_id))
                if row is not None:
                    return Claimed(epoch=row["epoch"], seq=row["seq"])
            owner = await tx.fetchrow(_OWNER, *ids)
        if owner is None or str(owner["owner_node"]) == self.node_id:
            return OwnedBy(node_id=None)
        return OwnedBy(node_id=str(owner["owner_node"]), lease_until=owner["lease_until"])
