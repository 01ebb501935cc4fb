"""One request as a handler sees it, and what a handler answers: no headers, no sockets."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

import asyncpg
import msgspec

from lms.identity import Permission, Principal
from server.rest.deps import Deps
from signaling.context import JoinClaims

PREFIX = "/api/v1"

Body = TypeVar("Body")
Auth = Literal["none", "access", "join"]
Keyed = Literal["no", "may", "must"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """The refresh cookie to set; an empty value takes it away."""

    value: str
    max_age_seconds: int


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a handler answers; `body` is a Reply struct, bytes of `content_type`, or nothing."""

    status: int = 200
    body: msgspec.Struct | bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = {}
    cookie: Cookie | None = None


Effect = Callable[[asyncpg.Connection], Awaitable[Answer]]


class Call(msgspec.Struct, Generic[Body], frozen=True, kw_only=True, gc=False):
    """One request; `body` is what the route's body type says, `params` are the ids of its path."""

    deps: Deps
    route: "Route"
    who: Principal | None
    join: JoinClaims | None
    body: Body
    params: Mapping[str, str]
    # When it came, before any queue, by the clock of exams.
    arrived_at: datetime
    now: datetime
    # What a lean route has no use for.
    query: Mapping[str, str] = {}
    idempotency_key: str | None = None
    fingerprint: bytes = b""
    if_match: int | None = None
    if_none_match: str = ""
    address: str = ""
    host: str = ""
    from_browser: bool = False
    refresh_cookie: str | None = None

    @property
    def principal(self) -> Principal:
        """Who calls; only on routes that ask for an access token."""
        if self.who is None:
            raise LookupError("the route lets anybody in")
        return self.who

    @property
    def joined(self) -> JoinClaims:
        """Who calls, into which class; only on routes that ask for a join token."""
        if self.join is None:
            raise LookupError("the route asks for no join token")
        return self.join

    @property
    def version(self) -> int:
        """The version that the caller decided on; only on routes with If-Match."""
        if self.if_match is None:
            raise LookupError("the route asks for no If-Match")
        return self.if_match

    def read(self) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A transaction under the caller's school."""
        return self.deps.database.transaction(self.principal.tenant_id)


Handler = Callable[[Call[Any]], Awaitable[Answer]]


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A plain request: who asks for what, with which body, when it was all here; `target` as it came, `key` where the route heeds it."""

    who: Principal
    params: Mapping[str, str]
    target: str
    key: str | None
    data: bytes
    arrived_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """The usual way of a lean handler that has no body, without a task of its own: what it asks for, and what it answers to what it is told.

    `begin` calls its third argument once, now or later, and raises nothing; `answer` says None to what takes longer, which is
    for `rest` then. The handler itself is the three in a row.
    """

    begin: Callable[[Deps, Asked, Callable[[Any], None]], None]
    answer: Callable[[Deps, Asked, Any], Answer | None]
    rest: Callable[[Call[Any], Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of routes.py."""

    method: Method
    path: str
    handler: Handler
    summary: str
    permission: Permission | None = None
    auth: Auth = "access"
    body: Any = None
    content_type: str = "application/json"
    max_bytes: int = 64 * 1024
    reply: Any = None
    status: int = 200
    cost: int = 1
    keyed: Keyed = "no"
    matched: bool = False
    # Whether refused tries are written down.
    audited: bool = False
    # Whether plain requests go the short way (lean.py); the handler then knows `who`, `params`, `body`, `arrived_at` and,
    # where it is keyed, the key and the fingerprint alone.
    lean: bool = False
    quick: Quick | None = None
    query: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The handler's name: the operationId, and the label in the metrics."""
        return getattr(self.handler, "__name__", "handler")
