"""What is agreed on with a browser: its offer to an answer and kernel rows, our slots to an offer, its answer to routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.commands import Source
from sfu.errors import BadOffer
from sfu.kernel.table import Codec as KernelCodec
from sfu.kernel.table import Extensions, LegId, RouteId, RouteRow, SourceId, SourceRow
from sfu.router.consumer import Slot
from sfu.router.producer import AUDIO_SOURCES
from sfu.transport import sdp
from sfu.types import Local

# The payload types of our own offers.
OPUS = sdp.Codec(name="opus", payload_type=111)
VP8 = sdp.Codec(name="vp8", payload_type=96, rtx=97)
H264 = sdp.Codec(name="h264", payload_type=102, rtx=103, profile="42e01f")
OUR_CODECS: dict[str, tuple[sdp.Codec, ...]] = {"audio": (OPUS,), "video": (VP8, H264)}
OUR_EXTENSIONS = {
    kind: {uri: sdp.OUR_EXTENSIONS[uri] for uri in sdp.OF_KIND[kind] if uri in sdp.OUR_EXTENSIONS}
    for kind in sdp.OF_KIND
}
RTX_SSRC_OFFSET = 0x10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One m-line of a publisher that we take."""

    source: Source
    media: sdp.Media
    codec: sdp.Codec


def incoming(description: sdp.Description, sources: Sequence[Source]) -> list[Incoming | None]:
    """What to take of each m-line; None is rejected."""
    if len(sources) != len(description.media):
        raise BadOffer("There must be one source for each m-line of the offer.")
    if len(set(sources)) != len(sources):
        raise BadOffer("A source is named twice.")
    return [
        _incoming(media, source) for media, source in zip(description.media, sources, strict=True)
    ]


def _incoming(media: sdp.Media, source: Source) -> Incoming | None:
    kind = "audio" if source in AUDIO_SOURCES else "video"
    if media.kind != kind:
        raise BadOffer(f"The source {source} needs an m-line of {kind}.")
    if media.rejected or media.direction not in ("sendonly", "sendrecv"):
        return None
    if not media.codecs:
        raise BadOffer(f"The m-line of {source} offers no codec known here (Opus; VP8 or H264).")
    return Incoming(source=source, media=media, codec=media.codecs[0])


def whip_lines(description: sdp.Description) -> list[Incoming | None]:
    """WHIP: the first audio m-line is mic, the first video m-line is camera; others are rejected."""
    lines: list[Incoming | None] = []
    free: dict[str, Source] = {"audio": "mic", "video": "camera"}
    for media in description.media:
        source = free.get(media.kind)
        line = None if source is None else _incoming(media, source)
        if line is not None:
            del free[media.kind]
        lines.append(line)
    if not any(lines):
        raise BadOffer("The offer sends neither sound nor pictures.")
    return lines


def source_row(leg: int, source: int, rid: str | None, line: Incoming) -> SourceRow:
    """The kernel's row of one layer. With rids the SSRCs of the SDP, if any, say nothing of the layers."""
    media, codec = line.media, line.codec
    payload_types: dict[int, KernelCodec] = {codec.payload_type: codec.name}
    return SourceRow(
        source=SourceId(source),
        leg=LegId(leg),
        payload_types=payload_types,
        clock_rate=codec.clock_rate,
        ssrc=media.ssrc if rid is None else None,
        rtx_ssrc=media.rtx_ssrc if rid is None else None,
        mid=media.mid,
        rid=rid,
        rtx={} if codec.rtx is None else {codec.rtx: codec.payload_type},
        nack=codec.name != "opus",
    )


def publish_answer(
    local: Local, description: sdp.Description, lines: Sequence[Incoming | None], version: int
) -> str:
    """The answer to a publisher."""
    written = [
        _recvonly(line) if line is not None else _refused(media)
        for media, line in zip(description.media, lines, strict=True)
    ]
    return sdp.write(local, written, setup="passive", version=version)


def _recvonly(line: Incoming) -> sdp.Line:
    media = line.media
    return sdp.Line(
        mid=media.mid,
        kind=media.kind,
        direction="recvonly",
        codecs=(line.codec,),
        extensions=accepted(media),
        rids=media.rids,
        protocol=media.protocol,
    )


def _refused(media: sdp.Media) -> sdp.Line:
    return sdp.Line(
        mid=media.mid,
        kind=media.kind,
        direction="inactive",
        protocol=media.protocol,
        formats=media.formats,
    )


def accepted(media: sdp.Media) -> dict[str, int]:
    """The header extensions of the m-line that we know, by its ids."""
    known: tuple[str, ...] = (
        sdp.OF_KIND["audio"] if media.kind == "audio" else sdp.OF_KIND["video"]
    )
    return {uri: number for uri, number in media.extensions.items() if uri in known}


