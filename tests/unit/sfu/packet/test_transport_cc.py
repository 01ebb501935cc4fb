"""Transport-cc reports hold what arrived and when, to a quarter of a millisecond."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.errors import Malformed
from sfu.packet import transport_cc
from sfu.packet.transport_cc import TICK_S

# Laid out by hand after the draft: base 0x1234, 9 statuses, reference 2 (128 ms), report 7. A run of 3 small, then a
# vector of two-bit symbols: lost, small, large, lost, small, lost (and one beyond the count).
BY_HAND = bytes.fromhex(
    "8fcd0007 00000001 00000002 1234 0009 00000207 2003 c610 040810 20 fff8 01 00"
)


def test_a_report_laid_out_by_hand() -> None:
    feedback = transport_cc.parse(BY_HAND)
    base = 2 * 256
    assert feedback.base_sequence == 0x1234
    assert feedback.count == 7
    assert feedback.arrivals == [
        base + 4,
        base + 12,
        base + 28,
        None,
        base + 60,
        base + 52,
        None,
        base + 53,
        None,
    ]


@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(-0.02, 2.0)), min_size=1, max_size=300),
    st.integers(0, 1 << 20),
    st.integers(0, 30),
)
def test_what_was_packed_is_parsed(
    steps: list[tuple[int, float]], start: int, unseen: int
) -> None:
    number, at = start + unseen, 1000.0
    arrivals = []
    for step, later_s in steps:
        arrivals.append((number, at))
        number += step
        at += later_s
    told: dict[int, int] = {}
    left = list(arrivals)
    base = start
    while left:
        report, held = transport_cc.pack(
            sender_ssrc=1, media_ssrc=2, count=0, base=base, arrivals=left
        )
        assert held > 0
        assert len(report) % 4 == 0
        feedback = transport_cc.parse(report)
        assert feedback.base_sequence == base & 0xFFFF
        for place, ticks in enumerate(feedback.arrivals):
            if ticks is not None:
                told[base + place] = ticks
        base = left[held - 1][0] + 1
        left = left[held:]
    assert told == {number: int(at / TICK_S) for number, at in arrivals}


def test_a_far_jump_in_numbers_does_not_make_a_huge_report() -> None:
    report, held = transport_cc.pack(
        sender_ssrc=1, media_ssrc=2, count=0, base=0, arrivals=[(1, 1.0), (60_000, 1.0)]
    )
    assert held == 1
    report, held = transport_cc.pack(
        sender_ssrc=1, media_ssrc=2, count=0, base=2, arrivals=[(60_000, 1.0)]
    )
    assert held == 1
    assert transport_cc.parse(report).base_sequence == 60_000


@pytest.mark.parametrize("size", range(len(BY_HAND) - 1))
def test_a_cut_off_report_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        transport_cc.parse(BY_HAND[:size])


@pytest.mark.parametrize(
    "tail",
    [
        struct.pack("!HHI", 0, 0, 0),
        struct.pack("!HHIH", 0, 65535, 0, 0x3FFF),
        struct.pack("!HHIH", 0, 5, 0, 0x0000),
        struct.pack("!HHIH", 0, 1, 0, 0x6001),
    ],
)
def test_impossible_reports_are_malformed(tail: bytes) -> None:
    with pytest.raises(Malformed):
        transport_cc.parse(b"\x8f\xcd\x00\x04" + bytes(8) + tail)


@given(st.binary(max_size=100))
def test_random_bytes_raise_only_malformed(body: bytes) -> None:
    for packet in (body, b"\x8f\xcd\x00\x10" + bytes(8) + body):
        try:
            transport_cc.parse(packet)
        except Malformed:
            continue
