"""Continuity of one outgoing stream: sequence number, timestamp and picture id across switches and drops.

Theory of operation. Incoming packets are known by their *index*, the sequence number unwrapped to an integer that only
grows. An outgoing number is the index plus a shift. The shift stays while every packet goes out; each dropped packet
makes it one less from there on, so that the viewer sees no hole. A packet that comes late gets the shift that held at
its index, hence the *segments*: runs of indexes with one shift. The same segments read backwards turn a number that the
viewer misses into the index to resend.
"""

from collections import deque

_MOST_SEGMENTS = 128
_SEQUENCE_MASK = 0xFFFF
_HALF_SEQUENCE = 0x8000
_PICTURE_MASK = 0x7FFF
_TL0_MASK = 0xFF
_NO_PICTURE = -1


class Remap:
    """The mapping of one route. `start`, `sequence_shift` and `picture_shift` are those of the newest segment."""

    __slots__ = (
        "_dropped_picture",
        "_earlier",
        "last_picture_id",
        "last_sequence",
        "last_tl0_index",
        "picture_shift",
        "sequence_shift",
        "start",
        "timestamp_shift",
        "tl0_shift",
    )

    def __init__(self, first_sequence: int) -> None:
        self.start = 0
        self.sequence_shift = 0
        self.timestamp_shift = 0
        self.picture_shift = 0
        self.tl0_shift = 0
        self.last_sequence = first_sequence - 1
        self.last_picture_id = _NO_PICTURE
        self.last_tl0_index = _NO_PICTURE
        self._dropped_picture = _NO_PICTURE
        self._earlier: deque[tuple[int, int, int]] = deque(maxlen=_MOST_SEGMENTS)

    def begin(self, index: int, *, timestamp_shift: int, picture_id: int, tl0_index: int) -> None:
        """The packet at `index` of another source goes out next; nothing before it will."""
        self._earlier.clear()
        self._dropped_picture = _NO_PICTURE
        self.start = index
        self.sequence_shift = self.last_sequence + 1 - index
        self.timestamp_shift = timestamp_shift
        self.picture_shift = self._shift_after(self.last_picture_id, picture_id)
        self.tl0_shift = self._shift_after(self.last_tl0_index, tl0_index)

    def end(self, index: int, *, picture_id: int, tl0_index: int) -> None:
        """The source's newest packet was `index`: what went out last follows from the shifts.

        Masked as it is written, so that no number below zero is taken for none at all.
        """
        self.last_sequence = index + self.sequence_shift
        if picture_id != _NO_PICTURE:
            self.last_picture_id = picture_id + self.picture_shift & _PICTURE_MASK
        if tl0_index != _NO_PICTURE:
            self.last_tl0_index = tl0_index + self.tl0_shift & _TL0_MASK

    def drop(self, index: int, picture_id: int = _NO_PICTURE) -> None:
        """The newest packet, `index`, does not go out; nor does the picture it belongs to, if it names one."""
        if index != self.start:
            self._earlier.append((self.start, self.sequence_shift, self.picture_shift))
        self.start = index + 1
        self.sequence_shift -= 1
        if picture_id not in (_NO_PICTURE, self._dropped_picture):
            self.picture_shift -= 1
            self._dropped_picture = picture_id

    def locate(self, index: int) -> tuple[int, int] | None:
        """Sequence shift and picture shift at `index`; None when it is from before the source or out of memory."""
        if index >= self.start:
            return self.sequence_shift, self.picture_shift
        for start, sequence_shift, picture_shift in reversed(self._earlier):
            if index >= start:
                return sequence_shift, picture_shift
        return None

    def index_of(self, sequence: int, newest_index: int) -> int | None:
        """The index that went out as this 16-bit number, given the source's newest index; None when none is known."""
        newest = newest_index + self.sequence_shift
        behind = newest - sequence & _SEQUENCE_MASK
        if behind >= _HALF_SEQUENCE:
            return None
        number = newest - behind
        if number >= self.start + self.sequence_shift:
            return number - self.sequence_shift
        for start, sequence_shift, _ in reversed(self._earlier):
            if number >= start + sequence_shift:
                return number - sequence_shift
        return None

    @staticmethod
    def _shift_after(last: int, first: int) -> int:
        return 0 if _NO_PICTURE in (last, first) else last + 1 - first
