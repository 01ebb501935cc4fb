"""Workers inside a test, on real stores: rounds are run by hand, and rows are compared whole."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from lms import outbox
from lms.events import AnyEvent
from lms.ids import RANDOM_BYTES, uuid7
from lms.outbox import SHARDS
from lms.projections import log
from server.clock import SystemClock
from server.storage.objects import objects_at
from server.storage.playlists import Playlists
from server.storage.postgres import Database
from server.storage.redis import Client, connected
from server.storage.streams import Streams, log_name
from server.telemetry.metrics import PrometheusMeters
from workers.means import Means
from workers.runner import Worker

READ_MODELS = (
    "progress",
    "gradebook_cells",
    "item_outcomes",
    "responses",
    "learner_skills",
    "skill_folds",
    "exam_standings",
)
PATIENCE_SECONDS = 30.0


def new_id() -> str:
    """An id of now."""
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(RANDOM_BYTES))


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A database, a Redis, and what workers need of both."""

    url: str
    means: Means
    redis: Client
    streams_name: str

    def as_another(self) -> Means:
        """The means of another process: another consumer, meters of its own."""
        return replace(self.means, consumer=new_id(), meters=PrometheusMeters())

    async def write(
        self, tenant_id: str, events: Sequence[AnyEvent], at: datetime | None = None
    ) -> None:
        """Events to the outbox, committed."""
        async with self.means.database.transaction(tenant_id) as connection:
            await outbox.append(connection, tenant_id, events, at or datetime.now(UTC))  # noqa: TID251 - a test's shell

    async def read_models(self) -> dict[str, list[str]]:
        """Every row of the read models as text, of all schools."""
        connection = await asyncpg.connect(self.url)
        try:
            return {
                table: [
                    row[0]
                    for row in await connection.fetch(
                        f"SELECT t::text FROM {table} AS t ORDER BY t::text"
                    )
                ]
                for table in READ_MODELS
            }
        finally:
            await connection.close()

    async def fetchval(self, sql: str, *values: object) -> object:
        """One value, by the owner: row-level security hides nothing from it."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    async def settle(self, *workers: Worker) -> None:
        """Rounds of these until every event has its number and every reader has read it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.settled():
                for worker in workers:
                    await worker.round()

    async def settled(self) -> bool:
        """Whether nothing waits."""
        return not await self.fetchval(
            "SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM projection_positions AS p"
            " JOIN event_heads AS h USING (shard) WHERE p.seq < h.seq)"
            " OR (SELECT count(*) FROM projection_positions WHERE projection = 'progress') = 0"
        )


@contextlib.asynccontextmanager
async def workshop(url: str, redis_url: str, folder: Path) -> AsyncIterator[Workshop]:
    """On this database and Redis."""
    async with (
        Database(url, pool_size=8, statement_timeout_ms=5000) as database,
        connected(redis_url) as redis,
    ):
        async with database.statement() as connection:
            name = log_name(*await log.identity(connection))
        with objects_at("", folder) as objects:
            means = Means(
                database=database,
                database_url=url,
                streams=Streams(redis, name, SHARDS),
                playlists=Playlists(redis),
                objects=objects,
                meters=PrometheusMeters(),
                now=lambda: datetime.now(UTC),  # noqa: TID251 - a test's shell
                steady=SystemClock().steady,
                new_id=new_id,
                consumer=new_id(),
            )
            yield Workshop(url=url, means=means, redis=redis, streams_name=name)
