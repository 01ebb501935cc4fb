"""WHIP in and WHEP out of a running Lectern: an encoder sends, a player hears it, and DELETE ends both."""

import asyncio

import pytest
from aiohttp import ClientSession, DummyCookieJar
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

from server.demo import demo_id
from tests.store.test_school_sockets import CLASS, join, sign_in
from tests.support.running import RunningLectern
from tests.support.school import Api

pytestmark = pytest.mark.store
SDP = {"Content-Type": "application/sdp"}
PATIENCE_SECONDS = 20


async def offered(media: Api, peer: RTCPeerConnection, path: str) -> str:
    """Offer, answer; the Location of the connection."""
    await peer.setLocalDescription(await peer.createOffer())
    got = await media.call("POST", path, data=peer.localDescription.sdp.encode(), headers=SDP)
    assert got.status == 201, got
    assert got.headers["Content-Type"] == "application/sdp"
    await peer.setRemoteDescription(RTCSessionDescription(sdp=got.body.decode(), type="answer"))
    return got.headers["Location"].removeprefix("/api/v1")


async def test_what_whip_sends_whep_plays(lectern: RunningLectern) -> None:
    encoder, player = RTCPeerConnection(), RTCPeerConnection()
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            nobody = Api(session, lectern.base_url)
            sender = nobody.as_(await join(await sign_in(nobody, "teacher")))
            hearer = nobody.as_(await join(await sign_in(nobody, "student1")))
            encoder.addTrack(AudioStreamTrack())
            sent = await offered(sender, encoder, f"/classes/{CLASS}/whip")

            heard = asyncio.Event()
            player.addTransceiver("audio", direction="recvonly")

            @player.on("track")
            async def listen(track: AudioStreamTrack) -> None:
                await track.recv()
                heard.set()

            path = f"/classes/{CLASS}/whep?publisher={demo_id('teacher')}"
            played = await offered(hearer, player, path)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await heard.wait()
            assert (await hearer.call("DELETE", sent)).status == 404, "it is not theirs to end"
            assert (await sender.call("DELETE", played)).status == 404, "nor is this one"
            assert (await hearer.call("DELETE", played)).status == 200
            assert (await hearer.call("DELETE", played)).status == 404, "it is over"
            assert (await sender.call("DELETE", sent)).status == 200
    finally:
        await encoder.close()
        await player.close()


@pytest.mark.parametrize("sdp", [b"v=0\r\n", b"v=0\r\n" + b"m=audio 9 x\r\n" * 900, b"v=0" * 9000])
async def test_an_offer_that_is_none_is_refused_in_words(
    lectern: RunningLectern, sdp: bytes
) -> None:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        nobody = Api(session, lectern.base_url)
        media = nobody.as_(await join(await sign_in(nobody, "student3")))
        for kind in ("whip", "whep"):
            got = await media.call("POST", f"/classes/{CLASS}/{kind}", data=sdp, headers=SDP)
            assert (got.status, got.code) in ((400, "bad_sdp"), (404, "not_found")), got
