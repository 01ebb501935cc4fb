"""The SFU without IO: what signalling asks and browsers send goes in, what to answer, tell and connect comes out.

Theory of operation. The engine owns the rooms and writes the kernel's table; packets never wait for it. A connection
is a leg: a command opens it (`Connect` comes out, the shell answers checks and shakes hands), `Secured` gives it keys,
`Gone` or a newer connection of the same person ends it. Every change of a room (a track comes or goes, someone speaks,
looks elsewhere, loses bandwidth) ends in `_refresh`, which compares what each viewer's slots should play with what they
do play and writes the difference. The packets themselves go `receive` -> kernel -> `take_transmits`.
"""

from sfu import commands
from sfu.congestion.estimate import Bounds
from sfu.directing import Director
from sfu.kernel import table
from sfu.kernel.table import Kernel, LegId, SourceId
from sfu.links import Links
from sfu.router.keyframes import KeyFrames
from sfu.router.room import Room
from sfu.settings import SfuSettings
from sfu.switchboard import Switchboard
from sfu.types import Answered, Command, Datagram, Gone, Input, Leg, Moved, Output, Secured, Tick

LOOK_EVERY_S = 0.25  # at layers and links, and over the slots
SPEAKERS_EVERY_S = 0.2


class Engine:
    """All rooms of one node. One thread; time comes in."""

    def __init__(self, settings: SfuSettings, kernel: Kernel) -> None:
        self.kernel = kernel
        self._key_frames = KeyFrames()
        self._director = Director(kernel)
        self._links = Links(kernel, Bounds())
        self._board = Switchboard(settings, kernel, self._links, self._key_frames)
        self._look_at = 0.0
        self._speakers_at = 0.0

    @property
    def rooms(self) -> dict[str, Room]:
        """By name."""
        return self._board.rooms

    def handle(self, event: Input, now: float) -> list[Output]:
        """Take one event; what must be done comes back, in order."""
        board = self._board
        match event:
            case Datagram():
                self.kernel.receive(LegId(event.leg), event.data, now)
            case Tick():
                self._tick(now)
            case Command():
                board.out.append(Answered(reply=board.answer(event, now)))
            case Secured():
                board.secured(event)
            case Moved():
                board.moved(event)
            case Gone():
                board.lost(event.leg)
        return self.settle(now)

    def receive(self, leg: Leg, data: bytes, now: float) -> None:
        """What `handle(Datagram)` does, for a shell that takes many before it settles."""
        self.kernel.receive(LegId(leg), data, now)

    def settle(self, now: float) -> list[Output]:
        """Take the kernel's news, bring the slots up to date, and say what must be done."""
        if self.kernel.punts:
            for punt in self.kernel.take_punts():
                self._hear(punt, now)
        self._refresh()
        out, self._board.out = self._board.out, []
        return out

    def _hear(self, punt: table.Punt, now: float) -> None:
        """One piece of the kernel's news."""
        match punt:
            case table.AudioLevel():
                self._level(punt, now)
            case table.KeyFrameNeeded():
                if punt.source in self._board.sources and self._key_frames.ask(punt.source, now):
                    self._request_key_frame(punt.source)
            case table.KeyFrameSeen():
                self._key_frames.seen(punt.source)
                self._measure(punt)
            case table.SourceBound():
                self._look_at = now  # a layer starts: look before the next round
            case table.UnknownSsrc():
                self._board.claim(punt)
            case _:
                self._links.hear(punt, now)

    def _request_key_frame(self, source: SourceId) -> None:
        """A publisher who could not be asked was not: the next wish need not wait."""
        if not self.kernel.request_key_frame(source):
            self._key_frames.forget(source)

    def _level(self, punt: table.AudioLevel, now: float) -> None:
        found = self._board.sources.get(punt.source)
        if found is None:
            return
        name, producer, _ = found
        room = self.rooms[name]
        if producer.source == "mic" and producer.track not in room.muted:
            room.speakers.hear(producer.peer, punt.minus_dbov, now)

    def _measure(self, punt: table.KeyFrameSeen) -> None:
        """The true width of a layer, where the picture says it."""
        found = self._board.sources.get(punt.source)
        if found is not None and punt.width:
            _, producer, layer = found
            layer.width = punt.width
            producer.layers.sort(key=lambda layer: layer.width)

    def _tick(self, now: float) -> None:
        self.kernel.tick(now)
        for source in self._key_frames.due(now):
            self._request_key_frame(SourceId(source))
        if now >= self._speakers_at:
            self._speakers_at = now + SPEAKERS_EVERY_S
            self._update_speakers(now)
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._look(now)

    def _update_speakers(self, now: float) -> None:
        for room in self.rooms.values():
            if room.speakers.update(now):
                self._board.tell(
                    commands.Speakers(room=room.name, peers=list(room.speakers.order))
                )
                self._board.stale.add(room.name)

    def _look(self, now: float) -> None:
        """At what comes in, what the links take, and so what every slot should play."""
        self._director.measure(self.rooms.values(), now)
        for room in self.rooms.values():
            for subscription in room.subscriptions.values():
                news = self._links.look(room, subscription, now)
                if news is not None:
                    self._board.tell(news)
                self._say(self._director.point(room, subscription))

    def _refresh(self) -> None:
        """After a change of a room every viewer's slots, after a viewer's own change hers."""
        board = self._board
        looking, board.looking = board.looking, []
        stale, board.stale = board.stale, set()
        for name in stale:
            room = self.rooms.get(name)
            if room is not None:
                looking += [(room, subscription) for subscription in room.subscriptions.values()]
        for room, subscription in looking:
            self._say(self._director.direct(room, subscription))
            board.grow(room, subscription)

    def _say(self, slots: commands.Slots | None) -> None:
        if slots is not None:
            self._board.tell(slots)
