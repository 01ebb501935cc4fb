"""The keys that sign tokens and cursors: kept in the database, rotated with an overlap, the same on every node."""

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import asyncpg
import structlog

from lms.errors import Unavailable
from server.alongside import alongside
from server.clock import moment
from signaling.context import Clock, Database

ROTATE_AFTER = timedelta(days=7)
# A new key is told to every node before it signs anything: nobody meets a key id that it does not know.
LEAD = timedelta(minutes=5)
RELOAD_SECONDS = 60.0
# The longest life of anything signed (the refresh token), and a day.
KEEP = timedelta(days=31)
SECRET_BYTES = 32
# Two nodes that start at once make one key: the number is arbitrary, but nobody else's.
ADVISORY_LOCK = 0x6C656374_6B657973

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One secret under its id."""

    key_id: str
    secret: bytes = field(repr=False)
    signs_from: datetime


def signing(keys: Sequence[Key], now: datetime) -> Key:
    """The newest key whose time has come."""
    ready = [key for key in keys if key.signs_from <= now]
    return max(ready or keys, key=lambda key: key.signs_from)


def is_due(keys: Sequence[Key], now: datetime) -> bool:
    """Whether the next key has to be made."""
    return not keys or max(key.signs_from for key in keys) + ROTATE_AFTER <= now


def spent(keys: Sequence[Key], now: datetime) -> list[Key]:
    """The keys of which nothing that they signed can be valid any more."""
    ordered = sorted(keys, key=lambda key: key.signs_from)
    return [
        key for key, successor in itertools.pairwise(ordered) if successor.signs_from + KEEP <= now
    ]


class KeyRing:
    """All keys of the cell, in memory; `running` keeps them fresh."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._keys: dict[str, Key] = {}

    def _now(self) -> datetime:
        return moment(self._clock.wall_ms())

    @property
    def current(self) -> Key:
        """The key that signs now."""
        return signing(list(self._keys.values()), self._now())

    def find(self, key_id: str) -> Key | None:
        """The key of this id, if it still verifies."""
        return self._keys.get(key_id)

    def mac(self, purpose: bytes, payload: bytes) -> tuple[str, bytes]:
        """A code over the payload for one purpose alone, and the id of the key that made it."""
        key = self.current
        return key.key_id, _mac(key, purpose, payload)

    def check_mac(self, key_id: str, purpose: bytes, payload: bytes, code: bytes) -> bool:
        """Whether this code is ours."""
        key = self._keys.get(key_id)
        if key is None or not code:
            return False
        return hmac.compare_digest(_mac(key, purpose, payload)[: len(code)], code)

    async def load(self) -> None:
        """Read the keys; make the next one when it is due and drop the spent."""
        now = self._now()
        async with self._database.transaction(None) as connection:
            keys = await _read(connection)
            if is_due(keys, now) or spent(keys, now):
                await connection.execute("SELECT pg_advisory_xact_lock($1)", ADVISORY_LOCK)
                keys = await _read(connection)
                keys = await _turn(connection, keys, now)
        self.hold(keys)

    def hold(self, keys: Sequence[Key]) -> None:
        """Sign and verify with these from now on."""
        self._keys = {key.key_id: key for key in keys}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Load the keys, and keep them fresh until the end."""
        await self.load()
        async with alongside(self._keep_fresh()):
            yield self

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self.load()
            except Unavailable:
                _log.warning("keys.not_reloaded")


def _mac(key: Key, purpose: bytes, payload: bytes) -> bytes:
    derived = hmac.digest(key.secret, b"lectern/" + purpose, hashlib.sha256)
    return hmac.digest(derived, payload, hashlib.sha256)


async def _read(connection: asyncpg.Connection) -> list[Key]:
    rows = await connection.fetch("SELECT key_id, secret, signs_from FROM signing_keys")
    return [
        Key(key_id=row["key_id"], secret=row["secret"], signs_from=row["signs_from"])
        for row in rows
    ]


async def _turn(connection: asyncpg.Connection, keys: list[Key], now: datetime) -> list[Key]:
    """Add the next key if it is (still) due, and delete the spent ones."""
    gone = spent(keys, now)
    await connection.execute(
        "DELETE FROM signing_keys WHERE key_id = ANY($1)", [key.key_id for key in gone]
    )
    kept = [key for key in keys if key not in gone]
    if not is_due(kept, now):
        return kept
    new = Key(
        key_id=secrets.token_hex(8),
        secret=secrets.token_bytes(SECRET_BYTES),
        signs_from=now + LEAD if kept else now,
    )
    await connection.execute(
        "INSERT INTO signing_keys (key_id, secret, signs_from) VALUES ($1, $2, $3)",
        new.key_id,
        new.secret,
        new.signs_from,
    )
    return [*kept, new]
