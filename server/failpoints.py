"""Named points at which a drill lets a process die: without LECTERN_FAIL_AT each is one comparison that is false."""

import os
import signal

VARIABLE = "LECTERN_FAIL_AT"


class FailPoint:
    """`name:count` means: die when the point of this name is reached for the count-th time."""

    def __init__(self, wanted: str) -> None:
        self._name, _, count = wanted.partition(":")
        self._left = int(count or 1)

    def reach(self, name: str) -> None:
        """End this process without a word, as a power cut would, when the drill asked for it here."""
        if name != self._name:
            return
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


reach = FailPoint(os.environ.get(VARIABLE, "")).reach
