"""The live classes of one node: builds the Socket.IO server, owners and edges, and is what REST asks of them."""

import contextlib
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec
from aiohttp import web

from sfu import commands as sfu
from signaling import protocol as wire
from signaling.classroom import letters
from signaling.classroom.edge import EdgeSurroundings
from signaling.classroom.files import Announce
from signaling.classroom.framing import NAMESPACE
from signaling.classroom.ledger import Surroundings
from signaling.classroom.log import Append, Outcome
from signaling.classroom.namespace import ClassNamespace
from signaling.classroom.quizzes import Tell
from signaling.classroom.residency import Classes
from signaling.context import (
    Channels,
    Clock,
    Database,
    GroupCommit,
    JoinClaims,
    Media,
    Meters,
    Tokens,
)
from signaling.errors import Busy, SignalingError
from signaling.media.nodes import MediaNodes
from signaling.routing.background import Background
from signaling.routing.bus import Bus
from signaling.routing.lease import NodeLease
from signaling.routing.mail import Mail
from signaling.routing.place import Place
from signaling.wire.neighbours import Neighbours
from signaling.wire.server import WireServer, build_server

COME_BACK_AFTER_MS = 200
GOODBYE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HubContext:
    """What the composition root hands in.

    `node_id` is a UUID that no other process has. `media` is the SFU of this process (`media_is_here`: then the media
    of a class lives on its owner's node), or all media nodes behind the same face. `renewals` is the same database by
    connections of its own, which the node's lease need not share with anything.
    """

    node_id: str
    database: Database
    renewals: Database
    commits: GroupCommit[Append, Outcome]
    channels: Channels
    tokens: Tokens
    meters: Meters
    clock: Clock
    media: Media | None
    media_is_here: bool = True
    origins: Collection[str] = ()
    neighbours: Neighbours | None = None


