"""A viewer's link shared out: what fits plays, sound is never held back, and a state is told once it has settled."""

import pytest

from sfu.commands import Link
from sfu.congestion.estimate import Bounds
from sfu.kernel.reference import ReferenceKernel
from sfu.kernel.table import LegId, ReceiverReport, Remb, RouteId, TransportFeedback
from sfu.links import CLIMB_AFTER_S, SETTLED_S, Links
from sfu.router.consumer import Slot, Subscription
from sfu.router.producer import Layer, Producer
from sfu.router.room import Publication, Room

LEG = 7
LADDER = (("q", 320, 150_000), ("h", 640, 500_000), ("f", 1280, 1_500_000))


class PaddingKernel(ReferenceKernel):
    """Keeps what padding it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.padded_bytes: list[int] = []

    def send_padding(self, leg: LegId, size_bytes: int, now: float) -> int:
        """Note it."""
        self.padded_bytes.append(size_bytes)
        return size_bytes


class Scene:
    """One viewer of some cameras, each with three living layers, and a REMB that says what her link takes."""

    def __init__(
        self,
        *cameras: str,
        width: int = 1280,
        kernel: ReferenceKernel | None = None,
        start_bps: int = 60_000,
    ) -> None:
        self.room = Room(name="t.c")
        for number, peer in enumerate(cameras):
            layers = [
                Layer(source=number * 10 + i, rid=rid, width=wide, live=True, bitrate_bps=bps)
                for i, (rid, wide, bps) in enumerate(LADDER)
            ]
            producer = Producer(
                track=f"{peer}/camera",
                peer=peer,
                source="camera",
                mid="0",
                codec="vp8",
                layers=layers,
            )
            self.room.publications[peer] = Publication(
                peer=peer, leg=number, producers={"camera": producer}
            )
        slots = [
            Slot(
                mid=f"v{i}",
                kind="video",
                route=100 + i,
                ssrc=i,
                is_open=True,
                track=f"{peer}/camera",
            )
            for i, peer in enumerate(cameras)
        ]
        self.viewer = Subscription(peer="me", leg=LEG, slots=slots)
        self.room.subscriptions["me"] = self.viewer
        self.room.wants["me"] = {f"{peer}/camera": width for peer in cameras}
        self.links = Links(kernel or ReferenceKernel(), Bounds(start_bps=start_bps))
        self.links.open(LEG, [slot.route for slot in slots], 0.0)
        self.now = 0.0

    def takes(self, bps: int, seconds: float = 0.0) -> list[Link]:
        """Look for so long at a link that takes so much; what is told."""
        told = []
        end = self.now + seconds
        while True:
            self.links.hear(Remb(LegId(LEG), bps), self.now)
            news = self.links.look(self.room, self.viewer, self.now)
            if news is not None:
                told.append(news)
            if self.now >= end:
                return told
            self.now += 0.25


@pytest.mark.parametrize(
    ("bps", "highest"), [(70_000, -1), (200_000, 0), (800_000, 1), (3_000_000, 2)]
)
def test_the_highest_layer_is_the_one_that_fits(bps: int, highest: int) -> None:
    scene = Scene("ann")
    scene.takes(bps)
    assert scene.viewer.allowed == {"ann/camera": highest}


def test_a_small_tile_asks_for_no_more_than_it_needs() -> None:
    scene = Scene("ann", width=300)
    scene.takes(9_000_000)
    assert scene.viewer.allowed == {"ann/camera": 0}


def test_everybody_is_seen_small_before_somebody_is_seen_large() -> None:
    scene = Scene("ann", "ben", "cid")
    scene.takes(600_000)
    assert scene.viewer.allowed == {"ann/camera": 0, "ben/camera": 0, "cid/camera": 0}


def test_who_speaks_is_the_first_to_be_seen_large() -> None:
    scene = Scene("ann", "ben", "cid")
    for i in range(10):
        scene.room.speakers.hear("cid", 15, i / 10)
    scene.room.speakers.update(1.0)
    scene.takes(900_000)
    assert scene.viewer.allowed == {"ann/camera": 0, "ben/camera": 0, "cid/camera": 1}


def test_a_state_is_told_when_it_has_settled_and_once() -> None:
    scene = Scene("ann")
    assert scene.takes(3_000_000, seconds=3) == []
    told = scene.takes(70_000, seconds=SETTLED_S + 3)
    assert [news.state for news in told] == ["audio_only"]
    told = scene.takes(300_000, seconds=SETTLED_S + 3)
    assert [news.state for news in told] == ["slow"]
    told = scene.takes(5_000_000, seconds=SETTLED_S + 3)
    assert [news.state for news in told] == ["good"]
    scene.viewer.link = None  # she asks again: word of it may have been lost
    told = scene.takes(5_000_000, seconds=SETTLED_S + 3)
    assert [news.state for news in told] == ["good"]


def test_a_short_dip_is_not_told() -> None:
    scene = Scene("ann")
    scene.takes(3_000_000, seconds=3)
    assert scene.takes(100_000, seconds=SETTLED_S / 2) == []
    assert scene.takes(3_000_000, seconds=3) == []


def test_a_picture_goes_down_at_once_and_does_not_flicker_back() -> None:
    scene = Scene("ann")
    scene.takes(3_000_000)
    scene.takes(300_000)
    assert scene.viewer.allowed == {"ann/camera": 0}
    scene.takes(3_000_000, seconds=CLIMB_AFTER_S / 2)
    assert scene.viewer.allowed == {"ann/camera": 0}
    scene.takes(3_000_000, seconds=CLIMB_AFTER_S)
    assert scene.viewer.allowed == {"ann/camera": 2}


def test_a_layer_stays_dear_while_its_picture_is_still() -> None:
    layer = Layer(source=1, rid="f", width=1280)
    total = 0
    for second in range(20):
        total += 200_000 if second < 10 else 10_000
        layer.measure(total_bytes=total, last_at=float(second), elapsed_s=1.0, now=float(second))
    assert 900_000 < layer.bitrate_bps < 1_600_000


def test_a_small_picture_stays_until_loss_or_delay_is_reported() -> None:
    scene = Scene("ann")  # an estimate of 60 kbit/s, from nobody's word
    scene.links.look(scene.room, scene.viewer, 0.0)
    assert scene.viewer.allowed == {"ann/camera": 0}
    report = ReceiverReport(RouteId(100), 0.2, 10, 0.0, None)
    scene.links.hear(report, 1.0)
    scene.links.look(scene.room, scene.viewer, 1.0)
    assert scene.viewer.allowed == {"ann/camera": -1}


def test_a_link_that_suffers_from_its_picture_is_tried_less_and_less() -> None:
    scene = Scene("ann")  # its estimate stays at 60 kbit/s
    shown = []
    for second in range(120):
        scene.links.look(scene.room, scene.viewer, second)
        playing = scene.viewer.allowed["ann/camera"] >= 0
        shown.append(playing)
        if playing:
            scene.links.hear(ReceiverReport(RouteId(100), 0.3, 0, 0.0, None), second)
    tries = [second for second in range(120) if shown[second] and not shown[second - 1]]
    assert len(tries) < 6
    assert tries[-1] - tries[-2] > 30


def test_more_than_the_best_layer_is_looked_for_so_that_it_can_be_taken_up() -> None:
    kernel = PaddingKernel()
    scene = Scene("ann", kernel=kernel, start_bps=LADDER[-1][2] + 100_000)
    scene.links.hear(TransportFeedback(LegId(LEG), [(0.1, 1000, 400)]), 0.2)
    scene.links.look(scene.room, scene.viewer, 1.0)
    assert scene.viewer.allowed == {"ann/camera": 1}
    assert len(kernel.padded_bytes) == 1


def test_a_track_that_has_not_started_is_not_held_back() -> None:
    scene = Scene("ann")
    for layer in scene.room.publications["ann"].producers["camera"].layers:
        layer.live = False
    scene.takes(60_000)
    assert scene.viewer.allowed == {}


def test_reports_of_a_viewer_who_has_gone_are_nothing() -> None:
    scene = Scene("ann")
    scene.links.close(LEG, scene.viewer.slots)
    assert scene.takes(1_000_000) == []
