"""The engine by commands and driven time: who plays where, what browsers are told, what ends, and what is refused."""

import pytest

from sfu import commands
from sfu.types import Connect, Disconnect, Gone, Moved, Open, Tick
from tests.unit.sfu.engine.support import ROOM, House


@pytest.fixture
def house() -> House:
    return House()


def test_a_publisher_is_answered_and_expected(house: House) -> None:
    reply = house.publish("ann", "mic", "camera")
    assert isinstance(reply, commands.Answer)
    assert "a=recvonly" in reply.sdp
    assert [o.local.leg for o in house.of(Open)] == [1]
    assert [o.leg for o in house.of(Connect)] == [1]


def test_a_viewer_hears_microphones_and_sees_what_she_shows(house: House) -> None:
    house.publish("ann", "mic", "camera")
    house.subscribe("ben")
    assert house.playing("ben") == {"a0": "ann/mic", "a1": None, "v0": None, "v1": None}
    house.want("ben", ann=300)
    assert house.playing("ben")["v0"] == "ann/camera"
    house.want("ben")
    assert house.playing("ben")["v0"] is None


def test_what_comes_later_appears_and_what_goes_disappears(house: House) -> None:
    house.want("ben", ann=300)
    house.subscribe("ben")
    house.publish("ann", "camera")
    assert house.playing("ben")["v0"] == "ann/camera"
    house.ask(commands.Hangup(room=ROOM, peer="ann", direction="both"))
    assert house.playing("ben")["v0"] is None


def test_a_key_frame_is_asked_for_as_soon_as_both_ends_are_connected(house: House) -> None:
    house.publish("tess", "camera")
    house.subscribe("sam")
    house.want("sam", tess=320)
    house.secure(2, port=5002)
    assert house.engine.kernel.take_transmits() == []
    house.secure(1, port=5001)
    house.subscribe("kim")
    house.want("kim", tess=320)
    assert house.engine.kernel.take_transmits() == []
    house.secure(5, port=5005)
    (asked,) = house.engine.kernel.take_transmits()
    assert asked[1] == ("127.0.0.1", 5001)


def test_nobody_hears_herself(house: House) -> None:
    house.publish("ann", "mic")
    house.subscribe("ann")
    assert house.playing("ann")["a0"] is None


def test_slots_are_told_once_for_each_change(house: House) -> None:
    house.publish("ann", "mic")
    house.subscribe("ben")
    told = len(house.told(commands.Slots))
    for _ in range(20):
        house.now += 0.02
        house.out += house.engine.handle(Tick(), house.now)
    assert len(house.told(commands.Slots)) == told


def test_who_asks_again_is_told_again_what_may_have_been_lost(house: House) -> None:
    for peer in ("ann", "cid", "dan"):
        house.publish(peer, "camera")
    house.subscribe("ben")
    house.want("ben", ann=300, cid=300, dan=300)
    (offered,) = house.told(commands.Reoffer)
    before = house.told(commands.Slots)[-1]
    house.want("ben", ann=300, cid=300, dan=300)
    assert house.told(commands.Slots)[-2:] == [before, before]
    assert house.told(commands.Reoffer) == [offered, offered]
    assert isinstance(offered, commands.Reoffer)
    house.answer("ben", offered)
    house.want("ben", ann=300, cid=300, dan=300)
    assert len(house.told(commands.Reoffer)) == 2


def test_a_mute_by_the_server_holds_through_a_reconnect(house: House) -> None:
    house.publish("ann", "mic")
    house.subscribe("ben")
    house.ask(commands.SetSource(room=ROOM, peer="ann", source="mic", on=False))
    assert house.playing("ben")["a0"] is None
    house.publish("ann", "mic", ufrag="again")
    assert house.playing("ben")["a0"] is None
    house.ask(commands.SetSource(room=ROOM, peer="ann", source="mic", on=True))
    assert house.playing("ben")["a0"] == "ann/mic"


def test_a_newer_connection_ends_the_older(house: House) -> None:
    house.publish("ann", "mic")
    house.publish("ann", "mic", ufrag="new")
    assert [o.leg for o in house.of(Disconnect)] == [1]
    assert not house.told(commands.Lost)


def test_the_same_transport_again_is_a_renegotiation(house: House) -> None:
    house.subscribe("ben")
    house.publish("ann", "mic", "camera")
    house.want("ben", ann=300)
    told = len(house.told(commands.Slots))
    reply = house.publish("ann", "mic", "camera", "screen")
    assert isinstance(reply, commands.Answer)
    assert not house.of(Disconnect)
    assert len(house.told(commands.Slots)) == told  # who played goes on
    shown = [
        commands.Wanted(track="ann/screen", width=900),
        commands.Wanted(track="ann/camera", width=200),
    ]
    house.ask(commands.Want(room=ROOM, peer="ben", tracks=shown))
    assert set(house.playing("ben").values()) >= {"ann/screen", "ann/camera"}


def test_more_tiles_than_slots_bring_a_new_offer(house: House) -> None:
    for peer in ("ann", "cid", "dan"):
        house.publish(peer, "camera")
    house.subscribe("ben")
    house.want("ben", ann=300, cid=300, dan=300)
    (reoffer,) = house.told(commands.Reoffer)
    assert isinstance(reoffer, commands.Reoffer)
    assert reoffer.n == 2
    assert "a=mid:v3" in reoffer.sdp
    house.answer("ben", reoffer, n=1)  # an old number is ignored
    assert "v2" not in house.playing("ben")
    house.answer("ben", reoffer)
    assert set(house.playing("ben").values()) >= {"ann/camera", "cid/camera", "dan/camera"}
    assert len(house.told(commands.Reoffer)) == 1


