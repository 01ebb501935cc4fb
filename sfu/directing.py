"""Points the kernel's routes at what each viewer should hear and see now, and says so once when it changes."""

from collections.abc import Iterable

from sfu.commands import Slots
from sfu.kernel.table import Kernel, RouteId, SourceId
from sfu.router.consumer import Slot, Subscription
from sfu.router.producer import Producer
from sfu.router.room import Room
from sfu.router.simulcast import pick


class Director:
    """The only writer of the kernel's route rows once a connection is open."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._measured_at: float | None = None

    def direct(self, room: Room, subscription: Subscription) -> Slots | None:
        """Bring one viewer's slots up to date; what the browser should be told, if anything."""
        for slot in room.assign(subscription):
            self._clear(slot)  # nobody's last frames are shown under another one's name
        return self.point(room, subscription)

    def point(self, room: Room, subscription: Subscription) -> Slots | None:
        """The same, when who is heard and seen has not changed but what comes in or what the link takes may have."""
        for slot in subscription.slots:
            if slot.is_open:
                self._point(room, subscription, slot)
        states = subscription.states()
        if states == subscription.told:
            return None
        subscription.told = states
        return Slots(room=room.name, peer=subscription.peer, slots=list(states))

    def measure(self, rooms: Iterable[Room], now: float) -> None:
        """See what comes in of every layer."""
        elapsed_s = 0.0 if self._measured_at is None else now - self._measured_at
        self._measured_at = now
        for room in rooms:
            for publication in room.publications.values():
                for producer in publication.producers.values():
                    self._measure(producer, elapsed_s, now)

    def _measure(self, producer: Producer, elapsed_s: float, now: float) -> None:
        for layer in producer.layers:
            stats = self._kernel.source_stats(SourceId(layer.source))
            layer.measure(
                total_bytes=stats.bytes, last_at=stats.last_at, elapsed_s=elapsed_s, now=now
            )

    def _point(self, room: Room, subscription: Subscription, slot: Slot) -> None:
        producer = room.producer(slot.track)
        if producer is None:
            self._clear(slot)
            slot.paused = slot.track is not None
            return
        highest = subscription.allowed.get(producer.track)
        width = room.width(subscription, producer.track)
        layer = pick(producer.layers, width=width, highest=None if producer.is_audio else highest)
        source = None if layer is None else layer.source
        slot.paused = layer is None or not producer.live
        if source != slot.layer:
            slot.layer = source
            self._kernel.point_route(
                RouteId(slot.route), None if source is None else SourceId(source)
            )

    def _clear(self, slot: Slot) -> None:
        if slot.layer is not None:
            slot.layer = None
            self._kernel.point_route(RouteId(slot.route), None)
