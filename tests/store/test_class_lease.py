"""A lease that is late: the node waits, and goes on as if nothing had been unless somebody took its classes over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from signaling import protocol as wire
from signaling.classroom.letters import CommandAsk, Decided
from signaling.routing.lease import LEASE_S, MARGIN_S, Claimed, NodeLease, OwnedBy
from signaling.routing.place import Place
from tests.support.class_nodes import Enter, Node, a_class, browsers, new_id, running_node

pytestmark = [pytest.mark.store, pytest.mark.drill]

HELD_S = LEASE_S - MARGIN_S


class Hand:
    """A clock that a test turns."""

    now = 100.0

    def wall_ms(self) -> int:
        return int(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


def a_lease(database: Database, clock: Hand) -> NodeLease:
    return NodeLease(
        node_id=new_id(),
        database=database,
        renewals=database,
        clock=clock,
        meters=PrometheusMeters(),
    )


async def run_out(database: Database, node_id: str) -> None:
    """The lease of this node is over by the database's clock."""
    async with database.transaction(None) as tx:
        await tx.execute(
            "UPDATE nodes SET lease_until = clock_timestamp() WHERE node_id = $1::text::uuid",
            node_id,
        )


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


async def test_a_late_renewal_that_nobody_used_doubts_nothing(database: Database) -> None:
    clock, doubts = Hand(), list[float]()
    lease = a_lease(database, clock)
    place = await a_class(database)

    async def look_again() -> None:
        doubts.append(clock.now)

    lease.look_again = look_again
    await lease.renew()
    first = await lease.claim(place)
    clock.now += HELD_S
    assert not lease.held()
    await run_out(database, lease.node_id)

    await lease.renew()

    assert lease.held()
    assert doubts == [100.0]  # the very first renewal knows of nothing before it
    assert isinstance(first, Claimed)
    assert await lease.owner(place) == (lease.node_id, first.epoch)


async def test_a_late_renewal_learns_that_another_took_over(database: Database) -> None:
    clock = Hand()
    late, other = a_lease(database, clock), a_lease(database, clock)
    mine, lost = await a_class(database), await a_class(database)
    await late.renew()
    await other.renew()
    for place in (mine, lost):
        assert await late.claim(place) == Claimed(epoch=1, seq=0)
    assert await other.claim(lost) == OwnedBy(node_id=late.node_id)
    await run_out(database, late.node_id)
    assert await other.claim(lost) == Claimed(epoch=2, seq=0)
    owners = list[tuple[str, int] | None]()

    async def look_again() -> None:
        assert not late.held()  # it does not act before it has looked
        owners.extend([await late.owner(mine), await late.owner(lost)])

    clock.now += HELD_S
    late.look_again = look_again
    await late.renew()

    assert owners == [(late.node_id, 1), (other.node_id, 2)]
    assert late.held()
    assert await other.claim(mine) == OwnedBy(node_id=late.node_id)


async def test_a_look_that_fails_is_taken_again_before_the_lease_is_used(
    database: Database,
) -> None:
    clock = Hand()
    lease = a_lease(database, clock)
    looks = list[int]()

    async def look_again() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise ConnectionError

    lease.look_again = look_again
    with pytest.raises(ConnectionError):
        await lease.renew()
    assert not lease.held()
    await lease.renew()
    assert lease.held()
    await lease.renew()
    assert len(looks) == 2


async def test_who_waits_for_a_late_lease_goes_on_with_its_renewal(database: Database) -> None:
    clock = Hand()
    lease = a_lease(database, clock)
    await lease.renew()
    clock.now += HELD_S
    assert not await lease.regained(0.01)
    waiting = asyncio.ensure_future(lease.regained(30))
    await asyncio.sleep(0)
    await lease.renew()
    assert await waiting


async def test_a_released_lease_stays_released(database: Database) -> None:
    clock = Hand()
    lease = a_lease(database, clock)
    await lease.renew()
    await lease.release()
    await lease.renew()
    assert not lease.held()
    async with database.transaction(None) as tx:
        assert not await tx.fetchval(
            "SELECT count(*) FROM nodes WHERE node_id = $1::text::uuid", lease.node_id
        )


async def test_a_renewal_does_not_wait_for_a_busy_pool(
    database_url: str, database: Database
) -> None:
    clock = Hand()
    async with (
        Database(database_url, pool_size=1, statement_timeout_ms=5000) as busy,
        busy.transaction(None),
    ):
        lease = NodeLease(
            node_id=new_id(),
            database=busy,
            renewals=database,
            clock=clock,
            meters=PrometheusMeters(),
        )
        await lease.renew()
        assert lease.held()


async def _lapse(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the node renews nothing, and its lease is over."""

    async def cannot() -> None:
        raise TimeoutError

    monkeypatch.setattr(node.hub._lease, "renew", cannot)
    monkeypatch.setattr(node.hub._lease, "_held_until", 0.0)


async def test_a_class_waits_for_a_late_lease_and_goes_on_in_its_epoch(
    database: Database, valkey_url: str, enter: Enter
) -> None:
    place = await a_class(database)
    async with running_node(database, valkey_url) as node:
        ann, bob = await enter(place, "ann", node), await enter(place, "bob", node)
        assert (await ann.command("chat.send", text="before"))["ok"]
        with pytest.MonkeyPatch.context() as stalled:
            await _lapse(node, stalled)
            saying = asyncio.ensure_future(ann.command("chat.send", text="meanwhile"))
            asking = CommandAsk(place=place, by="bob", command=wire.HandRaise(id="up"))
            raising = asyncio.ensure_future(node.hub._classes.ask(asking))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(raising), 0.5)
            assert not saying.done()
            assert not raising.done()
            assert bob.texts == ["before"]

        assert (await saying)["ok"]
        assert isinstance(await raising, Decided)
        await bob.until(lambda: bob.texts == ["before", "meanwhile"])
        await ann.until(lambda: len(ann.heard("hand.raised")) == 1)
        assert {event["epoch"] for event in bob.events} == {1}
        assert not bob.noticed("media.lost")
        assert ann.connected
        assert bob.connected


async def _epoch(database: Database, place: Place) -> int:
    async with database.transaction(place.tenant_id) as tx:
        epoch: int = await tx.fetchval("SELECT max(epoch) FROM live_classes")
    return epoch


async def test_of_a_node_that_others_gave_up_only_what_they_took_moves(
    database: Database, valkey_url: str, enter: Enter
) -> None:
    kept, taken = await a_class(database), await a_class(database)
    async with (
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        ann, bob = await enter(kept, "ann", one), await enter(taken, "bob", one)
        with pytest.MonkeyPatch.context() as stalled:
            await _lapse(one, stalled)
            await run_out(database, one.node_id)
            cy = await enter(taken, "cy", two)
        assert cy.epoch == 2

        assert (await ann.command("chat.send", text="still here"))["ok"]
        assert (await bob.command("chat.send", text="moved"))["ok"]
        await cy.until(lambda: cy.texts == ["moved"])
        assert await _epoch(database, kept) == 1
        assert await _epoch(database, taken) == 2
        assert not ann.noticed("media.lost")
        await bob.until(lambda: bool(bob.noticed("media.lost")))
