"""What a browser asks, what an event enforces and what the SFU says, translated."""

import pytest

from sfu import commands as sfu
from signaling import protocol as wire
from signaling.errors import BadMessage
from signaling.media import negotiation

ROOM = "tenant.class"


def event(data: wire.EventData) -> wire.Event:
    return wire.Event(
        epoch=1, seq=1, type=wire.TYPE_OF_EVENT[type(data)], at=0, by="ann", data=data
    )


def person(user: str, role: wire.ClassRole, *tracks: wire.Source) -> wire.Person:
    return wire.Person(user=user, name=user, role=role, joined_at=0, tracks=list(tracks))


@pytest.mark.parametrize(
    ("message", "request_"),
    [
        (
            wire.MediaPublish(id="1", sdp="o", sources=["mic"]),
            sfu.Publish(room=ROOM, peer="ann", sdp="o", sources=["mic"]),
        ),
        (wire.MediaSubscribe(id="1"), sfu.Subscribe(room=ROOM, peer="ann")),
        (wire.MediaAnswer(n=2, sdp="a"), sfu.SubscribeAnswer(room=ROOM, peer="ann", n=2, sdp="a")),
        (
            wire.MediaWant(tracks=[wire.Want(track="bob/camera", width=320)]),
            sfu.Want(room=ROOM, peer="ann", tracks=[sfu.Wanted(track="bob/camera", width=320)]),
        ),
    ],
)
def test_messages(message: negotiation.MediaMessage, request_: sfu.Request) -> None:
    assert negotiation.request_of(ROOM, "ann", message) == request_


@pytest.mark.parametrize(
    ("data", "requests"),
    [
        (
            wire.TrackChanged(user="bob", source="mic", on=False),
            [sfu.SetSource(room=ROOM, peer="bob", source="mic", on=False)],
        ),
        (
            wire.PersonLeft(user="bob", reason="removed"),
            [sfu.Hangup(room=ROOM, peer="bob", direction="all")],
        ),
        (
            wire.PersonJoined(user="bob", name="Bob", role="student"),
            [sfu.Hangup(room=ROOM, peer="bob", direction="both")],
        ),
        (wire.ClassClosed(), [sfu.CloseRoom(room=ROOM)]),
        (wire.HandRaised(user="bob"), []),
    ],
)
def test_what_an_event_enforces(data: wire.EventData, requests: list[sfu.Request]) -> None:
    assert negotiation.enforced_by(ROOM, event(data)) == requests


def test_a_new_connection_sends_only_what_is_on() -> None:
    orders = negotiation.sources_of(ROOM, person("ann", "teacher", "mic"), ["mic", "camera"])
    assert [(o.source, o.on) for o in orders if isinstance(o, sfu.SetSource)] == [
        ("mic", True),
        ("camera", False),
    ]


def test_notifications_go_to_whom_they_concern() -> None:
    slots = negotiation.told_by(
        sfu.Slots(
            room=ROOM,
            peer="ann",
            slots=[
                sfu.Slot(mid="v0", track="b/o/b/camera", paused=True),
                sfu.Slot(mid="v1", track=None, paused=False),
            ],
        )
    )
    assert slots.users == ["ann"]
    assert slots.body == wire.SlotsNotice(
        slots=[
            wire.Slot(mid="v0", track="b/o/b/camera", user="b/o/b", source="camera", paused=True),
            wire.Slot(mid="v1", track=None, user=None, source=None, paused=False),
        ]
    )
    assert negotiation.told_by(sfu.Speakers(room=ROOM, peers=["ann"])).users is None
    reoffer = negotiation.told_by(sfu.Reoffer(room=ROOM, peer="ann", n=2, sdp="o"))
    assert reoffer.body == wire.MediaOffer(n=2, sdp="o")
    lost = negotiation.told_by(sfu.Lost(room=ROOM, peer="ann", direction="publish"))
    assert lost.body == wire.MediaLostNotice(direction="publish")


def test_the_presenter_is_a_teacher_who_shows_something_first() -> None:
    people = [
        person("idle", "teacher"),
        person("sam", "student", "screen"),
        person("tess", "teacher", "camera"),
    ]
    by_user = {p.user: p for p in people}
    assert negotiation.presenter(by_user) == "tess"
    del by_user["tess"]
    assert negotiation.presenter(by_user) == "sam"
    del by_user["sam"]
    assert negotiation.presenter(by_user) == "idle"
    with pytest.raises(BadMessage):
        negotiation.presenter({})


def test_what_a_whip_offer_brings() -> None:
    sdp = "v=0\r\nm=audio 9 X 1\r\na=x\r\nm=video 9 X 2\r\nm=video 9 X 3\r\n"
    assert negotiation.whip_sources(sdp) == ["mic", "camera"]
    assert negotiation.whip_sources("v=0\r\nm=video 9 X 2\r\n") == ["camera"]
