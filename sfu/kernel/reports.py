"""RTCP of the kernel: what is told to publishers (receptions, arrivals) and to viewers (sender reports), as bytes."""

from sfu.kernel.ingest import FIRST_CYCLE
from sfu.kernel.streams import SENT_SLOTS, Leg, Route, Source
from sfu.kernel.table import ReceiverReport, TransportFeedback
from sfu.packet import rtcp, transport_cc

OUR_SSRC = 1
"""Sender of the kernel's own RTCP towards publishers."""
FEEDBACK_EVERY_S = 0.05
REPORT_EVERY_S = 1.0
MOST_ARRIVALS = 2048
_NTP_SECOND = 1 << 32
_NTP_MASK = (1 << 64) - 1
_MIDDLE_MASK = 0xFFFFFFFF
_HALF_SEQUENCE = 0x8000
_SEQUENCE_MASK = 0xFFFF
_REPORTS_REMEMBERED = 4


def note_arrival(leg: Leg, number: int, now: float) -> None:
    """A packet of the publisher came with this transport-wide number."""
    if leg.newest_arrival < 0:
        leg.newest_arrival = number + FIRST_CYCLE
        unwrapped = leg.newest_arrival
        leg.feedback_base = unwrapped
    else:
        ahead = number - leg.newest_arrival & _SEQUENCE_MASK
        unwrapped = leg.newest_arrival + (ahead if ahead < _HALF_SEQUENCE else ahead - FIRST_CYCLE)
        leg.newest_arrival = max(leg.newest_arrival, unwrapped)
    if len(leg.arrivals) < MOST_ARRIVALS:
        leg.arrivals.append((unwrapped, now))


def transport_feedback(leg: Leg) -> list[bytes]:
    """All arrivals since the last call as transport-cc reports."""
    arrivals = sorted(dict(reversed(leg.arrivals)).items())
    leg.arrivals.clear()
    media_ssrc = next(iter(leg.streams), 0)
    reports = []
    base = min(leg.feedback_base, arrivals[0][0])
    while arrivals:
        report, held = transport_cc.pack(
            sender_ssrc=OUR_SSRC,
            media_ssrc=media_ssrc,
            count=leg.feedback_count,
            base=base,
            arrivals=arrivals,
        )
        reports.append(report)
        leg.feedback_count = leg.feedback_count + 1 & 0xFF
        base = arrivals[held - 1][0] + 1
        del arrivals[:held]
    leg.feedback_base = max(leg.feedback_base, base)
    return reports


def receptions(leg: Leg, now: float) -> bytes:
    """Receiver reports of all streams of the leg; empty when there is nothing to report."""
    blocks = [
        _reception(source, now)
        for source in leg.sources
        if source.ssrc is not None and source.highest >= 0
    ]
    return rtcp.receiver_report(OUR_SSRC, blocks)


def _reception(source: Source, now: float) -> rtcp.ReceptionReport:
    expected = source.expected - source.expected_before
    lost = max(0, expected - (source.received - source.received_before))
    source.expected_before = source.expected
    source.received_before = source.received
    last_report = delay = 0
    if source.report_at is not None:
        last_report = source.report_ntp >> 16 & _MIDDLE_MASK
        delay = int((now - source.report_at) * 65536) & _MIDDLE_MASK
    return rtcp.ReceptionReport(
        ssrc=source.ssrc or 0,
        fraction_lost=min(255, lost * 256 // expected) if expected > 0 else 0,
        packets_lost=min(source.lost, 0x7FFFFF),
        highest_sequence=source.highest - FIRST_CYCLE & _MIDDLE_MASK,
        jitter=int(source.jitter) & _MIDDLE_MASK,
        lsr=last_report,
        dlsr=delay,
    )


def note_sender_report(source: Source, report: rtcp.SenderReport, now: float) -> None:
    """The publisher relates its media time to its wall clock."""
    source.report_ntp = report.sender_info.ntp_timestamp
    source.report_timestamp = report.sender_info.rtp_timestamp
    source.report_at = now
    if source.leg.ntp_shift is None:
        source.leg.ntp_shift = int(now * _NTP_SECOND) - source.report_ntp


def sender_report(route: Route, source: Source, now: float) -> bytes | None:
    """The publisher's last report as the viewer must hear it, carried forward to `now`.

    Its media time is mapped like the packets'. Its wall clock is put on ours by a shift that is one and the same for all
    streams of the publisher: sound and picture stay together, and a slot that changes publishers sees one clock run on.
    """
    if source.report_at is None or source.leg.ntp_shift is None:
        return None
    since = now - source.report_at
    ntp = source.report_ntp + source.leg.ntp_shift + int(since * _NTP_SECOND) & _NTP_MASK
    timestamp = (
        source.report_timestamp + route.remap.timestamp_shift + int(since * source.row.clock_rate)
    )
    times = route.report_times
    times[ntp >> 16 & _MIDDLE_MASK] = now
    while len(times) > _REPORTS_REMEMBERED:
        del times[next(iter(times))]
    return rtcp.sender_report(
        route.ssrc,
        ntp=ntp,
        rtp_timestamp=timestamp & _MIDDLE_MASK,
        packets=route.packets,
        payload_bytes=route.payload_bytes,
    )


def viewer_report(route: Route, block: rtcp.ReceptionReport, now: float) -> ReceiverReport:
    """What a viewer's report block means."""
    sent_at = route.report_times.get(block.lsr)
    rtt_s = None if sent_at is None else max(0.0, now - sent_at - block.dlsr / 65536)
    return ReceiverReport(
        route=route.row.route,
        fraction_lost=block.fraction_lost / 256,
        packets_lost=block.packets_lost,
        jitter_s=block.jitter / route.row.clock_rate,
        rtt_s=rtt_s,
    )


def matched(leg: Leg, feedback: transport_cc.Feedback) -> TransportFeedback:
    """The viewer's arrivals beside what was sent under the same numbers; numbers that were never sent are left out."""
    packets = []
    sent = leg.sent
    number = feedback.base_sequence
    if sent:
        for arrival in feedback.arrivals:
            entry = sent[number % SENT_SLOTS]
            if entry is not None and entry[0] == number:
                packets.append((entry[1], entry[2], arrival))
                if arrival is not None:
                    sent[number % SENT_SLOTS] = None
            number = number + 1 & _SEQUENCE_MASK
    return TransportFeedback(leg.id, packets)
