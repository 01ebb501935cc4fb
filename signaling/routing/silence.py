"""Questions on their way to other nodes: given up once the class has another owner, and not put to a node that is silent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime

from signaling.routing.place import Place

SILENT_MAX = 256


class Silence:
    """A node that does not answer is asked again when it has renewed its lease since: until then only that is watched."""

    def __init__(self) -> None:
        self._silent: dict[str, datetime | None] = {}
        self._on_the_way: dict[Place, dict[asyncio.Timeout, str]] = {}

    def is_silent(self, node_id: str) -> bool:
        """Whether this node left a question unanswered, and has shown no life since."""
        return node_id in self._silent

    def seen(self, node_id: str, lease_until: datetime | None) -> None:
        """The lease of this node runs until then: a later end than the first one seen in its silence is a sign of life."""
        if node_id not in self._silent:
            return
        known = self._silent[node_id]
        if known is None or lease_until is None:
            self._silent[node_id] = lease_until
        elif lease_until > known:
            del self._silent[node_id]

    def heard(self, node_id: str) -> None:
        """This node has said something by itself."""
        self._silent.pop(node_id, None)

    @contextlib.asynccontextmanager
    async def asking(self, place: Place, node_id: str) -> AsyncIterator[None]:
        """Around a question; TimeoutError when it is not answered, or when another node has the class meanwhile."""
        flights = self._on_the_way.setdefault(place, {})
        try:
            async with asyncio.timeout(None) as flight:
                flights[flight] = node_id
                yield
        except TimeoutError:
            if not flight.expired():
                self._fell_silent(node_id)
            raise
        finally:
            del flights[flight]
            if not flights:
                self._on_the_way.pop(place, None)

    def moved(self, place: Place, node_id: str) -> None:
        """The class is at this node: who asks another need not wait for an answer."""
        now = asyncio.get_running_loop().time()
        for flight, asked in self._on_the_way.get(place, {}).items():
            if asked != node_id and not flight.expired():
                flight.reschedule(now)

    def _fell_silent(self, node_id: str) -> None:
        self._silent.setdefault(node_id, None)
        if len(self._silent) > SILENT_MAX:
            del self._silent[next(iter(self._silent))]
