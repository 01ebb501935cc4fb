"""SQL of quick quizzes."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from lms.attempts.model import Value
from lms.ids import ClassId, CourseId, QuestionId, QuizId, UserId
from lms.quizzes.model import Given, Posed, Quiz

_FIELDS = "quiz_id, class_id, course_id, question_id, version, shown, posed_at, revealed_at"
# The last answer of each learner, along the key.
_LAST = """
SELECT DISTINCT ON (user_id) user_id, seq, value, earned_milli, possible_milli FROM quiz_answers
WHERE tenant_id = $1 AND quiz_id = $2 AND ($3::uuid IS NULL OR user_id = $3)
ORDER BY user_id, seq DESC
"""


def _quiz(row: asyncpg.Record) -> Quiz:
    return Quiz(
        quiz_id=QuizId(str(row["quiz_id"])),
        class_id=ClassId(str(row["class_id"])),
        course_id=CourseId(str(row["course_id"])),
        question_id=QuestionId(str(row["question_id"])),
        version=row["version"],
        posed=msgspec.json.decode(row["shown"], type=Posed),
        posed_at=row["posed_at"],
        revealed_at=row["revealed_at"],
    )


def _given(row: asyncpg.Record) -> Given:
    return Given(
        user_id=UserId(str(row["user_id"])),
        seq=row["seq"],
        value=msgspec.json.decode(row["value"], type=Value),
        earned_milli=row["earned_milli"],
        possible_milli=row["possible_milli"],
    )


async def add(connection: asyncpg.Connection, tenant_id: str, quiz: Quiz, by: str) -> None:
    """Write a quiz down."""
    await connection.execute(
        f"INSERT INTO quizzes (tenant_id, posed_by, {_FIELDS})"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        tenant_id,
        by,
        quiz.quiz_id,
        quiz.class_id,
        quiz.course_id,
        quiz.question_id,
        quiz.version,
        msgspec.json.encode(quiz.posed).decode(),
        quiz.posed_at,
        quiz.revealed_at,
    )


async def get(
    connection: asyncpg.Connection, tenant_id: str, quiz_id: str, *, lock: str = ""
) -> Quiz | None:
    """One quiz; `lock` SHARE: it is not revealed before the end of the transaction, UPDATE: nor answered."""
    row = await connection.fetchrow(
        f"SELECT {_FIELDS} FROM quizzes WHERE tenant_id = $1 AND quiz_id = $2"
        + (f" FOR {lock}" if lock else ""),
        tenant_id,
        quiz_id,
    )
    return None if row is None else _quiz(row)


async def of_class(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    after: str | None,
    limit: int,
) -> list[Quiz]:
    """The quizzes of (tenant, class) in the order in which they were posed."""
    rows = await connection.fetch(
        f"SELECT {_FIELDS} FROM quizzes WHERE tenant_id = $1 AND class_id = $2"
        " AND ($3::uuid IS NULL OR quiz_id > $3) ORDER BY quiz_id LIMIT $4",
        *place,
        after,
        limit,
    )
    return [_quiz(row) for row in rows]


async def hidden(connection: asyncpg.Connection, tenant_id: str, class_id: str) -> list[Quiz]:
    """The quizzes of a class that are not revealed; nobody answers them before the end of the transaction."""
    rows = await connection.fetch(
        f"SELECT {_FIELDS} FROM quizzes WHERE tenant_id = $1 AND class_id = $2 AND revealed_at IS NULL"
        " ORDER BY quiz_id FOR UPDATE",
        tenant_id,
        class_id,
    )
    return [_quiz(row) for row in rows]


async def reveal(
    connection: asyncpg.Connection, tenant_id: str, quiz_id: str, now: datetime
) -> bool:
    """From now on the key may be seen, and nobody answers any more; False when it was so before."""
    shown = await connection.fetchval(
        "UPDATE quizzes SET revealed_at = $3"
        " WHERE tenant_id = $1 AND quiz_id = $2 AND revealed_at IS NULL RETURNING true",
        tenant_id,
        quiz_id,
        now,
    )
    return bool(shown)


async def last_answers(
    connection: asyncpg.Connection, tenant_id: str, quiz_id: str, user_id: str | None = None
) -> Sequence[Given]:
    """The last answer of each learner, or of this one."""
    return [_given(row) for row in await connection.fetch(_LAST, tenant_id, quiz_id, user_id)]


async def count_answers(connection: asyncpg.Connection, place: tuple[str, str, str]) -> int:
    """How often a learner has answered; `place` is (tenant, quiz, learner)."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM quiz_answers WHERE tenant_id = $1 AND quiz_id = $2 AND user_id = $3",
        *place,
    )
    return found


async def asked_in_exam(
    connection: asyncpg.Connection, tenant_id: str, quiz: Quiz, user_id: str
) -> bool:
    """Whether an exam of this person's asks the same question, and its scores are not out."""
    found: bool = await connection.fetchval(
        "SELECT asked_in_exam($1, $2, $3)", tenant_id, user_id, quiz.question_id
    )
    return found


async def add_answer(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    given: Given,
    scorer: int,
    arrived_at: datetime,
) -> bool:
    """Store an answer to (tenant, quiz); False when one of this seq is there."""
    stored = await connection.fetchval(
        "INSERT INTO quiz_answers"
        " (tenant_id, quiz_id, user_id, seq, value, earned_milli, possible_milli, scorer, arrived_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING true",
        *place,
        given.user_id,
        given.seq,
        msgspec.json.encode(given.value, order="sorted").decode(),
        given.earned_milli,
        given.possible_milli,
        scorer,
        arrived_at,
    )
    return bool(stored)
