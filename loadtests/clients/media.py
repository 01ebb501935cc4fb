"""A WebRTC client that is light enough to be forty viewers at once: ICE, DTLS, SRTP, feedback; it decodes nothing.

It serves any server: it makes and reads the SDP itself. Viewers read the clear part of each packet (RFC 3711 leaves the
header open), count, and answer with transport-cc reports and receiver reports as browsers do; a sample is opened in
full, so that what is counted is known to be good and its age is known.
"""

import asyncio
import secrets
import socket
import struct
from time import perf_counter
from typing import TYPE_CHECKING

from aioice import stun
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from sfu.packet import rtcp, transport_cc

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
MID_ID, TRANSPORT_CC_ID = 4, 3
OPUS, VP8, RTX = 111, 96, 97
AUDIO_SSRC, VIDEO_SSRC, RTX_SSRC = 1001, 1002, 1003
PROFILES = {b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12)}
BATCH = 64
FEEDBACK_EVERY_S = 0.1
ROUNDS_PER_REPORT = 10
CONSENT_EVERY_S = 0.5
CHECK_EVERY_S = 0.05
SAMPLE_EVERY = 16
STAMP = struct.Struct("!d")
CODEC_LINES = {
    "audio": (
        f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}",
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=rtcp-fb:{OPUS} transport-cc",
    ),
    "video": (
        f"m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}",
        f"a=rtpmap:{VP8} VP8/90000",
        f"a=rtcp-fb:{VP8} nack",
        f"a=rtcp-fb:{VP8} nack pli",
        f"a=rtcp-fb:{VP8} transport-cc",
        f"a=rtpmap:{RTX} rtx/90000",
        f"a=fmtp:{RTX} apt={VP8}",
    ),
}


class Remote:
    """What of the server's SDP matters."""

    def __init__(self, sdp: str) -> None:
        self.ufrag = self.password = self.setup = ""
        self.address: tuple[str, int] | None = None
        self.mids: list[tuple[str, str]] = []
        for line in sdp.splitlines():
            key, _, value = line.partition(":")
            if line.startswith("m="):
                self.mids.append((line[2:].split()[0], ""))
            elif key == "a=mid" and self.mids:
                self.mids[-1] = (self.mids[-1][0], value)
            elif key == "a=ice-ufrag":
                self.ufrag = value
            elif key == "a=ice-pwd":
                self.password = value
            elif key == "a=setup":
                self.setup = value
            elif key == "a=candidate" and self.address is None:
                parts = value.split()
                if parts[2].lower() == "udp" and ":" not in parts[4]:
                    self.address = (parts[4], int(parts[5]))


