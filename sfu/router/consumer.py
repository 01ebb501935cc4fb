"""A track going out: the slots of one receiving connection, what each plays, and what its browser shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from sfu.commands import Slot as SlotState

LinkState = Literal["good", "slow", "audio_only"]


@dataclass(slots=True, kw_only=True)
class Slot:
    """One m-line of a receiving connection; `route` is the kernel's id, `layer` the source it plays."""

    mid: str
    kind: Literal["audio", "video"]
    route: int
    ssrc: int
    rtx_ssrc: int | None = None
    is_open: bool = False  # the browser has accepted it
    track: str | None = None
    layer: int | None = None
    paused: bool = False


@dataclass(slots=True, kw_only=True)
class Subscription:
    """The receiving connection of one person."""

    peer: str
    leg: int
    slots: list[Slot] = field(default_factory=list)
    n: int = 1
    answered: int = 0  # the last offer that was
    publisher: str | None = None  # WHEP: plays this person alone
    allowed: dict[str, int] = field(
        default_factory=dict
    )  # track -> highest layer the budget lets through
    # What the browser was told last; None: it is told anew, whatever it is.
    link: LinkState | None = "good"
    told: tuple[SlotState, ...] | None = ()

    def open_slots(self, kind: Literal["audio", "video"]) -> list[Slot]:
        """Those that may play."""
        return [slot for slot in self.slots if slot.is_open and slot.kind == kind]

    def states(self) -> tuple[SlotState, ...]:
        """What plays where, for the browser."""
        return tuple(
            SlotState(mid=slot.mid, track=slot.track, paused=slot.paused)
            for slot in self.slots
            if slot.is_open
        )


def fill(slots: list[Slot], tracks: Iterable[str]) -> list[Slot]:
    """Give the slots to the first of `tracks`; who has one keeps it. The slots that changed come back."""
    wanted = list(tracks)[: len(slots)]
    playing = {slot.track for slot in slots}
    missing = [track for track in wanted if track not in playing]
    keep = set(wanted)
    changed = []
    for slot in slots:
        if slot.track in keep:
            continue
        track = missing.pop(0) if missing else None
        if track != slot.track:
            slot.track = track
            changed.append(slot)
    return changed
