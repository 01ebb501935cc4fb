"""Real peers through a real node: sound and pictures are decoded at the far end, by rooms, by WHIP and by WHEP."""

import pytest

from sfu import commands
from tests.support.media_bot import Pictures, Received, bots
from tests.support.media_node import media_node

LOUD = 1000
ROOM = "school.class"


def plays(received: dict[str, Received], video: str = "v0", audio: str = "a0") -> bool:
    """A moving picture and a tone."""
    if video not in received or audio not in received:
        return False
    return len(received[video].shades) > 3 and received[audio].loudest > LOUD


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_one_publishes_and_another_sees_and_hears(codec: str) -> None:
    async with media_node() as (node, _), bots(node.ask, ROOM, "ann", "ben") as (ann, ben):
        await ann.publish(video_codec=codec)
        await ben.subscribe()
        await ben.want(ann=320)
        await ben.until(plays)


async def test_a_viewer_who_was_there_first_gets_the_late_publisher_and_hears_of_her_end() -> None:
    async with media_node() as (node, told), bots(node.ask, ROOM, "ann", "ben") as (ann, ben):
        await ben.want(ann=320)
        await ben.subscribe()
        await ann.publish()
        await ben.until(plays)
        speakers = await told.until(commands.Speakers, lambda n: n.peers == ["ann"])
        assert speakers.room == ROOM
        await ann.close()
        lost = await told.until(commands.Lost)
        assert (lost.peer, lost.direction) == ("ann", "publish")
        await told.until(
            commands.Slots,
            lambda n: n is told.of(commands.Slots)[-1] and all(s.track is None for s in n.slots),
        )


async def test_rooms_do_not_hear_each_other() -> None:
    async with (
        media_node() as (node, told),
        bots(node.ask, "school.one", "ann") as (ann,),
        bots(node.ask, "school.two", "ben") as (ben,),
    ):
        await ann.publish()
        await ben.subscribe()
        await ben.want(ann=320)
        await told.until(commands.Speakers, lambda n: n.room == "school.one")
        assert not ben.received.get("v0", Received()).frames
        assert all(slot.track is None for n in told.of(commands.Slots) for slot in n.slots)


async def test_whip_in_and_whep_out() -> None:
    async with media_node() as (node, _), bots(node.ask, ROOM, "ann", "ben") as (ann, ben):
        await ben.whep("ann")
        await ann.whip()
        await ben.until(lambda received: plays(received, video="1", audio="0"))


async def test_a_slot_goes_from_one_face_to_another_without_a_new_offer() -> None:
    async with (
        media_node(video_slots=1) as (node, _),
        bots(node.ask, ROOM, "ann", "cid", "ben") as (ann, cid, ben),
    ):
        await ann.publish(pictures=Pictures(160, 120))
        await cid.publish(pictures=Pictures(320, 240), video_codec="video/H264")
        await ben.subscribe()
        await ben.want(ann=320)
        await ben.until(lambda received: 160 in received.get("v0", Received()).widths)
        await ben.want(cid=320)
        await ben.until(lambda received: 320 in received["v0"].widths)
        await ben.want(ann=320)
        frames = ben.received["v0"].frames
        await ben.until(lambda received: received["v0"].frames > frames + 10)


async def test_who_the_server_mutes_is_not_heard() -> None:
    async with media_node() as (node, _), bots(node.ask, ROOM, "ann", "ben") as (ann, ben):
        await ann.publish()
        await ben.ask(commands.SetSource(room=ROOM, peer="ann", source="mic", on=False))
        await ben.subscribe()
        await ben.want(ann=320)
        await ben.until(lambda received: len(received.get("v0", Received()).shades) > 5)
        assert ben.received.get("a0", Received()).frames == 0
