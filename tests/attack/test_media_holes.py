"""The five holes of the WebRTC libraries, each tried with a raw socket against a running node, each closed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from sfu import commands
from sfu.node import Node
from tests.support.media_node import Told, media_node
from tests.support.media_raw import ClientDtls, RawClient, opus
from tests.support.waiting import until

pytestmark = pytest.mark.attack


@pytest_asyncio.fixture
async def running() -> AsyncIterator[tuple[Node, Told]]:
    async with media_node() as pair:
        yield pair


async def published(node: Node, peer: str = "ann", fingerprint: str | None = None) -> RawClient:
    """A microphone whose description is known to the node and whose transport is not up yet."""
    client = RawClient(node.port)
    request = commands.Publish(
        room="t.c", peer=peer, sdp=client.offer(fingerprint), sources=["mic"]
    )
    reply = commands.decode_reply(await node.ask(commands.encode(request)))
    assert isinstance(reply, commands.Answer)
    client.answered(reply.sdp)
    return client


async def still_works(node: Node, client: RawClient, start: int = 5000) -> None:
    """Its next packets are taken."""
    srtp = client.dtls.outbound()
    before = node.kernel_counters.rtp_in
    for i in range(5):
        client.send(srtp.protect(opus(start + i)))
    await until(lambda: node.kernel_counters.rtp_in >= before + 5)


def stranger() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


async def test_1_an_empty_datagram_closes_nobody(running: tuple[Node, Told]) -> None:
    node, told = running
    client = await published(node)
    await client.connect()
    with stranger() as other:
        for _ in range(20):
            client.send(b"", other)
            client.send(b"")
    await until(lambda: node.counters.empty >= 40)
    await still_works(node, client)
    assert not told.of(commands.Lost)
    client.close()


async def test_2_a_strangers_client_hello_wins_no_race(running: tuple[Node, Told]) -> None:
    node, _ = running
    client = await published(node)
    with stranger() as other:
        for _ in range(20):
            client.send(ClientDtls().step(), other)
        await until(lambda: node.counters.stranger >= 20)
        assert node.counters.dtls == 0
        other.settimeout(0.05)
        with pytest.raises(TimeoutError):  # not a byte comes back
            other.recv(2048)
        client.send(client.check())
        assert (await client.receive())[:2] == b"\x01\x01"
        for _ in range(20):
            client.send(ClientDtls().step(), other)
    await client.connect()
    await still_works(node, client)
    client.close()


async def test_3_a_truncated_remb_inside_srtp_is_counted_and_closes_nothing(
    running: tuple[Node, Told],
) -> None:
    node, told = running
    client = await published(node)
    await client.connect()
    srtp = client.dtls.outbound()
    remb = b"\x8f\xce\x00\x04" + bytes(4) + bytes(4) + b"REMB" + b"\xff\x00"
    broken = [
        remb + b"\x00\x00",  # names 255 streams and carries none
        b"\x8f\xce\x00\x03" + bytes(8) + b"REMB",
        b"\x8f\xcd\x00\x05" + bytes(8) + bytes(12),
        b"\x81\xc9\x00\x01" + bytes(4),
        b"\x80\xc8\x00\x00\x00\x00\x00\x00",
    ]
    before = node.kernel_counters.malformed
    for packet in broken:
        client.send(srtp.protect_rtcp(packet))
    await until(lambda: node.kernel_counters.malformed > before)
    await still_works(node, client)
    assert not told.of(commands.Lost)
    client.close()


async def test_4_short_stun_attributes_are_counted_and_raise_nothing(
    running: tuple[Node, Told], caplog: pytest.LogCaptureFixture
) -> None:
    node, _ = running
    client = await published(node)
    await client.connect()
    cookie = b"\x21\x12\xa4\x42" + bytes(12)
    with stranger() as other:
        for kind in (0x0024, 0x0020, 0x8028, 0x0001, 0x0008, 0x0009, 0x802A):
            for size in range(4):
                attribute = (
                    kind.to_bytes(2, "big") + size.to_bytes(2, "big") + bytes(4 if size else 0)
                )
                header = b"\x00\x01" + len(attribute).to_bytes(2, "big")
                client.send(header + cookie + attribute, other)
    await until(lambda: node.counters.stun_malformed >= 20)
    await still_works(node, client)
    assert not caplog.records
    client.close()


async def test_5_a_silent_browser_is_lost_in_three_seconds_and_a_quiet_one_is_not() -> None:
    async with media_node(silence_timeout_s=1.2, probe_after_s=0.3) as (node, told):
        quiet = await published(node, "quiet")
        await quiet.connect()
        dead = await published(node, "dead")
        await dead.connect()
        dead.close()

        async def answer_checks() -> None:
            while True:
                await quiet.receive(within_s=30)

        answering = asyncio.ensure_future(answer_checks())
        try:
            lost = await told.until(commands.Lost)
            assert (lost.peer, lost.direction) == ("dead", "publish")
            await asyncio.sleep(1.5)
            assert [lost.peer for lost in told.of(commands.Lost)] == ["dead"]
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            quiet.close()


async def test_a_wrong_fingerprint_is_lost_before_a_packet_flows(
    running: tuple[Node, Told],
) -> None:
    node, told = running
    client = await published(node, fingerprint=ClientDtls().fingerprint)
    with suppress(TimeoutError):  # the client may believe that it is done, or wait
        await asyncio.wait_for(client.connect(), 1)
    lost = await told.until(commands.Lost)
    assert lost.direction == "publish"
    assert node.counters.secured == 0
    client.close()


async def test_alerts_and_junk_from_strangers_and_unsealed_media_change_nothing(
    running: tuple[Node, Told], caplog: pytest.LogCaptureFixture
) -> None:
    node, told = running
    client = await published(node)
    await client.connect()
    with stranger() as other:
        for i in range(200):
            client.send(b"\x15\xfe\xfd" + bytes(10) + b"\x02\x02\x28", other)
            client.send(opus(i), other)
            client.send(bytes([i % 256]) * (i % 90), other)
    for i in range(200):
        client.send(opus(i) + bytes(16))  # right address, no seal
    await until(lambda: node.kernel_counters.unauthentic >= 200)
    await still_works(node, client)
    assert not told.of(commands.Lost)
    assert not caplog.records
    client.close()


async def test_a_check_without_a_good_seal_is_never_answered(running: tuple[Node, Told]) -> None:
    node, _ = running
    client = await published(node)
    for _ in range(10):
        client.send(client.check(password="guess"))
    client.remote_ufrag = "nobody"
    for _ in range(10):
        client.send(client.check())
    await until(lambda: node.counters.stun_unknown >= 20)
    assert node.counters.datagrams_out == 0
    client.close()


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"\xc1", b"\x80", commands.encode(commands.Done())],
    ids=["nothing", "no msgpack", "an empty map", "a reply"],
)
async def test_a_request_that_is_none_is_refused_by_its_code(
    running: tuple[Node, Told], request_bytes: bytes
) -> None:
    reply = commands.decode_reply(await running[0].ask(request_bytes))
    assert isinstance(reply, commands.Refusal)
    assert reply.code == "media_malformed"