class Hub:
    """Use: `hub.attach(app)`, then `async with hub.running():`. Implements server.rest.deps.ClassGateway."""

    def __init__(self, context: HubContext) -> None:
        self._context = context
        self._server: WireServer = build_server(
            meters=context.meters,
            clock=context.clock,
            origins=context.origins,
            neighbours=context.neighbours,
        )
        self._bus = Bus(
            node_id=context.node_id,
            channels=context.channels,
            mail=Mail(context.database),
            meters=context.meters,
        )
        self._lease = NodeLease(
            node_id=context.node_id,
            database=context.database,
            renewals=context.renewals,
            clock=context.clock,
            meters=context.meters,
        )
        self._classes = Classes(
            around=Surroundings(
                node_id=context.node_id,
                lease=self._lease,
                database=context.database,
                commits=context.commits,
                media=MediaNodes(
                    media=context.media, is_here=context.media_is_here, meters=context.meters
                ),
                clock=context.clock,
                meters=context.meters,
            ),
            edges=EdgeSurroundings(
                node_id=context.node_id,
                outlet=self,
                database=context.database,
                clock=context.clock,
                meters=context.meters,
            ),
            bus=self._bus,
        )
        self._background = Background(context.meters)
        self._register()

    def _register(self) -> None:
        namespace = ClassNamespace(
            node_id=self._context.node_id,
            classes=self._classes,
            tokens=self._context.tokens,
            outlet=self,
            clock=self._context.clock,
        )
        self._server.on("connect", namespace.on_connect, namespace=NAMESPACE)
        self._server.on("disconnect", namespace.on_disconnect, namespace=NAMESPACE)
        self._server.on("beat", namespace.on_beat, namespace=NAMESPACE)
        for event, handler in namespace.handlers().items():
            self._server.on(event, handler, namespace=NAMESPACE)

    def attach(self, app: web.Application) -> None:
        """Serve the sockets of this application."""
        self._server.attach(app)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Classes live until the block ends; then every browser is told to come back, and finds another node."""
        async with self._background.running(GOODBYE_S), self._classes.running():
            try:
                yield
            finally:
                self._send_away()

    def _send_away(self) -> None:
        for edge in self._classes.edges:
            for session in edge.sessions:
                edge.end(session, wire.ResumeNotice(delay_ms=COME_BACK_AFTER_MS))

    # --- Outlet: how frames leave this node -----------------------------------------------------

    def send(self, sids: Iterable[str], frame: bytes, latest: str | None = None) -> None:
        """Write to these connections, now."""
        self._server.send_frame(sids, frame, latest=latest)

    def cut(self, sid: str) -> None:
        """End the connection after what was written before."""
        self._background.spawn(self._disconnect(sid))

    async def _disconnect(self, sid: str) -> None:
        await self._server.disconnect(sid, namespace=NAMESPACE)

    # --- Revocation -----------------------------------------------------------------------------

    def revoke(
        self,
        kind: Literal["session", "user", "class"],
        tenant_id: str,
        subject_id: str,
        class_id: str | None,
    ) -> None:
        """Cut what rests on a sign-in, a person or a person's place in a class, at this node; every node is told."""

        def rests_on_it(claims: JoinClaims) -> bool:
            if claims.tenant_id != tenant_id:
                return False
            if kind == "session":
                return claims.session_id == subject_id
            return claims.user_id == subject_id and class_id in (None, claims.class_id)

        reason: Literal["removed", "signed_out"] = "removed" if kind == "class" else "signed_out"
        for edge in self._classes.edges:
            for session in edge.end_where(lambda s: rests_on_it(s.claims), reason):
                self._tell_gone(edge.place, session.user_id, removed=kind == "class")
        for owner in self._classes.owners:
            for user in owner.programs_of(rests_on_it):
                self._tell_gone(owner.place, user, removed=kind == "class")

    def _tell_gone(self, place: Place, user: str, *, removed: bool) -> None:
        ask = letters.RemoveAsk(place=place, user=user, removed=removed)
        self._background.spawn(self._ask_quietly(ask))

    async def _ask_quietly(self, ask: letters.Ask) -> None:
        """Nobody waits for this; where it fails the heartbeat brings the same about."""
        try:
            await self._classes.ask(ask)
        except SignalingError as error:
            self._context.meters.count("class_quiet_asks_failed_total", {"code": error.code})

    async def probe(self) -> None:
        """Raise unless this node holds its lease, without which it can own no class."""
        if not self._lease.held():
            raise Busy("This node cannot keep its lease.")

    # --- What REST asks -------------------------------------------------------------------------

    async def epoch(self, tenant_id: str, class_id: str) -> int:
        """The epoch under which the class runs now; 0 before its first owner."""
        return await self._lease.epoch(Place(tenant_id=tenant_id, class_id=class_id))

    async def close(self, tenant_id: str, class_id: str, by: str) -> None:
        """The class is over: everyone in it is told and cut. Raises SignalingError when its owner cannot be reached."""
        place = Place(tenant_id=tenant_id, class_id=class_id)
        await self._classes.ask(letters.CloseAsk(place=place, by=by))

    async def announce(self, tenant_id: str, class_id: str, by: str, file: Announce) -> None:
        """Tell the class of a file, once however often it is asked. Raises SignalingError when it cannot be told."""
        place = Place(tenant_id=tenant_id, class_id=class_id)
        await self._classes.ask(letters.AnnounceAsk(place=place, by=by, command=file))

    async def tell_quiz(self, tenant_id: str, class_id: str, by: str, tell: Tell) -> None:
        """Tell the class of a quiz, once however often it is asked. Raises SignalingError when it cannot be told."""
        place = Place(tenant_id=tenant_id, class_id=class_id)
        await self._classes.ask(letters.QuizAsk(place=place, by=by, command=tell))

    async def ask_media(self, claims: JoinClaims, request: sfu.Request) -> sfu.Reply:
        """WHIP and WHEP: ask the SFU of the class in the name of the person of the token. Raises SignalingError."""
        place = Place(tenant_id=claims.tenant_id, class_id=claims.class_id)
        placed = msgspec.structs.replace(request, room=place.room)
        answer = await self._classes.ask(
            letters.BroadcastAsk(place=place, claims=claims, request=placed)
        )
        assert isinstance(answer, letters.MediaReply)
        return answer.reply

    def hear_media(self, notification: bytes) -> None:
        """A notification of this node's SFU."""
        self._heard_media(sfu.decode_notification(notification))

    def _heard_media(self, notification: sfu.Notification) -> None:
        self._background.spawn(self._classes.hear_media(notification))