def extensions(description: sdp.Description) -> Extensions:
    """The leg's row for the kernel."""
    ids: dict[str, int] = {}
    for media in description.media:
        ids.update(accepted(media))
    return Extensions(
        mid=ids.get(sdp.MID, 0),
        rid=ids.get(sdp.RID, 0),
        repaired_rid=ids.get(sdp.REPAIRED_RID, 0),
        transport_cc=ids.get(sdp.TRANSPORT_CC, 0),
        audio_level=ids.get(sdp.AUDIO_LEVEL, 0),
        orientation=ids.get(sdp.ORIENTATION, 0),
        capture_time=ids.get(sdp.CAPTURE_TIME, 0),
        playout_delay=ids.get(sdp.PLAYOUT_DELAY, 0),
        content_type=ids.get(sdp.CONTENT_TYPE, 0),
    )


def new_slots(
    local: Local, kind: Literal["audio", "video"], numbers: range, routes: Sequence[int]
) -> list[Slot]:
    """Slots a0, a1, ... or v0, v1, ... with SSRCs of their own."""
    base = local.ssrc_base + (0 if kind == "audio" else 0x1000)
    return [
        Slot(
            mid=f"{kind[0]}{number}",
            kind=kind,
            route=route,
            ssrc=base + number,
            rtx_ssrc=base + number + RTX_SSRC_OFFSET if kind == "video" else None,
        )
        for number, route in zip(numbers, routes, strict=True)
    ]


def subscribe_offer(local: Local, slots: Sequence[Slot], n: int) -> str:
    """Our offer number n: every slot, sendonly."""
    lines = [
        sdp.Line(
            mid=slot.mid,
            kind=slot.kind,
            direction="sendonly",
            codecs=OUR_CODECS[slot.kind],
            extensions=OUR_EXTENSIONS[slot.kind],
            ssrc=slot.ssrc,
            rtx_ssrc=slot.rtx_ssrc,
        )
        for slot in slots
    ]
    return sdp.write(local, lines, setup="actpass", version=n)


def opened(slots: Sequence[Slot], description: sdp.Description) -> list[tuple[Slot, sdp.Media]]:
    """The slots that the browser's answer accepts."""
    by_mid = {media.mid: media for media in description.media}
    pairs = [(slot, by_mid[slot.mid]) for slot in slots if slot.mid in by_mid]
    return [
        (slot, media)
        for slot, media in pairs
        if not media.rejected and media.codecs and media.direction in ("recvonly", "sendrecv")
    ]


def route_row(leg: int, slot: Slot, media: sdp.Media) -> RouteRow:
    """The kernel's row of a slot, by the payload types of the browser."""
    payload_types: dict[KernelCodec, int] = {}
    rtx: dict[int, int] = {}
    for codec in media.codecs:
        if codec.name in payload_types:
            continue
        payload_types[codec.name] = codec.payload_type
        if codec.rtx is not None:
            rtx[codec.payload_type] = codec.rtx
    return RouteRow(
        route=RouteId(slot.route),
        leg=LegId(leg),
        ssrc=slot.ssrc,
        mid=slot.mid,
        clock_rate=media.codecs[0].clock_rate,
        payload_types=payload_types,
        rtx_ssrc=slot.rtx_ssrc if rtx else None,
        rtx=rtx,
        nack=slot.kind == "video",
    )


def check_playable(description: sdp.Description) -> None:
    """Refuse a WHEP offer that could play nothing, before anything is opened for it."""
    if not any(_is_playable(media) for media in description.media):
        raise BadOffer("The offer receives neither sound nor pictures in a codec known here.")


def _is_playable(media: sdp.Media) -> bool:
    return (
        bool(media.codecs) and not media.rejected and media.direction in ("recvonly", "sendrecv")
    )


def whep_slots(local: Local, description: sdp.Description, routes: Sequence[int]) -> list[Slot]:
    """WHEP: one slot for each m-line that the client would receive."""
    slots = []
    for number, (media, route) in enumerate(zip(description.media, routes, strict=True)):
        if not _is_playable(media):
            continue
        is_video = media.kind == "video"
        slots.append(
            Slot(
                mid=media.mid,
                kind="video" if is_video else "audio",
                route=route,
                ssrc=local.ssrc_base + number,
                rtx_ssrc=local.ssrc_base + number + RTX_SSRC_OFFSET if is_video else None,
            )
        )
    return slots


def whep_answer(local: Local, description: sdp.Description, slots: Sequence[Slot]) -> str:
    """The answer to a WHEP client."""
    by_mid = {slot.mid: slot for slot in slots}
    lines = []
    for media in description.media:
        slot = by_mid.get(media.mid)
        if slot is None:
            lines.append(_refused(media))
            continue
        codecs = {codec.name: codec for codec in reversed(media.codecs)}
        lines.append(
            sdp.Line(
                mid=media.mid,
                kind=media.kind,
                direction="sendonly",
                codecs=tuple(codec for codec in media.codecs if codecs[codec.name] is codec),
                extensions=accepted(media),
                ssrc=slot.ssrc,
                rtx_ssrc=slot.rtx_ssrc,
                protocol=media.protocol,
            )
        )
    return sdp.write(local, lines, setup="passive", version=1)
