"""SQL of the dashboard: sums over what was made, decided and used since; `place` is (tenant, the least id of that time)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.ai.model import GateName

REVIEWERS_MAX = 200
WAITING_MAX = 100_000

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What jobs came to, and what they cost."""

    jobs: int
    drafts: int
    passed: int
    tokens: int
    cost_micros: int
    dropped_by: Mapping[GateName | str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What was decided; `seeded` counts looks at bad items that were mixed in, `missed` those that let them pass."""

    accepted: int
    rejected: int
    edited: int
    seeded: int
    missed: int
    rejected_for: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escapes:
    """Items that came into the bank, and those of them that turned out to be bad."""

    ingested: int
    bad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """How one person reviews."""

    user_id: str
    name: str
    decisions: int
    seeded: int
    missed: int
    median_ms: int


async def made(connection: asyncpg.Connection, place: Place) -> Made:
    """Of the jobs that were asked for since."""
    row = await connection.fetchrow(
        "SELECT count(*) AS jobs, coalesce(sum(made), 0)::bigint AS drafts, coalesce(sum(passed), 0)::bigint AS passed,"
        " coalesce(sum(tokens_in + tokens_out), 0)::bigint AS tokens, coalesce(sum(cost_micros), 0)::bigint AS cost_micros"
        " FROM generation_jobs WHERE tenant_id = $1 AND job_id >= $2",
        *place,
    )
    assert row is not None, "an aggregate has a row"
    gates = await connection.fetch(
        "SELECT d.key AS gate, sum(d.value::integer)::bigint AS drafts FROM generation_jobs j,"
        " jsonb_each_text(j.dropped_by) AS d WHERE j.tenant_id = $1 AND j.job_id >= $2 GROUP BY 1 ORDER BY 1",
        *place,
    )
    return Made(
        jobs=row["jobs"],
        drafts=row["drafts"],
        passed=row["passed"],
        tokens=row["tokens"],
        cost_micros=row["cost_micros"],
        dropped_by={one["gate"]: one["drafts"] for one in gates},
    )


async def reviewed(connection: asyncpg.Connection, place: Place, since: datetime) -> Reviewed:
    """Of the items that were decided since, and of the looks at bad ones."""
    items = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE state IN ('accepted', 'ingested', 'recalled')) AS accepted,"
        " count(*) FILTER (WHERE state = 'rejected') AS rejected,"
        " count(*) FILTER (WHERE state IN ('accepted', 'ingested', 'recalled') AND item_version > 1) AS edited"
        " FROM questions_staging WHERE tenant_id = $1 AND decided_at >= $2 AND origin = 'generated'",
        place[0],
        since,
    )
    seeds = await connection.fetchrow(
        "SELECT count(*) AS seeded, count(*) FILTER (WHERE d.decision = 'accept') AS missed FROM review_decisions d"
        " JOIN questions_staging s ON s.tenant_id = $1 AND s.candidate_id = d.candidate_id AND s.origin = 'seeded'"
        " WHERE d.tenant_id = $1 AND d.decision_id >= $2",
        *place,
    )
    assert items is not None, "an aggregate has a row"
    assert seeds is not None, "an aggregate has a row"
    return Reviewed(
        accepted=items["accepted"],
        rejected=items["rejected"],
        edited=items["edited"],
        seeded=seeds["seeded"],
        missed=seeds["missed"],
        rejected_for=await _rejected_for(connection, place),
    )


async def _rejected_for(connection: asyncpg.Connection, place: Place) -> dict[str, int]:
    """Bad ones on purpose say nothing of the factory."""
    rows = await connection.fetch(
        "SELECT r.reason, count(*) AS decisions FROM review_decisions d"
        " JOIN questions_staging s ON s.tenant_id = $1 AND s.candidate_id = d.candidate_id AND s.origin = 'generated',"
        " unnest(d.reasons) AS r (reason) WHERE d.tenant_id = $1 AND d.decision_id >= $2 AND d.decision = 'reject'"
        " GROUP BY 1 ORDER BY 2 DESC, 1",
        *place,
    )
    return {row["reason"]: row["decisions"] for row in rows}


async def pairs(connection: asyncpg.Connection, place: Place) -> dict[tuple[bool, bool], int]:
    """Of the sample, (the first let it pass, the second did) to how many items."""
    rows = await connection.fetch(
        "SELECT one.decision <> 'reject' AS first, two.decision <> 'reject' AS second, count(*) AS items"
        " FROM review_decisions two JOIN questions_staging s ON s.tenant_id = $1 AND s.candidate_id = two.candidate_id AND s.sampled"
        " JOIN review_decisions one ON one.tenant_id = $1 AND one.candidate_id = two.candidate_id AND one.round = 1"
        " WHERE two.tenant_id = $1 AND two.decision_id >= $2 AND two.round = 2 GROUP BY 1, 2",
        *place,
    )
    return {(row["first"], row["second"]): row["items"] for row in rows}


async def escapes(connection: asyncpg.Connection, place: Place) -> Escapes:
    """Of the items that came into the bank since: those held, recalled, or turned down or mended when they came back from use."""
    row = await connection.fetchrow(
        "SELECT count(*) AS ingested, count(*) FILTER (WHERE q.state IN ('held', 'recalled') OR EXISTS (SELECT FROM questions_staging s"
        " WHERE s.tenant_id = $1 AND s.question_id = c.question_id AND s.origin = 'reported'"
        " AND (s.state = 'rejected' OR s.state = 'accepted' AND s.item_version > 1))) AS bad"
        " FROM provenance_cards c JOIN questions q ON q.tenant_id = $1 AND q.question_id = c.question_id"
        " WHERE c.tenant_id = $1 AND c.question_id >= $2",
        *place,
    )
    assert row is not None, "an aggregate has a row"
    return Escapes(ingested=row["ingested"], bad=row["bad"])


async def waiting(connection: asyncpg.Connection, tenant_id: str) -> int:
    """How many items are in the queue, whoever may review them."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM questions_staging WHERE tenant_id = $1"
        " AND state IN ('queued', 'second') AND behind IS NULL LIMIT $2) AS found",
        tenant_id,
        WAITING_MAX,
    )
    return count


async def reviewers(connection: asyncpg.Connection, place: Place) -> list[Reviewer]:
    """Who decided since, and how well."""
    rows = await connection.fetch(
        "SELECT d.reviewer_id, coalesce(u.name, '') AS name, count(*) AS decisions,"
        " count(*) FILTER (WHERE s.origin = 'seeded') AS seeded,"
        " count(*) FILTER (WHERE s.origin = 'seeded' AND d.decision = 'accept') AS missed,"
        " percentile_disc(0.5) WITHIN GROUP (ORDER BY d.took_ms) AS median_ms FROM review_decisions d"
        " JOIN questions_staging s ON s.tenant_id = $1 AND s.candidate_id = d.candidate_id"
        " LEFT JOIN users u ON u.tenant_id = $1 AND u.user_id = d.reviewer_id"
        " WHERE d.tenant_id = $1 AND d.decision_id >= $2 GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT $3",
        *place,
        REVIEWERS_MAX,
    )
    return [
        Reviewer(
            user_id=str(row["reviewer_id"]),
            name=row["name"],
            decisions=row["decisions"],
            seeded=row["seeded"],
            missed=row["missed"],
            median_ms=row["median_ms"],
        )
        for row in rows
    ]
