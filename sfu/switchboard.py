"""Answers what signalling asks: opens, changes and ends connections, keeps the rooms, and writes the kernel's rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from sfu import commands, negotiation
from sfu.errors import BadOffer, Full, NoSuchPeer, SfuError
from sfu.kernel import table
from sfu.kernel.table import Kernel, LegId, SourceId, SrtpProfile
from sfu.links import Links
from sfu.router.consumer import Slot, Subscription
from sfu.router.keyframes import KeyFrames
from sfu.router.producer import Layer, Producer, ladder, track_name
from sfu.router.room import Publication, Room
from sfu.settings import SfuSettings
from sfu.transport import sdp
from sfu.types import (
    Command,
    Connect,
    Disconnect,
    Leg,
    Local,
    Moved,
    Notify,
    Open,
    Output,
    Remote,
    Secured,
)

PROFILES: dict[bytes, SrtpProfile] = {
    b"SRTP_AEAD_AES_128_GCM": "SRTP_AEAD_AES_128_GCM",
    b"SRTP_AES128_CM_SHA1_80": "SRTP_AES128_CM_SHA1_80",
}
WIDEST = 8192


@dataclass(slots=True, kw_only=True)
class _Connection:
    """One leg: whose it is, and both sides' transport facts."""

    room: str
    peer: str
    direction: commands.Direction
    local: Local
    remote: Remote | None = None
    version: int = 1
    secured: bool = False


