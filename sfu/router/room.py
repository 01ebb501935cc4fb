"""Producers and consumers of one class: who hears and sees whom when one comes, goes, speaks or looks elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sfu.commands import PLAYER_MARK, Source
from sfu.router.consumer import Slot, Subscription, fill
from sfu.router.producer import Producer, track_name
from sfu.router.speakers import Speakers

FULL_WIDTH = 4096  # who plays one person alone shows it as large as can be


@dataclass(slots=True, kw_only=True)
class Publication:
    """The sending connection of one person."""

    peer: str
    leg: int
    producers: dict[Source, Producer] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Room:
    """One class on this node."""

    name: str
    publications: dict[str, Publication] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    wants: dict[str, dict[str, int]] = field(default_factory=dict)
    muted: set[str] = field(default_factory=set)  # tracks that the server holds back
    speakers: Speakers = field(default_factory=Speakers)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is connected."""
        return not self.publications and not self.subscriptions

    def producer(self, track: str | None) -> Producer | None:
        """The track, when it is here and may be forwarded."""
        if track is None or track in self.muted:
            return None
        peer, _, source = track.rpartition("/")
        publication = self.publications.get(peer)
        if publication is None:
            return None
        return next((p for p in publication.producers.values() if p.source == source), None)

    def producers(self) -> Iterable[Producer]:
        """All that may be forwarded."""
        for publication in self.publications.values():
            for producer in publication.producers.values():
                if producer.track not in self.muted:
                    yield producer

    def assign(self, subscription: Subscription) -> list[Slot]:
        """Give this person's slots to what should be heard and seen; the slots that changed come back."""
        audio = fill(subscription.open_slots("audio"), self.audible(subscription))
        video = fill(subscription.open_slots("video"), self.visible(subscription))
        return audio + video

    def audible(self, subscription: Subscription) -> list[str]:
        """Tracks to hear: shared sound, then who speaks, then who already has a slot, then the rest."""
        if subscription.publisher is not None:
            return self._of(subscription.publisher, ("mic", "screen_audio"))
        others = {
            p.track: p for p in self.producers() if p.is_audio and p.peer != subscription.peer
        }
        playing = {slot.track for slot in subscription.slots}
        rank = {peer: place for place, peer in enumerate(self.speakers.order)}
        silent = len(rank)

        def order(producer: Producer) -> tuple[bool, int, bool, str]:
            place = rank.get(producer.peer, silent)
            return (
                producer.source != "screen_audio",
                place,
                producer.track not in playing,
                producer.track,
            )

        return [producer.track for producer in sorted(others.values(), key=order)]

    def visible(self, subscription: Subscription) -> list[str]:
        """Tracks to see: those the browser shows, screens first, larger tiles before smaller."""
        if subscription.publisher is not None:
            return self._of(subscription.publisher, ("camera", "screen"))
        wants = self.wants.get(subscription.peer, {})
        shown = [p for p in self.producers() if not p.is_audio and wants.get(p.track, 0) > 0]
        shown.sort(key=lambda p: (p.source != "screen", -wants[p.track], p.track))
        return [p.track for p in shown if p.peer != subscription.peer]

    def players(self, user: str) -> list[Subscription]:
        """What this person plays without a page, the oldest first."""
        start = f"{user}{PLAYER_MARK}"
        return [s for peer, s in self.subscriptions.items() if peer.startswith(start)]

    def width(self, subscription: Subscription, track: str) -> int:
        """Device pixels across at which this person shows the track."""
        if subscription.publisher is not None:
            return FULL_WIDTH
        return self.wants.get(subscription.peer, {}).get(track, 0)

    def _of(self, peer: str, sources: tuple[Source, ...]) -> list[str]:
        publication = self.publications.get(peer)
        if publication is None:
            return []
        tracks = [
            track_name(peer, source) for source in sources if source in publication.producers
        ]
        return [track for track in tracks if track not in self.muted]
