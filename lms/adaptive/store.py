"""SQL of what the next lesson follows from: skills, responses and exposures; and of who waits for one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg
import msgspec

from lms.adaptive.model import Ask, Met, SkillState

_state = msgspec.json.Decoder(SkillState)

# What is looked back at, of each learner: enough for weeks of practice, and never more than this.
RECENT_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A learner whose next items are to be chosen, at once or not; `asks` tells whether somebody has asked again since."""

    user_id: str
    asks: int
    asked_at: datetime
    urgent: bool


# --- What is known of learners -------------------------------------------------------------------


async def skills_of(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, user_ids: Collection[str]
) -> dict[str, dict[str, SkillState]]:
    """The skills of these learners in a course, by learner and skill."""
    rows = await connection.fetch(
        "SELECT user_id, skill, state FROM learner_skills"
        " WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])",
        tenant_id,
        course_id,
        list(user_ids),
    )
    found: dict[str, dict[str, SkillState]] = {user_id: {} for user_id in user_ids}
    for row in rows:
        found[str(row["user_id"])][row["skill"]] = _state.decode(row["state"])
    return found


async def met_by(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    user_ids: Collection[str],
    since: datetime,
    most: int = RECENT_MAX,
) -> dict[str, list[Met]]:
    """What each of these learners answered since, the newest first; `place` is (tenant, course)."""
    rows = await connection.fetch(
        "SELECT u.user_id, r.* FROM unnest($3::uuid[]) AS u (user_id) CROSS JOIN LATERAL ("
        " SELECT question_id, skills, source, share_milli, at FROM responses AS r"
        " WHERE r.tenant_id = $1 AND r.user_id = u.user_id AND r.course_id = $2 AND r.at > $4"
        " ORDER BY r.at DESC, r.source_id DESC, r.item_id DESC LIMIT $5) AS r",
        *place,
        list(user_ids),
        since,
        most,
    )
    found: dict[str, list[Met]] = {user_id: [] for user_id in user_ids}
    for row in rows:
        found[str(row["user_id"])].append(
            Met(
                question_id=str(row["question_id"]),
                skills=tuple(row["skills"]),
                source=row["source"],
                share_milli=row["share_milli"],
                at=row["at"],
            )
        )
    return found


# --- Exposure ------------------------------------------------------------------------------------


async def exposures(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, since: date
) -> dict[str, int]:
    """How often each item of a course was given out in the weeks since."""
    rows = await connection.fetch(
        "SELECT question_id, sum(given)::int AS given FROM item_exposures"
        " WHERE tenant_id = $1 AND course_id = $2 AND week >= $3 GROUP BY question_id",
        tenant_id,
        course_id,
        since,
    )
    return {str(row["question_id"]): row["given"] for row in rows}


async def expose(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    week: date,
    given: Mapping[str, int],
) -> None:
    """Count items that were given out, or, below zero, taken back; `place` is (tenant, course)."""
    ids = sorted(given)
    await connection.execute(
        "INSERT INTO item_exposures AS e (tenant_id, course_id, week, question_id, given)"
        " SELECT $1, $2, $3, i.* FROM unnest($4::uuid[], $5::int[]) AS i"
        " ON CONFLICT (tenant_id, course_id, week, question_id) DO UPDATE SET given = greatest(e.given + excluded.given, 0)",
        *place,
        week,
        ids,
        [given[one] for one in ids],
    )


async def forget_exposures(
    connection: asyncpg.Connection, place: tuple[str, str], before: date
) -> None:
    """Remove the counts of weeks before; `place` is (tenant, course)."""
    await connection.execute(
        "DELETE FROM item_exposures WHERE tenant_id = $1 AND course_id = $2 AND week < $3",
        *(*place, before),
    )


# --- Who waits -----------------------------------------------------------------------------------


