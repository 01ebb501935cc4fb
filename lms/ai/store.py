"""SQL of the jobs of the content factory."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.model import Brief, Job, JobState, Tier
from lms.ids import CourseId, JobId
from lms.questions import store as questions
from lms.questions.model import Question

# What came of a job that was served from another is told of that one, as it stands now.
SELECT = (
    "SELECT j.job_id, j.course_id, j.asked_by, j.brief, j.digest, j.source, j.upload_id, j.state, j.reason, j.wanted,"
    " j.created_at, j.updated_at, j.done_at, j.served_from, j.tokens_in + j.tokens_out AS tokens, j.cost_micros,"
    " coalesce(o.made, j.made) AS made, coalesce(o.passed, j.passed) AS passed,"
    " coalesce(o.dropped, j.dropped) AS dropped, coalesce(o.accepted, j.accepted) AS accepted,"
    " coalesce(o.rejected, j.rejected) AS rejected, coalesce(o.ingested, j.ingested) AS ingested,"
    " coalesce(o.dropped_by, j.dropped_by) AS dropped_by, coalesce(o.tier, j.tier) AS tier,"
    " coalesce(o.recalled_at, j.recalled_at) AS recalled_at"
    " FROM generation_jobs j"
    " LEFT JOIN generation_jobs o ON o.tenant_id = j.tenant_id AND o.job_id = j.served_from"
    " WHERE j.tenant_id = $1"
)
OPEN = "state IN ('queued', 'running')"


def _job(row: asyncpg.Record) -> Job:
    return Job(
        job_id=JobId(str(row["job_id"])),
        course_id=CourseId(str(row["course_id"])),
        asked_by=_text(row["asked_by"]),
        brief=msgspec.json.decode(row["brief"], type=Brief),
        digest=row["digest"],
        source=row["source"],
        upload_id=_text(row["upload_id"]),
        dropped_by=msgspec.json.decode(row["dropped_by"], type=dict[str, int]),
        served_from=_text(row["served_from"]),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    *("state", "reason", "wanted", "made", "passed", "dropped", "accepted", "rejected"),
    *("ingested", "tier", "tokens", "cost_micros", "created_at", "updated_at", "done_at"),
    "recalled_at",
)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def lock_school(connection: asyncpg.Connection, tenant_id: str) -> None:
    """Whoever counts the open jobs of the school next waits for the end of this transaction."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('generation:' || $1, 0))", tenant_id
    )


async def open_jobs(
    connection: asyncpg.Connection, tenant_id: str, course_id: str
) -> tuple[int, int]:
    """How many jobs of the school, and of the course, are not over."""
    row = await connection.fetchrow(
        "SELECT count(*) AS school, count(*) FILTER (WHERE course_id = $2) AS course"
        f" FROM generation_jobs WHERE tenant_id = $1 AND {OPEN}",
        tenant_id,
        course_id,
    )
    assert row is not None, "an aggregate has a row"
    return row["school"], row["course"]


async def add(connection: asyncpg.Connection, tenant_id: str, job: Job) -> None:
    """Write down a brief that nobody works on yet."""
    await connection.execute(
        "INSERT INTO generation_jobs (tenant_id, job_id, course_id, asked_by, brief, digest, source, upload_id, state,"
        " wanted, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        tenant_id,
        job.job_id,
        job.course_id,
        job.asked_by,
        msgspec.json.encode(job.brief).decode(),
        job.digest,
        job.source,
        job.upload_id,
        job.state,
        job.wanted,
        job.created_at,
    )


