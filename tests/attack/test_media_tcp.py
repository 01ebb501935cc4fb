"""TCP at the media port: who proves nothing is cut off, what is no frame ends its connection alone, limits hold."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvloop

from sfu import commands
from sfu.node import Node
from tests.support.media_node import Told, media_node
from tests.support.media_raw import ClientDtls, RawClient, opus
from tests.support.waiting import until

pytestmark = pytest.mark.attack


@pytest_asyncio.fixture
async def running() -> AsyncIterator[tuple[Node, Told]]:
    async with media_node(max_tcp=12) as pair:
        yield pair


def frame(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


async def microphone(node: Node) -> RawClient:
    client = RawClient(node.port)
    client.close()  # it will not use UDP
    request = commands.Publish(room="t.c", peer="ann", sdp=client.offer(), sources=["mic"])
    reply = commands.decode_reply(await node.ask(commands.encode(request)))
    assert isinstance(reply, commands.Answer)
    assert "tcptype passive" in reply.sdp
    client.answered(reply.sdp)
    return client


async def test_media_over_tcp_is_taken_frame_by_frame_however_it_is_cut(
    running: tuple[Node, Told],
) -> None:
    node, _ = running
    client = await microphone(node)
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)

    async def receive() -> bytes:
        async with asyncio.timeout(30):
            return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))

    writer.write(frame(client.check()))
    assert (await receive())[:2] == b"\x01\x01"
    flight = client.dtls.step()
    while not client.dtls.done:
        writer.write(frame(flight))
        flight = client.dtls.step(await receive())
    srtp = client.dtls.outbound()
    stream = frame(flight) + b"".join(frame(srtp.protect(opus(i))) for i in range(1, 30))
    for at in range(0, len(stream), 37):
        writer.write(stream[at : at + 37])
        await writer.drain()
    await until(lambda: node.kernel_counters.rtp_in >= 29)
    writer.close()
    await writer.wait_closed()


def test_it_is_answered_on_the_loop_that_the_server_runs_on() -> None:
    async def check() -> bytes:
        async with media_node() as (node, _):
            client = await microphone(node)
            reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
            writer.write(frame(client.check()))
            async with asyncio.timeout(30):
                answer = await reader.read(4)
            writer.close()
            return answer[2:]

    assert uvloop.run(check()) == b"\x01\x01"


async def test_a_frame_longer_than_any_packet_ends_the_connection(
    running: tuple[Node, Told],
) -> None:
    node, _ = running
    reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
    writer.write(b"\xff\xff" + bytes(100))
    ended = False
    async with asyncio.timeout(30):
        try:
            ended = await reader.read(1) == b""
        except ConnectionError:
            ended = True
    assert ended
    writer.close()


async def test_strangers_get_no_answer_and_cannot_fill_the_node(
    running: tuple[Node, Told],
) -> None:
    node, _ = running
    pairs = [await asyncio.open_connection("127.0.0.1", node.port) for _ in range(20)]
    for _, writer in pairs:
        writer.write(
            frame(ClientDtls().step()) + frame(b"") + frame(b"\x00\x01junk") + frame(opus(1))
        )
    await until(lambda: node.counters.tcp_refused >= 5)
    await until(lambda: node.counters.stranger >= 10)
    assert node.counters.dtls == 0
    assert node.counters.datagrams_out == 0
    for _, writer in pairs:
        writer.close()
