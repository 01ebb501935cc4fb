"""Counts of the node: what came to the door, what was turned away, and what its kernel did."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec


class Meters(Protocol):
    """Where counts go; server/telemetry has the real one."""

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set a gauge."""


class NodeCounters(msgspec.Struct, kw_only=True):
    """Counts of the shell, only ever growing."""

    datagrams_in: int = 0
    datagrams_out: int = 0
    send_dropped: int = 0
    receive_errors: int = 0
    tcp_proven: int = 0
    tcp_refused: int = 0
    stun: int = 0
    stun_malformed: int = 0
    stun_unknown: int = 0  # no such browser, or a seal that is not right: no answer
    stranger: int = 0  # not STUN, and from an address that proved nothing
    empty: int = 0
    dtls: int = 0
    dtls_failed: int = 0
    secured: int = 0
    lost: int = 0
    refused: int = 0  # commands
    faults: int = 0  # of ours, each ends one connection


class Meterage:
    """Hands growing counts on as the differences since the last time."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._told: dict[str, int] = {}

    def report(self, prefix: str, counters: msgspec.Struct) -> None:
        """Tell the meters what has been added; one counter, one label."""
        for event, value in counts(counters):
            key = f"{prefix}.{event}"
            added = value - self._told.get(key, 0)
            if added:
                self._told[key] = value
                self._meters.count(prefix, {"event": event}, by=added)

    def gauge(self, name: str, value: float) -> None:
        """How many there are now."""
        self._meters.gauge(name, value)


def counts(counters: msgspec.Struct) -> Iterator[tuple[str, int]]:
    """Names and values."""
    for name in counters.__struct_fields__:
        yield name, getattr(counters, name)
