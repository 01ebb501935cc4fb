"""People of a class without a window: they sign in, join by the socket, and send a picture encoded once for all of them."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from fractions import Fraction
from functools import cache
from typing import Any

import aiohttp
import aioice.ice
import av
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)

from loadtests.clients.learner import Learner

WIDTH, HEIGHT = 160, 120
FRAMES_PER_S = 5
CLOCK = 90_000
SHADES = range(40, 220, 20)


@cache
def _pictures() -> tuple[bytes, ...]:
    """Key frames of VP8, each a plain shade: below a hundred bytes, and every one a place to begin."""
    encoder = av.codec.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height = WIDTH, HEIGHT
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, CLOCK)
    encoder.gop_size = 1
    encoded = []
    for number, shade in enumerate(SHADES):
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([shade]) * plane.buffer_size)
        frame.pts = number
        encoded += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(encoded)


class Flicker(MediaStreamTrack):
    """Those pictures, a few a second, encoded already."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count()

    async def recv(self) -> "av.Packet[Any]":
        """The next picture, when its time has come."""
        await asyncio.sleep(1 / FRAMES_PER_S)
        number = next(self._numbers)
        packet = av.Packet(_pictures()[number % len(SHADES)])
        packet.pts = number * CLOCK // FRAMES_PER_S
        packet.time_base = Fraction(1, CLOCK)
        return packet


class ClassBot:
    """One person: a socket, and at most one sending connection."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession, who: str) -> None:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        self.who = who
        self.learner = Learner(base_url, http, lambda name, body: None)
        self._connection: RTCPeerConnection | None = None
        self._commands = itertools.count()

    async def join(self, class_id: str) -> None:
        """Sign in and be in the class."""
        await self.learner.sign_in(f"{self.who}@demo.school", "lectern-demo")
        await self.learner.join(class_id)

    async def say(self, event: str, **body: Any) -> Any:
        """One command that must be granted."""
        answer = await self.learner.ask(event, {"id": f"{next(self._commands)}", **body})
        assert answer["ok"], answer
        return answer

    async def show(self, source: str = "camera") -> None:
        """Turn the camera (or the screen) on and send it."""
        await self.say("track.set", source=source, on=True)
        connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connection = connection
        line = connection.addTransceiver(Flicker(), direction="sendonly")
        known = RTCRtpSender.getCapabilities("video").codecs
        line.setCodecPreferences([c for c in known if c.mimeType in ("video/VP8", "video/rtx")])
        await connection.setLocalDescription(await connection.createOffer())
        sdp = connection.localDescription.sdp
        answer = await self.say("media.publish", sdp=sdp, sources=[source])
        await connection.setRemoteDescription(
            RTCSessionDescription(sdp=answer["sdp"], type="answer")
        )

    async def close(self) -> None:
        """Leave without a word."""
        if self._connection is not None:
            await self._connection.close()
        await self.learner.__aexit__(None, None, None)


@asynccontextmanager
async def class_bots(base_url: str, class_id: str, *people: str) -> AsyncIterator[list[ClassBot]]:
    """These people of the demo school in the class, until the block ends."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        bots = []
        for who in people:
            bot = ClassBot(base_url, http, who)
            stack.push_async_callback(bot.close)
            await bot.join(class_id)
            bots.append(bot)
        yield bots
