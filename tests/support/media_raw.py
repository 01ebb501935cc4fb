"""A browser's transport by hand: STUN checks, a DTLS client and SRTP over a plain UDP socket, to send what no browser would."""

import asyncio
import secrets
import socket
import weakref

from aioice import stun as codec
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate
from OpenSSL import SSL
from pylibsrtp import Policy, Session

from sfu.transport import sdp

ADDRESS = tuple[str, int]


class ClientDtls:
    """The browser's half of the handshake."""

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()
        self.fingerprint = next(
            f.value for f in self.certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        self._ssl = SSL.Connection(
            self.certificate._create_ssl_context(srtp_profiles=SRTP_PROFILES)
        )
        self._ssl.set_connect_state()
        self.done = False

    def step(self, datagram: bytes | None = None) -> bytes:
        """Take a datagram, give what to send."""
        if datagram is not None:
            self._ssl.bio_write(datagram)
        try:
            self._ssl.do_handshake()
            self.done = True
        except SSL.WantReadError:
            pass
        return self._read()

    def goodbye(self) -> bytes:
        """A close alert."""
        self._ssl.shutdown()
        return self._read()

    def profile(self) -> bytes:
        """What was agreed on."""
        name: bytes = self._ssl.get_selected_srtp_profile()
        return name

    def keys(self) -> tuple[bytes, bytes]:
        """Ours and the server's key with salt."""
        profile = next(p for p in SRTP_PROFILES if p.openssl_profile == self.profile())
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        return profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)

    def outbound(self) -> Session:
        """SRTP of what we send."""
        return self._session(self.keys()[0], Policy.SSRC_ANY_OUTBOUND)

    def inbound(self) -> Session:
        """SRTP of what the node sends."""
        return self._session(self.keys()[1], Policy.SSRC_ANY_INBOUND)

    def _session(self, key: bytes, direction: int) -> Session:
        profile = next(p for p in SRTP_PROFILES if p.openssl_profile == self.profile())
        return Session(Policy(key=key, ssrc_type=direction, srtp_profile=profile.libsrtp_profile))

    def _read(self) -> bytes:
        try:
            data: bytes = self._ssl.bio_read(65_536)
        except SSL.Error:
            return b""
        return data


class RawClient:
    """A UDP socket with what a publisher's offer and the node's answer agreed on."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.server: ADDRESS = (host, port)
        self.dtls = ClientDtls()
        self.ufrag = secrets.token_hex(4)
        self.password = secrets.token_hex(12)
        self.remote_ufrag = ""
        self.remote_password = ""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind((host, 0))
        weakref.finalize(self, self.sock.close)  # when the test failed before it could

    def offer(
        self,
        fingerprint: str | None = None,
        *,
        kind: str = "audio",
        direction: str = "sendonly",
        names_ssrc: bool = True,
    ) -> str:
        """One microphone, or one camera."""
        codec = {
            "audio": ["a=rtpmap:111 opus/48000/2", "a=ssrc:4242 cname:raw"],
            "video": ["a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli", "a=ssrc:4343 cname:raw"],
        }
        lines = [
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0",
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {111 if kind == 'audio' else 96}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {fingerprint or self.dtls.fingerprint}",
            "a=setup:actpass",
            "a=mid:0",
            f"a=extmap:1 {sdp.AUDIO_LEVEL}",
            f"a=extmap:4 {sdp.MID}",
            f"a={direction}",
            "a=rtcp-mux",
            *codec[kind][: None if names_ssrc and direction == "sendonly" else -1],
        ]
        return "\r\n".join(lines) + "\r\n"

    def answered(self, answer: str) -> None:
        """Take the node's credentials."""
        remote = sdp.parse(answer, 65_536).remote
        self.remote_ufrag, self.remote_password = remote.ufrag, remote.password

    def check(self, *, password: str | None = None, nominate: bool = True) -> bytes:
        """A connectivity check."""
        message = codec.Message(
            message_method=codec.Method.BINDING,
            message_class=codec.Class.REQUEST,
            attributes={
                "USERNAME": f"{self.remote_ufrag}:{self.ufrag}",
                "PRIORITY": 1,
                "ICE-CONTROLLING": 7,
            },
        )
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or self.remote_password).encode())
        return bytes(message)

    def send(self, data: bytes, sock: socket.socket | None = None) -> None:
        """To the node."""
        (sock or self.sock).sendto(data, self.server)

    async def receive(self, within_s: float = 30) -> bytes:
        """The next datagram from the node; the node's own checks are answered on the way."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            while True:
                data = await loop.sock_recv(self.sock, 2048)
                if data[:2] == b"\x00\x01":
                    self._answer(data)
                else:
                    return data

    async def connect(self) -> None:
        """Check, shake hands."""
        self.send(self.check())
        assert (await self.receive())[:2] == b"\x01\x01"
        flight = self.dtls.step()
        while not self.dtls.done:
            self.send(flight)
            flight = self.dtls.step(await self.receive())
        if flight:
            self.send(flight)

    def _answer(self, request: bytes) -> None:
        asked = codec.parse_message(request)
        answer = codec.Message(
            message_method=codec.Method.BINDING,
            message_class=codec.Class.RESPONSE,
            transaction_id=asked.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": self.server},
        )
        answer.add_message_integrity(self.password.encode())
        self.send(bytes(answer))

    def close(self) -> None:
        """Give the port back."""
        self.sock.close()


def opus(sequence: int, *, ssrc: int = 4242, level: int = 20, payload_type: int = 111) -> bytes:
    """A plain RTP packet with an audio level, as the raw offer says."""
    header = (
        bytes([0x90, payload_type])
        + sequence.to_bytes(2, "big")
        + (sequence * 960).to_bytes(4, "big")
    )
    extension = b"\xbe\xde\x00\x01" + bytes([0x10, level & 0x7F]) + b"\x00\x00"
    return header + ssrc.to_bytes(4, "big") + extension + b"\xfc" + bytes(60)


def vp8(sequence: int, *, key: bool, ssrc: int = 4343) -> bytes:
    """One small VP8 frame in one packet."""
    header = (
        bytes([0x80, 0x80 | 96])
        + sequence.to_bytes(2, "big")
        + (sequence * 3000).to_bytes(4, "big")
    )
    start = b"\x10"  # begins a partition
    frame = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00" if key else b"\x11\x02\x00"
    return header + ssrc.to_bytes(4, "big") + start + frame + bytes(40)


def pli(media_ssrc: int) -> bytes:
    """A viewer's wish for a key frame."""
    return b"\x81\xce\x00\x02" + (1).to_bytes(4, "big") + media_ssrc.to_bytes(4, "big")


def nack(media_ssrc: int, sequence: int) -> bytes:
    """A viewer's wish for 17 packets again."""
    body = (
        (1).to_bytes(4, "big")
        + media_ssrc.to_bytes(4, "big")
        + sequence.to_bytes(2, "big")
        + b"\xff\xff"
    )
    return b"\x81\xcd\x00\x03" + body
