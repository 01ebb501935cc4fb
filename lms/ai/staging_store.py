"""SQL of staged items, which the role that serves learners cannot read: the factory adds them, reviewers decide, the ingest takes them out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.model import Candidate, CandidateState, Card
from lms.ids import CandidateId
from lms.questions.model import Content, Key, Labels, New


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A candidate with how it is reviewed: `sampled` by two in any case, `behind` another until that one is decided."""

    candidate: Candidate
    sampled: bool
    behind: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A candidate as it lies in the staging; `version` counts its edits."""

    candidate: Candidate
    state: CandidateState
    version: int
    sampled: bool
    created_at: datetime
    taken_by: str | None = None
    taken_until: datetime | None = None
    decided_at: datetime | None = None


STAGED = (
    "s.candidate_id, s.course_id, s.job_id, s.slot, s.origin, s.question_id, s.version, s.state, s.item_version, s.kind, s.labels,"
    " s.content, s.key, s.risk, s.provenance, s.fault, s.sampled, s.taken_by, s.taken_until, s.created_at, s.decided_at"
)


def staged_of(row: asyncpg.Record) -> Staged:
    """A row with the columns of STAGED."""
    item = New(
        kind=row["kind"],
        labels=msgspec.json.decode(row["labels"], type=Labels),
        content=msgspec.json.decode(row["content"], type=Content),
        key=msgspec.json.decode(row["key"], type=Key),
    )
    return Staged(
        candidate=Candidate(
            candidate_id=CandidateId(str(row["candidate_id"])),
            course_id=str(row["course_id"]),
            origin=row["origin"],
            item=item,
            risk=row["risk"],
            card=msgspec.json.decode(row["provenance"], type=Card),
            job_id=_text(row["job_id"]),
            slot=row["slot"],
            question_id=_text(row["question_id"]),
            version=row["version"],
            fault=row["fault"],
        ),
        state=row["state"],
        version=row["item_version"],
        sampled=row["sampled"],
        created_at=row["created_at"],
        taken_by=_text(row["taken_by"]),
        taken_until=row["taken_until"],
        decided_at=row["decided_at"],
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def add(
    connection: asyncpg.Connection, tenant_id: str, placed: Sequence[Placed], now: datetime
) -> list[str]:
    """Put items into the queue: those of a slot, or of a question under review, that is there already are left out. The ids of the new ones."""
    rows = [(one.candidate, one) for one in placed]
    added = await connection.fetch(
        "INSERT INTO questions_staging (tenant_id, created_at, state, candidate_id, course_id, job_id, slot, origin, question_id,"
        " version, kind, labels, content, key, risk, provenance, fault, sampled, behind)"
        " SELECT $1, $2, 'queued', * FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::smallint[], $7::text[], $8::uuid[],"
        " $9::integer[], $10::text[], $11::jsonb[], $12::json[], $13::json[], $14::smallint[], $15::jsonb[], $16::text[],"
        " $17::boolean[], $18::uuid[])"
        " ON CONFLICT DO NOTHING RETURNING candidate_id",
        tenant_id,
        now,
        [one.candidate_id for one, _ in rows],
        [one.course_id for one, _ in rows],
        [one.job_id for one, _ in rows],
        [one.slot for one, _ in rows],
        [one.origin for one, _ in rows],
        [one.question_id for one, _ in rows],
        [one.version for one, _ in rows],
        [one.item.kind for one, _ in rows],
        [_json(one.item.labels) for one, _ in rows],
        [_json(one.item.content) for one, _ in rows],
        [_json(one.item.key) for one, _ in rows],
        [one.risk for one, _ in rows],
        [_json(one.card) for one, _ in rows],
        [one.fault for one, _ in rows],
        [place.sampled for _, place in rows],
        [place.behind for _, place in rows],
    )
    return [str(row["candidate_id"]) for row in added]