async def get(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> Job | None:
    """One job."""
    row = await connection.fetchrow(f"{SELECT} AND j.job_id = $2", tenant_id, job_id)
    return None if row is None else _job(row)


async def lock_items(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> None:
    """Of two who look at the items of a course and then add to them, the second waits for the end of this transaction."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('items:' || $1 || ':' || $2, 0))",
        tenant_id,
        course_id,
    )


async def bank(
    connection: asyncpg.Connection, place: tuple[str, str], brief: Brief, limit: int
) -> list[Question]:
    """Items of a bank, in use, of the skill and the language of a brief; `place` is (tenant, course)."""
    rows = await connection.fetch(
        "SELECT question_id FROM questions WHERE tenant_id = $1 AND course_id = $2 AND state = 'published'"
        " AND skills @> ARRAY[$3] AND language = $4 ORDER BY question_id LIMIT $5",
        *place,
        brief.skill,
        brief.language,
        limit,
    )
    found = await questions.get_all(
        connection, place[0], [str(row["question_id"]) for row in rows]
    )
    return [found[one] for one in sorted(found)]


async def lock(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> JobState | None:
    """Its state, which nobody changes before the end of this transaction."""
    found: JobState | None = await connection.fetchval(
        "SELECT state FROM generation_jobs WHERE tenant_id = $1 AND job_id = $2 FOR NO KEY UPDATE",
        tenant_id,
        job_id,
    )
    return found


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    courses: Sequence[str] | None,
    after: str | None,
    limit: int,
) -> list[Job]:
    """Jobs of these courses, or of all, the newest first."""
    rows = await connection.fetch(
        f"{SELECT} AND ($2::uuid[] IS NULL OR j.course_id = ANY ($2))"
        " AND ($3::uuid IS NULL OR j.job_id < $3) ORDER BY j.job_id DESC LIMIT $4",
        tenant_id,
        courses,
        after,
        limit,
    )
    return [_job(row) for row in rows]


# --- What becomes of a job ------------------------------------------------------------------------


async def begin(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, source: str, now: datetime
) -> None:
    """It is worked on; the source is kept as it was read, so that a reviewer sees it beside the item."""
    await connection.execute(
        "UPDATE generation_jobs SET state = 'running', source = $3, updated_at = $4"
        " WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        source,
        now,
    )


async def end(
    connection: asyncpg.Connection,
    tenant_id: str,
    job_id: str,
    how: tuple[JobState, str],
    now: datetime,
) -> Job | None:
    """Nothing more comes of it; None when it was over before. `how` is the state and why."""
    ended = await connection.fetchval(
        "UPDATE generation_jobs SET state = $3, reason = $4, updated_at = $5, done_at = $5"
        f" WHERE tenant_id = $1 AND job_id = $2 AND {OPEN} RETURNING true",
        tenant_id,
        job_id,
        *how,
        now,
    )
    return await get(connection, tenant_id, job_id) if ended else None


async def serve_from(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, other_id: str
) -> None:
    """Its items are those of another job."""
    await connection.execute(
        "UPDATE generation_jobs SET served_from = $3 WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        other_id,
    )


async def twin(connection: asyncpg.Connection, tenant_id: str, job: Job) -> Job | None:
    """The oldest other job of the course that was asked the same, if it is done and not recalled, or is still to be done before this one."""
    found = await connection.fetchval(
        "SELECT job_id FROM generation_jobs WHERE tenant_id = $1 AND course_id = $2 AND digest = $3"
        " AND served_from IS NULL AND recalled_at IS NULL AND job_id <> $4"
        f" AND (state = 'done' AND passed > 0 OR {OPEN} AND job_id < $4)"
        " ORDER BY (state = 'done') DESC, job_id LIMIT 1",
        tenant_id,
        job.course_id,
        job.digest,
        job.job_id,
    )
    return None if found is None else await get(connection, tenant_id, str(found))


async def count_item(
    connection: asyncpg.Connection,
    tenant_id: str,
    job_id: str,
    came: tuple[bool, str, Tier],
    now: datetime,
) -> None:
    """One item more was made. `came`: whether it passed, else the gate that turned it down, and by whom it was made."""
    passed, gate, tier = came
    await connection.execute(
        "UPDATE generation_jobs SET made = made + 1, passed = passed + $3::int, dropped = dropped + 1 - $3::int,"
        " dropped_by = CASE WHEN $3::int = 1 THEN dropped_by ELSE jsonb_set(dropped_by, ARRAY[$4],"
        " to_jsonb(coalesce((dropped_by ->> $4)::int, 0) + 1)) END,"
        " tier = CASE WHEN tier = 'rules' THEN tier ELSE $5 END, updated_at = $6"
        " WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        int(passed),
        gate,
        tier,
        now,
    )


async def spend(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, what: tuple[int, int, int]
) -> None:
    """Add to what the job has cost: tokens in, tokens out, money."""
    await connection.execute(
        "UPDATE generation_jobs SET tokens_in = tokens_in + $3, tokens_out = tokens_out + $4,"
        " cost_micros = cost_micros + $5 WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        *what,
    )


# --- What becomes of its items -------------------------------------------------------------------


async def source_of(
    connection: asyncpg.Connection, tenant_id: str, job_id: str
) -> tuple[Brief, str]:
    """What the job was asked for, and the text it was given."""
    row = await connection.fetchrow(
        "SELECT brief, source FROM generation_jobs WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
    )
    assert row is not None, "a staged item's job is kept"
    return msgspec.json.decode(row["brief"], type=Brief), row["source"]


async def count_decided(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, *, accepted: bool
) -> None:
    """One more of the job's items was let pass, or turned down."""
    column = "accepted" if accepted else "rejected"
    await connection.execute(
        f"UPDATE generation_jobs SET {column} = {column} + 1 WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
    )


async def count_ingested(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, items: int, now: datetime
) -> None:
    """So many more items of the job are in the bank."""
    await connection.execute(
        "UPDATE generation_jobs SET ingested = ingested + $3, updated_at = $4"
        " WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        items,
        now,
    )


async def root_of(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> str:
    """The job whose items this one stands for, its own or another's; nobody changes it until the end of the transaction."""
    served_from = await connection.fetchval(
        "SELECT served_from FROM generation_jobs WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
    )
    root = job_id if served_from is None else str(served_from)
    await connection.execute(
        "SELECT FROM generation_jobs WHERE tenant_id = $1 AND job_id = $2 FOR NO KEY UPDATE",
        tenant_id,
        root,
    )
    return root


async def mark_recalled(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, now: datetime
) -> None:
    """Its items are out of use."""
    await connection.execute(
        "UPDATE generation_jobs SET recalled_at = $3, updated_at = $3 WHERE tenant_id = $1 AND job_id = $2",
        tenant_id,
        job_id,
        now,
    )
