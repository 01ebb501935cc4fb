"""The kernel in plain Python: the contract of every kernel, and the fallback where no native one is."""

from struct import Struct

from sfu.errors import Malformed, Misuse
from sfu.kernel import ingest, reports, resends, switching
from sfu.kernel.outgoing import Sender
from sfu.kernel.srtp import Inbound, Outbound, Replayed, Scratch, Unauthentic
from sfu.kernel.streams import SENT_SLOTS, Leg, Packet, PassedExtensions, Route, Source
from sfu.kernel.table import (
    ALL_TEMPORAL_LAYERS,
    Address,
    AudioLevel,
    Counters,
    Extensions,
    KeyFrameNeeded,
    KeyFrameSeen,
    LegId,
    LegKeys,
    Punt,
    Remb,
    RouteId,
    RouteRow,
    RouteStats,
    RouteSwitched,
    SourceBound,
    SourceEnded,
    SourceId,
    SourceRow,
    SourceStats,
    Transmit,
    UnknownSsrc,
)
from sfu.packet import rtcp, rtp, transport_cc, vp8

_SHORTEST_BYTES = 12
_FIRST_RTCP_TYPE = 192
_LAST_RTCP_TYPE = 223
_MOST_UNKNOWN_SSRCS = 64
_LEVEL_EVERY_S = 0.1
_ASK_KEY_FRAME_EVERY_S = 0.5
_PASS_REPORT_EVERY_S = 0.2
_MOST_PADDING_BYTES = 100_000
_SSRC = Struct("!I")
_NUMBER = Struct("!H")


