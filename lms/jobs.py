"""Work that is done later: a row in the caller's transaction, so that it is asked for with the thing itself or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import asyncpg
import msgspec

from lms.ids import JobId

# What may be asked for. workers/handlers.py has a function for each kind.
JobKind = Literal["assessment.materialise", "regrade.apply"]


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
