"""Outgoing numbers run on without holes, and run backwards to what they came from."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.remap import Remap


def _forwarded(remap: Remap, index: int) -> int:
    located = remap.locate(index)
    assert located is not None
    return index + located[0]


def test_the_first_source_begins_at_the_first_number() -> None:
    remap = Remap(500)
    remap.begin(70_000, timestamp_shift=0, picture_id=9, tl0_index=3)
    assert _forwarded(remap, 70_000) == 500
    assert _forwarded(remap, 70_001) == 501
    assert (remap.picture_shift, remap.tl0_shift) == (0, 0)


def test_another_source_goes_on_where_the_last_one_ended() -> None:
    remap = Remap(500)
    remap.begin(70_000, timestamp_shift=0, picture_id=9, tl0_index=3)
    remap.end(70_009, picture_id=12, tl0_index=5)
    remap.begin(66_000, timestamp_shift=7, picture_id=900, tl0_index=200)
    assert _forwarded(remap, 66_000) == 510
    assert 900 + remap.picture_shift == 13
    assert 200 + remap.tl0_shift == 6
    assert remap.timestamp_shift == 7
    assert remap.locate(65_999) is None


def test_a_source_without_pictures_between_two_with_them() -> None:
    remap = Remap(0)
    remap.begin(100, timestamp_shift=0, picture_id=9, tl0_index=3)
    remap.end(100, picture_id=9, tl0_index=3)
    remap.begin(200, timestamp_shift=0, picture_id=-1, tl0_index=-1)
    remap.end(210, picture_id=-1, tl0_index=-1)
    remap.begin(300, timestamp_shift=0, picture_id=50, tl0_index=60)
    assert 50 + remap.picture_shift == 10
    assert 60 + remap.tl0_shift == 4


def test_ids_that_wrapped_below_zero_are_still_ids() -> None:
    remap = Remap(0)
    remap.begin(100, timestamp_shift=0, picture_id=9, tl0_index=3)
    remap.end(100, picture_id=9, tl0_index=3)
    remap.begin(200, timestamp_shift=0, picture_id=100, tl0_index=200)
    remap.end(900, picture_id=89, tl0_index=195)  # both counters went round once
    remap.begin(300, timestamp_shift=0, picture_id=50, tl0_index=60)
    assert 50 + remap.picture_shift & 0x7FFF == 0
    assert 60 + remap.tl0_shift & 0xFF == 0


def test_a_dropped_picture_is_counted_once() -> None:
    remap = Remap(0)
    remap.begin(100, timestamp_shift=0, picture_id=9, tl0_index=3)
    remap.drop(101, 10)
    remap.drop(102, 10)
    assert remap.picture_shift == -1
    remap.drop(103, 11)
    assert remap.picture_shift == -2


def test_a_late_packet_gets_the_shift_of_its_time() -> None:
    remap = Remap(0)
    remap.begin(100, timestamp_shift=0, picture_id=9, tl0_index=3)
    remap.drop(105, 10)
    assert _forwarded(remap, 103) == 3
    assert _forwarded(remap, 106) == 5
    assert remap.index_of(3, 106) == 103
    assert remap.index_of(5, 106) == 106


def test_numbers_from_the_future_and_from_before_the_source_are_unknown() -> None:
    remap = Remap(10)
    remap.begin(100, timestamp_shift=0, picture_id=-1, tl0_index=-1)
    assert remap.index_of(16, 105) is None
    assert remap.index_of(9, 105) is None
    assert remap.index_of(15, 105) == 105


def test_numbers_wrap() -> None:
    remap = Remap(0x7FFF)
    remap.begin(100, timestamp_shift=0, picture_id=-1, tl0_index=-1)
    newest = 100 + 40_000
    sequence = _forwarded(remap, newest) & 0xFFFF
    assert remap.index_of(sequence, newest) == newest
    assert remap.index_of(sequence - 7 & 0xFFFF, newest) == newest - 7


@given(
    st.lists(st.sampled_from("fdm"), max_size=300),
    st.integers(0, 0x7FFF),
    st.integers(70_000, 90_000),
)
def test_any_mix_of_forwarding_dropping_and_missing(
    steps: list[str], first: int, start: int
) -> None:
    """What is forwarded and what is missing take one number each, in order; what is dropped takes none."""
    remap = Remap(first)
    remap.begin(start, timestamp_shift=0, picture_id=-1, tl0_index=-1)
    expected = {start: first}
    following = first + 1
    newest = start
    for index, step in enumerate(steps, start + 1):
        if step == "d":
            remap.drop(index)
            newest = index
            continue
        expected[index] = following
        following += 1
        if step == "f":
            newest = index
    last_kept = [index for index in sorted(expected) if index <= newest][-128:]
    if steps.count("d") > 100:
        last_kept = last_kept[-50:]
    for index in last_kept:
        assert _forwarded(remap, index) == expected[index]
        assert remap.index_of(expected[index] & 0xFFFF, newest) == index
