"""SDP of the node: aiortc's parser made safe and given rid and simulcast; answers and offers written line by line.

What an outsider sends is bounded before it is parsed, and whatever the parser makes of it that is not a description
becomes BadOffer with a sentence. What we write is small and always the same shape, so it is written, not assembled.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription, grouplines

from sfu.errors import BadOffer
from sfu.types import Local, Remote

Kind = Literal["audio", "video"]

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION = "urn:3gpp:video-orientation"
CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
CONTENT_TYPE = "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"

# The ids of our own offers; a client's offer brings its own.
OUR_EXTENSIONS: dict[str, int] = {
    AUDIO_LEVEL: 1,
    TRANSPORT_CC: 3,
    MID: 4,
    PLAYOUT_DELAY: 5,
    CONTENT_TYPE: 6,
    CAPTURE_TIME: 7,
    ORIENTATION: 13,
}
OF_KIND: dict[Kind, tuple[str, ...]] = {
    "audio": (MID, AUDIO_LEVEL, TRANSPORT_CC, CAPTURE_TIME),
    "video": (
        MID,
        RID,
        REPAIRED_RID,
        TRANSPORT_CC,
        ORIENTATION,
        CAPTURE_TIME,
        PLAYOUT_DELAY,
        CONTENT_TYPE,
    ),
}
MAX_EXTENSION_ID = 14  # one-byte header form, RFC 8285

UDP_TYPE = 126
TCP_TYPE = 90  # whenever UDP works it is better

MAX_LINES = 6000
MAX_MEDIA_LINES = 500
MAX_MEDIA = 64
MAX_CODECS = 128  # rtpmap lines of an m-line; there are no more payload types
MAX_WILDCARDS = 16  # rtcp-fb lines of an m-line for every codec: each is multiplied by the codecs
MAX_RIDS = 3
MAX_FINGERPRINTS = 8
MAX_TOKEN = 256
FAULTS = (
    ValueError,
    AssertionError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    StopIteration,
)

OPUS_FMTP = "minptime=10;useinbandfec=1;usedtx=1"
H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """One codec that we forward, by the other side's payload types."""

    name: Literal["opus", "vp8", "h264"]
    payload_type: int
    rtx: int | None = None
    profile: str = ""  # H264 only

    @property
    def clock_rate(self) -> int:
        """Ticks a second of its RTP timestamps."""
        return 48_000 if self.name == "opus" else 90_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One m-line as the other side wrote it."""

    mid: str
    kind: str
    direction: str
    rejected: bool
    protocol: str
    formats: tuple[str, ...]
    codecs: tuple[Codec, ...]
    extensions: dict[str, int] = field(default_factory=dict)
    rids: tuple[str, ...] = ()
    ssrc: int | None = None
    rtx_ssrc: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """An offer or answer of a browser."""

    media: tuple[Media, ...]
    remote: Remote
    setup: str


def parse(sdp: str, max_bytes: int) -> Description:
    """Read what a browser wrote; BadOffer says what is wrong with it."""
    _check_bounds(sdp, max_bytes)
    try:
        session = SessionDescription.parse(sdp)
        sections = grouplines(sdp)[1]
        media = tuple(
            _media(m, lines, i) for i, (m, lines) in enumerate(_pairs(session, sections))
        )
        remote, setup = _transport(session)
    except FAULTS as fault:
        raise BadOffer("The session description cannot be read.") from fault
    if len({m.mid for m in media}) != len(media):
        raise BadOffer("Two m-lines of the session description carry the same mid.")
    return Description(media=media, remote=remote, setup=setup)


def _check_bounds(sdp: str, max_bytes: int) -> None:
    if len(sdp) > max_bytes or (
        not sdp.isascii() and len(sdp.encode("utf-8", "replace")) > max_bytes
    ):
        raise BadOffer(f"The session description is longer than {max_bytes} bytes.")
    lines = sdp.splitlines()
    sections = grouplines(sdp)[1]
    if len(lines) > MAX_LINES or any(len(section) > MAX_MEDIA_LINES for section in sections):
        raise BadOffer("The session description has too many lines.")
    for section in sections:
        if (
            sum(line.startswith("a=rtpmap:") for line in section) > MAX_CODECS
            or sum(line.startswith("a=rtcp-fb:*") for line in section) > MAX_WILDCARDS
        ):
            raise BadOffer("An m-line of the session description lists too much.")
    if not sections or len(sections) > MAX_MEDIA:
        raise BadOffer(f"A session description has 1 to {MAX_MEDIA} m-lines.")


def _pairs(
    session: SessionDescription, sections: list[list[str]]
) -> Iterable[tuple[MediaDescription, list[str]]]:
    return zip(session.media, sections, strict=True)


def _transport(session: SessionDescription) -> tuple[Remote, str]:
    """All is bundled, so the first m-line in use speaks for the transport."""
    for media in session.media:
        ice, dtls = media.ice, media.dtls
        if ice is None or dtls is None or not ice.usernameFragment or not ice.password:
            continue
        if max(len(ice.usernameFragment), len(ice.password)) > MAX_TOKEN:
            raise BadOffer("The ICE credentials are too long.")
        prints = dtls.fingerprints[:MAX_FINGERPRINTS]
        remote = Remote(
            ufrag=ice.usernameFragment,
            password=ice.password,
            fingerprints=tuple((f.algorithm.lower(), f.value.upper()) for f in prints),
        )
        if prints:
            return remote, dtls.role
    raise BadOffer("The session description lacks ice-ufrag, ice-pwd, fingerprint or setup.")


def _media(media: MediaDescription, lines: list[str], index: int) -> Media:
    ssrc, rtx_ssrc = _ssrcs(media)
    mid = media.rtp.muxId or str(index)
    if len(mid) > 16 or not mid.isascii() or not mid.isprintable() or " " in mid:
        raise BadOffer("A mid is at most 16 printable characters.")
    return Media(
        mid=mid,
        kind=media.kind,
        direction=media.direction or "sendrecv",
        rejected=media.port == 0 and "a=bundle-only" not in lines,
        protocol=media.profile,
        formats=tuple(str(f) for f in media.fmt),
        codecs=tuple(_codecs(media)),
        extensions={
            e.uri: e.id for e in media.rtp.headerExtensions if 1 <= e.id <= MAX_EXTENSION_ID
        },
        rids=_rids(lines),
        ssrc=ssrc,
        rtx_ssrc=rtx_ssrc,
    )


def _ssrcs(media: MediaDescription) -> tuple[int | None, int | None]:
    """The stream's SSRC and that of its retransmissions, when the SDP names them."""
    for group in media.ssrc_group:
        if group.semantic == "FID" and len(group.items) == 2:
            return int(group.items[0]) & 0xFFFFFFFF, int(group.items[1]) & 0xFFFFFFFF
    if not media.ssrc:
        return None, None
    return media.ssrc[0].ssrc & 0xFFFFFFFF, None


