"""SQL of regrades: which key is in force for what, and whose grades it touches."""

from collections.abc import Collection
from datetime import datetime

import asyncpg

from lms.grading.model import NO_KEY, Regrade
from lms.ids import AssessmentId, QuestionId

REGRADE = "regrade_id, assessment_id, question_id, key_version, state, changed, unchanged, created_at, done_at"


def _regrade(row: asyncpg.Record) -> Regrade:
    return Regrade(
        regrade_id=str(row["regrade_id"]),
        assessment_id=AssessmentId(str(row["assessment_id"])),
        question_id=QuestionId(str(row["question_id"])),
        key_version=row["key_version"],
        state="failed" if row["given_up"] else row["state"],
        changed=row["changed"],
        unchanged=row["unchanged"],
        created_at=row["created_at"],
        done_at=row["done_at"],
    )


async def add(connection: asyncpg.Connection, tenant_id: str, regrade: Regrade, by: str) -> None:
    """Remember that the items are scored by another key from now on."""
    await connection.execute(
        "INSERT INTO regrades (tenant_id, regrade_id, assessment_id, question_id, key_version, by_user, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant_id,
        regrade.regrade_id,
        regrade.assessment_id,
        regrade.question_id,
        regrade.key_version,
        by,
        regrade.created_at,
    )


async def get(connection: asyncpg.Connection, tenant_id: str, regrade_id: str) -> Regrade | None:
    """One regrade; it has failed when its job was given up: asked for anew it is carried out, its key is in force all the while."""
    row = await connection.fetchrow(
        f"SELECT {REGRADE}, state = 'running' AND EXISTS (SELECT FROM jobs j WHERE j.tenant_id = $1"
        " AND j.kind = 'regrade.apply' AND j.subject_id = $2 AND j.state = 'dead') AS given_up"
        " FROM regrades WHERE tenant_id = $1 AND regrade_id = $2",
        tenant_id,
        regrade_id,
    )
    return None if row is None else _regrade(row)


async def count(
    connection: asyncpg.Connection,
    tenant_id: str,
    regrade_id: str,
    changed: int,
    unchanged: int,
) -> None:
    """Count a batch that is carried out in the same transaction."""
    await connection.execute(
        "UPDATE regrades SET changed = changed + $3, unchanged = unchanged + $4"
        " WHERE tenant_id = $1 AND regrade_id = $2",
        tenant_id,
        regrade_id,
        changed,
        unchanged,
    )


async def end(
    connection: asyncpg.Connection, tenant_id: str, regrade_id: str, now: datetime
) -> None:
    """It has been carried out to the last attempt."""
    await connection.execute(
        "UPDATE regrades SET state = 'done', done_at = $3"
        " WHERE tenant_id = $1 AND regrade_id = $2 AND state = 'running'",
        tenant_id,
        regrade_id,
        now,
    )


async def is_running(connection: asyncpg.Connection, tenant_id: str, assessment_id: str) -> bool:
    """Whether a regrade of this assessment has not been carried out to its end."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM regrades WHERE tenant_id = $1 AND assessment_id = $2 AND state = 'running')",
        tenant_id,
        assessment_id,
    )
    return found


async def keys_in_force(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str
) -> dict[str, int]:
    """Question id to the version whose key scores it in this assessment: the latest regrade of each says so."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (question_id) question_id, key_version FROM regrades"
        " WHERE tenant_id = $1 AND assessment_id = $2"
        " ORDER BY question_id, regrade_id DESC",
        tenant_id,
        assessment_id,
    )
    return {str(row["question_id"]): row["key_version"] for row in rows}


async def recalled(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str]
) -> dict[str, int]:
    """Those of the questions that were recalled, each to the version of the key that scores it: none."""
    rows = await connection.fetch(
        "SELECT question_id FROM questions WHERE tenant_id = $1 AND question_id = ANY($2::uuid[]) AND state = 'recalled'",
        tenant_id,
        list(question_ids),
    )
    return {str(row["question_id"]): NO_KEY for row in rows}


async def asking(
    connection: asyncpg.Connection,
    tenant_id: str,
    which: tuple[str, Collection[str]],
    page: tuple[str | None, int],
) -> list[str]:
    """The next attempts that were begun and ask one of these: `which` is (assessment, questions), `page` is (after, limit)."""
    assessment_id, question_ids = which
    rows = await connection.fetch(
        "SELECT a.attempt_id FROM attempts a WHERE a.tenant_id = $1 AND a.assessment_id = $2"
        " AND a.state IN ('open', 'submitted', 'marking', 'graded') AND ($4::uuid IS NULL OR a.attempt_id > $4)"
        " AND EXISTS (SELECT FROM attempt_papers p, jsonb_array_elements(p.pins) AS pin WHERE p.tenant_id = $1"
        " AND p.attempt_id = a.attempt_id AND pin ->> 'question_id' = ANY($3::text[]))"
        " ORDER BY a.attempt_id LIMIT $5",
        tenant_id,
        assessment_id,
        list(question_ids),
        *page,
    )
    return [str(row["attempt_id"]) for row in rows]


async def asked_versions(
    connection: asyncpg.Connection, tenant_id: str, assessment_id: str, question_id: str
) -> list[int]:
    """At which versions an item was asked in the attempts of an assessment."""
    rows = await connection.fetch(
        "SELECT DISTINCT (pin ->> 'version')::integer AS version FROM attempts a"
        " JOIN attempt_papers p ON p.tenant_id = $1 AND p.attempt_id = a.attempt_id,"
        " jsonb_array_elements(p.pins) AS pin"
        " WHERE a.tenant_id = $1 AND a.assessment_id = $2 AND a.state NOT IN ('ready', 'withdrawn')"
        " AND pin ->> 'question_id' = $3 ORDER BY version",
        tenant_id,
        assessment_id,
        question_id,
    )
    return [row["version"] for row in rows]


async def asked(
    connection: asyncpg.Connection,
    tenant_id: str,
    which: tuple[str, str],
    page: tuple[str | None, int],
) -> list[str]:
    """The next attempts that were handed in and asked this: `which` is (assessment, question), `page` is (after, limit)."""
    rows = await connection.fetch(
        "SELECT a.attempt_id FROM attempts a WHERE a.tenant_id = $1 AND a.assessment_id = $2"
        " AND a.state IN ('submitted', 'marking', 'graded') AND ($4::uuid IS NULL OR a.attempt_id > $4)"
        " AND EXISTS (SELECT FROM attempt_papers p WHERE p.tenant_id = $1 AND p.attempt_id = a.attempt_id"
        " AND p.pins @> jsonb_build_array(jsonb_build_object('question_id', $3::text)))"
        " ORDER BY a.attempt_id LIMIT $5",
        tenant_id,
        *which,
        *page,
    )
    return [str(row["attempt_id"]) for row in rows]
