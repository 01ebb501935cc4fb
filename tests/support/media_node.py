"""A real media node on a free loopback port, and what it says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from sfu import commands
from sfu.node import Node
from sfu.settings import SfuSettings

Kind = TypeVar("Kind", bound=commands.Notification)


class Counted:
    """Meters that keep what they are told."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], float] = {}
        self.gauges: dict[str, float] = {}

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None:
        """Add."""
        key = (name, (labels or {}).get("event", ""))
        self.counts[key] = self.counts.get(key, 0) + by

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set."""
        self.gauges[name] = value


class Told:
    """The node's notifications, in order."""

    def __init__(self) -> None:
        self.all: list[commands.Notification] = []
        self._wake: set[asyncio.Future[None]] = set()

    def hear(self, payload: bytes) -> None:
        """What the node calls."""
        self.all.append(commands.decode_notification(payload))
        for waiting in self._wake:
            if not waiting.done():
                waiting.set_result(None)
        self._wake.clear()

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Those of one kind."""
        return [told for told in self.all if isinstance(told, kind)]

    async def until(
        self,
        kind: type[Kind],
        good: Callable[[Kind], bool] = lambda told: True,
        within_s: float = 60,
    ) -> Kind:
        """The first of a kind that is as it should be."""
        async with asyncio.timeout(within_s):
            while True:
                found = next((told for told in self.of(kind) if good(told)), None)
                if found is not None:
                    return found
                waiting = asyncio.get_running_loop().create_future()
                self._wake.add(waiting)
                await waiting


@asynccontextmanager
async def media_node(**changes: object) -> AsyncIterator[tuple[Node, Told]]:
    """Running, with small limits unless told otherwise."""
    told = Told()
    limits: dict[str, object] = {"port": 0, "audio_slots": 2, "video_slots": 2, **changes}
    node = Node(SfuSettings(**limits), Counted(), told.hear)  # type: ignore[arg-type]
    async with node.running():
        yield node, told
