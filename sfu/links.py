"""What each viewer's link takes, and so the highest layer it may have of each track it shows."""

from dataclasses import dataclass, field
from typing import NamedTuple

from sfu.commands import Link
from sfu.congestion.allocate import Demand, Priority, allocate
from sfu.congestion.estimate import Bounds, Estimate
from sfu.kernel.table import Kernel, LegId, Punt, ReceiverReport, Remb, TransportFeedback
from sfu.router.consumer import LinkState, Slot, Subscription
from sfu.router.producer import Layer, Producer
from sfu.router.room import Room
from sfu.router.simulcast import ceiling

AUDIO_BPS = 40_000
SETTLED_S = 1.5  # a link's new state must last so long before it is told
NONE_AT_ALL = -1
FLOOR_BPS = 250_000  # one small picture and sound: delay alone, which a busy machine feigns too, takes no more than that
BAD_LOSS = 0.05
BAD_RTT_S = 0.6
BAD_FOR_S = 5.0
BAD_AT_MOST_S = 80.0
WELL_FOR_S = 30.0
ROOM_TO_CLIMB = 1.2  # a layer is taken up when the link takes a little more than it costs: so much is looked for
CLIMB_AFTER_S = 4.0  # once a picture had to become smaller, it does not flicker back at once


@dataclass(slots=True, kw_only=True)
class _Viewer:
    """One receiving leg: its estimate, and the state on its way to being told."""

    estimate: Estimate
    state: LinkState = "good"
    state_since: float = 0.0
    bad_until: float = float("-inf")  # loss or a long round trip was reported: no floor till then
    bad_for_s: float = BAD_FOR_S
    has_remb: bool = False  # the viewer says herself what she takes
    lowered_at: dict[str, float] = field(default_factory=dict)  # track -> when

    def budget_bps(self, now: float) -> int:
        """What there is to share out."""
        estimate_bps = self.estimate.bitrate_bps
        if self.has_remb or now < self.bad_until:
            return estimate_bps
        return max(estimate_bps, FLOOR_BPS)

    def suffer(self, now: float) -> None:
        """It is bad now. When it was bad a short while ago too, the floor's picture may be why: try it less often."""
        if now >= self.bad_until:
            is_again = now - self.bad_until < WELL_FOR_S
            self.bad_for_s = min(2 * self.bad_for_s, BAD_AT_MOST_S) if is_again else BAD_FOR_S
        self.bad_until = now + self.bad_for_s

    def forget_old(self, now: float) -> None:
        """Steps down that hold nothing back any more."""
        if self.lowered_at:
            recent = {t: at for t, at in self.lowered_at.items() if now - at < CLIMB_AFTER_S}
            self.lowered_at = recent

    def steady(self, track: str, before: int, fits: int, now: float) -> int:
        """Down at once, up only some time after the last step down."""
        if fits < before:
            self.lowered_at[track] = now
        elif fits > before and now - self.lowered_at.get(track, float("-inf")) < CLIMB_AFTER_S:
            return before
        return fits


class _Shown(NamedTuple):
    """One video slot, its track, and the layers it could use (index, layer), lowest first."""

    slot: Slot
    producer: Producer
    rungs: list[tuple[int, Layer]]


