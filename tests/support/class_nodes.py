"""Nodes of live classes on real stores, each with its own hub and HTTP port, and browsers that speak Socket.IO to them."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import msgspec
import socketio
from aiohttp import web

from lms.ids import RANDOM_BYTES, uuid7
from server.clock import SystemClock
from server.storage.channels import ShardedChannels
from server.storage.commit import GroupCommit
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from signaling import protocol as wire
from signaling.classroom.letters import CommandAsk
from signaling.classroom.log import Append, Outcome, flush
from signaling.context import Channels, JoinClaims, Tokens
from signaling.errors import Refused
from signaling.hub import Hub, HubContext
from signaling.routing.place import Place

WAIT_S = 60.0


def new_id() -> str:
    return uuid7(SystemClock().wall_ms(), secrets.token_bytes(RANDOM_BYTES))


class OpenTokens:
    """Join tokens that are the claims themselves, as JSON."""

    def verify_join(self, token: str) -> JoinClaims:
        try:
            return msgspec.json.decode(token, type=JoinClaims)
        except msgspec.DecodeError as error:
            raise Refused("The token is not good.") from error


def token(place: Place, user: str, role: wire.ClassRole = "student", **more: Any) -> str:
    claims: dict[str, Any] = {
        "tenant_id": place.tenant_id,
        "class_id": place.class_id,
        "user_id": user,
        "session_id": f"session-{user}",
        "name": user.title(),
        "role": role,
        "expires_at": 4e9,
        "issued_at": 1e9,
    }
    return msgspec.json.encode(JoinClaims(**{**claims, **more})).decode()


async def a_class(database: Database) -> Place:
    """A school with a course and a class that nobody has entered yet."""
    tenant, course, class_id = new_id(), new_id(), new_id()
    async with database.transaction(tenant) as tx:
        await tx.execute(
            "INSERT INTO tenants (tenant_id, slug, name, created_at) VALUES ($1, $2, 'School', now())",
            UUID(tenant),
            f"school-{tenant}",
        )
        await tx.execute(
            "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, 'Course', now())",
            UUID(tenant),
            UUID(course),
        )
        await tx.execute(
            "INSERT INTO classes (tenant_id, class_id, course_id, title, state, starts_at, ends_at, created_at)"
            " VALUES ($1, $2, $3, 'Class', 'open', now(), now() + interval '1 hour', now())",
            UUID(tenant),
            UUID(class_id),
            UUID(course),
        )
    return Place(tenant_id=tenant, class_id=class_id)


@dataclass(kw_only=True)
class Node:
    """One running node."""

    node_id: str
    hub: Hub
    port: int
    meters: PrometheusMeters

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def running_node(
    database: Database,
    redis_url: str,
    media: Any = None,
    through: Callable[[Channels], Channels] = lambda channels: channels,
    renewals: Database | None = None,
    tokens: Tokens | None = None,
) -> AsyncIterator[Node]:
    """A node on these stores; leaving the block stops it as SIGTERM would."""
    meters, clock, node_id = PrometheusMeters(), SystemClock(), new_id()
    commits: GroupCommit[Append, Outcome] = GroupCommit(database, flush, meters=meters)
    channels = ShardedChannels(redis_url, meters)
    hub = Hub(
        HubContext(
            node_id=node_id,
            database=database,
            renewals=renewals or database,
            commits=commits,
            channels=through(channels),
            tokens=tokens or OpenTokens(),
            meters=meters,
            clock=clock,
            media=media,
        )
    )
    app = web.Application()
    hub.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    async with channels.running(), commits.running(), hub.running():
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield Node(node_id=node_id, hub=hub, port=port, meters=meters)
        finally:
            await runner.cleanup()


@dataclass(kw_only=True)
class Browser:
    """One page in the class: folds what it hears, and keeps it for the test to look at."""

    place: Place
    user: str
    role: wire.ClassRole = "student"
    more: dict[str, Any] = field(default_factory=dict)
    welcome: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    offers: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    epoch: int | None = None
    seq: int | None = None
    beating: bool = True
    _client: socketio.AsyncClient | None = None
    _heard: asyncio.Event = field(default_factory=asyncio.Event)
    _beats: asyncio.Task[None] | None = None
    ids: int = 0

    async def enter(self, node: Node, *, resume: bool = False) -> Self:
        """Connect to a node and wait for the snapshot or the replay."""
        known = len(self.welcome)
        client = socketio.AsyncClient(reconnection=False, serializer="default")
        self._client = client
        client.on("snapshot", self._welcomed, namespace="/class")
        client.on("replay", self._welcomed, namespace="/class")
        client.on("event", self._event, namespace="/class")
        client.on("notice", self._noticed, namespace="/class")
        client.on("media.offer", self._offered, namespace="/class")
        client.on("connect_error", self._refused, namespace="/class")
        client.on("disconnect", self._wake, namespace="/class")
        auth: dict[str, Any] = {"token": token(self.place, self.user, self.role, **self.more)}
        if resume:
            auth |= {"epoch": self.epoch, "seq": self.seq}
        await client.connect(
            node.url,
            auth=auth,
            namespaces=["/class"],
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )
        await self.until(lambda: len(self.welcome) > known)
        self._beats = asyncio.get_running_loop().create_task(self._beat())
        return self

    async def command(self, event: str, **body: Any) -> dict[str, Any]:
        """Send a command with an id of its own, unless one is given, until somebody answers for the class."""
        self.ids += 1
        body.setdefault("id", f"{self.user}-{self.ids}")
        async with asyncio.timeout(WAIT_S):
            while True:
                answer = await self.ask(event, **body)
                if answer.get("code") not in ("class_unreachable", "unavailable"):
                    return answer

    async def ask(self, event: str, **body: Any) -> dict[str, Any]:
        assert self._client is not None
        answer: dict[str, Any] = await self._client.call(
            event, body, namespace="/class", timeout=WAIT_S
        )
        return answer

    async def until(self, holds: Callable[[], bool], deadline_s: float = WAIT_S) -> None:
        """Wait for something that this browser will hear."""
        async with asyncio.timeout(deadline_s):
            while not holds():
                self._heard.clear()
                await self._heard.wait()

    def heard(self, type_: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["type"] == type_]

    def noticed(self, type_: str) -> list[dict[str, Any]]:
        return [notice for notice in self.notices if notice["type"] == type_]

    @property
    def texts(self) -> list[str]:
        return [data["text"] for data in self.heard("chat.said")]

    @property
    def connected(self) -> bool:
        return self._client is not None and "/class" in self._client.namespaces

    async def vanish(self) -> None:
        """The connection is gone without a word."""
        if self._beats is not None:
            self._beats.cancel()
        if self._client is not None:
            await self._client.disconnect()

    async def _beat(self) -> None:
        while self.connected:
            if self.beating and self._client is not None:
                with contextlib.suppress(socketio.exceptions.SocketIOError):
                    await self._client.emit("beat", {}, namespace="/class")
            await asyncio.sleep(0.5)

    async def _welcomed(self, message: dict[str, Any]) -> None:
        self.welcome.append(message)
        self.epoch, self.seq = message["epoch"], message["seq"]
        self.events.extend(message.get("events", ()))
        self._heard.set()

    async def _event(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        self.epoch, self.seq = event["epoch"], event["seq"]
        self._heard.set()

    async def _noticed(self, notice: dict[str, Any]) -> None:
        self.notices.append(notice)
        self._heard.set()

    async def _offered(self, offer: dict[str, Any]) -> None:
        self.offers.append(offer)
        self._heard.set()

    async def _refused(self, problem: dict[str, Any]) -> None:
        self.refusals.append(problem["data"])

    async def _wake(self, *_: Any) -> None:
        self._heard.set()


async def say_past_the_gates(node: Node, place: Place, by: str, count: int) -> None:
    """More chat at once than the wire lets through."""
    for n in range(count):
        command = wire.ChatSend(id=f"many-{n}", text=f"many {n}")
        await node.hub._classes.ask(CommandAsk(place=place, by=by, command=command))


async def refused(
    place: Place, user: str, node: Node, role: wire.ClassRole = "student", **more: Any
) -> str:
    """The code with which this person is turned away at the door."""
    browser = Browser(place=place, user=user, role=role, more=more)
    try:
        await browser.enter(node)
    except socketio.exceptions.ConnectionError:
        code: str = browser.refusals[0]["code"]
        return code
    finally:
        await browser.vanish()
    raise AssertionError("let in")


Enter = Callable[..., Awaitable[Browser]]


@contextlib.asynccontextmanager
async def browsers() -> AsyncIterator[Enter]:
    """`await enter(place, "ann", node)` gives a browser that is closed at the end."""
    opened: list[Browser] = []

    async def enter(
        place: Place, user: str, node: Node, role: wire.ClassRole = "student", **more: Any
    ) -> Browser:
        browser = Browser(place=place, user=user, role=role, more=more)
        opened.append(browser)
        return await browser.enter(node)

    try:
        yield enter
    finally:
        for browser in opened:
            await browser.vanish()
