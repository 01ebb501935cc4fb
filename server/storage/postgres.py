"""The pool of PostgreSQL connections, and transactions that speak for one tenant."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Literal, Self, cast
from uuid import UUID

import asyncpg

from lms.errors import Unavailable

Role = Literal["lectern_app", "lectern_review", "lectern_factory"]
ROLE: Role = "lectern_app"
ACQUIRE_SECONDS = 5.0

# What says "not now" rather than "not so": the caller may try again.
_NOT_NOW = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class OpenError(Exception):
    """The database is not to be had at the start; the message is the one line that says why."""


class Database:
    """Implements signaling.context.Database.

    Every connection runs as lectern_app or as one of the two roles that see the staging beside, for which row-level security is forced: a transaction under a tenant sees that
    tenant's rows alone, one under None sees the tables that belong to no tenant.
    """

    def __init__(
        self, url: str, *, pool_size: int, statement_timeout_ms: int, role: Role = ROLE
    ) -> None:
        self._url = url
        self._role = role
        self._pool_size = pool_size
        self._statement_timeout_ms = statement_timeout_ms
        self._pool: asyncpg.Pool | None = None

    def beside(self, role: Role, *, pool_size: int) -> "Database":
        """Another pool on the same database, for who may do more; to be entered like this one."""
        return Database(
            self._url,
            pool_size=pool_size,
            statement_timeout_ms=self._statement_timeout_ms,
            role=role,
        )

    async def __aenter__(self) -> Self:
        try:
            self._pool = await self._opened()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise OpenError(
                f"the database (LECTERN_DATABASE_URL) cannot be used: {why}"
            ) from error
        return self

    async def _opened(self) -> asyncpg.Pool:
        timeout_ms = self._statement_timeout_ms
        return await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._pool_size,
            command_timeout=timeout_ms / 1000 + 1,
            timeout=ACQUIRE_SECONDS,
            reset=_nothing_to_reset,
            server_settings={
                "role": self._role,
                "application_name": "lectern",
                "statement_timeout": str(timeout_ms),
                "lock_timeout": str(timeout_ms),
                "idle_in_transaction_session_timeout": str(timeout_ms * 2),
            },
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(ACQUIRE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @contextlib.asynccontextmanager
    async def transaction(self, tenant_id: str | None) -> AsyncIterator[asyncpg.Connection]:
        """One transaction under one tenant, or under none; lms.errors.Unavailable when PostgreSQL is not to be had."""
        speak = (
            f"SET LOCAL lectern.tenant = '{UUID(tenant_id)}'" if tenant_id is not None else None
        )
        async with self._connection() as connection, connection.transaction():
            if speak is not None:
                await connection.execute(speak)
            yield connection

    @contextlib.asynccontextmanager
    async def statement(self) -> AsyncIterator[asyncpg.Connection]:
        """For one statement that speaks for no tenant: it is a transaction by itself, with one way to PostgreSQL and back."""
        async with self._connection() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        assert self._pool is not None, "entered before use"
        try:
            pooled = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _away() from error
        # The pool's proxy has the face of the connection that it stands for.
        connection = cast("asyncpg.Connection", pooled)
        try:
            yield connection
        except _NOT_NOW as error:
            raise _away() from error
        except asyncpg.InternalClientError as error:
            # Its protocol lost its place, in an answer that PostgreSQL did not live to end: nothing on it would work again.
            connection.terminate()
            raise _away() from error
        except (asyncpg.InterfaceError, TimeoutError, OSError) as error:
            if _is_unanswered(error) and not _is_over(connection):
                # PostgreSQL stands still: what it would say when it goes on is for nobody.
                connection.terminate()
            # Of these, only what ended the connection is PostgreSQL's: the others are the caller's own.
            if not _is_over(connection):
                raise
            raise _away() from error
        finally:
            with contextlib.suppress(
                OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError
            ):
                await self._pool.release(pooled, timeout=ACQUIRE_SECONDS)

    async def ping(self) -> None:
        """One empty transaction; raises Unavailable."""
        async with self.transaction(None) as connection:
            await connection.execute("SELECT 1")


def _is_over(connection: asyncpg.Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True  # it ended between two statements: the pool has taken it back already


def _is_unanswered(error: Exception) -> bool:
    """The driver waited for long enough; a deadline of the caller's has the cancellation for its cause."""
    return isinstance(error, TimeoutError) and error.__cause__ is None


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """What the house sets is LOCAL to its transaction, and it locks and listens for no longer: a way saved each time."""


def _away() -> Unavailable:
    return Unavailable("the database is not available right now: try again in a moment")
