"""A media node asked over real channels, on one Valkey and on a cluster: answers, deadlines, and news of a room."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from server.storage.channels import ShardedChannels
from sfu import commands
from sfu.control import Control, RemoteNode
from tests.support.media_bot import bots
from tests.support.media_node import Counted, Told, media_node

pytestmark = pytest.mark.store
ROOM = "school.class"


class Meters(Counted):
    """With the histogram that the channels want."""

    def observe(self, name: str, value: float, labels: object = None) -> None:
        """Not looked at here."""


@pytest_asyncio.fixture
async def channels(redis_url: str) -> AsyncIterator[ShardedChannels]:
    made = ShardedChannels(redis_url, Meters())
    async with made.running():
        yield made


async def test_a_class_is_carried_by_a_node_at_a_distance(channels: ShardedChannels) -> None:
    async with media_node() as (node, _):
        control = Control(node, channels, "far", Counted())
        remote = RemoteNode(channels, node="far", asker="web1")
        async with control.running(), remote.running():
            told = Told()
            await remote.follow(ROOM, lambda note: told.hear(commands.encode(note)))
            async with bots(remote.ask, ROOM, "ann", "ben") as (ann, ben):
                await ann.publish()
                await ben.subscribe()
                await ben.want(ann=320)
                await ben.until(lambda received: "v0" in received and received["v0"].frames > 3)
                assert (await told.until(commands.Slots)).peer == "ben"
            await remote.leave(ROOM)


async def test_a_node_that_is_not_there_is_a_timeout(channels: ShardedChannels) -> None:
    remote = RemoteNode(channels, node="nowhere", asker="web1")
    async with remote.running():
        with pytest.raises(TimeoutError):
            await remote.ask(commands.encode(commands.CloseRoom(room=ROOM)))


async def test_what_is_no_question_is_counted_and_the_next_is_answered(
    channels: ShardedChannels,
) -> None:
    async with media_node() as (node, _):
        meters = Counted()
        control = Control(node, channels, "far", meters)
        remote = RemoteNode(channels, node="far", asker="web1")
        async with control.running(), remote.running():
            await channels.publish("{sfu.far}:inbox", b"\xc1 no question")
            replies = await asyncio.gather(
                *(remote.ask(commands.encode(commands.CloseRoom(room=ROOM))) for _ in range(20))
            )
            assert {type(commands.decode_reply(reply)) for reply in replies} == {commands.Done}
            assert meters.counts == {("media_control_dropped", "unreadable"): 1}
