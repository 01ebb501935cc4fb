"""The version that a read saw, and whether another read is older."""

import pytest

from lms.attempts import versions


@pytest.mark.parametrize(
    ("version", "seen", "behind"),
    [
        ("1.4.o", "1.5.o", True),
        ("1.5.o", "1.5.o", False),
        ("1.6.o", "1.5.o", False),
        ("1.9.o", "2.1.o", True),
        ("2.1.o", "1.9.o", False),
        ("1.5.o", "1.5.s", True),
        ("1.5.s", "1.5.o", True),
        ("1.5.o", None, False),
        ("1.5.o", "", False),
        ("1.5.o", "9.9", False),
        ("1.5.o", "x' OR 1", False),
        ("1.5.o", "99999999999.1.o", False),
    ],
)
def test_a_read_is_behind_what_the_caller_saw(
    version: str, seen: str | None, behind: bool
) -> None:
    assert versions.is_behind(version, seen) is behind


def test_a_version_says_opening_seq_and_state() -> None:
    assert versions.of(2, 17, "submitted") == "2.17.s"
    assert not versions.is_behind(versions.of(1, 1, "withdrawn"), versions.of(1, 1, "withdrawn"))
