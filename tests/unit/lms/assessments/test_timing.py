"""When one learner may begin and when their attempt ends, and that more never means less."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments import timing
from lms.assessments.model import Accommodation, LatePolicy, Settings
from lms.ids import UserId

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
MOMENTS = st.integers(0, 366 * 24 * 60).map(lambda minutes: NINE + timedelta(minutes=minutes))


def more(percent: int = 0, closes_at: datetime | None = None) -> Accommodation:
    return Accommodation(user_id=UserId("u"), extra_time_percent=percent, closes_at=closes_at)


def hour(**settings: object) -> Settings:
    return Settings(**{"time_limit_minutes": 60, **settings})  # type: ignore[arg-type]  # the fields of settings


@pytest.mark.parametrize(
    ("limit", "closes_at", "given_more", "ends_at"),
    [
        (60, None, None, NINE + timedelta(hours=1)),
        (60, NINE + timedelta(minutes=30), None, NINE + timedelta(minutes=30)),
        (60, NINE + timedelta(hours=5), more(25), NINE + timedelta(minutes=75)),
        (None, NINE + timedelta(hours=5), more(25), NINE + timedelta(hours=5)),
        (60, NINE + timedelta(hours=1), more(50), NINE + timedelta(hours=1)),
        (
            60,
            NINE + timedelta(hours=1),
            more(50, NINE + timedelta(hours=3)),
            NINE + timedelta(minutes=90),
        ),
        (None, None, None, NINE + timedelta(days=180)),
        (1, None, more(1), NINE + timedelta(milliseconds=60_600)),
    ],
)
def test_an_attempt_ends_at_its_limit_or_at_the_closing_whichever_is_first(
    limit: int | None,
    closes_at: datetime | None,
    given_more: Accommodation | None,
    ends_at: datetime,
) -> None:
    window = timing.window(hour(time_limit_minutes=limit), None, closes_at, given_more)
    assert timing.ends_at(window, NINE) == ends_at


@pytest.mark.parametrize(
    ("policy", "after_the_end"),
    [
        ("refuse", timedelta(seconds=30)),
        ("keep", timedelta(seconds=30)),
        ("count", timedelta(minutes=10, seconds=30)),
    ],
)
def test_the_deadline_waits_for_the_grace_and_for_a_late_window_that_counts(
    policy: LatePolicy, after_the_end: timedelta
) -> None:
    window = timing.window(hour(late_policy=policy, late_window_minutes=10), None, None)
    assert timing.shuts_at(window, NINE) == NINE + after_the_end


@pytest.mark.parametrize(
    "started",
    [
        datetime(2026, 3, 29, 1, 30, tzinfo=BERLIN),
        datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN),
        datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN),
    ],
    ids=["spring", "autumn", "the hour that comes twice"],
)
def test_an_hour_is_an_hour_in_the_nights_when_clocks_change(started: datetime) -> None:
    window = timing.window(hour(), started, started + timedelta(hours=8))
    for moment in (window.opens_at, window.closes_at):
        assert moment is not None
        assert moment.tzinfo is UTC
    assert window.opens_at is not None
    length = timing.ends_at(window, window.opens_at) - window.opens_at
    assert length == timedelta(hours=1)


@given(MOMENTS, MOMENTS, st.integers(1, 600), st.integers(0, 300), st.integers(0, 300))
def test_more_time_never_ends_earlier(
    started: datetime, closes_at: datetime, minutes: int, one: int, other: int
) -> None:
    less, much = sorted((one, other))
    ends = [
        timing.ends_at(
            timing.window(hour(time_limit_minutes=minutes), None, closes_at, more(percent)),
            started,
        )
        for percent in (less, much)
    ]
    assert ends[0] <= ends[1] <= closes_at


@given(MOMENTS, MOMENTS, MOMENTS, st.integers(1, 600) | st.none())
def test_who_begins_later_never_ends_earlier(
    one: datetime, other: datetime, closes_at: datetime, minutes: int | None
) -> None:
    window = timing.window(hour(time_limit_minutes=minutes), None, closes_at)
    early, late = sorted((one, other))
    assert timing.ends_at(window, early) <= timing.ends_at(window, late)


@given(MOMENTS, MOMENTS, MOMENTS)
def test_a_later_closing_never_ends_earlier(
    started: datetime, one: datetime, other: datetime
) -> None:
    early, late = sorted((one, other))
    ends = [
        timing.ends_at(timing.window(hour(), None, early, given_more), started)
        for given_more in (None, more(closes_at=late))
    ]
    assert ends[0] <= ends[1]
    assert timing.shuts_at(timing.window(hour(), None, early), ends[0]) > ends[0]
