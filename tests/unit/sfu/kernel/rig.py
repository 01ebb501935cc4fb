"""A kernel with publishers and viewers around it, who seal and open with libsrtp and read with aiortc: no kernel code."""

import itertools
import struct
from collections.abc import Callable

from aiortc import rtp as codec
from pylibsrtp import Policy, Session

from sfu.kernel.table import (
    Codec,
    Extensions,
    Kernel,
    LegId,
    LegKeys,
    Punt,
    RouteId,
    RouteRow,
    SourceId,
    SourceRow,
    SrtpProfile,
)
from sfu.packet import rtcp, transport_cc

KernelFactory = Callable[[], Kernel]

GCM: SrtpProfile = "SRTP_AEAD_AES_128_GCM"
SHA1: SrtpProfile = "SRTP_AES128_CM_SHA1_80"
KEY_BYTES = {GCM: 28, SHA1: 30}
PROFILES = {
    GCM: Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    SHA1: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}

PUBLISHER_IDS = Extensions(
    mid=4, rid=10, repaired_rid=11, transport_cc=3, audio_level=1, orientation=13
)
VIEWER_IDS = Extensions(mid=9, transport_cc=5, audio_level=2, orientation=6)
VP8, H264, OPUS, RED = 100, 102, 111, 63
OUT_TYPES: dict[Codec, int] = {"vp8": VP8, "h264": H264}
AUDIO_OUT: dict[Codec, int] = {"opus": OPUS, "red": RED}
OUT_RTX = {VP8: 101, H264: 103}
SLOT_SSRC, SLOT_RTX_SSRC = 0x5000, 0x5001


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def later(self, seconds: float) -> None:
        self.now += seconds


class End:
    """A browser's side of one leg: its sessions, and what it got."""

    def __init__(self, kernel: Kernel, clock: Clock, leg: int, profile: SrtpProfile) -> None:
        self.kernel = kernel
        self.clock = clock
        self.leg = LegId(leg)
        self.address = ("192.0.2.1", 10_000 + leg)
        inbound, outbound = (
            bytes((leg & 0xFF,)) * KEY_BYTES[profile],
            bytes((leg + 1 & 0xFF,)) * KEY_BYTES[profile],
        )
        self.keys = LegKeys(profile=profile, inbound=inbound, outbound=outbound)
        self._sender = _session(profile, inbound, Policy.SSRC_ANY_OUTBOUND)
        self._receiver = _session(profile, outbound, Policy.SSRC_ANY_INBOUND)

    def open(self, extensions: Extensions) -> None:
        self.kernel.open_leg(self.leg, extensions)
        self.secure()

    def secure(self) -> None:
        self.kernel.secure_leg(self.leg, self.keys)
        self.kernel.set_address(self.leg, self.address)

    def send(self, packet: bytes) -> bool:
        return self.kernel.receive(self.leg, self._sender.protect(packet), self.clock.now)

    def send_rtcp(self, compound: bytes) -> bool:
        return self.kernel.receive(self.leg, self._sender.protect_rtcp(compound), self.clock.now)

    def open_datagram(self, datagram: bytes) -> bytes:
        if 192 <= datagram[1] <= 223:
            return self._receiver.unprotect_rtcp(datagram)
        return self._receiver.unprotect(datagram)


def _session(profile: SrtpProfile, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=PROFILES[profile])
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


class Rig:
    """The kernel, its clock and its ends; ids are given out in order."""

    def __init__(self, make_kernel: KernelFactory, profile: SrtpProfile = GCM) -> None:
        self.kernel = make_kernel()
        self.clock = Clock()
        self.profile = profile
        self.ends: dict[tuple[str, int], End] = {}
        self._ids = 0

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def end(self, extensions: Extensions) -> End:
        end = self.new_end()
        end.open(extensions)
        return end

    def new_end(self) -> End:
        """A leg that is not opened yet."""
        end = End(self.kernel, self.clock, self.next_id(), self.profile)
        self.ends[end.address] = end
        return end

    def publisher(self) -> End:
        return self.end(PUBLISHER_IDS)

    def viewer(self) -> "Viewer":
        return Viewer(self, self.end(VIEWER_IDS))

    def collect(self) -> dict[End, list[bytes]]:
        """What each end got since the last time, opened."""
        got: dict[End, list[bytes]] = {end: [] for end in self.ends.values()}
        for datagram, address in self.kernel.take_transmits():
            end = self.ends[(str(address[0]), address[1])]
            got[end].append(end.open_datagram(datagram))
        return got

    def punts(self, kind: type | None = None) -> list[Punt]:
        return [p for p in self.kernel.take_punts() if kind is None or isinstance(p, kind)]

    def drain(self) -> None:
        self.kernel.take_transmits()
        self.kernel.take_punts()


