"""Attempts of all schools that wait for a worker: found by their ids, then each dealt with under its own school."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import asyncpg
import structlog

from lms.errors import Unavailable
from server.storage.postgres import Database
from workers.means import Means

Waiting = tuple[str, str]  # school, attempt
Act = Callable[[asyncpg.Connection, str, str], Awaitable[bool]]

# A bell ends many attempts at once.
LANES = 4

_log = structlog.get_logger(__name__)


async def to_grade(database: Database, before: datetime, most: int) -> list[Waiting]:
    """Attempts handed in before that still have no grade."""
    async with database.statement() as connection:
        rows = await connection.fetch(
            "SELECT tenant_id, attempt_id FROM attempts_to_grade($1, $2)", before, most
        )
    return [(str(row["tenant_id"]), str(row["attempt_id"])) for row in rows]


async def to_shut(database: Database, before: datetime, most: int) -> list[Waiting]:
    """Open attempts whose time ran out before."""
    async with database.statement() as connection:
        rows = await connection.fetch(
            "SELECT tenant_id, attempt_id FROM attempts_to_shut($1, $2)", before, most
        )
    return [(str(row["tenant_id"]), str(row["attempt_id"])) for row in rows]


async def each_alone(means: Means, what: str, found: Sequence[Waiting], act: Act) -> int:
    """Act on each in a transaction of its own, so that one that fails stands in nobody's way: how many were acted on."""
    waiting = iter(found)

    async def lane() -> int:
        done = 0
        for tenant_id, attempt_id in waiting:
            try:
                async with means.database.transaction(tenant_id) as connection:
                    done += await act(connection, tenant_id, attempt_id)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - the others wait too
                means.meters.count("attempts_failed_total", {"what": what})
                _log.error("attempt.failed", what=what, attempt_id=attempt_id, exc_info=error)
        return done

    lanes = [lane() for _ in range(min(LANES, len(found)))]
    done = 0
    for result in await asyncio.gather(*lanes, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
        done += result
    return done
