"""◇ The latest events of a class in memory, for pages that come back after a short while."""

from collections import deque
from collections.abc import Iterable

import msgspec

from signaling import protocol as wire

REPLAY_MAX = 500


class Tail:
    """The last `REPLAY_MAX` events up to `seq`; the words of a message that was taken back are gone here too."""

    def __init__(self, seq: int, events: Iterable[wire.Event] = ()) -> None:
        self._events: deque[wire.Event] = deque(maxlen=REPLAY_MAX)
        self.seq = seq
        for event in events:
            self._keep(event)

    def add(self, event: wire.Event) -> None:
        """One more event, the next one."""
        self.seq = event.seq
        self._keep(event)
        if isinstance(event.data, wire.ChatDeleted):
            self._redact(event.data.message)

    def after(self, seq: int) -> list[wire.Event] | None:
        """What a page at `seq` has missed; None when that is too much, or not ours to know."""
        missed = self.seq - seq
        if not 0 <= missed <= len(self._events):
            return None
        return list(self._events)[len(self._events) - missed :]

    def _keep(self, event: wire.Event) -> None:
        self._events.append(event)

    def _redact(self, message: int) -> None:
        for place, event in enumerate(self._events):
            if event.seq == message:
                self._events[place] = msgspec.structs.replace(event, data=_emptied(event.data))


def _emptied(data: wire.EventData) -> wire.EventData:
    """Without its words: a text, or the name of a file."""
    match data:
        case wire.ChatSaid():
            return msgspec.structs.replace(data, text="")
        case wire.UploadReady(file=file):
            return msgspec.structs.replace(data, file=msgspec.structs.replace(file, name=""))
        case _:
            return data