def _rids(lines: list[str]) -> tuple[str, ...]:
    """RFC 8853: the layers that the browser will send, in the order of its a=simulcast, alternatives dropped."""
    declared = {
        line[6:].split()[0] for line in lines if line.startswith("a=rid:") and " send" in line
    }
    for line in lines:
        if not line.startswith("a=simulcast:"):
            continue
        words = line[12:].split()
        if "send" not in words[:-1]:
            continue
        listed = words[words.index("send") + 1].split(";")
        rids = [alternatives.split(",")[0].lstrip("~") for alternatives in listed]
        return tuple(r for r in rids if r in declared and len(r) <= 16 and r.isalnum())[:MAX_RIDS]
    return ()


def _codecs(media: MediaDescription) -> Iterable[Codec]:
    """Those we forward, in the browser's order."""
    rtx = {
        codec.parameters["apt"]: codec.payloadType
        for codec in media.rtp.codecs
        if codec.name.lower() == "rtx" and "apt" in codec.parameters
    }
    listed = {int(f) for f in media.fmt} if media.kind in ("audio", "video") else set()
    for codec in media.rtp.codecs:
        name = codec.name.lower()
        if codec.payloadType not in listed or codec.payloadType is None or codec.payloadType > 127:
            continue
        if media.kind == "audio" and name == "opus" and codec.clockRate == 48_000:
            yield Codec(name="opus", payload_type=codec.payloadType)
        elif media.kind == "video" and name == "vp8":
            yield Codec(name="vp8", payload_type=codec.payloadType, rtx=rtx.get(codec.payloadType))
        elif media.kind == "video" and name == "h264" and (profile := _baseline(codec)):
            yield Codec(
                name="h264",
                payload_type=codec.payloadType,
                rtx=rtx.get(codec.payloadType),
                profile=profile,
            )


def _baseline(codec: RTCRtpCodecParameters) -> str:
    """The profile when every browser can decode it in FU-A packets, else nothing."""
    profile = str(codec.parameters.get("profile-level-id", "42001f")).lower()
    mode = str(codec.parameters.get("packetization-mode", "0"))
    plain = len(profile) == 6 and profile[:4] in ("42e0", "4200", "42c0") and profile.isalnum()
    return profile if mode == "1" and plain else ""


