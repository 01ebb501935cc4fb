"""Sign-ins: one row is one family of refresh tokens, of which the latest generation alone is good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import asyncpg

# A reload can lose the answer that carried the next cookie. For these seconds the cookie before it gets the latest
# generation once more; whoever holds that cookie holds the browser. API clients, who keep the token themselves, get no grace.
COOKIE_GRACE = timedelta(seconds=60)

Outcome = Literal["next", "same", "reused", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One sign-in as it stands."""

    session_id: str
    user_id: str
    generation: int
    rotated_at: datetime
    expires_at: datetime
    ended: bool


def judge(stands: SignIn | None, generation: int, *, cookie: bool, now: datetime) -> Outcome:
    """What becomes of a refresh token of this generation."""
    if stands is None or stands.ended or stands.expires_at <= now:
        return "over"
    if generation == stands.generation:
        return "next"
    recent = now - stands.rotated_at <= COOKIE_GRACE
    if cookie and recent and generation == stands.generation - 1:
        return "same"
    return "reused"


async def begin(connection: asyncpg.Connection, tenant_id: str, new: SignIn) -> None:
    """Write a new sign-in, and drop those of the same person whose time is over."""
    await connection.execute(
        "DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND expires_at < $3",
        tenant_id,
        new.user_id,
        new.rotated_at,
    )
    await connection.execute(
        "INSERT INTO sessions (tenant_id, session_id, user_id, generation, rotated_at, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $5, $6)",
        tenant_id,
        new.session_id,
        new.user_id,
        new.generation,
        new.rotated_at,
        new.expires_at,
    )


async def load(connection: asyncpg.Connection, tenant_id: str, session_id: str) -> SignIn | None:
    """One sign-in, locked until the transaction ends."""
    row = await connection.fetchrow(
        "SELECT session_id, user_id, generation, rotated_at, expires_at, ended_at FROM sessions"
        " WHERE tenant_id = $1 AND session_id = $2 FOR UPDATE",
        tenant_id,
        session_id,
    )
    if row is None:
        return None
    return SignIn(
        session_id=str(row["session_id"]),
        user_id=str(row["user_id"]),
        generation=row["generation"],
        rotated_at=row["rotated_at"],
        expires_at=row["expires_at"],
        ended=row["ended_at"] is not None,
    )


async def rotate(
    connection: asyncpg.Connection, tenant_id: str, session_id: str, now: datetime
) -> None:
    """Count to the next generation."""
    await connection.execute(
        "UPDATE sessions SET generation = generation + 1, rotated_at = $3"
        " WHERE tenant_id = $1 AND session_id = $2",
        tenant_id,
        session_id,
        now,
    )


async def end(
    connection: asyncpg.Connection, tenant_id: str, session_id: str, why: str, now: datetime
) -> None:
    """End one sign-in."""
    await connection.execute(
        "UPDATE sessions SET ended_at = $4, ended_by = $3"
        " WHERE tenant_id = $1 AND session_id = $2 AND ended_at IS NULL",
        tenant_id,
        session_id,
        why,
        now,
    )


async def end_all(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, why: str, now: datetime
) -> list[str]:
    """End every sign-in of a person; their ids."""
    rows = await connection.fetch(
        "UPDATE sessions SET ended_at = $4, ended_by = $3"
        " WHERE tenant_id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING session_id",
        tenant_id,
        user_id,
        why,
        now,
    )
    return [str(row["session_id"]) for row in rows]
