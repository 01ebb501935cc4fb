"""The two clocks of a process, read here and handed to everything else as `now`."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements signaling.context.Clock."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()  # noqa: TID251 - this file is where the clock is read

    def steady(self) -> float:
        """Seconds at an even pace, also through a sleep of the machine where the system can tell."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def moment(wall_ms: float) -> datetime:
    """A reading of the wall clock as a time in UTC."""
    return datetime.fromtimestamp(wall_ms / 1000, UTC)
