"""Counts of the wire, kept as plain numbers and handed to the meters once a second."""

from signaling.context import Meters


class Tally:
    """So that a counter on the hot path costs one addition."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._counts: dict[tuple[str, str], int] = {}
        self.messages_in = 0
        self.messages_out = 0

    def count(self, name: str, reason: str) -> None:
        """One more of a kind that has a reason."""
        key = (name, reason)
        self._counts[key] = self._counts.get(key, 0) + 1

    def flush(self, sockets: dict[str, int]) -> None:
        """Hand everything on; `sockets` is how many are open now, by transport."""
        meters = self._meters
        if self.messages_in:
            meters.count("wire_messages_in_total", by=self.messages_in)
            self.messages_in = 0
        if self.messages_out:
            meters.count("wire_messages_out_total", by=self.messages_out)
            self.messages_out = 0
        for (name, reason), by in self._counts.items():
            meters.count(name, {"reason": reason}, by)
        self._counts.clear()
        for transport, number in sockets.items():
            meters.gauge("wire_sockets", number, {"transport": transport})
