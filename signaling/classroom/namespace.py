"""/class: one thin handler a kind of message: parse, ask the owner, answer."""

from collections.abc import Awaitable, Callable

import msgspec
from socketio.exceptions import ConnectionRefusedError

from sfu import commands as sfu
from signaling import protocol as wire
from signaling.classroom import letters
from signaling.classroom.edge import Outlet
from signaling.classroom.framing import frame
from signaling.classroom.residency import Classes
from signaling.context import Clock, JoinClaims, Tokens
from signaling.errors import BadMessage, Busy, NotInClass, SignalingError
from signaling.media.negotiation import MediaMessage
from signaling.routing.place import Place
from signaling.session import Session

RETRY_AFTER_MS = 1000

Handler = Callable[[str, object], Awaitable[wire.Ok]]


class ClassNamespace:
    """The handlers of the namespace; whatever they raise as SignalingError becomes a Failed."""

    def __init__(
        self, *, node_id: str, classes: Classes, tokens: Tokens, outlet: Outlet, clock: Clock
    ) -> None:
        self._node_id = node_id
        self._classes = classes
        self._tokens = tokens
        self._outlet = outlet
        self._clock = clock
        self._sessions: dict[str, Session] = {}

    def handlers(self) -> dict[str, Handler]:
        """Every message but `beat`, which is not to wait for the ones before it."""
        return {event: self._handler(event) for event in wire.MESSAGES if event != "beat"}

    async def on_connect(self, sid: str, _environ: object, auth: object) -> None:
        """Let somebody in: token, owner, snapshot or replay."""
        connect = parse_connect(auth)
        claims = self._tokens.verify_join(connect.token)
        try:
            await self._enter(sid, connect, claims)
        except Busy as error:
            refusal = wire.ConnectRefusal(code=error.code, retry_ms=RETRY_AFTER_MS)
            raise ConnectionRefusedError(error.message, refusal) from error

    async def _enter(self, sid: str, connect: wire.Connect, claims: JoinClaims) -> None:
        place = Place(tenant_id=claims.tenant_id, class_id=claims.class_id)
        async with self._classes.entering(place) as edge:
            joined = await self._classes.ask(
                letters.JoinAsk(
                    place=place,
                    edge=self._node_id,
                    claims=claims,
                    epoch=connect.epoch,
                    seq=connect.seq,
                )
            )
            assert isinstance(joined, letters.Joined)
            session = Session(
                sid=sid,
                claims=claims,
                number=joined.connection,
                seq=joined.seq,
                heard_at=self._clock.monotonic(),
            )
            self._tokens.verify_join(
                connect.token
            )  # what was revoked meanwhile found nobody to cut
            self._sessions[sid] = session
            edge.admit(session, joined)

    def on_disconnect(self, sid: str, _reason: object = None) -> None:
        """The connection is gone; the person may come back."""
        session = self._sessions.pop(sid, None)
        edge = self._classes.edge_of(session.place) if session else None
        if edge is not None:
            edge.leave(sid)

    def on_beat(self, sid: str, _body: object = None) -> wire.Ok:
        """A sign of life."""
        session = self._session(sid)
        edge = self._classes.edge_of(session.place)
        if edge is not None:
            edge.beat(sid)
        return wire.Ok()

    def _handler(self, event: str) -> Handler:
        async def handle(sid: str, body: object = None) -> wire.Ok:
            return await self._take(self._session(sid), wire.parse(event, body))

        return handle

    async def _take(self, session: Session, message: wire.ClientMessage) -> wire.Ok:
        match message:
            case wire.Command():
                return await self._command(session, message)
            case wire.ChatTyping() | wire.ReactionSend():
                word = letters.WordAsk(place=session.place, by=session.user_id, word=message)
                await self._classes.try_once(word)
                return wire.Ok()
            case wire.Beat():
                return self.on_beat(session.sid)
            case _:
                return await self._media(session, message)

    async def _command(self, session: Session, command: wire.ClientCommand) -> wire.Ok:
        ask = letters.CommandAsk(place=session.place, by=session.user_id, command=command)
        decided = await self._classes.ask(ask)
        assert isinstance(decided, letters.Decided)
        return wire.Ok() if decided.seq is None else wire.Ok(seq=decided.seq)

    async def _media(self, session: Session, message: MediaMessage) -> wire.Ok:
        ask = letters.MediaAsk(place=session.place, by=session.user_id, message=message)
        answer = await self._classes.ask(ask)
        assert isinstance(answer, letters.MediaReply)
        match answer.reply:
            case sfu.Refusal(code=code, message=reason):
                raise SignalingError(reason, code=code)
            case sfu.Answer(sdp=sdp):
                return wire.Ok(sdp=sdp)
            case sfu.Offer(n=n, sdp=sdp):
                offer = frame("media.offer", wire.MediaOffer(n=n, sdp=sdp))
                self._outlet.send([session.sid], offer)
        return wire.Ok()

    def _session(self, sid: str) -> Session:
        session = self._sessions.get(sid)
        if session is None:
            raise NotInClass("This connection is not in a class.")
        return session


def parse_connect(auth: object) -> wire.Connect:
    """What a CONNECT carries; raises BadMessage."""
    try:
        return msgspec.convert(auth, wire.Connect)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadMessage("A connection needs {token} and, to resume, {epoch, seq}.") from error
