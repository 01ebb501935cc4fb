"""Ids are UUIDv7: ordered by time, in one spelling."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ids import is_uuid7, uuid7

TIMES = st.integers(0, (1 << 48) - 1)
CHANCES = st.binary(min_size=10, max_size=10)


@given(TIMES, CHANCES)
def test_an_id_is_a_uuid_of_version_7(unix_ms: int, chance: bytes) -> None:
    text = uuid7(unix_ms, chance)
    value = UUID(text)
    assert (value.version, value.variant) == (7, "specified in RFC 4122")
    assert value.int >> 80 == unix_ms
    assert is_uuid7(text)


@given(TIMES, TIMES, CHANCES, CHANCES)
def test_ids_are_ordered_by_their_time(a: int, b: int, c: bytes, d: bytes) -> None:
    if a < b:
        assert uuid7(a, c) < uuid7(b, d)


@pytest.mark.parametrize(
    ("unix_ms", "chance"), [(-1, bytes(10)), (1 << 48, bytes(10)), (0, bytes(9)), (0, bytes(11))]
)
def test_what_does_not_fit_is_refused(unix_ms: int, chance: bytes) -> None:
    with pytest.raises(ValueError, match=r"48 bits|random bytes"):
        uuid7(unix_ms, chance)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "018f3a5e-0000-4149-9256-7c2f359dbbbc",
        "018F3A5E-0000-7149-9256-7C2F359DBBBC",
        "{018f3a5e-0000-7149-9256-7c2f359dbbbc}",
        "018f3a5e000071499256-7c2f359dbbbc",
        "018f3a5e-0000-7149-9256-7c2f359dbbbc\n",
        "../../etc/passwd",
    ],
)
def test_other_spellings_are_not_ids(text: str) -> None:
    assert not is_uuid7(text)
