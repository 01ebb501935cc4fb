"""Who did, or tried, what to an exam: a row in the caller's transaction, with ids and figures and nobody's words."""

from collections.abc import Mapping
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
