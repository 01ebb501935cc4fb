"""How every kernel finds streams and mends losses on both sides, by its public face alone."""

import struct

import pytest
from aiortc import rtp as codec

from sfu.kernel.table import (
    KeyFrameNeeded,
    SourceBound,
    UnknownSsrc,
)
from sfu.packet import rtcp
from tests.unit.sfu.kernel.rig import (
    GCM,
    PUBLISHER_IDS,
    SHA1,
    SLOT_RTX_SSRC,
    SLOT_SSRC,
    VP8,
    Camera,
    KernelFactory,
    Picture,
    Rig,
    assert_unbroken,
    one_to_one,
    rtcp_to,
)

# Finding streams.


def test_simulcast_layers_are_found_by_rid(rig: Rig) -> None:
    publisher = rig.publisher()
    layers = {
        rid: Camera(rig, publisher, 0x3000 + place, known_ssrc=False, mid="1", rid=rid)
        for place, rid in enumerate(("q", "h", "f"))
    }
    for rid, layer in layers.items():
        elements = {PUBLISHER_IDS.mid: b"1", PUBLISHER_IDS.rid: rid.encode()}
        layer.send(layer.frame(key=True, elements=elements))
    assert rig.punts(SourceBound) == [
        SourceBound(layer.source, layer.ssrc) for layer in layers.values()
    ]
    layers["h"].send_frame()
    assert [rig.kernel.source_stats(layer.source).packets for layer in layers.values()] == [
        2,
        4,
        2,
    ]


def test_a_stream_of_no_row_is_told_once(rig: Rig) -> None:
    publisher = rig.publisher()
    camera = Camera(rig, publisher, 0x1111, known_ssrc=False, mid="1", rid="q")
    elements = {PUBLISHER_IDS.mid: b"1", PUBLISHER_IDS.rid: b"zz"}
    for _ in range(3):
        camera.send([camera.packet(b"\x10what", elements=elements)])
    assert rig.punts() == [UnknownSsrc(publisher.leg, 0x1111, 96, "1", "zz")]


def test_a_flood_of_streams_is_bounded(rig: Rig) -> None:
    publisher = rig.publisher()
    camera = Camera(rig, publisher, 0x1111, mid="1")
    for ssrc in range(500):
        camera.send([camera.packet(b"\x10what", ssrc=0x9000 + ssrc)])
    assert len(rig.punts(UnknownSsrc)) <= 64
    assert rig.kernel.counters.unclaimed >= 436


def test_without_mid_and_rid_the_payload_type_tells(rig: Rig) -> None:
    publisher = rig.publisher()
    camera = Camera(rig, publisher, 0x1111, known_ssrc=False)
    camera.send_frame(key=True)
    assert rig.punts(SourceBound) == [SourceBound(camera.source, 0x1111)]


def test_a_new_ssrc_under_the_same_mid_takes_the_source_over(rig: Rig) -> None:
    publisher = rig.publisher()
    camera = Camera(rig, publisher, 0x1111, known_ssrc=False, mid="1")
    elements = {PUBLISHER_IDS.mid: b"1"}
    viewer = rig.viewer().slot()
    viewer.play(camera)
    camera.send(camera.frame(key=True, elements=elements))
    before = viewer.rtp()
    camera.ssrc, camera.sequence, camera.picture_id = 0x4444, 9, 77
    rig.clock.later(0.033)
    camera.send(camera.frame(key=True, elements=elements))
    assert_unbroken(before + viewer.rtp())
    assert rig.kernel.source_stats(camera.source).ssrc == 0x4444


# Losses on the way in.


