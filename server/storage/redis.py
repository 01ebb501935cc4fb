"""The Redis client for one server or a cluster, chosen by the URL, and the one place where keys are made."""

import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from server.settings import store_url

TIMEOUT_SECONDS = 1.0
DEFAULT_PORT = 6379

Client = Redis | RedisCluster


def key(name: str, **tag: str) -> str:
    """`{t<tenant>.c<class>}:name` from key("name", t=tenant, c=class).

    The tag is what must be atomic together: a class, an attempt, a learner; never a tenant alone, which would put a
    whole school on one slot. What is not a letter, digit, `-` or `_` is escaped, so no value can forge a tag.
    """
    if not tag or set(tag) == {"t"}:
        raise ValueError("a key's tag is more than a tenant")
    marks = ".".join(f"{letter}{_plain(value)}" for letter, value in tag.items())
    return f"{{{marks}}}:{_plain(name)}"


def _plain(value: str) -> str:
    return quote(value, safe="").replace("~", "%7E").replace(".", "%2E")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a Redis URL says."""

    cluster: bool
    hosts: tuple[tuple[str, int], ...]
    unix_path: str | None
    username: str | None
    password: str | None
    secure: bool
    database: int

    @property
    def tls(self) -> ssl.SSLContext | None:
        """The TLS settings of our own connections."""
        return ssl.create_default_context() if self.secure else None


def place(url: str) -> Place:
    """Take a URL apart: redis://, rediss://, unix:// or redis[s]+cluster:// with several hosts."""
    parts = store_url(url)
    username, _, password = parts.login.partition(":")
    return Place(
        cluster=parts.scheme.endswith("+cluster"),
        hosts=tuple(_host(host) for host in parts.hosts.split(",") if host),
        unix_path=parts.path if parts.scheme == "unix" else None,
        username=unquote(username) or None,
        password=unquote(password) or None,
        secure=parts.scheme.startswith("rediss"),
        database=int(parts.path.strip("/") or 0) if parts.scheme in ("redis", "rediss") else 0,
    )


def _host(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        return text.strip("[]"), DEFAULT_PORT
    return host.strip("[]"), int(port)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """A client that connects when it is first used, and gives up on a command after a second."""
    client = _client(place(url))
    try:
        yield client
    finally:
        with contextlib.suppress(RedisError, OSError):
            await client.aclose()


def _client(at: Place) -> Client:
    common: dict[str, Any] = {
        "username": at.username,
        "password": at.password,
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
    }
    if at.cluster:
        return RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in at.hosts],
            ssl=at.secure,
            **common,
        )
    if at.unix_path is not None:
        return Redis(unix_socket_path=at.unix_path, **common)
    host, port = at.hosts[0]
    return Redis(host=host, port=port, db=at.database, ssl=at.secure, **common)
