"""The VP8 payload descriptor (RFC 7741): key frame, temporal layer, picture id and where they stand."""

import msgspec

from sfu.errors import Malformed

_LONG_PICTURE_ID = 0x8000
_START_CODE = b"\x9d\x01\x2a"


class Descriptor(msgspec.Struct, frozen=True):
    """What one packet says of its picture. A field that is absent is -1; offsets count from the start of the payload."""

    starts_frame: bool
    key_frame: bool
    picture_id: int
    picture_id_mask: int
    picture_id_at: int
    tl0_index: int
    tl0_index_at: int
    temporal_layer: int
    layer_sync: bool
    frame_at: int


def parse(payload: bytes) -> Descriptor:
    """The descriptor at the head of a VP8 payload, or Malformed when it is cut off."""
    try:
        return _parse(payload)
    except IndexError:
        raise Malformed("a VP8 payload descriptor is cut off") from None


def _parse(payload: bytes) -> Descriptor:
    first = payload[0]
    position = 1
    picture_id = picture_id_at = tl0_index = tl0_index_at = temporal_layer = -1
    mask = 0x7FFF
    layer_sync = False
    if first & 0x80:
        present = payload[1]
        position = 2
        if present & 0x80:
            picture_id_at = position
            picture_id = payload[position]
            mask = 0x7F
            position += 1
            if picture_id & 0x80:
                picture_id = (picture_id & 0x7F) << 8 | payload[position]
                mask = 0x7FFF
                position += 1
        if present & 0x40:
            tl0_index_at = position
            tl0_index = payload[position]
            position += 1
        if present & 0x30:
            if present & 0x20:
                temporal_layer = payload[position] >> 6
                layer_sync = bool(payload[position] & 0x20)
            position += 1
    starts_frame = first & 0x17 == 0x10
    key_frame = starts_frame and not payload[position] & 0x01
    return Descriptor(
        starts_frame,
        key_frame,
        picture_id,
        mask,
        picture_id_at,
        tl0_index,
        tl0_index_at,
        temporal_layer,
        layer_sync,
        position,
    )


def key_frame_size(payload: bytes, frame_at: int) -> tuple[int, int]:
    """Width and height at the head of a key frame (RFC 6386 section 9.1); zeros when the packet ends before."""
    head = payload[frame_at + 3 : frame_at + 10]
    if len(head) < 7 or head[:3] != _START_CODE:
        return 0, 0
    return (head[4] & 0x3F) << 8 | head[3], (head[6] & 0x3F) << 8 | head[5]


def patch(
    packet: memoryview, payload_at: int, descriptor: Descriptor, picture_id: int, tl0_index: int
) -> None:
    """Write another picture id and TL0PICIDX over those of the packet, each in the width it came in."""
    position = payload_at + descriptor.picture_id_at
    if descriptor.picture_id_mask == 0x7F:
        packet[position] = picture_id & 0x7F
    elif descriptor.picture_id_at > 0:
        value = picture_id & 0x7FFF | _LONG_PICTURE_ID
        packet[position] = value >> 8
        packet[position + 1] = value & 0xFF
    if descriptor.tl0_index_at > 0:
        packet[payload_at + descriptor.tl0_index_at] = tl0_index & 0xFF
