"""One websocket: write-through, bounded backlog, in-order reading; the fast way and the plain way."""

import asyncio
import contextlib
import socket as sockets
from collections import deque
from collections.abc import Callable
from typing import Protocol

from aiohttp import WSMsgType, web

from signaling.context import Clock
from signaling.wire import websocket
from signaling.wire.faults import NORMAL, TRY_LATER, PeerError
from signaling.wire.gates import WireLimits
from signaling.wire.session import Packet

FLUSH_BYTES = 64 * 1024


class Listener(Protocol):
    """Who is behind a websocket: a session, or the probe of one that upgrades."""

    def hear(self, opcode: int, payload: bytes) -> None:
        """A whole message; may raise PeerError."""

    def failed(self, error: PeerError) -> None:
        """The peer broke a rule: end it."""

    def behind(self) -> list[bytes]:
        """The backlog is full: the packets to say before the end."""

    def lost(self) -> None:
        """The connection is gone."""


class Backlog:
    """What a slow reader has not taken yet, bounded; of volatile kinds only the newest."""

    __slots__ = ("frames", "latest", "limit", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.frames: deque[bytes] = deque()
        self.latest: dict[str, bytes] = {}

    def hold(self, frame: bytes) -> bool:
        """Keep a frame; False when that is more than may be kept."""
        self.frames.append(frame)
        self.size += len(frame)
        return self.size <= self.limit

    def hold_latest(self, key: str, frame: bytes) -> None:
        """Keep only this frame of its key."""
        self.latest[key] = frame

    def take(self) -> bytes:
        """Some frames to write, in order; empty when there are none."""
        parts, size = [], 0
        while self.frames and size < FLUSH_BYTES:
            frame = self.frames.popleft()
            parts.append(frame)
            size += len(frame)
        self.size -= size
        if not parts and self.latest:
            parts.extend(self.latest.values())
            self.latest.clear()
        return b"".join(parts)


class DirectSocket(asyncio.Protocol):
    """A websocket that sits on the transport itself.

    It takes the place of aiohttp's protocol once the handshake is done: no task, no queue, no
    request object stays behind, and a frame goes from `send` to the kernel in one call.
    """

    transport_name = "websocket"
    __slots__ = (
        "_backlog",
        "_behind",
        "_blocked_at",
        "_clock",
        "_ended",
        "_limits",
        "_linger",
        "_paused",
        "_reader",
        "_transport",
        "_write",
        "gone",
        "listener",
    )

    def __init__(
        self,
        listener: Listener,
        *,
        limits: WireLimits,
        clock: Clock,
        linger: Callable[["DirectSocket"], None],
    ) -> None:
        self.listener = listener
        self.gone = False
        self._linger = linger
        self._limits = limits
        self._clock = clock
        self._reader = websocket.FrameReader(limits.message_bytes)
        self._backlog: Backlog | None = None
        self._behind = False  # writing would only fill the transport's buffer
        self._blocked_at: float | None = None
        self._paused = False
        self._ended = False

    def take(self, transport: asyncio.Transport) -> None:
        """Start on a transport whose handshake is done."""
        self._transport = transport
        self._write = transport.write
        transport.set_write_buffer_limits(high=FLUSH_BYTES)
        tune(transport, self._limits)
        transport.set_protocol(self)
        transport.resume_reading()

    # --- In ---

    def data_received(self, data: bytes) -> None:
        """Read frames in place and hand each message on at once."""
        if self._ended:
            return
        self._reader.push(data)
        self._read()

    def _read(self) -> None:
        try:
            while not (self._paused or self._ended):
                message = self._reader.next()
                if message is None:
                    return
                opcode, payload = message
                if opcode <= websocket.BINARY:
                    self.listener.hear(opcode, payload)
                elif opcode == websocket.PING and not self._behind:
                    self._write(websocket.frame(websocket.PONG, payload))
                elif opcode == websocket.CLOSE:
                    self._closed_by_peer()
        except PeerError as error:
            self.listener.failed(error)

    def _closed_by_peer(self) -> None:
        if not self._behind:
            self._write(websocket.close_frame(NORMAL))
        self._ended = True
        self._behind = True
        self._transport.close()

    def pause(self) -> None:
        """Read no more for now; what was read already waits in the reader."""
        if not (self._paused or self._ended):
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Handle what waits, then read on."""
        if not self._paused:
            return
        self._paused = False
        self._read()
        if not (self._paused or self._ended or self._transport.is_closing()):
            self._transport.resume_reading()

    # --- Out ---

    def send(self, packet: Packet, frame: bytes) -> None:
        """Write through, or hold back while the reader is behind."""
        if not self._behind:
            self._write(frame)
        elif not self._ended:
            if self._backlog is None:
                self._backlog = Backlog(self._limits.backlog_bytes)
            if not self._backlog.hold(frame):
                self._cut_slow_reader()

    def send_latest(self, key: str, packet: Packet, frame: bytes) -> None:
        """Write through, or keep only the newest of this key."""
        if not self._behind:
            self._write(frame)
        elif not self._ended:
            if self._backlog is None:
                self._backlog = Backlog(self._limits.backlog_bytes)
            self._backlog.hold_latest(key, frame)

    def _cut_slow_reader(self) -> None:
        self._backlog = None
        for packet in self.listener.behind():
            self._write(websocket.frame(websocket.TEXT, packet))
        self.listener.failed(PeerError("slow_reader", TRY_LATER))

    def pause_writing(self) -> None:
        """The transport's buffer is over its mark."""
        self._behind = True
        self._blocked_at = self._clock.monotonic()

    def resume_writing(self) -> None:
        """The transport's buffer is empty enough again."""
        self._blocked_at = None
        if self._ended:
            return
        self._behind = False
        backlog = self._backlog
        while backlog is not None and not self._behind:
            data = backlog.take()
            if not data:
                self._backlog = None
                return
            self._write(data)

    def stalled(self, now: float) -> bool:
        """True when the reader took nothing for too long."""
        return self._blocked_at is not None and now - self._blocked_at > self._limits.stall_s

    # --- The end ---

    def close(self, code: int, *, by_client: bool = False) -> None:
        """Say goodbye, then wait for the peer to hang up; the engine aborts it after a deadline.

        Closing at once with unread bytes in the kernel would reset the connection, and the peer
        would lose the last frames.
        """
        if self._ended or self._transport.is_closing():
            return
        self._ended = True
        self._behind = True
        last = websocket.close_frame(code)
        if self._backlog is not None:
            last = b"".join(self._backlog.frames) + last
            self._backlog = None
        self._write(last)
        if self._paused:
            self._transport.resume_reading()
        self._linger(self)

    def abort(self) -> None:
        """End now, whatever is unsent."""
        self._ended = True
        self._transport.abort()

    def eof_received(self) -> bool | None:
        """The peer hung up."""
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._ended = True
        self._behind = True
        self._backlog = None
        self.gone = True
        self.listener.lost()


def tune(transport: asyncio.BaseTransport, limits: WireLimits) -> None:
    """Keep the kernel from hiding a reader that is slow or dead."""
    raw = transport.get_extra_info("socket")
    if raw is None or raw.family not in (sockets.AF_INET, sockets.AF_INET6):
        return
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, limits.send_buffer_bytes)
    if hasattr(sockets, "TCP_USER_TIMEOUT"):
        timeout_ms = int((limits.ping_interval_s + limits.ping_timeout_s) * 1000)
        raw.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT, timeout_ms)


