"""SQL of the budget: tokens are set aside for a call and settled after it, so that no school spends more than it may."""

from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from lms.ai import budget
from lms.ai.model import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The call that tokens are set aside for."""

    tenant_id: str
    job_id: str
    slot: int
    step: str

    @property
    def row(self) -> tuple[str, str, int, str]:
        """As the tables have it."""
        return self.tenant_id, self.job_id, self.slot, self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a call has cost."""

    tokens: int
    cost_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Calls that have left and whose worker died before it could write down what they cost; `tokens` at most."""

    slot: int
    step: str
    tokens: int


async def _open_month(connection: asyncpg.Connection, tenant_id: str, month: date) -> None:
    """The row of the month; a new month has the limit of the one before."""
    await connection.execute(
        "INSERT INTO token_budgets (tenant_id, month, tokens_limit)"
        " SELECT $1, $2, coalesce((SELECT tokens_limit FROM token_budgets WHERE tenant_id = $1 AND month < $2"
        " ORDER BY month DESC LIMIT 1), $3) ON CONFLICT DO NOTHING",
        tenant_id,
        month,
        budget.TOKENS_A_MONTH,
    )


async def get(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> Budget:
    """The budget of this month."""
    month = budget.month_of(now)
    row = await connection.fetchrow(
        "SELECT month, tokens_limit, tokens_used, tokens_held, cost_micros FROM token_budgets"
        " WHERE tenant_id = $1 AND month <= $2 ORDER BY month DESC LIMIT 1",
        tenant_id,
        month,
    )
    if row is None:
        return Budget(month=month, tokens_limit=budget.TOKENS_A_MONTH)
    if row["month"] != month:
        return Budget(month=month, tokens_limit=row["tokens_limit"])
    return Budget(**dict(row))


async def set_limit(
    connection: asyncpg.Connection, tenant_id: str, tokens: int, now: datetime
) -> None:
    """The limit from this month on; what is used stays used."""
    month = budget.month_of(now)
    await _open_month(connection, tenant_id, month)
    await connection.execute(
        "UPDATE token_budgets SET tokens_limit = $3 WHERE tenant_id = $1 AND month = $2",
        tenant_id,
        month,
        tokens,
    )


async def hold(
    connection: asyncpg.Connection, place: Place, most: tuple[int, int], now: datetime
) -> budget.Room:
    """Set tokens aside, if there is room: (for one call, for how many calls). Who asks next waits for the end of this transaction."""
    each, calls = most
    month = budget.month_of(now)
    await _open_month(connection, place.tenant_id, month)
    row = await connection.fetchrow(
        "SELECT tokens_limit, tokens_used, tokens_held FROM token_budgets"
        " WHERE tenant_id = $1 AND month = $2 FOR NO KEY UPDATE",
        place.tenant_id,
        month,
    )
    assert row is not None, "the month is open"
    room = budget.room(row["tokens_limit"], row["tokens_used"], row["tokens_held"], each * calls)
    if room == "later":
        # What was lost is not free again by waiting for others.
        lost = await _lost(connection, place.tenant_id)
        used, held = row["tokens_used"] + lost, row["tokens_held"] - lost
        room = budget.room(row["tokens_limit"], used, held, each * calls)
    if room != "ok":
        return room
    # Calls of this step that were lost stay set aside beside it, in the month that they were made in.
    held_in: date = await connection.fetchval(
        "INSERT INTO token_holds AS h (tenant_id, job_id, slot, step, month, tokens, each) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (tenant_id, job_id, slot, step) DO UPDATE SET tokens = h.tokens + EXCLUDED.tokens,"
        " each = greatest(h.each, EXCLUDED.each), begun = 0 RETURNING month",
        *place.row,
        month,
        each * calls,
        each,
    )
    await _use(connection, place.tenant_id, held_in, (-each * calls, 0, 0))
    return "ok"


async def _lost(connection: asyncpg.Connection, tenant_id: str) -> int:
    """What is set aside for calls that dead workers have made."""
    tokens: int = await connection.fetchval(
        "SELECT coalesce(sum(lost * each), 0)::bigint FROM token_holds WHERE tenant_id = $1",
        tenant_id,
    )
    return tokens


async def begin(connection: asyncpg.Connection, place: Place) -> None:
    """One call more is about to leave: from here on it may have cost something."""
    await connection.execute(
        "UPDATE token_holds SET begun = begun + 1 WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4",
        *place.row,
    )


async def settle(
    connection: asyncpg.Connection, place: Place, spent: Spent, like: Spent | None = None
) -> None:
    """The calls are over and have cost so much; what was set aside for them is free again.

    Calls of the same step that were lost count as much as this one, `like`; without one as much as they may have cost at most.
    """
    row = await connection.fetchrow(
        "DELETE FROM token_holds WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4"
        " RETURNING month, tokens, each, lost",
        *place.row,
    )
    if row is None:
        return
    lost = Spent(tokens=row["each"], cost_micros=0) if like is None else like
    used = spent.tokens + row["lost"] * min(lost.tokens, row["each"])
    cost_micros = spent.cost_micros + row["lost"] * lost.cost_micros
    await _use(connection, place.tenant_id, row["month"], (row["tokens"], used, cost_micros))


async def _use(
    connection: asyncpg.Connection, tenant_id: str, month: date, what: tuple[int, int, int]
) -> None:
    """`what`: tokens no longer held, tokens used, and their price."""
    await connection.execute(
        "UPDATE token_budgets SET tokens_held = tokens_held - $3, tokens_used = tokens_used + $4,"
        " cost_micros = cost_micros + $5 WHERE tenant_id = $1 AND month = $2",
        tenant_id,
        month,
        *what,
    )


async def take_over(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> list[Lost]:
    """What a dead worker of this job had set aside: free again where no call had left; what may have been paid stays set aside."""
    rows = await connection.fetch(
        "SELECT slot, step, month, tokens, each, begun, lost FROM token_holds WHERE tenant_id = $1 AND job_id = $2"
        " ORDER BY slot, step FOR UPDATE",
        tenant_id,
        job_id,
    )
    for row in rows:
        place = Place(tenant_id=tenant_id, job_id=job_id, slot=row["slot"], step=row["step"])
        await _keep_lost(connection, place, row)
    return [
        Lost(slot=row["slot"], step=row["step"], tokens=row["begun"] * row["each"])
        for row in rows
        if row["begun"]
    ]


async def _keep_lost(connection: asyncpg.Connection, place: Place, row: asyncpg.Record) -> None:
    lost = row["lost"] + row["begun"]
    if lost:
        await connection.execute(
            "UPDATE token_holds SET tokens = $5, begun = 0, lost = $6"
            " WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4",
            *place.row,
            lost * row["each"],
            lost,
        )
        await _use(
            connection, place.tenant_id, row["month"], (row["tokens"] - lost * row["each"], 0, 0)
        )
    else:
        await settle(connection, place, Spent(tokens=0, cost_micros=0))


async def close(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> None:
    """The job is over: calls that were lost and not made again count as what they may have cost at most."""
    await take_over(connection, tenant_id, job_id)
    rows = await connection.fetch(
        "DELETE FROM token_holds WHERE tenant_id = $1 AND job_id = $2 RETURNING month, tokens",
        tenant_id,
        job_id,
    )
    for row in rows:
        await _use(connection, tenant_id, row["month"], (row["tokens"], row["tokens"], 0))
