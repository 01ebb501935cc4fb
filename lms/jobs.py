"""Work that is done later: asked for in the caller's transaction, with the thing itself or not at all; leased, kept, ended by workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from lms.ids import JobId

# What may be asked for. workers/handlers.py has a function for each kind.
JobKind = Literal[
    "assessment.materialise",
    "regrade.apply",
    "generation.run",
    "generation.tidy",
    "items.ingest",
    "items.recall",
    "items.stock",
    "quality.measure",
]

ERROR_CHARACTERS = 500
FORGOTTEN_AT_ONCE = 1000
STATES = ("waiting", "done", "dead")

_LEASE = """
UPDATE jobs SET tries = tries + 1, lease_until = $4, lease_token = $2
WHERE job_id = (
    SELECT job_id FROM jobs
    WHERE state = 'waiting' AND run_at <= $1 AND (lease_until IS NULL OR lease_until < $1)
        AND kind = ANY ($3::text[])
    ORDER BY run_at, job_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING job_id, kind, tenant_id, subject_id, data, tries
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be done to which subject; `data` holds ids and figures only."""

    job_id: JobId
    kind: JobKind
    tenant_id: str
    subject_id: str
    data: Mapping[str, str | int] = field(default_factory=dict)


async def enqueue(connection: asyncpg.Connection, job: Job, run_at: datetime) -> None:
    """Ask for it from `run_at` on; asked twice under one id it is done once."""
    await connection.execute(
        "INSERT INTO jobs (job_id, kind, tenant_id, subject_id, data, run_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (job_id) DO NOTHING",
        job.job_id,
        job.kind,
        job.tenant_id,
        job.subject_id,
        msgspec.json.encode(job.data).decode(),
        run_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A job that is ours until the lease runs out."""

    job_id: str
    kind: str
    tenant_id: str
    subject_id: str
    data: Mapping[str, str | int]
    tries: int
    token: str


async def lease(
    connection: asyncpg.Connection,
    kinds: Sequence[str],
    token: str,
    now: datetime,
    until: datetime,
) -> Leased | None:
    """The next job of these kinds that is due and nobody's, as ours under the token."""
    row = await connection.fetchrow(_LEASE, now, UUID(token), list(kinds), until)
    if row is None:
        return None
    return Leased(
        job_id=str(row["job_id"]),
        kind=row["kind"],
        tenant_id=str(row["tenant_id"]),
        subject_id=str(row["subject_id"]),
        data=msgspec.json.decode(row["data"]),
        tries=row["tries"],
        token=token,
    )


async def hold(connection: asyncpg.Connection, job: Leased) -> bool:
    """Whether it is still ours, and then to the end of the transaction; nobody else can lease it in between."""
    ours = await connection.fetchval(
        "SELECT true FROM jobs WHERE job_id = $1 AND lease_token = $2 AND state = 'waiting' FOR UPDATE",
        job.job_id,
        job.token,
    )
    return bool(ours)


async def go_on(connection: asyncpg.Connection, job: Leased) -> None:
    """It has come further: only tries from here on count."""
    await connection.execute(
        "UPDATE jobs SET tries = 1 WHERE job_id = $1 AND lease_token = $2", job.job_id, job.token
    )


async def keep(connection: asyncpg.Connection, job: Leased, until: datetime) -> bool:
    """Make the lease longer; False when it is lost."""
    kept = await connection.fetchval(
        "UPDATE jobs SET lease_until = $3"
        " WHERE job_id = $1 AND lease_token = $2 AND state = 'waiting' RETURNING true",
        job.job_id,
        job.token,
        until,
    )
    return bool(kept)


async def end(connection: asyncpg.Connection, job: Leased, now: datetime) -> None:
    """It is done."""
    await connection.execute(
        "UPDATE jobs SET state = 'done', done_at = $3, error = '', lease_until = NULL"
        " WHERE job_id = $1 AND lease_token = $2",
        job.job_id,
        job.token,
        now,
    )


async def put_back(
    connection: asyncpg.Connection, job: Leased, error: str, run_at: datetime, *, counts: bool
) -> None:
    """It did not work: another try from `run_at` on; whether this one counts."""
    await connection.execute(
        "UPDATE jobs SET error = $3, lease_until = NULL, lease_token = NULL, tries = tries - $4, run_at = $5"
        " WHERE job_id = $1 AND lease_token = $2",
        job.job_id,
        job.token,
        error[:ERROR_CHARACTERS],
        int(not counts),
        run_at,
    )


async def give_up(connection: asyncpg.Connection, job: Leased, error: str) -> None:
    """It is tried no more."""
    await connection.execute(
        "UPDATE jobs SET state = 'dead', error = $3, lease_until = NULL, lease_token = NULL"
        " WHERE job_id = $1 AND lease_token = $2",
        job.job_id,
        job.token,
        error[:ERROR_CHARACTERS],
    )


async def forget_done(connection: asyncpg.Connection, before: datetime) -> None:
    """Remove some of what was done before."""
    await connection.execute(
        "DELETE FROM jobs WHERE job_id IN (SELECT job_id FROM jobs WHERE state = 'done'"
        " AND done_at < $1 LIMIT $2)",
        before,
        FORGOTTEN_AT_ONCE,
    )


async def counts(connection: asyncpg.Connection) -> dict[str, int]:
    """How many jobs are in each state."""
    rows = await connection.fetch("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
    return dict.fromkeys(STATES, 0) | {row["state"]: row["jobs"] for row in rows}