class Connection:
    """One WebRTC connection over one socket."""

    def __init__(self, host: str, certificate: RTCCertificate, *, feedback: bool = True) -> None:
        self.loop = asyncio.get_running_loop()
        self.ready = self.loop.create_future()
        self.packets = self.bytes = self.opened = self.broken = 0
        self.first_video_at: float | None = None
        self.ages_s: list[float] = []
        self.on_rtcp: Callable[[bytes], None] | None = None
        self._feedback = feedback
        self._ufrag = secrets.token_hex(4)
        self._password = secrets.token_hex(12)
        self._fingerprint = next(
            f for f in certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        self._certificate = certificate
        self._dtls: SSL.Connection | None = None
        self._outbound: Session | None = None
        self._inbound: Session | None = None
        self._numbers: dict[int, float] = {}
        self._newest = -1
        self._base = -1
        self._report = 0
        self._video = b""
        self._audio_ssrc = 0
        self._timers: list[asyncio.Task[None]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self._socket.setblocking(False)
        self._socket.bind((host, 0))

    # SDP.

    def description(self, lines: list[tuple[str, str]], *, direction: str, setup: str) -> str:
        """Our side: (kind, mid) of each m-line, one direction for all."""
        host, port = self._socket.getsockname()
        mids = " ".join(mid for _, mid in lines)
        out = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        out += ["a=msid-semantic:WMS *"]
        for kind, mid in lines:
            out += [
                line for line in CODEC_LINES[kind] if self._feedback or "transport-cc" not in line
            ]
            out += [
                "c=IN IP4 0.0.0.0",
                f"a=mid:{mid}",
                f"a={direction}",
                "a=rtcp-mux",
                f"a=extmap:{MID_ID} {MID}",
                f"a=ice-ufrag:{self._ufrag}",
                f"a=ice-pwd:{self._password}",
                f"a=fingerprint:sha-256 {self._fingerprint.value}",
                f"a=setup:{setup}",
                f"a=candidate:1 1 udp 2113937151 {host} {port} typ host",
            ]
            if self._feedback:
                out.append(f"a=extmap:{TRANSPORT_CC_ID} {TRANSPORT_CC}")
            if direction == "sendonly":
                out += _ssrc_lines(kind)
        return "\r\n".join(out) + "\r\n"

    # Setting up.

    async def connect(self, sdp: str, *, we_offered: bool, within_s: float = 15) -> None:
        """Check, shake hands, and be ready for media."""
        remote = Remote(sdp)
        assert remote.address is not None, "the server's SDP has no IPv4 candidate"
        self._remote = remote
        self.loop.add_reader(self._socket, self._readable)
        is_client = remote.setup == "passive" or (remote.setup == "actpass" and not we_offered)
        profiles = [profile for profile in SRTP_PROFILES if profile.openssl_profile in PROFILES]
        context = self._certificate._create_ssl_context(profiles)
        self._dtls = SSL.Connection(context)
        if is_client:
            self._dtls.set_connect_state()
        else:
            self._dtls.set_accept_state()
        self._is_client = is_client
        self._timers.append(asyncio.ensure_future(self._keep_checking()))
        await asyncio.wait_for(asyncio.shield(self.ready), within_s)
        self._timers.append(asyncio.ensure_future(self._keep_reporting()))

    async def _keep_checking(self) -> None:
        while True:
            self._check()
            if self._dtls is not None and not self.ready.done() and self._checked:
                self._shake()
            await asyncio.sleep(CONSENT_EVERY_S if self.ready.done() else CHECK_EVERY_S)

    _checked = False

    def _check(self) -> None:
        message = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={
                "USERNAME": f"{self._remote.ufrag}:{self._ufrag}",
                "PRIORITY": 1,
                "ICE-CONTROLLING": 1,
                "USE-CANDIDATE": None,
            },
        )
        message.add_message_integrity(self._remote.password.encode())
        self._send(bytes(message))

    def _stun(self, data: bytes, address: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        if message.message_class == stun.Class.RESPONSE and not self._checked:
            self._checked = True
            self._shake()
        elif message.message_class == stun.Class.REQUEST:
            answer = stun.Message(
                stun.Method.BINDING,
                stun.Class.RESPONSE,
                transaction_id=message.transaction_id,
                attributes={"XOR-MAPPED-ADDRESS": address},
            )
            answer.add_message_integrity(self._password.encode())
            self._socket.sendto(bytes(answer), address)

    def _shake(self) -> None:
        assert self._dtls is not None
        try:
            self._dtls.do_handshake()
        except SSL.WantReadError:
            self._drain_dtls()
            return
        self._drain_dtls()
        if not self.ready.done():
            self._take_keys()
            self.ready.set_result(None)

    def _drain_dtls(self) -> None:
        assert self._dtls is not None
        while True:
            try:
                self._send(self._dtls.bio_read(1500))
            except SSL.WantReadError:
                return

    def _take_keys(self) -> None:
        assert self._dtls is not None
        profile, key, salt = PROFILES[self._dtls.get_selected_srtp_profile()]
        material = self._dtls.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        ours, theirs = (client, server) if self._is_client else (server, client)
        self._outbound = _session(profile, ours, Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _session(profile, theirs, Policy.SSRC_ANY_INBOUND)

    # Media.

    def send_rtp(self, packet: bytes) -> None:
        """Seal and send."""
        if self._outbound is not None:
            self._send(self._outbound.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        """Seal and send."""
        if self._outbound is not None:
            self._send(self._outbound.protect_rtcp(packet))

    def _send(self, data: bytes) -> None:
        address = self._remote.address
        assert address is not None, "connected before it sends"
        try:
            self._socket.sendto(data, address)
        except BlockingIOError:
            self.broken += 1

    def _readable(self) -> None:
        try:
            for _ in range(BATCH):
                data, address = self._socket.recvfrom(2048)
                if data and 128 <= data[0] <= 191:
                    self._media(data)
                elif data and data[0] <= 3:
                    self._stun(data, address)
                elif self._dtls is not None and not self.ready.done():
                    self._dtls.bio_write(data)
                    self._shake()
        except BlockingIOError:
            pass

    def _media(self, data: bytes) -> None:
        now = perf_counter()
        if 192 <= data[1] <= 223:
            if self.on_rtcp is not None and self._inbound is not None:
                self.on_rtcp(self._inbound.unprotect_rtcp(data))
            return
        self.packets += 1
        self.bytes += len(data)
        self._audio_ssrc = int.from_bytes(data[8:12])
        if len(data) > 600:
            self._video = data[2:12]
            if self.first_video_at is None:
                self.first_video_at = now
        number = _transport_number(data) if self._feedback else None
        if number is not None:
            ahead = number - self._newest & 0xFFFF
            self._newest = (
                number + 65536
                if self._newest < 0
                else self._newest + (ahead if ahead < 0x8000 else ahead - 65536)
            )
            self._numbers[self._newest] = now
        if len(data) > 600 and self.packets % SAMPLE_EVERY == 0:
            self._sample(data, now)

    def _sample(self, data: bytes, now: float) -> None:
        assert self._inbound is not None
        try:
            packet = self._inbound.unprotect(data)
        except SrtpError:
            self.broken += 1
            return
        self.opened += 1
        self.ages_s.append(now - STAMP.unpack_from(packet, len(packet) - STAMP.size)[0])

    async def _keep_reporting(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(FEEDBACK_EVERY_S)
            rounds += 1
            if rounds % ROUNDS_PER_REPORT == 0:
                self.send_rtcp(self._reception())
            arrivals = sorted(self._numbers.items())
            self._numbers.clear()
            while arrivals:
                base = arrivals[0][0] if self._base < 0 else min(self._base, arrivals[0][0])
                report, held = transport_cc.pack(
                    sender_ssrc=1,
                    media_ssrc=0,
                    count=self._report,
                    base=base,
                    arrivals=arrivals,
                )
                self._report = self._report + 1 & 0xFF
                self._base = arrivals[held - 1][0] + 1
                del arrivals[:held]
                self.send_rtcp(report)

    def _reception(self) -> bytes:
        """A receiver report without loss: all that a plain viewer says of its link."""
        highest, ssrc = (
            struct.unpack("!H4xI", self._video) if self._video else (0, self._audio_ssrc)
        )
        block = rtcp.ReceptionReport(
            ssrc=ssrc,
            fraction_lost=0,
            packets_lost=0,
            highest_sequence=highest,
            jitter=0,
            lsr=0,
            dlsr=0,
        )
        return rtcp.receiver_report(1, [block])

    async def close(self) -> None:
        """Leave without a word."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(*self._timers, return_exceptions=True)
        self.loop.remove_reader(self._socket)
        self._socket.close()


def _ssrc_lines(kind: str) -> list[str]:
    if kind == "audio":
        return [f"a=ssrc:{AUDIO_SSRC} cname:load", "a=msid:load audio"]
    return [
        f"a=ssrc-group:FID {VIDEO_SSRC} {RTX_SSRC}",
        f"a=ssrc:{VIDEO_SSRC} cname:load",
        f"a=ssrc:{RTX_SSRC} cname:load",
        "a=msid:load video",
    ]


def _session(profile: int, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


def _transport_number(data: bytes) -> int | None:
    """The transport-cc number in the clear header, where it is the first element or behind one other."""
    if not data[0] & 0x10 or data[12:14] != b"\xbe\xde":
        return None
    position, end = 16, 16 + 4 * (data[14] << 8 | data[15])
    while position < end:
        head = data[position]
        if head >> 4 == TRANSPORT_CC_ID:
            return data[position + 1] << 8 | data[position + 2]
        position += 1 if not head else (head & 15) + 2
    return None


class Lecture:
    """One publisher's stream: VP8 at 30 frames a second in bursts of 6, 6, 5 packets of 1100 bytes, and Opus."""

    PACKETS_PER_S = 170 + 50

    def __init__(self, connection: Connection, mids: tuple[str, str]) -> None:
        self._connection = connection
        self._audio_mid, self._video_mid = (mid.encode() for mid in mids)
        self._sequences = {AUDIO_SSRC: 100, VIDEO_SSRC: 200}
        self._picture = 0
        self._transport = 0
        self._key_wanted = True
        self.sent = 0
        self.plis = 0
        connection.on_rtcp = self._hear

    def _hear(self, compound: bytes) -> None:
        for message in rtcp.parse(compound):
            if isinstance(message, rtcp.KeyFrameRequest):
                self.plis += 1
                self._key_wanted = True

    async def play(self) -> None:
        """Until cancelled."""
        start = perf_counter()
        frame = 0
        while True:
            self._frame(6 if frame % 3 else 5)
            for _ in range(2 if frame % 3 else 1):
                self._packet(AUDIO_SSRC, OPUS, self._audio_mid, frame * 1600, 0, bytes(100))
            frame += 1
            await asyncio.sleep(max(0.0, start + frame / 30 - perf_counter()))

    def _frame(self, packets: int) -> None:
        key, self._key_wanted = self._key_wanted or self._picture % 300 == 0, False
        self._picture = self._picture + 1 & 0x7FFF
        for place in range(packets):
            head = struct.pack(
                "!BBH", 0x90 if place == 0 else 0x80, 0x80, 0x8000 | self._picture
            ) + (b"\x10\0\0\x9d\x01\x2a\0\x05\xd0\x02" if key else b"\x11" + bytes(9))
            body = head + bytes(1100 - len(head) - STAMP.size) + STAMP.pack(perf_counter())
            marker = 0x80 if place == packets - 1 else 0
            self._packet(VIDEO_SSRC, VP8, self._video_mid, self._picture * 3000, marker, body)

    def _packet(
        self, ssrc: int, kind: int, mid: bytes, timestamp: int, marker: int, body: bytes
    ) -> None:
        self._sequences[ssrc] = sequence = self._sequences[ssrc] + 1 & 0xFFFF
        self._transport = self._transport + 1 & 0xFFFF
        block = struct.pack("!BH", TRANSPORT_CC_ID << 4 | 1, self._transport)
        block += bytes((MID_ID << 4 | len(mid) - 1,)) + mid
        block += bytes(-len(block) % 4)
        head = struct.pack(
            "!BBHIIHH",
            0x90,
            marker | kind,
            sequence,
            timestamp & 0xFFFFFFFF,
            ssrc,
            0xBEDE,
            len(block) // 4,
        )
        self.sent += 1
        self._connection.send_rtp(head + block + body)
