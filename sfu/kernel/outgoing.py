"""Writes packets for the viewers: header and tail into the scratch buffer, numbers patched, sealed, queued to be sent."""

from struct import Struct
from typing import TYPE_CHECKING

from sfu.kernel.streams import SENT_SLOTS, Leg, Packet, Route
from sfu.packet import rtp, vp8

if TYPE_CHECKING:
    from sfu.kernel.srtp import Scratch
    from sfu.kernel.table import Counters, Extensions, Transmit

_SEQUENCE_MASK = 0xFFFF
_TIMESTAMP_MASK = 0xFFFFFFFF
_RESENT_MASK = 1023
_TYPE_SEQUENCE_TIME_SSRC = Struct("!BHII")
_SEQUENCE = Struct("!H")
_HAS_PADDING = 0x20
_PADDING = bytes(254) + b"\xff"


class Sender:
    """The way out. One packet goes to many routes: the tail that they share is built once and kept until the next."""

    def __init__(
        self, scratch: "Scratch", transmits: "list[Transmit]", counters: "Counters"
    ) -> None:
        self._view = scratch.view
        self._transmits = transmits
        self._counters = counters
        self._tail_packet: Packet | None = None
        self._tail_extensions: Extensions | None = None
        self._tail = b""
        self._tail_words = 0

    def forward(
        self,
        route: Route,
        packet: Packet,
        payload_type: int,
        sequence_shift: int,
        picture_shift: int,
        now: float,
    ) -> None:
        """Send the packet on with its sequence number and picture id shifted, under the leg's next transport number."""
        leg = route.leg
        outbound = leg.outbound
        address = leg.address
        if outbound is None or address is None:
            self._counters.unready += 1
            return
        sequence = packet.index + sequence_shift & _SEQUENCE_MASK
        number = 0
        if route.layout.transport_cc_head:
            number = leg.transport_number = leg.transport_number + 1 & _SEQUENCE_MASK
        size = self._write(route, packet, payload_type, sequence, picture_shift, number)
        sealed = outbound.protect(size)
        self._transmits.append((sealed, address))
        if route.layout.transport_cc_head:
            leg.sent[number % SENT_SLOTS] = (number, now, size)
        if route.numbers is not None:
            route.numbers[sequence & _RESENT_MASK] = number
        route.packets += 1
        route.payload_bytes += len(packet.payload)
        counters = self._counters
        counters.rtp_out += 1
        counters.bytes_out += size

    def resend(self, route: Route, packet: Packet, shifts: tuple[int, int], now: float) -> int:
        """Send the packet once more, as RTX where that is negotiated, else byte for byte; how many bytes it took."""
        leg = route.leg
        outbound = leg.outbound
        address = leg.address
        payload_type = route.payload_types.get(packet.codec)
        if outbound is None or address is None or payload_type is None:
            return 0
        sequence = packet.index + shifts[0] & _SEQUENCE_MASK
        rtx_type = route.row.rtx.get(payload_type)
        if rtx_type is None or route.row.rtx_ssrc is None:
            number = route.numbers[sequence & _RESENT_MASK] if route.numbers is not None else 0
            size = self._write(route, packet, payload_type, sequence, shifts[1], number)
        else:
            number = self._next_number(leg) if route.layout.transport_cc_head else 0
            size = self._write(route, packet, payload_type, sequence, shifts[1], number)
            size = self._wrap_rtx(route, packet, rtx_type, sequence, size)
            if route.layout.transport_cc_head:
                leg.sent[number % SENT_SLOTS] = (number, now, size)
        self._transmits.append((outbound.protect(size), address))
        self._counters.resent += 1
        self._counters.bytes_out += size
        return size

    def pad(self, route: Route, now: float) -> int:
        """Send one packet of nothing but padding on the RTX stream, which viewers drop unseen; its size."""
        leg = route.leg
        outbound = leg.outbound
        address = leg.address
        if outbound is None or address is None:
            return 0
        layout = route.layout
        number = self._next_number(leg) if layout.transport_cc_head else 0
        route.rtx_sequence = route.rtx_sequence + 1 & _SEQUENCE_MASK
        layout.pack_into(
            self._view,
            0,
            layout.first_byte | _HAS_PADDING,
            next(iter(route.row.rtx.values())),
            route.rtx_sequence,
            0,
            route.row.rtx_ssrc,
            rtp.ONE_BYTE_PROFILE,
            layout.words,
            layout.transport_cc_head,
            number,
            layout.mid_element,
        )
        size = layout.size + len(_PADDING)
        self._view[layout.size : size] = _PADDING
        if layout.transport_cc_head:
            leg.sent[number % SENT_SLOTS] = (number, now, size)
        self._transmits.append((outbound.protect(size), address))
        self._counters.rtp_out += 1
        self._counters.bytes_out += size
        return size

    @staticmethod
    def _next_number(leg: Leg) -> int:
        leg.transport_number = leg.transport_number + 1 & _SEQUENCE_MASK
        return leg.transport_number

    def _write(
        self,
        route: Route,
        packet: Packet,
        payload_type: int,
        sequence: int,
        picture_shift: int,
        number: int,
    ) -> int:
        """Write the packet as the route's viewer must see it; its size."""
        extensions = route.leg.extensions
        if self._tail_packet is not packet or self._tail_extensions is not extensions:
            self._build_tail(packet, extensions)
        layout = route.layout
        remap = route.remap
        view = self._view
        tail = self._tail
        layout.pack_into(
            view,
            0,
            layout.first_byte,
            packet.marker | payload_type,
            sequence,
            packet.timestamp + remap.timestamp_shift & _TIMESTAMP_MASK,
            route.ssrc,
            rtp.ONE_BYTE_PROFILE,
            layout.words + self._tail_words,
            layout.transport_cc_head,
            number,
            layout.mid_element,
        )
        start = layout.size
        size = start + len(tail)
        view[start:size] = tail
        if picture_shift or remap.tl0_shift:
            picture = packet.picture
            vp8.patch(
                view,
                start + 4 * self._tail_words,
                picture,
                picture.picture_id + picture_shift,
                picture.tl0_index + remap.tl0_shift,
            )
        return size

    def _build_tail(self, packet: Packet, ids: "Extensions") -> None:
        level, orientation, capture_time, playout_delay, content_type = packet.passed
        elements = b""
        if level is not None:
            elements = rtp.pack_element(ids.audio_level, level)
        if orientation is not None:
            elements += rtp.pack_element(ids.orientation, orientation)
        if capture_time is not None:
            elements += rtp.pack_element(ids.capture_time, capture_time)
        if playout_delay is not None:
            elements += rtp.pack_element(ids.playout_delay, playout_delay)
        if content_type is not None:
            elements += rtp.pack_element(ids.content_type, content_type)
        elements = rtp.pad_to_word(elements)
        self._tail_packet = packet
        self._tail_extensions = ids
        self._tail = elements + packet.payload
        self._tail_words = len(elements) // 4

    def _wrap_rtx(
        self, route: Route, packet: Packet, rtx_type: int, sequence: int, size: int
    ) -> int:
        """RFC 4588: the original sequence number before the payload, and the header of the RTX stream."""
        view = self._view
        payload_at = size - len(packet.payload)
        view[payload_at + 2 : size + 2] = bytes(view[payload_at:size])
        _SEQUENCE.pack_into(view, payload_at, sequence)
        route.rtx_sequence = route.rtx_sequence + 1 & _SEQUENCE_MASK
        timestamp = packet.timestamp + route.remap.timestamp_shift & _TIMESTAMP_MASK
        _TYPE_SEQUENCE_TIME_SSRC.pack_into(
            view, 1, packet.marker | rtx_type, route.rtx_sequence, timestamp, route.row.rtx_ssrc
        )
        return size + 2
