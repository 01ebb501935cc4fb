"""From an opened RTP packet to a place in its source: which stream it is, its index, its pictures and its arrival."""

from collections.abc import Iterable

from sfu.kernel.streams import Leg, Packet, PassedExtensions, Source
from sfu.kernel.table import Codec, Extensions
from sfu.packet import h264, vp8
from sfu.packet.rtp import Header

FIRST_CYCLE = 1 << 16
"""Indexes begin one cycle up, so that packets from just before the first one have an index above zero."""
_MOST_JUMP = 3000
_HALF_SEQUENCE = 0x8000
_SEQUENCE_MASK = 0xFFFF
_HALF_TIMESTAMP = 1 << 31
_TIMESTAMP_MASK = 0xFFFFFFFF
_LONGEST_IDENTIFIER_BYTES = 16


def text(value: bytes | None) -> str | None:
    """A mid or rid; what is no short ASCII names nothing."""
    if value is None or len(value) > _LONGEST_IDENTIFIER_BYTES or not value.isascii():
        return None
    return value.decode("ascii")


def claimant(
    sources: Iterable[Source], payload_type: int, mid: str | None, rid: str | None
) -> Source | None:
    """The source a new SSRC belongs to: by mid and rid, or by payload type alone while one unbound source has it."""
    if mid is None and rid is None:
        unbound = [s for s in sources if s.ssrc is None and payload_type in s.row.payload_types]
        return unbound[0] if len(unbound) == 1 else None
    for source in sources:
        row = source.row
        if (
            payload_type in row.payload_types
            and row.rid == rid
            and (mid is None or row.mid == mid)
        ):
            return source
    return None


def rtx_claimant(
    sources: Iterable[Source], payload_type: int, mid: str | None, rid: str | None
) -> Source | None:
    """The source whose resends a new SSRC carries: by mid and repaired rid."""
    found = [
        source
        for source in sources
        if payload_type in source.row.rtx
        and source.row.rid == rid
        and (mid is None or source.row.mid is None or source.row.mid == mid)
    ]
    return found[0] if len(found) == 1 else None


def passed_extensions(ids: Extensions, elements: dict[int, bytes]) -> PassedExtensions:
    """What of the extensions goes on to the viewers."""
    get = elements.get
    return (
        get(ids.audio_level),
        get(ids.orientation),
        get(ids.capture_time),
        get(ids.playout_delay),
        get(ids.content_type),
    )


def place(source: Source, sequence: int) -> int | None:
    """The index of a sequence number; None when it jumps too far to belong to the stream as it stands."""
    if source.highest < 0:
        return sequence + FIRST_CYCLE
    ahead = sequence - source.highest & _SEQUENCE_MASK
    step = ahead if ahead < _HALF_SEQUENCE else ahead - FIRST_CYCLE
    if -_MOST_JUMP < step < _MOST_JUMP:
        return source.highest + step
    return None


def restarts(source: Source, sequence: int) -> bool:
    """RFC 3550 A.1: a jump is believed when a second packet follows it in order."""
    believed = sequence == source.bad_sequence
    source.bad_sequence = sequence + 1 & _SEQUENCE_MASK
    return believed


def begin_anew(source: Source) -> None:
    """The stream starts from nothing: another SSRC, or a jump that was believed."""
    source.history.clear()
    source.gaps.clear()
    source.highest = -1
    source.received = 0
    source.expected_before = 0
    source.received_before = 0
    source.transit = None
    source.report_at = None
    source.bad_sequence = -1


def build(
    source: Source, header: Header, payload: bytes, index: int, passed: PassedExtensions
) -> Packet:
    """The packet with what its payload says of pictures, or Malformed."""
    codec: Codec = source.row.payload_types[header.payload_type]
    packet = Packet(index, header.marker, header.timestamp, codec, payload, passed)
    if codec == "vp8" and payload:
        packet.picture = vp8.parse(payload)
        packet.key_frame = packet.picture.key_frame
    elif codec == "h264":
        packet.key_frame = h264.starts_key_frame(payload)
    elif codec == "red" and payload:
        packet.as_opus()
    return packet


def advance(source: Source, packet: Packet, now: float) -> None:
    """The packet is the newest: the source stands there now."""
    picture = packet.picture
    source.highest = packet.index
    source.highest_timestamp = packet.timestamp
    source.arrived_at = now
    if picture.picture_id >= 0:
        source.picture_id = picture.picture_id
    if picture.tl0_index >= 0:
        source.tl0_index = picture.tl0_index
    if picture.temporal_layer >= source.temporal_layers:
        source.temporal_layers = picture.temporal_layer + 1


def measure_jitter(source: Source, timestamp: int, now: float) -> None:
    """RFC 3550 A.8, in timestamp units."""
    transit = now * source.row.clock_rate - timestamp
    if source.transit is not None:
        change = abs(transit - source.transit) % (1 << 32)
        if change < _HALF_TIMESTAMP:
            source.jitter += (change - source.jitter) / 16
    source.transit = transit


def is_closed(leg: Leg, ssrc: int, most_unknown: int) -> bool:
    """Whether a stranger's SSRC is one too many for this leg."""
    return ssrc not in leg.unknown and len(leg.unknown) >= most_unknown
