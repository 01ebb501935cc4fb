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
class Hold:
    """What was set aside for a call whose end nobody wrote down."""

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
    connection: asyncpg.Connection, place: Place, tokens: int, now: datetime
) -> budget.Room:
    """Set tokens aside for a call, if there is room; who asks next waits for the end of this transaction."""
    month = budget.month_of(now)
    await _open_month(connection, place.tenant_id, month)
    row = await connection.fetchrow(
        "SELECT tokens_limit, tokens_used, tokens_held FROM token_budgets"
        " WHERE tenant_id = $1 AND month = $2 FOR NO KEY UPDATE",
        place.tenant_id,
        month,
    )
    assert row is not None, "the month is open"
    room = budget.room(row["tokens_limit"], row["tokens_used"], row["tokens_held"], tokens)
    if room != "ok":
        return room
    await connection.execute(
        "UPDATE token_budgets SET tokens_held = tokens_held + $3 WHERE tenant_id = $1 AND month = $2",
        place.tenant_id,
        month,
        tokens,
    )
    await connection.execute(
        "INSERT INTO token_holds (tenant_id, job_id, slot, step, month, tokens) VALUES ($1, $2, $3, $4, $5, $6)",
        *place.row,
        month,
        tokens,
    )
    return "ok"


async def settle(
    connection: asyncpg.Connection, place: Place, tokens: int, cost_micros: int
) -> None:
    """The call is over and has cost so much; what was set aside for it is free again."""
    row = await connection.fetchrow(
        "DELETE FROM token_holds WHERE tenant_id = $1 AND job_id = $2 AND slot = $3 AND step = $4"
        " RETURNING month, tokens",
        *place.row,
    )
    if row is None:
        return
    await _use(connection, place.tenant_id, row["month"], (row["tokens"], tokens, cost_micros))


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


async def settle_lost(connection: asyncpg.Connection, tenant_id: str, job_id: str) -> list[Hold]:
    """The calls of a worker that died in them count as what they may have cost at most: nobody knows whether they were paid."""
    rows = await connection.fetch(
        "DELETE FROM token_holds WHERE tenant_id = $1 AND job_id = $2 RETURNING slot, step, month, tokens",
        tenant_id,
        job_id,
    )
    for row in rows:
        await _use(connection, tenant_id, row["month"], (row["tokens"], row["tokens"], 0))
    return [Hold(slot=row["slot"], step=row["step"], tokens=row["tokens"]) for row in rows]
