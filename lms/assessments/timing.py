"""When one learner may begin, and when their attempt ends: instants in UTC, so that no change of clocks moves them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lms.assessments.model import Accommodation, LatePolicy, Settings

# An attempt that neither a limit nor a closing time ends is ended after this long.
LONGEST = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The times of an assessment as they are for one learner."""

    opens_at: datetime | None
    closes_at: datetime | None
    time_limit_ms: int | None  # with the learner's extra time in it
    grace_ms: int
    late_policy: LatePolicy
    late_window_ms: int


def window(
    settings: Settings,
    opens_at: datetime | None,
    closes_at: datetime | None,
    given: Accommodation | None = None,
) -> Window:
    """This learner's times: `given` is what they have beyond the settings."""
    percent = 100 + (given.extra_time_percent if given else 0)
    own_closes_at = given.closes_at if given and given.closes_at else closes_at
    minutes = settings.time_limit_minutes
    return Window(
        opens_at=_utc(opens_at),
        closes_at=_utc(own_closes_at),
        time_limit_ms=None if minutes is None else minutes * 60_000 * percent // 100,
        grace_ms=settings.grace_seconds * 1000,
        late_policy=settings.late_policy,
        late_window_ms=settings.late_window_minutes * 60_000,
    )


def ends_at(window: Window, started_at: datetime) -> datetime:
    """When the time of an attempt that begins now is up."""
    limits = list[datetime]()
    if window.time_limit_ms is not None:
        limits.append(started_at + timedelta(milliseconds=window.time_limit_ms))
    if window.closes_at is not None:
        limits.append(window.closes_at)
    return min(limits, default=started_at + LONGEST)


def shuts_at(window: Window, ends_at: datetime) -> datetime:
    """When the deadline hands it in: after the grace, and where late answers count after their window too."""
    late_ms = window.late_window_ms if window.late_policy == "count" else 0
    return ends_at + timedelta(milliseconds=window.grace_ms + late_ms)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