class PlainSocket:
    """A websocket on aiohttp's public face only: a task and a bounded queue, slower but plain."""

    transport_name = "websocket"

    def __init__(self, listener: Listener, *, limits: WireLimits, clock: Clock) -> None:
        self.listener = listener
        self._limits = limits
        self._clock = clock
        self._socket = web.WebSocketResponse(
            max_msg_size=limits.message_bytes + 1, compress=False, autoping=True
        )
        self._queue: deque[tuple[Packet, str | None]] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._open_reading = asyncio.Event()
        self._open_reading.set()
        self._blocked_at: float | None = None
        self._code: int | None = None
        self._transport: asyncio.Transport | None = None
        self.gone = False

    async def serve(self, request: web.Request, opened: Callable[[], None]) -> web.StreamResponse:
        """Carry the connection until it ends."""
        await self._socket.prepare(request)
        self._transport = request.transport
        if self._transport is not None:
            tune(self._transport, self._limits)
        opened()
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._drain())
                await self._listen()
                if self._code is None:
                    writer.cancel()
        finally:
            self.gone = True
            self._code = self._code or NORMAL
            self.listener.lost()
        return self._socket

    async def _listen(self) -> None:
        async for message in self._socket:
            try:
                if message.type is WSMsgType.TEXT:
                    self.listener.hear(websocket.TEXT, message.data.encode())
                elif message.type is WSMsgType.BINARY:
                    self.listener.hear(websocket.BINARY, message.data)
            except PeerError as error:
                self.listener.failed(error)
            if self._code is not None:
                return
            await self._open_reading.wait()

    async def _drain(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._queue or self._code is None:
                if not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                packet, _ = self._queue.popleft()
                self._queued_bytes -= len(packet)
                self._blocked_at = self._clock.monotonic()
                if isinstance(packet, memoryview):
                    await self._socket.send_bytes(bytes(packet))
                else:
                    await self._socket.send_str(packet.decode())
                self._blocked_at = None
            async with asyncio.timeout(self._limits.close_deadline_s):
                await self._socket.close(code=self._code or NORMAL)

    def pause(self) -> None:
        """Read no more for now."""
        self._open_reading.clear()

    def resume(self) -> None:
        """Read on."""
        self._open_reading.set()

    def send(self, packet: Packet, frame: bytes) -> None:
        """Queue for the writer."""
        self._put(packet, None)

    def send_latest(self, key: str, packet: Packet, frame: bytes) -> None:
        """Queue for the writer in place of an older packet of this key."""
        for number, (older, its_key) in enumerate(self._queue):
            if its_key == key:
                self._queued_bytes -= len(older)
                del self._queue[number]
                break
        self._put(packet, key)

    def _put(self, packet: Packet, key: str | None) -> None:
        if self._code is not None:
            return
        self._queue.append((packet, key))
        self._queued_bytes += len(packet)
        self._wake.set()
        if self._queued_bytes > self._limits.backlog_bytes:
            self._queue.clear()
            self._queue.extend((hint, None) for hint in self.listener.behind())
            self._queued_bytes = sum(len(hint) for hint, _ in self._queue)
            self.listener.failed(PeerError("slow_reader", TRY_LATER))

    def close(self, code: int, *, by_client: bool = False) -> None:
        """End after what is queued."""
        if self._code is None:
            self._code = code
            self._wake.set()
            self._open_reading.set()

    def abort(self) -> None:
        """End now, whatever is unsent."""
        if self._transport is not None:
            self._transport.abort()

    def stalled(self, now: float) -> bool:
        """True when the reader took nothing for too long."""
        return self._blocked_at is not None and now - self._blocked_at > self._limits.stall_s
