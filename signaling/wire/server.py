"""The Socket.IO server of the house: python-socketio's face over Lectern's own wire."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, cast

import msgspec
import socketio
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as ConnectRefused

from signaling.context import Clock, Meters
from signaling.errors import BadMessage, Busy, SignalingError
from signaling.protocol import Failed, ResumeNotice
from signaling.wire import frames, websocket
from signaling.wire.engine import Engine
from signaling.wire.faults import PeerError
from signaling.wire.frames import Packet
from signaling.wire.gates import WireLimits, check_name
from signaling.wire.handlers import Handler, handler_of
from signaling.wire.neighbours import Neighbours
from signaling.wire.rooms import Rooms
from signaling.wire.session import Link, Session

log = logging.getLogger("lectern.wire")

INVALID_NAMESPACE = {"message": "Invalid namespace"}
FAILED = Failed(code="internal", message="The server could not do this; try again.")


class Held:
    """Keeps what is sent to a connection until its welcome has gone out first."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes | memoryview, bytes]] = []

    def send(self, packet: bytes | memoryview, frame: bytes) -> None:
        """Keep a packet."""
        self.sent.append((packet, frame))

    def send_latest(self, key: str, packet: bytes | memoryview, frame: bytes) -> None:
        """Keep a packet."""
        self.sent.append((packet, frame))


