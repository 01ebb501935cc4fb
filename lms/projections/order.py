"""Which events a reader takes next: those after its position, one after the other, each once."""

from collections.abc import Iterable, Sequence

import msgspec

from lms.events import (
    AnyEvent,
    AttemptAnswered,
    AttemptExtended,
    AttemptGraded,
    AttemptOpened,
    AttemptReleased,
    AttemptSubmitted,
)
from lms.outbox import Logged
from lms.projections.model import Told

_DECODERS: dict[str, msgspec.json.Decoder[AnyEvent]] = {
    "attempt.opened": msgspec.json.Decoder(AttemptOpened),
    "attempt.answered": msgspec.json.Decoder(AttemptAnswered),
    "attempt.submitted": msgspec.json.Decoder(AttemptSubmitted),
    "attempt.extended": msgspec.json.Decoder(AttemptExtended),
    "attempt.graded": msgspec.json.Decoder(AttemptGraded),
    "attempt.released": msgspec.json.Decoder(AttemptReleased),
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


def told(events: Iterable[Logged], hears: frozenset[str]) -> list[Told]:
    """Those that somebody hears, as events; msgspec.ValidationError when one is not what its name says."""
    return [
        Told(event=_DECODERS[event.name].decode(event.data), at=event.at)
        for event in events
        if event.name in hears
    ]
