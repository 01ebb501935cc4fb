"""A signed address opens what it was made for, until its time is over; changed by one byte it opens nothing."""

import random
import string
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.auth import signed
from server.auth.keys import Key, KeyRing
from server.auth.signed import Grant
from server.clock import SystemClock, moment
from server.problems import Refusal

if TYPE_CHECKING:
    from signaling.context import Database

NOW_MS = 1_700_000_000_000
SCHOOL = "018f3a5e-0000-7149-9256-7c2f359dbbbc"
FILE = "018f3a5e-0000-7149-9256-7c2f359dcccd"
MUTANTS = 12_000


def ring() -> KeyRing:
    # It is given its keys here: no database is asked.
    keys = KeyRing(cast("Database", None), SystemClock())
    keys.hold(
        [
            Key(key_id=name * 16, secret=name.encode() * 32, signs_from=moment(NOW_MS - age))
            for name, age in (("a", 2000), ("b", 1000))
        ]
    )
    return keys


KEYS = ring()
GRANT = Grant(
    method="PUT",
    tenant_id=SCHOOL,
    upload_id=FILE,
    part=3,
    size=16_777_216,
    until=NOW_MS // 1000 + 60,
)
ADDRESS = signed.address(KEYS, GRANT)


def refused(address: str, method: Literal["GET", "PUT"] = "PUT", now_ms: int = NOW_MS) -> str:
    with pytest.raises(Refusal) as refusal:
        signed.opened(KEYS, method, address, now_ms)
    return refusal.value.code


def test_an_address_opens_what_it_was_made_for() -> None:
    assert signed.opened(KEYS, "PUT", ADDRESS, NOW_MS) == GRANT
    whole = replace(GRANT, method="GET", part=None)
    assert signed.opened(KEYS, "GET", signed.address(KEYS, whole), NOW_MS) == whole


def test_an_address_is_bound_to_its_method() -> None:
    assert refused(ADDRESS, "GET") == "address_forged"


def test_an_address_is_over_at_its_time() -> None:
    signed.opened(KEYS, "PUT", ADDRESS, GRANT.until * 1000 - 1)
    assert refused(ADDRESS, now_ms=GRANT.until * 1000) == "address_expired"


def test_an_address_of_the_key_before_still_opens() -> None:
    old = ring()
    old.hold([key for name in "a" if (key := KEYS.find(name * 16))])
    assert signed.opened(KEYS, "PUT", signed.address(old, GRANT), NOW_MS) == GRANT


def test_any_byte_changed_taken_or_added_opens_nothing() -> None:
    chance = random.Random(1)
    alphabet = string.printable + "\x00\xff\u0661%"
    tried = 0
    while tried < MUTANTS:
        place = chance.randrange(len(ADDRESS))
        letter = chance.choice(alphabet)
        mutant = chance.choice(
            (
                ADDRESS[:place] + letter + ADDRESS[place + 1 :],
                ADDRESS[:place] + letter + ADDRESS[place:],
                ADDRESS[:place] + ADDRESS[place + 1 :],
            )
        )
        if mutant == ADDRESS:
            continue
        assert refused(mutant) == "address_forged", mutant
        tried += 1


@given(st.integers(0, len(ADDRESS) - 1), st.integers(1, 255))
def test_any_bits_flipped_open_nothing(place: int, flip: int) -> None:
    mutant = ADDRESS[:place] + chr(ord(ADDRESS[place]) ^ flip) + ADDRESS[place + 1 :]
    assert refused(mutant) == "address_forged"


@pytest.mark.parametrize(
    "mutant",
    [
        ADDRESS + "/",
        ADDRESS + "?x=1",
        ADDRESS + "#x",
        ADDRESS.upper(),
        "/" + ADDRESS,
        ADDRESS.replace("/objects/", "/objects/./"),
        ADDRESS.replace("/objects/", "/objects/x/../"),
        ADDRESS.replace("/3/", "/%33/"),
        ADDRESS.replace("/3/", "/%2533/"),
        ADDRESS.replace("/3/", "/03/"),
        ADDRESS.replace("/3/", "/+3/"),
        ADDRESS.replace("/3/", "/all/"),
        ADDRESS.replace("/16777216/", "/016777216/"),
        ADDRESS[:-64],
        ADDRESS[:-1],
        ADDRESS.replace("b" * 16, "a" * 16),
        "http://elsewhere.test" + ADDRESS,
        "",
        "/objects/" + "9" * 100_000,
    ],
)
def test_another_spelling_of_an_address_opens_nothing(mutant: str) -> None:
    assert refused(mutant) == "address_forged"
