"""SQL of assessments, their versions and accommodations; reads the bank that they draw from, and names of users."""

from datetime import datetime

import asyncpg
import msgspec

from lms.assessments.drawing import BankItem
from lms.assessments.model import Accommodation, Assessment, Settings
from lms.ids import AssessmentId, CourseId, UserId

SELECT = (
    "SELECT a.assessment_id, a.course_id, a.version, a.title, a.state, a.opens_at, a.closes_at, a.released_at,"
    " a.materialised_version, a.updated_at, v.settings"
    " FROM assessments a JOIN assessment_versions v"
    " ON v.tenant_id = a.tenant_id AND v.assessment_id = a.assessment_id AND v.version = a.version"
    " WHERE a.tenant_id = $1"
)
GIVEN = "user_id, extra_time_percent, extra_attempts, closes_at"


def _assessment(row: asyncpg.Record) -> Assessment:
    return Assessment(
        assessment_id=AssessmentId(str(row["assessment_id"])),
        course_id=CourseId(str(row["course_id"])),
        version=row["version"],
        title=row["title"],
        state=row["state"],
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        released_at=row["released_at"],
        materialised_version=row["materialised_version"],
        settings=msgspec.json.decode(row["settings"], type=Settings),
        updated_at=row["updated_at"],
    )


def _accommodation(row: asyncpg.Record) -> Accommodation:
    return Accommodation(
        user_id=UserId(str(row["user_id"])),
        extra_time_percent=row["extra_time_percent"],
        extra_attempts=row["extra_attempts"],
        closes_at=row["closes_at"],
    )


async def add(
    connection: asyncpg.Connection, tenant_id: str, new: Assessment, by: str, now: datetime
) -> None:
    """Add a draft at its first version."""
    await connection.execute(
        "INSERT INTO assessments"
        " (tenant_id, assessment_id, course_id, version, title, opens_at, closes_at, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        tenant_id,
        new.assessment_id,
        new.course_id,
        new.version,
        new.title,
        new.opens_at,
        new.closes_at,
        now,
    )
    await _add_version(connection, tenant_id, new, by, now)


async def _add_version(
    connection: asyncpg.Connection, tenant_id: str, at: Assessment, by: str, now: datetime
) -> None:
    await connection.execute(
        "INSERT INTO assessment_versions (tenant_id, assessment_id, version, settings, created_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        tenant_id,
        at.assessment_id,
        at.version,
        msgspec.json.encode(at.settings).decode(),
        by,
        now,
    )


async def get(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, *, lock: bool = False
) -> Assessment | None:
    """One assessment at its latest version; with `lock`, whoever else changes or materialises it waits."""
    if lock:
        # By a statement of its own: one that waited below would join the version from before it waited, and find nothing.
        await connection.execute(
            "SELECT FROM assessments WHERE tenant_id = $1 AND assessment_id = $2 FOR NO KEY UPDATE",
            tenant_id,
            assessment_id,
        )
    row = await connection.fetchrow(f"{SELECT} AND a.assessment_id = $2", tenant_id, assessment_id)
    return None if row is None else _assessment(row)


async def settings_at(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, version: int
) -> Settings | None:
    """The settings as they were at a version."""
    row = await connection.fetchrow(
        "SELECT settings FROM assessment_versions"
        " WHERE tenant_id = $1 AND assessment_id = $2 AND version = $3",
        tenant_id,
        assessment_id,
        version,
    )
    return None if row is None else msgspec.json.decode(row["settings"], type=Settings)


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    *,
    drafts: bool,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Assessment]:
    """The assessments of a course as they were written, after an id; drafts too where asked for."""
    rows = await connection.fetch(
        f"{SELECT} AND a.course_id = $2 AND ($3 OR a.state <> 'draft')"
        " AND ($4::uuid IS NULL OR a.assessment_id > $4)"
        " ORDER BY a.assessment_id LIMIT $5",
        tenant_id,
        course_id,
        drafts,
        after[1] if after else None,
        limit,
    )
    return [_assessment(row) for row in rows]


async def save(
    connection: asyncpg.Connection, tenant_id: str, changed: Assessment, by: str, now: datetime
) -> None:
    """Write the assessment at its next version, which it carries."""
    await connection.execute(
        "UPDATE assessments SET version = $3, title = $4, opens_at = $5, closes_at = $6, updated_at = $7"
        " WHERE tenant_id = $1 AND assessment_id = $2",
        tenant_id,
        changed.assessment_id,
        changed.version,
        changed.title,
        changed.opens_at,
        changed.closes_at,
        now,
    )
    await _add_version(connection, tenant_id, changed, by, now)


async def set_state(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, state: str, now: datetime
) -> None:
    """Publish it or put it away."""
    await connection.execute(
        "UPDATE assessments SET state = $3, updated_at = $4 WHERE tenant_id = $1 AND assessment_id = $2",
        tenant_id,
        assessment_id,
        state,
        now,
    )


