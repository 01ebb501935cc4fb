"""The school's API over real stores: a running app, people of every role, and requests in one line."""

import contextlib
import io
import itertools
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from server import demo
from server.auth.keys import KeyRing
from server.auth.passwords import Passwords
from server.auth.revocations import Revocations
from server.auth.tokens import Tokens
from server.clock import SystemClock
from server.limits.limiter import Limiter
from server.rest import routes
from server.rest.curriculum import Curriculum
from server.rest.deps import Deps
from server.rest.exams import running as running_exams
from server.rest.tutor import Means
from server.rest.tutor import running as running_tutor
from server.storage.channels import ShardedChannels
from server.storage.objects import objects_at
from server.storage.playlists import Playlists
from server.storage.postgres import Database
from server.storage.redis import connected
from server.telemetry.metrics import PrometheusMeters
from sfu import commands
from signaling.classroom.files import Announce
from signaling.classroom.quizzes import Tell
from signaling.context import JoinClaims


@dataclass
class RecordingClasses:
    """Stands where the hub is: remembers what it was asked, answers media with `media`."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)
    media: commands.Reply = field(default_factory=commands.Done)

    async def epoch(self, tenant_id: str, class_id: str) -> int:
        return 7

    async def close(self, tenant_id: str, class_id: str, by: str) -> None:
        self.asked.append(("close", tenant_id, class_id, by))

    async def announce(self, tenant_id: str, class_id: str, by: str, file: Announce) -> None:
        self.asked.append(("announce", class_id, by, file))

    async def tell_quiz(self, tenant_id: str, class_id: str, by: str, tell: Tell) -> None:
        self.asked.append(("tell_quiz", class_id, by, tell))

    async def ask_media(self, claims: JoinClaims, request: commands.Request) -> commands.Reply:
        self.asked.append(("media", claims.class_id, request))
        return self.media


@dataclass(frozen=True, kw_only=True)
class Got:
    """An answer: status, headers, and the JSON or the bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])


class Api:
    """Requests as one caller."""

    def __init__(self, session: ClientSession, base: str, token: str | None = None) -> None:
        self._session = session
        self._base = base
        self.token = token

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
    ) -> Got:
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if key is not None:
            sent["Idempotency-Key"] = key
        if body is not None:
            data = msgspec.json.encode(body)
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        path = path if path.startswith("/openapi") else f"/api/v1{path}"
        return await self.fetch(method, path, data=data, headers=sent)

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Got:
        """A request to any address of the server, to the letter."""
        sent = None if data is None else io.BytesIO(data)
        async with self._session.request(
            method, URL(self._base + path, encoded=True), data=sent, headers=headers
        ) as response:
            raw = await response.read()
            is_json = "json" in response.content_type
            return Got(
                status=response.status,
                headers=response.headers.copy(),
                body=msgspec.json.decode(raw) if is_json and raw else raw,
            )

    def as_(self, token: str | None) -> "Api":
        return Api(self._session, self._base, token)


@dataclass(frozen=True, kw_only=True)
class School:
    """A running API with the demo school in it."""

    api: Api  # nobody
    deps: Deps
    seeded: demo.Demo
    classes: RecordingClasses
    # As the factory's workers have it: what is to be reviewed comes in here.
    factory: Database
    keys: "itertools.count[int]" = field(default_factory=itertools.count)

    async def sign_in(self, account: str, password: str = demo.PASSWORD) -> Api:
        email = account if "@" in account else f"{account}@{demo.DOMAIN}"
        got = await self.api.call(
            "POST", "/sessions", {"email": email, "password": password, "school": demo.SLUG}
        )
        assert got.status == 200, got
        return self.api.as_(got.body["access_token"])

    def key(self) -> str:
        return f"key-{next(self.keys)}"


class CheapPasswords(Passwords):
    """The same, at the cost that made passwords have: the demo school is seeded once a test module."""

    async def hash(self, password: str) -> str:
        [hashed] = await self.hash_made([password])
        return hashed


@contextlib.asynccontextmanager
async def running_school(
    database: Database, redis_url: str, *, limit_scale: float = 100.0
) -> AsyncIterator[School]:
    """The API on a free port, over this database and Redis."""
    clock, meters, classes = SystemClock(), PrometheusMeters(), RecordingClasses()
    async with contextlib.AsyncExitStack() as stack:
        channels = ShardedChannels(redis_url, meters)
        await stack.enter_async_context(channels.running())
        client = await stack.enter_async_context(connected(redis_url))
        keys = await stack.enter_async_context(KeyRing(database, clock).running())
        revocations = await stack.enter_async_context(
            Revocations(database, channels, clock).running()
        )
        passwords = await stack.enter_async_context(CheapPasswords().running())
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lt-objects-"))
        objects = stack.enter_context(objects_at(f"file://{folder}", Path(folder)))
        exams = await stack.enter_async_context(
            running_exams(database, client, clock.steady, meters)
        )
        means = Means(database=database, channels=channels, keys=keys, clock=clock, meters=meters)
        tutor = await stack.enter_async_context(running_tutor(means))
        review = await stack.enter_async_context(database.beside("lectern_review", pool_size=2))
        factory = await stack.enter_async_context(database.beside("lectern_factory", pool_size=1))
        deps = Deps(
            database=database,
            review=review,
            keys=keys,
            tokens=Tokens(keys, revocations, clock),
            revocations=revocations,
            passwords=passwords,
            limiter=Limiter(client, clock, scale=limit_scale),
            objects=objects,
            classes=classes,
            exams=exams,
            tutor=tutor,
            curriculum=Curriculum(database, meters),
            playlists=Playlists(client),
            meters=meters,
            clock=clock,
        )
        seeded = await demo.seed(database, passwords, deps.now())
        app = web.Application()
        routes.mount(app, deps)
        server = TestServer(app)
        await stack.enter_async_context(server)
        session = await stack.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        api = Api(session, str(server.make_url("")).rstrip("/"))
        yield School(api=api, deps=deps, seeded=seeded, classes=classes, factory=factory)


def moment(clock: SystemClock) -> datetime:
    """Now, for what takes a time."""
    return datetime.fromtimestamp(clock.wall_ms() / 1000, UTC)
