"""SQL of the question bank."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ids import CourseId, QuestionId
from lms.questions.model import (
    Content,
    Filter,
    Key,
    Kind,
    Labels,
    Listed,
    Question,
    State,
)

# Which version of which item.
At = tuple[str, int]

LISTED = (
    "q.question_id, q.course_id, q.version, q.kind, q.title, q.skills, q.tags, q.level, q.language,"
    " q.difficulty, q.state, q.updated_at"
)
# $1 tenant, $2 course, then the filter; a list by title.
FILTERED = (
    "q.tenant_id = $1 AND q.course_id = $2"
    " AND ($3::text[] = '{}' OR q.search LIKE ALL ($3))"
    " AND ($4::text IS NULL OR q.kind = $4)"
    " AND ($5::text IS NULL OR q.skills @> ARRAY[$5])"
    " AND ($6::text IS NULL OR q.tags @> ARRAY[$6])"
    " AND ($7::int IS NULL OR q.level = $7)"
    " AND ($8::text IS NULL OR q.language = $8)"
    " AND (q.state = $9 OR $9 IS NULL AND q.state <> 'retired')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A question to be written, with what a search looks into."""

    question: Question
    search: str


def listed_of(row: asyncpg.Record) -> Listed:
    """A row with the columns of LISTED."""
    return Listed(
        question_id=QuestionId(str(row["question_id"])),
        course_id=CourseId(str(row["course_id"])),
        version=row["version"],
        kind=row["kind"],
        labels=Labels(
            title=row["title"],
            skills=tuple(row["skills"]),
            tags=tuple(row["tags"]),
            level=row["level"],
            language=row["language"],
            difficulty=row["difficulty"],
            state=row["state"],
        ),
        updated_at=row["updated_at"],
    )


def _question(row: asyncpg.Record) -> Question:
    return Question(
        listed=listed_of(row),
        content=msgspec.json.decode(row["content"], type=Content),
        key=msgspec.json.decode(row["key"], type=Key),
    )


def _columns(rows: Sequence[Row]) -> list[list[object]]:
    """The rows by column, in the order of the INSERT and the UPDATE."""
    labels = [(row.question.listed, row.question.listed.labels, row.search) for row in rows]
    return [
        [one.question_id for one, _, _ in labels],
        [one.version for one, _, _ in labels],
        [label.title for _, label, _ in labels],
        [msgspec.json.encode(label.skills).decode() for _, label, _ in labels],
        [msgspec.json.encode(label.tags).decode() for _, label, _ in labels],
        [label.level for _, label, _ in labels],
        [label.language for _, label, _ in labels],
        [label.difficulty for _, label, _ in labels],
        [label.state for _, label, _ in labels],
        [search for _, _, search in labels],
    ]


# Arrays of arrays must be rectangles in PostgreSQL: the words travel as JSON.
_SENT = (
    "unnest($2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[], $7::int[], $8::text[], $9::int[],"
    " $10::text[], $11::text[])"
)
_FIELDS = "question_id, version, title, skills, tags, level, language, difficulty, state, search"


async def add_all(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    rows: Sequence[Row],
    now: datetime,
) -> None:
    """Add items without their versions; see add_versions."""
    await connection.execute(
        "INSERT INTO questions (tenant_id, course_id, kind, created_at, updated_at, question_id, version,"
        " title, skills, tags, level, language, difficulty, state, search)"
        " SELECT $1, $12, kind, $13, $13, question_id, version, title,"
        " ARRAY(SELECT jsonb_array_elements_text(skills)), ARRAY(SELECT jsonb_array_elements_text(tags)),"
        " level, language, difficulty, state, search"
        f" FROM ROWS FROM ({_SENT}, unnest($14::text[])) AS sent ({_FIELDS}, kind)",
        tenant_id,
        *_columns(rows),
        course_id,
        now,
        [row.question.listed.kind for row in rows],
    )


async def save_all(
    connection: asyncpg.Connection, tenant_id: str, rows: Sequence[Row], now: datetime
) -> None:
    """Write the items as they are now; see add_versions for what they say."""
    await connection.execute(
        "UPDATE questions q SET version = sent.version, title = sent.title,"
        " skills = ARRAY(SELECT jsonb_array_elements_text(sent.skills)),"
        " tags = ARRAY(SELECT jsonb_array_elements_text(sent.tags)),"
        " level = sent.level, language = sent.language, difficulty = sent.difficulty,"
        " state = sent.state, search = sent.search, updated_at = $12"
        f" FROM {_SENT} AS sent ({_FIELDS})"
        " WHERE q.tenant_id = $1 AND q.question_id = sent.question_id",
        tenant_id,
        *_columns(rows),
        now,
    )


