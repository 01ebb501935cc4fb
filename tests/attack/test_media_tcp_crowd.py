"""A crowd of TCP connections at the media port that never prove anything: bounded, and no way to keep others out."""

import asyncio

import pytest

from tests.attack.test_media_tcp import frame, microphone
from tests.support.media_node import media_node
from tests.support.waiting import until

pytestmark = pytest.mark.attack


async def test_a_crowd_that_holds_on_keeps_nobody_out() -> None:
    async with media_node(max_tcp=12) as (node, _):
        pairs = [await asyncio.open_connection("127.0.0.1", node.port) for _ in range(40)]
        await until(lambda: node.counters.tcp_refused >= 25)
        async with asyncio.timeout(30):
            ends = [await hung_up(reader) for reader, _ in pairs[:25]]
        assert all(ends), "the oldest go first"
        client = await microphone(node)
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(frame(client.check()))
        async with asyncio.timeout(30):
            assert (await reader.readexactly(4))[2:] == b"\x01\x01"
        late = [await asyncio.open_connection("127.0.0.1", node.port) for _ in range(40)]
        await until(lambda: node.counters.tcp_refused >= 65)
        writer.write(frame(client.check()))
        async with asyncio.timeout(30):
            assert await reader.read(4), "who has proven itself stays"
        for _, left in (*pairs, *late, (reader, writer)):
            left.close()


async def hung_up(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read(1) == b""
    except ConnectionError:
        return True
