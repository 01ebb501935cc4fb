"""Datagrams are told apart by their first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.packet.demux import kind_of


@pytest.mark.parametrize(
    ("datagram", "kind"),
    [
        (b"", "unknown"),
        (b"\x00" + bytes(19), "stun"),
        (b"\x01\x01" + bytes(18), "stun"),
        (b"\x16\xfe\xfd", "dtls"),
        (b"\x3f", "dtls"),
        (b"\x40\x00", "turn_channel"),
        (b"\x50", "unknown"),
        (b"\x80\x60" + bytes(10), "rtp"),
        (b"\x80\x60" + bytes(9), "unknown"),
        (b"\x80\xc8" + bytes(6), "rtcp"),
        (b"\x80\xc8" + bytes(5), "unknown"),
        (b"\x80\xdf" + bytes(6), "rtcp"),
        (b"\x80\xe0" + bytes(10), "rtp"),
        (b"\xbf\x60" + bytes(10), "rtp"),
        (b"\xc0\x60" + bytes(10), "unknown"),
    ],
)
def test_kind(datagram: bytes, kind: str) -> None:
    assert kind_of(datagram) == kind


@given(st.binary(max_size=64))
def test_any_bytes_have_a_kind(datagram: bytes) -> None:
    assert kind_of(datagram)
