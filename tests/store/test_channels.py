"""Sharded channels on one Valkey and on a real cluster: order, both ways, and back after a master's death."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path

import hiredis
import pytest

from server.storage.channels import ShardedChannels, _check_version
from server.storage.keeper import StartError
from server.storage.redis import connected
from server.telemetry.metrics import PrometheusMeters
from tests.support.stores import running_cluster

pytestmark = pytest.mark.store


@pytest.fixture
async def channels(redis_url: str) -> AsyncIterator[ShardedChannels]:
    made = ShardedChannels(redis_url, PrometheusMeters())
    async with made.running():
        yield made


async def _heard(heard: "asyncio.Queue[bytes]", count: int) -> list[bytes]:
    async with asyncio.timeout(5):
        return [await heard.get() for _ in range(count)]


async def test_messages_of_a_channel_come_in_order(channels: ShardedChannels) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await channels.subscribe("{ta.c1}:events", heard.put_nowait)
    for number in range(200):
        await channels.publish("{ta.c1}:events", b"%d" % number)
    assert await _heard(heard, 200) == [b"%d" % number for number in range(200)]


async def test_channels_on_every_master_are_heard_by_name(channels: ShardedChannels) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    names = [f"{{ta.c{number}}}:events" for number in range(30)]
    for name in names:
        await channels.subscribe(name, heard.put_nowait)
    for name in names:
        await channels.publish(name, name.encode())
    assert sorted(await _heard(heard, 30)) == sorted(name.encode() for name in names)


async def test_what_was_unsubscribed_is_not_heard(channels: ShardedChannels) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await channels.subscribe("{ta.c1}:one", heard.put_nowait)
    await channels.subscribe("{ta.c1}:two", heard.put_nowait)
    await channels.unsubscribe("{ta.c1}:one")
    await channels.publish("{ta.c1}:one", b"one")
    await channels.publish("{ta.c1}:two", b"two")
    assert await _heard(heard, 1) == [b"two"]


async def test_a_hearer_that_raises_does_not_silence_the_others(channels: ShardedChannels) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    def raises(payload: bytes) -> None:
        raise ValueError(payload)

    await channels.subscribe("{ta.c1}:bad", raises)
    await channels.subscribe("{ta.c1}:good", heard.put_nowait)
    await channels.publish("{ta.c1}:bad", b"x")
    await channels.publish("{ta.c1}:good", b"y")
    assert await _heard(heard, 1) == [b"y"]


async def test_without_a_server_nothing_is_healthy_and_nothing_is_raised() -> None:
    channels = ShardedChannels("redis://127.0.0.1:1/0", PrometheusMeters())
    async with channels.running():
        assert not channels.healthy()
        await channels.subscribe("a", lambda payload: None)
        await channels.publish("a", b"x")
        await channels.unsubscribe("a")


async def test_a_dead_master_is_survived(short_folder: Path) -> None:
    """Nobody calls anything: what was subscribed is heard again once the replica has been promoted."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    async with running_cluster(short_folder / "killed") as cluster:
        channels = ShardedChannels(cluster.url, PrometheusMeters())
        async with channels.running():
            await channels.subscribe("{ta.c1}:events", heard.put_nowait)
            await cluster.kill_master_of("{ta.c1}:events")
            async with asyncio.timeout(30):
                while heard.empty():
                    await channels.publish("{ta.c1}:events", b"again")
                    await asyncio.sleep(0.1)
                while not channels.healthy():
                    await asyncio.sleep(0.05)


async def test_a_server_that_will_not_have_us_stops_the_start(valkey_url: str) -> None:
    path = valkey_url.removeprefix("unix://")
    async with connected(valkey_url) as client:
        await client.execute_command("CONFIG", "SET", "requirepass", "right")
        for login in ("", ":wrong@"):
            channels = ShardedChannels(f"unix://{login}{path}", PrometheusMeters())
            with pytest.raises(StartError, match="LECTERN_REDIS_URL"):
                async with channels.running():
                    pytest.fail("it has no right password")
        channels = ShardedChannels(f"unix://:right@{path}", PrometheusMeters())
        async with channels.running():
            assert channels.healthy()
        await client.execute_command("CONFIG", "SET", "requirepass", "")


async def test_a_server_that_is_away_does_not() -> None:
    channels = ShardedChannels("redis://127.0.0.1:1/0", PrometheusMeters())
    async with channels.running():
        assert not channels.healthy()


@pytest.mark.parametrize(("version", "will_do"), [(b"6.2.14", False), (b"7.2.4", True)])
def test_an_old_server_is_told_by_its_greeting(version: bytes, will_do: bool) -> None:
    with nullcontext() if will_do else pytest.raises(hiredis.ReplyError, match="version 6"):
        _check_version({b"server": b"redis", b"version": version})