class Switchboard:
    """Rooms and connections. What must be done is put on `out`; rooms to look at again are `stale`."""

    def __init__(
        self, settings: SfuSettings, kernel: Kernel, links: Links, key_frames: KeyFrames
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self.sources: dict[
            int, tuple[str, Producer, Layer]
        ] = {}  # kernel id -> room, track, layer
        self.stale: set[str] = set()
        self.looking: list[tuple[Room, Subscription]] = []  # single viewers to look at again
        self.out: list[Output] = []
        self._settings = settings
        self._kernel = kernel
        self._links = links
        self._key_frames = key_frames
        self._connections: dict[Leg, _Connection] = {}
        self._rows: dict[int, table.SourceRow] = {}
        self._ids = 0
        self._now = 0.0

    def tell(self, notification: commands.Notification) -> None:
        """To signalling."""
        self.out.append(Notify(notification=notification))

    def answer(self, command: Command, now: float) -> commands.Reply:
        """Reply to one request; what is wrong with it becomes a Refusal and changes nothing."""
        self._now = now
        try:
            return self._obey(command.request, command.local)
        except SfuError as fault:
            return commands.Refusal(code=fault.code, message=str(fault))

    def _obey(self, request: commands.Request, local: Local | None) -> commands.Reply:
        match request:
            case commands.Publish():
                return self._publish(request, local)
            case commands.WhipPublish():
                return self._whip(request, local)
            case commands.Subscribe():
                return self._subscribe(request, local)
            case commands.WhepPlay():
                return self._whep(request, local)
            case commands.SubscribeAnswer():
                self._accept(request)
            case commands.Want():
                self._want(request)
            case commands.SetSource():
                self._set_source(request)
            case commands.Hangup():
                self._hang_up(request)
            case commands.CloseRoom():
                self._close_room(request.room)
        return commands.Done()

    def _publish(self, request: commands.Publish, local: Local | None) -> commands.Reply:
        description = sdp.parse(request.sdp, self._settings.max_sdp_bytes)
        lines = negotiation.incoming(description, request.sources)
        return self._take(request.room, request.peer, local, description, lines)

    def _whip(self, request: commands.WhipPublish, local: Local | None) -> commands.Reply:
        description = sdp.parse(request.sdp, self._settings.max_sdp_bytes)
        return self._take(
            request.room, request.peer, local, description, negotiation.whip_lines(description)
        )

    def _take(
        self,
        room_name: str,
        peer: str,
        local: Local | None,
        description: sdp.Description,
        lines: Sequence[negotiation.Incoming | None],
    ) -> commands.Reply:
        """Answer a publisher. The same transport again is a renegotiation of the connection that is there."""
        taken = [line for line in lines if line is not None]
        if len(taken) > self._settings.max_tracks_per_peer:
            raise Full(f"A person sends at most {self._settings.max_tracks_per_peer} tracks.")
        room = self._room(room_name)
        old = room.publications.get(peer)
        connection = None if old is None else self._connections[old.leg]
        if old is None or connection is None or connection.remote != description.remote:
            connection = self._connect(room, peer, "publish", local)
            connection.remote = description.remote
            old = room.publications[peer] = Publication(peer=peer, leg=connection.local.leg)
            self.out.append(Connect(leg=old.leg, remote=description.remote))
        else:
            connection.version += 1
        self._kernel.open_leg(LegId(old.leg), negotiation.extensions(description))
        self._produce(room, old, taken)
        answer = negotiation.publish_answer(
            connection.local, description, lines, connection.version
        )
        return commands.Answer(sdp=answer)

    def _produce(
        self, room: Room, publication: Publication, lines: Iterable[negotiation.Incoming]
    ) -> None:
        """Make the publication's tracks those of the offer; a track that stays the same is left alone."""
        offered = {line.source: line for line in lines}
        for source, producer in list(publication.producers.items()):
            line = offered.get(source)
            if line is None or not _is_same(producer, line):
                self._remove_producer(publication, source)
        for source, line in offered.items():
            if source not in publication.producers:
                publication.producers[source] = self._add_producer(room, publication, line)
        self.stale.add(room.name)

    def _add_producer(
        self, room: Room, publication: Publication, line: negotiation.Incoming
    ) -> Producer:
        producer = Producer(
            track=track_name(publication.peer, line.source),
            peer=publication.peer,
            source=line.source,
            mid=line.media.mid,
            codec=line.codec.name,
        )
        for rid, width in ladder(line.media.rids, line.source):
            layer = Layer(source=self._next_id(), rid=rid, width=width)
            producer.layers.append(layer)
            self.sources[layer.source] = (room.name, producer, layer)
            row = negotiation.source_row(publication.leg, layer.source, rid, line)
            self._rows[layer.source] = row
            self._kernel.add_source(row)
        return producer

    def _remove_producer(self, publication: Publication, source: commands.Source) -> None:
        producer = publication.producers.pop(source)
        for layer in producer.layers:
            self._kernel.remove_source(SourceId(layer.source))
            self._key_frames.forget(layer.source)
            del self.sources[layer.source]
            del self._rows[layer.source]

    def _subscribe(self, request: commands.Subscribe, local: Local | None) -> commands.Reply:
        room = self._room(request.room)
        connection = self._connect(room, request.peer, "subscribe", local)
        subscription = Subscription(peer=request.peer, leg=connection.local.leg)
        room.subscriptions[request.peer] = subscription
        audio, video = self._settings.audio_slots, self._settings.video_slots
        self._add_slots(subscription, connection.local, audio=audio, video=video)
        offer = negotiation.subscribe_offer(connection.local, subscription.slots, 1)
        return commands.Offer(n=1, sdp=offer)

    def _add_slots(
        self, subscription: Subscription, local: Local, *, audio: int, video: int
    ) -> None:
        have = {"audio": 0, "video": 0}
        for slot in subscription.slots:
            have[slot.kind] += 1
        first, last = have["audio"], have["audio"] + audio
        subscription.slots += negotiation.new_slots(
            local, "audio", range(first, last), self._next_ids(audio)
        )
        first, last = have["video"], have["video"] + video
        subscription.slots += negotiation.new_slots(
            local, "video", range(first, last), self._next_ids(video)
        )

    def _accept(self, request: commands.SubscribeAnswer) -> None:
        room, subscription = self._subscription(request.room, request.peer)
        if request.n != subscription.n or subscription.answered >= request.n:
            return
        description = sdp.parse(request.sdp, self._settings.max_sdp_bytes)
        connection = self._connections[subscription.leg]
        if connection.remote is not None and connection.remote != description.remote:
            raise NoSuchPeer(
                "The answer comes from another connection than the one that was offered."
            )
        if description.setup == "server":
            raise BadOffer("The answer must be active: the server waits for its handshake.")
        subscription.answered = request.n
        self._kernel.open_leg(LegId(subscription.leg), negotiation.extensions(description))
        if connection.remote is None:
            connection.remote = description.remote
            self.out.append(Connect(leg=subscription.leg, remote=description.remote))
        self._open(subscription, negotiation.opened(subscription.slots, description))
        self.looking.append((room, subscription))

    def _open(
        self, subscription: Subscription, accepted: Iterable[tuple[Slot, sdp.Media]]
    ) -> None:
        routes = []
        for slot, media in accepted:
            if not slot.is_open:
                slot.is_open = True
                routes.append(slot.route)
                self._kernel.add_route(negotiation.route_row(subscription.leg, slot, media))
        self._links.open(subscription.leg, routes, self._now)

    def _whep(self, request: commands.WhepPlay, local: Local | None) -> commands.Reply:
        description = sdp.parse(request.sdp, self._settings.max_sdp_bytes)
        if len(description.media) > self._settings.max_tracks_per_peer:
            raise Full(f"A player receives at most {self._settings.max_tracks_per_peer} m-lines.")
        room = self._room(request.room)
        routes = self._next_ids(len(description.media))
        negotiation.check_playable(description)
        self._make_way(room, request.peer)
        connection = self._connect(room, request.peer, "subscribe", local)
        connection.remote = description.remote
        slots = negotiation.whep_slots(connection.local, description, routes)
        subscription = Subscription(
            peer=request.peer,
            leg=connection.local.leg,
            slots=slots,
            publisher=request.publisher,
            answered=1,
        )
        room.subscriptions[request.peer] = subscription
        self._kernel.open_leg(LegId(subscription.leg), negotiation.extensions(description))
        by_mid = {media.mid: media for media in description.media}
        self._open(subscription, [(slot, by_mid[slot.mid]) for slot in slots])
        self.out.append(Connect(leg=subscription.leg, remote=description.remote))
        self.stale.add(room.name)
        return commands.Answer(sdp=negotiation.whep_answer(connection.local, description, slots))

    def _make_way(self, room: Room, player: str) -> None:
        """A person has so many players and no more: the oldest goes when a new one comes."""
        user = player.partition(commands.PLAYER_MARK)[0]
        others = [other for other in room.players(user) if other.peer != player]
        for oldest in others[: 1 - self._settings.max_players or None]:
            self._end(oldest.leg)

    def _want(self, request: commands.Want) -> None:
        if len(request.tracks) > self._settings.max_wanted:
            raise Full(f"A browser shows at most {self._settings.max_wanted} tracks.")
        room = self._room(request.room)
        room.wants[request.peer] = {w.track: min(max(w.width, 0), WIDEST) for w in request.tracks}
        subscription = room.subscriptions.get(request.peer)
        if subscription is not None:
            self._repeat(room, subscription)
            self.looking.append((room, subscription))

    def _repeat(self, room: Room, subscription: Subscription) -> None:
        """Who asks is told also what was told before: it may have been lost with the asker's link to the class."""
        subscription.told = subscription.link = None
        if 1 <= subscription.answered < subscription.n:
            self._offer(room, subscription)

    def grow(self, room: Room, subscription: Subscription) -> None:
        """More is shown than there are slots: offer more of them."""
        if subscription.answered < subscription.n or subscription.publisher is not None:
            return
        have = sum(slot.kind == "video" for slot in subscription.slots)
        wanted = len(room.visible(subscription))
        if wanted <= have or have >= self._settings.max_video_slots:
            return
        step = self._settings.video_slots_step
        more = -(-(wanted - have) // step) * step
        local = self._connections[subscription.leg].local
        self._add_slots(
            subscription, local, audio=0, video=min(more, self._settings.max_video_slots - have)
        )
        subscription.n += 1
        self._offer(room, subscription)

    def _offer(self, room: Room, subscription: Subscription) -> None:
        local = self._connections[subscription.leg].local
        offer = negotiation.subscribe_offer(local, subscription.slots, subscription.n)
        self.tell(
            commands.Reoffer(room=room.name, peer=subscription.peer, n=subscription.n, sdp=offer)
        )

    def _set_source(self, request: commands.SetSource) -> None:
        room = self._room(request.room)
        track = track_name(request.peer, request.source)
        if request.on:
            room.muted.discard(track)
        else:
            room.muted.add(track)
            if request.source == "mic":
                room.speakers.forget(request.peer)
        self.stale.add(room.name)

    def _hang_up(self, request: commands.Hangup) -> None:
        room = self.rooms.get(request.room)
        if commands.PLAYER_MARK in request.peer and (
            room is None or request.peer not in room.subscriptions
        ):
            raise NoSuchPeer("There is no such player (any more).")
        if room is None:
            return
        if request.direction != "subscribe" and request.peer in room.publications:
            self._end(room.publications[request.peer].leg)
        if request.direction != "publish" and request.peer in room.subscriptions:
            self._end(room.subscriptions[request.peer].leg)
        if request.direction in ("both", "all"):
            room.wants.pop(request.peer, None)
        if request.direction == "all":
            for player in room.players(request.peer):
                self._end(player.leg)

    def _close_room(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is None:
            return
        legs = [p.leg for p in room.publications.values()] + [
            s.leg for s in room.subscriptions.values()
        ]
        for leg in legs:
            self._end(leg)
        del self.rooms[name]
        self.stale.discard(name)

    def _room(self, name: str) -> Room:
        room = self.rooms.get(name)
        if room is not None:
            return room
        if len(self.rooms) >= self._settings.max_rooms:
            for empty in [r.name for r in self.rooms.values() if r.is_empty]:
                del self.rooms[empty]
        if len(self.rooms) >= self._settings.max_rooms:
            raise Full("This node carries as many classes as it may.")
        room = self.rooms[name] = Room(name=name)
        return room

    def _subscription(self, room_name: str, peer: str) -> tuple[Room, Subscription]:
        room = self.rooms.get(room_name)
        subscription = None if room is None else room.subscriptions.get(peer)
        if room is None or subscription is None:
            raise NoSuchPeer("There is no receiving connection to answer for.")
        return room, subscription

    def _connect(
        self, room: Room, peer: str, direction: commands.Direction, local: Local | None
    ) -> _Connection:
        """A new leg; the person's older one of this direction ends."""
        if local is None:
            raise Full("The node has no transport for this.")
        held = (
            room.publications.get(peer) if direction == "publish" else room.subscriptions.get(peer)
        )
        if held is not None:
            self._end(held.leg)
        if len(self._connections) >= self._settings.max_peers:
            raise Full("This node carries as many connections as it may.")
        if len(room.publications) + len(room.subscriptions) >= self._settings.max_peers_per_room:
            raise Full("This class has as many connections as it may.")
        connection = _Connection(room=room.name, peer=peer, direction=direction, local=local)
        self._connections[local.leg] = connection
        self.out.append(Open(local=local))
        return connection

    def secured(self, event: Secured) -> None:
        if event.leg not in self._connections:
            return
        self._connections[event.leg].secured = True
        keys = table.LegKeys(
            profile=PROFILES[event.keys.profile],
            inbound=event.keys.inbound,
            outbound=event.keys.outbound,
        )
        self._kernel.set_address(LegId(event.leg), event.address)
        self._kernel.secure_leg(LegId(event.leg), keys)
        self.stale.add(self._connections[event.leg].room)

    def moved(self, event: Moved) -> None:
        """The path of a connection is another one. Before it is secured the shell knows the path, and says it then."""
        connection = self._connections.get(event.leg)
        if connection is not None and connection.secured:
            self._kernel.set_address(LegId(event.leg), event.address)

    def lost(self, leg: Leg) -> None:
        connection = self._connections.get(leg)
        if connection is None:
            return
        self._end(leg)
        self.tell(
            commands.Lost(
                room=connection.room, peer=connection.peer, direction=connection.direction
            )
        )

    def _end(self, leg: Leg) -> None:
        """Forget a leg with all that came or went by it."""
        connection = self._connections.pop(leg)
        room = self.rooms[connection.room]
        if connection.direction == "publish":
            publication = room.publications.pop(connection.peer)
            for source in list(publication.producers):
                self._remove_producer(publication, source)
            room.speakers.forget(connection.peer)
            self.stale.add(room.name)
        else:
            subscription = room.subscriptions.pop(connection.peer)
            self._links.close(leg, subscription.slots)
        self._kernel.close_leg(LegId(leg))
        self.out.append(Disconnect(leg=leg))

    def claim(self, punt: table.UnknownSsrc) -> None:
        """A stream without mid or SSRC in the SDP: it is that one m-line's whose payload type it has."""
        rows = [
            row
            for row in self._rows.values()
            if row.leg == punt.leg and row.ssrc is None and punt.payload_type in row.payload_types
        ]
        if punt.mid is not None or len(rows) != 1:
            return
        room, producer, layer = self.sources.pop(rows[0].source)
        del self._rows[rows[0].source]
        self._kernel.remove_source(rows[0].source)
        layer.source = self._next_id()
        self.sources[layer.source] = (room, producer, layer)
        row = msgspec.structs.replace(rows[0], source=SourceId(layer.source), ssrc=punt.ssrc)
        self._rows[layer.source] = row
        self._kernel.add_source(row)
        self.stale.add(room)

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids

    def _next_ids(self, count: int) -> list[int]:
        return [self._next_id() for _ in range(count)]


def _is_same(producer: Producer, line: negotiation.Incoming) -> bool:
    """Whether an m-line of a new offer carries the track as it was."""
    rids = {layer.rid for layer in producer.layers if layer.rid is not None}
    return (producer.mid, producer.codec, rids) == (
        line.media.mid,
        line.codec.name,
        set(line.media.rids),
    )
