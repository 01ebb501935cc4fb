"""Frames in place: whatever way bytes are cut, the same messages come out, and nothing is kept too long."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.wire import websocket
from signaling.wire.faults import PeerError
from signaling.wire.websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT, FrameReader

MASK = b"\x0a\x0b\x0c\x0d"
messages = st.lists(
    st.tuples(st.sampled_from((TEXT, BINARY)), st.binary(max_size=300)), max_size=8
)


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    plain = websocket.frame(opcode, payload)
    head = len(plain) - len(payload)
    first = plain[0] if final else plain[0] & 0x7F
    return bytes((first, plain[1] | 0x80)) + plain[2:head] + MASK + websocket.unmask(MASK, payload)


def read(chunks: list[bytes], limit: int = 70_000) -> list[tuple[int, bytes]]:
    reader, found = FrameReader(limit), []
    for chunk in chunks:
        reader.push(chunk)
        while (message := reader.next()) is not None:
            found.append(message)
    return found


@given(messages, st.integers(min_value=1, max_value=50))
def test_any_cut_of_the_bytes_gives_the_same_messages(
    sent: list[tuple[int, bytes]], size: int
) -> None:
    data = b"".join(masked(opcode, payload) for opcode, payload in sent)
    assert read([data[at : at + size] for at in range(0, len(data), size)]) == sent
    assert read([data]) == sent


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_every_form_of_the_length_is_read_and_written(size: int) -> None:
    assert read([masked(TEXT, b"x" * size)]) == [(TEXT, b"x" * size)]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_fragments_become_one_message_with_control_frames_between(
    payload: bytes, cuts: list[int]
) -> None:
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    parts = [payload[a:b] for a, b in itertools.pairwise(edges)]
    data = b""
    for number, part in enumerate(parts):
        opcode = CONTINUATION if number else BINARY
        data += masked(opcode, part, final=number == len(parts) - 1) + masked(PING, b"p")
    found = read([data])
    assert [message for message in found if message[0] == BINARY] == [(BINARY, payload)]
    assert len(found) == 1 + len(parts)


@given(st.binary(min_size=1, max_size=400))
def test_hostile_bytes_give_messages_or_a_peer_error(data: bytes) -> None:
    try:
        found = read([data], limit=100)
    except PeerError:
        return
    assert all(len(payload) <= 125 for _, payload in found)


def test_a_long_message_is_refused_before_it_is_kept() -> None:
    reader = FrameReader(1000)
    reader.push(bytes((0x82, 0xFF)) + (1 << 40).to_bytes(8, "big") + MASK)
    with pytest.raises(PeerError) as error:
        reader.next()
    assert (error.value.reason, error.value.close_code) == ("too_big", 1009)


def test_fragments_of_nothing_cannot_go_on_for_ever() -> None:
    reader = FrameReader(1000)
    reader.push(masked(TEXT, b"", final=False) + masked(CONTINUATION, b"", final=False) * 100)
    with pytest.raises(PeerError):
        reader.next()


def test_the_accept_key_is_that_of_the_standard() -> None:
    """The example of RFC 6455 section 1.3."""
    assert websocket.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    for bad in ("", "AAAA", "!", "dGhlIHNhbXBsZSBub25jZQ==x"):
        assert websocket.accept_key(bad) is None


def test_a_close_frame_stays_a_control_frame() -> None:
    frame = websocket.close_frame(1008, "x" * 500)
    assert frame[0] & 0x0F == CLOSE
    assert frame[1] == 125
