"""Attempts that are ready to be started, put straight into the tables, and the owner's way to look at everything."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from lms.attempts.model import VALUE_TYPES, Paper, PaperItem, PaperSection
from lms.ids import RANDOM_BYTES, uuid7
from lms.questions.model import Content, Kind, Option
from server.clock import SystemClock

OPTIONS = [Option(id="a", text="A"), Option(id="b", text="B")]


def new_id() -> str:
    return uuid7(SystemClock().wall_ms(), secrets.token_bytes(RANDOM_BYTES))


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What a made exam is like."""

    kinds: tuple[Kind, ...] = ("single_choice", "numeric", "essay")
    limit: timedelta | None = timedelta(hours=1)
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    grace_ms: int = 30_000
    late_policy: str = "keep"
    late_window_ms: int = 0
    settings: dict[str, Any] = field(default_factory=dict)


async def make_exam(
    owner: asyncpg.Connection, tenant_id: str, course_id: str, planned: Planned, now: datetime
) -> str:
    """A published assessment; its id."""
    exam = new_id()
    await owner.execute(
        "INSERT INTO assessments (tenant_id, assessment_id, course_id, version, title, state, opens_at, closes_at,"
        " materialised_version, created_at, updated_at) VALUES ($1, $2, $3, 1, 'Exam', 'published', $4, $5, 1, $6, $6)",
        tenant_id,
        exam,
        course_id,
        planned.opens_at,
        planned.closes_at,
        now,
    )
    await owner.execute(
        "INSERT INTO assessment_versions (tenant_id, assessment_id, version, settings, created_by, created_at)"
        " VALUES ($1, $2, 1, $3, $2, $4)",
        tenant_id,
        exam,
        msgspec.json.encode(planned.settings).decode(),
        now,
    )
    return exam


@dataclass(frozen=True, kw_only=True)
class Made:
    """A ready attempt."""

    attempt_id: str
    assessment_id: str
    items: tuple[str, ...]


async def make_ready(
    owner: asyncpg.Connection,
    place: tuple[str, str, str, str],
    planned: Planned,
    now: datetime,
    number: int = 1,
) -> Made:
    """A ready attempt at `place` (tenant, assessment, course, user)."""
    tenant_id, exam, course_id, user_id = place
    attempt = new_id()
    items = tuple(new_id() for _ in planned.kinds)
    paper = Paper(
        sections=[PaperSection(id="one", title="", text="")],
        items=[
            PaperItem(
                id=item,
                kind=kind,
                section="one",
                points_milli=1000,
                content=Content(prompt="?", options=OPTIONS if "choice" in kind else []),
            )
            for item, kind in zip(items, planned.kinds, strict=True)
        ],
    )
    limit = planned.limit
    await owner.execute(
        "INSERT INTO attempts (tenant_id, attempt_id, assessment_id, assessment_version, course_id, user_id, number, state,"
        " opens_at, closes_at, time_limit_ms, grace_ms, late_policy, late_window_ms, item_ids, item_types, created_at)"
        " VALUES ($1, $2, $3, 1, $4, $5, $6, 'ready', $7, $8, $9, $10, $11, $12, $13, string_to_array($14, NULL)::\"char\"[], $15)",
        tenant_id,
        attempt,
        exam,
        course_id,
        user_id,
        number,
        planned.opens_at,
        planned.closes_at,
        None if limit is None else limit // timedelta(milliseconds=1),
        planned.grace_ms,
        planned.late_policy,
        planned.late_window_ms,
        list(items),
        "".join(VALUE_TYPES[kind] for kind in planned.kinds),
        now,
    )
    await owner.execute(
        "INSERT INTO attempt_papers (tenant_id, attempt_id, paper, pins) VALUES ($1, $2, $3, '[]')",
        tenant_id,
        attempt,
        msgspec.json.encode(paper).decode(),
    )
    return Made(attempt_id=attempt, assessment_id=exam, items=items)