def test_a_gap_is_asked_for_and_the_answer_fills_the_hole(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    first, second, third = camera.frame(packets=3)
    camera.send([first, third])
    rig.clock.later(0.02)
    rig.kernel.tick(rig.clock.now)
    got = rig.collect()
    numbers = [codec.RtpPacket.parse(plain).sequence_number for plain in got[viewer.end]]
    assert numbers == [0x5002, 0x5004]
    (nack,) = [
        message
        for plain in got[camera.end]
        for message in rtcp.parse(plain)
        if isinstance(message, rtcp.Nack)
    ]
    missing = struct.unpack_from("!H", second, 2)[0]
    assert nack == rtcp.Nack(0x1111, [missing])
    camera.send([second])
    assert [packet.sequence_number for packet in viewer.rtp()] == [0x5003]
    rig.clock.later(0.5)
    rig.kernel.tick(rig.clock.now)
    assert not any(isinstance(m, rtcp.Nack) for m in rtcp_to(rig, camera.end))


def test_a_repair_on_the_rtx_stream_fills_the_hole(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, rtx_ssrc=0x1119)
    viewer = rig.viewer().slot()
    viewer.play(camera)
    camera.send_frame(key=True)
    first, second, third = camera.frame(packets=3)
    camera.send([first, third])
    rig.collect()
    lost = codec.RtpPacket.parse(second)
    repair = camera.packet(
        struct.pack("!H", lost.sequence_number) + lost.payload,
        payload_type=97,
        ssrc=0x1119,
        sequence=3,
    )
    camera.send([repair])
    (packet,) = viewer.rtp()
    assert packet.sequence_number == 0x5003
    assert packet.payload_type == VP8
    assert Picture(packet.payload).body == Picture(lost.payload).body
    assert rig.kernel.source_stats(camera.source).lost == 0


def test_the_rtx_stream_of_a_simulcast_layer_is_found_by_its_repaired_rid(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, known_ssrc=False, mid="1", rid="q")
    elements = {PUBLISHER_IDS.mid: b"1", PUBLISHER_IDS.rid: b"q"}
    camera.send(camera.frame(key=True, elements=elements))
    first, second = camera.frame()
    camera.send([second])
    lost = codec.RtpPacket.parse(first)
    repair = camera.packet(
        struct.pack("!H", lost.sequence_number) + lost.payload,
        payload_type=97,
        ssrc=0x7777,
        sequence=3,
        elements={PUBLISHER_IDS.mid: b"1", PUBLISHER_IDS.repaired_rid: b"q"},
    )
    camera.send([repair])
    stats = rig.kernel.source_stats(camera.source)
    assert (stats.packets, stats.lost) == (4, 0)


def test_a_key_frame_whose_first_packet_comes_late_is_sent_whole(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    camera.send_frame(key=True)
    viewer.play(camera)
    first, second, third = camera.frame(key=True, packets=3)
    camera.send([second, third])
    assert viewer.rtp() == []
    camera.send([first])
    camera.send_frame()
    packets = viewer.rtp()
    assert [packet.marker for packet in packets] == [0, 0, 1, 0, 1]
    assert_unbroken(packets)


def test_a_loss_that_is_not_mended_asks_for_a_key_frame(rig: Rig) -> None:
    camera, _ = one_to_one(rig)
    first, _lost, third = camera.frame(packets=3)
    camera.send([first, third])
    needed = 0
    for _ in range(100):
        rig.clock.later(0.02)
        rig.kernel.tick(rig.clock.now)
        needed += len(rig.punts(KeyFrameNeeded))
    assert needed == 1
    assert rig.kernel.counters.gaps_given_up == 1
    assert rig.kernel.source_stats(camera.source).nacks_sent <= 8


# Losses on the way out.


def test_a_nack_is_answered_on_the_rtx_stream(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.send_frame()
    lost = viewer.rtp()[0]
    viewer.nack(lost.sequence_number)
    (again,) = viewer.rtp()
    assert (again.ssrc, again.payload_type) == (SLOT_RTX_SSRC, 101)
    assert again.timestamp == lost.timestamp
    assert struct.unpack_from("!H", again.payload)[0] == lost.sequence_number
    assert again.payload[2:] == lost.payload
    original = codec.unwrap_rtx(again, VP8, SLOT_SSRC)
    assert original.payload == lost.payload
    number = lost.extensions.transport_sequence_number
    assert again.extensions.transport_sequence_number not in (number, None)


@pytest.mark.parametrize("profile", [GCM, SHA1])
def test_without_rtx_the_same_bytes_are_sent_again(
    make_kernel: KernelFactory, profile: str
) -> None:
    rig = Rig(make_kernel, GCM if profile == GCM else SHA1)
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot(rtx=False)
    viewer.play(camera)
    camera.send_frame(key=True)
    before = rig.kernel.take_transmits()
    viewer.nack(0x5001)
    assert rig.kernel.take_transmits() == [before[1]]


def test_a_resend_looks_like_the_packet_did_after_drops_and_switches(rig: Rig) -> None:
    publisher = rig.publisher()
    small = Camera(rig, publisher, 0x1111)
    large = Camera(rig, publisher, 0x1112, picture_id=99, sequence=7)
    viewer = rig.viewer().slot()
    viewer.play(small)
    small.send_frame(key=True)
    viewer.play(large, 0)
    for place in range(9):
        rig.clock.later(0.033)
        large.send_frame(key=place == 0, layer=(0, 2, 1, 2)[place % 4])
    sent = {packet.sequence_number: packet for packet in viewer.rtp()}
    rig.clock.later(0.5)
    numbers = sorted(sent)[2:]
    viewer.nack(*numbers)
    again = viewer.rtp()
    assert [struct.unpack_from("!H", packet.payload)[0] for packet in again] == numbers
    for packet, number in zip(again, numbers, strict=True):
        assert packet.payload[2:] == sent[number].payload
        assert packet.timestamp == sent[number].timestamp


def test_what_is_gone_is_a_miss(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    for _ in range(400):
        camera.send_frame()
    rig.drain()
    viewer.nack(0x4000, 0x5003, 0x9000)
    assert viewer.rtp() == []
    assert rig.kernel.route_stats(viewer.route).nacks_missed == 3


def test_a_flood_of_nacks_cannot_amplify(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    for _ in range(100):
        camera.send_frame(packets=4)
    sent = viewer.rtp()
    asked = [packet.sequence_number for packet in sent]
    sent_bytes = sum(len(packet.payload) for packet in sent)
    again = 0
    for _ in range(50):
        for start in range(0, len(asked), 100):
            viewer.nack(*asked[start : start + 100])
        rig.clock.later(0.018)
        again += sum(len(packet.payload) for packet in viewer.rtp())
    assert again < 60_000 + sent_bytes
    assert rig.kernel.counters.resend_refused > 1000


def test_a_nack_for_a_stream_that_is_not_there_is_nothing(rig: Rig) -> None:
    _, viewer = one_to_one(rig)
    packet = codec.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=0x7070, lost=[1])
    assert viewer.end.send_rtcp(bytes(packet))
    assert rig.kernel.take_transmits() == []
