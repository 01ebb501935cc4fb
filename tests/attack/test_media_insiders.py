"""Attackers who are let in: what a person with good keys sends harms her own connection at most."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
import pytest_asyncio

from sfu import commands
from sfu.node import Node
from sfu.transport import sdp
from tests.support.media_node import Told, media_node
from tests.support.media_raw import RawClient, nack, opus, pli, vp8
from tests.support.waiting import until

pytestmark = pytest.mark.attack
ROOM = "t.c"


@pytest_asyncio.fixture
async def running() -> AsyncIterator[tuple[Node, Told]]:
    async with media_node() as pair:
        yield pair


async def ask(node: Node, request: commands.Request) -> commands.Reply:
    reply: commands.Reply = commands.decode_reply(await node.ask(commands.encode(request)))
    return reply


async def camera(node: Node, peer: str) -> RawClient:
    client = RawClient(node.port)
    offer = client.offer(kind="video")
    reply = await ask(node, commands.Publish(room=ROOM, peer=peer, sdp=offer, sources=["camera"]))
    assert isinstance(reply, commands.Answer)
    client.answered(reply.sdp)
    await client.connect()
    return client


async def player(node: Node, peer: str, publisher: str) -> tuple[RawClient, int]:
    """A WHEP viewer and the SSRC that she is sent."""
    client = RawClient(node.port)
    offer = client.offer(kind="video", direction="recvonly")
    reply = await ask(
        node, commands.WhepPlay(room=ROOM, peer=peer, sdp=offer, publisher=publisher)
    )
    assert isinstance(reply, commands.Answer)
    client.answered(reply.sdp)
    await client.connect()
    ssrc = sdp.parse(reply.sdp, 65_536).media[0].ssrc
    assert ssrc is not None
    return client, ssrc


async def wishes(client: RawClient, heard: list[float]) -> None:
    """When the publisher was asked for a key frame."""
    srtp = client.dtls.inbound()
    loop = asyncio.get_running_loop()
    while True:
        packet = await client.receive(within_s=60)
        if packet[0] >> 6 == 2 and packet[1] in (200, 201, 206):
            plain = srtp.unprotect_rtcp(packet)
            if b"\x81\xce" in plain:
                heard.append(loop.time())


async def test_a_flood_of_key_frame_wishes_reaches_the_publisher_once_a_second(
    running: tuple[Node, Told],
) -> None:
    node, _ = running
    ann = await camera(node, "ann")
    ben, ssrc = await player(node, "ben", "ann")
    heard: list[float] = []
    listening = asyncio.ensure_future(wishes(ann, heard))
    out, back = ann.dtls.outbound(), ben.dtls.outbound()
    sequence = 0
    try:
        for round_ in range(150):
            sequence += 1
            ann.send(out.protect(vp8(sequence, key=round_ % 30 == 0)))
            for _ in range(10):
                ben.send(back.protect_rtcp(pli(ssrc)))
            await asyncio.sleep(0.01)
        await until(lambda: len(heard) >= 2)
        gaps = [later - sooner for sooner, later in pairwise(heard)]
        assert all(gap > 0.8 for gap in gaps)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        ann.close()
        ben.close()


async def test_a_flood_of_resend_wishes_is_answered_within_a_budget(
    running: tuple[Node, Told],
) -> None:
    node, _ = running
    ann = await camera(node, "ann")
    ben, ssrc = await player(node, "ben", "ann")
    out, back = ann.dtls.outbound(), ben.dtls.outbound()
    ann.send(out.protect(vp8(1, key=True)))
    first = 0
    srtp = ben.dtls.inbound()
    for sequence in range(2, 20):
        ann.send(out.protect(vp8(sequence, key=sequence % 5 == 0)))
    while True:
        packet = await ben.receive()
        if packet[0] >> 6 == 2 and not 192 <= packet[1] <= 223:
            first = int.from_bytes(srtp.unprotect(packet)[2:4], "big")
            break
    before = node.kernel_counters.rtp_out
    for _ in range(1000):
        ben.send(back.protect_rtcp(nack(ssrc, first)))
    rtcp = node.kernel_counters.rtcp_in
    await until(lambda: node.kernel_counters.rtcp_in >= rtcp)
    await until(lambda: node.kernel_counters.resend_refused > 0)
    assert node.kernel_counters.rtp_out + node.kernel_counters.resent - before < 1000
    ann.close()
    ben.close()


async def test_one_persons_packets_are_never_taken_for_anothers(
    running: tuple[Node, Told],
) -> None:
    node, told = running
    ann = await camera(node, "ann")
    mallory = await camera(node, "mallory")  # the same SSRC in her own connection
    ben, _ = await player(node, "ben", "ann")
    out = mallory.dtls.outbound()
    before = node.kernel_counters.rtp_in
    for sequence in range(1, 50):
        mallory.send(out.protect(vp8(sequence, key=True)))
    await until(lambda: node.kernel_counters.rtp_in >= before + 49)
    assert node.kernel_counters.rtp_out == 0
    assert not told.of(commands.Lost)
    for client in (ann, ben, mallory):
        client.close()


async def test_strange_streams_of_a_good_connection_are_counted_and_bounded(
    running: tuple[Node, Told], caplog: pytest.LogCaptureFixture
) -> None:
    node, told = running
    ann = await camera(node, "ann")
    out = ann.dtls.outbound()
    before = node.kernel_counters.unclaimed
    for ssrc in range(10_000, 10_400):
        ann.send(out.protect(opus(1, ssrc=ssrc)))
        ann.send(out.protect(opus(2, ssrc=ssrc, payload_type=ssrc % 64)))
    await until(lambda: node.kernel_counters.unclaimed > before + 300)
    assert not told.of(commands.Lost)
    assert not caplog.records
    ann.close()
