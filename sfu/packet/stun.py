"""STUN messages by aioice's codec, bounded before parsing and never raising anything but Malformed."""

import hmac
import ipaddress
import struct
import zlib

import msgspec
from aioice import stun as codec

from sfu.errors import Malformed

Message = codec.Message

MAGIC_COOKIE = 0x2112A442
_COOKIE_BYTES = struct.pack("!I", MAGIC_COOKIE)
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_LONGEST_BYTES = 1280
_MOST_ATTRIBUTES = 24
_INTEGRITY_BYTES = 24
_FINGERPRINT_BYTES = 8
_FINGERPRINT_XOR = 0x5354554E
_BINDING_REQUEST_BYTES = b"\x00\x01"
_BINDING_SUCCESS = 0x0101
_USERNAME = 0x0006
_XOR_MAPPED_ADDRESS = 0x0020
_MESSAGE_INTEGRITY = 0x0008
_FINGERPRINT = 0x8028


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """An ICE connectivity check: a binding request with its ICE attributes, integrity not yet verified."""

    transaction_id: bytes
    local_ufrag: str
    remote_ufrag: str
    priority: int
    use_candidate: bool
    controlling: bool
    message: Message


def parse(datagram: bytes) -> Message:
    """The message, or Malformed. Sizes, cookie and attribute bounds are checked before the codec sees a byte."""
    _check_bounds(datagram)
    try:
        return codec.parse_message(datagram)
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise Malformed("a STUN attribute cannot be read") from error


def named(datagram: bytes) -> str | None:
    """Whose ufrag a binding request names, None when it is another message; Malformed when it cannot be either.

    A look at the outside, for the guard at the door: reading a whole message costs a hundred times as much.
    """
    _check_bounds(datagram)
    if datagram[:2] != _BINDING_REQUEST_BYTES:
        return None
    position = _HEADER.size
    while position < len(datagram):
        kind, size = _ATTRIBUTE.unpack_from(datagram, position)
        position += _ATTRIBUTE.size
        if kind == _USERNAME:
            ufrag, colon, _ = datagram[position : position + size].partition(b":")
            if colon and ufrag.isascii():
                return ufrag.decode("ascii")
            break
        position += (size + 3) // 4 * 4
    raise Malformed("a connectivity check has no user name of two parts")


def parse_check(datagram: bytes) -> Check | None:
    """The connectivity check in the datagram; None when it is a STUN message of another kind."""
    message = parse(datagram)
    if (
        message.message_method != codec.Method.BINDING
        or message.message_class != codec.Class.REQUEST
    ):
        return None
    attributes = message.attributes
    username = attributes.get("USERNAME", "")
    local_ufrag, colon, remote_ufrag = username.partition(":")
    if not colon:
        raise Malformed("a connectivity check has no user name of two parts")
    return Check(
        transaction_id=message.transaction_id,
        local_ufrag=local_ufrag,
        remote_ufrag=remote_ufrag,
        priority=attributes.get("PRIORITY", 0),
        use_candidate="USE-CANDIDATE" in attributes,
        controlling="ICE-CONTROLLING" in attributes,
        message=message,
    )


def is_authentic(message: Message, password: str) -> bool:
    """Whether MESSAGE-INTEGRITY is there and right (RFC 8489 section 14.5)."""
    return message.check_message_integrity(password.encode())


def binding_success(transaction_id: bytes, host: str, port: int, password: str) -> bytes:
    """The answer to a check that was authentic: XOR-MAPPED-ADDRESS, integrity, fingerprint."""
    mapped = _xor_mapped(transaction_id, host, port)
    attribute = _ATTRIBUTE.pack(_XOR_MAPPED_ADDRESS, len(mapped)) + mapped
    return _sealed(_BINDING_SUCCESS, transaction_id, attribute, password)


def _xor_mapped(transaction_id: bytes, host: str, port: int) -> bytes:
    packed = ipaddress.ip_address(host).packed
    family = 1 if len(packed) == 4 else 2
    pad = _COOKIE_BYTES + transaction_id
    xored = bytes(a ^ b for a, b in zip(packed, pad, strict=False))
    return struct.pack("!BBH", 0, family, port ^ (MAGIC_COOKIE >> 16)) + xored


def _sealed(message_type: int, transaction_id: bytes, attributes: bytes, password: str) -> bytes:
    """RFC 8489 section 14.5 and 14.7: each seal covers a header whose length already counts the seal."""
    length = len(attributes) + _INTEGRITY_BYTES
    body = _HEADER.pack(message_type, length, MAGIC_COOKIE, transaction_id) + attributes
    mac = hmac.digest(password.encode(), body, "sha1")
    length += _FINGERPRINT_BYTES
    body = (
        _HEADER.pack(message_type, length, MAGIC_COOKIE, transaction_id)
        + attributes
        + _ATTRIBUTE.pack(_MESSAGE_INTEGRITY, len(mac))
        + mac
    )
    return body + struct.pack("!HHI", _FINGERPRINT, 4, zlib.crc32(body) ^ _FINGERPRINT_XOR)


def _check_bounds(datagram: bytes) -> None:
    size = len(datagram)
    if not _HEADER.size <= size <= _LONGEST_BYTES or size % 4:
        raise Malformed("a STUN message is too short, too long or not of whole words")
    message_type, length, cookie, _ = _HEADER.unpack_from(datagram)
    if message_type & 0xC000 or cookie != MAGIC_COOKIE or length != size - _HEADER.size:
        raise Malformed("a STUN header is wrong")
    position = _HEADER.size
    attributes = 0
    while position < size:
        _, attribute_bytes = _ATTRIBUTE.unpack_from(datagram, position)
        position += _ATTRIBUTE.size + (attribute_bytes + 3) // 4 * 4
        attributes += 1
    if position != size or attributes > _MOST_ATTRIBUTES:
        raise Malformed("STUN attributes overrun their message or are too many")
