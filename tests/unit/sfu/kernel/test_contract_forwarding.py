"""What every kernel does with packets and sound that go through, by its public face alone."""

import itertools

import pytest
from aiortc import rtp as codec

from sfu.kernel.table import (
    AudioLevel,
    Extensions,
    KeyFrameNeeded,
    KeyFrameSeen,
    RouteSwitched,
)
from sfu.packet import rtcp
from tests.unit.sfu.kernel.rig import (
    AUDIO_OUT,
    GCM,
    H264,
    OPUS,
    PUBLISHER_IDS,
    RED,
    SHA1,
    SLOT_SSRC,
    VP8,
    Camera,
    End,
    KernelFactory,
    Picture,
    Rig,
    Viewer,
    one_to_one,
    rtcp_to,
)

# Forwarding.


@pytest.mark.parametrize("profile", [GCM, SHA1])
def test_a_packet_goes_to_every_viewer(make_kernel: KernelFactory, profile: str) -> None:
    rig = Rig(make_kernel, GCM if profile == GCM else SHA1)
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewers = [rig.viewer().slot() for _ in range(3)]
    for viewer in viewers:
        viewer.play(camera)
    camera.send_frame(key=True)
    got = rig.collect()
    for viewer in viewers:
        packets = [codec.RtpPacket.parse(plain) for plain in got[viewer.end]]
        assert [packet.ssrc for packet in packets] == [SLOT_SSRC] * 2
        assert [packet.payload_type for packet in packets] == [VP8] * 2
        assert [packet.marker for packet in packets] == [0, 1]
        assert [packet.sequence_number for packet in packets] == [0x5000, 0x5001]
        assert packets[0].timestamp == camera.timestamp & 0xFFFFFFFF
        assert Picture(packets[0].payload).body.startswith(b"\x10\0\0\x9d")


def test_extensions_carry_the_viewers_ids(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    viewer.play(camera)
    level = {
        PUBLISHER_IDS.audio_level: b"\x85",
        PUBLISHER_IDS.mid: b"0",
        PUBLISHER_IDS.rid: b"q",
        14: b"unknown",
    }
    camera.send(camera.frame(key=True, packets=3, elements=level))
    packets = viewer.rtp()
    assert {packet.extensions.mid for packet in packets} == {"v0"}
    assert {packet.extensions.audio_level for packet in packets} == {(True, 5)}
    assert {packet.extensions.rtp_stream_id for packet in packets} == {None}
    numbers = [packet.extensions.transport_sequence_number for packet in packets]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]  # type: ignore[operator]


