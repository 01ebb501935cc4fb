"""RTP headers and their extensions (RFC 3550, RFC 8285), read in place; and the one header layout that goes out.

What goes out keeps the payload bytes as they came. Its header is built anew because every leg has its own extension
ids: fixed fields, the leg's transport-cc number, the slot's mid, then the extensions that are passed through. An
extension that was not negotiated is three zero bytes, which RFC 8285 reads as padding, so that one layout serves all.
"""

import struct

import msgspec

from sfu.errors import Malformed

FIXED = struct.Struct("!BBHII")
ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000
_EXTENSION_HEAD = struct.Struct("!HH")
_STOP_ID = 15
_VERSION_2 = 0x80
_LONGEST_ONE_BYTE_VALUE = 16


class Header(msgspec.Struct, frozen=True):
    """Where things are in one RTP packet. `extensions` runs from `extensions_at`; the payload has no padding left."""

    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    profile: int
    extensions_at: int
    extensions_end: int
    payload_at: int
    payload_end: int


def parse(packet: bytes) -> Header:
    """The header, or Malformed when a length does not fit."""
    size = len(packet)
    if size < FIXED.size:
        raise Malformed("an RTP packet is shorter than its fixed header")
    first, second, sequence, timestamp, ssrc = FIXED.unpack_from(packet)
    if first & 0xC0 != _VERSION_2:
        raise Malformed("an RTP packet has another version than 2")
    position = FIXED.size + 4 * (first & 0x0F)
    profile = 0
    extensions_at = position
    if first & 0x10:
        if position + 4 > size:
            raise Malformed("an RTP extension header is cut off")
        profile, words = _EXTENSION_HEAD.unpack_from(packet, position)
        extensions_at = position + 4
        position = extensions_at + 4 * words
    end = size - packet[-1] if first & 0x20 else size
    if position > end or (first & 0x20 and not packet[-1]):
        raise Malformed("an RTP packet is shorter than its header or padding says")
    return Header(
        second & 0x80,
        second & 0x7F,
        sequence,
        timestamp,
        ssrc,
        profile,
        extensions_at,
        position if first & 0x10 else extensions_at,
        position,
        end,
    )


def restored(header: Header, payload_type: int, sequence: int) -> Header:
    """The header of the packet that an RTX packet brings again."""
    return msgspec.structs.replace(header, payload_type=payload_type, sequence=sequence)


def read_extensions(packet: bytes, header: Header) -> dict[int, bytes]:
    """Every element by its id, in the one-byte or the two-byte form; an unknown profile has none."""
    if header.profile == ONE_BYTE_PROFILE:
        return _read_one_byte(packet, header.extensions_at, header.extensions_end)
    if header.profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return _read_two_byte(packet, header.extensions_at, header.extensions_end)
    return {}


def _read_one_byte(packet: bytes, position: int, end: int) -> dict[int, bytes]:
    found = {}
    while position < end:
        head = packet[position]
        position += 1
        if not head:
            continue
        if head >> 4 == _STOP_ID:
            break
        value_end = position + (head & 0x0F) + 1
        if value_end > end:
            raise Malformed("a one-byte RTP extension is cut off")
        found[head >> 4] = packet[position:value_end]
        position = value_end
    return found


def _read_two_byte(packet: bytes, position: int, end: int) -> dict[int, bytes]:
    found = {}
    while position < end:
        identifier = packet[position]
        position += 1
        if not identifier:
            continue
        if position >= end or position + 1 + packet[position] > end:
            raise Malformed("a two-byte RTP extension is cut off")
        value_end = position + 1 + packet[position]
        found[identifier] = packet[position + 1 : value_end]
        position = value_end
    return found


def pack_element(identifier: int, value: bytes) -> bytes:
    """One element in the one-byte form; nothing when the form cannot hold it or the id is not negotiated."""
    if not identifier or not 1 <= len(value) <= _LONGEST_ONE_BYTE_VALUE:
        return b""
    return bytes((identifier << 4 | len(value) - 1,)) + value


def pad_to_word(elements: bytes) -> bytes:
    """Zeros up to the next multiple of four, as the extension block wants."""
    return elements + bytes(-len(elements) % 4)


class OutgoingLayout:
    """The header of one outgoing stream: fixed fields, extension head, transport-cc element, mid element, padding."""

    __slots__ = ("first_byte", "mid_element", "pack_into", "size", "transport_cc_head", "words")

    def __init__(self, *, mid: str, mid_id: int, transport_cc_id: int) -> None:
        element = pack_element(mid_id, mid.encode())
        mid_bytes = 1 + (len(element) + 3) // 4 * 4
        layout = struct.Struct(f"!BBHIIHHBH{mid_bytes}s")
        self.pack_into = layout.pack_into
        self.size = layout.size
        self.words = (layout.size - FIXED.size - _EXTENSION_HEAD.size) // 4
        self.first_byte = _VERSION_2 | 0x10
        self.transport_cc_head = (transport_cc_id << 4 | 1) if transport_cc_id else 0
        self.mid_element = element