# --- writing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One m-line that we write."""

    mid: str
    kind: str
    direction: Literal["sendonly", "recvonly", "inactive"]
    codecs: tuple[Codec, ...] = ()
    extensions: dict[str, int] = field(default_factory=dict)
    rids: tuple[str, ...] = ()  # to receive
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: tuple[str, ...] = ("0",)  # echoed when the line is rejected


def write(
    local: Local, lines: Iterable[Line], *, setup: Literal["actpass", "passive"], version: int
) -> str:
    """An offer (setup actpass) or an answer (passive)."""
    listed = list(lines)
    bundle = " ".join(line.mid for line in listed if line.codecs)
    head = [
        "v=0",
        f"o=- {local.session} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {bundle}",
        "a=msid-semantic:WMS *",
        "a=extmap-allow-mixed",
    ]
    body = [text for line in listed for text in _line(local, line, setup)]
    return "\r\n".join(head + body) + "\r\n"


def _line(local: Local, line: Line, setup: str) -> list[str]:
    if not line.codecs:
        return [
            f"m={line.kind} 0 {line.protocol} {' '.join(line.formats)}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{line.mid}",
            "a=inactive",
        ]
    types = [t for codec in line.codecs for t in (codec.payload_type, codec.rtx) if t is not None]
    return [
        f"m={line.kind} 9 {line.protocol} {' '.join(map(str, types))}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *_candidates(local),
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
        f"a=mid:{line.mid}",
        *(f"a=extmap:{number} {uri}" for uri, number in line.extensions.items()),
        f"a={line.direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *(text for codec in line.codecs for text in _codec(codec, line)),
        *_layers(line),
        *_streams(line),
    ]


def priority(type_: int, rest: int) -> int:
    """RFC 8445, section 5.1.2.1, of component 1."""
    return (type_ << 24) + (rest << 8) + 255


def _candidates(local: Local) -> list[str]:
    """Host candidates, the first address preferred (RFC 8445, section 5.1.2.1)."""
    lines = []
    for index, (address, port) in enumerate(local.candidates):
        rest = 65_535 - index
        udp = f"{index + 1} 1 udp {priority(UDP_TYPE, rest)} {address} {port} typ host"
        lines.append(f"a=candidate:{udp}")
    for index, (address, port) in enumerate(local.candidates if local.tcp else ()):
        rest = 65_535 - index
        tcp = f"{index + 101} 1 tcp {priority(TCP_TYPE, rest)} {address} {port} typ host tcptype passive"
        lines.append(f"a=candidate:{tcp}")
    return [*lines, "a=end-of-candidates"]


def _codec(codec: Codec, line: Line) -> list[str]:
    number = codec.payload_type
    feedback = ["transport-cc"] if TRANSPORT_CC in line.extensions else []
    if codec.name == "opus":
        return [
            f"a=rtpmap:{number} opus/48000/2",
            *(f"a=rtcp-fb:{number} {f}" for f in feedback),
            f"a=fmtp:{number} {OPUS_FMTP}",
        ]
    feedback += ["ccm fir", "nack", "nack pli"]
    if line.direction == "sendonly" and TRANSPORT_CC not in line.extensions:
        feedback.append("goog-remb")
    lines = [
        f"a=rtpmap:{number} {codec.name.upper()}/90000",
        *(f"a=rtcp-fb:{number} {f}" for f in feedback),
    ]
    if codec.name == "h264":
        lines.append(f"a=fmtp:{number} {H264_FMTP.format(codec.profile)}")
    if codec.rtx is not None:
        lines += [f"a=rtpmap:{codec.rtx} rtx/90000", f"a=fmtp:{codec.rtx} apt={number}"]
    return lines


def _layers(line: Line) -> list[str]:
    if not line.rids:
        return []
    return [*(f"a=rid:{rid} recv" for rid in line.rids), f"a=simulcast:recv {';'.join(line.rids)}"]


def _streams(line: Line) -> list[str]:
    if line.ssrc is None:
        return []
    lines = [f"a=msid:{line.mid} {line.mid}"]
    if line.rtx_ssrc is not None:
        lines.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    ssrcs = [line.ssrc] if line.rtx_ssrc is None else [line.ssrc, line.rtx_ssrc]
    return [*lines, *(f"a=ssrc:{ssrc} cname:lectern" for ssrc in ssrcs)]
