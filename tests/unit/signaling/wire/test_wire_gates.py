"""The gates as pure functions, with time driven by the test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.wire import gates
from signaling.wire.faults import PeerError
from signaling.wire.gates import Allowance, Bucket, Doors, Rate, WireLimits

TEN = Rate(per_s=10, burst=20)


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_a_bucket_never_gives_more_than_its_rate_and_burst(waits: list[float]) -> None:
    bucket, now, given_away = Bucket(TEN, 0.0), 0.0, 0
    for wait in waits:
        now += wait
        while bucket.take(TEN, now):
            given_away += 1
    assert given_away <= TEN.burst + TEN.per_s * now + 1e-6


def test_a_bucket_that_was_left_alone_is_full() -> None:
    bucket = Bucket(TEN, 0.0)
    assert all(bucket.take(TEN, 0.0) for _ in range(20))
    assert not bucket.take(TEN, 0.0)
    assert not bucket.full(TEN, 1.9)
    assert bucket.full(TEN, 2.0)


def test_one_kind_of_event_does_not_use_up_the_others() -> None:
    limits = WireLimits(events=Rate(per_s=1, burst=30), each_event=Rate(per_s=1, burst=10))
    allowance = Allowance(limits, 0.0)
    assert [allowance.event(limits, "a", 10, 0.0) for _ in range(11)] == [True] * 10 + [False]
    assert allowance.event(limits, "b", 10, 0.0)


def test_a_kind_may_have_a_rate_of_its_own() -> None:
    limits = WireLimits(event_rates={"a": Rate(per_s=1, burst=1)})
    allowance = Allowance(limits, 0.0)
    assert [allowance.event(limits, "a", 1, 0.0) for _ in range(2)] == [True, False]
    assert allowance.event(limits, "b", 1, 0.0)


def test_descriptions_of_media_come_in_seldom() -> None:
    limits = WireLimits()
    allowance = Allowance(limits, 0.0)
    taken = [allowance.event(limits, "media.publish", 100, at / 20) for at in range(200)]
    assert 15 <= sum(taken) <= 26


def test_a_long_message_weighs_more() -> None:
    limits = WireLimits(events=Rate(per_s=1, burst=20), each_event=Rate(per_s=1, burst=100))
    allowance = Allowance(limits, 0.0)
    assert allowance.event(limits, "a", 60_000, 0.0)
    assert allowance.event(limits, "a", 60_000, 0.0) is False


def test_too_many_refusals_end_the_connection() -> None:
    limits = WireLimits(refusals=Rate(per_s=1, burst=3))
    allowance = Allowance(limits, 0.0)
    for _ in range(3):
        allowance.refused(limits, 0.0)
    with pytest.raises(PeerError):
        allowance.refused(limits, 0.0)
    allowance.refused(limits, 5.0)


def test_addresses_have_doors_of_their_own() -> None:
    doors = Doors(Rate(per_s=1, burst=2))
    assert [doors.may_open("10.0.0.1", 0.0) for _ in range(3)] == [True, True, False]
    assert doors.may_open("10.0.0.2", 0.0)
    assert [doors.may_open(f"2001:db8::{n}", 0.0) for n in range(3)] == [True, True, False]
    assert doors.may_open("2001:db8:0:1::1", 0.0)
    doors.forget(10.0)
    assert doors.may_open("10.0.0.1", 10.0)


@pytest.mark.parametrize("name", sorted(gates.RESERVED))
def test_reserved_names(name: str) -> None:
    with pytest.raises(PeerError):
        gates.check_name(name)


@pytest.mark.parametrize(
    ("json", "deep"),
    [
        (b"[" * 12 + b"]" * 12, False),
        (b"[" * 13 + b"]" * 13, True),
        (b'{"a":' * 13 + b"1" + b"}" * 13, True),
        (b"[" + b"[]," * 500 + b"1]", False),
        (b'["' + b"[" * 1000 + b'"]', False),
        (b'["\\"' + b"[" * 1000 + b'"]', False),
        (b'"\\\\"' + b"[" * 13, True),
        (b'["' + b'\\"[' * 1000, False),
        (b"[]" * 5000, True),
        (b'"\\' + b"[" * 20 + b'\\"' * 10_000, False),
    ],
)
def test_depth_is_counted_outside_of_strings(json: bytes, deep: bool) -> None:
    if deep:
        with pytest.raises(PeerError):
            gates.check_depth(json, 12)
    else:
        gates.check_depth(json, 12)


@pytest.mark.parametrize(
    "query", ["token=x", "EIO=4&EIO=4", "a=1", "EIO=4&transport=polling&access_token=x", "j=1"]
)
def test_a_query_holds_nothing_but_the_protocol(query: str) -> None:
    with pytest.raises(PeerError):
        gates.read_query(query)


def test_a_good_query() -> None:
    assert gates.read_query("EIO=4&transport=polling&t=abc&sid=x") == {
        "EIO": "4",
        "transport": "polling",
        "t": "abc",
        "sid": "x",
    }


@pytest.mark.parametrize(
    ("origin", "has_cookie", "allowed"),
    [
        (None, False, True),
        (None, True, False),
        ("https://class.example", True, True),
        ("http://class.example", False, True),
        ("https://CLASS.example", True, True),
        ("https://other.example", True, True),
        ("https://evil.example", False, False),
        ("https://class.example.evil.example", False, False),
        ("https://class.example:8443", False, False),
        ("https://user@class.example", False, False),
        ("null", False, False),
        ("", False, False),
        ("file://class.example", False, False),
        ("https://[", False, False),
    ],
)
def test_origins(origin: str | None, has_cookie: bool, allowed: bool) -> None:
    def check() -> None:
        gates.check_origin(
            origin,
            "class.example",
            has_cookie=has_cookie,
            allowed=frozenset(("https://other.example",)),
        )

    if allowed:
        check()
    else:
        with pytest.raises(PeerError):
            check()