class Viewer:
    """A leg with one slot in it."""

    def __init__(self, rig: Rig, end: End) -> None:
        self.rig = rig
        self.end = end
        self.route = RouteId(rig.next_id())

    def slot(
        self,
        *,
        payload_types: dict[Codec, int] | None = None,
        rtx: bool = True,
        clock_rate: int = 90_000,
        nack: bool = True,
    ) -> "Viewer":
        self.rig.kernel.add_route(
            RouteRow(
                route=self.route,
                leg=self.end.leg,
                ssrc=SLOT_SSRC,
                mid="v0",
                clock_rate=clock_rate,
                payload_types=OUT_TYPES if payload_types is None else payload_types,
                rtx_ssrc=SLOT_RTX_SSRC if rtx else None,
                rtx=OUT_RTX if rtx else {},
                nack=nack,
            )
        )
        return self

    def play(self, stream: "Camera | None", max_temporal: int = 7) -> None:
        source = None if stream is None else stream.source
        self.rig.kernel.point_route(self.route, source, max_temporal)

    def rtp(self) -> list[codec.RtpPacket]:
        """The media packets that came, in order; whatever else came is dropped."""
        return [
            codec.RtpPacket.parse(plain, _viewer_map())
            for plain in self.rig.collect()[self.end]
            if not 192 <= plain[1] <= 223
        ]

    def nack(self, *lost: int) -> None:
        packet = codec.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=SLOT_SSRC, lost=list(lost))
        self.end.send_rtcp(bytes(packet))


def _viewer_map() -> codec.HeaderExtensionsMap:
    from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters

    extensions = codec.HeaderExtensionsMap()
    extensions.configure(
        RTCRtpParameters(
            headerExtensions=[
                RTCRtpHeaderExtensionParameters(
                    id=VIEWER_IDS.mid, uri="urn:ietf:params:rtp-hdrext:sdes:mid"
                ),
                RTCRtpHeaderExtensionParameters(
                    id=VIEWER_IDS.audio_level, uri="urn:ietf:params:rtp-hdrext:ssrc-audio-level"
                ),
                RTCRtpHeaderExtensionParameters(
                    id=VIEWER_IDS.transport_cc,
                    uri="http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
                ),
            ]
        )
    )
    return extensions