def test_a_viewer_without_extensions_gets_plain_packets(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = Viewer(rig, rig.end(Extensions())).slot()
    viewer.play(camera)
    camera.send_frame(key=True)
    first = viewer.rtp()[0]
    assert first.extensions == codec.HeaderExtensions()
    assert Picture(first.payload).starts


def test_video_waits_for_a_key_frame(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    camera.send_frame()
    rig.drain()
    viewer.play(camera)
    assert rig.punts(KeyFrameNeeded) == [KeyFrameNeeded(camera.source)]
    camera.send_frame()
    assert viewer.rtp() == []
    camera.send_frame(key=True)
    assert len(viewer.rtp()) == 2
    assert rig.punts() == [
        KeyFrameSeen(camera.source, 640, 360),
        RouteSwitched(viewer.route, camera.source),
    ]


def test_a_key_frame_is_asked_for_again_while_a_viewer_waits(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    rig.viewer().slot().play(camera)
    rig.drain()
    asked = 0
    for _ in range(100):
        rig.clock.later(0.02)
        rig.kernel.tick(rig.clock.now)
        asked += len(rig.punts(KeyFrameNeeded))
    assert 2 <= asked <= 5


def test_request_key_frame_sends_a_pli(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    rig.kernel.request_key_frame(camera.source)
    assert rtcp_to(rig, camera.end) == [rtcp.KeyFrameRequest(0x1111)]


def test_padding_is_cut_off_and_packets_of_it_alone_leave_no_hole(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.send([camera.packet(b"", padding=bytes(9) + b"\x0a")])
    made = camera.frame(packets=1)[0]
    padded = bytes((made[0] | 0x20,)) + made[1:] + bytes(3) + b"\x04"
    camera.send([padded])
    (packet,) = viewer.rtp()
    assert packet.sequence_number == 0x5002
    assert packet.padding_size == 0
    assert Picture(packet.payload).body == b"\x11\0\0" + bytes(20)


def test_a_late_packet_takes_its_own_place(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    first, second, third = camera.frame(packets=3)
    camera.send([first, third, second])
    assert [packet.sequence_number for packet in viewer.rtp()] == [0x5002, 0x5004, 0x5003]


def test_a_repeat_is_not_forwarded(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    (packet,) = camera.frame(packets=1)
    camera.send([packet, packet])
    assert len(viewer.rtp()) == 1
    assert rig.kernel.counters.replayed == 1


def test_h264_starts_at_its_parameters_and_takes_its_own_type(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, payload_types={98: "h264"})
    viewer = rig.viewer().slot()
    viewer.play(camera)
    camera.send(
        [camera.packet(b"\x41delta"), camera.packet(b"\x67params"), camera.packet(b"\x65idr")]
    )
    packets = viewer.rtp()
    assert [packet.payload for packet in packets] == [b"\x67params", b"\x65idr"]
    assert {packet.payload_type for packet in packets} == {H264}


def test_a_codec_the_slot_does_not_know_is_not_sent(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111, payload_types={98: "h264"})
    viewer = rig.viewer().slot(payload_types={"vp8": VP8})
    viewer.play(camera)
    camera.send([camera.packet(b"\x67params")])
    assert viewer.rtp() == []


def test_nothing_goes_to_a_viewer_who_is_not_ready(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = Viewer(rig, End(rig.kernel, rig.clock, rig.next_id(), GCM))
    rig.kernel.open_leg(viewer.end.leg, Extensions())
    viewer.slot().play(camera)
    camera.send_frame(key=True)
    assert rig.kernel.take_transmits() == []
    rig.kernel.secure_leg(viewer.end.leg, viewer.end.keys)
    camera.send_frame()
    assert rig.kernel.take_transmits() == []
    rig.kernel.set_address(viewer.end.leg, ("192.0.2.9", 9))
    camera.send_frame(key=True)
    assert [address for _, address in rig.kernel.take_transmits()] == [("192.0.2.9", 9)] * 2


def test_a_path_that_moves_is_followed(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    rig.kernel.set_address(viewer.end.leg, ("198.51.100.7", 77))
    camera.send_frame(packets=1)
    assert [address for _, address in rig.kernel.take_transmits()] == [("198.51.100.7", 77)]


# Sound.


def test_sound_starts_at_once(rig: Rig) -> None:
    mic = Camera(rig, rig.publisher(), 0x2222, payload_types={111: "opus"}, clock_rate=48_000)
    viewer = rig.viewer().slot(payload_types=AUDIO_OUT, rtx=False, clock_rate=48_000)
    viewer.play(mic)
    mic.send([mic.packet(b"sound")])
    (packet,) = viewer.rtp()
    assert (packet.payload_type, packet.payload) == (OPUS, b"sound")


def test_red_passes_or_gives_its_primary(rig: Rig) -> None:
    mic = Camera(
        rig, rig.publisher(), 0x2222, payload_types={63: "red", 111: "opus"}, clock_rate=48_000
    )
    knows = rig.viewer().slot(payload_types=AUDIO_OUT, rtx=False)
    plain = rig.viewer().slot(payload_types={"opus": OPUS}, rtx=False)
    knows.play(mic)
    plain.play(mic)
    red = b"\xef\x00\x00\x05\x6f" + b"early" + b"now"
    mic.send([mic.packet(red), mic.packet(b"bare", payload_type=111)])
    got = rig.collect()
    kinds = [
        [(p.payload_type, p.payload) for p in map(codec.RtpPacket.parse, got[viewer.end])]
        for viewer in (knows, plain)
    ]
    assert kinds == [[(RED, red), (OPUS, b"bare")], [(OPUS, b"now"), (OPUS, b"bare")]]


def test_levels_are_told_ten_times_a_second(rig: Rig) -> None:
    mic = Camera(rig, rig.publisher(), 0x2222, payload_types={111: "opus"}, clock_rate=48_000)
    for place in range(50):
        loud = 20 if place % 5 == 0 else 90
        voice = 0x80 if place % 5 == 1 else 0
        level = {PUBLISHER_IDS.audio_level: bytes((voice | loud,))}
        mic.send([mic.packet(b"sound", elements=level)])
        rig.clock.later(0.02)
    levels = rig.punts(AudioLevel)
    assert 9 <= len(levels) <= 11
    assert AudioLevel(mic.source, 20, True) in levels


def test_sound_goes_on_with_another_speaker_without_a_jump(rig: Rig) -> None:
    speakers = [
        Camera(
            rig,
            rig.publisher(),
            0x2000 + place,
            payload_types={111: "opus"},
            clock_rate=48_000,
            sequence=100 * place,
            timestamp=77_777 * place,
        )
        for place in range(2)
    ]
    viewer = rig.viewer().slot(payload_types=AUDIO_OUT, rtx=False, clock_rate=48_000)
    for speaker in (*speakers, *speakers):
        viewer.play(speaker)
        for _ in range(5):
            for each in sorted(speakers, key=lambda other: other is not speaker):
                each.timestamp += 960
                each.send([each.packet(b"sound")])
            rig.clock.later(0.02)
    packets = viewer.rtp()
    numbers = [packet.sequence_number for packet in packets]
    assert numbers == list(range(numbers[0], numbers[0] + 20))
    steps = [later.timestamp - before.timestamp for before, later in itertools.pairwise(packets)]
    assert all(900 <= step & 0xFFFFFFFF <= 1020 for step in steps)
