"""Browsers without a window: aiortc peers that publish generated sound and pictures, and count what they decode."""

import asyncio
import fractions
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

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
from aiortc.mediastreams import MediaStreamError

from sfu import commands

Ask = Callable[[bytes], Awaitable[bytes]]
SAMPLE_RATE = 48_000
FRAME_SAMPLES = 960
TONE_HZ = 440


class Pictures(MediaStreamTrack):
    """A grey frame that gets lighter, 20 a second."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 240) -> None:
        super().__init__()
        self._size = (width, height)
        self._sent = 0

    async def recv(self) -> av.VideoFrame:
        """The next picture, when its time has come."""
        await asyncio.sleep(0.05)
        frame = av.VideoFrame(*self._size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([(16 + self._sent * 8) % 220]) * plane.buffer_size)
        frame.pts = self._sent * 4500
        frame.time_base = fractions.Fraction(1, 90_000)
        self._sent += 1
        return frame


class Tone(MediaStreamTrack):
    """A steady tone in frames of 20 ms."""

    kind = "audio"

    def __init__(self, *, loud: bool = True) -> None:
        super().__init__()
        self._amplitude = 12_000 if loud else 0
        self._sent = 0

    async def recv(self) -> av.AudioFrame:
        """The next 20 ms, when their time has come."""
        await asyncio.sleep(FRAME_SAMPLES / SAMPLE_RATE)
        first = self._sent * FRAME_SAMPLES
        step = 2 * math.pi * TONE_HZ / SAMPLE_RATE
        samples = (
            int(self._amplitude * math.sin(step * (first + i))) for i in range(FRAME_SAMPLES)
        )
        frame = av.AudioFrame("s16", "mono", FRAME_SAMPLES)
        frame.planes[0].update(b"".join(s.to_bytes(2, "little", signed=True) for s in samples))
        frame.sample_rate = SAMPLE_RATE
        frame.pts = first
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._sent += 1
        return frame


@dataclass(slots=True, kw_only=True)
class Received:
    """What one slot has decoded so far."""

    frames: int = 0
    loudest: int = 0
    widths: set[int] = field(default_factory=set)
    shades: set[int] = field(default_factory=set)


class Bot:
    """One person: at most one sending and one receiving connection."""

    def __init__(self, ask: Ask, room: str, peer: str) -> None:
        aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
        self.room = room
        self.peer = peer
        self.received: dict[str, Received] = {}
        self._ask = ask
        self._connections: list[RTCPeerConnection] = []
        self._readers: list[asyncio.Task[None]] = []
        self._changed = asyncio.Condition()

    async def ask(self, request: commands.Request) -> commands.Reply:
        """One request to the node."""
        reply: commands.Reply = commands.decode_reply(await self._ask(commands.encode(request)))
        return reply

    async def publish(
        self, *, video_codec: str = "video/VP8", pictures: Pictures | None = None
    ) -> None:
        """Send a tone and pictures as mic and camera."""
        connection = await self._offering(video_codec, pictures)
        reply = await self.ask(
            commands.Publish(
                room=self.room,
                peer=self.peer,
                sdp=connection.localDescription.sdp,
                sources=["mic", "camera"],
            )
        )
        await _answered(connection, reply)

    async def whip(self) -> None:
        """The same by WHIP."""
        connection = await self._offering("video/VP8", None)
        sdp = connection.localDescription.sdp
        await _answered(
            connection,
            await self.ask(commands.WhipPublish(room=self.room, peer=self.peer, sdp=sdp)),
        )

    async def subscribe(self) -> None:
        """Open the receiving connection and decode whatever comes."""
        reply = await self.ask(commands.Subscribe(room=self.room, peer=self.peer))
        assert isinstance(reply, commands.Offer), reply
        connection = self._connection()
        await connection.setRemoteDescription(RTCSessionDescription(sdp=reply.sdp, type="offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        sdp = connection.localDescription.sdp
        done = await self.ask(
            commands.SubscribeAnswer(room=self.room, peer=self.peer, n=reply.n, sdp=sdp)
        )
        assert isinstance(done, commands.Done), done

    async def whep(self, publisher: str) -> None:
        """Play one person by WHEP."""
        connection = self._connection()
        connection.addTransceiver("audio", direction="recvonly")
        connection.addTransceiver("video", direction="recvonly")
        await connection.setLocalDescription(await connection.createOffer())
        sdp = connection.localDescription.sdp
        reply = await self.ask(
            commands.WhepPlay(room=self.room, peer=self.peer, sdp=sdp, publisher=publisher)
        )
        await _answered(connection, reply)

    async def want(self, **widths: int) -> None:
        """Show the cameras of these people."""
        tracks = [commands.Wanted(track=f"{p}/camera", width=w) for p, w in widths.items()]
        await self.ask(commands.Want(room=self.room, peer=self.peer, tracks=tracks))

    async def until(
        self, seen: Callable[[dict[str, Received]], bool], within_s: float = 60
    ) -> None:
        """Wait until what was decoded satisfies `seen`."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(lambda: seen(self.received))

    async def close(self) -> None:
        """Hang up without a word to the node."""
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        for connection in self._connections:
            await connection.close()

    def _connection(self) -> RTCPeerConnection:
        connection = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connections.append(connection)

        def on_track(track: MediaStreamTrack) -> None:
            mid = next(t.mid for t in connection.getTransceivers() if t.receiver.track is track)
            self._readers.append(asyncio.ensure_future(self._read(f"{mid}", track)))

        connection.on("track", on_track)
        return connection

    async def _offering(self, video_codec: str, pictures: Pictures | None) -> RTCPeerConnection:
        connection = self._connection()
        connection.addTransceiver(Tone(), direction="sendonly")
        video = connection.addTransceiver(pictures or Pictures(), direction="sendonly")
        known = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([c for c in known if c.mimeType in (video_codec, "video/rtx")])
        await connection.setLocalDescription(await connection.createOffer())
        return connection

    async def _read(self, mid: str, track: MediaStreamTrack) -> None:
        received = self.received.setdefault(mid, Received())
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                async with self._changed:
                    received.frames += 1
                    _look(frame, received)
                    self._changed.notify_all()


def _look(frame: object, received: Received) -> None:
    if isinstance(frame, av.AudioFrame):
        data = bytes(frame.planes[0])
        samples = (
            int.from_bytes(data[i : i + 2], "little", signed=True) for i in range(0, 400, 2)
        )
        received.loudest = max(received.loudest, *samples)
    elif isinstance(frame, av.VideoFrame):
        received.widths.add(frame.width)
        received.shades.add(bytes(frame.planes[0])[0])


async def _answered(connection: RTCPeerConnection, reply: commands.Reply) -> None:
    assert isinstance(reply, commands.Answer), reply
    await connection.setRemoteDescription(RTCSessionDescription(sdp=reply.sdp, type="answer"))


@asynccontextmanager
async def bots(ask: Ask, room: str, *peers: str) -> AsyncIterator[list[Bot]]:
    """People of one room, hung up at the end."""
    people = [Bot(ask, room, peer) for peer in peers]
    try:
        yield people
    finally:
        for bot in people:
            await bot.close()
