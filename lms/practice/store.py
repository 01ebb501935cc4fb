"""SQL of lessons of the tutor, their answers and reports of items; reads the bank, the responses and who is enrolled."""

from collections.abc import Collection
from datetime import datetime

import asyncpg
import msgspec

from lms.adaptive.model import Chosen, Response
from lms.attempts.paper_store import ASKED_BY_EXAMS
from lms.practice.model import Given, Item, Place, Practice, Wanted

# A learner who has met more than these since may meet an older one again.
SEEN_MAX = 2000
LESSONS_MAX = 50
# Lessons found by rule that wait to be begun: more tabs than anybody has.
UNBEGUN_MAX = 50

# Of tenant $1, course $2 and the learner: whoever gives out lessons of theirs, by rule or into their list, holds it meanwhile.
LOCK = "hashtextextended(concat_ws(' ', 'practice', $1::uuid, $2::uuid, user_id), 0)"

_chosen = msgspec.json.Decoder(tuple[Chosen, ...])

# $1 tenant, $2 course, $3 user, $4 kinds, $5 how many, $6 level, $7 language. What an exam of the learner's asks whose results are
# not out is not asked here: its verdict would tell the exam's key.
_SEEN = f"""
WITH met AS MATERIALIZED (
    SELECT question_id, at FROM responses WHERE tenant_id = $1 AND user_id = $3 AND course_id = $2
    ORDER BY at DESC LIMIT {SEEN_MAX}
), seen AS MATERIALIZED (
    SELECT question_id FROM met
    UNION
    SELECT (one ->> 'question_id')::uuid FROM (
        SELECT items FROM practices WHERE tenant_id = $1 AND user_id = $3 AND course_id = $2
        ORDER BY practice_id DESC LIMIT {LESSONS_MAX}
    ) AS p CROSS JOIN jsonb_array_elements(p.items::jsonb) AS one
), barred AS MATERIALIZED (
    SELECT (pin ->> 'question_id')::uuid AS question_id {ASKED_BY_EXAMS} AND a.user_id = $3
)
"""
# Each level by the index, the nearest first, and no more of it than is needed.
_UNSEEN = f"""{_SEEN}
SELECT q.question_id, q.version, q.skills, q.difficulty, false AS met
FROM (
    SELECT level, row_number() OVER (ORDER BY abs(level - $6), level) AS place FROM generate_series(1, 10) AS level
) AS near
CROSS JOIN LATERAL (
    SELECT question_id, version, skills, difficulty FROM questions AS o
    WHERE o.tenant_id = $1 AND o.course_id = $2 AND o.state = 'published' AND o.level = near.level AND o.kind = ANY ($4)
        AND o.language = $7
        AND NOT EXISTS (SELECT FROM seen WHERE seen.question_id = o.question_id)
        AND NOT EXISTS (SELECT FROM barred WHERE barred.question_id = o.question_id)
    ORDER BY o.question_id LIMIT $5
) AS q
ORDER BY near.place, q.question_id LIMIT $5
"""
# Where everything was seen: what was met longest ago first.
_AGAIN = f"""{_SEEN}
SELECT q.question_id, q.version, q.skills, q.difficulty, last.at IS NOT NULL AS met
FROM (
    SELECT s.question_id, max(met.at) AS at FROM seen AS s LEFT JOIN met USING (question_id)
    WHERE NOT EXISTS (SELECT FROM barred WHERE barred.question_id = s.question_id)
    GROUP BY s.question_id
) AS last
JOIN questions AS q ON q.tenant_id = $1 AND q.question_id = last.question_id
WHERE q.course_id = $2 AND q.state = 'published' AND q.kind = ANY ($4) AND q.language = $7
ORDER BY last.at NULLS LAST, abs(q.level - $6), q.question_id LIMIT $5
"""
# Of what the learner answered last, if its language is still asked in; else the language that the bank has most of.
_STANDS = """
SELECT last.level, coalesce(last.language, (
    SELECT language FROM questions WHERE tenant_id = $1 AND course_id = $2 AND state = 'published'
    GROUP BY language ORDER BY count(*) DESC, language LIMIT 1
)) AS language
FROM (SELECT) AS always LEFT JOIN LATERAL (
    SELECT q.level, q.language FROM (
        SELECT question_id FROM responses WHERE tenant_id = $1 AND course_id = $2 AND user_id = $3 ORDER BY at DESC LIMIT 1
    ) AS latest JOIN questions AS q ON q.tenant_id = $1 AND q.question_id = latest.question_id
    WHERE EXISTS (
        SELECT FROM questions AS o
        WHERE o.tenant_id = $1 AND o.course_id = $2 AND o.state = 'published' AND o.language = q.language
    )
) AS last ON true
"""


