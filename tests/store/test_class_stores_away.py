"""A class while a store is away: Redis stopped, emptied or half dead, PostgreSQL killed or stalled, and back again."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from server.storage.embedded import postgres, valkey
from server.storage.migrate import migrate
from server.storage.postgres import Database
from server.storage.redis import connected
from signaling.context import Channels
from tests.support.class_nodes import Browser, Enter, a_class, browsers, running_node
from tests.support.stores import running_cluster

pytestmark = [pytest.mark.store, pytest.mark.drill]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


@pytest.fixture
def home(short_folder: Path) -> Path:
    folder = short_folder / secrets.token_hex(3)
    folder.mkdir(mode=0o755)
    return folder


async def say(browser: Browser, text: str) -> None:
    """Say it, as a page does that is told to try again: with the same id until it is taken."""
    message = f"{browser.user}-{text.replace(' ', '-')}"
    async with asyncio.timeout(60):
        while True:
            answer = await browser.ask("chat.send", id=message, text=text)
            if answer["ok"]:
                return
            assert answer["code"] in ("unavailable", "class_unreachable"), answer
            await asyncio.sleep(0.05)


async def all_heard(texts: list[str], *people: Browser) -> None:
    for person in people:
        await person.until(lambda person=person: len(person.texts) >= len(texts))  # type: ignore[misc]
        assert sorted(person.texts) == sorted(texts)
        seqs = [event["seq"] for event in person.events]
        assert seqs == sorted(set(seqs))


async def test_without_redis_people_on_every_node_go_on_and_nobody_is_lost(
    database: Database, home: Path, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.classroom.presence.LOST_AFTER_S", 5.0)
    place = await a_class(database)
    async with AsyncExitStack() as redis, AsyncExitStack() as rest:
        url = await redis.enter_async_context(valkey(home, home))
        one = await rest.enter_async_context(running_node(database, url))
        two = await rest.enter_async_context(running_node(database, url))
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)

        await redis.aclose()

        said = [f"{n}" for n in range(12)]
        for n, text in enumerate(said):
            answer = await (ann if n % 2 else bob).command("chat.send", text=text)
            assert answer["ok"], answer
            await asyncio.sleep(0.5)  # longer in all than it takes to be given up
        cy = await enter(place, "cy", two)
        await say(cy, "let in")
        await all_heard([*said, "let in"], ann, bob)
        assert not ann.heard("person.left")

        async with valkey(home, home):
            await say(bob, "back")
            await all_heard([*said, "let in", "back"], ann, bob)


class Deaf:
    """Channels of a node that believes it is connected, and that nobody hears."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def publish(self, channel: str, payload: bytes) -> None:
        """It goes nowhere."""

    async def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Nothing will come."""

    async def unsubscribe(self, channel: str) -> None:
        """Nothing came."""

    def healthy(self) -> bool:
        return True


async def test_a_node_that_lost_the_bus_without_knowing_is_written_to(
    database: Database, valkey_url: str, enter: Enter
) -> None:
    place = await a_class(database)
    async with (
        running_node(database, valkey_url, through=Deaf) as one,
        running_node(database, valkey_url) as two,
    ):
        ann = await enter(place, "ann", one)
        bob = await enter(place, "bob", two)
        await say(bob, "can you hear me")
        await all_heard(["can you hear me"], ann, bob)
        assert {event["epoch"] for event in bob.events} <= {1}


async def test_an_emptied_redis_costs_a_class_nothing(
    database: Database, home: Path, enter: Enter
) -> None:
    place = await a_class(database)
    async with (
        valkey(home, home) as url,
        running_node(database, url) as one,
        running_node(database, url) as two,
    ):
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)
        await say(ann, "before")
        async with connected(url) as client:
            await client.flushall()
        await say(bob, "after")
        await all_heard(["before", "after"], ann, bob)


async def test_a_killed_master_of_a_cluster_costs_a_class_nothing(
    database: Database, home: Path, enter: Enter
) -> None:
    place = await a_class(database)
    async with (
        running_cluster(home) as cluster,
        running_node(database, cluster.url) as one,
        running_node(database, cluster.url) as two,
    ):
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)
        await say(ann, "before")
        await cluster.kill_master_of(place.channel)
        said = [f"during {n}" for n in range(20)]
        for n, text in enumerate(said):
            await say(bob if n % 2 else ann, text)
            await asyncio.sleep(0.3)  # through the failover, which takes some seconds
        await all_heard(["before", *said], ann, bob)
        assert {event["epoch"] for event in ann.events} == {1}
        assert not ann.noticed("media.lost")


class OwnPostgres:
    """A PostgreSQL of the test's own, to be killed, stopped and started."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._running = AsyncExitStack()

    async def start(self) -> str:
        return await self._running.enter_async_context(postgres(self._state, self._state))

    async def end(self) -> None:
        await self._running.aclose()

    def _processes(self) -> list[psutil.Process]:
        head = (self._state / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        postmaster = psutil.Process(int(head))
        return [postmaster, *postmaster.children(recursive=True)]

    async def kill(self) -> None:
        """SIGKILL for all of it, and wait until it is gone."""
        processes = self._processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, processes, 10)
        await self._running.aclose()

    def send(self, number: signal.Signals) -> None:
        for process in self._processes():
            process.send_signal(number)


@pytest.fixture
async def own_postgres(home: Path) -> AsyncIterator[OwnPostgres]:
    own = OwnPostgres(home)
    try:
        yield own
    finally:
        await own.end()


async def test_a_killed_database_loses_and_doubles_nothing_that_was_acknowledged(
    own_postgres: OwnPostgres, valkey_url: str, enter: Enter
) -> None:
    url = await own_postgres.start()
    await migrate(url)
    async with (
        Database(url, pool_size=4, statement_timeout_ms=5000) as database,
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        place = await a_class(database)
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)
        said = [f"{n}" for n in range(24)]

        async def talk(person: Browser, texts: list[str]) -> None:
            for text in texts:
                await say(person, text)
                await asyncio.sleep(0.1)

        async with asyncio.TaskGroup() as group:
            group.create_task(talk(ann, said[::2]))
            group.create_task(talk(bob, said[1::2]))
            await ann.until(lambda: len(ann.texts) > 6)
            await own_postgres.kill()
            await own_postgres.start()
        await all_heard(said, ann, bob)
        assert not ann.heard("person.left")
        assert not ann.noticed("media.lost")


async def test_a_database_that_stalls_for_five_seconds_is_waited_for(
    own_postgres: OwnPostgres, valkey_url: str, enter: Enter
) -> None:
    url = await own_postgres.start()
    await migrate(url)
    async with (
        Database(url, pool_size=4, statement_timeout_ms=5000) as database,
        Database(url, pool_size=2, statement_timeout_ms=2500) as renewals,
        running_node(database, valkey_url, renewals=renewals) as node,
    ):
        place = await a_class(database)
        ann = await enter(place, "ann", node)
        await say(ann, "before")
        own_postgres.send(signal.SIGSTOP)
        try:
            saying = asyncio.ensure_future(say(ann, "meanwhile"))
            await asyncio.sleep(5.0)
            assert ann.texts == ["before"]
        finally:
            own_postgres.send(signal.SIGCONT)
        await saying
        await all_heard(["before", "meanwhile"], ann)
        assert not ann.noticed("media.lost")
        assert not ann.noticed("presence")