async def set_released(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, now: datetime
) -> None:
    """Remember when its scores were first released."""
    await connection.execute(
        "UPDATE assessments SET released_at = $3"
        " WHERE tenant_id = $1 AND assessment_id = $2 AND released_at IS NULL",
        tenant_id,
        assessment_id,
        now,
    )


async def set_materialised(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, version: int
) -> None:
    """Everybody who is enrolled has an attempt of this version, or of an older one that has begun."""
    await connection.execute(
        "UPDATE assessments SET materialised_version = $3"
        " WHERE tenant_id = $1 AND assessment_id = $2 AND materialised_version < $3",
        tenant_id,
        assessment_id,
        version,
    )


async def published_ids(
    connection: asyncpg.Connection, tenant_id: str, course_id: str
) -> list[AssessmentId]:
    """Which assessments of a course may be taken."""
    rows = await connection.fetch(
        "SELECT assessment_id FROM assessments"
        " WHERE tenant_id = $1 AND course_id = $2 AND state = 'published' ORDER BY assessment_id",
        tenant_id,
        course_id,
    )
    return [AssessmentId(str(row["assessment_id"])) for row in rows]


async def ids_of_course(
    connection: asyncpg.Connection, tenant_id: str, course_id: str
) -> list[str]:
    """Every assessment of a course."""
    rows = await connection.fetch(
        "SELECT assessment_id FROM assessments WHERE tenant_id = $1 AND course_id = $2 ORDER BY assessment_id",
        tenant_id,
        course_id,
    )
    return [str(row["assessment_id"]) for row in rows]


async def bank(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> list[BankItem]:
    """The items of a course in the order of their ids, drafts and retired ones too."""
    rows = await connection.fetch(
        "SELECT question_id, version, kind, skills, tags, level, language, state FROM questions"
        " WHERE tenant_id = $1 AND course_id = $2 ORDER BY question_id",
        tenant_id,
        course_id,
    )
    return [
        BankItem(
            question_id=str(row["question_id"]),
            version=row["version"],
            kind=row["kind"],
            skills=frozenset(row["skills"]),
            tags=frozenset(row["tags"]),
            level=row["level"],
            language=row["language"],
            state=row["state"],
        )
        for row in rows
    ]


async def sizes(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> dict[str, int]:
    """How many bytes learners see of each published item of a course."""
    rows = await connection.fetch(
        "SELECT q.question_id, octet_length(v.content::text) AS bytes FROM questions q"
        " JOIN question_versions v"
        " ON v.tenant_id = q.tenant_id AND v.question_id = q.question_id AND v.version = q.version"
        " WHERE q.tenant_id = $1 AND q.course_id = $2 AND q.state = 'published'",
        tenant_id,
        course_id,
    )
    return {str(row["question_id"]): row["bytes"] for row in rows}


async def accommodation(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_id: str
) -> Accommodation | None:
    """What one learner is given."""
    row = await connection.fetchrow(
        f"SELECT {GIVEN} FROM accommodations"
        " WHERE tenant_id = $1 AND assessment_id = $2 AND user_id = $3",
        tenant_id,
        assessment_id,
        user_id,
    )
    return None if row is None else _accommodation(row)


async def accommodations_of(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, user_ids: list[str]
) -> dict[str, Accommodation]:
    """What these learners are given, by their ids."""
    rows = await connection.fetch(
        f"SELECT {GIVEN} FROM accommodations"
        " WHERE tenant_id = $1 AND assessment_id = $2 AND user_id = ANY ($3::uuid[])",
        tenant_id,
        assessment_id,
        user_ids,
    )
    return {str(row["user_id"]): _accommodation(row) for row in rows}


async def accommodations(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[tuple[str, Accommodation]]:
    """Who is given what, by name: (name, what), after (name, user id)."""
    rows = await connection.fetch(
        "SELECT u.name, g.user_id, g.extra_time_percent, g.extra_attempts, g.closes_at"
        " FROM accommodations g JOIN users u ON u.tenant_id = g.tenant_id AND u.user_id = g.user_id"
        " WHERE g.tenant_id = $1 AND g.assessment_id = $2"
        " AND ($3::text IS NULL OR (u.name, g.user_id) > ($3, $4::uuid))"
        " ORDER BY u.name, g.user_id LIMIT $5",
        tenant_id,
        assessment_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [(row["name"], _accommodation(row)) for row in rows]


async def set_accommodation(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    given: Accommodation,
    now: datetime,
) -> None:
    """Write what a learner is given."""
    await connection.execute(
        "INSERT INTO accommodations (tenant_id, assessment_id, user_id, extra_time_percent, extra_attempts,"
        " closes_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (tenant_id, assessment_id, user_id) DO UPDATE SET"
        " extra_time_percent = excluded.extra_time_percent, extra_attempts = excluded.extra_attempts,"
        " closes_at = excluded.closes_at, updated_at = excluded.updated_at",
        tenant_id,
        assessment_id,
        given.user_id,
        given.extra_time_percent,
        given.extra_attempts,
        given.closes_at,
        now,
    )
