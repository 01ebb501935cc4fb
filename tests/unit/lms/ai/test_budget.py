"""The budget: set aside only while there is room, by the month."""

from datetime import UTC, date, datetime

import pytest

from lms.ai import budget


@pytest.mark.parametrize(
    ("limit", "used", "held", "wanted", "room"),
    [
        (100, 0, 0, 100, "ok"),
        (100, 0, 0, 101, "spent"),
        (100, 60, 30, 10, "ok"),
        (100, 60, 30, 11, "later"),
        (100, 60, 40, 40, "later"),
        (100, 60, 40, 41, "spent"),
        (100, 100, 0, 1, "spent"),
        (0, 0, 0, 1, "spent"),
        (50, 80, 0, 1, "spent"),
    ],
)
def test_there_is_room_only_for_what_is_neither_used_nor_held(
    limit: int, used: int, held: int, wanted: int, room: budget.Room
) -> None:
    assert budget.room(limit, used, held, wanted) == room


def test_a_month_begins_on_its_first_day() -> None:
    assert budget.month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == date(2026, 11, 1)
    assert budget.month_of(datetime(2026, 12, 1, tzinfo=UTC)) == date(2026, 12, 1)
