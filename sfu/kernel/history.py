"""A ring of recent packets of one source: tells a repeat from a new packet, and serves resends."""

from typing import Generic, Protocol, TypeVar


class Indexed(Protocol):
    """Anything that knows its place in the stream."""

    index: int


PacketT = TypeVar("PacketT", bound=Indexed)


class History(Generic[PacketT]):
    """The newest packets by index; `slots` is a power of two and bounds both memory and how late a packet may come."""

    __slots__ = ("_mask", "_ring")

    def __init__(self, slots: int) -> None:
        self._mask = slots - 1
        self._ring: list[PacketT | None] = [None] * slots

    def add(self, packet: PacketT) -> bool:
        """Keep the packet; False when it is here already or is older than what its slot holds."""
        slot = packet.index & self._mask
        held = self._ring[slot]
        if held is not None and held.index >= packet.index:
            return False
        self._ring[slot] = packet
        return True

    def get(self, index: int) -> PacketT | None:
        """The packet at this index, if it is still here."""
        held = self._ring[index & self._mask]
        return held if held is not None and held.index == index else None

    def clear(self) -> None:
        """Forget everything: the stream began anew."""
        self._ring = [None] * (self._mask + 1)