class Camera:
    """One stream of a publisher: by default VP8 with a long picture id and temporal layers, its numbers its own."""

    def __init__(
        self,
        rig: Rig,
        end: End,
        ssrc: int,
        *,
        payload_types: dict[int, Codec] | None = None,
        clock_rate: int = 90_000,
        mid: str | None = None,
        rid: str | None = None,
        known_ssrc: bool = True,
        rtx_ssrc: int | None = None,
        nack: bool = True,
        sequence: int = 65_000,
        timestamp: int = 0xFFFF_0000,
        picture_id: int = 0x7FF0,
    ) -> None:
        self.rig = rig
        self.end = end
        self.ssrc = ssrc
        self.source = SourceId(rig.next_id())
        self.sequence = sequence
        self.timestamp = timestamp
        self.picture_id = picture_id
        self.tl0_index = 250
        self.transport_number = 65_500
        self.payload_types = payload_types or {96: "vp8"}
        self.payload_type = next(iter(self.payload_types))
        self.clock_rate = clock_rate
        rig.kernel.add_source(
            SourceRow(
                source=self.source,
                leg=end.leg,
                payload_types=self.payload_types,
                clock_rate=clock_rate,
                ssrc=ssrc if known_ssrc else None,
                rtx_ssrc=rtx_ssrc,
                mid=mid,
                rid=rid,
                rtx={97: 96} if 96 in self.payload_types else {},
                nack=nack,
            )
        )

    def packet(
        self,
        payload: bytes,
        *,
        marker: bool = False,
        elements: dict[int, bytes] | None = None,
        payload_type: int | None = None,
        ssrc: int | None = None,
        sequence: int | None = None,
        padding: bytes = b"",
    ) -> bytes:
        """One RTP packet at the stream's place, which moves on."""
        self.transport_number = self.transport_number + 1 & 0xFFFF
        all_elements = {
            PUBLISHER_IDS.transport_cc: struct.pack("!H", self.transport_number),
            **(elements or {}),
        }
        block = b"".join(
            bytes((identifier << 4 | len(value) - 1,)) + value
            for identifier, value in all_elements.items()
        )
        block += bytes(-len(block) % 4)
        if sequence is None:
            sequence = self.sequence
            self.sequence = self.sequence + 1 & 0xFFFF
        kind = self.payload_type if payload_type is None else payload_type
        head = struct.pack(
            "!BBHIIHH",
            0x90 | (0x20 if padding else 0),
            (0x80 if marker else 0) | kind,
            sequence,
            self.timestamp & 0xFFFFFFFF,
            self.ssrc if ssrc is None else ssrc,
            0xBEDE,
            len(block) // 4,
        )
        return head + block + payload + padding

    def frame(
        self,
        *,
        key: bool = False,
        layer: int = 0,
        sync: bool = False,
        packets: int = 2,
        elements: dict[int, bytes] | None = None,
        mark: bytes = b"",
    ) -> list[bytes]:
        """The packets of the next VP8 frame, 33 ms after the last; the caller sends them, or some, or none."""
        self.timestamp += self.clock_rate // 30
        self.picture_id = self.picture_id + 1 & 0x7FFF
        if layer == 0:
            self.tl0_index = self.tl0_index + 1 & 0xFF
        made = []
        for place in range(packets):
            first = 0x90 if place == 0 else 0x80
            descriptor = struct.pack(
                "!BBHBB",
                first,
                0xE0,
                0x8000 | self.picture_id,
                self.tl0_index,
                layer << 6 | (0x20 if sync else 0),
            )
            head = b""
            if place == 0:
                head = b"\x10\0\0\x9d\x01\x2a\x80\x02\x68\x01" if key else b"\x11\0\0"
            body = head + mark + bytes((place,)) * 20
            made.append(
                self.packet(descriptor + body, marker=place == packets - 1, elements=elements)
            )
        return made

    def send(self, packets: list[bytes]) -> None:
        for packet in packets:
            self.end.send(packet)

    def send_frame(
        self, *, key: bool = False, layer: int = 0, sync: bool = False, packets: int = 2
    ) -> None:
        self.send(self.frame(key=key, layer=layer, sync=sync, packets=packets))

    def sender_report(self, ntp: int, timestamp: int | None = None) -> None:
        info = codec.RtcpSenderInfo(
            ntp_timestamp=ntp,
            rtp_timestamp=(self.timestamp if timestamp is None else timestamp) & 0xFFFFFFFF,
            packet_count=1,
            octet_count=1,
        )
        self.end.send_rtcp(bytes(codec.RtcpSrPacket(ssrc=self.ssrc, sender_info=info)))


class Picture:
    """What a VP8 payload says, read by hand for the tests."""

    def __init__(self, payload: bytes) -> None:
        self.starts = payload[0] & 0x10 != 0
        self.picture_id = struct.unpack_from("!H", payload, 2)[0] & 0x7FFF
        self.tl0_index = payload[4]
        self.layer = payload[5] >> 6
        self.body = payload[6:]


def one_to_one(rig: Rig) -> tuple[Camera, Viewer]:
    """A camera that a viewer sees: its key frame has gone out and was thrown away."""
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    viewer.play(camera)
    camera.send_frame(key=True)
    rig.drain()
    return camera, viewer


def feedback_to(rig: Rig, end: End) -> list[transport_cc.Feedback]:
    return [
        message
        for plain in rig.collect()[end]
        if 192 <= plain[1] <= 223
        for message in rtcp.parse(plain)
        if isinstance(message, transport_cc.Feedback)
    ]


def rtcp_to(rig: Rig, end: End) -> list[rtcp.Message]:
    return [
        message
        for plain in rig.collect()[end]
        if 192 <= plain[1] <= 223
        for message in rtcp.parse(plain)
    ]


def assert_unbroken(packets: list[codec.RtpPacket]) -> None:
    """Sequence numbers without holes, picture ids up by one a frame, timestamps forward, TL0 up by one a base frame."""
    for before, after in itertools.pairwise(packets):
        assert after.sequence_number == before.sequence_number + 1 & 0xFFFF
        earlier, later = Picture(before.payload), Picture(after.payload)
        ahead = after.timestamp - before.timestamp & 0xFFFFFFFF
        if later.starts:
            assert later.picture_id == earlier.picture_id + 1 & 0x7FFF
            assert 0 < ahead < 0x8000_0000
            expected = earlier.tl0_index + (later.layer == 0) & 0xFF
            assert later.tl0_index == expected
        else:
            assert later.picture_id == earlier.picture_id
            assert ahead == 0
