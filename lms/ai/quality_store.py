"""SQL of item_quality, and of the answers that it is made of, wherever an item was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.quality import Figures, Use
from lms.attempts.model import Value
from lms.attempts.papers import value_by_ids
from lms.questions.model import Kind, State

# Of an item that is answered without end the latest tell enough.
LATEST = 1_000
# It is measured again when there are so many answers more: some, and a part of those there were.
MORE_ANSWERS = 10
MORE_PARTS = 10

_ANSWERED = (
    "(SELECT count(*) FROM responses r WHERE r.tenant_id = q.tenant_id AND r.question_id = q.question_id"
    " AND r.version = q.version AND r.source <> 'exam')"
    " + (SELECT count(*) FROM item_outcomes o WHERE o.tenant_id = q.tenant_id AND o.question_id = q.question_id"
    " AND o.version = q.version)"
)
USED = """
SELECT question_id FROM (
    SELECT r.question_id FROM responses r WHERE r.tenant_id = $1 AND r.at >= $2
    UNION
    SELECT o.question_id FROM exam_standings s JOIN item_outcomes o ON o.tenant_id = $1 AND o.attempt_id = s.attempt_id
        WHERE s.tenant_id = $1 AND s.graded_at >= $2
) AS used WHERE $3::uuid IS NULL OR question_id > $3 ORDER BY question_id LIMIT $4
"""
# Answers in practice, in quizzes and in the test that places learners; strength is what the skill model takes the learner for.
_PRACTISED = """
SELECT r.share_milli / 1000.0::float8 AS share, (s.state ->> 'slow')::float8 AS strength, r.source,
    CASE r.source
        WHEN 'practice' THEN (SELECT a.value FROM practice_answers a WHERE a.tenant_id = $1 AND a.practice_id = r.source_id
            AND a.item_id = r.item_id ORDER BY a.seq LIMIT 1)
        WHEN 'quiz' THEN (SELECT a.value FROM quiz_answers a WHERE a.tenant_id = $1 AND a.quiz_id = r.source_id
            AND a.user_id = r.user_id ORDER BY a.seq DESC LIMIT 1)
    END AS value
FROM responses r LEFT JOIN learner_skills s
    ON s.tenant_id = r.tenant_id AND s.course_id = r.course_id AND s.user_id = r.user_id AND s.skill = ''
WHERE r.tenant_id = $1 AND r.question_id = $2 AND r.version = $3 AND r.source <> 'exam'
ORDER BY r.at DESC LIMIT $4
"""
# Answers in exams; strength is the part of the points that the rest of the attempt earned.
_EXAMINED = """
SELECT o.earned_milli::float8 / o.possible_milli AS share,
    (o.attempt_earned_milli - o.earned_milli)::float8 / nullif(o.attempt_possible_milli - o.possible_milli, 0) AS strength,
    (SELECT a.value FROM answers a WHERE a.tenant_id = $1 AND a.attempt_id = o.attempt_id AND a.item_id = o.item_id
        ORDER BY a.opening DESC, a.seq DESC LIMIT 1) AS value,
    (SELECT pin -> 'names' FROM attempt_papers p, jsonb_array_elements(p.pins) AS pin
        WHERE p.tenant_id = $1 AND p.attempt_id = o.attempt_id AND pin ->> 'item_id' = o.item_id::text) AS names
