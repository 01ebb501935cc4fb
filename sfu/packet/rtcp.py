"""RTCP: compounds read by aiortc's classes without ever raising anything but Malformed, and the packets that go out."""

import struct

import msgspec
from aiortc import rtp as codec

from sfu.errors import Malformed
from sfu.packet import transport_cc

SenderReport = codec.RtcpSrPacket
ReceiverReport = codec.RtcpRrPacket
ReceptionReport = codec.RtcpReceiverInfo
Bye = codec.RtcpByePacket

_HEAD = struct.Struct("!BBH")
_MOST_PACKETS = 64
_SENDER_REPORT_HEAD = struct.Struct("!IQIII")
_TWO_SSRCS = struct.Struct("!II")
_NACK_ENTRY = struct.Struct("!HH")
_MOST_REPORTS = 31
_MOST_FEEDBACKS = (
    4  # transport-cc reports of one compound: a few bytes can speak of thousands of packets
)
_MOST_LOST = 512  # sequence numbers of one NACK that are looked at
_PLI = 1
_FIR = 4
_APPLICATION = 15
_NACK = 1
_TRANSPORT_CC = 15


class Nack(msgspec.Struct, frozen=True):
    """Sequence numbers that the receiver of `media_ssrc` misses (RFC 4585)."""

    media_ssrc: int
    lost: list[int]


class KeyFrameRequest(msgspec.Struct, frozen=True):
    """PLI or FIR: the receiver of `media_ssrc` cannot decode until a key frame comes."""

    media_ssrc: int


class Remb(msgspec.Struct, frozen=True):
    """The receiver's estimate of its link (draft-alvestrand-rmcat-remb)."""

    bitrate_bps: int


Message = (
    SenderReport | ReceiverReport | Bye | Nack | KeyFrameRequest | Remb | transport_cc.Feedback
)


def parse(compound: bytes) -> list[Message]:
    """What the compound says, in order; kinds the house has no use for are left out. Malformed spoils the whole."""
    messages: list[Message] = []
    position = 0
    packets = 0
    size = len(compound)
    while position < size:
        if position + _HEAD.size > size or packets == _MOST_PACKETS:
            raise Malformed("an RTCP compound is cut off or has too many packets")
        first, packet_type, words = _HEAD.unpack_from(compound, position)
        end = position + _HEAD.size + 4 * words
        if first >> 6 != 2 or end > size:
            raise Malformed("an RTCP header has a wrong version or length")
        _read(compound[position:end], first & 0x1F, packet_type, messages)
        position = end
        packets += 1
    return messages


def _read(packet: bytes, count: int, packet_type: int, messages: list[Message]) -> None:
    try:
        if packet_type == codec.RTCP_RTPFB and count == _TRANSPORT_CC:
            if sum(isinstance(m, transport_cc.Feedback) for m in messages) >= _MOST_FEEDBACKS:
                raise Malformed("an RTCP compound has too many transport-cc reports")
            messages.append(transport_cc.parse(packet))
        elif packet_type in (codec.RTCP_SR, codec.RTCP_RR, codec.RTCP_BYE):
            messages.extend(codec.RtcpPacket.parse(packet))  # type: ignore[arg-type]
        elif packet_type == codec.RTCP_RTPFB and count == _NACK:
            messages.append(_nack(packet))
        elif packet_type == codec.RTCP_PSFB:
            _read_payload_feedback(packet, count, messages)
    except (ValueError, IndexError, struct.error) as error:
        raise Malformed("an RTCP packet cannot be read") from error


def _nack(packet: bytes) -> Nack:
    _, media_ssrc = _TWO_SSRCS.unpack_from(packet, _HEAD.size)
    lost = []
    for position in range(_HEAD.size + _TWO_SSRCS.size, len(packet), _NACK_ENTRY.size):
        sequence, following = _NACK_ENTRY.unpack_from(packet, position)
        lost.append(sequence)
        while following:
            lowest = following & -following
            lost.append(sequence + lowest.bit_length() & 0xFFFF)
            following ^= lowest
        if len(lost) >= _MOST_LOST:
            break
    return Nack(media_ssrc, lost)


def _read_payload_feedback(packet: bytes, kind: int, messages: list[Message]) -> None:
    body = _HEAD.size
    _, media_ssrc = _TWO_SSRCS.unpack_from(packet, body)
    body += _TWO_SSRCS.size
    if kind == _PLI:
        messages.append(KeyFrameRequest(media_ssrc))
    elif kind == _FIR:
        messages.extend(
            KeyFrameRequest(_TWO_SSRCS.unpack_from(packet, entry)[0])
            for entry in range(body, len(packet), _TWO_SSRCS.size)
        )
    elif kind == _APPLICATION and packet[body : body + 4] == b"REMB":
        bitrate_bps, _ = codec.unpack_remb_fci(packet[body:])
        messages.append(Remb(bitrate_bps))


def key_frame_request(sender_ssrc: int, media_ssrc: int) -> bytes:
    """A PLI."""
    return codec.pack_rtcp_packet(codec.RTCP_PSFB, _PLI, _TWO_SSRCS.pack(sender_ssrc, media_ssrc))


def nack(sender_ssrc: int, media_ssrc: int, lost: list[int]) -> bytes:
    """A generic NACK for sequence numbers in order of their sequence; not empty."""
    entries = []
    base = lost[0]
    following = 0
    for sequence in lost[1:]:
        distance = sequence - base - 1 & 0xFFFF
        if distance < 16:
            following |= 1 << distance
        else:
            entries.append(_NACK_ENTRY.pack(base, following))
            base, following = sequence, 0
    entries.append(_NACK_ENTRY.pack(base, following))
    body = _TWO_SSRCS.pack(sender_ssrc, media_ssrc) + b"".join(entries)
    return codec.pack_rtcp_packet(codec.RTCP_RTPFB, _NACK, body)


def sender_report(
    ssrc: int, *, ntp: int, rtp_timestamp: int, packets: int, payload_bytes: int
) -> bytes:
    """A sender report without report blocks; `ntp` is the 64-bit NTP time."""
    body = _SENDER_REPORT_HEAD.pack(
        ssrc, ntp, rtp_timestamp, packets & 0xFFFFFFFF, payload_bytes & 0xFFFFFFFF
    )
    return codec.pack_rtcp_packet(codec.RTCP_SR, 0, body)


def receiver_report(ssrc: int, reports: list[ReceptionReport]) -> bytes:
    """As many receiver reports as the blocks need, one after the other."""
    return b"".join(
        bytes(ReceiverReport(ssrc=ssrc, reports=reports[start : start + _MOST_REPORTS]))
        for start in range(0, len(reports), _MOST_REPORTS)
    )