async def seed(connection: asyncpg.Connection, tenant_id: str) -> str:
    """The school's secret behind the names of options and behind the items that measure reviewers, made when it is first asked for."""
    await connection.execute(
        "INSERT INTO practice_seeds (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING", tenant_id
    )
    found = await connection.fetchval(
        "SELECT seed FROM practice_seeds WHERE tenant_id = $1", tenant_id
    )
    return str(found)


async def hold(connection: asyncpg.Connection, tenant_id: str, place: Place) -> None:
    """To the end of the transaction nobody else finds a lesson for this learner here, or puts one into their list."""
    await connection.execute(
        f"SELECT pg_advisory_xact_lock({LOCK}) FROM (SELECT $3::uuid AS user_id) AS learner",
        *(tenant_id, place.course_id, place.user_id),
    )


async def stands(
    connection: asyncpg.Connection, tenant_id: str, place: Place
) -> tuple[int | None, str]:
    """Level and language of what this learner answered last in this course; None and the bank's own language before that."""
    row = await connection.fetchrow(_STANDS, tenant_id, place.course_id, place.user_id)
    assert row is not None, "there is always a row"
    return row["level"], row["language"] or ""


async def unseen(
    connection: asyncpg.Connection, tenant_id: str, place: Place, wanted: Wanted
) -> list[Item]:
    """Items that this learner has not met, those nearest to the level."""
    return await _items(connection, _UNSEEN, tenant_id, place, wanted)


async def again(
    connection: asyncpg.Connection, tenant_id: str, place: Place, wanted: Wanted
) -> list[Item]:
    """Items that this learner met longest ago."""
    return await _items(connection, _AGAIN, tenant_id, place, wanted)


async def _items(
    connection: asyncpg.Connection, sql: str, tenant_id: str, place: Place, wanted: Wanted
) -> list[Item]:
    rows = await connection.fetch(
        sql,
        *(tenant_id, place.course_id, place.user_id, list(place.kinds)),
        *(wanted.most, wanted.level, wanted.language),
    )
    return [
        Item(
            question_id=str(row["question_id"]),
            version=row["version"],
            skills=tuple(row["skills"]),
            difficulty=row["difficulty"],
            met=row["met"],
        )
        for row in rows
    ]


async def add(connection: asyncpg.Connection, tenant_id: str, new: Practice) -> None:
    """Keep a lesson."""
    await connection.execute(
        "INSERT INTO practices (tenant_id, practice_id, course_id, user_id, path, items, asked, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant_id,
        new.practice_id,
        new.course_id,
        new.user_id,
        new.path,
        msgspec.json.encode(new.items).decode(),
        len(new.items),
        new.created_at,
    )


async def unbegun(
    connection: asyncpg.Connection, tenant_id: str, place: Place, since_id: str
) -> list[str]:
    """Of the lessons since that this learner was given by rule and never began, those beyond the latest that are kept."""
    rows = await connection.fetch(
        "SELECT practice_id FROM practices WHERE tenant_id = $1 AND user_id = $2 AND course_id = $3 AND practice_id >= $4"
        " AND path = 'cold' AND answered = 0 AND finished_at IS NULL ORDER BY practice_id DESC OFFSET $5 LIMIT $5",
        *(tenant_id, place.user_id, place.course_id, since_id, UNBEGUN_MAX),
    )
    return [str(row["practice_id"]) for row in rows]


async def forget(
    connection: asyncpg.Connection, tenant_id: str, practice_ids: Collection[str]
) -> None:
    """Remove lessons, if they were not begun meanwhile."""
    await connection.execute(
        "DELETE FROM practices WHERE tenant_id = $1 AND practice_id = ANY ($2::uuid[]) AND answered = 0",
        tenant_id,
        list(practice_ids),
    )


