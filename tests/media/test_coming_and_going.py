"""People come and go all lesson long: nothing of those who went stays behind in the node."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from aiortc.rtcdtlstransport import RTCCertificate

from loadtests.clients.media import Connection, Lecture
from sfu import commands
from sfu.node import Node
from tests.support.media_node import media_node

ROOM, HOST = "school.class", "127.0.0.1"
FILES = Path("/proc/self/fd")
LINES = [("audio", "0"), ("video", "1")]
ROUNDS, VIEWERS = 4, 5


def remains(node: Node) -> dict[str, int]:
    """How much of what belongs to connections the node still holds, by kind."""
    kernel, engine, door = node._kernel, node._engine, node._door
    board, links = engine._board, engine._links
    held = {
        "peers": node._peers,
        "forming": node._forming,
        "ufrags": door._by_ufrag,
        "addresses": door.legs,
        "ways back": door.via,
        "connections": board._connections,
        "sources": board.sources,
        "source rows": board._rows,
        "estimates": links._viewers,
        "legs of routes": links._legs,
        "kernel legs": kernel._legs,
        "kernel sources": kernel._sources,
        "kernel routes": kernel._routes,
        "publishers": kernel._publishers,
    }
    counted = {name: len(what) for name, what in held.items()}
    for room in engine.rooms.values():
        counted["wants"] = counted.get("wants", 0) + len(room.wants)
        counted["speakers"] = counted.get("speakers", 0) + len(room.speakers.order)
    return {name: count for name, count in counted.items() if count}


async def ask(node: Node, request: commands.Request) -> commands.Reply:
    reply: commands.Reply = commands.decode_reply(await node.ask(commands.encode(request)))
    return reply


async def until(good: Callable[[], bool], what: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(60):
            while not good():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"it stayed at {what()}") from None


async def a_lesson(node: Node, certificate: RTCCertificate, number: int) -> None:
    """One publishes, some play; all go, every second time without a word."""
    teacher = Connection(HOST, certificate)
    offer = teacher.description(LINES, direction="sendonly", setup="actpass")
    name = f"teacher{number}"
    reply = await ask(node, commands.WhipPublish(room=ROOM, peer=name, sdp=offer))
    assert isinstance(reply, commands.Answer), reply
    await teacher.connect(reply.sdp, we_offered=True)
    playing = asyncio.ensure_future(Lecture(teacher, ("0", "1")).play())
    audience = []
    for place in range(VIEWERS):
        viewer = Connection(HOST, certificate)
        offer = viewer.description(LINES, direction="recvonly", setup="actpass")
        peer = f"viewer{number}.{place}"
        play = commands.WhepPlay(room=ROOM, peer=peer, sdp=offer, publisher=name)
        reply = await ask(node, play)
        assert isinstance(reply, commands.Answer), reply
        await viewer.connect(reply.sdp, we_offered=True)
        audience.append((peer, viewer))
    await until(
        lambda: all(viewer.first_video_at for _, viewer in audience),
        lambda: [viewer.packets for _, viewer in audience],
    )
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    for peer, connection in [(name, teacher), *audience]:
        if number % 2:
            assert (
                await ask(node, commands.Hangup(room=ROOM, peer=peer, direction="all"))
                == commands.Done()
            )
        await connection.close()


async def test_who_went_leaves_nothing_behind() -> None:
    certificate = RTCCertificate.generateCertificate()
    async with media_node() as (node, _):
        await a_lesson(node, certificate, 0)
        await until(lambda: not remains(node), lambda: remains(node))
        files = len(list(FILES.iterdir()))
        for number in range(1, ROUNDS):
            await a_lesson(node, certificate, number)
        await until(lambda: not remains(node), lambda: remains(node))
        assert len(list(FILES.iterdir())) <= files
