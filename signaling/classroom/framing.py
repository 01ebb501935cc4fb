"""◇ What the class says, as finished frames of the wire: each is made once, however many browsers get it."""

import msgspec

from signaling import protocol as wire
from signaling.classroom.letters import EventFrame, NoticeFrame
from signaling.wire.frames import event_frame

NAMESPACE = "/class"


def frame(event: str, body: object) -> bytes:
    """One socket event to browsers."""
    return event_frame(NAMESPACE, event, msgspec.json.encode(body))


def framed_event(origin: str, event: wire.Event) -> EventFrame:
    """A logged event, with what an edge must know of it without reading it."""
    data = event.data
    return EventFrame(
        origin=origin,
        epoch=event.epoch,
        seq=event.seq,
        kind=event.type,
        left=data.user if isinstance(data, wire.PersonLeft) else None,
        reason=data.reason if isinstance(data, wire.PersonLeft) else None,
        frame=frame("event", event),
    )


def framed_notice(
    origin: str,
    body: wire.NoticeData | wire.MediaOffer,
    *,
    users: list[str] | None = None,
    latest: str | None = None,
) -> NoticeFrame:
    """Something that is not logged."""
    event = "media.offer" if isinstance(body, wire.MediaOffer) else "notice"
    return NoticeFrame(origin=origin, users=users, latest=latest, frame=frame(event, body))
