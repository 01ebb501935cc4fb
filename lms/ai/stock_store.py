"""SQL of low-water marks, and of how many items there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.model import Brief
from lms.ai.stock import Last, Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How many items in use there are of a skill and level, and the mark, if somebody set one."""

    skill: str
    level: int
    language: str
    items: int
    low: int
    batch: int
    job_id: str | None

    @property
    def place(self) -> str:
        """Its place among the lines of its skill."""
        return f"{self.level:02}{self.language}"


def _mark(row: asyncpg.Record) -> Mark:
    return Mark(
        course_id=str(row["course_id"]),
        skill=row["skill"],
        level=row["level"],
        language=row["language"],
        low=row["low"],
        batch=row["batch"],
        kinds=tuple(row["kinds"]),
        source=row["source"],
        job_id=None if row["job_id"] is None else str(row["job_id"]),
        used_up_at=row["used_up_at"],
    )


async def save(
    connection: asyncpg.Connection, tenant_id: str, mark: Mark, by: str, now: datetime
) -> None:
    """Set a mark, or another in its place; the batch that is under way for it stays."""
    await connection.execute(
        "INSERT INTO stock_marks (tenant_id, course_id, skill, level, language, low, batch, source, kinds, set_by, set_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (tenant_id, course_id, skill, level, language)"
        " DO UPDATE SET low = $6, batch = $7, source = $8, kinds = $9, set_by = $10, set_at = $11",
        tenant_id,
        mark.course_id,
        mark.skill,
        mark.level,
        mark.language,
        mark.low,
        mark.batch,
        mark.source,
        list(mark.kinds),
        by,
        now,
    )


async def count_others(connection: asyncpg.Connection, tenant_id: str, mark: Mark) -> int:
    """How many marks a course has beside this one."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM stock_marks WHERE tenant_id = $1 AND course_id = $2"
        " AND (skill, level, language) <> ($3, $4, $5)",
        tenant_id,
        mark.course_id,
        mark.skill,
        mark.level,
        mark.language,
    )
    return count


async def low(
    connection: asyncpg.Connection, tenant_id: str, used_up_since: datetime, limit: int
) -> list[tuple[Mark, int]]:
    """Marks below which the items in use have fallen, or that a learner has used up since, in courses that go on; the emptiest first.

    Each with how many items there are.
    """
    rows = await connection.fetch(
        "SELECT m.*, n.items FROM stock_marks m JOIN courses c ON c.tenant_id = $1 AND c.course_id = m.course_id"
        " AND NOT c.archived CROSS JOIN LATERAL (SELECT count(*) AS items FROM questions q WHERE q.tenant_id = $1"
        " AND q.course_id = m.course_id AND q.level = m.level AND q.state = 'published'"
        " AND q.skills @> ARRAY[m.skill] AND q.language = m.language) n"
        " WHERE m.tenant_id = $1 AND (n.items < m.low OR m.used_up_at > $3)"
        " ORDER BY n.items, m.course_id, m.skill, m.level LIMIT $2",
        *(tenant_id, limit, used_up_since),
    )
    return [(_mark(row), row["items"]) for row in rows]


async def last_of(
    connection: asyncpg.Connection, tenant_id: str, job_ids: Sequence[str]
) -> dict[str, Last]:
    """How far these batches are; asked by who sees the staging."""
    rows = await connection.fetch(
        "SELECT j.job_id, j.state, j.brief, j.ingested, j.created_at, (SELECT count(*) FROM questions_staging s"
        " WHERE s.tenant_id = $1 AND s.job_id = j.job_id AND s.state IN ('queued', 'second', 'accepted')"
        " AND s.origin = 'generated') AS waiting"
        " FROM generation_jobs j WHERE j.tenant_id = $1 AND j.job_id = ANY($2::uuid[])",
        tenant_id,
        job_ids,
    )
    return {
        str(row["job_id"]): Last(
            state=row["state"],
            series=msgspec.json.decode(row["brief"], type=Brief).series,
            waiting=row["waiting"],
            ingested=row["ingested"],
            asked_at=row["created_at"],
        )
        for row in rows
    }


async def set_job(connection: asyncpg.Connection, tenant_id: str, mark: Mark, job_id: str) -> bool:
    """Say which batch was asked for; False when another has said so in between."""
    done: str = await connection.execute(
        "UPDATE stock_marks SET job_id = $6 WHERE tenant_id = $1 AND course_id = $2 AND skill = $3"
        " AND level = $4 AND language = $5 AND job_id IS NOT DISTINCT FROM $7",
        tenant_id,
        mark.course_id,
        mark.skill,
        mark.level,
        mark.language,
        job_id,
        mark.job_id,
    )
    return done.endswith(" 1")


async def lines(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    after: tuple[str, str] | None,
    limit: int,
) -> list[Line]:
    """The stock of a bank by skill, level and language; `place` is (tenant, course), `after` (skill, place_of a line)."""
    rows = await connection.fetch(
        "SELECT skill, level, language, coalesce(n.items, 0) AS items, coalesce(m.low, 0) AS low,"
        " coalesce(m.batch, 0) AS batch, m.job_id FROM"
        " (SELECT s.skill, q.level, q.language, count(*) AS items FROM questions q, unnest(q.skills) AS s (skill)"
        " WHERE q.tenant_id = $1 AND q.course_id = $2 AND q.state = 'published' GROUP BY 1, 2, 3) n"
        " FULL JOIN (SELECT skill, level::integer AS level, language, low, batch, job_id FROM stock_marks"
        " WHERE tenant_id = $1 AND course_id = $2) m USING (skill, level, language)"
        ' WHERE $3::text IS NULL OR (skill COLLATE "C", lpad(level::text, 2, \'0\') || language COLLATE "C") > ($3, $4)'
        ' ORDER BY skill COLLATE "C", lpad(level::text, 2, \'0\') || language COLLATE "C" LIMIT $5',
        *place,
        *(after or (None, None)),
        limit,
    )
    return [
        Line(
            skill=row["skill"],
            level=row["level"],
            language=row["language"],
            items=row["items"],
            low=row["low"],
            batch=row["batch"],
            job_id=None if row["job_id"] is None else str(row["job_id"]),
        )
        for row in rows
    ]


async def line(connection: asyncpg.Connection, tenant_id: str, mark: Mark) -> Line:
    """How one mark stands."""
    row = await connection.fetchrow(
        "SELECT m.job_id, (SELECT count(*) FROM questions q WHERE q.tenant_id = $1 AND q.course_id = $2 AND q.level = $4"
        " AND q.state = 'published' AND q.skills @> ARRAY[$3::text] AND q.language = $5) AS items"
        " FROM stock_marks m WHERE m.tenant_id = $1 AND m.course_id = $2 AND m.skill = $3 AND m.level = $4 AND m.language = $5",
        tenant_id,
        mark.course_id,
        mark.skill,
        mark.level,
        mark.language,
    )
    assert row is not None, "it was just set"
    return Line(
        skill=mark.skill,
        level=mark.level,
        language=mark.language,
        items=row["items"],
        low=mark.low,
        batch=mark.batch,
        job_id=None if row["job_id"] is None else str(row["job_id"]),
    )
