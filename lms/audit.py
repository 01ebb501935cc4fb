"""Who did, or tried, what to an exam: a row in the caller's transaction, with ids and figures and nobody's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act; `code` says why a try was refused, and is empty for what was done."""

    audit_id: str
    user_id: str | None
    action: str
    subject_id: str | None
    code: str = ""
    data: Mapping[str, str | int | bool] = field(default_factory=dict)


async def note(
    connection: asyncpg.Connection, tenant_id: str, entry: Entry, now: datetime
) -> None:
    """Write it down with the act itself, or not at all."""
    await connection.execute(
        "INSERT INTO audit (tenant_id, audit_id, user_id, action, code, subject_id, data, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant_id,
        entry.audit_id,
        entry.user_id,
        entry.action,
        entry.code,
        entry.subject_id,
        msgspec.json.encode(entry.data).decode(),
        now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A try that came to nothing, so that there is no transaction of its own to write it in."""

    tenant_id: str
    entry: Entry
    at: datetime


async def append_refused(
    connection: asyncpg.Connection, refused: Sequence[Refused]
) -> Sequence[None]:
    """Write down tries of many schools in one statement."""
    await connection.execute(
        "SELECT append_audit($1, $2, $3, $4, $5, $6, $7)",
        [one.tenant_id for one in refused],
        [one.entry.audit_id for one in refused],
        [one.entry.user_id for one in refused],
        [one.entry.action for one in refused],
        [one.entry.code for one in refused],
        [one.entry.subject_id for one in refused],
        [one.at for one in refused],
    )
    return [None] * len(refused)
