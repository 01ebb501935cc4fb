"""RTP headers and extensions are read in place; broken ones are Malformed."""

import struct

import pytest
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import Malformed
from sfu.packet import rtp


def _packet(*, first: int = 0x80, extension: bytes = b"", payload: bytes = b"payload") -> bytes:
    return struct.pack("!BBHII", first, 0xE0, 5000, 90000, 0xDEADBEEF) + extension + payload


def test_fixed_fields() -> None:
    header = rtp.parse(_packet())
    assert (header.marker, header.payload_type, header.sequence) == (0x80, 96, 5000)
    assert (header.timestamp, header.ssrc) == (90000, 0xDEADBEEF)
    assert (header.payload_at, header.payload_end) == (12, 19)
    assert rtp.read_extensions(_packet(), header) == {}


def test_contributing_sources_and_padding_are_stepped_over() -> None:
    packet = _packet(first=0x80 | 0x20 | 2, extension=bytes(8), payload=b"media\x00\x00\x03")
    header = rtp.parse(packet)
    assert packet[header.payload_at : header.payload_end] == b"media"


def test_a_packet_of_padding_alone_has_no_payload() -> None:
    header = rtp.parse(_packet(first=0xA0, payload=bytes(254) + b"\xff"))
    assert header.payload_at == header.payload_end


def test_one_byte_extensions() -> None:
    block = b"\xbe\xde\x00\x02" + b"\x10a" + b"\x00" + b"\x21\x12\x34" + b"\xf0\x99"
    packet = _packet(first=0x90, extension=block)
    header = rtp.parse(packet)
    assert rtp.read_extensions(packet, header) == {1: b"a", 2: b"\x12\x34"}
    assert packet[header.payload_at :] == b"payload"


def test_two_byte_extensions() -> None:
    block = b"\x10\x00\x00\x02" + b"\x01\x00" + b"\x00" + b"\x20\x03abc"
    packet = _packet(first=0x90, extension=block)
    assert rtp.read_extensions(packet, rtp.parse(packet)) == {1: b"", 32: b"abc"}


def test_a_foreign_profile_has_no_extensions() -> None:
    packet = _packet(first=0x90, extension=b"\xab\xcd\x00\x01\x10a\x00\x00")
    assert rtp.read_extensions(packet, rtp.parse(packet)) == {}


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        bytes(12),
        _packet(first=0x40),
        _packet(first=0x80 | 15, payload=b""),
        _packet(first=0x90, payload=b"\xbe"),
        _packet(first=0x90, payload=b"\xbe\xde\x00\xff"),
        _packet(first=0xA0, payload=b"\x00"),
        _packet(first=0xA0, payload=b"\xff"),
    ],
)
def test_broken_headers_are_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        rtp.parse(packet)


@pytest.mark.parametrize(
    "block", [b"\xbe\xde\x00\x01\x1f\x00\x00\x00", b"\x10\x00\x00\x01\x01\x09\x00\x00"]
)
def test_an_extension_that_overruns_its_block_is_malformed(block: bytes) -> None:
    packet = _packet(first=0x90, extension=block)
    with pytest.raises(Malformed):
        rtp.read_extensions(packet, rtp.parse(packet))


@given(st.binary(max_size=120))
def test_random_bytes_raise_only_malformed(tail: bytes) -> None:
    for first in (b"", b"\x90\x60", b"\xb3\x60"):
        try:
            header = rtp.parse(first + tail)
            rtp.read_extensions(first + tail, header)
        except Malformed:
            continue
        assert 12 <= header.payload_at <= header.payload_end <= len(first + tail)


@pytest.mark.parametrize("mid", ["", "0", "v11", "fivefive", "sixteen-letters!"])
@pytest.mark.parametrize("transport_cc_id", [0, 5])
def test_the_outgoing_layout_is_a_header_that_others_read(mid: str, transport_cc_id: int) -> None:
    layout = rtp.OutgoingLayout(mid=mid, mid_id=9, transport_cc_id=transport_cc_id)
    number = 0x1234 if transport_cc_id else 0
    packet = bytearray(layout.size)
    layout.pack_into(
        packet,
        0,
        layout.first_byte,
        96,
        7,
        8,
        9,
        rtp.ONE_BYTE_PROFILE,
        layout.words,
        layout.transport_cc_head,
        number,
        layout.mid_element,
    )
    whole = bytes(packet) + b"media"
    header = rtp.parse(whole)
    expected = {9: mid.encode()} if mid else {}
    if transport_cc_id:
        expected[transport_cc_id] = b"\x12\x34"
    assert rtp.read_extensions(whole, header) == expected
    assert RtpPacket.parse(whole).payload == b"media"
