"""What every node must stop honouring: noted with its cause in one transaction, told by Redis, and polled for without it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Literal, Self

import asyncpg
import msgspec
import structlog

from lms.errors import Unavailable
from server.alongside import alongside
from server.clock import moment
from signaling.context import Channels, Clock, Database

CHANNEL = "lectern.revocations"
POLL_SECONDS = 2.0
# A poll looks back over what a slow transaction or another clock may have noted late.
LOOK_BACK = timedelta(seconds=60)
# The longest life of an access or join token, and some.
KEEP = timedelta(hours=3)
TIDY_EVERY_POLLS = 300

Kind = Literal["session", "user", "class"]

_log = structlog.get_logger(__name__)


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of this session; or of this user from before; or of this user for this class from before.

    `subject_id` is a session id for kind session, else a user id.
    """

    revocation_id: str
    kind: Kind
    tenant_id: str
    subject_id: str
    class_id: str | None
    noted_ms: int


Hear = Callable[[Revocation], None]


class Revocations:
    """The revocations of the last hours, in memory; `subscribe` tells of each new one once."""

    def __init__(self, database: Database, channels: Channels, clock: Clock) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._known: dict[str, Revocation] = {}
        self._latest: dict[tuple[Kind, str, str | None], int] = {}
        self._hearers: list[Hear] = []

    def subscribe(self, hear: Hear) -> None:
        """Call `hear` on the event loop for each revocation that this node learns of."""
        self._hearers.append(hear)

    def session_ended(self, session_id: str) -> bool:
        """Whether this sign-in is over."""
        return ("session", session_id, None) in self._latest

    def user_voided(self, user_id: str, issued_ms: int) -> bool:
        """Whether what this person was given then is void."""
        return self._latest.get(("user", user_id, None), -1) >= issued_ms

    def voided(self, session_id: str, user_id: str, issued_ms: int) -> bool:
        """Whether what was given then to this person in this sign-in counts no more."""
        if not self._latest:
            return False
        return self.session_ended(session_id) or self.user_voided(user_id, issued_ms)

    def class_voided(self, user_id: str, class_id: str, issued_ms: int) -> bool:
        """Whether the way into this class that this person was given then is void."""
        return self._latest.get(("class", user_id, class_id), -1) >= issued_ms

    async def note(
        self, connection: asyncpg.Connection, revocations: Sequence[Revocation]
    ) -> None:
        """Write them down in the transaction of their cause."""
        await connection.executemany(
            "INSERT INTO revocations (revocation_id, kind, tenant_id, subject_id, class_id, noted_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            [
                (
                    one.revocation_id,
                    one.kind,
                    one.tenant_id,
                    one.subject_id,
                    one.class_id,
                    moment(one.noted_ms),
                )
                for one in revocations
            ],
        )

    async def announce(self, revocations: Sequence[Revocation]) -> None:
        """After the commit: here at once, elsewhere by Redis, and by the poll when Redis is away."""
        for one in revocations:
            self._learn(one)
            await self._channels.publish(CHANNEL, msgspec.msgpack.encode(one))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Load what still counts, then listen and poll until the end."""
        await self._poll(KEEP)
        await self._channels.subscribe(CHANNEL, self._hear_channel)
        async with alongside(self._keep_polling()):
            try:
                yield self
            finally:
                await self._channels.unsubscribe(CHANNEL)

    def _hear_channel(self, payload: bytes) -> None:
        try:
            self._learn(msgspec.msgpack.decode(payload, type=Revocation))
        except msgspec.DecodeError:
            _log.warning("revocations.unreadable")

    def _learn(self, one: Revocation) -> None:
        if one.revocation_id in self._known:
            return
        self._known[one.revocation_id] = one
        place = (one.kind, one.subject_id, one.class_id)
        self._latest[place] = max(self._latest.get(place, -1), one.noted_ms)
        for hear in self._hearers:
            hear(one)

    async def _keep_polling(self) -> None:
        polls = 0
        while True:
            await asyncio.sleep(POLL_SECONDS)
            polls += 1
            try:
                await self._poll(LOOK_BACK)
                if polls % TIDY_EVERY_POLLS == 0:
                    await self._tidy()
            except Unavailable:
                _log.warning("revocations.not_polled")

    async def _poll(self, back: timedelta) -> None:
        since = moment(self._clock.wall_ms()) - back
        async with self._database.transaction(None) as connection:
            rows = await connection.fetch(
                "SELECT revocation_id, kind, tenant_id, subject_id, class_id, noted_at"
                " FROM revocations WHERE noted_at > $1",
                since,
            )
        for row in rows:
            self._learn(_revocation(row))

    async def _tidy(self) -> None:
        edge = moment(self._clock.wall_ms()) - KEEP
        async with self._database.transaction(None) as connection:
            await connection.execute("DELETE FROM revocations WHERE noted_at < $1", edge)
        edge_ms = int(edge.timestamp() * 1000)
        self._known = {name: one for name, one in self._known.items() if one.noted_ms >= edge_ms}
        self._latest = {place: ms for place, ms in self._latest.items() if ms >= edge_ms}


def _revocation(row: asyncpg.Record) -> Revocation:
    return Revocation(
        revocation_id=str(row["revocation_id"]),
        kind=row["kind"],
        tenant_id=str(row["tenant_id"]),
        subject_id=str(row["subject_id"]),
        class_id=None if row["class_id"] is None else str(row["class_id"]),
        noted_ms=round(row["noted_at"].timestamp() * 1000),
    )
