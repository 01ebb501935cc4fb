"""SQL of lessons that are made ahead; reads the bank, who learns in the course, and what they are asked elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec

from lms.adaptive.model import Candidate
from lms.adaptive.shelf import family
from lms.attempts.paper_store import ASKED_BY_EXAMS
from lms.practice.checking import PRACTISED
from lms.practice.model import Practice
from lms.practice.store import LOCK

# A bank has no more items than this (lms.questions.service), and a learner's last lessons say enough.
BANK_MAX = 20_000
LESSONS_MAX = 40


class _Asked(msgspec.Struct, frozen=True):
    """What is read again of an item of a lesson."""

    question_id: str


_asked = msgspec.json.Decoder(list[_Asked])

Place = tuple[str, str]  # school, course


async def bank_version(
    connection: asyncpg.Connection, place: Place
) -> tuple[int, datetime | None]:
    """Another one after every change of what may be practised in this course, and after its difficulty was measured."""
    row = await connection.fetchrow(
        "SELECT count(*) AS items, greatest(max(updated_at), (SELECT max(measured_at) FROM item_quality"
        " WHERE tenant_id = $1 AND course_id = $2)) AS at FROM questions"
        " WHERE tenant_id = $1 AND course_id = $2 AND state = 'published'",
        *place,
    )
    assert row is not None, "an aggregate has a row"
    return row["items"], row["at"]


async def bank(connection: asyncpg.Connection, place: Place) -> list[asyncpg.Record]:
    """Rows of what may be practised in this course; difficulty as it was measured, else as it is labelled."""
    found: list[asyncpg.Record] = await connection.fetch(
        "SELECT q.question_id, q.version, q.skills, q.level, q.language, q.title,"
        " coalesce(i.difficulty, q.difficulty) AS difficulty FROM questions AS q"
        " LEFT JOIN item_quality AS i USING (tenant_id, question_id, version)"
        " WHERE q.tenant_id = $1 AND q.course_id = $2 AND q.state = 'published' AND q.kind = ANY ($3) LIMIT $4",
        *place,
        list(PRACTISED),
        BANK_MAX,
    )
    return found


def candidates(rows: Sequence[asyncpg.Record], given: Mapping[str, int]) -> list[Candidate]:
    """The items of these rows, and how often each was given out."""
    return [
        Candidate(
            question_id=str(row["question_id"]),
            version=row["version"],
            skills=tuple(row["skills"]),
            level=row["level"],
            language=row["language"],
            difficulty=row["difficulty"],
            family=family(row["title"]),
            given=given.get(str(row["question_id"]), 0),
        )
        for row in rows
    ]


async def learning(
    connection: asyncpg.Connection, place: Place, user_ids: Collection[str], *, lock: bool = False
) -> set[str]:
    """Those of these who learn in this course, while it goes on; locked, nobody takes them out before the transaction ends."""
    if lock:
        await connection.execute(
            "SELECT FROM enrolments WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])"
            " ORDER BY user_id FOR KEY SHARE",
            *(*place, list(user_ids)),
        )
    rows = await connection.fetch(
        "SELECT e.user_id FROM enrolments AS e JOIN users AS u USING (tenant_id, user_id)"
        " JOIN courses AS c USING (tenant_id, course_id) WHERE e.tenant_id = $1 AND e.course_id = $2"
        " AND e.user_id = ANY ($3::uuid[]) AND e.role = 'student' AND u.active AND NOT c.archived",
        *(*place, list(user_ids)),
    )
    return {str(row["user_id"]) for row in rows}


async def hold_all(
    connection: asyncpg.Connection, place: Place, user_ids: Collection[str]
) -> set[str]:
    """Those of these for whom no lesson is being found by rule now; to the end of the transaction none is."""
    rows = await connection.fetch(
        f"SELECT user_id FROM unnest($3::uuid[]) AS u (user_id) WHERE pg_try_advisory_xact_lock({LOCK})",
        *(*place, list(user_ids)),
    )
    return {str(row["user_id"]) for row in rows}


async def handed(
    connection: asyncpg.Connection,
    place: Place,
    user_ids: Collection[str],
    waiting: Collection[str],
    since_id: str,
) -> dict[str, set[str]]:
    """Items of the lessons since that these learners were given, but for lessons that still wait; by learner."""
    rows = await connection.fetch(
        "SELECT u.user_id, p.items FROM unnest($3::uuid[]) AS u (user_id) CROSS JOIN LATERAL ("
        " SELECT practice_id, items FROM practices AS p WHERE p.tenant_id = $1 AND p.user_id = u.user_id AND p.course_id = $2"
        " AND p.practice_id >= $4 ORDER BY practice_id DESC LIMIT $5) AS p WHERE p.practice_id <> ALL ($6::uuid[])",
        *place,
        list(user_ids),
        since_id,
        LESSONS_MAX,
        list(waiting),
    )
    found: dict[str, set[str]] = {user_id: set() for user_id in user_ids}
    for row in rows:
        found[str(row["user_id"])] |= {one.question_id for one in _asked.decode(row["items"])}
    return found


async def found_by_rule(
    connection: asyncpg.Connection, place: Place, user_ids: Collection[str], since_id: str
) -> set[tuple[str, str]]:
    """(learner, lesson) of the lessons since that were found at the moment of asking."""
    rows = await connection.fetch(
        "SELECT user_id, practice_id FROM practices WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])"
        " AND practice_id >= $4 AND path = 'cold'",
        *(*place, list(user_ids), since_id),
    )
    return {(str(row["user_id"]), str(row["practice_id"])) for row in rows}


async def barred(
    connection: asyncpg.Connection, tenant_id: str, user_ids: Collection[str]
) -> dict[str, set[str]]:
    """Items that exams of these learners ask, as long as their scores are not released: a verdict here would tell the key there."""
    rows = await connection.fetch(
        f"SELECT a.user_id, pin ->> 'question_id' AS question_id {ASKED_BY_EXAMS} AND a.user_id = ANY ($2::uuid[])",
        tenant_id,
        list(user_ids),
    )
    found: dict[str, set[str]] = {user_id: set() for user_id in user_ids}
    for row in rows:
        found[str(row["user_id"])].add(row["question_id"])
    return found


async def add_all(
    connection: asyncpg.Connection, tenant_id: str, practices: Sequence[Practice]
) -> None:
    """Keep these lessons."""
    await connection.execute(
        "INSERT INTO practices (tenant_id, practice_id, course_id, user_id, path, items, asked, created_at)"
        " SELECT $1, p.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::int[], $8::timestamptz[])"
        " AS p",
        tenant_id,
        [one.practice_id for one in practices],
        [one.course_id for one in practices],
        [one.user_id for one in practices],
        [one.path for one in practices],
        [msgspec.json.encode(one.items).decode() for one in practices],
        [len(one.items) for one in practices],
        [one.created_at for one in practices],
    )


async def take_back(
    connection: asyncpg.Connection, tenant_id: str, practice_ids: Collection[str]
) -> list[str]:
    """Remove lessons that nobody was given; the items that were in them, each as often as it was."""
    rows = await connection.fetch(
        "DELETE FROM practices WHERE tenant_id = $1 AND practice_id = ANY ($2::uuid[]) AND answered = 0"
        " AND path = 'warm' RETURNING items",
        tenant_id,
        list(practice_ids),
    )
    return [one.question_id for row in rows for one in _asked.decode(row["items"])]


async def use_up(
    connection: asyncpg.Connection, place: Place, question_ids: Collection[str], now: datetime
) -> None:
    """Note at the marks of these items that there are too few beside them, once an hour."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'stock', $1::uuid, $2::uuid), 0))",
        *place,
    )
    await connection.execute(
        "UPDATE stock_marks AS m SET used_up_at = $4 FROM questions AS q WHERE q.tenant_id = $1 AND q.question_id = ANY ($3::uuid[])"
        " AND m.tenant_id = $1 AND m.course_id = $2 AND m.skill = ANY (q.skills) AND m.level = q.level AND m.language = q.language"
        " AND (m.used_up_at IS NULL OR m.used_up_at < $5)",
        *(*place, list(question_ids), now, now - timedelta(hours=1)),
    )


async def forget_unbegun(
    connection: asyncpg.Connection,
    place: Place,
    user_ids: Collection[str],
    waiting: Collection[str],
    before_id: str,
) -> None:
    """Remove lessons of before that these learners never began, if they were given them at all, but for those that still wait."""
    await connection.execute(
        "DELETE FROM practices WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[]) AND practice_id < $4"
        " AND answered = 0 AND finished_at IS NULL AND path = 'warm' AND practice_id <> ALL ($5::uuid[])",
        *(*place, list(user_ids), before_id, list(waiting)),
    )