async def ask(connection: asyncpg.Connection, tenant_id: str, asks: Sequence[Ask]) -> None:
    """Have the next items of these learners chosen; one ask of a learner and course, in the order of their ids."""
    ordered = sorted(asks, key=lambda one: (one.course_id, one.user_id))
    await connection.execute(
        "INSERT INTO refills AS r (tenant_id, course_id, user_id, urgent, asked_at)"
        " SELECT $1, a.* FROM unnest($2::uuid[], $3::uuid[], $4::bool[], $5::timestamptz[]) AS a"
        " ON CONFLICT (tenant_id, course_id, user_id) DO UPDATE SET urgent = r.urgent OR excluded.urgent,"
        " asked_at = CASE WHEN excluded.urgent AND NOT r.urgent THEN excluded.asked_at"
        " ELSE least(r.asked_at, excluded.asked_at) END, asks = r.asks + 1",
        tenant_id,
        [one.course_id for one in ordered],
        [one.user_id for one in ordered],
        [one.urgent for one in ordered],
        [one.at for one in ordered],
    )


async def ask_refill(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    user_id: str,
    *,
    urgent: bool,
    now: datetime,
) -> None:
    """Have the next items of one learner chosen."""
    one = Ask(course_id=course_id, user_id=user_id, urgent=urgent, at=now)
    await ask(connection, tenant_id, [one])


async def ask_for_class(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, at: datetime
) -> None:
    """Have the next items of everybody who learns in this course chosen, when there is time."""
    rows = await connection.fetch(
        "SELECT user_id FROM enrolments WHERE tenant_id = $1 AND course_id = $2 AND role = 'student'",
        tenant_id,
        course_id,
    )
    await ask(
        connection,
        tenant_id,
        [
            Ask(course_id=course_id, user_id=str(row["user_id"]), urgent=False, at=at)
            for row in rows
        ],
    )


async def to_do(
    connection: asyncpg.Connection, now: datetime, most: int
) -> list[tuple[str, str, str, bool]]:
    """Who waits in any school, the urgent first, then the oldest: (tenant, course, user, urgent)."""
    rows = await connection.fetch(
        "SELECT tenant_id, course_id, user_id, urgent FROM refills_to_do($1, $2)", now, most
    )
    return [
        (str(row["tenant_id"]), str(row["course_id"]), str(row["user_id"]), row["urgent"])
        for row in rows
    ]


async def hold(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    user_ids: Collection[str],
    now: datetime,
    until: datetime,
) -> list[Waiting]:
    """Those of these learners for whom nobody chooses yet, held for us; `place` is (tenant, course)."""
    ids = [
        row["user_id"]
        for row in await connection.fetch(
            "SELECT user_id FROM refills WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])"
            " AND (held_until IS NULL OR held_until <= $4) ORDER BY user_id FOR UPDATE SKIP LOCKED",
            *(*place, list(user_ids), now),
        )
    ]
    rows = await connection.fetch(
        "UPDATE refills SET held_until = $4 WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])"
        " RETURNING user_id, asks, asked_at, urgent",
        *(*place, ids, until),
    )
    return [
        Waiting(
            user_id=str(row["user_id"]),
            asks=row["asks"],
            asked_at=row["asked_at"],
            urgent=row["urgent"],
        )
        for row in rows
    ]


async def done(
    connection: asyncpg.Connection, place: tuple[str, str], held: Sequence[Waiting]
) -> None:
    """These have their lessons; who has asked again since waits on."""
    ids = [one.user_id for one in held]
    # In the order in which they are asked for: two that lock them crosswise would wait for each other.
    await connection.execute(
        "SELECT FROM refills WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])"
        " ORDER BY user_id FOR UPDATE",
        *(*place, ids),
    )
    await connection.execute(
        "DELETE FROM refills AS r USING unnest($3::uuid[], $4::bigint[]) AS h (user_id, asks)"
        " WHERE r.tenant_id = $1 AND r.course_id = $2 AND r.user_id = h.user_id AND r.asks = h.asks",
        *(*place, ids, [one.asks for one in held]),
    )
    await give_back(connection, place, ids)


async def give_back(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    user_ids: Collection[str],
    until: datetime | None = None,
) -> None:
    """Hold these no longer: anybody may choose for them, at once or from `until` on."""
    await connection.execute(
        "UPDATE refills SET held_until = $4 WHERE tenant_id = $1 AND course_id = $2 AND user_id = ANY ($3::uuid[])",
        *(*place, list(user_ids), until),
    )
