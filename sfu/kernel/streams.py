"""What the plain-Python kernel keeps of each leg, source, route and packet."""

from array import array
from typing import TYPE_CHECKING

from sfu.kernel.gaps import Gaps
from sfu.kernel.history import History
from sfu.kernel.remap import Remap
from sfu.kernel.table import (
    ALL_TEMPORAL_LAYERS,
    Address,
    Codec,
    Extensions,
    LegId,
    RouteRow,
    SourceRow,
)
from sfu.packet import red, vp8
from sfu.packet.rtp import OutgoingLayout

if TYPE_CHECKING:
    from sfu.kernel.srtp import Inbound, Outbound

SENT_SLOTS = 4096
_RESENT_SLOTS = 1024
_VIDEO_HISTORY_PACKETS = 512
_AUDIO_HISTORY_PACKETS = 64
_WINDOW_S = 1.0
_MOST_RTP = 4000
"""A window: three layers, a shared screen and their resends are under a thousand, and a stall may bring some at once."""
_MOST_RTCP = 400
_FIRST_SEQUENCE_MASK = 0x7FFF
_AUDIO: frozenset[Codec] = frozenset(("opus", "red"))

PassedExtensions = tuple[bytes | None, bytes | None, bytes | None, bytes | None, bytes | None]
"""Values of the extensions that go through as they are: level, orientation, capture time, playout delay, content."""

NOT_VP8 = vp8.Descriptor(
    starts_frame=False,
    key_frame=False,
    picture_id=-1,
    picture_id_mask=0,
    picture_id_at=-1,
    tl0_index=-1,
    tl0_index_at=-1,
    temporal_layer=-1,
    layer_sync=False,
    frame_at=0,
)


class Packet:
    """One media packet as it came in, its padding cut off."""

    __slots__ = (
        "_opus",
        "codec",
        "index",
        "key_frame",
        "marker",
        "passed",
        "payload",
        "picture",
        "timestamp",
    )

    def __init__(
        self,
        index: int,
        marker: int,
        timestamp: int,
        codec: Codec,
        payload: bytes,
        passed: PassedExtensions,
    ) -> None:
        self.index = index
        self.marker = marker
        self.timestamp = timestamp
        self.codec = codec
        self.payload = payload
        self.passed = passed
        self.picture = NOT_VP8
        self.key_frame = False
        self._opus: Packet | None = None

    def as_opus(self) -> "Packet":
        """The primary block of a RED packet as a packet of its own, or Malformed."""
        if self._opus is None:
            self._opus = Packet(
                self.index,
                self.marker,
                self.timestamp,
                "opus",
                red.primary(self.payload),
                self.passed,
            )
        return self._opus


class Leg:
    """One browser connection."""

    __slots__ = (
        "address",
        "arrivals",
        "extensions",
        "feedback_at",
        "feedback_base",
        "feedback_count",
        "id",
        "inbound",
        "newest_arrival",
        "ntp_shift",
        "outbound",
        "reported_at",
        "routes",
        "rtx_streams",
        "sent",
        "sources",
        "streams",
        "transport_number",
        "unknown",
        "window_at",
        "window_rtcp",
        "window_rtp",
    )

    def __init__(self, leg: LegId, extensions: Extensions) -> None:
        self.id = leg
        self.extensions = extensions
        self.inbound: Inbound | None = None
        self.outbound: Outbound | None = None
        self.address: Address | None = None
        self.sources: list[Source] = []
        self.streams: dict[int, Source] = {}
        self.rtx_streams: dict[int, Source] = {}
        self.routes: dict[int, Route] = {}
        self.unknown: set[int] = set()
        self.arrivals: list[tuple[int, float]] = []
        self.newest_arrival = -1
        self.feedback_base = -1
        self.feedback_at = 0.0
        self.feedback_count = 0
        self.reported_at = 0.0
        self.transport_number = 0
        self.sent: list[tuple[int, float, int] | None] = []
        self.ntp_shift: int | None = None
        self.window_at = 0.0
        self.window_rtp = 0
        self.window_rtcp = 0

    @property
    def ready(self) -> bool:
        """Whether anything can be sent on it: it has keys and an address."""
        return self.outbound is not None and self.address is not None

    def may_send(self, now: float) -> bool:
        """Count one media packet; False beyond what any browser sends."""
        if now - self.window_at >= _WINDOW_S:
            self.window_at, self.window_rtp, self.window_rtcp = now, 0, 0
        self.window_rtp += 1
        return self.window_rtp <= _MOST_RTP

    def may_report(self, now: float) -> bool:
        """Count one RTCP compound; False beyond what any browser sends."""
        if now - self.window_at >= _WINDOW_S:
            self.window_at, self.window_rtp, self.window_rtcp = now, 0, 0
        self.window_rtcp += 1
        return self.window_rtcp <= _MOST_RTCP


