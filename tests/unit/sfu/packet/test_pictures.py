"""What VP8, H264 and RED payloads say: key frames, layers, picture ids, the primary block."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import Malformed
from sfu.packet import h264, red, vp8

KEY_640_360 = b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"


def test_vp8_with_everything() -> None:
    picture = vp8.parse(b"\x90\xe0\x92\x34\x56\x60" + KEY_640_360)
    assert picture.starts_frame
    assert picture.key_frame
    assert (picture.picture_id, picture.picture_id_mask) == (0x1234, 0x7FFF)
    assert (picture.tl0_index, picture.temporal_layer, picture.layer_sync) == (0x56, 1, True)
    assert vp8.key_frame_size(b"\x90\xe0\x92\x34\x56\x60" + KEY_640_360, picture.frame_at) == (
        640,
        360,
    )


def test_vp8_short_picture_id() -> None:
    picture = vp8.parse(b"\x90\x80\x12" + KEY_640_360)
    assert (picture.picture_id, picture.picture_id_mask) == (0x12, 0x7F)
    assert picture.temporal_layer == -1


def test_vp8_bare_descriptor() -> None:
    picture = vp8.parse(b"\x10" + KEY_640_360)
    assert picture.key_frame
    assert (picture.picture_id, picture.tl0_index, picture.temporal_layer) == (-1, -1, -1)


@pytest.mark.parametrize("first", [0x00, 0x11, 0x01])
def test_vp8_later_packets_start_nothing(first: int) -> None:
    picture = vp8.parse(bytes((first,)) + KEY_640_360)
    assert not picture.starts_frame
    assert not picture.key_frame


def test_vp8_delta_frame() -> None:
    picture = vp8.parse(b"\x10\x11\x00\x00")
    assert picture.starts_frame
    assert not picture.key_frame


@pytest.mark.parametrize("payload", [b"", b"\x90", b"\x90\x80", b"\x90\x80\x92", b"\x90\xe0\x12"])
def test_vp8_cut_off(payload: bytes) -> None:
    with pytest.raises(Malformed):
        vp8.parse(payload)


@given(st.binary(max_size=12))
def test_vp8_random_bytes_raise_only_malformed(payload: bytes) -> None:
    try:
        picture = vp8.parse(payload)
    except Malformed:
        return
    vp8.key_frame_size(payload, picture.frame_at)


@given(st.integers(0, 0x7FFF), st.integers(0, 255), st.booleans())
def test_vp8_patched_numbers_are_read_back(picture_id: int, tl0: int, long_form: bool) -> None:
    before = b"\x90\xe0\x92\x34\x56\x60" if long_form else b"\x90\xe0\x12\x56\x60"
    packet = bytearray(b"head" + before + KEY_640_360)
    vp8.patch(memoryview(packet), 4, vp8.parse(bytes(packet[4:])), picture_id, tl0)
    after = vp8.parse(bytes(packet[4:]))
    assert after.picture_id == picture_id & after.picture_id_mask
    assert after.tl0_index == tl0
    assert packet[:4] == b"head"
    assert bytes(packet[4 + len(before) :]) == KEY_640_360


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"", False),
        (b"\x65rest", True),
        (b"\x67rest", True),
        (b"\x68rest", False),
        (b"\x41rest", False),
        (b"\x78\x00\x02\x67\x42\x00\x02\x68\xce", True),
        (b"\x78\x00\x02\x68\xce\x00\x02\x65\x88", True),
        (b"\x78\x00\x02\x68\xce", False),
        (b"\x78\x00", False),
        (b"\x7c\x85rest", True),
        (b"\x7c\x05rest", False),
        (b"\x7c\x81rest", False),
        (b"\x7c", False),
    ],
)
def test_h264_key_frames(payload: bytes, key: bool) -> None:
    assert h264.starts_key_frame(payload) is key


@given(st.binary(max_size=30))
def test_h264_reads_anything(payload: bytes) -> None:
    for first in (b"", b"\x78", b"\x7c"):
        assert h264.starts_key_frame(first + payload) in (True, False)


def test_red_primary() -> None:
    assert red.primary(b"\x6f" + b"now") == b"now"
    assert red.primary(b"\xef\x00\x00\x05" + b"\x6f" + b"early" + b"now") == b"now"
    assert red.primary(b"\xef\x00\x00\x02\xef\x00\x00\x03\x6f" + b"ABabc" + b"now") == b"now"


@pytest.mark.parametrize(
    "payload", [b"", b"\xef\x00", b"\xef\x00\x00\x09\x6fshort", b"\xef\x00\x00\x00"]
)
def test_red_that_does_not_fit(payload: bytes) -> None:
    with pytest.raises(Malformed):
        red.primary(payload)


@given(st.binary(max_size=30))
def test_red_random_bytes_raise_only_malformed(payload: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert payload.endswith(red.primary(payload))
