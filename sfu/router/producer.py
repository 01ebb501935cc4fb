"""A track coming in: its layers, how alive they are, and whether it may be heard or seen."""

from dataclasses import dataclass, field

from sfu.commands import Source

AUDIO_SOURCES: frozenset[Source] = frozenset(("mic", "screen_audio"))
# Widths of layers by the usual ladder, when nothing better is known: quarter, half, full.
CAMERA_WIDTHS = (320, 640, 1280)
SCREEN_WIDTHS = (480, 960, 1920)
LIVE_FOR_S = 1.5  # without packets a layer counts as stopped
RID_RANKS = {"q": 0, "h": 1, "f": 2}
RISE = 0.5  # of a layer's price, each look: what it has cost lately it may cost again ...
FALL = 0.04  # ... so a still picture, or an encoder out of breath, makes it cheap only slowly


@dataclass(slots=True, kw_only=True)
class Layer:
    """One encoding of a track; `source` is the kernel's id of it."""

    source: int
    rid: str | None
    width: int
    live: bool = False
    bitrate_bps: float = 0.0
    bytes_seen: int = 0

    def measure(
        self, *, total_bytes: int, last_at: float | None, elapsed_s: float, now: float
    ) -> None:
        """Take the kernel's counts since the last look."""
        if elapsed_s > 0:
            fresh_bps = (total_bytes - self.bytes_seen) * 8 / elapsed_s
            weight = RISE if fresh_bps > self.bitrate_bps else FALL
            self.bitrate_bps += weight * (fresh_bps - self.bitrate_bps)
        self.bytes_seen = total_bytes
        self.live = last_at is not None and now - last_at < LIVE_FOR_S


@dataclass(slots=True, kw_only=True)
class Producer:
    """One track of one person; `layers` lowest first."""

    track: str
    peer: str
    source: Source
    mid: str
    codec: str
    layers: list[Layer] = field(default_factory=list)

    @property
    def is_audio(self) -> bool:
        """Whether it is heard rather than seen."""
        return self.source in AUDIO_SOURCES

    @property
    def live(self) -> bool:
        """Whether anything comes in."""
        return any(layer.live for layer in self.layers)


def track_name(peer: str, source: Source) -> str:
    """The name the wire knows a track by."""
    return f"{peer}/{source}"


def ladder(rids: tuple[str, ...], source: Source) -> list[tuple[str | None, int]]:
    """Layers lowest first, each with the width it is taken to have."""
    widths = SCREEN_WIDTHS if source == "screen" else CAMERA_WIDTHS
    if not rids:
        return [(None, widths[-1])]
    ordered = (
        sorted(rids, key=RID_RANKS.__getitem__) if set(rids) <= RID_RANKS.keys() else list(rids)
    )
    return list(zip(ordered, widths[-len(ordered) :], strict=True))
