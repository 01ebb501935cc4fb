"""RFC 6455 frames: headers for what goes out, a reader in place for what comes in."""

import base64
import hashlib

from signaling.wire.faults import PROTOCOL_ERROR, TOO_BIG, PeerError

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
CONTROL_MAX_BYTES = 125
FRAGMENTS_MAX = 64

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KNOWN = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))


def accept_key(key: str) -> str | None:
    """The answer to a Sec-WebSocket-Key (RFC 6455 section 4.2.2), or None when it is not one."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except ValueError:
        return None
    digest = hashlib.sha1(key.encode() + _ACCEPT_GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def frame(opcode: int, payload: bytes) -> bytes:
    """One whole unmasked frame, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """The frame that ends a connection."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[: CONTROL_MAX_BYTES - 2])


def unmask(mask: bytes, payload: bytes) -> bytes:
    """The payload as the client had it (section 5.3), by one exclusive-or over the whole."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def _check_head(first: int, second: int) -> None:
    opcode = first & 0x0F
    if first & 0x70 or opcode not in _KNOWN or not second & 0x80:
        raise PeerError("bad_frame", PROTOCOL_ERROR)
    if opcode >= CLOSE and (not first & 0x80 or second & 0x7F > CONTROL_MAX_BYTES):
        raise PeerError("bad_frame", PROTOCOL_ERROR)


class FrameReader:
    """Bytes of one client to its messages; `push` what came, then `next` until it is None.

    A message that is too long is refused at its header, before its bytes are kept, so what is held
    is one read of the socket and one message at most.
    """

    __slots__ = ("_data", "_kind", "_limit", "_need", "_parts", "_parts_bytes", "_position")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data: bytes | bytearray = b""
        self._position = 0
        self._need = 2
        self._kind = CONTINUATION  # the opcode of a message under way in fragments
        self._parts: list[bytes] | None = None
        self._parts_bytes = 0

    def push(self, data: bytes) -> None:
        """Take what the socket gave."""
        if self._position == len(self._data):
            self._data = data
            self._position = 0
            return
        rest = self._data
        if not isinstance(rest, bytearray):
            rest = bytearray(rest[self._position :])
        else:
            del rest[: self._position]
        rest += data
        self._data = rest
        self._position = 0

    def next(self) -> tuple[int, bytes] | None:
        """The next whole message as (opcode, payload); raise PeerError at what RFC 6455 forbids."""
        while True:
            whole = self._next_frame()
            if whole is None:
                return None
            final, opcode, payload = whole
            if opcode >= CLOSE or (final and opcode and self._parts is None):
                return opcode, payload
            message = self._join(final, opcode, payload)
            if message is not None:
                return message

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        data, at = self._data, self._position
        left = len(data) - at
        if left < self._need:
            return None
        first, second = data[at], data[at + 1]
        size, head = second & 0x7F, 6
        if size == 126:
            head = 8
        elif size == 127:
            head = 14
        if first & 0x70 or first & 0x0F not in (TEXT, BINARY) or second < 0x80:
            _check_head(first, second)
        if left < head:
            self._need = head
            return None
        if head > 6:
            size = int.from_bytes(data[at + 2 : at + head - 4], "big")
        if size > self._limit - self._parts_bytes:
            raise PeerError("too_big", TOO_BIG)
        end = at + head + size
        if left < head + size:
            self._need = head + size
            return None
        self._need = 2
        self._position = end
        whole = bytes(data[at + head - 4 : end])
        return first >= 0x80, first & 0x0F, unmask(whole[:4], whole[4:])

    def _join(self, final: bool, opcode: int, payload: bytes) -> tuple[int, bytes] | None:
        if self._parts is None:
            if opcode == CONTINUATION:
                raise PeerError("bad_frame", PROTOCOL_ERROR)
            self._parts, self._kind = [], opcode
        elif opcode != CONTINUATION:
            raise PeerError("bad_frame", PROTOCOL_ERROR)
        self._parts.append(payload)
        self._parts_bytes += len(payload)
        if len(self._parts) > FRAGMENTS_MAX:
            raise PeerError("bad_frame", PROTOCOL_ERROR)
        if not final:
            return None
        whole = b"".join(self._parts)
        self._parts, self._parts_bytes = None, 0
        return self._kind, whole


def data_frame(packet: bytes | memoryview) -> bytes:
    """The frame of a packet: text, or binary when it is a memoryview."""
    if isinstance(packet, memoryview):
        return frame(BINARY, bytes(packet))
    return frame(TEXT, packet)
