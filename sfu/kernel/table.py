"""The forwarding table: the rows the engine writes, the punts the kernel hands back, and the face of every kernel.

Theory of operation. The engine decides and writes rows; the kernel obeys rows and decides nothing:

* A *leg* is one browser connection (one DTLS association, one address). `open_leg` when its SDP is known, `secure_leg`
  when DTLS has given the keys, `set_address` when ICE has nominated and again when the path moves. Until all three are
  there the leg neither takes nor gives a packet.
* A *source* is one RTP stream coming in on a leg: a microphone, or one simulcast layer of a camera. It is found by SSRC
  when the SDP names it, else by mid (and rid) from the header extensions of its first packets (`SourceBound` says so).
* A *route* is one RTP stream going out on a leg: a slot. It is pointed at a source, at another one later, or at none.
  A video route goes on with its old source until the new one gives a key frame; sequence number, timestamp and picture
  id run on without a jump whatever it is pointed at, so that a browser sees one unbroken stream.

Bytes come in by `receive`, time by `tick`; bytes go out through `transmits`, news through `punts`. The caller empties
both lists (`take_transmits`, `take_punts`). Ids are small integers that the engine hands out and never uses twice.
Any datagram at all may come in: what cannot be used is counted in `counters`, never raised. A row that names a leg,
source or route that is not there is the engine's fault and raises Misuse; removing what is already gone is no fault.
"""

from typing import Literal, NewType, Protocol

import msgspec

LegId = NewType("LegId", int)
SourceId = NewType("SourceId", int)
RouteId = NewType("RouteId", int)

Address = tuple[str, int] | tuple[str, int, int, int]
Transmit = tuple[bytes, Address]

Codec = Literal["opus", "red", "vp8", "h264"]
SrtpProfile = Literal["SRTP_AEAD_AES_128_GCM", "SRTP_AES128_CM_SHA1_80"]

ALL_TEMPORAL_LAYERS = 7


class Extensions(msgspec.Struct, frozen=True, kw_only=True):
    """Ids (1-14) of the header extensions negotiated on one leg; 0 is not negotiated. They hold for all of a BUNDLE."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    transport_cc: int = 0
    audio_level: int = 0
    orientation: int = 0
    capture_time: int = 0
    playout_delay: int = 0
    content_type: int = 0


class LegKeys(msgspec.Struct, frozen=True, kw_only=True):
    """SRTP master key followed by master salt, each way: 28 bytes for GCM, 30 for SHA1_80."""

    profile: SrtpProfile
    inbound: bytes
    outbound: bytes


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stream coming in. `payload_types` and `rtx` are those of the publisher's SDP (rtx: RTX type -> media type)."""

    source: SourceId
    leg: LegId
    payload_types: dict[int, Codec]
    clock_rate: int
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    mid: str | None = None
    rid: str | None = None
    rtx: dict[int, int] = {}
    nack: bool = False


class RouteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stream going out. `payload_types` and `rtx` are those of the subscriber's SDP (rtx: media type -> RTX type).

    A packet whose codec has no payload type here is dropped, but for RED: of it the primary block goes out as Opus.
    """

    route: RouteId
    leg: LegId
    ssrc: int
    mid: str
    clock_rate: int
    payload_types: dict[Codec, int]
    rtx_ssrc: int | None = None
    rtx: dict[int, int] = {}
    nack: bool = False


class UnknownSsrc(msgspec.Struct, frozen=True):
    """A stream that no source row claims; told once for each SSRC until the leg's rows change."""

    leg: LegId
    ssrc: int
    payload_type: int
    mid: str | None
    rid: str | None


class SourceBound(msgspec.Struct, frozen=True):
    """A source found by mid and rid was given its SSRC by its first packet."""

    source: SourceId
    ssrc: int


class SourceEnded(msgspec.Struct, frozen=True):
    """The publisher said goodbye (RTCP BYE) to the stream."""

    source: SourceId


class KeyFrameNeeded(msgspec.Struct, frozen=True):
    """A viewer asked, a switch waits, or a loss could not be mended. When to ask is the engine's: `request_key_frame`."""

    source: SourceId


class KeyFrameSeen(msgspec.Struct, frozen=True):
    """The first packet of a key frame came in; its size in pixels, or 0 where the packet does not say (H264)."""

    source: SourceId
    width: int
    height: int


class RouteSwitched(msgspec.Struct, frozen=True):
    """The first packet of `source` went out on `route` after it was pointed there."""

    route: RouteId
    source: SourceId


class AudioLevel(msgspec.Struct, frozen=True):
    """RFC 6464: the loudest packet of the last 100 ms in -dBov (0 loudest, 127 silence), and whether any was voice."""

    source: SourceId
    minus_dbov: int
    voice: bool


