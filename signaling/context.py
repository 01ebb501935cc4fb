"""What the class is given by the process that hosts it: Protocols only, so that nothing here imports server.

The composition root (server/app.py) builds the real things and hands them in.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import asyncpg

from signaling.protocol import ClassRole

Row = TypeVar("Row", contravariant=True)
Result = TypeVar("Result", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinClaims:
    """What a valid join token says; ids are UUID strings."""

    tenant_id: str
    class_id: str
    user_id: str
    session_id: str  # the sign-in it came from: its end cuts the socket
    name: str
    role: ClassRole
    expires_at: float  # seconds since 1970
    issued_at: float = (
        0.0  # seconds since 1970: a token from before a removal does not open the class again
    )


class Tokens(Protocol):
    """Opens join tokens."""

    def verify_join(self, token: str) -> JoinClaims:
        """Raise signaling.errors.Refused when the token is not good."""


class Database(Protocol):
    """Transactions under one tenant (row-level security), or under none for the cell's local tables."""

    def transaction(
        self, tenant_id: str | None
    ) -> AbstractAsyncContextManager[asyncpg.Connection]: ...


class GroupCommit(Protocol, Generic[Row, Result]):
    """Many waiting rows, one transaction, a result each, after the commit."""

    async def submit(self, row: Row) -> Result:
        """Raise signaling.errors.Busy when the queue is full."""


class Channels(Protocol):
    """Sharded pub/sub: at most once, in order per channel; nothing rests on it."""

    async def publish(self, channel: str, payload: bytes) -> None: ...

    async def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Call `hear` on the event loop for each payload until `unsubscribe`; back by itself after a failover."""

    async def unsubscribe(self, channel: str) -> None: ...

    def healthy(self) -> bool:
        """False while the store behind it is away, so that callers stay on one node."""


class Media(Protocol):
    """The SFU that carries this class, in process or over the wire (signaling/media/nodes.py)."""

    async def ask(self, command: bytes) -> bytes:
        """One encoded sfu.commands request, its encoded reply; TimeoutError after its deadline."""


class Meters(Protocol):
    """Counters and histograms by name; what they are is said in server/telemetry/metrics.py."""

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None: ...

    def observe(
        self, name: str, value: float, labels: Mapping[str, str] | None = None
    ) -> None: ...

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None: ...


class SwiftMeters(Meters, Protocol):
    """The same for who counts thousands of times a second in series that are known before."""

    def counter(self, name: str, labels: Mapping[str, str] | None = None) -> Callable[[], None]:
        """What adds one to this series."""

    def observer(
        self, name: str, labels: Mapping[str, str] | None = None
    ) -> Callable[[float], None]:
        """What puts a value into this series."""


class Clock(Protocol):
    """The two clocks of a shell."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
