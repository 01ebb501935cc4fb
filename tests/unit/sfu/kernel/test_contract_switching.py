"""What every kernel does when slots change streams and layers, by its public face alone."""

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu.kernel.table import (
    KeyFrameNeeded,
)
from tests.unit.sfu.kernel.rig import (
    PUBLISHER_IDS,
    VIEWER_IDS,
    Camera,
    KernelFactory,
    Picture,
    Rig,
    Viewer,
    assert_unbroken,
    one_to_one,
)

if TYPE_CHECKING:
    from aiortc import rtp as codec

# Starting and switching.


def test_who_is_not_connected_yet_starts_at_a_key_frame_of_her_own(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    end = rig.new_end()
    rig.kernel.open_leg(end.leg, VIEWER_IDS)
    viewer = Viewer(rig, end).slot()
    viewer.play(camera)
    camera.send_frame(key=True)
    rig.kernel.tick(rig.clock.now)
    assert rig.punts(KeyFrameNeeded) == []

    end.secure()
    assert rig.punts(KeyFrameNeeded) == [KeyFrameNeeded(camera.source)]
    camera.send_frame()
    assert viewer.rtp() == []
    camera.send_frame(key=True)
    assert len(viewer.rtp()) == 2


def test_only_a_known_and_connected_publisher_can_be_asked(rig: Rig) -> None:
    unknown = Camera(rig, rig.publisher(), 0x1111, mid="0", known_ssrc=False)
    assert not rig.kernel.request_key_frame(unknown.source)

    end = rig.new_end()
    rig.kernel.open_leg(end.leg, PUBLISHER_IDS)
    camera = Camera(rig, end, 0x1112)
    assert not rig.kernel.request_key_frame(camera.source)
    end.secure()
    assert rig.kernel.request_key_frame(camera.source)


def test_a_switch_waits_for_the_key_frame_and_leaves_no_mark(rig: Rig) -> None:
    publisher = rig.publisher()
    small = Camera(rig, publisher, 0x1111)
    large = Camera(rig, publisher, 0x1112, sequence=40_000, timestamp=5, picture_id=300)
    viewer = rig.viewer().slot()
    viewer.play(small)
    packets: list[codec.RtpPacket] = []
    for place in range(12):
        if place == 4:
            viewer.play(large)
        small.send(small.frame(key=place == 0))
        large.send(large.frame(key=place == 8, packets=3))
        packets += viewer.rtp()
        rig.clock.later(0.033)
    assert_unbroken(packets)
    assert len(packets) == 8 * 2 + 2 + 4 * 3
    assert rig.kernel.route_stats(viewer.route).source == large.source


def test_sender_reports_make_the_switch_exact(rig: Rig) -> None:
    publisher = rig.publisher()
    small = Camera(rig, publisher, 0x1111, timestamp=1_000_000)
    large = Camera(rig, publisher, 0x1112, timestamp=9_000_000)
    small.sender_report(50 << 32)
    large.sender_report((50 << 32) + (1 << 31), large.timestamp + 45_000)
    viewer = rig.viewer().slot()
    viewer.play(small)
    small.send_frame(key=True)
    viewer.play(large)
    large.frame()
    rig.clock.later(0.300)
    large.send_frame(key=True)
    times = {packet.timestamp for packet in viewer.rtp()}
    assert times == {1_003_000, 1_006_000}


def test_pausing_stops_at_once_and_going_on_needs_a_key_frame(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.send_frame()
    before = viewer.rtp()
    viewer.play(None)
    camera.send_frame()
    assert viewer.rtp() == []
    rig.clock.later(0.5)
    viewer.play(camera)
    camera.send_frame()
    camera.send_frame(key=True)
    after = viewer.rtp()
    assert len(after) == 2
    assert_unbroken(before + after)
    assert after[0].timestamp == camera.timestamp & 0xFFFFFFFF


def test_pointing_at_what_plays_changes_nothing(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    viewer.play(camera)
    assert rig.punts(KeyFrameNeeded) == []
    camera.send_frame()
    assert len(viewer.rtp()) == 2


def test_a_switch_can_be_called_off(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    other = Camera(rig, rig.publisher(), 0x1112)
    viewer.play(other)
    viewer.play(camera)
    other.send_frame(key=True)
    assert viewer.rtp() == []
    camera.send_frame()
    assert len(viewer.rtp()) == 2


def test_a_source_that_leaves_silences_its_viewers(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    other = Camera(rig, rig.publisher(), 0x1112, picture_id=5)
    camera.send_frame()
    before = viewer.rtp()
    rig.kernel.remove_source(camera.source)
    camera.send_frame()
    assert viewer.rtp() == []
    rig.clock.later(1.0)
    viewer.play(other)
    other.send_frame(key=True)
    after = viewer.rtp()
    assert len(after) == 2
    assert_unbroken(before + after)


def test_a_stream_that_begins_anew_is_taken_up_at_its_key_frame(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.send_frame()
    before = viewer.rtp()
    camera.sequence = 20_000
    rig.clock.later(0.033)
    camera.send_frame()
    assert viewer.rtp() == []
    assert KeyFrameNeeded(camera.source) in rig.punts()
    camera.send_frame(key=True)
    after = viewer.rtp()
    assert len(after) == 2
    assert_unbroken(before + after)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_whatever_is_switched_dropped_and_paused_the_stream_is_unbroken(
    make_kernel: KernelFactory, data: st.DataObject
) -> None:
    rig = Rig(make_kernel)
    publishers = [rig.publisher(), rig.publisher()]
    cameras = [
        Camera(
            rig,
            publishers[place % 2],
            0x1000 + place,
            sequence=data.draw(st.integers(0, 0xFFFF)),
            timestamp=data.draw(st.integers(0, 0xFFFFFFFF)),
            picture_id=data.draw(st.integers(0, 0x7FFF)),
        )
        for place in range(3)
    ]
    viewer = rig.viewer().slot()
    packets: list[codec.RtpPacket] = []
    for place in range(60):
        action = data.draw(st.sampled_from(["go", "go", "go", "go", "point", "pause", "report"]))
        if action == "point":
            viewer.play(
                data.draw(st.sampled_from(cameras)), data.draw(st.sampled_from([0, 1, 2, 7]))
            )
        elif action == "pause":
            viewer.play(None)
        elif action == "report":
            data.draw(st.sampled_from(cameras)).sender_report(int(rig.clock.now * (1 << 32)))
        layer = (0, 2, 1, 2)[place % 4]
        for camera in cameras:
            key = layer == 0 and data.draw(st.integers(0, 2)) == 0
            camera.send_frame(
                key=key,
                layer=layer,
                sync=place % 4 in (1, 2),
                packets=data.draw(st.integers(1, 3)),
            )
        packets += viewer.rtp()
        rig.clock.later(0.033)
    assert_unbroken(packets)


# Temporal layers.


def test_the_base_layer_alone(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    viewer.play(camera, 0)
    for place in range(12):
        camera.send_frame(key=place == 0, layer=(0, 2, 1, 2)[place % 4])
    packets = viewer.rtp()
    assert len(packets) == 6
    assert {Picture(packet.payload).layer for packet in packets} == {0}
    assert_unbroken(packets)
    assert rig.kernel.source_stats(camera.source).temporal_layers == 3


def test_climbing_waits_for_a_frame_that_can_be_joined(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    viewer.play(camera, 0)
    camera.send_frame(key=True)
    viewer.play(camera, 1)
    camera.send_frame(layer=1, sync=False)
    camera.send_frame(layer=1, sync=True)
    camera.send_frame(layer=2, sync=True)
    camera.send_frame(layer=1, sync=False)
    packets = viewer.rtp()
    assert [Picture(packet.payload).layer for packet in packets[::2]] == [0, 1, 1]
    assert_unbroken(packets)


def test_descending_begins_with_a_frame(rig: Rig) -> None:
    camera = Camera(rig, rig.publisher(), 0x1111)
    viewer = rig.viewer().slot()
    viewer.play(camera)
    camera.send_frame(key=True)
    first, second = camera.frame(layer=2)
    camera.send([first])
    viewer.play(camera, 0)
    camera.send([second])
    camera.send_frame(layer=1)
    camera.send_frame()
    packets = viewer.rtp()
    assert [Picture(packet.payload).layer for packet in packets] == [0, 0, 2, 2, 0, 0]
    assert_unbroken(packets)
