"""Socket.IO packets: what goes out is what the protocol says, what comes in is checked or refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.wire import frames
from signaling.wire.faults import PeerError
from signaling.wire.gates import WireLimits

LIMITS = WireLimits()
BINARY = WireLimits(binary=True)

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=10)
with_bytes = st.recursive(
    leaves | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    ),
    max_leaves=10,
)


def test_an_event_is_made_once_as_finished_text() -> None:
    assert frames.event_frame("/class", "event", b'{"seq":1}') == b'42/class,["event",{"seq":1}]'
    assert frames.event_frame("/", "event", b"1") == b'42["event",1]'


def test_the_other_packets() -> None:
    assert frames.connect_frame("/class", "abc") == b'40/class,{"sid":"abc"}'
    assert frames.disconnect_frame("/") == b"41"
    assert frames.connect_error_frame("/class", {"message": "no"}) == b'44/class,{"message":"no"}'
    assert frames.data_frames(frames.ACK, "/class", 7, [{"ok": True}]) == [
        b'43/class,7[{"ok":true}]'
    ]


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        (b"0", (frames.CONNECT, "/", None, None)),
        (b'0/class,{"token":"t"}', (frames.CONNECT, "/class", None, {"token": "t"})),
        (b"0/class", (frames.CONNECT, "/class", None, None)),
        (b"0/class?a=b,", (frames.CONNECT, "/class", None, None)),
        (b"1/class,", (frames.DISCONNECT, "/class", None, None)),
        (b'2/class,12["beat"]', (frames.EVENT, "/class", 12, ["beat"])),
        (b'2["a",1]', (frames.EVENT, "/", None, ["a", 1])),
        (b"3/class,5[]", (frames.ACK, "/class", 5, [])),
    ],
)
def test_good_packets_are_read(text: bytes, packet: tuple[object, ...]) -> None:
    found = frames.parse_packet(text, LIMITS)
    assert (found.kind, found.namespace, found.id, found.data) == packet


@given(st.text(alphabet='0123456-/,class?["]{}:\\ ', max_size=40) | st.text(max_size=20))
def test_any_text_is_a_packet_or_a_peer_error(text: str) -> None:
    try:
        packet = frames.parse_packet(text.encode("utf-8", "surrogatepass"), BINARY)
    except PeerError:
        return
    assert packet.kind in range(7)
    assert len(packet.namespace) <= 64


@given(st.binary(max_size=60))
def test_any_bytes_are_a_packet_or_a_peer_error(data: bytes) -> None:
    try:
        frames.parse_packet(b"2" + data, LIMITS)
    except PeerError:
        return


@given(st.lists(values, max_size=4))
def test_what_is_sent_is_what_is_read(data: list[object]) -> None:
    (packet,) = frames.data_frames(frames.EVENT, "/class", 3, ["name", *data])
    assert isinstance(packet, bytes)
    found = frames.parse_packet(packet[1:], LIMITS)
    assert (found.namespace, found.id, found.data) == ("/class", 3, ["name", *data])


@given(st.lists(with_bytes, max_size=3))
def test_binary_parts_travel_apart_and_come_together(data: list[object]) -> None:
    text, *parts = frames.data_frames(frames.EVENT, "/", None, ["name", *data], binary=True)
    assert isinstance(text, bytes)
    found = msgspec.json.decode(text[text.index(b"[") :])
    assert frames.put_binary(found, [bytes(part) for part in parts]) == ["name", *data]


@pytest.mark.parametrize("number", [-1, 2, 10**9, "0", None, 0.5])
def test_a_placeholder_that_points_nowhere_is_a_peer_error(number: object) -> None:
    with pytest.raises(PeerError):
        frames.put_binary([{"_placeholder": True, "num": number}], [b"a"])


def test_long_polling_payloads() -> None:
    assert frames.split_payload(b"4a\x1e4b", 2) == [b"4a", b"4b"]
    with pytest.raises(PeerError):
        frames.split_payload(b"3\x1e3\x1e3", 2)
    assert frames.from_base64(frames.to_base64(b"\x00\xff")) == b"\x00\xff"
    with pytest.raises(PeerError):
        frames.from_base64(b"b!!")