class Source:
    """One stream coming in: where it stands, what it said of its clock, and the routes that play it or wait for it."""

    __slots__ = (
        "arrived_at",
        "asked_at",
        "bad_sequence",
        "bytes",
        "expected_before",
        "first_index",
        "gaps",
        "highest",
        "highest_timestamp",
        "history",
        "jitter",
        "key_frames",
        "key_timestamp",
        "leg",
        "level",
        "level_at",
        "loud_is_voice",
        "nacks_sent",
        "packets",
        "passed_at",
        "picture_id",
        "received",
        "received_before",
        "report_at",
        "report_ntp",
        "report_timestamp",
        "routes",
        "row",
        "rtx_ssrc",
        "ssrc",
        "temporal_layers",
        "tl0_index",
        "transit",
        "video",
        "waiting",
    )

    def __init__(self, row: SourceRow, leg: Leg) -> None:
        self.row = row
        self.leg = leg
        self.video = not _AUDIO.issuperset(row.payload_types.values())
        self.ssrc = row.ssrc
        self.rtx_ssrc = row.rtx_ssrc
        self.history: History[Packet] = History(
            _VIDEO_HISTORY_PACKETS if self.video else _AUDIO_HISTORY_PACKETS
        )
        self.gaps = Gaps()
        self.highest = -1
        self.first_index = 0
        self.highest_timestamp = 0
        self.bad_sequence = -1
        self.arrived_at = 0.0
        self.picture_id = -1
        self.tl0_index = -1
        self.temporal_layers = 1
        self.key_timestamp = -1
        self.packets = 0
        self.received = 0
        self.bytes = 0
        self.key_frames = 0
        self.nacks_sent = 0
        self.asked_at = 0.0
        self.jitter = 0.0
        self.transit: float | None = None
        self.expected_before = 0
        self.received_before = 0
        self.report_ntp = 0
        self.report_timestamp = 0
        self.report_at: float | None = None
        self.passed_at = float("-inf")
        self.level = 127
        self.loud_is_voice = False
        self.level_at = 0.0
        self.routes: list[Route] = []
        self.waiting: list[Route] = []

    @property
    def lost(self) -> int:
        """Packets that never came since the stream began (anew)."""
        return max(0, self.expected - self.received)

    @property
    def expected(self) -> int:
        """Packets that should have come since the stream began (anew)."""
        return self.highest + 1 - self.first_index if self.highest >= 0 else 0


class Ending:
    """Where a route stood when its last source left it: what the next one continues from."""

    __slots__ = (
        "at",
        "clock_leg",
        "report_ntp",
        "report_timestamp",
        "source",
        "timestamp",
        "timestamp_shift",
    )

    def __init__(self, source: Source, timestamp_shift: int) -> None:
        self.source = source
        self.timestamp_shift = timestamp_shift
        self.timestamp = source.highest_timestamp + timestamp_shift
        self.at = source.arrived_at
        self.clock_leg = source.leg if source.report_at is not None else None
        self.report_ntp = source.report_ntp
        self.report_timestamp = source.report_timestamp + timestamp_shift


class Route:
    """One stream going out."""

    __slots__ = (
        "asks_missed",
        "asks_received",
        "current_layer",
        "ending",
        "layout",
        "leg",
        "numbers",
        "packets",
        "payload_bytes",
        "payload_types",
        "remap",
        "report_times",
        "resend_window_at",
        "resend_window_bytes",
        "resent",
        "resent_at",
        "resent_bytes",
        "row",
        "rtx_sequence",
        "source",
        "ssrc",
        "waiting",
        "wanted_layer",
    )

    def __init__(self, row: RouteRow, leg: Leg) -> None:
        self.row = row
        self.leg = leg
        self.ssrc = row.ssrc
        self.payload_types = row.payload_types
        self.lay_out()
        self.source: Source | None = None
        self.waiting: Source | None = None
        self.ending: Ending | None = None
        self.remap = Remap(row.ssrc & _FIRST_SEQUENCE_MASK)
        self.wanted_layer = ALL_TEMPORAL_LAYERS
        self.current_layer = ALL_TEMPORAL_LAYERS
        self.packets = 0
        self.payload_bytes = 0
        self.rtx_sequence = row.ssrc >> 16 & _FIRST_SEQUENCE_MASK
        self.numbers = array("H", bytes(2 * _RESENT_SLOTS)) if row.nack and not row.rtx else None
        self.report_times: dict[int, float] = {}
        self.resent = 0
        self.resent_at: dict[int, float] = {}
        self.resent_bytes = 0
        self.resend_window_at = 0.0
        self.resend_window_bytes = 0
        self.asks_received = 0
        self.asks_missed = 0

    def lay_out(self) -> None:
        """Take the header's layout from the leg's extensions as they are now."""
        ids = self.leg.extensions
        self.layout = OutgoingLayout(
            mid=self.row.mid, mid_id=ids.mid, transport_cc_id=ids.transport_cc
        )
