"""A class over processes by role: one for pages and sockets, two for media, and what becomes of it when one of them dies."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from server.demo import demo_id
from tests.store.test_school_sockets import CLASS, Socket, api, join, sign_in
from tests.support.running import RunningLectern, running
from tests.support.school import Api

pytestmark = [pytest.mark.store, pytest.mark.drill]
SDP = {"Content-Type": "application/sdp"}
PATIENCE_S = 60.0


@pytest.fixture
async def web(demo_environ: dict[str, str], short_folder: Path) -> AsyncIterator[RunningLectern]:
    async with running(Path(tempfile.mkdtemp(dir=short_folder)), demo_environ, "web") as started:
        yield started


@pytest.fixture
async def sfus(
    demo_environ: dict[str, str], short_folder: Path
) -> AsyncIterator[list[RunningLectern]]:
    async with contextlib.AsyncExitStack() as stack:
        places = [
            running(Path(tempfile.mkdtemp(dir=short_folder)), demo_environ, "sfu")
            for _ in range(2)
        ]
        started = await asyncio.gather(*map(stack.enter_async_context, places))
        yield list(started)


@dataclass
class Programs:
    """An encoder and a player that begin anew, as programs do, whenever their connection is gone."""

    sender: Api
    hearer: Api
    peers: list[RTCPeerConnection] = field(default_factory=list)

    async def start(self) -> None:
        """Send and play, and return once sound has come through."""
        heard = asyncio.Event()
        encoder, player = RTCPeerConnection(), RTCPeerConnection()
        self.peers += [encoder, player]
        encoder.addTrack(AudioStreamTrack())
        await self._offer(self.sender, encoder, f"/classes/{CLASS}/whip")
        player.addTransceiver("audio", direction="recvonly")

        @player.on("track")
        async def listen(track: AudioStreamTrack) -> None:
            await track.recv()
            heard.set()

        whep = f"/classes/{CLASS}/whep?publisher={demo_id('teacher')}"
        await self._offer(self.hearer, player, whep)
        await heard.wait()

    @staticmethod
    async def _offer(media: Api, peer: RTCPeerConnection, path: str) -> None:
        await peer.setLocalDescription(await peer.createOffer())
        offer = peer.localDescription.sdp.encode()
        while True:
            got = await media.call("POST", path, data=offer, headers=SDP)
            if got.status == 201:
                break
            assert got.status == 503, got  # nobody to carry it yet, or any more
            await asyncio.sleep(0.1)
        answer = RTCSessionDescription(sdp=got.body.decode(), type="answer")
        await peer.setRemoteDescription(answer)

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()


async def carries(sfu: RunningLectern) -> bool:
    """Whether this media node has a class, by its own metrics."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sfu.base_url}/metrics") as response,
    ):
        lines = (await response.text()).splitlines()
    return any(
        line.startswith("lectern_media_peers") and not line.endswith((" 0", " 0.0"))
        for line in lines
    )


async def test_a_media_node_is_killed_in_class_and_the_other_carries_on(
    web: RunningLectern, sfus: list[RunningLectern]
) -> None:
    async with api(web.base_url) as nobody:
        teacher, student = await sign_in(nobody, "teacher"), await sign_in(nobody, "student1")
        chatter = Socket()
        await chatter.enter(web.base_url, await join(await sign_in(nobody, "student2")))
        programs = Programs(nobody.as_(await join(teacher)), nobody.as_(await join(student)))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await programs.start()
                while not (carrying := [sfu for sfu in sfus if await carries(sfu)]):
                    await asyncio.sleep(0.1)
                assert len(carrying) == 1
                await carrying[0].kill()
                answer = await chatter.ask("chat.send", {"id": "1", "text": "no sound?"})
                assert answer["ok"]
                await programs.start()
        finally:
            await programs.close()
        assert await web.stop() == 0
        async with asyncio.timeout(PATIENCE_S):
            await chatter.gone.wait()
    assert "Traceback" not in web.output