class ReferenceKernel:
    """What each method promises is written at `table.Kernel`."""

    def __init__(self) -> None:
        self.transmits: list[Transmit] = []
        self.punts: list[Punt] = []
        self.counters = Counters()
        self._scratch = Scratch()
        self._sender = Sender(self._scratch, self.transmits, self.counters)
        self._legs: dict[LegId, Leg] = {}
        self._sources: dict[SourceId, Source] = {}
        self._routes: dict[RouteId, Route] = {}
        self._publishers: dict[LegId, Leg] = {}
        self._extensions: dict[Extensions, Extensions] = {}

    # Rows: what the engine writes.

    def open_leg(self, leg: LegId, extensions: Extensions) -> None:
        extensions = self._extensions.setdefault(extensions, extensions)
        opened = self._legs.get(leg)
        if opened is None:
            opened = self._legs[leg] = Leg(leg, extensions)
        opened.extensions = extensions
        if extensions.transport_cc and not opened.sent:
            opened.sent = [None] * SENT_SLOTS
        for route in opened.routes.values():
            route.lay_out()

    def secure_leg(self, leg: LegId, keys: LegKeys) -> None:
        secured = self._leg(leg)
        secured.inbound = Inbound(keys, self._scratch)
        secured.outbound = Outbound(keys, self._scratch)
        self._ask_for_starts(secured)

    def set_address(self, leg: LegId, address: Address) -> None:
        reached = self._leg(leg)
        was_ready, reached.address = reached.ready, address
        if not was_ready:
            self._ask_for_starts(reached)

    def close_leg(self, leg: LegId) -> None:
        closed = self._legs.pop(leg, None)
        if closed is None:
            return
        for source in list(closed.sources):
            self.remove_source(source.row.source)
        for route in list(closed.routes.values()):
            self.remove_route(route.row.route)

    def add_source(self, row: SourceRow) -> None:
        leg = self._leg(row.leg)
        if row.source in self._sources:
            raise Misuse("a source is added twice")
        source = Source(row, leg)
        self._sources[row.source] = source
        self._publishers[row.leg] = leg
        leg.sources.append(source)
        leg.unknown.clear()
        if row.ssrc is not None:
            leg.streams[row.ssrc] = source
        if row.rtx_ssrc is not None:
            leg.rtx_streams[row.rtx_ssrc] = source

    def remove_source(self, source: SourceId) -> None:
        removed = self._sources.pop(source, None)
        if removed is None:
            return
        switching.let_all_go(removed)
        leg = removed.leg
        leg.sources.remove(removed)
        for streams in (leg.streams, leg.rtx_streams):
            for ssrc in [ssrc for ssrc, claimed in streams.items() if claimed is removed]:
                del streams[ssrc]
        if not leg.sources:
            self._publishers.pop(leg.id, None)

    def add_route(self, row: RouteRow) -> None:
        leg = self._leg(row.leg)
        if row.route in self._routes or row.ssrc in leg.routes:
            raise Misuse("a route is added twice, or its SSRC is taken on the leg")
        route = Route(row, leg)
        self._routes[row.route] = route
        leg.routes[row.ssrc] = route

    def point_route(
        self, route: RouteId, source: SourceId | None, max_temporal: int = ALL_TEMPORAL_LAYERS
    ) -> None:
        pointed = self._route(route)
        target = None if source is None else self._source(source)
        pointed.wanted_layer = max_temporal
        if target is pointed.waiting and target is not None:
            return
        switching.stop_waiting(pointed)
        if target is None:
            switching.detach(pointed)
        elif target is not pointed.source:
            switching.wait(pointed, target)
            if target.video and pointed.leg.ready:
                self.punts.append(KeyFrameNeeded(target.row.source))

    def remove_route(self, route: RouteId) -> None:
        removed = self._routes.pop(route, None)
        if removed is None:
            return
        switching.stop_waiting(removed)
        switching.detach(removed)
        del removed.leg.routes[removed.ssrc]

    # Bytes and time: what the node brings.

    def receive(self, leg: LegId, datagram: bytes, now: float) -> bool:
        counters = self.counters
        counters.bytes_in += len(datagram)
        known = self._legs.get(leg)
        if known is None or known.inbound is None:
            counters.unready += 1
            return False
        if len(datagram) < _SHORTEST_BYTES:
            counters.malformed += 1
            return False
        try:
            if _FIRST_RTCP_TYPE <= datagram[1] <= _LAST_RTCP_TYPE:
                counters.rtcp_in += 1
                return self._receive_rtcp(known, known.inbound.unprotect_rtcp(datagram), now)
            counters.rtp_in += 1
            return self._receive_rtp(known, known.inbound, datagram, now)
        except Malformed:
            counters.malformed += 1
        except Unauthentic:
            counters.unauthentic += 1
        except Replayed:
            counters.replayed += 1
        return False

    def tick(self, now: float) -> None:
        for leg in self._publishers.values():
            if leg.outbound is None or leg.address is None:
                continue
            for source in leg.sources:
                self._mend(source, now)
            if leg.arrivals and now - leg.feedback_at >= reports.FEEDBACK_EVERY_S:
                leg.feedback_at = now
                for report in reports.transport_feedback(leg):
                    self._send_rtcp(leg, report)
            if now - leg.reported_at >= reports.REPORT_EVERY_S:
                leg.reported_at = now
                receptions = reports.receptions(leg, now)
                if receptions:
                    self._send_rtcp(leg, receptions)

    def request_key_frame(self, source: SourceId) -> bool:
        asked = self._source(source)
        if asked.ssrc is None:
            return False
        return self._send_rtcp(asked.leg, rtcp.key_frame_request(reports.OUR_SSRC, asked.ssrc))

    def send_padding(self, leg: LegId, size_bytes: int, now: float) -> int:
        padded = self._leg(leg)
        route = next(
            (route for route in padded.routes.values() if route.row.rtx and route.row.rtx_ssrc),
            None,
        )
        if route is None or padded.outbound is None or padded.address is None:
            return 0
        sent_bytes = 0
        while sent_bytes < min(size_bytes, _MOST_PADDING_BYTES):
            sent_bytes += self._sender.pad(route, now)
        return sent_bytes

    def send_rtcp(self, leg: LegId, plain: bytes) -> None:
        self._send_rtcp(self._leg(leg), plain)

    def take_transmits(self) -> list[Transmit]:
        taken = self.transmits.copy()
        self.transmits.clear()
        return taken

    def take_punts(self) -> list[Punt]:
        taken, self.punts = self.punts, []
        return taken

    def source_stats(self, source: SourceId) -> SourceStats:
        counted = self._source(source)
        return SourceStats(
            ssrc=counted.ssrc,
            packets=counted.packets,
            bytes=counted.bytes,
            lost=counted.lost,
            nacks_sent=counted.nacks_sent,
            key_frames=counted.key_frames,
            temporal_layers=counted.temporal_layers,
            last_at=counted.arrived_at if counted.packets else None,
        )

    def route_stats(self, route: RouteId) -> RouteStats:
        counted = self._route(route)
        return RouteStats(
            source=None if counted.source is None else counted.source.row.source,
            waiting=None if counted.waiting is None else counted.waiting.row.source,
            packets=counted.packets,
            bytes=counted.payload_bytes,
            resent=counted.resent,
            nacks_received=counted.asks_received,
            nacks_missed=counted.asks_missed,
        )

    # RTP in.

    def _receive_rtp(self, leg: Leg, inbound: Inbound, datagram: bytes, now: float) -> bool:
        (ssrc,) = _SSRC.unpack_from(datagram, 8)
        source = leg.streams.get(ssrc)
        repaired = None if source is not None else leg.rtx_streams.get(ssrc)
        if (
            source is None
            and repaired is None
            and ingest.is_closed(leg, ssrc, _MOST_UNKNOWN_SSRCS)
        ):
            self.counters.unclaimed += 1
            return False
        plain = inbound.unprotect(datagram)
        if not leg.may_send(now):  # counted by what is hers, not by what others send in her name
            self.counters.over_rate += 1
            return False
        header = rtp.parse(plain)
        ids = leg.extensions
        elements = rtp.read_extensions(plain, header)
        number = elements.get(ids.transport_cc)
        if number is not None and len(number) == _NUMBER.size:
            reports.note_arrival(leg, _NUMBER.unpack(number)[0], now)
        payload = plain[header.payload_at : header.payload_end]
        if source is None and repaired is None:
            source, repaired = self._claim(leg, header, elements)
        if source is not None and header.payload_type in source.row.payload_types:
            index = self._place(source, header.sequence)
            if index is not None:
                packet = ingest.build(
                    source, header, payload, index, ingest.passed_extensions(ids, elements)
                )
                ingest.measure_jitter(source, header.timestamp, now)
                self._take(source, packet, now)
        elif repaired is not None:
            self._take_repair(
                repaired, header, payload, ingest.passed_extensions(ids, elements), now
            )
        else:
            self.counters.unclaimed += 1
        return True

    def _claim(
        self, leg: Leg, header: rtp.Header, elements: dict[int, bytes]
    ) -> tuple[Source | None, Source | None]:
        """Find the source (or the one it repairs) of a new SSRC; tell the engine once when there is none."""
        ids = leg.extensions
        mid = ingest.text(elements.get(ids.mid))
        rid = ingest.text(elements.get(ids.rid))
        repaired_rid = ingest.text(elements.get(ids.repaired_rid))
        repaired = ingest.rtx_claimant(leg.sources, header.payload_type, mid, repaired_rid)
        if repaired is not None:
            self._bind(leg.rtx_streams, header.ssrc, repaired)
            repaired.rtx_ssrc = header.ssrc
            return None, repaired
        source = ingest.claimant(leg.sources, header.payload_type, mid, rid)
        if source is not None:
            self._bind(leg.streams, header.ssrc, source)
            if source.ssrc is not None:
                self._restart(source)
            source.ssrc = header.ssrc
            self.punts.append(SourceBound(source.row.source, header.ssrc))
            return source, None
        if header.ssrc not in leg.unknown:
            self.punts.append(UnknownSsrc(leg.id, header.ssrc, header.payload_type, mid, rid))
        leg.unknown.add(header.ssrc)
        return None, None

    @staticmethod
    def _bind(streams: dict[int, Source], ssrc: int, source: Source) -> None:
        for stale in [known for known, claimed in streams.items() if claimed is source]:
            del streams[stale]
        streams[ssrc] = source

    def _place(self, source: Source, sequence: int) -> int | None:
        index = ingest.place(source, sequence)
        if index is None and ingest.restarts(source, sequence):
            self._restart(source)
            index = ingest.place(source, sequence)
        if index is None:
            self.counters.unclaimed += 1
        return index

    def _take_repair(
        self,
        source: Source,
        header: rtp.Header,
        payload: bytes,
        passed: PassedExtensions,
        now: float,
    ) -> None:
        """RFC 4588: what the publisher sent again; an empty one is only padding that probes the link."""
        payload_type = source.row.rtx.get(header.payload_type)
        if (
            payload_type not in source.row.payload_types
            or len(payload) <= _NUMBER.size
            or source.highest < 0
        ):
            return
        (sequence,) = _NUMBER.unpack_from(payload)
        index = ingest.place(source, sequence)
        if index is None or index > source.highest:
            return
        restored = rtp.restored(header, payload_type, sequence)
        self._take(source, ingest.build(source, restored, payload[2:], index, passed), now)

    def _take(self, source: Source, packet: Packet, now: float) -> None:
        """A media packet in its place: keep it, note what it closes or jumps over, send it on."""
        if not source.history.add(packet):
            self.counters.duplicate += 1
            return
        newest = packet.index > source.highest
        if newest:
            self._step(source, packet, now)
        else:
            source.gaps.close(packet.index)
            source.first_index = min(source.first_index, packet.index)
        source.packets += 1
        source.received += 1
        source.bytes += len(packet.payload)
        if packet.passed[0]:
            self._hear(source, packet.passed[0][0], now)
        if packet.key_frame and packet.timestamp != source.key_timestamp:
            self._see_key_frame(source, packet)
        started: list[Route] = []
        if source.waiting and packet.payload and (newest or packet.key_frame):
            started = self._start_waiting(source, packet, now)
        self._forward(source, packet, source.routes, now, newest=newest)
        if started and not newest:
            self._catch_up(source, packet, started, now)

    def _step(self, source: Source, packet: Packet, now: float) -> None:
        if source.highest < 0:
            source.first_index = packet.index
        elif packet.index > source.highest + 1 and source.row.nack:
            mendable = source.gaps.open(source.highest + 1, packet.index, now)
            if not mendable and source.video:
                self.punts.append(KeyFrameNeeded(source.row.source))
        ingest.advance(source, packet, now)

    def _hear(self, source: Source, level: int, now: float) -> None:
        source.level = min(source.level, level & 0x7F)
        source.loud_is_voice = source.loud_is_voice or level & 0x80 != 0
        if now - source.level_at >= _LEVEL_EVERY_S:
            self.punts.append(AudioLevel(source.row.source, source.level, source.loud_is_voice))
            source.level = 127
            source.loud_is_voice = False
            source.level_at = now

    def _see_key_frame(self, source: Source, packet: Packet) -> None:
        source.key_timestamp = packet.timestamp
        source.key_frames += 1
        width = height = 0
        if packet.codec == "vp8":
            width, height = vp8.key_frame_size(packet.payload, packet.picture.frame_at)
        self.punts.append(KeyFrameSeen(source.row.source, width, height))

    # RTP out.

    def _start_waiting(self, source: Source, packet: Packet, now: float) -> list[Route]:
        """Routes that wait for the source start here, if the packet is one to start with."""
        started: list[Route] = []
        if source.video and not packet.key_frame:
            return started
        for route in list(source.waiting):
            if not route.leg.ready or self._codec_for(route, packet) is None:
                continue
            source.waiting.remove(route)
            switching.attach(route, source, packet, now)
            started.append(route)
            self.punts.append(RouteSwitched(route.row.route, source.row.source))
            report = reports.sender_report(route, source, now)
            if report is not None:
                self._send_rtcp(route.leg, report)
        return started

    def _catch_up(self, source: Source, first: Packet, routes: list[Route], now: float) -> None:
        """The key frame's first packet was the one that came late: what followed it is here already."""
        for index in range(first.index + 1, source.highest + 1):
            packet = source.history.get(index)
            if packet is not None:
                self._forward(source, packet, routes, now, newest=False)

    @staticmethod
    def _codec_for(route: Route, packet: Packet) -> Packet | None:
        """The packet as the route's viewer can take it; None when it cannot."""
        if packet.codec in route.payload_types:
            return packet
        if packet.codec == "red" and "opus" in route.payload_types:
            return packet.as_opus()
        return None

    def _forward(
        self, source: Source, packet: Packet, routes: list[Route], now: float, *, newest: bool
    ) -> None:
        index = packet.index
        layer = packet.picture.temporal_layer
        sender = self._sender
        for route in routes:
            taken: Packet | None = packet
            payload_type = route.payload_types.get(packet.codec)
            if payload_type is None:
                taken = self._codec_for(route, packet)
                payload_type = 0 if taken is None else route.payload_types[taken.codec]
            if taken is None or not packet.payload:
                if newest:
                    route.remap.drop(index)
                continue
            remap = route.remap
            if (
                layer > route.current_layer or route.current_layer != route.wanted_layer
            ) and not switching.passes_layer(route, packet, newest=newest):
                if newest:
                    remap.drop(index, packet.picture.picture_id)
                continue
            if index >= remap.start:
                sender.forward(
                    route, taken, payload_type, remap.sequence_shift, remap.picture_shift, now
                )
            else:
                shifts = remap.locate(index)
                if shifts is not None:
                    sender.forward(route, taken, payload_type, shifts[0], shifts[1], now)

    # RTCP.

    def _receive_rtcp(self, leg: Leg, plain: bytes, now: float) -> bool:
        if not leg.may_report(now):
            self.counters.over_rate += 1
            return False
        for message in rtcp.parse(plain):
            if isinstance(message, transport_cc.Feedback):
                self.punts.append(reports.matched(leg, message))
            elif isinstance(message, rtcp.Nack):
                self._answer(leg, message, now)
            elif isinstance(message, rtcp.KeyFrameRequest):
                self._want_key_frame(leg, message.media_ssrc)
            elif isinstance(message, rtcp.Remb):
                self.punts.append(Remb(leg.id, message.bitrate_bps))
            elif isinstance(message, rtcp.Bye):
                self._end(leg, message)
            else:
                self._hear_report(leg, message, now)
        return True

    def _answer(self, leg: Leg, nack: rtcp.Nack, now: float) -> None:
        route = leg.routes.get(nack.media_ssrc)
        if route is not None and route.row.nack:
            resends.answer(route, nack.lost, self._sender, self.counters, now)

    def _want_key_frame(self, leg: Leg, ssrc: int) -> None:
        route = leg.routes.get(ssrc)
        if route is None:
            return
        source = route.waiting or route.source
        if source is not None and source.video:
            self.punts.append(KeyFrameNeeded(source.row.source))

    def _end(self, leg: Leg, bye: rtcp.Bye) -> None:
        for ssrc in bye.sources:
            source = leg.streams.get(ssrc)
            if source is not None:
                self.punts.append(SourceEnded(source.row.source))

    def _hear_report(
        self, leg: Leg, report: rtcp.SenderReport | rtcp.ReceiverReport, now: float
    ) -> None:
        if isinstance(report, rtcp.SenderReport):
            source = leg.streams.get(report.ssrc)
            if source is not None:
                reports.note_sender_report(source, report, now)
                self._pass_report(source, now)
        for block in report.reports:
            route = leg.routes.get(block.ssrc)
            if route is not None:
                self.punts.append(reports.viewer_report(route, block, now))

    def _pass_report(self, source: Source, now: float) -> None:
        """To every viewer, so a publisher who reports all the time is not followed in that."""
        if now - source.passed_at < _PASS_REPORT_EVERY_S:
            return
        source.passed_at = now
        for route in source.routes:
            report = reports.sender_report(route, source, now)
            if report is not None:
                self._send_rtcp(route.leg, report)

    def _mend(self, source: Source, now: float) -> None:
        """Ask the publisher for what is missing, and for a key frame where routes wait or mending failed."""
        ask_key_frame = any(route.leg.ready for route in source.waiting)
        if len(source.gaps) and source.ssrc is not None:
            missing, given_up = source.gaps.due(now)
            if missing:
                lost = [index & 0xFFFF for index in missing]
                self._send_rtcp(source.leg, rtcp.nack(reports.OUR_SSRC, source.ssrc, lost))
                source.nacks_sent += len(lost)
                self.counters.nacks_sent += len(lost)
            self.counters.gaps_given_up += given_up
            ask_key_frame = ask_key_frame or given_up > 0
        if ask_key_frame and source.video and now - source.asked_at >= _ASK_KEY_FRAME_EVERY_S:
            source.asked_at = now
            self.punts.append(KeyFrameNeeded(source.row.source))

    def _ask_for_starts(self, leg: Leg) -> None:
        """The viewer can be sent to: what she waits for may start, and a start before now would have been lost."""
        if not leg.ready:
            return
        for route in leg.routes.values():
            if route.waiting is not None and route.waiting.video:
                self.punts.append(KeyFrameNeeded(route.waiting.row.source))

    def _send_rtcp(self, leg: Leg, plain: bytes) -> bool:
        if leg.outbound is None or leg.address is None:
            self.counters.unready += 1
            return False
        self.transmits.append((leg.outbound.protect_rtcp(plain), leg.address))
        self.counters.rtcp_out += 1
        self.counters.bytes_out += len(plain)
        return True

    # Rows: finding them.

    def _restart(self, source: Source) -> None:
        """The stream began anew: its routes go on with it as if it were another source."""
        switching.let_all_wait(source)
        ingest.begin_anew(source)
        if source.video and source.waiting:
            self.punts.append(KeyFrameNeeded(source.row.source))

    def _leg(self, leg: LegId) -> Leg:
        found = self._legs.get(leg)
        if found is None:
            raise Misuse(f"no leg {leg}")
        return found

    def _source(self, source: SourceId) -> Source:
        found = self._sources.get(source)
        if found is None:
            raise Misuse(f"no source {source}")
        return found

    def _route(self, route: RouteId) -> Route:
        found = self._routes.get(route)
        if found is None:
            raise Misuse(f"no route {route}")
        return found
