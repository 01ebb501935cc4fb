"""The Engine.IO server: the HTTP door, the sessions behind it, and the one sweeper of them all."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from signaling.context import Clock, Meters
from signaling.wire import frames, gates, websocket
from signaling.wire.faults import GOING_AWAY, POLICY, TOO_BIG, PeerError
from signaling.wire.gates import WireLimits
from signaling.wire.neighbours import PASSED, Neighbours, pass_on
from signaling.wire.polling import Polling
from signaling.wire.session import Job, Packet, Session, Upper
from signaling.wire.socket import DirectSocket, PlainSocket
from signaling.wire.tally import Tally
from signaling.wire.upgrade import Nobody, Probe, Socket, answer_to, take_transport

log = logging.getLogger("lectern.wire")

# The codes that Socket.IO clients know from the server in JavaScript.
UNKNOWN_TRANSPORT = (0, "Transport unknown")
UNKNOWN_SID = (1, "Session ID unknown")
BAD_METHOD = (2, "Bad handshake method")
BAD_REQUEST = (3, "Bad request")
BAD_VERSION = (5, "Unsupported protocol version")

FLUSH_EVERY_S = 1.0


class Engine:
    """One node's Engine.IO sessions, over websockets and long-polling."""

    async_mode = "aiohttp"

    def __init__(  # noqa: PLR0913 - all by name, once, from `build_server`
        self,
        *,
        limits: WireLimits,
        clock: Clock,
        meters: Meters,
        origins: Collection[str] = (),
        fast: bool = True,
        upper: Upper,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.tally = Tally(meters)
        self.sessions: dict[str, Session] = {}
        self.upper = upper
        self._origins = frozenset(origins)
        self._fast = fast
        self._neighbours = neighbours
        self._doors = gates.Doors(limits.connects)
        self._settling: dict[Socket, float] = {}  # closing or probing websockets, and until when
        self._group: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()
        self.create_event = asyncio.Event  # python-socketio's `call` asks its engine for one

    # --- Life ---

    def attach(self, app: web.Application, path: str) -> None:
        """Serve under a path of the application, and live as long as it does."""
        app.router.add_route("*", f"/{path.strip('/')}/", self.handle_request)
        app.cleanup_ctx.append(self._live)
        app.on_shutdown.append(self._drain)

    async def _live(self, app: web.Application) -> AsyncIterator[None]:
        ready = asyncio.Event()
        keeper = asyncio.get_running_loop().create_task(self._keep(ready))
        await ready.wait()
        yield
        self._stopping.set()
        await keeper

    async def _keep(self, ready: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            ready.set()
            await self._sweep()
        self._group = None

    async def _drain(self, app: web.Application) -> None:
        for session in list(self.sessions.values()):
            self.dismiss(session)

    def dismiss(self, session: Session) -> None:
        """Send a session away with the advice to come back."""
        for packet in self.upper.hints(session):
            self.send(session, packet)
        session.close("server shutting down", code=GOING_AWAY)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for as long as the node lives."""
        if self._group is None:
            work.close()
            return
        self._group.create_task(work)

    async def run(self, job: Job) -> None:
        """Run one job; its failure is ours, and ends nothing else."""
        try:
            await job()
        except Exception:
            log.exception("A job of the wire failed")

    # --- Time ---

    async def _sweep(self) -> None:
        limits = self.limits
        shortest = min(limits.ping_interval_s, limits.ping_timeout_s, limits.connect_deadline_s)
        tick = min(max(shortest / 10, 0.02), 0.5)
        flush_at = 0.0
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(tick):
                    await self._stopping.wait()
            except TimeoutError:
                now = self.clock.monotonic()
                self.sweep(now)
                if now >= flush_at:
                    flush_at = now + FLUSH_EVERY_S
                    self._flush(now)
        for socket in list(self._settling):
            socket.abort()

    def sweep(self, now: float) -> None:
        """Ping whom it is time to ping, end what is overdue."""
        for session in list(self.sessions.values()):
            session.check(now)
        for socket, due in list(self._settling.items()):
            if socket.gone:
                del self._settling[socket]
            elif now >= due:
                del self._settling[socket]
                socket.abort()

    def _flush(self, now: float) -> None:
        sockets = {"websocket": 0, "polling": 0}
        for session in self.sessions.values():
            if session.link is not None:
                sockets[session.link.transport_name] += 1
        self.tally.flush(sockets)
        self._doors.forget(now)

    def _linger(self, socket: Socket) -> None:
        self._settling[socket] = self.clock.monotonic() + self.limits.close_deadline_s

    def _settled(self, socket: Socket) -> None:
        """A probing websocket has become its session's own."""
        self._settling.pop(socket, None)

    def forget(self, session: Session) -> None:
        """A session is over."""
        self.sessions.pop(session.sid, None)

    # --- Out ---

    def send(self, session: Session, packet: Packet) -> None:
        """Send one packet (text, or binary as a memoryview) to one session."""
        if session.link is not None:
            self.tally.messages_out += 1
            session.link.send(packet, websocket.data_frame(packet))

    # --- The HTTP door ---

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of a client."""
        try:
            query = gates.read_query(request.query_string)
            gates.check_origin(
                request.headers.get("Origin"),
                request.headers.get("Host", ""),
                has_cookie="Cookie" in request.headers,
                allowed=self._origins,
            )
            answer = await self._answer(request, query)
        except PeerError as error:
            self.tally.count("wire_refused_total", error.reason)
            answer = refusal(BAD_REQUEST)
        origin = request.headers.get("Origin")
        if origin in self._origins and not answer.prepared:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Vary"] = "Origin"
        return answer

    async def _answer(self, request: web.Request, query: dict[str, str]) -> web.StreamResponse:
        transport, sid = query.get("transport"), query.get("sid")
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={"Access-Control-Allow-Methods": "GET, POST"})
        if transport not in ("polling", "websocket"):
            return refusal(UNKNOWN_TRANSPORT)
        if query.get("EIO") != "4":
            return refusal(BAD_VERSION)
        if request.method not in ("GET", "POST"):
            return refusal(BAD_METHOD)
        if sid is None:
            return await self._handshake(request, transport)
        elsewhere = self._elsewhere(request, sid)
        if elsewhere is not None and transport == "polling":
            return await self._pass_on(request, elsewhere)
        session = self.sessions.get(sid)
        if session is not None:
            session.check(self.clock.monotonic())
        if session is None or session.closed:
            self.tally.count("wire_refused_total", "unknown_sid")
            return refusal(UNKNOWN_SID)
        if transport == "websocket":
            return await self._upgrade(request, session)
        return await self._exchange(request, session)

    async def _handshake(self, request: web.Request, transport: str) -> web.StreamResponse:
        if request.method != "GET":
            return refusal(BAD_METHOD)
        address = request.remote or ""
        now = self.clock.monotonic()
        if not self._doors.may_open(address, now):
            self.tally.count("wire_refused_total", "rate")
            return self._come_back(429)
        if self._group is None or len(self.sessions) >= self.limits.sessions:
            self.tally.count("wire_refused_total", "full")
            return self._come_back(503)
        accept = answer_to(request) if transport == "websocket" else ""
        environ = {"REMOTE_ADDR": address, "HTTP_HOST": request.headers.get("Host", "")}
        session = Session(self, self._new_sid(), environ, now)
        opening = self._opening(session, upgrades=self._upgrades(transport))
        self.sessions[session.sid] = session
        if transport == "polling":
            session.link = Polling(session, limits=self.limits, clock=self.clock)
            self.upper.opened(session)
            return text_answer(opening)
        return await self._open_socket(request, session, accept, opening)

    def _opening(self, session: Session, *, upgrades: bool) -> bytes:
        limits = self.limits
        return frames.OPEN + msgspec.json.encode(
            {
                "sid": session.sid,
                "upgrades": ["websocket"] if upgrades else [],
                "pingInterval": round(limits.ping_interval_s * 1000),
                "pingTimeout": round(limits.ping_timeout_s * 1000),
                "maxPayload": limits.message_bytes,
            }
        )

    def _new_sid(self) -> str:
        sid = secrets.token_urlsafe(18)
        return self._neighbours.named(sid) if self._neighbours else sid

    def _upgrades(self, transport: str) -> bool:
        """A websocket could come out at another node, so behind several there is no upgrade."""
        return transport == "polling" and self._neighbours is None

    def _elsewhere(self, request: web.Request, sid: str) -> Path | None:
        if self._neighbours is None or PASSED in request.headers:
            return None
        return self._neighbours.other(sid)

    async def _pass_on(self, request: web.Request, path: Path) -> web.StreamResponse:
        body = await self._body(request) if request.method == "POST" else None
        limits = self.limits
        deadline_s = limits.ping_interval_s + limits.ping_timeout_s + limits.body_deadline_s
        try:
            return await pass_on(request, path, body, deadline_s)
        except PeerError as error:
            self.tally.count("wire_refused_total", error.reason)
            return refusal(UNKNOWN_SID)

    def _come_back(self, status: int) -> web.Response:
        body = {"code": "busy", "retry_ms": self.limits.resume_delay_ms}
        response = web.json_response(body, status=status, headers={"Retry-After": "1"})
        response.force_close()  # a crowd that is sent away does not stay on the stairs
        return response

    # --- Websockets ---

    async def _open_socket(
        self, request: web.Request, session: Session, accept: str, opening: bytes
    ) -> web.StreamResponse:
        def opened(socket: Socket) -> None:
            session.link = socket
            socket.send(opening, websocket.data_frame(opening))
            self.upper.opened(session)

        return await self._serve(request, session, accept, opened)

    async def _upgrade(self, request: web.Request, session: Session) -> web.StreamResponse:
        accept = answer_to(request)
        polling = session.link
        if not isinstance(polling, Polling) or polling.probed or request.method != "GET":
            self.tally.count("wire_refused_total", "second_socket")
            return await self._serve(
                request, Nobody(), accept, lambda socket: socket.close(POLICY)
            )
        probe = Probe(session, polling, self._settled)

        def opened(socket: Socket) -> None:
            probe.socket = socket
            self._settling[socket] = self.clock.monotonic() + self.limits.upgrade_deadline_s

        return await self._serve(request, probe, accept, opened)

    async def _serve(
        self, request: web.Request, listener: Any, accept: str, opened: Any
    ) -> web.StreamResponse:
        if not self._fast:
            plain = PlainSocket(listener, limits=self.limits, clock=self.clock)
            return await plain.serve(request, lambda: opened(plain))
        socket = DirectSocket(listener, limits=self.limits, clock=self.clock, linger=self._linger)
        transport, tail = take_transport(request, accept)
        socket.take(transport)
        opened(socket)
        if tail:
            socket.data_received(tail)
        return web.Response(status=101)

    # --- Long-polling ---

    async def _exchange(self, request: web.Request, session: Session) -> web.StreamResponse:
        polling = session.link
        if not isinstance(polling, Polling):
            self.tally.count("wire_refused_total", "transport_mixed")
            return refusal(BAD_REQUEST)
        try:
            if request.method == "POST":
                await self._post(request, session, polling)
                return text_answer(b"ok")
            return text_answer(join(await polling.poll(lambda: request.transport is None)))
        except PeerError as error:
            session.failed(error)
            return refusal(BAD_REQUEST)

    async def _post(self, request: web.Request, session: Session, polling: Polling) -> None:
        if polling.posting:
            raise PeerError("second_post")
        polling.posting = True
        try:
            body = await self._body(request)
            for packet in frames.split_payload(body, self.limits.packets_per_post):
                if session.closed:
                    return
                if packet[:1] == frames.BASE64_MARK:
                    session.receive_binary(frames.from_base64(packet))
                else:
                    session.receive(packet)
                await polling.passable()
        finally:
            polling.posting = False

    async def _body(self, request: web.Request) -> bytes:
        limit = self.limits.message_bytes
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.body_deadline_s):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limit:
                        raise PeerError("too_big", TOO_BIG)
        except TimeoutError:
            raise PeerError("slow_body") from None
        except ConnectionError:
            raise PeerError("gone") from None
        return bytes(body)


def refusal(error: tuple[int, str]) -> web.Response:
    """A refusal in the form that Socket.IO clients know."""
    code, message = error
    return web.json_response({"code": code, "message": message}, status=400)


def text_answer(body: bytes) -> web.Response:
    """A good answer of long-polling."""
    return web.Response(
        body=body,
        content_type="text/plain",
        charset="UTF-8",
        headers={"Cache-Control": "no-store"},
    )


def join(packets: Iterable[Packet]) -> bytes:
    """One payload of several packets; binary ones in base64."""
    return frames.SEPARATOR.join(
        frames.to_base64(packet) if isinstance(packet, memoryview) else packet
        for packet in packets
    )
