"""RTCP from outside is read or refused as Malformed; ours is what aiortc reads."""

import contextlib
import struct

import pytest
from aiortc import rtp as codec
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import Malformed
from sfu.packet import rtcp, transport_cc


def test_a_compound_is_read_in_order() -> None:
    sender = codec.RtcpSenderInfo(
        ntp_timestamp=1 << 40, rtp_timestamp=3000, packet_count=5, octet_count=500
    )
    compound = (
        bytes(codec.RtcpSrPacket(ssrc=1, sender_info=sender))
        + bytes(codec.RtcpSdesPacket(chunks=[codec.RtcpSourceInfo(ssrc=1, items=[(1, b"me")])]))
        + rtcp.key_frame_request(1, 22)
        + rtcp.nack(1, 33, [7, 8, 30])
        + bytes(codec.RtcpByePacket(sources=[44]))
    )
    report, picture, nack, bye = rtcp.parse(compound)
    assert isinstance(report, rtcp.SenderReport)
    assert report.sender_info.ntp_timestamp == 1 << 40
    assert picture == rtcp.KeyFrameRequest(22)
    assert nack == rtcp.Nack(33, [7, 8, 30])
    assert isinstance(bye, rtcp.Bye)
    assert bye.sources == [44]


def test_fir_names_each_stream() -> None:
    entries = struct.pack("!IIII", 55, 1 << 24, 66, 2 << 24)
    fir = codec.pack_rtcp_packet(codec.RTCP_PSFB, 4, struct.pack("!II", 1, 0) + entries)
    assert rtcp.parse(fir) == [rtcp.KeyFrameRequest(55), rtcp.KeyFrameRequest(66)]


def test_remb() -> None:
    body = struct.pack("!II", 1, 0) + codec.pack_remb_fci(1_000_000, [5])
    remb = codec.pack_rtcp_packet(codec.RTCP_PSFB, 15, body)
    (message,) = rtcp.parse(remb)
    assert isinstance(message, rtcp.Remb)
    assert message.bitrate_bps == pytest.approx(1_000_000, rel=0.01)


def test_a_cut_off_remb_is_malformed() -> None:
    body = struct.pack("!II", 1, 0) + b"REMB\x09\x00\x00\x01"
    with pytest.raises(Malformed):
        rtcp.parse(codec.pack_rtcp_packet(codec.RTCP_PSFB, 15, body))


def test_kinds_without_use_are_left_out() -> None:
    extended = codec.pack_rtcp_packet(207, 0, bytes(8))
    application = codec.pack_rtcp_packet(codec.RTCP_PSFB, 15, struct.pack("!II", 1, 0) + b"OTHR")
    assert rtcp.parse(extended + application) == []


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=80), st.integers(0, 0xFFFF))
def test_a_nack_says_what_was_asked(offsets: set[int], start: int) -> None:
    near = sorted(offset % 400 for offset in offsets)
    lost = [start + offset & 0xFFFF for offset in sorted(set(near))]
    (message,) = rtcp.parse(rtcp.nack(1, 2, lost))
    assert isinstance(message, rtcp.Nack)
    assert message.lost == lost
    (theirs,) = codec.RtcpPacket.parse(rtcp.nack(1, 2, lost))
    assert isinstance(theirs, codec.RtcpRtpfbPacket)
    assert [number & 0xFFFF for number in theirs.lost] == lost


def test_reports_are_read_by_aiortc() -> None:
    block = rtcp.ReceptionReport(
        ssrc=1, fraction_lost=2, packets_lost=3, highest_sequence=4, jitter=5, lsr=6, dlsr=7
    )
    packets = codec.RtcpPacket.parse(rtcp.receiver_report(9, [block] * 40))
    assert [len(p.reports) for p in packets if isinstance(p, codec.RtcpRrPacket)] == [31, 9]
    assert rtcp.receiver_report(9, []) == b""
    (report,) = codec.RtcpPacket.parse(
        rtcp.sender_report(9, ntp=77 << 32, rtp_timestamp=88, packets=1, payload_bytes=2)
    )
    assert isinstance(report, codec.RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == 77 << 32
    assert report.sender_info.rtp_timestamp == 88


_HEADS = st.builds(
    lambda first, kind, words: struct.pack("!BBH", 0x80 | first, kind, words),
    st.integers(0, 63),
    st.sampled_from([200, 201, 202, 203, 205, 206, 207]),
    st.integers(0, 12),
)


@given(st.lists(st.one_of(_HEADS, st.binary(max_size=40)), max_size=6))
def test_random_bytes_raise_only_malformed(parts: list[bytes]) -> None:
    with contextlib.suppress(Malformed):
        rtcp.parse(b"".join(parts))


@given(st.integers(0, 63), st.binary(max_size=60))
def test_a_random_body_under_a_right_head_raises_only_malformed(first: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    for kind in (200, 201, 202, 203, 205, 206):
        try:
            rtcp.parse(struct.pack("!BBH", 0x80 | first, kind, len(body) // 4) + body)
        except Malformed:
            continue


def test_a_compound_of_very_many_packets_is_malformed() -> None:
    with pytest.raises(Malformed):
        rtcp.parse(codec.pack_rtcp_packet(207, 0, b"") * 100)


def test_transport_feedback_is_dispatched() -> None:
    report, _ = transport_cc.pack(
        sender_ssrc=1, media_ssrc=2, count=3, base=4, arrivals=[(4, 1.0), (6, 1.01)]
    )
    (message,) = rtcp.parse(report)
    assert isinstance(message, transport_cc.Feedback)
    assert [arrival is not None for arrival in message.arrivals] == [True, False, True]


def test_a_few_bytes_that_speak_of_very_many_packets_are_not_followed() -> None:
    """Each of these bytes would cost a thousand times as much to read as to send."""
    body = struct.pack("!IIHHIHH", 1, 2, 0, 4096, 1, 0x1FFF, 0x1FFF)
    report = struct.pack("!BBH", 0x8F, 205, len(body) // 4) + body
    assert len(rtcp.parse(report * 4)) == 4
    with pytest.raises(Malformed):
        rtcp.parse(report * 5)
    with pytest.raises(Malformed):
        rtcp.parse(report.replace(b"\x10\x00", b"\x20\x00"))
    wish = struct.pack("!BBHII", 0x81, 205, 2 + 300, 1, 2) + struct.pack("!HH", 7, 0xFFFF) * 300
    [nack] = rtcp.parse(wish)
    assert isinstance(nack, rtcp.Nack)
    assert len(nack.lost) < 600
