"""SQL of uploads, and of the courses whose questions show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from lms.identity import CourseRole
from lms.ids import ClassId, UploadId, UserId
from lms.uploads.model import Held, Upload

COLUMNS = (
    "upload_id, user_id, name, type, size_bytes, state, class_id, digest, created_at, expires_at"
)


def _upload(row: asyncpg.Record) -> Upload:
    class_id = row["class_id"]
    return Upload(
        upload_id=UploadId(str(row["upload_id"])),
        user_id=UserId(str(row["user_id"])),
        name=row["name"],
        type=row["type"],
        size_bytes=row["size_bytes"],
        state=row["state"],
        class_id=None if class_id is None else ClassId(str(class_id)),
        digest=row["digest"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def held(connection: asyncpg.Connection, tenant_id: str, user_id: str) -> Held:
    """What this person has in the store; whoever asks next waits for the end of this transaction."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('uploads:' || $1, 0))",
        f"{tenant_id}:{user_id}",
    )
    row = await connection.fetchrow(
        "SELECT coalesce(sum(size_bytes), 0)::bigint AS size_bytes,"
        " count(*) FILTER (WHERE state = 'started') AS started"
        " FROM uploads WHERE tenant_id = $1 AND user_id = $2 AND state <> 'failed'",
        tenant_id,
        user_id,
    )
    if row is None:
        raise LookupError("an aggregate returned no row")
    return Held(size_bytes=row["size_bytes"], started=row["started"])


async def add(connection: asyncpg.Connection, tenant_id: str, upload: Upload) -> None:
    """Write down a file that is about to come."""
    await connection.execute(
        "INSERT INTO uploads"
        " (tenant_id, upload_id, user_id, name, type, size_bytes, class_id, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant_id,
        upload.upload_id,
        upload.user_id,
        upload.name,
        upload.type,
        upload.size_bytes,
        upload.class_id,
        upload.created_at,
        upload.expires_at,
    )


async def get(connection: asyncpg.Connection, tenant_id: str, upload_id: str) -> Upload | None:
    """One file."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM uploads WHERE tenant_id = $1 AND upload_id = $2",
        tenant_id,
        upload_id,
    )
    return None if row is None else _upload(row)


async def complete(
    connection: asyncpg.Connection, tenant_id: str, upload_id: str, digest: str, now: datetime
) -> bool:
    """From started to ready; False when somebody else was faster."""
    done = await connection.fetchval(
        "UPDATE uploads SET state = 'ready', digest = $3, completed_at = $4"
        " WHERE tenant_id = $1 AND upload_id = $2 AND state = 'started' RETURNING true",
        tenant_id,
        upload_id,
        digest,
        now,
    )
    return bool(done)


async def fail(connection: asyncpg.Connection, tenant_id: str, upload_id: str) -> bool:
    """From started to failed; False when it was not started any more."""
    done = await connection.fetchval(
        "UPDATE uploads SET state = 'failed'"
        " WHERE tenant_id = $1 AND upload_id = $2 AND state = 'started' RETURNING true",
        tenant_id,
        upload_id,
    )
    return bool(done)


async def expired(
    connection: asyncpg.Connection, now: datetime, limit: int
) -> list[tuple[str, str]]:
    """(tenant, upload) of files of any school that were begun and never finished."""
    rows = await connection.fetch(
        "SELECT tenant_id, upload_id FROM expired_uploads($1, $2)", now, limit
    )
    return [(str(row["tenant_id"]), str(row["upload_id"])) for row in rows]


async def of_person(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, upload_ids: Sequence[str]
) -> list[Upload]:
    """Those of these files that are ready and that this person sent."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM uploads WHERE tenant_id = $1 AND user_id = $2"
        " AND upload_id = ANY($3::uuid[]) AND state = 'ready'",
        tenant_id,
        user_id,
        upload_ids,
    )
    return [_upload(row) for row in rows]


async def complete_by(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, until: Mapping[str, datetime]
) -> list[Upload]:
    """Those of these files that this person sent, and that were complete by the time that stands with each."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM uploads JOIN unnest($3::uuid[], $4::timestamptz[]) AS n (named_id, by_then)"
        " ON named_id = upload_id"
        " WHERE tenant_id = $1 AND user_id = $2 AND state = 'ready' AND completed_at <= by_then",
        tenant_id,
        user_id,
        list(until),
        list(until.values()),
    )
    return [_upload(row) for row in rows]


async def link(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, upload_ids: Sequence[str]
) -> None:
    """That questions of this course show these files."""
    await connection.execute(
        "INSERT INTO upload_links (tenant_id, upload_id, course_id)"
        " SELECT $1, upload_id, $2 FROM unnest($3::uuid[]) AS wanted (upload_id)"
        " ON CONFLICT DO NOTHING",
        tenant_id,
        course_id,
        upload_ids,
    )


async def linked(
    connection: asyncpg.Connection, tenant_id: str, upload_ids: Sequence[str]
) -> list[Upload]:
    """Those of these files that are ready and that a question of any course shows."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM uploads AS u WHERE tenant_id = $1"
        " AND upload_id = ANY($2::uuid[]) AND state = 'ready'"
        " AND EXISTS (SELECT FROM upload_links AS l"
        " WHERE l.tenant_id = $1 AND l.upload_id = u.upload_id)",
        tenant_id,
        upload_ids,
    )
    return [_upload(row) for row in rows]


async def roles_in_courses(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, upload_ids: Sequence[str]
) -> list[tuple[str, CourseRole | None]]:
    """(upload, this person's role in a course that shows it), one for each such course."""
    rows = await connection.fetch(
        "SELECT l.upload_id, e.role FROM upload_links AS l"
        " LEFT JOIN enrolments AS e ON e.tenant_id = l.tenant_id"
        " AND e.course_id = l.course_id AND e.user_id = $2"
        " WHERE l.tenant_id = $1 AND l.upload_id = ANY($3::uuid[])",
        tenant_id,
        user_id,
        upload_ids,
    )
    return [(str(row["upload_id"]), row["role"]) for row in rows]
