"""◇ For how long a class is not taken up again whose log could not be written: a full disk is not better for being asked at once."""

from collections.abc import Collection
from dataclasses import dataclass

from signaling.routing.place import Place

FIRST_S = 0.125
LONGEST_S = 1.0
JITTER = 0.25  # of each pause, so that many classes do not come back together


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    failures: int
    until: float


class Pauses:
    """The first failure in a row is felt by nobody: whoever asks waits it out. After that they are told at once."""

    def __init__(self) -> None:
        self._pauses: dict[Place, _Pause] = {}

    def failed(self, place: Place, now: float, *, again: bool, chance: float) -> None:
        """The log was not written, `again` when nothing was since the last time; `chance` is between 0 and 1."""
        known = self._pauses.get(place)
        failures = known.failures + 1 if again and known is not None else 1
        length_s = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
        until = now + length_s * (1 - JITTER * chance)
        self._pauses[place] = _Pause(failures=failures, until=until)

    def is_on(self, place: Place, now: float) -> bool:
        """Whether the class is not to be taken up yet."""
        known = self._pauses.get(place)
        return known is not None and now < known.until

    def refuses(self, place: Place, now: float) -> bool:
        """Whether there is no use in waiting for it either."""
        known = self._pauses.get(place)
        return known is not None and now < known.until and known.failures > 1

    def keep(self, places: Collection[Place]) -> None:
        """Forget all others."""
        for place in self._pauses.keys() - places:
            del self._pauses[place]
