"""What every kernel does with rows and bytes that are wrong, by its public face alone."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfu.errors import Misuse
from sfu.kernel.table import (
    LegId,
    RouteId,
    SourceId,
)
from sfu.packet import rtcp
from tests.unit.sfu.kernel.rig import (
    Camera,
    KernelFactory,
    Rig,
    one_to_one,
)


def test_rows_of_nothing_are_misuse(rig: Rig) -> None:
    kernel = rig.kernel
    camera, viewer = one_to_one(rig)
    with pytest.raises(Misuse):
        kernel.set_address(LegId(999), ("192.0.2.1", 1))
    with pytest.raises(Misuse):
        kernel.point_route(viewer.route, SourceId(999))
    with pytest.raises(Misuse):
        kernel.point_route(RouteId(999), camera.source)
    with pytest.raises(Misuse):
        kernel.request_key_frame(SourceId(999))
    with pytest.raises(Misuse):
        viewer.slot()


def test_removing_twice_is_no_fault(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    for _ in range(2):
        rig.kernel.remove_route(viewer.route)
        rig.kernel.remove_source(camera.source)
        rig.kernel.close_leg(viewer.end.leg)
    assert not viewer.end.send_rtcp(rtcp.key_frame_request(1, 2))


def test_a_closed_leg_takes_its_sources_and_routes_with_it(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    rig.kernel.close_leg(camera.end.leg)
    camera.send_frame()
    assert rig.kernel.take_transmits() == []
    with pytest.raises(Misuse):
        rig.kernel.source_stats(camera.source)
    assert rig.kernel.route_stats(viewer.route).source is None
    rig.kernel.close_leg(viewer.end.leg)
    with pytest.raises(Misuse):
        rig.kernel.route_stats(viewer.route)


def test_a_forged_packet_is_counted_and_leaves_no_trace(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    forged = camera.packet(bytes(100)) + bytes(16)
    assert not rig.kernel.receive(camera.end.leg, forged, rig.clock.now)
    assert rig.kernel.counters.unauthentic == 1
    camera.send_frame()
    assert len(viewer.rtp()) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(datagrams=st.lists(st.binary(max_size=80), max_size=20), long=st.integers(0, 70_000))
def test_no_datagram_raises(make_kernel: KernelFactory, datagrams: list[bytes], long: int) -> None:
    rig = Rig(make_kernel)
    camera, viewer = one_to_one(rig)
    for datagram in (*datagrams, bytes(long)):
        for first in (b"", b"\x80\x60", b"\x80\xc8", b"\x90\xcd"):
            assert not rig.kernel.receive(camera.end.leg, first + datagram, rig.clock.now)
    camera.send_frame()
    assert len(viewer.rtp()) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(st.binary(min_size=1, max_size=60), max_size=15), first=st.integers(0x80, 0xBF)
)
def test_no_sealed_media_raises(
    make_kernel: KernelFactory, bodies: list[bytes], first: int
) -> None:
    """A member of the class may send anything under a good seal; the others go on."""
    rig = Rig(make_kernel)
    camera, viewer = one_to_one(rig)
    for sequence, body in enumerate(bodies, 65_100):
        head = struct.pack("!BBHII", first & 0xEF, 96, sequence & 0xFFFF, 7, camera.ssrc)
        camera.end.send(head + body + bytes(70))
    other = Camera(rig, rig.publisher(), 0x7777)
    viewer.play(other)
    rig.drain()
    other.send_frame(key=True)
    assert len(viewer.rtp()) == 2


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(st.binary(min_size=4, max_size=60), max_size=15),
    kind=st.sampled_from([200, 201, 203, 205, 206]),
    first=st.integers(0x80, 0xBF),
)
def test_no_sealed_rtcp_raises(
    make_kernel: KernelFactory, bodies: list[bytes], kind: int, first: int
) -> None:
    rig = Rig(make_kernel)
    camera, viewer = one_to_one(rig)
    for body in bodies:
        whole = body + bytes(-len(body) % 4)
        head = struct.pack("!BBH", first, kind, len(whole) // 4)
        for end in (camera.end, viewer.end):
            end.send_rtcp(head + whole)
    rig.drain()
    rig.kernel.tick(rig.clock.now)
    rig.drain()
    camera.send_frame()
    assert len(viewer.rtp()) == 2


def test_a_flood_of_media_is_forwarded_no_faster_than_a_browser_sends(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    for _ in range(5000):
        camera.send_frame()
    assert rig.kernel.counters.over_rate > 500
    assert len(rig.collect()[viewer.end]) < 4500
    rig.clock.later(2.0)
    assert camera.end.send(camera.packet(b"\x10" + bytes(20)))


def test_a_flood_of_reports_is_not_read(rig: Rig) -> None:
    _, viewer = one_to_one(rig)
    wish = rtcp.key_frame_request(1, 2)
    taken = [viewer.end.send_rtcp(wish) for _ in range(1000)]
    assert 300 < sum(taken) < 500
    rig.clock.later(2.0)
    assert viewer.end.send_rtcp(wish)


def test_a_flood_of_sender_reports_is_not_passed_on_to_every_viewer(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    camera.send_frame()
    rig.drain()
    for number in range(200):
        camera.sender_report(number)
    assert len(rig.collect()[viewer.end]) <= 2


def test_what_others_send_in_her_name_is_not_counted_as_hers(rig: Rig) -> None:
    camera, viewer = one_to_one(rig)
    forged = camera.frame()[0] + bytes(16)
    for _ in range(5000):
        rig.kernel.receive(camera.end.leg, forged, rig.clock.now)
    camera.send_frame()
    assert rig.collect()[viewer.end]
