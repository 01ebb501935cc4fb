"""The door: only a sealed check lets an address in; moves are proven; forged sources take nothing from the living."""

import pytest
from aioice import stun as codec

from sfu.errors import Malformed
from sfu.transport.ice import MAX_ADDRESSES, Door
from sfu.types import Address, Local, Remote

HOME: Address = ("192.0.2.1", 1000)
AWAY: Address = ("192.0.2.2", 2000)


def local(leg: int = 1) -> Local:
    return Local(
        leg=leg,
        ufrag=f"server{leg}",
        password=f"server-password-{leg}",
        fingerprint="",
        candidates=(),
        session=1,
        ssrc_base=0,
    )


REMOTE = Remote(ufrag="browser", password="browser-password", fingerprints=())


def check(
    leg: int = 1, *, password: str | None = None, nominate: bool = True, name: str = "browser"
) -> bytes:
    message = codec.Message(
        message_method=codec.Method.BINDING,
        message_class=codec.Class.REQUEST,
        attributes={"USERNAME": f"server{leg}:{name}", "PRIORITY": 1, "ICE-CONTROLLING": 1},
    )
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((password or f"server-password-{leg}").encode())
    return bytes(message)


def answer(probe: bytes, password: str = "browser-password") -> bytes:
    asked = codec.parse_message(probe)
    message = codec.Message(
        message_method=codec.Method.BINDING,
        message_class=codec.Class.RESPONSE,
        transaction_id=asked.transaction_id,
        attributes={"XOR-MAPPED-ADDRESS": ("127.0.0.1", 1)},
    )
    message.add_message_integrity(password.encode())
    return bytes(message)


@pytest.fixture
def door() -> Door:
    door = Door(silence_s=3)
    door.open(local()).remote = REMOTE
    return door


def test_a_sealed_check_is_answered_and_lets_its_address_in(door: Door) -> None:
    heard = door.stun(check(), HOME, 0)
    assert heard is not None
    assert heard.selected == HOME
    assert codec.parse_message(heard.replies[0][0]).check_message_integrity(b"server-password-1")
    assert door.legs == {HOME: 1}


@pytest.mark.parametrize(
    "datagram",
    [check(password="guess"), check(leg=2), check(name="someone else")],
    ids=["wrong seal", "unknown name", "another browser's name"],
)
def test_what_is_not_proven_gets_no_answer_and_no_way_in(door: Door, datagram: bytes) -> None:
    assert door.stun(datagram, HOME, 0) is None
    assert not door.legs


@pytest.mark.parametrize(
    "datagram",
    [b"\x00", b"\x00\x01\x00\x04" + bytes(16), check()[:-5], check() + b"1234"],
    ids=["one byte", "a length that is not there", "cut short", "more than it says"],
)
def test_what_is_no_stun_is_malformed(door: Door, datagram: bytes) -> None:
    with pytest.raises(Malformed):
        door.stun(datagram, HOME, 0)


def test_a_move_waits_for_the_answer_to_our_own_check(door: Door) -> None:
    door.stun(check(), HOME, 0)
    heard = door.stun(check(), AWAY, 1)
    assert heard is not None
    assert heard.selected is None
    (_, probe) = heard.replies
    assert door.stun(answer(probe[0]), HOME, 1) is None  # from the wrong address
    assert door.stun(answer(probe[0], "guess"), AWAY, 1) is None
    moved = door.stun(answer(probe[0]), AWAY, 1)
    assert moved is not None
    assert moved.selected == AWAY
    assert door.stun(answer(probe[0]), AWAY, 1) is None  # once


def test_a_forged_source_does_not_take_a_living_browsers_address(door: Door) -> None:
    door.stun(check(), HOME, 0)
    door.open(local(2))
    assert door.stun(check(2), HOME, 1) is None
    assert door.legs == {HOME: 1}
    assert door.stun(check(2), HOME, 9) is not None  # long silent: the port has a new owner
    assert door.legs == {HOME: 2}


def test_addresses_of_one_browser_are_bounded_and_the_one_in_use_stays(door: Door) -> None:
    door.stun(check(), HOME, 0)
    for i in range(50):
        door.stun(check(nominate=False), ("192.0.2.9", i + 1), 1 + i / 100)
    assert len(door.legs) == MAX_ADDRESSES
    assert HOME in door.legs


def test_a_closed_leg_leaves_nothing_behind(door: Door) -> None:
    door.stun(check(), HOME, 0)
    door.close(1)
    assert not door.legs
    assert door.stun(check(), HOME, 1) is None


def test_a_strangers_message_is_not_read() -> None:
    """Reading one costs a hundred times as much as seeing that it is for nobody here."""
    broken = b"\x00\x20\x00\x04\x00\x09\x00\x00"  # a mapped address of a family that is none
    name = b"\x00\x06\x00\x08nobody:x"
    for kind, attributes in ((b"\x00\x01", name + broken), (b"\x01\x01", broken)):
        size = len(attributes).to_bytes(2, "big")
        message = kind + size + b"\x21\x12\xa4\x42" + bytes(12) + attributes
        door = Door(silence_s=3)
        door.open(local())
        assert door.stun(message, HOME, 1.0) is None
        door.stun(check(), HOME, 2.0)
        if kind == b"\x01\x01":
            with pytest.raises(Malformed):
                door.stun(message, HOME, 3.0)


def test_a_flood_of_checks_in_one_name_is_not_read_and_takes_nothing_from_others() -> None:
    door = Door(silence_s=3)
    for leg in (1, 2):
        door.open(local(leg))
    forged = check(password="wrong")
    for _ in range(1000):
        assert door.stun(forged, AWAY, 1.0) is None
    assert door.stun(check(), HOME, 1.1) is None
    assert door.stun(check(2), AWAY, 1.1) is not None
    assert door.stun(check(), HOME, 2.1) is not None
    for _ in range(1000):
        door.stun(forged, ("192.0.2.3", 3000), 2.2)
    assert door.stun(check(), HOME, 2.3) is not None, "where she is she has been proven"
