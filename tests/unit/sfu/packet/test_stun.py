"""STUN from outside is read or refused as Malformed; our answers are what aioice reads."""

import contextlib
import struct

import pytest
from aioice import stun as codec
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import Malformed
from sfu.packet import stun

PASSWORD = "a-password-of-ice"
FINGERPRINT_BYTES = 8


def _check(**more: object) -> codec.Message:
    attributes = {"USERNAME": "local:remote", "PRIORITY": 77, "ICE-CONTROLLING": 5, **more}
    message = codec.Message(codec.Method.BINDING, codec.Class.REQUEST, attributes=attributes)
    message.add_message_integrity(PASSWORD.encode())
    return message


def test_a_check_is_read() -> None:
    check = stun.parse_check(bytes(_check(**{"USE-CANDIDATE": None})))
    assert check is not None
    assert (check.local_ufrag, check.remote_ufrag, check.priority) == ("local", "remote", 77)
    assert check.use_candidate
    assert check.controlling
    assert stun.is_authentic(check.message, PASSWORD)
    assert not stun.is_authentic(check.message, "another")


def test_a_check_without_integrity_is_not_authentic() -> None:
    message = codec.Message(
        codec.Method.BINDING, codec.Class.REQUEST, attributes={"USERNAME": "a:b"}
    )
    assert not stun.is_authentic(stun.parse(bytes(message)), PASSWORD)


def test_an_answer_is_no_check() -> None:
    answer = stun.binding_success(bytes(12), "192.0.2.7", 4000, PASSWORD)
    assert stun.parse_check(answer) is None


def test_a_check_without_two_names_is_malformed() -> None:
    message = codec.Message(
        codec.Method.BINDING, codec.Class.REQUEST, attributes={"USERNAME": "alone"}
    )
    with pytest.raises(Malformed):
        stun.parse_check(bytes(message))


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "fe80::1"])
def test_success_carries_the_address(host: str) -> None:
    transaction_id = b"twelve bytes"
    answer = codec.parse_message(stun.binding_success(transaction_id, host, 50123, PASSWORD))
    assert answer.message_class == codec.Class.RESPONSE
    assert answer.transaction_id == transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, 50123)
    assert answer.check_message_integrity(PASSWORD.encode())


def _with_attribute(kind: int, value: bytes, *, length: int | None = None) -> bytes:
    declared = len(value) if length is None else length
    body = struct.pack("!HH", kind, declared) + value + bytes(-len(value) % 4)
    return struct.pack("!HHI12s", 1, len(body), stun.MAGIC_COOKIE, bytes(12)) + body


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        bytes(20),
        struct.pack("!HHI12s", 1, 4, stun.MAGIC_COOKIE, bytes(12)),
        struct.pack("!HHI12s", 1, 0, 0x12345678, bytes(12)),
        _with_attribute(0x0024, b"\x01"),
        _with_attribute(0x0006, b"\xff\xfe\xfd\xfc"),
        _with_attribute(0x0020, b"\x00\x01"),
        _with_attribute(0x0006, b"abcd", length=400),
        _with_attribute(0x802A, b"\x00\x00\x00\x01"),
        struct.pack("!HHI12s", 1, 100, stun.MAGIC_COOKIE, bytes(12)) + bytes(100),
        struct.pack("!HHI12s", 0x3EEF, 0, stun.MAGIC_COOKIE, bytes(12)),
    ],
)
def test_broken_messages_are_malformed(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        stun.parse(datagram)


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_malformed(datagram: bytes) -> None:
    with contextlib.suppress(Malformed):
        stun.parse_check(datagram)


@given(st.data())
def test_a_damaged_check_raises_only_malformed_and_is_not_authentic(data: st.DataObject) -> None:
    good = bytes(_check())
    place = data.draw(st.integers(0, len(good) - FINGERPRINT_BYTES - 1))
    damage = data.draw(st.integers(1, 255))
    damaged = bytearray(good)
    damaged[place] ^= damage
    try:
        message = stun.parse(bytes(damaged))
    except Malformed:
        return
    assert not stun.is_authentic(message, PASSWORD)


@given(st.data())
def test_a_look_at_the_outside_names_whom_the_message_names(data: st.DataObject) -> None:
    sealed = bytearray(bytes(_check()))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] = data.draw(st.integers(0, 255))
    try:
        check = stun.parse_check(bytes(sealed))
    except Malformed:
        with contextlib.suppress(Malformed):
            stun.named(bytes(sealed))
        return
    assert stun.named(bytes(sealed)) == (None if check is None else check.local_ufrag)
