"""When work comes around, by the clock of exams."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from workers.calendar import RECURRING, Recurring

NIGHT = Recurring(kind="items.ingest", every=timedelta(days=1), after=timedelta(hours=2))
MOMENTS = st.datetimes(datetime(2024, 2, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - given UTC next
    lambda at: at.replace(tzinfo=UTC)
)


def test_the_night_is_at_two() -> None:
    assert NIGHT in RECURRING
    assert NIGHT.last(datetime(2026, 11, 20, 1, 59, tzinfo=UTC)) == datetime(
        2026, 11, 19, 2, tzinfo=UTC
    )
    assert NIGHT.last(datetime(2026, 11, 20, 2, tzinfo=UTC)) == datetime(
        2026, 11, 20, 2, tzinfo=UTC
    )


@given(MOMENTS, st.sampled_from(RECURRING))
def test_what_was_due_last_is_no_older_than_a_round(now: datetime, what: Recurring) -> None:
    last = what.last(now)
    assert last <= now < last + what.every
    assert what.last(last) == last
    assert what.last(last - timedelta(microseconds=1)) == last - what.every
