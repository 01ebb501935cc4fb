"""Keys, revocations and limits on the real stores, seen by several nodes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from lms.ids import uuid7
from server.auth import revocations as module
from server.auth.keys import LEAD, ROTATE_AFTER, KeyRing
from server.auth.revocations import Revocation, Revocations
from server.clock import SystemClock
from server.limits.limiter import RATES, Limiter
from server.storage.channels import ShardedChannels
from server.storage.postgres import Database
from server.storage.redis import connected
from server.telemetry.metrics import PrometheusMeters

pytestmark = pytest.mark.store
TENANT = "018f3a5e-0000-7000-8000-000000000001"
PERSON = "018f3a5e-0000-7000-8000-000000000002"


class MovedClock(SystemClock):
    """The real clock, some time on."""

    def __init__(self, by: timedelta = timedelta()) -> None:
        self.by_ms = int(by.total_seconds() * 1000)

    def wall_ms(self) -> int:
        return super().wall_ms() + self.by_ms


@pytest.fixture
async def no_keys(database: Database) -> None:
    async with database.transaction(None) as connection:
        await connection.execute("DELETE FROM signing_keys")


@pytest.mark.usefixtures("no_keys")
async def test_nodes_that_start_at_once_share_one_key(database: Database) -> None:
    rings = [KeyRing(database, SystemClock()) for _ in range(5)]
    await asyncio.gather(*(ring.load() for ring in rings))
    assert len({ring.current.key_id for ring in rings}) == 1


@pytest.mark.usefixtures("no_keys")
async def test_a_key_turns_without_a_token_failing(database: Database) -> None:
    clock = MovedClock()
    here, there = KeyRing(database, clock), KeyRing(database, clock)
    await here.load()
    await there.load()
    old = here.current
    clock.by_ms += int(ROTATE_AFTER.total_seconds() * 1000)
    await here.load()
    assert here.current == old, "the next key is known before it signs"
    await there.load()
    clock.by_ms += int(LEAD.total_seconds() * 1000)
    assert here.current == there.current != old
    assert there.find(old.key_id) == old
    code = here.mac(b"cursor", b"payload")
    assert there.check_mac(code[0], b"cursor", b"payload", code[1])
    assert not there.check_mac(code[0], b"another", b"payload", code[1])


class Deaf:
    """Channels of a node whose Redis is away."""

    async def publish(self, channel: str, payload: bytes) -> None:
        """Lost."""

    async def subscribe(self, channel: str, hear: object) -> None:
        """Nothing will come."""

    async def unsubscribe(self, channel: str) -> None:
        """Nothing came."""

    def healthy(self) -> bool:
        return False


def revocation(kind: str, subject: str, class_id: str | None = None) -> Revocation:
    now_ms = SystemClock().wall_ms()
    return Revocation(
        revocation_id=uuid7(now_ms, subject.encode()[-10:]),
        kind=kind,  # type: ignore[arg-type]
        tenant_id=TENANT,
        subject_id=subject,
        class_id=class_id,
        noted_ms=now_ms,
    )


async def heard(node: Revocations, one: Revocation) -> None:
    """Wait until this node has learned of it."""
    came = asyncio.Event()
    node.subscribe(lambda other: came.set() if other == one else None)
    if not node.session_ended(one.subject_id):
        async with asyncio.timeout(5):
            await came.wait()


@contextlib.asynccontextmanager
async def node(database: Database, redis_url: str | None) -> AsyncIterator[Revocations]:
    async with contextlib.AsyncExitStack() as stack:
        channels: ShardedChannels | Deaf = Deaf()
        if redis_url is not None:
            channels = ShardedChannels(redis_url, PrometheusMeters())
            await stack.enter_async_context(channels.running())
        yield await stack.enter_async_context(
            Revocations(database, channels, SystemClock()).running()
        )


async def test_every_node_learns_of_a_revocation_by_redis(
    database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 3600)
    async with node(database, redis_url) as here, node(database, redis_url) as there:
        one = revocation("session", "018f3a5e-0000-7000-8000-00000000aaaa")
        async with asyncio.TaskGroup() as group:
            group.create_task(heard(there, one))
            async with database.transaction(None) as connection:
                await here.note(connection, [one])
            await here.announce([one])
        assert here.session_ended(one.subject_id)
        assert there.session_ended(one.subject_id)


async def test_every_node_learns_of_a_revocation_without_redis(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.POLL_SECONDS <= 3, "five seconds are promised"
    monkeypatch.setattr(module, "POLL_SECONDS", 0.05)
    async with node(database, None) as here, node(database, None) as there:
        one = revocation("session", "018f3a5e-0000-7000-8000-00000000bbbb")
        async with asyncio.TaskGroup() as group:
            group.create_task(heard(there, one))
            async with database.transaction(None) as connection:
                await here.note(connection, [one])
            await here.announce([one])
        assert there.session_ended(one.subject_id)


async def test_a_node_that_starts_later_knows_what_still_counts(database: Database) -> None:
    klass = "018f3a5e-0000-7000-8000-00000000cccc"
    gone = revocation("class", PERSON, klass)
    async with node(database, None) as here, database.transaction(None) as connection:
        await here.note(connection, [gone])
    async with node(database, None) as later:
        assert later.class_voided(PERSON, klass, gone.noted_ms)
        assert not later.class_voided(PERSON, klass, gone.noted_ms + 1)
        assert not later.user_voided(PERSON, gone.noted_ms)


async def test_the_script_counts_for_all_nodes_together(redis_url: str) -> None:
    async with connected(redis_url) as first, connected(redis_url) as second:
        nodes = [Limiter(client, SystemClock(), scale=1) for client in (first, second)]
        quota = RATES["sign_in"].quota
        verdicts = [await nodes[n % 2].take("sign_in", "somebody {x}") for n in range(quota)]
        assert all(verdict.allowed for verdict in verdicts)
        assert [verdict.remaining for verdict in verdicts] == list(range(quota - 1, -1, -1))
        for limiter in nodes:
            refused = await limiter.take("sign_in", "somebody {x}")
            assert not refused.allowed
            assert 0 < refused.retry_after_seconds <= RATES["sign_in"].window_seconds
        assert (await nodes[0].take("sign_in", "somebody else")).allowed
        await nodes[0].take("sign_in", "somebody {x}", -1)
        assert (await nodes[1].take("sign_in", "somebody {x}")).allowed


async def test_a_limit_holds_while_redis_is_away() -> None:
    async with connected("redis://127.0.0.1:1/0") as client:
        limiter = Limiter(client, SystemClock(), scale=1)
        quota = RATES["sign_in"].quota
        allowed = [(await limiter.take("sign_in", "a")).allowed for _ in range(quota + 1)]
        assert allowed == [True] * quota + [False]


async def test_quotas_are_scaled_by_the_settings() -> None:
    async with connected("redis://127.0.0.1:1/0") as client:
        limiter = Limiter(client, SystemClock(), scale=0.1)
        assert limiter.rate("default").quota == RATES["default"].quota / 10


@pytest.mark.usefixtures("no_keys")
async def test_spent_keys_are_deleted(database: Database) -> None:
    clock = MovedClock()
    ring = KeyRing(database, clock)
    await ring.load()
    first = ring.current
    for _ in range(8):
        clock.by_ms += int(ROTATE_AFTER.total_seconds() * 1000)
        await ring.load()
    assert ring.find(first.key_id) is None
    async with database.transaction(None) as connection:
        oldest = await connection.fetchval("SELECT min(signs_from) FROM signing_keys")
    now = datetime.fromtimestamp(clock.wall_ms() / 1000, UTC)
    assert now - oldest < timedelta(days=50)
