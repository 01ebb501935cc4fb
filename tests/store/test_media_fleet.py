"""SFU nodes at a distance: chosen by room, asked over real channels, and said to be lost when they fall silent."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import pytest

from server.clock import SystemClock
from server.media_fleet import BEATS, Beat, MediaFleet
from server.storage.channels import ShardedChannels
from server.telemetry.metrics import PrometheusMeters
from sfu import commands
from sfu.control import Control
from sfu.node import Node
from sfu.settings import SfuSettings

pytestmark = pytest.mark.store


class DrivenClock(SystemClock):
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Scene:
    """One asker and its clock; `heard` is what it was told."""

    channels: ShardedChannels
    clock: DrivenClock
    fleet: MediaFleet
    heard: list[commands.Notification] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def node(self, name: str) -> AsyncIterator[None]:
        """A real SFU node that is served over the channels, and has said that it lives."""
        media = Node(SfuSettings(port=0, bind="127.0.0.1"), PrometheusMeters())
        control = Control(media, self.channels, name, PrometheusMeters())
        async with media.running(), control.running():
            await self.beat(name)
            yield

    async def beat(self, name: str, *, ready: bool = True) -> None:
        await self.channels.publish(BEATS, msgspec.msgpack.encode(Beat(node=name, ready=ready)))

    async def subscribe(self, room: str) -> commands.Reply:
        request = commands.Subscribe(room=room, peer="ada")
        reply: commands.Reply = commands.decode_reply(
            await self.fleet.ask(commands.encode(request))
        )
        return reply

    async def until_offered(self, room: str) -> None:
        async with asyncio.timeout(5):
            while not isinstance(await self.subscribe(room), commands.Offer):
                await asyncio.sleep(0.01)


@pytest.fixture
async def scene(redis_url: str) -> AsyncIterator[Scene]:
    channels, clock = ShardedChannels(redis_url, PrometheusMeters()), DrivenClock()
    fleet = MediaFleet(channels, clock, asker="web-1")
    async with channels.running(), fleet.running():
        made = Scene(channels=channels, clock=clock, fleet=fleet)
        fleet.on_notify = lambda payload: made.heard.append(commands.decode_notification(payload))
        yield made


async def test_without_a_node_the_answer_is_a_refusal(scene: Scene) -> None:
    reply = await scene.subscribe("t.c")
    assert isinstance(reply, commands.Refusal)
    assert reply.code == "media_unavailable"


async def test_a_question_reaches_a_node_and_its_answer_comes_back(scene: Scene) -> None:
    async with scene.node("n1"):
        await scene.until_offered("t.c")


async def test_a_node_that_falls_silent_is_lost_and_another_takes_over(scene: Scene) -> None:
    async with scene.node("n1"):
        await scene.until_offered("t.c")
        scene.clock.seconds += 4
        async with asyncio.timeout(5):
            while not scene.heard:
                await asyncio.sleep(0.01)
    assert scene.heard == [commands.Lost(room="t.c", peer="ada", direction="subscribe")]
    async with scene.node("n2"):
        await scene.until_offered("t.c")


async def test_a_draining_node_keeps_its_rooms_and_gets_no_new_ones(scene: Scene) -> None:
    async with scene.node("n1"):
        await scene.until_offered("t.old")
        await scene.beat("n1", ready=False)
        # A room may be given to it until the beat has come through: each try asks for another.
        rooms = (f"t.new{number}" for number in itertools.count())
        async with asyncio.timeout(10):
            while not isinstance(await scene.subscribe(next(rooms)), commands.Refusal):
                await asyncio.sleep(0.01)
        assert isinstance(await scene.subscribe("t.old"), commands.Offer)