async def add_versions(
    connection: asyncpg.Connection,
    tenant_id: str,
    by: str,
    questions: Sequence[Question],
    now: datetime,
) -> None:
    """Keep what these items say at their version, for good."""
    await connection.execute(
        "INSERT INTO question_versions"
        " (tenant_id, created_by, created_at, question_id, version, kind, content, key)"
        " SELECT $1, $2, $3, question_id, version, kind, content, key FROM"
        " unnest($4::uuid[], $5::int[], $6::text[], $7::json[], $8::json[])"
        " AS sent (question_id, version, kind, content, key)",
        tenant_id,
        by,
        now,
        [one.listed.question_id for one in questions],
        [one.listed.version for one in questions],
        [one.listed.kind for one in questions],
        [msgspec.json.encode(one.content).decode() for one in questions],
        [msgspec.json.encode(one.key).decode() for one in questions],
    )


async def move(
    connection: asyncpg.Connection,
    tenant_id: str,
    question_id: str,
    states: tuple[State, State],
    now: datetime,
) -> CourseId | None:
    """From one of (from, to) states to the other: the course of its bank; None when it was not in the first."""
    course_id = await connection.fetchval(
        "UPDATE questions SET state = $4, updated_at = $5 WHERE tenant_id = $1 AND question_id = $2 AND state = $3"
        " RETURNING course_id",
        tenant_id,
        question_id,
        *states,
        now,
    )
    return None if course_id is None else CourseId(str(course_id))


async def recall(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str], now: datetime
) -> int:
    """Take these out of use for good; how many were not yet."""
    done: str = await connection.execute(
        "UPDATE questions SET state = 'recalled', updated_at = $3 WHERE tenant_id = $1 AND state <> 'recalled'"
        " AND question_id IN (SELECT question_id FROM questions WHERE tenant_id = $1 AND question_id = ANY($2::uuid[])"
        " ORDER BY question_id FOR NO KEY UPDATE)",
        tenant_id,
        list(question_ids),
        now,
    )
    return int(done.split()[-1])


async def out_of_use(
    connection: asyncpg.Connection, since: datetime, most: int
) -> dict[str, list[str]]:
    """Items of any school that went out of use since, the latest so many: ids by school."""
    rows = await connection.fetch(
        "SELECT tenant_id, question_id FROM questions_out_of_use($1, $2)", since, most
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(str(row["tenant_id"]), []).append(str(row["question_id"]))
    return found


async def get(
    connection: asyncpg.Connection, tenant_id: str, question_id: str, *, lock: bool = False
) -> Question | None:
    """One item at its latest version, with its key."""
    found = await get_all(connection, tenant_id, [question_id], lock=lock)
    return found.get(question_id)


async def get_all(
    connection: asyncpg.Connection,
    tenant_id: str,
    question_ids: Collection[str],
    *,
    lock: bool = False,
) -> dict[str, Question]:
    """Items at their latest version, with their keys; locked in the order of their ids, so that two never wait in a ring."""
    place = (tenant_id, list(question_ids))
    if lock:
        # By a statement of its own: one that waited here would join the version that was the latest before it waited.
        await connection.execute(
            "SELECT FROM questions WHERE tenant_id = $1 AND question_id = ANY ($2::uuid[])"
            " ORDER BY question_id FOR NO KEY UPDATE",
            *place,
        )
    rows = await connection.fetch(
        f"SELECT {LISTED}, v.content, v.key FROM questions q"
        " JOIN question_versions v USING (tenant_id, question_id, version)"
        " WHERE q.tenant_id = $1 AND q.question_id = ANY ($2::uuid[])",
        *place,
    )
    return {str(row["question_id"]): _question(row) for row in rows}


async def version(
    connection: asyncpg.Connection, tenant_id: str, question_id: str, number: int
) -> tuple[Content, Key] | None:
    """What an item said and what its key was at one version."""
    row = await connection.fetchrow(
        "SELECT content, key FROM question_versions"
        " WHERE tenant_id = $1 AND question_id = $2 AND version = $3",
        tenant_id,
        question_id,
        number,
    )
    if row is None:
        return None
    return (
        msgspec.json.decode(row["content"], type=Content),
        msgspec.json.decode(row["key"], type=Key),
    )


def like(word: str) -> str:
    """The pattern of what has this word in it."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _filter(wanted: Filter) -> tuple[object, ...]:
    return (
        [like(word) for word in wanted.words],
        wanted.kind,
        wanted.skill,
        wanted.tag,
        wanted.level,
        wanted.language,
        wanted.state,
    )


async def page(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    wanted: Filter,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Listed]:
    """The items of a bank by title, after (title, id); `place` is (tenant, course)."""
    rows = await connection.fetch(
        f"SELECT {LISTED} FROM questions q WHERE {FILTERED}"
        " AND ($10::text IS NULL OR (q.title, q.question_id) > ($10, $11::uuid))"
        " ORDER BY q.title, q.question_id LIMIT $12",
        *place,
        *_filter(wanted),
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [listed_of(row) for row in rows]


async def whole_page(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    after: tuple[str, str] | None,
    limit: int,
) -> list[Question]:
    """The items of a bank by title with contents and keys, in whatever state; `place` and `after` as in `page`."""
    rows = await connection.fetch(
        f"SELECT {LISTED}, v.content, v.key FROM questions q"
        " JOIN question_versions v USING (tenant_id, question_id, version)"
        " WHERE q.tenant_id = $1 AND q.course_id = $2"
        " AND ($3::text IS NULL OR (q.title, q.question_id) > ($3, $4::uuid))"
        " ORDER BY q.title, q.question_id LIMIT $5",
        *place,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_question(row) for row in rows]


async def count(connection: asyncpg.Connection, tenant_id: str, course_id: str) -> int:
    """How many items a bank has, the retired ones too."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM questions WHERE tenant_id = $1 AND course_id = $2",
        tenant_id,
        course_id,
    )
    return found


