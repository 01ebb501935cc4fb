"""Group commit: many waiting writes, one transaction, a result each, after the commit."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, Protocol, TypeVar

import asyncpg

from lms.errors import Unavailable
from signaling.context import Meters
from signaling.errors import Busy

Row = TypeVar("Row")
Result = TypeVar("Result")
Flush = Callable[[asyncpg.Connection, Sequence[Row]], Awaitable[Sequence[Result]]]

# A row that PostgreSQL refuses for what it holds; the rest of its batch is good.
_POISONED = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError)


# A batch that fails only after so long has met a database that does not answer.
STANDSTILL_SECONDS = 1.0


class Statements(Protocol):
    """The part of Database that is needed here."""

    def statement(self) -> AbstractAsyncContextManager[asyncpg.Connection]: ...


class GroupCommit(Generic[Row, Result]):
    """Implements signaling.context.GroupCommit.

    One flusher and no linger: what came while a batch was being committed is the next batch, so one writer alone pays
    one commit's latency and a thousand writers share it. `flush` writes the rows in the given order by one statement, which
    is the transaction, and returns one result a row. A poisoned row fails alone: its batch is tried again row by row.
    """

    def __init__(
        self,
        database: Statements,
        flush: Flush[Row, Result],
        *,
        meters: Meters,
        max_waiting: int = 10_000,
        max_batch: int = 256,
    ) -> None:
        self._database = database
        self._flush = flush
        self._meters = meters
        self._max_waiting = max_waiting
        self._max_batch = max_batch
        self._waiting: deque[tuple[Row, asyncio.Future[Result]]] = deque()
        self._wake = asyncio.Event()
        self._open = False

    async def submit(self, row: Row) -> Result:
        """The row's result once it is durable; Busy when too many wait, Unavailable when the database is away."""
        if not self._open:
            raise Unavailable("this node is stopping: try again in a moment")
        if len(self._waiting) >= self._max_waiting:
            self._meters.count("commit_refused_total")
            raise Busy("too many writes are waiting: try again in a moment")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        self._wake.set()
        return await done

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Commits until the block ends, and then what is still waiting."""
        self._open = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run())
            try:
                yield
            finally:
                self._open = False
                self._wake.set()

    async def _run(self) -> None:
        while self._open or self._waiting:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            count = min(self._max_batch, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            # A caller that has gone (timeout, disconnect) before its row was sent need not have it written.
            await self._commit([entry for entry in batch if not entry[1].done()])

    async def _commit(self, batch: list[tuple[Row, asyncio.Future[Result]]]) -> None:
        if not batch:
            return
        self._meters.observe("commit_batch_rows", len(batch))
        before = time.perf_counter()
        try:
            async with self._database.statement() as connection:
                results = await self._write(connection, [row for row, _ in batch])
        except _POISONED as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            for entry in batch:
                await self._commit([entry])
        except Exception as error:  # noqa: BLE001 - every waiting caller is told, and the flusher lives on
            _fail(batch, error)
            if time.perf_counter() - before >= STANDSTILL_SECONDS:
                # The database stands still: whoever waits behind would wait as long, one batch after another.
                behind = list(self._waiting)
                self._waiting.clear()
                _fail(behind, error)
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)
            self._meters.observe("commit_seconds", time.perf_counter() - before)

    async def _write(self, connection: asyncpg.Connection, rows: list[Row]) -> Sequence[Result]:
        results = await self._flush(connection, rows)
        if len(results) != len(rows):
            raise RuntimeError(f"flush gave {len(results)} results for {len(rows)} rows")
        return results


def _fail(batch: list[tuple[Row, asyncio.Future[Result]]], error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