class ReceiverReport(msgspec.Struct, frozen=True):
    """What the viewer reports of one route since its last report. `rtt_s` is None until it has seen a sender report."""

    route: RouteId
    fraction_lost: float
    packets_lost: int
    jitter_s: float
    rtt_s: float | None


class TransportFeedback(msgspec.Struct, frozen=True):
    """One transport-cc report of a viewer, matched with what was sent to it.

    `packets` are (sent_at, size_bytes, arrived_at_ticks or None when lost) in the order of sending; ticks are 250 us on
    the viewer's clock, counted modulo 2^32 (`congestion/feedback.py` unwraps them).
    """

    leg: LegId
    packets: list[tuple[float, int, int | None]]


class Remb(msgspec.Struct, frozen=True):
    """The viewer's own estimate of what it can take, from a client without transport-cc."""

    leg: LegId
    bitrate_bps: int


Punt = (
    UnknownSsrc
    | SourceBound
    | SourceEnded
    | KeyFrameNeeded
    | KeyFrameSeen
    | RouteSwitched
    | AudioLevel
    | ReceiverReport
    | TransportFeedback
    | Remb
)


class SourceStats(msgspec.Struct, frozen=True, kw_only=True):
    """What came in for one source since it was added; `last_at` is None before its first packet."""

    ssrc: int | None
    packets: int
    bytes: int
    lost: int
    nacks_sent: int
    key_frames: int
    temporal_layers: int
    last_at: float | None


class RouteStats(msgspec.Struct, frozen=True, kw_only=True):
    """What went out on one route since it was added; `source` is the one that plays, `waiting` the one to come."""

    source: SourceId | None
    waiting: SourceId | None
    packets: int
    bytes: int
    resent: int
    nacks_received: int
    nacks_missed: int


class Counters(msgspec.Struct, kw_only=True):
    """Counts of the whole kernel, only ever growing."""

    rtp_in: int = 0
    rtcp_in: int = 0
    rtp_out: int = 0
    rtcp_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    malformed: int = 0
    unauthentic: int = 0
    replayed: int = 0
    unready: int = 0
    unclaimed: int = 0
    duplicate: int = 0
    resent: int = 0
    resend_refused: int = 0
    nacks_sent: int = 0
    gaps_given_up: int = 0
    over_rate: int = 0


class Kernel(Protocol):
    """The face of every kernel: plain Python in `reference.py`, native later. One thread, no IO, no clock."""

    transmits: list[Transmit]
    punts: list[Punt]
    counters: Counters

    def open_leg(self, leg: LegId, extensions: Extensions) -> None:
        """A browser connection is being set up. Again with other extensions after a renegotiation."""

    def secure_leg(self, leg: LegId, keys: LegKeys) -> None:
        """DTLS is done: SRTP may flow."""

    def set_address(self, leg: LegId, address: Address) -> None:
        """Send to this address from now on."""

    def close_leg(self, leg: LegId) -> None:
        """Forget the leg with its sources and routes. Routes elsewhere that played its sources fall silent."""

    def add_source(self, row: SourceRow) -> None:
        """Take packets of this stream."""

    def remove_source(self, source: SourceId) -> None:
        """Take no more of it; routes that played it fall silent."""

    def add_route(self, row: RouteRow) -> None:
        """A slot that plays nothing yet."""

    def point_route(
        self, route: RouteId, source: SourceId | None, max_temporal: int = ALL_TEMPORAL_LAYERS
    ) -> None:
        """Play this source, video from its next key frame on; None: nothing, at once.

        A leg that is not secured and reached yet starts nothing: its key frames are asked for once it is.
        Pointing at the source that plays already changes only `max_temporal` (0 is the base layer alone).
        """

    def remove_route(self, route: RouteId) -> None:
        """The slot is gone."""

    def receive(self, leg: LegId, datagram: bytes, now: float) -> bool:
        """One SRTP or SRTCP datagram that came from the leg's address, at `now` (monotonic seconds).

        True when its seal was good: the browser is alive.
        """

    def tick(self, now: float) -> None:
        """Ask for what is missing, report arrivals and receptions: call every 10 to 50 ms."""

    def request_key_frame(self, source: SourceId) -> bool:
        """Send one PLI to the publisher now; False when the stream is not known or reached yet."""

    def send_padding(self, leg: LegId, size_bytes: int, now: float) -> int:
        """Send about so many bytes of padding at once to probe the link; how many; 0 without an RTX stream."""

    def send_rtcp(self, leg: LegId, plain: bytes) -> None:
        """Protect and send an RTCP compound of the engine's own."""

    def take_transmits(self) -> list[Transmit]:
        """What is to be sent, in order; the list is the caller's."""

    def take_punts(self) -> list[Punt]:
        """What the engine should hear, in order; the list is the caller's."""

    def source_stats(self, source: SourceId) -> SourceStats:
        """The source's counts so far."""

    def route_stats(self, route: RouteId) -> RouteStats:
        """The route's counts so far."""
