"""Engine.IO 4 and Socket.IO 5 packets: bytes to checked values, and values to finished frames."""

import base64
import binascii
import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from signaling.wire import gates
from signaling.wire.faults import BAD_TEXT, UNSUPPORTED, PeerError

# --- Engine.IO 4: one character says what a packet is -------------------------------------------

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
PROBE = b"probe"
BASE64_MARK = b"b"
SEPARATOR = b"\x1e"

Data = bytes | bytearray


def split_payload(body: bytes, packets_max: int) -> list[bytes]:
    """The packets of one long-polling POST."""
    packets = body.split(SEPARATOR, packets_max)
    if len(packets) > packets_max:
        raise PeerError("too_many_packets")
    return packets


def from_base64(packet: bytes) -> bytes:
    """The binary message that long-polling carries as text."""
    try:
        return base64.b64decode(packet[1:], validate=True)
    except binascii.Error:
        raise PeerError("malformed") from None


def to_base64(data: bytes | memoryview) -> bytes:
    """A binary message as long-polling carries it."""
    return BASE64_MARK + base64.b64encode(data)


# --- Socket.IO 5: what is inside a message ------------------------------------------------------

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)

# kind, attachments, namespace (a query on it is dropped), acknowledgement id; the rest is JSON.
_HEAD = re.compile(
    rb"([0-6])(?:(\d{1,4})-)?(?:(/[^,?]{0,63})(?:\?[^,]{0,255})?(?:,|\Z))?(\d{0,15})"
)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Packet(NamedTuple):
    """One Socket.IO packet from a client, its form checked; `data` is None when it has none."""

    kind: int
    namespace: str
    id: int | None
    attachments: int
    data: Any


def parse_packet(text: bytes, limits: gates.WireLimits) -> Packet:
    """Read one message; raise PeerError at whatever the protocol or the gates do not allow."""
    head = _HEAD.match(text)
    if head is None:
        raise PeerError("malformed")
    kind_text, count, place, id_text = head.groups()
    kind = kind_text[0] - 48
    rest = text[head.end() :]
    data = None
    if rest:
        gates.check_depth(rest, limits.json_depth + 1)
        try:
            data = _decode(rest)
        except UnicodeDecodeError:
            raise PeerError("bad_text", BAD_TEXT) from None
        except (msgspec.DecodeError, RecursionError):
            raise PeerError("malformed") from None
    try:
        namespace = place.decode() if place else "/"
    except UnicodeDecodeError:
        raise PeerError("malformed") from None
    number = int(id_text) if id_text else None
    plain = count is None and kind < BINARY_EVENT
    attachments = 0 if plain else _attachments(kind, count, limits)
    if not _FORM[kind](data, number):
        raise PeerError("malformed")
    return Packet(kind, namespace, number, attachments, data)


def _attachments(kind: int, count: bytes | None, limits: gates.WireLimits) -> int:
    if kind < BINARY_EVENT:
        if count is not None:
            raise PeerError("malformed")
        return 0
    if not limits.binary:
        raise PeerError("binary", UNSUPPORTED)
    attachments = int(count) if count else 0
    if not 0 < attachments <= limits.attachments:
        raise PeerError("malformed")
    return attachments


def _is_connect(data: Any, number: int | None) -> bool:
    return number is None and (data is None or isinstance(data, dict))


def _is_disconnect(data: Any, number: int | None) -> bool:
    return number is None and data is None


def _is_event(data: Any, number: int | None) -> bool:
    return type(data) is list and data != [] and type(data[0]) is str


def _is_ack(data: Any, number: int | None) -> bool:
    return number is not None and isinstance(data, list)


def _never(data: Any, number: int | None) -> bool:
    return False


_FORM = (_is_connect, _is_disconnect, _is_event, _is_ack, _never, _is_event, _is_ack)


# --- What goes out ------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _head(kind: int, namespace: str) -> bytes:
    place = b"" if namespace == "/" else namespace.encode() + b","
    return b"4%d%b" % (kind, place)


def event_frame(namespace: str, event: str, json: bytes) -> bytes:
    """One event with one argument that is JSON already, as the text of its Engine.IO message."""
    return b"".join((_head(EVENT, namespace), b'["', event.encode(), b'",', json, b"]"))


def connect_frame(namespace: str, sid: str) -> bytes:
    """The welcome to a namespace."""
    return _head(CONNECT, namespace) + b'{"sid":"%b"}' % sid.encode()


def connect_error_frame(namespace: str, data: Any) -> bytes:
    """The refusal of a CONNECT."""
    return _head(CONNECT_ERROR, namespace) + _encode(data)


def disconnect_frame(namespace: str) -> bytes:
    """The end of a namespace."""
    return _head(DISCONNECT, namespace)


def ack_frame(namespace: str, number: int, data: list[Any]) -> bytes:
    """The answer to an event, without binary parts."""
    return b"%b%d%b" % (_head(ACK, namespace), number, _encode(data))


def data_frames(
    kind: int, namespace: str, number: int | None, data: list[Any], *, binary: bool = False
) -> list[bytes | memoryview]:
    """An event or an acknowledgement; binary parts, where they are allowed, follow as memoryviews."""
    parts: list[bytes] = []
    if binary:
        data = take_binary(data, parts)
    if parts:
        kind = BINARY_EVENT if kind == EVENT else BINARY_ACK
        head = b"4%d%d-" % (kind, len(parts)) + _head(kind, namespace)[2:]
    else:
        head = _head(kind, namespace)
    text = head + (b"" if number is None else b"%d" % number) + _encode(data)
    return [text, *(memoryview(part) for part in parts)]


def take_binary(data: Any, parts: list[bytes]) -> Any:
    """The same data with a placeholder for each binary part, which is appended to `parts`."""
    if isinstance(data, bytes | bytearray | memoryview):
        parts.append(bytes(data))
        return {"_placeholder": True, "num": len(parts) - 1}
    if isinstance(data, list | tuple):
        return [take_binary(item, parts) for item in data]
    if isinstance(data, dict):
        return {key: take_binary(item, parts) for key, item in data.items()}
    return data


def put_binary(data: Any, parts: list[bytes]) -> Any:
    """The same data with its placeholders filled; raise PeerError at one that points nowhere."""
    if isinstance(data, list):
        return [put_binary(item, parts) for item in data]
    if not isinstance(data, dict):
        return data
    if data.get("_placeholder") is True:
        number = data.get("num")
        if not isinstance(number, int) or not 0 <= number < len(parts):
            raise PeerError("malformed")
        return parts[number]
    return {key: put_binary(item, parts) for key, item in data.items()}