class WireServer(socketio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """Used by python-socketio's public API, and by `send_frame` for what is already encoded.

    Of one connection, `async def` handlers run one after the other in the order of its messages;
    plain `def` handlers run at once, even while an earlier one waits. What a handler returns is the
    acknowledgement; a SignalingError that it raises becomes `Failed`.
    """

    def __init__(
        self,
        *,
        meters: Meters,
        clock: Clock,
        origins: Collection[str],
        limits: WireLimits,
        fast: bool,
        neighbours: Neighbours | None,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._routes: dict[tuple[str, str], Handler] = {}
        self._links: dict[str, Link | Held] = {}  # sid -> where its packets go
        self._members: dict[str, Session] = {}  # sid -> its session, until its goodbye is done
        super().__init__(client_manager=Rooms(limits.calls), logger=log)
        self.eio = Engine(
            limits=limits,
            clock=clock,
            meters=meters,
            origins=origins,
            fast=fast,
            upper=self,
            neighbours=neighbours,
        )

    # --- What comes in (the face that the engine talks to) ---

    def opened(self, session: Session) -> None:
        """A session is open; it has to CONNECT to a namespace within the deadline."""

    def text(self, session: Session, data: bytes) -> None:
        """One Socket.IO packet."""
        self.eio.tally.messages_in += 1
        packet = frames.parse_packet(data, self.limits)
        if session.attachments is not None:
            raise PeerError("malformed")
        if packet.attachments:
            session.attachments = (packet, [])
        else:
            self._dispatch(session, packet, len(data))

    def binary(self, session: Session, data: bytes) -> None:
        """One binary part of the packet before it."""
        if session.attachments is None:
            raise PeerError("malformed")
        packet, parts = session.attachments
        parts.append(data)
        if len(parts) == packet.attachments:
            session.attachments = None
            whole = packet._replace(data=frames.put_binary(packet.data, parts))
            self._dispatch(session, whole, sum(map(len, parts)))

    def _dispatch(self, session: Session, packet: Packet, size: int) -> None:
        kind = packet.kind
        if kind in (frames.EVENT, frames.BINARY_EVENT):
            self._event(session, packet, size)
        elif kind == frames.CONNECT:
            self._connect(session, packet)
        elif kind == frames.DISCONNECT:
            self._leave(session, packet)
        else:
            self._ack(session, packet)

    def moved(self, session: Session) -> None:
        """The session has a websocket now."""
        for sid in session.namespaces.values():
            if session.link is not None and not isinstance(self._links.get(sid), Held):
                self._links[sid] = session.link

    def hints(self, session: Session) -> list[bytes]:
        """Tell each namespace of the session to come back in a while."""
        notice = msgspec.json.encode(ResumeNotice(delay_ms=self.limits.resume_delay_ms))
        return [frames.event_frame(name, "notice", notice) for name in session.namespaces]

    def closed(self, session: Session, reason: str) -> None:
        """The session is over: every namespace of it says goodbye, after what it asked before."""
        for namespace, sid in session.namespaces.items():
            session.put(partial(self._goodbye, namespace, sid, reason))
        session.namespaces = {}

    # --- Connect and disconnect ---

    def _connect(self, session: Session, packet: Packet) -> None:
        namespace = packet.namespace
        if namespace not in self.handlers and namespace not in self.namespace_handlers:
            session.allowance.refused(self.limits, self._clock.monotonic())
            self.eio.send(session, frames.connect_error_frame(namespace, INVALID_NAMESPACE))
            return
        if namespace in session.namespaces:
            raise PeerError("second_connect")
        sid = secrets.token_urlsafe(15)
        session.namespaces[namespace] = sid
        session.connect_due = None
        self._links[sid] = Held()
        self._members[sid] = session
        self.manager.join(sid, namespace, session.sid)
        session.put(partial(self._welcome, session, namespace, sid, packet.data))

    async def _welcome(self, session: Session, namespace: str, sid: str, auth: Any) -> None:
        refusal = await self._ask_connect(session, namespace, sid, auth)
        held = self._links.pop(sid, None)
        if refusal is not None:
            self._forget(namespace, sid)
            if session.namespaces.get(namespace) == sid:
                self._drop(session, namespace)
            self.eio.send(session, frames.connect_error_frame(namespace, refusal))
        elif session.link is not None and isinstance(held, Held):
            self._links[sid] = session.link
            self.eio.send(session, frames.connect_frame(namespace, sid))
            for packet, frame in held.sent:
                session.link.send(packet, frame)

    async def _ask_connect(
        self, session: Session, namespace: str, sid: str, auth: Any
    ) -> dict[str, Any] | None:
        handler = self._route(namespace, "connect")
        if handler is None:
            return None
        arguments = (sid, session.environ, auth)[: 1 + handler.high]
        try:
            answer = await self._call(handler, arguments)
        except ConnectRefused as refused:
            return dict(refused.error_args)
        except Exception as error:  # noqa: BLE001 - whatever it was, the caller is not let in
            failed = self._failure("connect", error)
            return {"message": failed.message, "data": {"code": failed.code}}
        return {"message": "Connection refused"} if answer is False else None

    def _leave(self, session: Session, packet: Packet) -> None:
        sid = session.namespaces.get(packet.namespace)
        if sid is not None:
            self._drop(session, packet.namespace)
            session.put(partial(self._goodbye, packet.namespace, sid, "client disconnect"))

    def _drop(self, session: Session, namespace: str) -> None:
        del session.namespaces[namespace]
        if not session.namespaces:
            session.connect_due = self._clock.monotonic() + self.limits.connect_deadline_s

    async def _goodbye(self, namespace: str, sid: str, reason: str) -> None:
        if not self.manager.is_connected(sid, namespace):
            return
        self._links.pop(sid, None)
        handler = self._route(namespace, "disconnect")
        try:
            if handler is not None:
                await self._call(handler, (sid, reason)[: 1 + handler.high])
        except Exception as error:  # noqa: BLE001 - the goodbye goes on
            self._failure("disconnect", error)
        finally:
            self._forget(namespace, sid)

    def _forget(self, namespace: str, sid: str) -> None:
        self.manager.basic_disconnect(sid, namespace)
        self._links.pop(sid, None)
        self._members.pop(sid, None)

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Send a connection away; its websocket ends with its last namespace."""
        namespace = namespace or "/"
        session, link = self._members.get(sid), self._links.get(sid)
        if session is None or link is None or session.namespaces.get(namespace) != sid:
            return
        self._drop(session, namespace)
        self.eio.send(session, frames.disconnect_frame(namespace))
        await self._goodbye(namespace, sid, "server disconnect")
        if not session.namespaces:
            session.close("server disconnect")

    # --- Events ---

    def _event(self, session: Session, packet: Packet, size: int) -> None:
        name, arguments = packet.data[0], packet.data[1:]
        check_name(name)
        sid = session.namespaces.get(packet.namespace)
        if sid is None:
            self._stray(session)
            return
        handler = self._route(packet.namespace, name)
        now = self._clock.monotonic()
        if handler is None:
            self._refuse(session, packet, BadMessage("There is no event of this name."), now)
        elif not handler.takes(len(arguments)):
            self._refuse(session, packet, BadMessage("The event takes other arguments."), now)
        elif not session.allowance.event(self.limits, name, size, now):
            self._refuse(session, packet, Busy("Too many messages; wait a moment."), now)
        elif handler.is_async or isinstance(self._links.get(sid), Held):
            session.put(partial(self._handle, session, packet, handler, (sid, *arguments)))
        else:
            try:
                answer = handler.call(sid, *arguments)
            except Exception as error:  # noqa: BLE001 - one message must not end the others
                answer = self._failure(name, error)
            if packet.id is not None:
                self._acknowledge(session, packet, answer)

    def _stray(self, session: Session) -> None:
        """An event for a namespace that was left, which can cross our goodbye; or never joined."""
        if not session.namespaces:
            raise PeerError("not_connected")
        session.allowance.refused(self.limits, self._clock.monotonic())

    def _refuse(self, session: Session, packet: Packet, error: SignalingError, now: float) -> None:
        self.eio.tally.count("wire_events_refused_total", error.code)
        session.allowance.refused(self.limits, now)
        if packet.id is not None:
            failed = Failed(code=error.code, message=error.message)
            self._acknowledge(session, packet, failed)

    async def _handle(
        self, session: Session, packet: Packet, handler: Handler, arguments: tuple[Any, ...]
    ) -> None:
        try:
            answer = await self._call(handler, arguments)
        except Exception as error:  # noqa: BLE001 - one message must not end the others
            answer = self._failure(packet.data[0], error)
        if packet.id is not None:
            self._acknowledge(session, packet, answer)

    async def _call(self, handler: Handler, arguments: tuple[Any, ...]) -> Any:
        if not handler.is_async:
            return handler.call(*arguments)
        async with asyncio.timeout(self.limits.handler_deadline_s):
            return await handler.call(*arguments)

    def _acknowledge(self, session: Session, packet: Packet, answer: Any) -> None:
        if answer is None:
            data = []
        elif isinstance(answer, tuple):
            data = list(answer)
        else:
            data = [answer]
        try:
            parts = self._ack_frames(packet, data)
        except Exception as error:  # noqa: BLE001 - an answer that cannot be written must not end the connection
            parts = self._ack_frames(packet, [self._failure(packet.data[0], error)])
        for part in parts:
            self.eio.send(session, part)

    def _ack_frames(self, packet: Packet, data: list[Any]) -> Iterable[bytes | memoryview]:
        if packet.id is not None and not self.limits.binary:
            return (frames.ack_frame(packet.namespace, packet.id, data),)
        return frames.data_frames(
            frames.ACK, packet.namespace, packet.id, data, binary=self.limits.binary
        )

    def _failure(self, event: str, error: Exception) -> Failed:
        """What the caller is told; what was our fault is logged."""
        if isinstance(error, SignalingError):
            return Failed(code=error.code, message=error.message)
        if isinstance(error, msgspec.ValidationError):
            return Failed(code=BadMessage.code, message=str(error))
        self.eio.tally.count("wire_handler_failed_total", event)
        log.error("A handler failed", extra={"event_name": event}, exc_info=error)
        return FAILED

    def _route(self, namespace: str, event: str) -> Handler | None:
        route = self._routes.get((namespace, event))
        if route is None:
            route = self._find(namespace, event)
            if route is not None and event in self.handlers.get(namespace, ()):
                self._routes[namespace, event] = route
        return route

    def _find(self, namespace: str, event: str) -> Handler | None:
        call, before = self._get_event_handler(event, namespace, ())
        if call is None and namespace in self.namespace_handlers:
            call = getattr(self.namespace_handlers[namespace], f"on_{event}", None)
        if call is None:
            return None
        return handler_of(partial(call, *before) if before else call, 1)

    # --- Acknowledgements of what we asked ---

    def _ack(self, session: Session, packet: Packet) -> None:
        sid = session.namespaces.get(packet.namespace)
        callback = None
        if sid is not None and packet.id is not None:
            callback = self.manager.answered(sid, packet.id)
        if callback is None:
            self.eio.tally.count("wire_events_refused_total", "unknown_ack")
            session.allowance.refused(self.limits, self._clock.monotonic())
            return
        # Not in the inbox: the handler that waits for this answer is in there.
        answer = handler_of(callback, 0)
        self.eio.spawn(self.eio.run(partial(self._call, answer, tuple(packet.data))))

    # --- Out ---

    async def emit(  # noqa: PLR0913 - the signature is python-socketio's
        self,
        event: str,
        data: Any = None,
        to: Any = None,
        room: Any = None,
        skip_sid: str | list[str] | None = None,
        namespace: str | None = None,
        callback: Callable[..., Any] | None = None,
        ignore_queue: bool = False,
    ) -> None:
        """Send an event to a connection, a room, several rooms, or a whole namespace."""
        namespace = namespace or "/"
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        sids = [
            sid
            for sid, _ in self.manager.get_participants(namespace, to or room)
            if sid not in skipped
        ]
        body = [event, *data] if isinstance(data, tuple) else [event]
        if data is not None and not isinstance(data, tuple):
            body.append(data)
        if callback is None:
            self._send_parts(sids, namespace, None, body)
        else:
            for sid in sids:
                self._send_parts([sid], namespace, self.manager.expect(sid, callback), body)

    def _send_parts(
        self, sids: list[str], namespace: str, number: int | None, body: list[Any]
    ) -> None:
        parts = frames.data_frames(
            frames.EVENT, namespace, number, body, binary=self.limits.binary
        )
        for part in parts:
            self.send_frame(sids, part)

    def send_frame(
        self, sids: Iterable[str], packet: bytes | memoryview, *, latest: str | None = None
    ) -> None:
        """Send one finished packet (`frames.event_frame`) to these connections, now.

        With `latest`, a reader that is behind gets only the newest packet of that key.
        """
        frame = websocket.data_frame(packet)
        links = self._links
        sent = 0
        for sid in sids:
            link = links.get(sid)
            if link is None:
                continue
            sent += 1
            if latest is None:
                link.send(packet, frame)
            else:
                link.send_latest(latest, packet, frame)
        self.eio.tally.messages_out += sent

    # --- What is kept for each connection ---

    async def get_session(self, sid: str, namespace: str | None = None) -> dict[str, Any]:
        """What was saved for a connection."""
        saved = self._members[sid].session.setdefault(namespace or "/", {})
        return cast("dict[str, Any]", saved)

    async def save_session(
        self, sid: str, session: dict[str, Any], namespace: str | None = None
    ) -> None:
        """Save something for a connection."""
        self._members[sid].session[namespace or "/"] = session

    def get_environ(self, sid: str, namespace: str | None = None) -> dict[str, str] | None:
        """Where a connection comes from."""
        session = self._members.get(sid)
        return session.environ if session else None

    def transport(self, sid: str, namespace: str | None = None) -> str:
        """What carries a connection: `websocket` or `polling`."""
        link = self._members[sid].link
        return link.transport_name if link else "polling"

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve under `/socket.io/` of the application, for as long as it lives."""
        self.eio.attach(app, socketio_path)


def build_server(
    *,
    meters: Meters,
    clock: Clock,
    origins: Collection[str] = (),
    limits: WireLimits | None = None,
    fast: bool = True,
    neighbours: Neighbours | None = None,
) -> WireServer:
    """Make the server of one node.

    `origins` are allowed besides the host that is asked; `fast=False` keeps websockets on aiohttp's
    public face; `neighbours` are the nodes behind the same port, when there are several.
    """
    return WireServer(
        meters=meters,
        clock=clock,
        origins=origins,
        limits=limits or WireLimits(),
        fast=fast,
        neighbours=neighbours,
    )
