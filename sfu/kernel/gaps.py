"""Which packets of one source are missing, when to ask for each again, and when to give up."""

FIRST_ASK_AFTER_S = 0.015
"""A packet that is merely out of order has mostly come by then."""
ASK_AGAIN_AFTER_S = 0.060
GIVE_UP_AFTER_S = 1.0
_MOST_ASKS = 8
_MOST_MISSING = 256
_MOST_ASKED_AT_ONCE = 64


class Gaps:
    """The missing indexes below the newest one. Time comes in; what to ask for comes out."""

    __slots__ = ("_missing", "given_up")

    def __init__(self) -> None:
        self._missing: dict[int, tuple[float, float, int]] = {}
        self.given_up = 0

    def __len__(self) -> int:
        return len(self._missing)

    def open(self, first: int, end: int, now: float) -> bool:
        """The indexes [first, end) were jumped over; False when they are too many to mend, and all are forgotten."""
        if len(self._missing) + end - first > _MOST_MISSING:
            self.given_up += len(self._missing) + end - first
            self._missing.clear()
            return False
        due_at = now + FIRST_ASK_AFTER_S
        for index in range(first, end):
            self._missing[index] = (due_at, now, 0)
        return True

    def close(self, index: int) -> None:
        """The packet has come after all."""
        self._missing.pop(index, None)

    def clear(self) -> None:
        """The stream began anew."""
        self._missing.clear()

    def due(self, now: float) -> tuple[list[int], int]:
        """Indexes to ask for now, in order, and how many were given up since the last call."""
        asked: list[int] = []
        lost: list[int] = []
        for index, (due_at, missed_at, asks) in self._missing.items():
            if now - missed_at >= GIVE_UP_AFTER_S or (asks >= _MOST_ASKS and now >= due_at):
                lost.append(index)
            elif now >= due_at and len(asked) < _MOST_ASKED_AT_ONCE:
                asked.append(index)
                self._missing[index] = (now + ASK_AGAIN_AFTER_S, missed_at, asks + 1)
        for index in lost:
            del self._missing[index]
        self.given_up += len(lost)
        asked.sort()
        return asked, len(lost)