async def words(
    connection: asyncpg.Connection, tenant_id: str, course_id: str
) -> dict[str, dict[str, int]]:
    """How many items have each skill, tag, level and language; the retired ones do not count."""
    rows = await connection.fetch(
        "SELECT word.field, word.value, count(*) AS items FROM questions q CROSS JOIN LATERAL ("
        " SELECT 'skills' AS field, unnest(q.skills) AS value"
        " UNION ALL SELECT 'tags', unnest(q.tags)"
        " UNION ALL SELECT 'levels', q.level::text"
        " UNION ALL SELECT 'languages', q.language) AS word"
        " WHERE q.tenant_id = $1 AND q.course_id = $2 AND q.state <> 'retired'"
        " GROUP BY word.field, word.value"
        " ORDER BY word.field, length(word.value) * (word.field = 'levels')::int, word.value",
        tenant_id,
        course_id,
    )
    found: dict[str, dict[str, int]] = {"skills": {}, "tags": {}, "levels": {}, "languages": {}}
    for row in rows:
        found[row["field"]][row["value"]] = row["items"]
    return found


async def content_of(
    connection: asyncpg.Connection, tenant_id: str, wanted: Collection[At]
) -> dict[At, Content]:
    """What learners see of these versions, for papers; keys are not even read."""
    rows = await connection.fetch(
        "SELECT v.question_id, v.version, v.content FROM question_versions v"
        " JOIN unnest($2::uuid[], $3::int[]) AS w (question_id, version)"
        " ON v.question_id = w.question_id AND v.version = w.version WHERE v.tenant_id = $1",
        tenant_id,
        [question_id for question_id, _ in wanted],
        [number for _, number in wanted],
    )
    return {
        (str(row["question_id"]), row["version"]): msgspec.json.decode(
            row["content"], type=Content
        )
        for row in rows
    }


async def skills_of(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str]
) -> dict[str, tuple[list[str], int]]:
    """What these items practise, and how hard they are, as they are labelled now."""
    rows = await connection.fetch(
        "SELECT question_id, skills, difficulty FROM questions"
        " WHERE tenant_id = $1 AND question_id = ANY ($2::uuid[])",
        tenant_id,
        list(question_ids),
    )
    return {str(row["question_id"]): (row["skills"], row["difficulty"]) for row in rows}


async def said_at(
    connection: asyncpg.Connection, tenant_id: str, wanted: Collection[At]
) -> dict[At, tuple[Kind, Content, Key]]:
    """What these versions say, with their keys, for checking answers."""
    rows = await connection.fetch(
        "SELECT v.question_id, v.version, v.kind, v.content, v.key FROM question_versions v"
        " JOIN unnest($2::uuid[], $3::int[]) AS w (question_id, version)"
        " ON v.question_id = w.question_id AND v.version = w.version WHERE v.tenant_id = $1",
        tenant_id,
        [question_id for question_id, _ in wanted],
        [number for _, number in wanted],
    )
    return {
        (str(row["question_id"]), row["version"]): (
            row["kind"],
            msgspec.json.decode(row["content"], type=Content),
            msgspec.json.decode(row["key"], type=Key),
        )
        for row in rows
    }
