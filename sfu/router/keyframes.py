"""When to ask a publisher for a key frame, and when not to ask again."""

from dataclasses import dataclass

EVERY_S = 1.0  # a publisher is asked at most so often for one source, whatever its viewers wish


@dataclass(slots=True)
class _Asking:
    asked_at: float
    again: bool = False


class KeyFrames:
    """The first wish goes through at once; those within a second of it are one more, if no key frame came since."""

    def __init__(self) -> None:
        self._sources: dict[int, _Asking] = {}

    def ask(self, source: int, now: float) -> bool:
        """Whether to ask now. A wish that must wait is remembered for `due`."""
        asking = self._sources.get(source)
        if asking is None or now - asking.asked_at >= EVERY_S:
            self._sources[source] = _Asking(now)
            return True
        asking.again = True
        return False

    def seen(self, source: int) -> None:
        """A key frame came: whoever waited has it."""
        asking = self._sources.get(source)
        if asking is not None:
            asking.again = False

    def due(self, now: float) -> list[int]:
        """Sources whose remembered wish may go now."""
        sources = [s for s, a in self._sources.items() if a.again and now - a.asked_at >= EVERY_S]
        for source in sources:
            self._sources[source] = _Asking(now)
        return sources

    def forget(self, source: int) -> None:
        """The source is gone."""
        self._sources.pop(source, None)
