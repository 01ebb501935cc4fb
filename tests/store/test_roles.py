"""Roles in processes of their own, out of one folder, on PostgreSQL and a Redis Cluster of somebody else."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from server.demo import demo_id
from tests.store.test_school_sockets import CLASS, join, sign_in
from tests.store.test_school_whip import offered
from tests.support.running import RunningLectern, running
from tests.support.school import Api
from tests.support.stores import ValkeyCluster

pytestmark = [pytest.mark.store, pytest.mark.drill]
PATIENCE_SECONDS = 60


async def test_what_is_sent_through_one_web_process_is_played_through_another(
    demo_environ: dict[str, str], valkey_cluster: ValkeyCluster, short_folder: Path
) -> None:
    environ = {**demo_environ, "LECTERN_REDIS_URL": valkey_cluster.url}
    folder = Path(tempfile.mkdtemp(dir=short_folder))
    encoder, player = RTCPeerConnection(), RTCPeerConnection()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(encoder.close)
        stack.push_async_callback(player.close)
        started: list[RunningLectern] = [
            await stack.enter_async_context(running(folder, environ, role))
            for role in ("web", "web", "sfu")
        ]
        session = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        here, there = (Api(session, one.base_url) for one in started[:2])
        await _until_media(session, started[:2])
        sender = here.as_(await join(await sign_in(here, "teacher")))
        hearer = there.as_(await join(await sign_in(there, "student1")))
        encoder.addTrack(AudioStreamTrack())
        await offered(sender, encoder, f"/classes/{CLASS}/whip")
        heard = asyncio.Event()
        player.addTransceiver("audio", direction="recvonly")

        @player.on("track")
        async def listen(track: AudioStreamTrack) -> None:
            await track.recv()
            heard.set()

        await offered(hearer, player, f"/classes/{CLASS}/whep?publisher={demo_id('teacher')}")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await heard.wait()
        await started[2].kill()
        await _until_media(session, started[:2], state="degraded")


async def _until_media(
    session: ClientSession, processes: list[RunningLectern], state: str = "ok"
) -> None:
    """/status says of the media what is so: a node is there, or none."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for one in processes:
            while await _media(session, one) != state:
                await asyncio.sleep(0.1)


async def _media(session: ClientSession, process: RunningLectern) -> str:
    headers = {"Accept": "application/json"}
    async with session.get(f"{process.base_url}/status", headers=headers) as response:
        found = {one["name"]: one["state"] for one in (await response.json())["components"]}
    return str(found["media"])