def test_a_lost_connection_is_told_once_and_leaves_nothing(house: House) -> None:
    house.publish("ann", "mic")
    house.subscribe("ben")
    house.out += house.engine.handle(Gone(leg=1), house.now)
    house.out += house.engine.handle(Gone(leg=1), house.now)
    assert house.told(commands.Lost) == [commands.Lost(room=ROOM, peer="ann", direction="publish")]
    assert house.playing("ben")["a0"] is None


def test_closing_the_class_ends_every_connection(house: House) -> None:
    house.publish("ann", "mic")
    house.subscribe("ben")
    assert house.ask(commands.CloseRoom(room=ROOM)) == commands.Done()
    assert {o.leg for o in house.of(Disconnect)} == {1, 2}
    assert not house.engine.rooms
    assert house.ask(commands.CloseRoom(room=ROOM)) == commands.Done()


def test_an_answer_from_another_connection_is_refused(house: House) -> None:
    house.publish("ann", "camera")
    reply = house.ask(commands.Subscribe(room=ROOM, peer="ben"))
    assert isinstance(reply, commands.Offer)
    house.answer("ben", reply)
    for peer in ("cid", "dan", "eve"):
        house.publish(peer, "camera")
    house.want("ben", ann=9, cid=9, dan=9, eve=9)
    (reoffer,) = house.told(commands.Reoffer)
    assert isinstance(reoffer, commands.Reoffer)
    sdp = reoffer.sdp.replace("a=setup:actpass", "a=setup:active").replace("sendonly", "recvonly")
    refused = house.ask(commands.SubscribeAnswer(room=ROOM, peer="ben", n=2, sdp=sdp))
    assert isinstance(refused, commands.Refusal)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (commands.Publish(room=ROOM, peer="x", sdp="", sources=[]), "bad_sdp"),
        (commands.Publish(room=ROOM, peer="x", sdp="v=0\r\nm=audio", sources=["mic"]), "bad_sdp"),
        (commands.WhipPublish(room=ROOM, peer="x", sdp="x" * 100_000), "bad_sdp"),
        (commands.WhepPlay(room=ROOM, peer="x", sdp="m=", publisher="y"), "bad_sdp"),
        (commands.SubscribeAnswer(room=ROOM, peer="x", n=1, sdp=""), "no_such_peer"),
        (
            commands.Want(
                room=ROOM,
                peer="x",
                tracks=[commands.Wanted(track=f"{i}", width=1) for i in range(99)],
            ),
            "media_full",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_its_code_and_a_sentence(
    house: House, request_: commands.Request, code: str
) -> None:
    reply = house.ask(request_)
    assert isinstance(reply, commands.Refusal)
    assert reply.code == code
    assert reply.message.endswith(".")
    assert not house.of(Open)


def test_limits_of_the_node_the_class_and_the_person() -> None:
    house = House(max_peers=2, max_tracks_per_peer=1)
    assert isinstance(house.publish("ann", "mic", "camera"), commands.Refusal)
    house.publish("ann", "mic")
    house.publish("ben", "mic")
    full = house.publish("cid", "mic")
    assert isinstance(full, commands.Refusal)
    assert full.code == "media_full"
    assert isinstance(house.publish("ben", "mic", ufrag="new"), commands.Answer)


def test_empty_rooms_make_way_and_full_ones_do_not() -> None:
    house = House(max_rooms=1)
    house.ask(commands.Want(room="empty", peer="x", tracks=[]))
    assert isinstance(house.publish("ann", "mic"), commands.Answer)
    reply = house.ask(commands.Subscribe(room="another", peer="x"))
    assert isinstance(reply, commands.Refusal)
    assert reply.code == "media_full"


def test_a_browser_that_checks_before_its_answer_has_come_harms_nothing(house: House) -> None:
    offer = house.ask(commands.Subscribe(room=ROOM, peer="ben"))
    assert isinstance(offer, commands.Offer)
    house.engine.handle(Moved(leg=1, address=("127.0.0.1", 5000)), house.now)
    assert house.answer("ben", offer) == commands.Done()
    house.secure(1)
    house.engine.handle(Moved(leg=1, address=("127.0.0.1", 6000)), house.now)
    house.engine.handle(Moved(leg=99, address=("127.0.0.1", 6000)), house.now)


def players(house: House) -> list[str]:
    """Who plays, the oldest first."""
    return list(house.engine.rooms[ROOM].subscriptions)


def test_players_stand_beside_the_page_and_end_one_by_one(house: House) -> None:
    house.subscribe("ben")
    house.play("ben~1", "ann")
    house.play("ben~2", "ann")
    assert players(house) == ["ben", "ben~1", "ben~2"]

    end = commands.Hangup(room=ROOM, peer="ben~1", direction="subscribe")
    assert house.ask(end) == commands.Done()
    assert players(house) == ["ben", "ben~2"]
    again = house.ask(end)
    assert isinstance(again, commands.Refusal)
    assert again.code == "no_such_peer"

    house.ask(commands.Hangup(room=ROOM, peer="ben", direction="both"))
    assert players(house) == ["ben~2"]
    house.ask(commands.Hangup(room=ROOM, peer="ben", direction="all"))
    assert players(house) == []


def test_of_one_persons_players_the_newest_stay() -> None:
    house = House(max_players=2)
    for peer in ("ben~1", "bena~1", "ben~2", "ben~3"):
        house.play(peer, "ann")
    assert players(house) == ["bena~1", "ben~2", "ben~3"]
    house.play("ben~2", "ann")
    assert players(house) == ["bena~1", "ben~3", "ben~2"]
