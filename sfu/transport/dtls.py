"""DTLS of one browser over the shared port: aiortc's certificate and profiles, driven datagram by datagram.

aiortc's own RTCDtlsTransport runs a task per peer and reads `data[0]` of whatever arrives; here OpenSSL's memory BIOs
are fed only with what the guard let through, and nothing waits.
"""

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    X509_DIGEST_ALGORITHMS,
    RTCCertificate,
    SRTPProtectionProfile,
    certificate_digest,
)
from OpenSSL import SSL

from sfu.types import Keys

# A 128-bit key costs a third less per packet than aiortc's first choice and is as safe for a class.
PROFILES: tuple[SRTPProtectionProfile, ...] = tuple(
    profile
    for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80)
    if profile in SRTP_PROFILES
)
MTU_BYTES = 1200
RECORD_HEADER_BYTES = 13  # RFC 6347, section 4.1
READ_BYTES = 65_536
# OpenSSL's memory BIO keeps what its reader leaves, without a bound, and some records make it leave all that follow.
HANDSHAKE_MOST_BYTES = 262_144
AFTERWARDS_MOST_BYTES = 65_536  # a flight once more, and a goodbye
APPLICATION_DATA = b"\x17"  # there are no data channels here


class Identity:
    """The node's certificate, one for all its browsers, and the OpenSSL context made of it."""

    def __init__(self) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.context: SSL.Context = certificate._create_ssl_context(srtp_profiles=list(PROFILES))
        self.fingerprint = next(
            print_.value
            for print_ in certificate.getFingerprints()
            if print_.algorithm == "sha-256"
        )


class Dtls:
    """The server's half of one handshake: datagrams in, datagrams out, keys at the end."""

    def __init__(self, identity: Identity, fingerprints: tuple[tuple[str, str], ...]) -> None:
        self._expected = fingerprints
        self._ssl = SSL.Connection(identity.context)
        self._ssl.set_accept_state()
        self._ssl.set_ciphertext_mtu(MTU_BYTES)
        self._room_bytes = HANDSHAKE_MOST_BYTES
        self.keys: Keys | None = None
        self.failed = False
        self.closed = False

    def receive(self, datagram: bytes) -> list[bytes]:
        """Take one datagram; what must be sent for it comes back."""
        if self.failed or self.closed or not self._takes(datagram):
            return []
        try:
            self._ssl.bio_write(datagram)
            if self.keys is None:
                self._shake()
            else:
                self._drain()
        except SSL.Error:
            self.failed = self.keys is None
        return self._flush()

    def _takes(self, datagram: bytes) -> bool:
        """Whether there is room for it: whoever fills it up is lost by her silence, and harms nobody else."""
        if len(datagram) > self._room_bytes or datagram[:1] == APPLICATION_DATA:
            return False
        self._room_bytes -= len(datagram)
        return True

    def timeout_s(self) -> float | None:
        """How long until a flight must be sent again; None when nothing is outstanding."""
        timeout: float | None = self._ssl.DTLSv1_get_timeout()
        return timeout

    def resend(self) -> list[bytes]:
        """The flight again, when its time is up."""
        if self.failed or self.closed:
            return []
        try:
            self._ssl.DTLSv1_handle_timeout()
        except SSL.Error:
            self.failed = self.keys is None
        return self._flush()

    def close(self) -> list[bytes]:
        """Say goodbye."""
        if self.failed or self.closed or self.keys is None:
            return []
        self.closed = True
        try:
            self._ssl.shutdown()
        except SSL.Error:
            return []
        return self._flush()

    def _shake(self) -> None:
        try:
            self._ssl.do_handshake()
        except SSL.WantReadError:
            return
        if not self._is_expected():
            self.failed = True
            return
        self.keys = self._export()
        self.failed = self.keys is None
        self._room_bytes = AFTERWARDS_MOST_BYTES

    def _drain(self) -> None:
        """After the handshake only alerts matter: there are no data channels here."""
        try:
            self._ssl.recv(READ_BYTES)
        except SSL.ZeroReturnError:
            self.closed = True
        except SSL.WantReadError:
            return

    def _is_expected(self) -> bool:
        """RFC 8122: every fingerprint of a kind that we know must match, and there must be one."""
        certificate = self._ssl.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return False
        known = [(kind, value) for kind, value in self._expected if kind in X509_DIGEST_ALGORITHMS]
        return bool(known) and all(
            certificate_digest(certificate, kind) == value for kind, value in known
        )

    def _export(self) -> Keys | None:
        name = self._ssl.get_selected_srtp_profile()
        for profile in PROFILES:
            if profile.openssl_profile != name:
                continue
            material = self._ssl.export_keying_material(
                b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
            )
            return Keys(
                profile=profile.openssl_profile,
                inbound=profile.get_key_and_salt(material, 0),
                outbound=profile.get_key_and_salt(material, 1),
            )
        return None

    def _flush(self) -> list[bytes]:
        """A memory BIO forgets where datagrams ended, so records are packed anew, never cut."""
        try:
            data = self._ssl.bio_read(READ_BYTES)
        except SSL.Error:
            return []
        return pack_records(data)


def pack_records(data: bytes) -> list[bytes]:
    """Whole DTLS records into datagrams of at most MTU_BYTES."""
    datagrams: list[bytes] = []
    start = at = 0
    while at + RECORD_HEADER_BYTES <= len(data):
        end = at + record_length(data, at)
        if end - start > MTU_BYTES and at > start:
            datagrams.append(data[start:at])
            start = at
        at = end
    if start < len(data):
        datagrams.append(data[start:])
    return datagrams


def record_length(data: bytes, at: int) -> int:
    """Header and body of the record at `at`; a DTLS 1.3 record (unified header) runs to the end."""
    if data[at] & 0xE0 == 0x20:
        return len(data) - at
    return RECORD_HEADER_BYTES + int.from_bytes(data[at + 11 : at + 13], "big")
