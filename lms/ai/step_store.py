"""SQL of the steps of a job, and of the answers that are kept so that nothing is asked and paid twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import msgspec

from lms.ai.asks import Tried
from lms.ai.budget_store import Lost, Place
from lms.ids import least_of

# Beside the outcomes of a call: `kept` was served from what was answered before, `lost` was under way when its worker died.
KEPT, LOST = "kept", "lost"
# The step that ends a slot: whether its draft passed the gates or which one turned it down.
GATES = "gates"
USED_EVERY = timedelta(days=1)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was given, and by whom."""

    text: str
    tier: str
    provider: str
    model: str
    tokens: int
    cost_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What a step was asked: its prompt's version, and the digest of all of it."""

    version: str
    digest: bytes


async def kept(
    connection: asyncpg.Connection, tenant_id: str, digest: bytes, now: datetime
) -> Kept | None:
    """What was answered to exactly this; that it is still asked for is written down once a day."""
    row = await connection.fetchrow(
        "SELECT answer, used_at FROM model_answers WHERE tenant_id = $1 AND digest = $2",
        tenant_id,
        digest,
    )
    if row is None:
        return None
    if row["used_at"] < now - USED_EVERY:
        await connection.execute(
            "UPDATE model_answers SET used_at = $3 WHERE tenant_id = $1 AND digest = $2",
            tenant_id,
            digest,
            now,
        )
    return msgspec.json.decode(row["answer"], type=Kept)


async def keep(
    connection: asyncpg.Connection, tenant_id: str, digest: bytes, answer: Kept, now: datetime
) -> None:
    """Keep an answer; the first one stays."""
    await connection.execute(
        "INSERT INTO model_answers (tenant_id, digest, answer, created_at, used_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING",
        tenant_id,
        digest,
        msgspec.json.encode(answer).decode(),
        now,
    )


async def trace(
    connection: asyncpg.Connection,
    place: Place,
    traced: Traced,
    tries: Sequence[Tried],
    now: datetime,
) -> None:
    """Write the calls of a step down, after those that it took before."""
    await connection.execute(
        "INSERT INTO generation_steps (tenant_id, job_id, slot, step, try, prompt_version, digest, at, provider, model,"
        " outcome, tokens_in, tokens_out, cost_micros, took_ms)"
        " SELECT $1, $2, $3, $4, number + (SELECT coalesce(max(try), 0) FROM generation_steps"
        " WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4), $5, $6, $7,"
        " provider, model, outcome, tokens_in, tokens_out, cost_micros, took_ms"
        " FROM unnest($8::text[], $9::text[], $10::text[], $11::int[], $12::int[], $13::bigint[], $14::int[])"
        " WITH ORDINALITY AS t (provider, model, outcome, tokens_in, tokens_out, cost_micros, took_ms, number)",
        *place.row,
        traced.version,
        traced.digest,
        now,
        [one.provider for one in tries],
        [one.model for one in tries],
        [one.outcome for one in tries],
        [one.tokens_in for one in tries],
        [one.tokens_out for one in tries],
        [one.cost_micros for one in tries],
        [one.took_ms for one in tries],
    )


async def note(
    connection: asyncpg.Connection, place: Place, traced: Traced, outcome: str, now: datetime
) -> bool:
    """Write a step down that was no call, once; False when anything of it was written before."""
    added = await connection.fetchval(
        "INSERT INTO generation_steps (tenant_id, job_id, slot, step, try, prompt_version, provider, model, outcome, digest, at)"
        " SELECT $1, $2, $3, $4, 1, $5, '', '', $6, $7, $8 WHERE NOT EXISTS (SELECT FROM generation_steps"
        " WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4) ON CONFLICT DO NOTHING RETURNING true",
        *place.row,
        traced.version,
        outcome,
        traced.digest,
        now,
    )
    return bool(added)


async def note_lost(
    connection: asyncpg.Connection, place: tuple[str, str], lost: Sequence[Lost], now: datetime
) -> None:
    """Write down the calls in which a worker of this job died, with what they may have cost at most; `place` is (tenant, job)."""
    for one in lost:
        await connection.execute(
            "INSERT INTO generation_steps (tenant_id, job_id, slot, step, try, prompt_version, provider, model, outcome,"
            " digest, tokens_in, at) SELECT $1, $2, $3, $4, coalesce(max(try), 0) + 1, '', '', '', $5, '', $6, $7"
            " FROM generation_steps WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4",
            *place,
            one.slot,
            one.step,
            LOST,
            one.tokens,
            now,
        )


async def ended_slots(
    connection: asyncpg.Connection, tenant_id: str, job_id: str
) -> dict[int, str]:
    """The slots whose item was staged or dropped, each with its outcome."""
    rows = await connection.fetch(
        "SELECT slot, outcome FROM generation_steps WHERE tenant_id = $1 AND job_id = $2 AND step = $3",
        tenant_id,
        job_id,
        GATES,
    )
    return {row["slot"]: row["outcome"] for row in rows}


# --- In time they go -----------------------------------------------------------------------------


async def forget_steps(
    connection: asyncpg.Connection, tenant_id: str, before: datetime, most: int
) -> int:
    """Remove steps of jobs that were asked for before and are over, the oldest first; how many went."""
    done: str = await connection.execute(
        "DELETE FROM generation_steps WHERE tenant_id = $1 AND (job_id, slot, step, try) IN"
        " (SELECT s.job_id, s.slot, s.step, s.try FROM generation_steps s JOIN generation_jobs j ON j.tenant_id = $1"
        " AND j.job_id = s.job_id AND j.state NOT IN ('queued', 'running')"
        " WHERE s.tenant_id = $1 AND s.job_id < $2 ORDER BY s.job_id LIMIT $3)",
        tenant_id,
        least_of(int(before.timestamp() * 1000)),
        most,
    )
    return int(done.rpartition(" ")[2])


async def forget_answers(
    connection: asyncpg.Connection, tenant_id: str, before: datetime, most: int
) -> int:
    """Remove answers that nobody has asked for since, the oldest first; how many went."""
    done: str = await connection.execute(
        "DELETE FROM model_answers WHERE tenant_id = $1 AND digest IN (SELECT digest FROM model_answers"
        " WHERE tenant_id = $1 AND used_at < $2 ORDER BY used_at LIMIT $3)",
        tenant_id,
        before,
        most,
    )
    return int(done.rpartition(" ")[2])