class Links:
    """All receiving legs of the node. Reports come in; `allowed` of each Subscription is what comes out."""

    def __init__(self, kernel: Kernel, bounds: Bounds) -> None:
        self._kernel = kernel
        self._bounds = bounds
        self._viewers: dict[int, _Viewer] = {}
        self._legs: dict[int, int] = {}  # route -> leg

    def open(self, leg: int, routes: list[int], now: float) -> None:
        """A viewer has come, or has more slots."""
        if leg not in self._viewers:
            self._viewers[leg] = _Viewer(estimate=Estimate(self._bounds, now))
        for route in routes:
            self._legs[route] = leg

    def close(self, leg: int, slots: list[Slot]) -> None:
        """It has gone."""
        self._viewers.pop(leg, None)
        for slot in slots:
            self._legs.pop(slot.route, None)

    def hear(self, punt: Punt, now: float) -> None:
        """A report of a viewer; other news is not for here."""
        match punt:
            case TransportFeedback():
                if (viewer := self._viewers.get(punt.leg)) is not None:
                    viewer.estimate.take_feedback(punt.packets, now)
            case Remb():
                if (viewer := self._viewers.get(punt.leg)) is not None:
                    viewer.has_remb = True
                    viewer.estimate.take_remb(punt.bitrate_bps, now)
            case ReceiverReport():
                viewer = self._viewers.get(self._legs.get(punt.route, 0))
                if viewer is not None:
                    viewer.estimate.take_report(punt.fraction_lost, punt.rtt_s, now)
                    if punt.fraction_lost > BAD_LOSS or (punt.rtt_s or 0.0) > BAD_RTT_S:
                        viewer.suffer(now)
            case _:
                pass

    def look(self, room: Room, subscription: Subscription, now: float) -> Link | None:
        """Share the link out anew, try whether it takes more, and say so when its state has changed."""
        viewer = self._viewers.get(subscription.leg)
        if viewer is None:
            return None
        viewer.forget_old(now)
        had, subscription.allowed = subscription.allowed, {}
        shown = _shown(room, subscription)
        wanted_bps = int(ROOM_TO_CLIMB * sum(item.rungs[-1][1].bitrate_bps for item in shown))
        wanted_bps += AUDIO_BPS * sum(
            slot.track is not None for slot in subscription.open_slots("audio")
        )
        padding_bytes = viewer.estimate.tick(now, wanted_bps=wanted_bps)
        if padding_bytes:
            self._kernel.send_padding(LegId(subscription.leg), padding_bytes, now)
        given = allocate(viewer.budget_bps(now), _demands(room, subscription, shown))
        for item in shown:
            rung = given[item.slot.route]
            fits = NONE_AT_ALL if rung is None else item.rungs[rung][0]
            before = had.get(item.producer.track, fits)
            subscription.allowed[item.producer.track] = viewer.steady(
                item.producer.track, before, fits, now
            )
        return self._told(room, subscription, viewer, _state(shown, given), now)

    def _told(
        self, room: Room, subscription: Subscription, viewer: _Viewer, state: LinkState, now: float
    ) -> Link | None:
        if state != viewer.state:
            viewer.state, viewer.state_since = state, now
        if state == subscription.link or now - viewer.state_since < SETTLED_S:
            return None
        subscription.link = state
        return Link(
            room=room.name,
            peer=subscription.peer,
            estimate_bps=viewer.estimate.bitrate_bps,
            state=state,
        )


def _shown(room: Room, subscription: Subscription) -> list[_Shown]:
    """What could play now; a track that has not started has no price yet and is not held back."""
    shown = []
    for slot in subscription.open_slots("video"):
        producer = room.producer(slot.track)
        if producer is None:
            continue
        top = ceiling(producer.layers, room.width(subscription, producer.track))
        rungs = [(i, layer) for i, layer in enumerate(producer.layers) if layer.live and i <= top]
        if not rungs:  # only larger layers are alive: the smallest of them, or nothing
            rungs = [(i, layer) for i, layer in enumerate(producer.layers) if layer.live][:1]
        if rungs:
            shown.append(_Shown(slot, producer, rungs))
    return shown


def _demands(room: Room, subscription: Subscription, shown: list[_Shown]) -> list[Demand]:
    speaking = room.speakers.order[:1]
    demands = [
        Demand(key=slot.route, priority=Priority.AUDIO, rungs_bps=(AUDIO_BPS,))
        for slot in subscription.open_slots("audio")
        if slot.track is not None
    ]
    for slot, producer, rungs in shown:
        priority = Priority.SPEAKER if producer.peer in speaking else Priority.REST
        sources = [layer.source for _, layer in rungs]
        demands.append(
            Demand(
                key=slot.route,
                priority=Priority.SCREEN if producer.source == "screen" else priority,
                rungs_bps=_ascending(rungs),
                current=sources.index(slot.layer) if slot.layer in sources else None,
            )
        )
    return demands


def _ascending(rungs: list[tuple[int, Layer]]) -> tuple[int, ...]:
    """Bitrates of the layers, none below the one before (a still picture costs little at any size)."""
    prices: list[int] = []
    for _, layer in rungs:
        prices.append(max(int(layer.bitrate_bps), prices[-1] if prices else 0))
    return tuple(prices)


def _state(shown: list[_Shown], given: dict[int, int | None]) -> LinkState:
    """good: everything at the size it is shown; audio_only: no picture at all; slow: something between."""
    rungs = [given[item.slot.route] for item in shown]
    if rungs and all(rung is None for rung in rungs):
        return "audio_only"
    full = all(rung == len(item.rungs) - 1 for item, rung in zip(shown, rungs, strict=True))
    return "good" if full else "slow"
