"""SQL of the skills of learners: responses, how far they are folded, the states that follow, and what waits for a release."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

import asyncpg
import msgspec

from lms.adaptive.model import Response, SkillState
from lms.events import ItemOutcome
from lms.projections.skills import (
    WHOLE_SHARE,
    Changes,
    Learner,
    Line,
    Place,
    Standing,
    States,
)

BEFORE_ALL: Place = (
    datetime(1970, 1, 1, tzinfo=UTC),
    *("00000000-0000-0000-0000-000000000000",) * 2,
)
# A recall excludes the other writers of its school: a response that it does not see must see the recall.
RECALL_LOCK = 0x5C111

_items = msgspec.json.Decoder(tuple[ItemOutcome, ...])
_state = msgspec.json.Decoder(SkillState)
_LINE = "user_id, course_id, source_id, item_id, source, question_id, version, skills, difficulty, share_milli, at"


async def lock_school(connection: asyncpg.Connection, tenant_id: str, *, alone: bool) -> None:
    """To the end of the transaction: with the other writers of this school, or alone."""
    shared = "" if alone else "_shared"
    await connection.execute(
        f"SELECT pg_advisory_xact_lock{shared}($1, hashtext($2))", RECALL_LOCK, tenant_id
    )


# --- What waits for a release --------------------------------------------------------------------


async def standings(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Collection[str]
) -> dict[str, Standing]:
    """What is known of these attempts."""
    rows = await connection.fetch(
        "SELECT attempt_id, user_id, course_id, revision, released, graded_at, items FROM exam_standings"
        " WHERE tenant_id = $1 AND attempt_id = ANY ($2::uuid[])",
        tenant_id,
        sorted(attempt_ids),
    )
    return {
        str(row["attempt_id"]): Standing(
            user_id=str(row["user_id"]),
            course_id=str(row["course_id"]),
            revision=row["revision"],
            released=row["released"],
            graded_at=row["graded_at"],
            items=_items.decode(row["items"]),
        )
        for row in rows
    }


async def save_standings(
    connection: asyncpg.Connection, tenant_id: str, found: Mapping[str, Standing]
) -> None:
    """Write what is known of these attempts now."""
    ids = sorted(found)
    rows = [found[one] for one in ids]
    await connection.execute(
        "INSERT INTO exam_standings (tenant_id, attempt_id, user_id, course_id, revision, released, graded_at, items)"
        " SELECT $1, s.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::bool[], $7::timestamptz[], $8::jsonb[])"
        " AS s ON CONFLICT (tenant_id, attempt_id) DO UPDATE SET (revision, released, graded_at, items)"
        " = (excluded.revision, excluded.released, excluded.graded_at, excluded.items)",
        tenant_id,
        ids,
        [one.user_id for one in rows],
        [one.course_id for one in rows],
        [one.revision for one in rows],
        [one.released for one in rows],
        [one.graded_at for one in rows],
        [msgspec.json.encode(one.items).decode() for one in rows],
    )


# --- Recalled items ------------------------------------------------------------------------------


async def recall(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str]
) -> set[Learner]:
    """Take the responses to these items away, for good; whose they were."""
    ids = sorted(question_ids)
    await connection.execute(
        "INSERT INTO recalled_items (tenant_id, question_id) SELECT $1, q FROM unnest($2::uuid[]) AS q"
        " ON CONFLICT DO NOTHING",
        tenant_id,
        ids,
    )
    rows = await connection.fetch(
        "DELETE FROM responses WHERE tenant_id = $1 AND question_id = ANY ($2::uuid[]) RETURNING user_id, course_id",
        tenant_id,
        ids,
    )
    return {(str(row["user_id"]), str(row["course_id"])) for row in rows}


async def recalled_among(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str]
) -> set[str]:
    """Those of these items that count for nobody."""
    rows = await connection.fetch(
        "SELECT question_id FROM recalled_items WHERE tenant_id = $1 AND question_id = ANY ($2::uuid[])",
        tenant_id,
        sorted(question_ids),
    )
    return {str(row["question_id"]) for row in rows}


# --- Responses -----------------------------------------------------------------------------------


async def hold_folds(
    connection: asyncpg.Connection, tenant_id: str, learners: Iterable[Learner]
) -> dict[Learner, Place]:
    """How far the responses of these learners are folded, locked in the order of their ids."""
    ids = sorted(learners)
    place = (tenant_id, [user for user, _ in ids], [course for _, course in ids])
    await connection.execute(
        "INSERT INTO skill_folds (tenant_id, user_id, course_id, at, source_id, item_id)"
        " SELECT $1, l.user_id, l.course_id, $4, $5, $6 FROM unnest($2::uuid[], $3::uuid[]) AS l (user_id, course_id)"
        " ON CONFLICT DO NOTHING",
        *(*place, *BEFORE_ALL),
    )
    rows = await connection.fetch(
        "SELECT user_id, course_id, at, source_id, item_id FROM skill_folds WHERE tenant_id = $1"
        " AND (user_id, course_id) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))"
        " ORDER BY user_id, course_id FOR UPDATE",
        *place,
    )
    return {
        (str(row["user_id"]), str(row["course_id"])): (
            row["at"],
            str(row["source_id"]),
            str(row["item_id"]),
        )
        for row in rows
    }


async def of_sources(
    connection: asyncpg.Connection, tenant_id: str, sources: Collection[tuple[str, str]]
) -> dict[tuple[str, str, str], Line]:
    """The responses of these (user, source)."""
    ids = sorted(sources)
    rows = await connection.fetch(
        f"SELECT {_LINE} FROM responses WHERE tenant_id = $1"
        " AND (user_id, source_id) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))",
        tenant_id,
        [user for user, _ in ids],
        [source for _, source in ids],
    )
    return {line.key: line for line in map(_line, rows)}


async def in_order(
    connection: asyncpg.Connection, tenant_id: str, learners: Collection[Learner]
) -> dict[Learner, list[Line]]:
    """Every response of these learners, in the order of the fold."""
    ids = sorted(learners)
    rows = await connection.fetch(
        f"SELECT {_LINE} FROM responses WHERE tenant_id = $1"
        " AND (user_id, course_id) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))"
        " ORDER BY user_id, course_id, at, source_id, item_id",
        tenant_id,
        [user for user, _ in ids],
        [course for _, course in ids],
    )
    found: dict[Learner, list[Line]] = {learner: [] for learner in learners}
    for learner, lines in groupby(map(_line, rows), key=lambda line: line.learner):
        found[learner] = list(lines)
    return found


async def write(connection: asyncpg.Connection, tenant_id: str, changes: Changes) -> None:
    """Make the rows what they are to be."""
    if changes.gone:
        await connection.execute(
            "DELETE FROM responses WHERE tenant_id = $1 AND (user_id, source_id, item_id) IN"
            " (SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]))",
            tenant_id,
            *_columns(changes.gone)[:3],
        )
    rows = changes.new + changes.changed
    if not rows:
        return
    await connection.execute(
        "INSERT INTO responses (tenant_id, user_id, source_id, item_id, course_id, source, question_id, version, skills,"
        " difficulty, share_milli, at) SELECT $1, user_id, source_id, item_id, course_id, source, question_id, version,"
        " ARRAY(SELECT jsonb_array_elements_text(skills)), difficulty, share_milli, at"
        " FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::int[], $9::jsonb[],"
        " $10::int[], $11::int[], $12::timestamptz[])"
        " AS r (user_id, source_id, item_id, course_id, source, question_id, version, skills, difficulty, share_milli, at)"
        " ON CONFLICT (tenant_id, user_id, source_id, item_id) DO UPDATE SET"
        " (question_id, version, skills, difficulty, share_milli, at) = (excluded.question_id, excluded.version,"
        " excluded.skills, excluded.difficulty, excluded.share_milli, excluded.at)",
        tenant_id,
        *_columns(rows),
    )


def _line(row: asyncpg.Record) -> Line:
    return Line(
        user_id=str(row["user_id"]),
        course_id=str(row["course_id"]),
        source_id=str(row["source_id"]),
        item_id=str(row["item_id"]),
        response=Response(
            skills=tuple(row["skills"]),
            difficulty=row["difficulty"],
            share=row["share_milli"] / WHOLE_SHARE,
            at=row["at"],
            source=row["source"],
            question_id=str(row["question_id"]),
            version=row["version"],
        ),
    )


def _columns(lines: Sequence[Line]) -> list[list[object]]:
    """In the order of the INSERT; arrays of arrays must be rectangles in PostgreSQL: the skills travel as JSON."""
    return [
        [one.user_id for one in lines],
        [one.source_id for one in lines],
        [one.item_id for one in lines],
        [one.course_id for one in lines],
        [one.response.source for one in lines],
        [one.response.question_id for one in lines],
        [one.response.version for one in lines],
        [msgspec.json.encode(one.response.skills).decode() for one in lines],
        [one.response.difficulty for one in lines],
        [round(one.response.share * WHOLE_SHARE) for one in lines],
        [one.response.at for one in lines],
    ]


# --- States --------------------------------------------------------------------------------------


async def states(
    connection: asyncpg.Connection, tenant_id: str, learners: Collection[Learner]
) -> dict[Learner, States]:
    """The skills of these learners as they stand."""
    ids = sorted(learners)
    rows = await connection.fetch(
        "SELECT user_id, course_id, skill, state FROM learner_skills WHERE tenant_id = $1"
        " AND (course_id, user_id) IN (SELECT * FROM unnest($3::uuid[], $2::uuid[]))",
        tenant_id,
        [user for user, _ in ids],
        [course for _, course in ids],
    )
    found: dict[Learner, States] = {learner: {} for learner in learners}
    for row in rows:
        learner = (str(row["user_id"]), str(row["course_id"]))
        found[learner][row["skill"]] = _state.decode(row["state"])
    return found


async def forget(
    connection: asyncpg.Connection, tenant_id: str, learners: Collection[Learner]
) -> None:
    """Remove the skills of these learners; see save."""
    ids = sorted(learners)
    await connection.execute(
        "DELETE FROM learner_skills WHERE tenant_id = $1"
        " AND (course_id, user_id) IN (SELECT * FROM unnest($3::uuid[], $2::uuid[]))",
        tenant_id,
        [user for user, _ in ids],
        [course for _, course in ids],
    )


async def save(
    connection: asyncpg.Connection, tenant_id: str, found: Mapping[Learner, States]
) -> None:
    """Write these states of these learners; skills that are not named stay as they are."""
    rows = [
        (user, course, name, state)
        for (user, course), some in sorted(found.items())
        for name, state in sorted(some.items())
    ]
    await connection.execute(
        "INSERT INTO learner_skills (tenant_id, user_id, course_id, skill, state)"
        " SELECT $1, s.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[]) AS s"
        " ON CONFLICT (tenant_id, course_id, user_id, skill) DO UPDATE SET state = excluded.state",
        tenant_id,
        [user for user, _, _, _ in rows],
        [course for _, course, _, _ in rows],
        [name for _, _, name, _ in rows],
        [msgspec.json.encode(state).decode() for *_, state in rows],
    )


async def move_folds(
    connection: asyncpg.Connection, tenant_id: str, last: Mapping[Learner, Place | None]
) -> None:
    """Write how far the responses are folded; None: there are none."""
    ids = sorted(last)
    places = [last[one] or BEFORE_ALL for one in ids]
    await connection.execute(
        "UPDATE skill_folds AS f SET (at, source_id, item_id) = (l.at, l.source_id, l.item_id)"
        " FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::uuid[])"
        " AS l (user_id, course_id, at, source_id, item_id)"
        " WHERE f.tenant_id = $1 AND f.user_id = l.user_id AND f.course_id = l.course_id",
        tenant_id,
        [user for user, _ in ids],
        [course for _, course in ids],
        *([place[column] for place in places] for column in range(3)),
    )
    await connection.execute(
        "DELETE FROM skill_folds WHERE tenant_id = $1"
        " AND (user_id, course_id) IN (SELECT * FROM unnest($2::uuid[], $3::uuid[]))",
        tenant_id,
        [user for (user, _), place in last.items() if place is None],
        [course for (_, course), place in last.items() if place is None],
    )


async def clear(connection: asyncpg.Connection, tenant_id: str) -> None:
    """Remove what is known of a school's learners."""
    for table in (
        "responses",
        "learner_skills",
        "skill_folds",
        "exam_standings",
        "recalled_items",
    ):
        await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1", tenant_id)
