"""A mutation with an Idempotency-Key happens once: the answer is kept, sealed, in the transaction of its effect.

The row holds neither the key nor, legibly, the answer: it is found by a hash of the key and opened by another, so that
what was shown once (a first password) cannot be read from the table.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.problems import Refusal
from server.rest import reply
from server.rest.call import Answer, Call, Effect
from signaling.context import Database

KEY_MAX_CHARS = 128
KEEP = timedelta(hours=24)
NONCE_BYTES = 12
TIDY_ROWS = 20


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    body: bytes | None
    content_type: str
    headers: dict[str, str]


async def once(call: Call[Any], effect: Effect, database: Database | None = None) -> Answer:
    """The answer of the effect, which happens in one transaction, and with a key only once; `database` is another pool than the usual one."""
    who = call.principal
    async with (database or call.deps.database).transaction(who.tenant_id) as connection:
        if call.idempotency_key is None:
            return await effect(connection)
        return await _keyed(call, connection, effect, call.idempotency_key)


async def _keyed(
    call: Call[Any], connection: asyncpg.Connection, effect: Effect, key: str
) -> Answer:
    who = call.principal
    found_by, opened_by = _hashes(f"{who.tenant_id}|{who.user_id}|{call.route.name}|{key}")
    place = (who.tenant_id, who.user_id, call.route.name, found_by)
    # Whoever holds the lock is at it now; it is let go with the transaction, whatever becomes of that.
    mine = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock($1)", int.from_bytes(found_by[:8], "big", signed=True)
    )
    if not mine:
        raise Refusal("idempotency_in_flight", "The same request is being carried out right now.")
    row = await connection.fetchrow(
        "SELECT fingerprint, answer FROM idempotency"
        " WHERE tenant_id = $1 AND user_id = $2 AND route = $3 AND key_hash = $4",
        *place,
    )
    if row is not None:
        if row["fingerprint"] != call.fingerprint:
            raise Refusal(
                "idempotency_mismatch", "This Idempotency-Key was used for another request."
            )
        return _opened(row["answer"], opened_by)
    answer = await effect(connection)
    await connection.execute(
        "INSERT INTO idempotency (tenant_id, user_id, route, key_hash, fingerprint, answer, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        *place,
        call.fingerprint,
        _sealed(answer, opened_by),
        call.now,
    )
    await _tidy(connection, who.tenant_id, call.now)
    return answer


def _hashes(scoped_key: str) -> tuple[bytes, bytes]:
    """What a row is found by, and what it is opened by."""
    return (
        hashlib.sha256(b"find|" + scoped_key.encode()).digest(),
        hashlib.sha256(b"open|" + scoped_key.encode()).digest(),
    )


def _sealed(answer: Answer, key: bytes) -> bytes:
    kept = _Kept(
        status=answer.status,
        body=reply.encoded(answer.body),
        content_type=answer.content_type,
        headers=dict(answer.headers),
    )
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, msgspec.msgpack.encode(kept), None)


def _opened(sealed: bytes, key: bytes) -> Answer:
    plain = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    kept = msgspec.msgpack.decode(plain, type=_Kept)
    return Answer(
        status=kept.status,
        body=kept.body,
        content_type=kept.content_type,
        headers={**kept.headers, "Idempotent-Replayed": "true"},
    )


async def _tidy(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> None:
    """Each new row takes a few old ones along: the table stays a day long without anybody looking after it."""
    await connection.execute(
        "DELETE FROM idempotency WHERE (tenant_id, user_id, route, key_hash) IN"
        " (SELECT tenant_id, user_id, route, key_hash FROM idempotency"
        " WHERE tenant_id = $1 AND created_at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED)",
        tenant_id,
        now - KEEP,
        TIDY_ROWS,
    )
