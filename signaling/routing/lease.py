"""Who owns a class: the node's lease (one row, 3 s by the database's clock, renewed each second) and the class's epoch.

Theory of operation. A class belongs to the node that its row names for as long as that node's lease runs. A node that
cannot renew stops owning half a second before its lease can have run out; whoever takes a class over raises its epoch.
Even a node that slept through all this does no harm: the append function takes nothing under an old epoch.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog

from signaling.context import Clock, Database, Meters
from signaling.errors import SignalingError
from signaling.routing.place import Place

LEASE_S = 3.0
RENEW_EACH_S = 1.0
RENEW_DEADLINE_S = 1.5
MARGIN_S = (
    0.5  # of the database's time against ours, and for what is under way when the lease runs out
)
FORGET_NODES_AFTER_S = 3600.0

_CLAIM = """
    INSERT INTO live_classes AS c (tenant_id, class_id, owner_node, epoch)
    SELECT $1, $2, n.node_id, 1 FROM nodes AS n
        WHERE n.node_id = $3 AND n.lease_until > clock_timestamp()
    ON CONFLICT (tenant_id, class_id) DO UPDATE
        SET owner_node = excluded.owner_node, epoch = c.epoch + 1
        WHERE c.owner_node = excluded.owner_node OR NOT EXISTS (
            SELECT 1 FROM nodes AS n
            WHERE n.node_id = c.owner_node AND n.lease_until > clock_timestamp())
    RETURNING epoch, seq
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """The class is this node's now, under a new epoch."""

    epoch: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedBy:
    """The class belongs to another node that is alive; None when it could not be told."""

    node_id: str | None


class NodeLease:
    """The lease of this node, kept by `keep()` for as long as it runs."""

    def __init__(self, *, node_id: str, database: Database, clock: Clock, meters: Meters) -> None:
        self.node_id = node_id
        self._database = database
        self._clock = clock
        self._meters = meters
        self._held_until = 0.0

    def held(self) -> bool:
        """Whether this node may still act as the owner of anything."""
        return self._clock.monotonic() < self._held_until

    async def renew(self) -> None:
        """Put the end of the lease 3 s off, counted here from before the question was asked."""
        asked_at = self._clock.monotonic()
        async with asyncio.timeout(RENEW_DEADLINE_S), self._database.transaction(None) as tx:
            await tx.execute(
                """
                INSERT INTO nodes (node_id, lease_until, started_at)
                VALUES ($1, clock_timestamp() + make_interval(secs => $2), clock_timestamp())
                ON CONFLICT (node_id) DO UPDATE SET lease_until = excluded.lease_until
                """,
                UUID(self.node_id),
                LEASE_S,
            )
        self._held_until = asked_at + LEASE_S - MARGIN_S

    async def keep(self) -> None:
        """Renew each second for ever; a failure is tried again, and counted."""
        while True:
            started_at = self._clock.monotonic()
            try:
                await self.renew()
            except Exception as error:  # noqa: BLE001 - whatever the store raises, the next second tries again
                self._meters.count("lease_renewals_failed_total")
                _log.warning("lease.not_renewed", reason=type(error).__name__)
            await asyncio.sleep(max(0.1, started_at + RENEW_EACH_S - self._clock.monotonic()))

    async def release(self) -> None:
        """Give everything up at once, so that others need not wait; rows of nodes long gone go too."""
        self._held_until = 0.0
        async with asyncio.timeout(RENEW_DEADLINE_S), self._database.transaction(None) as tx:
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

    async def claim(self, place: Place) -> Claimed | OwnedBy:
        """Take the class unless another live node owns it. Raise SignalingError when there is no such class."""
        try:
            return await self._claim(place)
        except asyncpg.ForeignKeyViolationError as error:
            raise SignalingError("There is no such class.", code="not_found") from error

    async def _claim(self, place: Place) -> Claimed | OwnedBy:
        ids = UUID(place.tenant_id), UUID(place.class_id)
        async with self._database.transaction(place.tenant_id) as tx:
            row = await tx.fetchrow(_CLAIM, *ids, UUID(self.node_id)) if self.held() else None
            if row is not None:
                return Claimed(epoch=row["epoch"], seq=row["seq"])
            owner = await tx.fetchval(
                "SELECT owner_node FROM live_classes WHERE tenant_id = $1 AND class_id = $2", *ids
            )
        known = owner is not None and str(owner) != self.node_id
        return OwnedBy(node_id=str(owner) if known else None)
