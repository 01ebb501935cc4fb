"""The websocket handshake on aiohttp's transport, and the probe that upgrades a polling session."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from signaling.wire import websocket
from signaling.wire.faults import PeerError
from signaling.wire.polling import Polling
from signaling.wire.session import Session
from signaling.wire.socket import DirectSocket, PlainSocket

Socket = DirectSocket | PlainSocket

PROBE_PACKET, PROBE_ANSWER, UPGRADE_PACKET = b"2probe", b"3probe", b"5"

_SWITCH = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {}\r\n\r\n"
)


def answer_to(request: web.Request) -> str:
    """The Sec-WebSocket-Accept of a good handshake; raise PeerError at any other."""
    headers = request.headers
    connection = [part.strip().lower() for part in headers.get("Connection", "").split(",")]
    accept = websocket.accept_key(headers.get("Sec-WebSocket-Key", ""))
    if (
        headers.get("Upgrade", "").lower() != "websocket"
        or "upgrade" not in connection
        or headers.get("Sec-WebSocket-Version") != "13"
        or accept is None
    ):
        raise PeerError("bad_handshake")
    return accept


def take_transport(request: web.Request, accept: str) -> tuple[asyncio.Transport, bytes]:
    """Answer the handshake and take the connection away from aiohttp.

    aiohttp is told that the connection is lost, so it lets go of the request, its task and its
    parser; what the client sent right behind the handshake is handed back.
    `_message_tail` is a private name of the pinned aiohttp: a contract test watches it.
    """
    transport, protocol = request.transport, request.protocol
    if transport is None:
        raise PeerError("bad_handshake")
    tail: bytes = protocol._message_tail
    transport.write(_SWITCH.format(accept).encode())
    protocol.transport = None  # or it would close it
    protocol.connection_lost(None)
    return transport, tail


class Nobody:
    """The listener of a websocket that is closed at once."""

    def hear(self, opcode: int, payload: bytes) -> None:
        """Nothing is wanted."""

    def failed(self, error: PeerError) -> None:
        """It ends anyway."""

    def behind(self) -> list[bytes]:
        """There is nothing to say."""
        return []

    def lost(self) -> None:
        """It was never there."""


class Probe:
    """The listener of a websocket that wants to take over from long-polling."""

    def __init__(
        self, session: Session, polling: Polling, settled: Callable[[Socket], None]
    ) -> None:
        self._session = session
        self._settled = settled
        self._polling = polling
        self._answered = False
        self.socket: Socket | None = None

    def hear(self, opcode: int, payload: bytes) -> None:
        """A probe first, then the upgrade."""
        if self.socket is None or opcode != websocket.TEXT or self._session.closed:
            raise PeerError("bad_upgrade")
        if not self._answered and payload == PROBE_PACKET:
            self._answered = True
            self.socket.send(PROBE_ANSWER, websocket.data_frame(PROBE_ANSWER))
            self._polling.probe()
        elif self._answered and payload == UPGRADE_PACKET:
            self._upgrade(self.socket)
        else:
            raise PeerError("bad_upgrade")

    def _upgrade(self, socket: Socket) -> None:
        session = self._session
        self._settled(socket)
        socket.listener = session
        session.link = socket
        self._polling.hand_over(socket)
        session.engine.upper.moved(session)

    def failed(self, error: PeerError) -> None:
        """The polling session goes on without it."""
        self._polling.probed = False
        if self.socket is not None:
            self.socket.close(error.close_code)

    def behind(self) -> list[bytes]:
        """There is nothing to say."""
        return []

    def lost(self) -> None:
        """The polling session goes on without it."""
        self._polling.probed = False
