"""The node's shell: its addresses and families, a port that is taken, and one connection's fault that harms no other."""

import asyncio
import errno
import socket

import pytest

from sfu import commands
from sfu.node import Node
from sfu.settings import SfuSettings
from sfu.transport.peer import Peer
from tests.support.media_node import Counted, media_node
from tests.support.media_raw import RawClient, opus
from tests.support.waiting import until

ROOM = "t.c"
HOSTS = ("127.0.0.1", "127.0.0.2") + (("::1",) if socket.has_dualstack_ipv6() else ())


async def microphone(node: Node, peer: str, host: str) -> RawClient:
    client = RawClient(node.port, host)
    request = commands.Publish(room=ROOM, peer=peer, sdp=client.offer(), sources=["mic"])
    reply = commands.decode_reply(await node.ask(commands.encode(request)))
    assert isinstance(reply, commands.Answer)
    client.answered(reply.sdp)
    await client.connect()
    return client


async def hang_up(node: Node, peer: str) -> None:
    request = commands.Hangup(room=ROOM, peer=peer, direction="both")
    await node.ask(commands.encode(request))


async def test_every_address_is_answered_by_itself_and_says_goodbye() -> None:
    async with media_node(addresses=HOSTS) as (node, _):
        for number, host in enumerate(HOSTS):
            client = await microphone(node, f"p{number}", host)
            srtp = client.dtls.outbound()
            for i in range(5):
                client.send(srtp.protect(opus(i + 1)))
            await until(lambda: node.kernel_counters.rtp_in >= 5 * (number + 1))  # noqa: B023 - awaited here
            await hang_up(node, f"p{number}")
            while (await client.receive())[0] != 21:  # a DTLS alert: the goodbye
                pass
            client.close()
        assert node.counters.faults == 0
        assert node.counters.send_dropped == 0


async def test_an_address_that_is_not_ours_is_advertised_and_everything_is_listened_to() -> None:
    async with media_node(addresses=("203.0.113.9",)) as (node, _):
        client = await microphone(node, "ann", "127.0.0.1")
        assert node.counters.secured == 1
        client.close()


async def test_a_taken_port_is_an_error_of_the_start() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        node = Node(SfuSettings(port=holder.getsockname()[1]), Counted())
        with pytest.raises(OSError, match="in use") as caught:
            async with node.running():
                pass
        assert caught.value.errno == errno.EADDRINUSE


async def test_a_fault_in_one_connection_ends_that_one_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with media_node() as (node, told):
        ann = await microphone(node, "ann", "127.0.0.1")
        ben = await microphone(node, "ben", "127.0.0.1")
        tick = Peer.tick

        def breaks(peer: Peer, now: float) -> object:
            if peer.leg == 1:
                raise ZeroDivisionError
            return tick(peer, now)

        monkeypatch.setattr(Peer, "tick", breaks)
        lost = await told.until(commands.Lost)
        assert lost.peer == "ann"
        assert node.counters.faults == 1
        srtp = ben.dtls.outbound()
        before = node.kernel_counters.rtp_in
        ben.send(srtp.protect(opus(1)))
        await until(lambda: node.kernel_counters.rtp_in > before)
        ann.close()
        ben.close()


async def test_counts_are_handed_to_the_meters_and_fall_to_nothing_when_all_have_gone() -> None:
    meters = Counted()
    node = Node(SfuSettings(port=0), meters)
    async with node.running():
        client = await microphone(node, "ann", "127.0.0.1")
        await until(lambda: meters.gauges.get("media_peers") == 1)
        await until(lambda: meters.counts.get(("media_node", "secured")) == 1)
        await hang_up(node, "ann")
        await until(lambda: meters.gauges.get("media_peers") == 0)
        client.close()


async def test_a_stream_that_nothing_names_is_known_by_its_payload_type() -> None:
    async with media_node() as (node, told):
        client = RawClient(node.port)
        offer = client.offer(names_ssrc=False)
        reply = commands.decode_reply(
            await node.ask(commands.encode(commands.WhipPublish(room=ROOM, peer="ann", sdp=offer)))
        )
        assert isinstance(reply, commands.Answer)
        client.answered(reply.sdp)
        await client.connect()
        srtp = client.dtls.outbound()
        for i in range(400):
            client.send(srtp.protect(opus(i + 1, ssrc=777, level=10)))
            await asyncio.sleep(0.005)
            if told.of(commands.Speakers):
                break
        assert (await told.until(commands.Speakers)).peers == ["ann"]
        client.close()


class Picky:
    """A way whose path takes single packets only, as one with a small MTU does."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendmsg(self, *_: object) -> int:
        raise OSError(errno.EINVAL, "the pieces do not fit")

    def sendto(self, data: bytes, _: object) -> int:
        self.sent.append(data)
        return len(data)

    def close(self) -> None:
        """Nothing is open."""


async def test_a_path_that_takes_no_runs_gets_the_packets_one_by_one() -> None:
    async with media_node() as (node, _):
        picky, address = Picky(), ("192.0.2.1", 1000)
        node._ways[77], node._door.via[address] = picky, 77  # type: ignore[assignment]
        node._cuts = True
        node._send([(b"one", address), (b"two", address), (b"3", address)])
        assert picky.sent == [b"one", b"two", b"3"]
        assert node.counters.send_dropped == 0
