"""Which events a reader takes next: those after its position, one after the other, each once."""

from collections.abc import Iterable, Sequence
from typing import Any, get_args

import msgspec

from lms.events import AnyEvent
from lms.outbox import Logged
from lms.projections.model import Told

_DECODERS: dict[str, msgspec.json.Decoder[AnyEvent]] = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind) for kind in get_args(AnyEvent)
}


def by_shard(events: Iterable[Logged]) -> dict[int, list[Logged]]:
    """The events of each shard in their order, each once."""
    found: dict[int, dict[int, Logged]] = {}
    for event in events:
        found.setdefault(event.shard, {})[event.seq] = event
    return {shard: [run[seq] for seq in sorted(run)] for shard, run in found.items()}


def without_gap(events: Sequence[Logged], position: int) -> bool:
    """Whether these, in their order, follow the position one by one; what lies before it does not matter."""
    expected = position + 1
    for event in events:
        if event.seq > expected:
            return False
        expected = max(expected, event.seq + 1)
    return True


def told(events: Iterable[Logged], hears: frozenset[str]) -> list[Told[Any]]:
    """Those that somebody hears, as events; msgspec.ValidationError when one is not what its name says."""
    return [
        Told(event=_DECODERS[event.name].decode(event.data), at=event.at)
        for event in events
        if event.name in hears
    ]