async def get(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, practice_id: str
) -> Practice | None:
    """A lesson of this learner's."""
    row = await connection.fetchrow(
        "SELECT practice_id, course_id, user_id, path, items, answered, created_at, finished_at FROM practices"
        " WHERE tenant_id = $1 AND practice_id = $2 AND user_id = $3",
        tenant_id,
        practice_id,
        user_id,
    )
    if row is None:
        return None
    return Practice(
        practice_id=str(row["practice_id"]),
        course_id=str(row["course_id"]),
        user_id=str(row["user_id"]),
        path=row["path"],
        items=_chosen.decode(row["items"]),
        answered=row["answered"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )


async def lock(connection: asyncpg.Connection, tenant_id: str, practice_id: str) -> None:
    """To the end of the transaction nobody else answers in this lesson or ends it."""
    await connection.execute(
        "SELECT FROM practices WHERE tenant_id = $1 AND practice_id = $2 FOR NO KEY UPDATE",
        tenant_id,
        practice_id,
    )


async def finish(
    connection: asyncpg.Connection, tenant_id: str, practice_id: str, now: datetime
) -> bool:
    """Say that it has ended; False when it had."""
    row = await connection.fetchrow(
        "UPDATE practices SET finished_at = $3"
        " WHERE tenant_id = $1 AND practice_id = $2 AND finished_at IS NULL RETURNING practice_id",
        tenant_id,
        practice_id,
        now,
    )
    return row is not None


async def answers(connection: asyncpg.Connection, tenant_id: str, practice_id: str) -> list[Given]:
    """Every answer of a lesson."""
    rows = await connection.fetch(
        "SELECT item_id, seq, value, scorer, earned_milli, arrived_at FROM practice_answers"
        " WHERE tenant_id = $1 AND practice_id = $2",
        tenant_id,
        practice_id,
    )
    return [
        Given(
            item_id=str(row["item_id"]),
            seq=row["seq"],
            value=row["value"],
            scorer=row["scorer"],
            earned_milli=row["earned_milli"],
            arrived_at=row["arrived_at"],
        )
        for row in rows
    ]


async def responses_before(
    connection: asyncpg.Connection,
    tenant_id: str,
    practice: Practice,
    most: int,
) -> list[Response]:
    """What this learner answered elsewhere in the course, oldest first; no more than the latest so many."""
    rows = await connection.fetch(
        "SELECT * FROM (SELECT source, question_id, version, skills, difficulty, share_milli, at, source_id, item_id"
        " FROM responses WHERE tenant_id = $1 AND user_id = $2 AND course_id = $3 AND source_id <> $4"
        " ORDER BY at DESC LIMIT $5) AS latest ORDER BY at, source_id, item_id",
        tenant_id,
        practice.user_id,
        practice.course_id,
        practice.practice_id,
        most,
    )
    return [
        Response(
            skills=tuple(row["skills"]),
            difficulty=row["difficulty"],
            share=row["share_milli"] / 1000,
            at=row["at"],
            source=row["source"],
            question_id=str(row["question_id"]),
            version=row["version"],
        )
        for row in rows
    ]


async def report(
    connection: asyncpg.Connection,
    tenant_id: str,
    practice: Practice,
    chosen: Chosen,
    said: tuple[str, str, str, datetime],
) -> str:
    """Keep that the learner finds this version wrong; `said` is (new id, reason, note, now). The id of what is kept."""
    report_id, reason, note, now = said
    found = await connection.fetchval(
        "INSERT INTO item_reports (tenant_id, report_id, course_id, question_id, version, user_id, reason, note, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (tenant_id, question_id, version, user_id) DO UPDATE SET reason = item_reports.reason RETURNING report_id",
        tenant_id,
        report_id,
        practice.course_id,
        chosen.question_id,
        chosen.version,
        practice.user_id,
        reason,
        note,
        now,
    )
    return str(found)


async def withdrawn(
    connection: asyncpg.Connection, tenant_id: str, practice: Practice
) -> set[str]:
    """Those of its items, by id, that are out of use now."""
    rows = await connection.fetch(
        "SELECT question_id FROM questions"
        " WHERE tenant_id = $1 AND question_id = ANY ($2::uuid[]) AND state <> 'published'",
        tenant_id,
        [one.question_id for one in practice.items],
    )
    out = {str(row["question_id"]) for row in rows}
    return {one.item_id for one in practice.items if one.question_id in out}
