"""What comes around by the clock of exams, for every school: asked for once each time, however many ask."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from lms import jobs
from lms.ids import JobId, uuid7
from lms.jobs import JobKind
from lms.tenants import store as tenants

_START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """Work that is asked for every so often, so long after the round moment."""

    kind: JobKind
    every: timedelta
    after: timedelta = timedelta()

    def last(self, now: datetime) -> datetime:
        """When it was due last."""
        return _START + self.after + (now - _START - self.after) // self.every * self.every


RECURRING = (
    # Accepted items come into the bank at two at night.
    Recurring(kind="items.ingest", every=timedelta(days=1), after=timedelta(hours=2)),
    # What the factory wrote down about its work is forgotten at four.
    Recurring(kind="generation.tidy", every=timedelta(days=1), after=timedelta(hours=4)),
    Recurring(kind="items.stock", every=timedelta(hours=1)),
    # Items that were not answered since cost it nothing.
    Recurring(kind="quality.measure", every=timedelta(hours=1), after=timedelta(minutes=20)),
)


async def ask(connection: asyncpg.Connection, what: Recurring, at: datetime) -> int:
    """Ask for it in each school as of that moment; how many schools there are. Asked again it is done once."""
    schools = [one for one in await tenants.every(connection) if one.active]
    for school in schools:
        job = jobs.Job(
            job_id=_id(what, at, school.tenant_id),
            kind=what.kind,
            tenant_id=school.tenant_id,
            subject_id=school.tenant_id,
        )
        await jobs.enqueue(connection, job, at)
    return len(schools)


def _id(what: Recurring, at: datetime, tenant_id: str) -> JobId:
    """The same for whoever asks."""
    chance = hashlib.sha256(f"{what.kind}|{tenant_id}|{at.isoformat()}".encode()).digest()[:10]
    return JobId(uuid7(int(at.timestamp() * 1000), chance))
