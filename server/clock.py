"""The two clocks of a process, read here and handed to everything else as `now`."""

import time


class SystemClock:
    """Implements signaling.context.Clock."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()  # noqa: TID251 - this file is where the clock is read