FROM item_outcomes o
WHERE o.tenant_id = $1 AND o.question_id = $2 AND o.version = $3 AND o.possible_milli > 0
ORDER BY o.attempt_id DESC LIMIT $4
"""

_value: msgspec.json.Decoder[Value] = msgspec.json.Decoder(Value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An item that was answered since it was measured; `held_after` so many answers its figures took it out of use before."""

    question_id: str
    version: int
    answered: int
    held_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An item of a bank with its figures, as a list has it."""

    question_id: str
    version: int
    title: str
    kind: Kind
    state: State
    answered: int
    mean_share: float
    point_biserial: float | None
    dead_options: tuple[str, ...]
    faults: tuple[str, ...]
    generated: bool


async def scanned(
    connection: asyncpg.Connection, tenant_id: str
) -> tuple[datetime, datetime] | None:
    """Up to when the use of items was measured, and when all items were looked at; None for a school that is new to it."""
    row = await connection.fetchrow(
        "SELECT until, whole_at FROM item_scans WHERE tenant_id = $1", tenant_id
    )
    return None if row is None else (row["until"], row["whole_at"])


async def note_scanned(
    connection: asyncpg.Connection, tenant_id: str, until: datetime, *, whole: bool
) -> None:
    """Up to there it is done."""
    await connection.execute(
        "INSERT INTO item_scans AS s (tenant_id, until, whole_at) VALUES ($1, $2, $2) ON CONFLICT (tenant_id) DO UPDATE"
        " SET until = EXCLUDED.until, whole_at = CASE WHEN $3 THEN EXCLUDED.whole_at ELSE s.whole_at END",
        tenant_id,
        until,
        whole,
    )


async def used(
    connection: asyncpg.Connection, place: tuple[str, datetime], after: str | None, most: int
) -> list[str]:
    """Items that were answered, or graded in an exam, since; by id. `place` is (tenant, since)."""
    rows = await connection.fetch(USED, *place, after, most)
    return [str(row["question_id"]) for row in rows]


async def every(
    connection: asyncpg.Connection, tenant_id: str, after: str | None, most: int
) -> list[str]:
    """All items of a school, by id."""
    rows = await connection.fetch(
        "SELECT question_id FROM questions WHERE tenant_id = $1 AND ($2::uuid IS NULL OR question_id > $2)"
        " ORDER BY question_id LIMIT $3",
        tenant_id,
        after,
        most,
    )
    return [str(row["question_id"]) for row in rows]


async def due(
    connection: asyncpg.Connection, tenant_id: str, ids: Sequence[str], fewest: int
) -> list[Due]:
    """Those of these items that have so many answers, and enough of them since they were measured."""
    rows = await connection.fetch(
        f"SELECT q.question_id, q.version, {_ANSWERED} AS answered, i.answered AS before, i.held_after"
        " FROM questions q LEFT JOIN item_quality i"
        " ON i.tenant_id = q.tenant_id AND i.question_id = q.question_id AND i.version = q.version"
        " WHERE q.tenant_id = $1 AND q.question_id = ANY($2::uuid[]) ORDER BY q.question_id",
        tenant_id,
        ids,
    )
    return [
        Due(
            question_id=str(row["question_id"]),
            version=row["version"],
            answered=row["answered"],
            held_after=row["held_after"],
        )
        for row in rows
        if row["answered"] >= fewest and _is_more(row["answered"], row["before"])
    ]


def _is_more(answered: int, before: int | None) -> bool:
    return before is None or answered >= before + max(MORE_ANSWERS, before // MORE_PARTS)


async def practised(
    connection: asyncpg.Connection,
    place: tuple[str, str, int],
    names: dict[str, str],
) -> list[Use]:
    """The latest answers of (tenant, question, version) outside of exams; `names` are those that practice shows options under."""
    rows = await connection.fetch(_PRACTISED, *place, LATEST)
    return [_use(row, names if row["source"] == "practice" else {}) for row in rows]


async def examined(connection: asyncpg.Connection, place: tuple[str, str, int]) -> list[Use]:
    """The latest answers of (tenant, question, version) in exams that are graded."""
    rows = await connection.fetch(_EXAMINED, *place, LATEST)
    return [_use(row, msgspec.json.decode(row["names"] or "{}")) for row in rows]


def _use(row: asyncpg.Record, names: dict[str, str]) -> Use:
    return Use(
        share=float(row["share"]),
        strength=None if row["strength"] is None else float(row["strength"]),
        chosen=None if row["value"] is None else _chosen(row["value"], names),
    )


def _chosen(value: str, names: dict[str, str]) -> frozenset[str] | None:
    """What options an answer names, by their ids; None for one that names none."""
    by_ids = value_by_ids(_value.decode(value), names)
    if isinstance(by_ids, str):
        return frozenset({by_ids})
    return frozenset(by_ids) if isinstance(by_ids, list) else None


async def put(
    connection: asyncpg.Connection,
    place: tuple[str, str, int],
    course_id: str,
    found: Figures,
    now: datetime,
) -> None:
    """Keep the figures of (tenant, question, version)."""
    await connection.execute(
        "INSERT INTO item_quality (tenant_id, question_id, version, course_id, answered, mean_share, point_biserial,"
        " dead_options, faults, difficulty, measured_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (tenant_id, question_id, version) DO UPDATE SET answered = EXCLUDED.answered,"
        " mean_share = EXCLUDED.mean_share, point_biserial = EXCLUDED.point_biserial, dead_options = EXCLUDED.dead_options,"
        " faults = EXCLUDED.faults, difficulty = EXCLUDED.difficulty, measured_at = EXCLUDED.measured_at",
        *place,
        course_id,
        found.answered,
        found.mean_share,
        found.point_biserial,
        list(found.dead_options),
        list(found.faults),
        found.difficulty,
        now,
    )


async def mark_held(
    connection: asyncpg.Connection, place: tuple[str, str, int], answered: int
) -> None:
    """(tenant, question, version) was taken out of use after so many answers."""
    await connection.execute(
        "UPDATE item_quality SET held_after = $4 WHERE tenant_id = $1 AND question_id = $2 AND version = $3",
        *place,
        answered,
    )


async def page(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    fault: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Line]:
    """The measured items of (tenant, course) at their latest version by title, after (title, id); with any fault, or with this one."""
    rows = await connection.fetch(
        "SELECT q.question_id, q.version, q.title, q.kind, q.state, i.answered, i.mean_share, i.point_biserial, i.dead_options,"
        " i.faults, EXISTS (SELECT FROM provenance_cards p WHERE p.tenant_id = q.tenant_id AND p.question_id = q.question_id) AS generated"
        " FROM item_quality i JOIN questions q ON q.tenant_id = i.tenant_id AND q.question_id = i.question_id AND q.version = i.version"
        " WHERE i.tenant_id = $1 AND i.course_id = $2 AND ($3::text IS NULL OR i.faults @> ARRAY[$3] OR ($3 = 'any' AND i.faults <> '{}'))"
        " AND ($4::text IS NULL OR (q.title, q.question_id) > ($4, $5::uuid)) ORDER BY q.title, q.question_id LIMIT $6",
        *place,
        fault,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_line(row) for row in rows]


def _line(row: asyncpg.Record) -> Line:
    return Line(
        question_id=str(row["question_id"]),
        version=row["version"],
        title=row["title"],
        kind=row["kind"],
        state=row["state"],
        answered=row["answered"],
        mean_share=row["mean_share"],
        point_biserial=row["point_biserial"],
        dead_options=_texts(row["dead_options"]),
        faults=_texts(row["faults"]),
        generated=row["generated"],
    )


def _texts(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(found)
