"""Which bytes are one plain request, beyond doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.wire.lane import plain_head

HEAD = b"PUT /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"


def test_a_plain_head_says_what_is_asked_and_where_it_ends() -> None:
    head = plain_head(HEAD + b"abc and more")
    assert head is not None
    assert (head.method, head.target) == (b"PUT", b"/a/b")
    assert head.fields == {b"host": b"x", b"content-length": b"3"}
    assert (head.body_at, head.size) == (len(HEAD), len(HEAD) + 3)


def test_names_are_in_small_letters_and_values_without_space_around() -> None:
    head = plain_head(HEAD.replace(b"Host: x", b"HOST:\t x \r\nContent-TYPE:a/b;q=1"))
    assert head is not None
    assert head.fields[b"host"] == b"x"
    assert head.fields[b"content-type"] == b"a/b;q=1"


def test_what_is_said_twice_or_asks_for_more_is_left_to_others() -> None:
    for line in (
        b"Content-Length: 3",
        b"Host: y",
        b"Transfer-Encoding: chunked",
        b"Upgrade: x",
        b"Expect: 100-continue",
        b"Trailer: x",
        b"Connection: close",
        b"Authorization: a\r\nauthorization: b",
    ):
        assert plain_head(HEAD.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")) is None


@pytest.mark.parametrize(
    "length", [b"", b"-1", b"+3", b"0x3", b"3 3", b"3,3", b"9999999999", b"\xb2"]
)
def test_a_length_is_a_few_figures(length: bytes) -> None:
    assert plain_head(HEAD.replace(b"Length: 3", b"Length: " + length)) is None


@given(st.integers(0, len(HEAD) - 1))
def test_a_head_that_is_not_all_there_is_none(size: int) -> None:
    assert plain_head(HEAD[:size]) is None


@given(
    st.integers(0, len(HEAD) - 5),
    st.sampled_from([b"\0", b"\r", b"\n", b"\x7f", b"\xff", b"\x1b"]),
)
def test_no_byte_that_is_not_text_may_stand_in_a_head(place: int, byte: bytes) -> None:
    spoiled = HEAD[:place] + byte + HEAD[place:]
    head = plain_head(spoiled)
    # A line feed or a return in front of the end of a line is no line of its own.
    assert head is None


@given(st.binary(max_size=300))
def test_whatever_comes_it_only_says_none_or_where_a_request_ends(data: bytes) -> None:
    head = plain_head(data)
    assert head is None or head.size >= head.body_at > 0


def test_a_head_is_read_only_so_far() -> None:
    assert plain_head(HEAD.replace(b"Host: x", b"Host: x\r\nX: " + b"y" * 8000)) is None
