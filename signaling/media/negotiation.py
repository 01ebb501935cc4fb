"""◇ Between the class and its SFU: a browser's message to a request, an event to what the SFU must enforce, a notification to a notice."""

from collections.abc import Mapping

import msgspec

from sfu import commands as sfu
from signaling import protocol as wire
from signaling.errors import BadMessage

MediaMessage = wire.MediaPublish | wire.MediaSubscribe | wire.MediaAnswer | wire.MediaWant


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a notification becomes: the body of a socket event, for these people or for all."""

    users: list[str] | None
    body: wire.NoticeData | wire.MediaOffer
    latest: str | None


def request_of(room: str, by: str, message: MediaMessage) -> sfu.Request:
    """What a browser's message asks of the SFU."""
    match message:
        case wire.MediaPublish():
            return sfu.Publish(room=room, peer=by, sdp=message.sdp, sources=message.sources)
        case wire.MediaSubscribe():
            return sfu.Subscribe(room=room, peer=by)
        case wire.MediaAnswer():
            return sfu.SubscribeAnswer(room=room, peer=by, n=message.n, sdp=message.sdp)
        case wire.MediaWant():
            wanted = [sfu.Wanted(track=want.track, width=want.width) for want in message.tracks]
            return sfu.Want(room=room, peer=by, tracks=wanted)


def enforced_by(room: str, event: wire.Event) -> list[sfu.Request]:
    """What the SFU must do because of an event: what is muted is not forwarded, who left is cut off."""
    match event.data:
        case wire.TrackChanged(user=user, source=source, on=on):
            return [sfu.SetSource(room=room, peer=user, source=source, on=on)]
        case wire.PersonLeft(user=user):
            return [sfu.Hangup(room=room, peer=user, direction="all")]
        case wire.PersonJoined(user=user):
            return [sfu.Hangup(room=room, peer=user, direction="both")]
        case wire.ClassClosed():
            return [sfu.CloseRoom(room=room)]
        case _:
            return []


def sources_of(room: str, person: wire.Person, published: list[wire.Source]) -> list[sfu.Request]:
    """A new sending connection starts as the class knows it: what is off is not forwarded."""
    return [
        sfu.SetSource(room=room, peer=person.user, source=source, on=source in person.tracks)
        for source in published
    ]


def whip_sources(sdp: str) -> list[wire.Source]:
    """Which sources a WHIP offer brings: its first audio is the microphone, its first video the camera."""
    kinds: Mapping[str, wire.Source] = {"m=audio": "mic", "m=video": "camera"}
    return [source for start, source in kinds.items() if f"\n{start} " in f"\n{sdp}"]


def presenter(people: Mapping[str, wire.Person]) -> str:
    """Whom WHEP plays when it names nobody: a teacher who shows something, anybody who does, a teacher."""

    def rank(person: wire.Person) -> tuple[bool, bool]:
        return bool({"screen", "camera"} & set(person.tracks)), person.role == "teacher"

    found = max(people.values(), key=rank, default=None)
    if found is None:
        raise BadMessage("Nobody is in the class.", code="not_found")
    return found.user


def told_by(notification: sfu.Notification) -> Told:
    """What the SFU says, as the class hears it."""
    match notification:
        case sfu.Reoffer(peer=peer, n=n, sdp=sdp):
            body = wire.MediaOffer(n=n, sdp=sdp)
            return Told(users=[peer], body=body, latest=None)
        case sfu.Slots(peer=peer, slots=slots):
            shown = wire.SlotsNotice(slots=[_slot(slot) for slot in slots])
            return Told(users=[peer], body=shown, latest="media.slots")
        case sfu.Speakers(peers=peers):
            speaking = wire.SpeakersNotice(users=peers)
            return Told(users=None, body=speaking, latest="speakers")
        case sfu.Link(peer=peer, estimate_bps=estimate_bps, state=state):
            link = wire.LinkNotice(estimate_bps=estimate_bps, state=state)
            return Told(users=[peer], body=link, latest="media.link")
        case sfu.Lost(peer=peer, direction=direction):
            lost = wire.MediaLostNotice(direction=direction)
            return Told(users=[peer], body=lost, latest=None)


def _slot(slot: sfu.Slot) -> wire.Slot:
    user, source = _of_track(slot.track)
    return wire.Slot(mid=slot.mid, track=slot.track, user=user, source=source, paused=slot.paused)


def _of_track(track: str | None) -> tuple[str | None, wire.Source | None]:
    """A track's name is "<user>/<source>"."""
    if track is None:
        return None, None
    user, _, source = track.rpartition("/")
    return user, msgspec.convert(source, wire.Source)
