"""What every kernel reports to publishers, viewers and the engine, by its public face alone."""

import struct

import pytest
from aiortc import rtp as codec

from sfu.kernel.table import (
    Extensions,
    KeyFrameNeeded,
    ReceiverReport,
    Remb,
    SourceEnded,
    TransportFeedback,
)
from sfu.packet import rtcp, transport_cc
from tests.unit.sfu.kernel.rig import (
    AUDIO_OUT,
    SLOT_RTX_SSRC,
    SLOT_SSRC,
    Camera,
    Rig,
    Viewer,
    feedback_to,
    one_to_one,
    rtcp_to,
)


def test_a_viewers_pli_and_fir_reach_the_engine(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    pli = rtcp.key_frame_request(1, SLOT_SSRC)
    fir = codec.pack_rtcp_packet(
        codec.RTCP_PSFB, 4, struct.pack("!IIII", 1, 0, SLOT_SSRC, 1 << 24)
    )
    viewer.end.send_rtcp(pli + fir)
    assert rig.punts() == [KeyFrameNeeded(camera.source)] * 2


def test_remb_and_goodbye_reach_the_engine(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    body = struct.pack("!II", 1, 0) + codec.pack_remb_fci(250_000, [SLOT_SSRC])
    viewer.end.send_rtcp(codec.pack_rtcp_packet(codec.RTCP_PSFB, 15, body))
    camera.end.send_rtcp(bytes(codec.RtcpByePacket(sources=[camera.ssrc, 5])))
    assert rig.punts() == [Remb(viewer.end.leg, 250_000), SourceEnded(camera.source)]


def test_transport_feedback_is_matched_with_what_was_sent(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    sent_at = rig.clock.now
    camera.send_frame(packets=3)
    numbers = [packet.extensions.transport_sequence_number or 0 for packet in viewer.rtp()]
    rig.clock.later(0.05)
    report, _ = transport_cc.pack(
        sender_ssrc=1,
        media_ssrc=SLOT_SSRC,
        count=0,
        base=numbers[0],
        arrivals=[(numbers[0], 2.0), (numbers[2], 2.004)],
    )
    viewer.end.send_rtcp(report)
    (feedback,) = rig.punts(TransportFeedback)
    assert isinstance(feedback, TransportFeedback)
    assert feedback.leg == viewer.end.leg
    assert [(at, arrived) for at, _, arrived in feedback.packets] == [
        (sent_at, 8000),
        (sent_at, None),
        (sent_at, 8016),
    ]
    assert all(size > 20 for _, size, _ in feedback.packets)


def test_arrivals_are_reported_to_the_publisher(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, nack=False)
    told: dict[int, bool] = {}
    sent: dict[int, bool] = {}
    for place in range(60):
        came = place % 7 != 3
        made = camera.frame(packets=2)
        sent[camera.transport_number - 1 & 0xFFFF] = came
        sent[camera.transport_number] = True
        camera.send(made if came else made[1:])
        rig.clock.later(0.02)
        rig.kernel.tick(rig.clock.now)
        for feedback in feedback_to(rig, camera.end):
            for offset, arrival in enumerate(feedback.arrivals):
                told[feedback.base_sequence + offset & 0xFFFF] = arrival is not None
    assert len(told) > 100
    assert told == {number: sent[number] for number in told}
    assert list(told)[-1] - next(iter(told)) & 0xFFFF == len(told) - 1


def test_receptions_are_reported_to_the_publisher(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, nack=False, sequence=65_530)
    camera.sender_report(123 << 32)
    for place in range(40):
        made = camera.frame(packets=1)
        if place not in (5, 6):
            camera.send(made)
        rig.clock.later(0.033)
    rig.kernel.tick(rig.clock.now)
    (report,) = [m for m in rtcp_to(rig, camera.end) if isinstance(m, rtcp.ReceiverReport)]
    (block,) = report.reports
    assert block.ssrc == 0x1111
    assert block.packets_lost == 2
    assert block.fraction_lost == 2 * 256 // 40
    assert block.highest_sequence == 65_536 + (65_530 + 39 & 0xFFFF)
    assert block.lsr == 123 << 16
    assert block.dlsr == pytest.approx(40 * 0.033 * 65536, abs=2)
    assert block.jitter < 90


def test_sender_reports_reach_the_viewer_in_its_own_media_time(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    mic = Camera(
        rig, camera.end, 0x2222, payload_types={111: "opus"}, clock_rate=48_000, timestamp=480
    )
    ear = Viewer(rig, rig.end(Extensions())).slot(payload_types=AUDIO_OUT, rtx=False)
    ear.play(mic)
    mic.send([mic.packet(b"sound")])
    rig.drain()
    camera.sender_report(1000 << 32)
    mic.sender_report((1000 << 32) + (1 << 31))
    got = rig.collect()
    (seen,) = [rtcp.parse(plain)[0] for plain in got[viewer.end]]
    (heard,) = [rtcp.parse(plain)[0] for plain in got[ear.end]]
    assert isinstance(seen, rtcp.SenderReport)
    assert isinstance(heard, rtcp.SenderReport)
    assert seen.ssrc == SLOT_SSRC
    assert seen.sender_info.rtp_timestamp == camera.timestamp & 0xFFFFFFFF
    assert seen.sender_info.packet_count == 2
    apart = heard.sender_info.ntp_timestamp - seen.sender_info.ntp_timestamp
    assert apart == 1 << 31


def test_the_round_trip_is_told_by_the_viewers_report(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.sender_report(1000 << 32)
    (report,) = [rtcp.parse(plain)[0] for plain in rig.collect()[viewer.end]]
    assert isinstance(report, rtcp.SenderReport)
    rig.clock.later(0.150)
    block = rtcp.ReceptionReport(
        ssrc=SLOT_SSRC,
        fraction_lost=64,
        packets_lost=9,
        highest_sequence=0,
        jitter=900,
        lsr=report.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF,
        dlsr=int(0.1 * 65536),
    )
    viewer.end.send_rtcp(rtcp.receiver_report(1, [block]))
    (told,) = rig.punts(ReceiverReport)
    assert isinstance(told, ReceiverReport)
    assert (told.route, told.fraction_lost, told.packets_lost) == (viewer.route, 0.25, 9)
    assert told.rtt_s == pytest.approx(0.05, abs=0.001)
    assert told.jitter_s == pytest.approx(0.01)


def test_padding_probes_the_link_on_the_rtx_stream(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    sent_bytes = rig.kernel.send_padding(viewer.end.leg, 2000, rig.clock.now)
    packets = viewer.rtp()
    assert sent_bytes >= 2000
    assert {(packet.ssrc, packet.payload) for packet in packets} == {(SLOT_RTX_SSRC, b"")}
    numbers = [packet.extensions.transport_sequence_number or 0 for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + len(packets)))
    camera.send_frame(packets=1)
    assert viewer.rtp()[0].sequence_number == 0x5002


def test_without_rtx_there_is_no_padding(rig: Rig) -> None:
    viewer = rig.viewer().slot(rtx=False)
    assert rig.kernel.send_padding(viewer.end.leg, 2000, rig.clock.now) == 0


def test_rtcp_of_the_engine_is_sealed_and_sent(rig: Rig) -> None:
    viewer = rig.viewer()
    rig.kernel.send_rtcp(viewer.end.leg, rtcp.key_frame_request(7, 8))
    assert rtcp_to(rig, viewer.end) == [rtcp.KeyFrameRequest(8)]
