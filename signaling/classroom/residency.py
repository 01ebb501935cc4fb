"""Where classes live: the owners and edges of this node, and the way from here to the owner of any class.

Theory of operation. Whoever needs a class asks its owner: here, or over the bus. When the owner does not answer, its
node's lease is looked at; as soon as that has run out, the one who asked takes the class over. Each edge reports to the
owner once a second, so a dead owner is noticed and replaced even when nobody says anything.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import structlog

from lms.errors import LmsError
from sfu import commands as sfu
from signaling.classroom import letters
from signaling.classroom.edge import Edge, EdgeSurroundings
from signaling.classroom.ledger import Surroundings, load
from signaling.classroom.owner import Owner
from signaling.errors import Busy, SignalingError
from signaling.routing.background import Background
from signaling.routing.bus import Bus
from signaling.routing.lease import Claimed
from signaling.routing.pauses import Pauses
from signaling.routing.place import Place, place_of_room
from signaling.routing.silence import Silence

PATIENCE_S = 8.0
ASK_DEADLINE_S = 2.0
REPORT_DEADLINE_S = 0.5
AGAIN_AFTER_S = 0.15
TICK_S = 0.5
REPORT_EACH_S = 1.0
EDGE_KEPT_S = 10.0
OWNER_KEPT_S = 120.0

_log = structlog.get_logger(__name__)


class Classes:
    """The classes of one node."""

    def __init__(self, *, around: Surroundings, edges: EdgeSurroundings, bus: Bus) -> None:
        self._around = around
        self._edge_around = edges
        self._bus = bus
        self._owners: dict[Place, Owner] = {}
        self._edges: dict[Place, Edge] = {}
        self._directory: dict[Place, str] = {}
        self._silence = Silence()
        self._pauses = Pauses()
        self._finding: dict[Place, asyncio.Lock] = {}
        self._reporting: set[Place] = set()
        self._background = Background(around.meters)

    @property
    def owners(self) -> list[Owner]:
        """Every class that this node owns."""
        return [owner for owner in self._owners.values() if owner.alive]

    @property
    def edges(self) -> list[Edge]:
        """Every class that has browsers at this node."""
        return list(self._edges.values())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Own, serve and watch classes until the block ends; then let go of them at once."""
        self._around.lease.look_again = self._look_again
        await self._around.lease.renew()
        async with self._background.running(), self._bus.running(self._answer):
            self._background.spawn(self._around.lease.keep())
            self._background.spawn(self._around.media.run())
            self._background.spawn(self._tick_for_ever())
            try:
                yield
            finally:
                for owner in list(self._owners.values()):
                    owner.step_down()
                with contextlib.suppress(LmsError, TimeoutError):
                    await self._around.lease.release()

    # --- Edges ----------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def entering(self, place: Place) -> AsyncIterator[Edge]:
        """The edge of a class, hearing its channel, kept while somebody is on the way in."""
        edge = self._edges.get(place)
        if edge is None:
            edge = Edge(
                place=place,
                around=self._edge_around,
                owner_is=lambda it: self._owner_is(place, it),
            )
            self._edges[place] = edge
        edge.joining += 1
        try:
            async with edge.door:
                if not edge.listening:
                    await self._bus.subscribe(place, edge.hear)
                    edge.listening = True
            yield edge
        finally:
            edge.joining -= 1

    def edge_of(self, place: Place) -> Edge | None:
        """The edge of a class, if it has browsers here."""
        return self._edges.get(place)

    # --- Asking the owner -----------------------------------------------------------------------

    async def ask(self, ask: letters.Ask) -> letters.Reply:
        """The owner's answer; who owns the class may change meanwhile. Raises SignalingError."""
        gives_up_at = self._around.clock.monotonic() + PATIENCE_S
        while True:
            without_store = not self._around.lease.held()
            try:
                reply = await self._ask_once(ask, ASK_DEADLINE_S)
            except LmsError:
                reply, without_store = letters.NotOwner(), True
            if not isinstance(reply, letters.NotOwner):
                letters.raise_refusal(reply)
                return reply
            now = self._around.clock.monotonic()
            if self._pauses.refuses(ask.place, now):
                raise self._unreachable(without_store=True)
            if now > gives_up_at:
                raise self._unreachable(without_store=without_store)
            await asyncio.sleep(AGAIN_AFTER_S)

    def _unreachable(self, *, without_store: bool) -> Busy:
        self._around.meters.count("class_unreachable_total")
        if without_store:
            return Busy("Nothing can be saved right now: try again.", code="unavailable")
        return Busy("The class cannot be reached right now.", code="class_unreachable")

    async def try_once(self, ask: letters.Ask) -> letters.Reply:
        """The owner's answer if it is to be had at once. Raises SignalingError."""
        reply = await self._ask_once(
            ask, REPORT_DEADLINE_S if self._bus.healthy() else ASK_DEADLINE_S
        )
        letters.raise_refusal(reply)
        return reply

    async def _ask_once(self, ask: letters.Ask, deadline_s: float) -> letters.Reply:
        owner = self._owners.get(ask.place)
        if owner is not None and owner.alive:
            return await owner.handle(ask)
        node_id = await self._find(ask.place)
        if node_id == self._around.node_id:
            return await self._owners[ask.place].handle(ask)
        if node_id is None or self._silence.is_silent(node_id):
            self._directory.pop(ask.place, None)
            return letters.NotOwner()
        return await self._ask_far(node_id, ask, deadline_s)

    async def _ask_far(self, node_id: str, ask: letters.Ask, deadline_s: float) -> letters.Reply:
        try:
            async with self._silence.asking(ask.place, node_id):
                body = await self._bus.ask(node_id, letters.encode(ask), deadline_s)
        except TimeoutError:
            self._directory.pop(ask.place, None)
            return letters.NotOwner()
        reply: letters.Reply = letters.decode_reply(body)
        if isinstance(reply, letters.NotOwner):
            self._directory.pop(ask.place, None)
        return reply

    async def _find(self, place: Place) -> str | None:
        """The node of the owner: this one, if the class could be taken."""
        if place in self._directory:
            return self._directory[place]
        async with self._finding.setdefault(place, asyncio.Lock()):
            owner = self._owners.get(place)
            if owner is not None and owner.alive:
                return self._around.node_id
            if place in self._directory:
                return self._directory[place]
            if self._pauses.is_on(place, self._around.clock.monotonic()):
                return None
            found = await self._around.lease.claim(place)
            if isinstance(found, Claimed):
                await self._own(place, found, before=owner)
                return self._around.node_id
            if found.node_id is not None:
                self._silence.seen(found.node_id, found.lease_until)
                self._learn(place, found.node_id)
            return found.node_id

    async def _own(self, place: Place, claimed: Claimed, before: Owner | None) -> None:
        media_epoch = claimed.epoch
        if before is not None and before.last_epoch + 1 == claimed.epoch:
            # Nobody else had it in between, so its media is still where it was.
            media_epoch, before.last_epoch = before.media_epoch, claimed.epoch
        loaded = await load(self._around.database, place)
        owner = Owner(
            place=place,
            epoch=claimed.epoch,
            media_epoch=media_epoch,
            loaded=loaded,
            around=self._around,
            send=lambda frame, far: self._send(place, frame, far=far),
        )
        self._owners[place] = owner
        self._silence.moved(place, self._around.node_id)
        self._background.spawn(self._run(owner))
        _log.info("class.owned", class_id=place.class_id, epoch=claimed.epoch)
        owner.announce()

    async def _run(self, owner: Owner) -> None:
        """Be the owner for as long as it lasts; whose log cannot be written is not taken up again at once."""
        await owner.run()
        if owner.ledger.has_failed:
            self._pauses.failed(
                owner.place,
                self._around.clock.monotonic(),
                again=not owner.ledger.has_appended,
                chance=random.random(),  # noqa: S311 - jitter
            )

    def _send(self, place: Place, frame: letters.Frame, *, far: bool) -> None:
        edge = self._edges.get(place)
        if edge is not None:
            edge.take(frame)
        if far:
            self._bus.post(place, letters.encode(frame))

    async def _answer(self, body: bytes) -> bytes:
        """Another node asks; what is owned by this node by its row is taken up again."""
        ask = letters.decode_ask(body)
        owner = self._owners.get(ask.place)
        if owner is None or not owner.alive:
            owner = await self._take_up(ask.place)
        reply: letters.Reply
        if owner is not None and owner.alive:
            reply = await owner.handle(ask)
        elif self._pauses.refuses(ask.place, self._around.clock.monotonic()):
            error = self._unreachable(without_store=True)
            reply = letters.Refusal(code=error.code, message=error.message)
        else:
            reply = letters.NotOwner()
        return letters.encode(reply)

    async def _take_up(self, place: Place) -> Owner | None:
        self._directory.pop(place, None)
        try:
            await self._find(place)
        except (SignalingError, LmsError):
            return None
        return self._owners.get(place)

    def _owner_is(self, place: Place, news: letters.OwnerIs) -> None:
        owner = self._owners.get(place)
        if news.origin == self._around.node_id or (owner and owner.epoch > news.epoch):
            return
        self._silence.heard(news.origin)
        self._learn(place, news.origin)

    def _learn(self, place: Place, node_id: str) -> None:
        """Another node owns the class: what this one still has of it ends, its media too."""
        self._directory[place] = node_id
        self._silence.moved(place, node_id)
        owner = self._owners.pop(place, None)
        if owner is not None:
            owner.step_down()
            self._around.media.let_go(place.room)

    async def _look_again(self) -> None:
        """Others gave this node up: keep the classes that nobody took over meanwhile, and let go of the rest."""
        for place, owner in list(self._owners.items()):
            if not owner.alive:
                continue
            node_id, epoch = await self._around.lease.owner(place) or ("", 0)
            if (node_id, epoch) != (self._around.node_id, owner.epoch):
                owner.step_down()
            if node_id not in ("", self._around.node_id):
                self._learn(place, node_id)

    # --- Watching -------------------------------------------------------------------------------

    async def _tick_for_ever(self) -> None:
        report_at = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            now = self._around.clock.monotonic()
            for owner in [owner for owner in self._owners.values() if owner.alive]:
                self._background.spawn(owner.tick())
            if now >= report_at:
                report_at = now + REPORT_EACH_S - TICK_S / 2
                self._report_all()
            self._background.spawn(self._forget(now))

    def _report_all(self) -> None:
        for place, edge in self._edges.items():
            if edge.sessions and place not in self._reporting:
                self._reporting.add(place)
                self._background.spawn(self._report(edge))

    async def _report(self, edge: Edge) -> None:
        """Until the owner has heard it; where it cannot be asked, the log is read, so that the class goes on hearing."""
        hurries_until = self._around.clock.monotonic() + PATIENCE_S
        try:
            while edge.sessions:
                # Mail is slower than the bus, and more than a report rests on whom it is thought to reach.
                deadline_s = REPORT_DEADLINE_S if self._bus.healthy() else ASK_DEADLINE_S
                reply = await self._ask_once(edge.report(), deadline_s)
                if isinstance(reply, letters.Reported):
                    edge.reported(reply)
                if edge.behind or not isinstance(reply, letters.Reported):
                    await edge.mend()
                if not isinstance(reply, letters.NotOwner):
                    return
                hurries = self._around.clock.monotonic() < hurries_until
                await asyncio.sleep(AGAIN_AFTER_S if hurries else REPORT_EACH_S)
        except (LmsError, SignalingError, TimeoutError) as error:
            _log.warning("class.report_failed", reason=type(error).__name__)
        finally:
            self._reporting.discard(edge.place)

    async def _forget(self, now: float) -> None:
        """Classes without anybody here cost nothing."""
        for place, edge in list(self._edges.items()):
            if edge.is_idle(now, EDGE_KEPT_S):
                del self._edges[place]
                await self._bus.unsubscribe(place)
        for place, owner in list(self._owners.items()):
            if owner.idle_s(now) > OWNER_KEPT_S:
                del self._owners[place]
                owner.step_down()
        known = self._edges.keys() | self._owners.keys()
        for place in self._finding.keys() - known:
            if not self._finding[place].locked():
                del self._finding[place]
        for place in self._directory.keys() - known:
            del self._directory[place]
        self._pauses.keep(known)
        alive = sum(owner.alive for owner in self._owners.values())
        self._around.meters.gauge("class_owners", alive)

    # --- Media ----------------------------------------------------------------------------------

    async def hear_media(self, notification: sfu.Notification) -> None:
        """A notification of an SFU, for the owner that is here."""
        owner = self._owners.get(place_of_room(notification.room))
        if owner is not None and owner.alive:
            await owner.hear_media(notification)
