"""Slots: sticky, shared sound and screens first, speakers before silence, nothing of one's own, nothing unasked."""

from sfu.commands import Source
from sfu.router.consumer import Slot, Subscription, fill
from sfu.router.producer import Layer, Producer, track_name
from sfu.router.room import Publication, Room


def room(**people: tuple[Source, ...]) -> Room:
    made = Room(name="t.c")
    for number, (peer, sources) in enumerate(people.items()):
        publication = Publication(peer=peer, leg=number)
        for source in sources:
            publication.producers[source] = Producer(
                track=track_name(peer, source),
                peer=peer,
                source=source,
                mid="0",
                codec="vp8",
                layers=[Layer(source=number, rid=None, width=1280, live=True)],
            )
        made.publications[peer] = publication
    return made


def subscription(peer: str = "me", audio: int = 2, video: int = 2) -> Subscription:
    slots = [Slot(mid=f"a{i}", kind="audio", route=i, ssrc=i, is_open=True) for i in range(audio)]
    slots += [
        Slot(mid=f"v{i}", kind="video", route=9 + i, ssrc=9 + i, is_open=True)
        for i in range(video)
    ]
    return Subscription(peer=peer, leg=99, slots=slots)


def playing(of: Subscription) -> list[str | None]:
    return [slot.track for slot in of.slots]


def test_video_is_what_the_browser_shows_and_never_its_own() -> None:
    class_ = room(me=("camera",), ann=("camera",), ben=("camera",))
    mine = subscription()
    class_.wants["me"] = {"me/camera": 300, "ann/camera": 300, "cid/camera": 300}
    class_.assign(mine)
    assert playing(mine) == [None, None, "ann/camera", None]


def test_a_hidden_tile_gets_none() -> None:
    class_ = room(ann=("camera",))
    mine = subscription()
    class_.wants["me"] = {"ann/camera": 300}
    class_.assign(mine)
    class_.wants["me"] = {"ann/camera": 0}
    assert [slot.mid for slot in class_.assign(mine)] == ["v0"]
    assert playing(mine)[2:] == [None, None]


def test_a_screen_comes_before_larger_cameras() -> None:
    class_ = room(ann=("camera", "screen"), ben=("camera",), cid=("camera",))
    mine = subscription()
    class_.wants["me"] = {
        "ann/camera": 90,
        "ben/camera": 900,
        "cid/camera": 800,
        "ann/screen": 500,
    }
    class_.assign(mine)
    assert playing(mine)[2:] == ["ann/screen", "ben/camera"]


def test_who_plays_keeps_the_slot_when_others_come_and_go() -> None:
    slots = subscription(video=0, audio=3).slots
    fill(slots, ["x", "y", "z"])
    changed = fill(slots, ["w", "z", "x"])
    assert [slot.track for slot in slots] == ["x", "w", "z"]
    assert [slot.mid for slot in changed] == ["a1"]


def test_with_more_microphones_than_slots_those_who_speak_are_heard() -> None:
    class_ = room(ann=("mic",), ben=("mic",), cid=("mic",))
    mine = subscription()
    class_.assign(mine)
    assert playing(mine)[:2] == ["ann/mic", "ben/mic"]
    for i in range(10):
        class_.speakers.hear("cid", 20, i / 10)
    class_.speakers.update(1.0)
    class_.assign(mine)
    assert "cid/mic" in playing(mine)
    assert "ann/mic" in playing(mine)


def test_a_muted_track_is_not_forwarded() -> None:
    class_ = room(ann=("mic",))
    mine = subscription()
    class_.muted.add("ann/mic")
    class_.assign(mine)
    assert playing(mine)[:2] == [None, None]
    assert class_.producer("ann/mic") is None


def test_a_person_whose_id_begins_like_anothers_is_not_taken_for_them() -> None:
    class_ = room(an=("mic",), ann=("camera",))
    assert class_.producer("an/camera") is None
    assert class_.producer("ann/mic") is None
    found = class_.producer("ann/camera")
    assert found is not None
    assert found.peer == "ann"
