"""One Engine.IO session: its transport of the moment, its heartbeat, its in-order inbox."""

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from signaling.context import Clock
from signaling.wire import websocket
from signaling.wire.faults import UNSUPPORTED, PeerError
from signaling.wire.gates import Allowance, WireLimits
from signaling.wire.tally import Tally

PING_PACKET, PING_FRAME = b"2", b"\x81\x012"

Packet = bytes | memoryview  # text, or binary as a memoryview
Job = Callable[[], Awaitable[None]]


class Link(Protocol):
    """What carries a session's packets: a websocket or long-polling."""

    transport_name: str

    def send(self, packet: Packet, frame: bytes) -> None:
        """Send one packet; `frame` is the same packet as a finished websocket frame."""

    def send_latest(self, key: str, packet: Packet, frame: bytes) -> None:
        """Send, or, when the reader is behind, keep only the newest packet of this key."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""

    def close(self, code: int, *, by_client: bool = False) -> None:
        """End after what was sent, within a deadline."""

    def stalled(self, now: float) -> bool:
        """True when the reader has taken nothing for too long, or is known to be gone."""


class Upper(Protocol):
    """Who hears what the sessions say: the Socket.IO server above."""

    def opened(self, session: "Session") -> None:
        """A session is open."""

    def text(self, session: "Session", data: bytes) -> None:
        """A text message; may raise PeerError."""

    def binary(self, session: "Session", data: bytes) -> None:
        """A binary message; may raise PeerError."""

    def hints(self, session: "Session") -> list[bytes]:
        """The messages that tell a browser to come back in a while."""

    def moved(self, session: "Session") -> None:
        """The session has another transport."""

    def closed(self, session: "Session", reason: str) -> None:
        """The session is over."""


class Host(Protocol):
    """What a session needs of the engine that keeps it."""

    limits: WireLimits
    clock: Clock
    tally: Tally
    upper: Upper

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for as long as the node lives."""

    async def run(self, job: Job) -> None:
        """Run one job; its failure ends nothing else."""

    def forget(self, session: "Session") -> None:
        """The session is over."""


class Session:
    """What the node keeps of one browser's connection."""

    __slots__ = (
        "_inbox",
        "_paused",
        "_working",
        "allowance",
        "attachments",
        "closed",
        "connect_due",
        "engine",
        "environ",
        "link",
        "namespaces",
        "ping_due",
        "pong_due",
        "session",
        "sid",
    )

    def __init__(self, engine: Host, sid: str, environ: dict[str, str], now: float) -> None:
        limits = engine.limits
        self.engine = engine
        self.sid = sid
        self.environ = environ
        self.link: Link | None = None
        self.closed = False
        self.connect_due: float | None = now + limits.connect_deadline_s
        self.ping_due = now + limits.ping_interval_s
        self.pong_due: float | None = None
        self.allowance = Allowance(limits, now)
        self.namespaces: dict[str, str] = {}  # namespace -> the sid it has there
        self.session: dict[str, Any] = {}  # what handlers save, by namespace
        self.attachments: Any = None  # a packet that waits for its binary parts
        self._inbox: deque[Job] | None = None
        self._working = False
        self._paused = False

    # --- What comes in ---

    def hear(self, opcode: int, payload: bytes) -> None:
        """Take one websocket message."""
        if opcode == websocket.TEXT:
            self.receive(payload)
        else:
            self.receive_binary(payload)

    def receive(self, packet: bytes) -> None:
        """Take one Engine.IO packet in its text form; raise PeerError when it is none."""
        kind = packet[:1]
        if kind == b"4":
            self.engine.upper.text(self, packet[1:])
        elif kind == b"3" and len(packet) == 1:
            self._pong()
        elif kind == b"1" and len(packet) == 1:
            self.close("client disconnect", by_client=True)
        else:
            raise PeerError("malformed")

    def receive_binary(self, data: bytes) -> None:
        """Take one binary message."""
        if not self.engine.limits.binary:
            raise PeerError("binary", UNSUPPORTED)
        self.engine.upper.binary(self, data)

    def _pong(self) -> None:
        if self.pong_due is not None:
            self.pong_due = None
            self.ping_due = self.engine.clock.monotonic() + self.engine.limits.ping_interval_s

    # --- What waits its turn ---

    def put(self, job: Job) -> None:
        """Run a job after all those before it; a full inbox stops the reading."""
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append(job)
        if not self._working:
            self._working = True
            self.engine.spawn(self._work())
        if len(self._inbox) >= self.engine.limits.inbox and not self._paused:
            self._paused = True
            if self.link is not None:
                self.link.pause()

    async def _work(self) -> None:
        inbox = self._inbox
        while inbox:
            job = inbox.popleft()
            await self.engine.run(job)
            if self._paused and len(inbox) <= self.engine.limits.inbox // 2:
                self._paused = False
                if self.link is not None:
                    self.link.resume()
        self._inbox = None
        self._working = False

    # --- Time ---

    def check(self, now: float) -> None:
        """Ping when it is time, and end what is overdue."""
        if self.link is not None and self.link.stalled(now):
            self.failed(PeerError("stalled"))
        elif self._paused:
            return  # we do not read, so we cannot know
        elif self.pong_due is not None and now >= self.pong_due:
            self.close("ping timeout")
        elif self.connect_due is not None and now >= self.connect_due:
            self.failed(PeerError("no_connect"))
        elif self.pong_due is None and now >= self.ping_due:
            self.pong_due = self.ping_due + self.engine.limits.ping_timeout_s
            if self.link is not None:
                self.link.send(PING_PACKET, PING_FRAME)

    # --- The end ---

    def lost(self) -> None:
        """The transport is gone."""
        self.close("transport close")

    def behind(self) -> list[bytes]:
        """The reader is too slow: what to say before the end."""
        return self.engine.upper.hints(self)

    def failed(self, error: PeerError) -> None:
        """End the session for something the peer did."""
        if not self.closed:
            self.engine.tally.count("wire_cut_total", error.reason)
            self.close("transport error", code=error.close_code)

    def close(self, reason: str, *, code: int = 1000, by_client: bool = False) -> None:
        """End the session; what was sent before still goes out, within a deadline."""
        if self.closed:
            return
        self.closed = True
        self.engine.forget(self)
        if self.link is not None:
            self.link.close(code, by_client=by_client)
        self.engine.upper.closed(self, reason)
