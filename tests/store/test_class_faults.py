"""What a class survives: a channel that loses, a node that stalls, a database that drops its connections."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence

import asyncpg
import pytest

from server.storage.postgres import Database
from signaling import protocol as wire
from signaling.classroom.letters import CommandAsk
from signaling.classroom.log import Append, Outcome, flush
from signaling.context import Channels
from signaling.errors import SignalingError
from tests.support.class_nodes import Enter, Node, a_class, browsers, running_node

pytestmark = [pytest.mark.store, pytest.mark.drill]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


class Lossy:
    """Channels that lose one frame of a class in three."""

    def __init__(self, channels: Channels, seed: int) -> None:
        self._channels = channels
        self._chance = random.Random(seed)

    async def publish(self, channel: str, payload: bytes) -> None:
        if not channel.startswith("class:") or self._chance.random() > 1 / 3:
            await self._channels.publish(channel, payload)

    async def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> None:
        await self._channels.subscribe(channel, hear)

    async def unsubscribe(self, channel: str) -> None:
        await self._channels.unsubscribe(channel)

    def healthy(self) -> bool:
        return self._channels.healthy()


async def test_what_the_channel_loses_the_log_gives(
    database: Database, valkey_url: str, enter: Enter
) -> None:
    place = await a_class(database)
    async with (
        running_node(database, valkey_url, through=lambda c: Lossy(c, 1)) as one,
        running_node(database, valkey_url, through=lambda c: Lossy(c, 2)) as two,
    ):
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)
        for n in range(30):
            assert (await ann.command("chat.send", text=f"a{n}"))["ok"]
        assert (await bob.command("chat.send", text="heard you"))["ok"]
        for browser in (ann, bob):
            await browser.until(lambda browser=browser: "heard you" in browser.texts)  # type: ignore[misc]
            assert browser.texts == [*(f"a{n}" for n in range(30)), "heard you"]


async def test_a_node_that_stalls_loses_its_classes_and_its_browsers_notice_nothing(
    database: Database, valkey_url: str, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await a_class(database)
    async with (
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)

        async def cannot() -> None:
            raise TimeoutError

        monkeypatch.setattr(one.hub._lease, "renew", cannot)
        while ann.epoch == 1 or bob.epoch == 1:
            asked = await bob.command("chat.send", text="who owns us?")
            answered = await ann.command("chat.send", text="somebody does")
            assert (asked["ok"], answered["ok"]) == (True, True), (asked, answered)
            await bob.until(lambda: bob.seq == ann.seq)
            await asyncio.sleep(0.2)  # no faster than the gates let people talk

        assert ann.connected
        assert ann.welcome[1:] == bob.welcome[1:] == []
        assert [event["seq"] for event in bob.events] == sorted(
            event["seq"] for event in bob.events
        )


async def test_an_owner_that_does_not_know_it_was_replaced_appends_nothing(
    database: Database, valkey_url: str, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await a_class(database)
    async with (
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        ann = await enter(place, "ann", one)
        async with database.transaction(place.tenant_id) as tx:
            await tx.execute(
                "UPDATE live_classes SET owner_node = $1::text::uuid, epoch = epoch + 1",
                two.node_id,
            )
        bob = await enter(place, "bob", two)

        assert (await ann.command("chat.send", text="through the new owner"))["ok"]

        await bob.until(lambda: bob.texts == ["through the new owner"])
        await ann.until(lambda: ann.texts == ["through the new owner"])


async def _cut_connections(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


class FullDisk:
    """The way of events into the log, which can be full; `tried` is how often something was to be written to it."""

    def __init__(self) -> None:
        self.full = False
        self.tried = 0

    async def flush(
        self, connection: asyncpg.Connection, rows: Sequence[Append]
    ) -> Sequence[Outcome]:
        if self.full:
            self.tried += 1
            raise asyncpg.DiskFullError("could not extend file: No space left on device")
        return await flush(connection, rows)


async def test_a_full_disk_is_not_asked_without_end(
    database: Database, valkey_url: str, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk()
    monkeypatch.setattr("tests.support.class_nodes.flush", disk.flush)
    place, clock = await a_class(database), asyncio.get_running_loop().time
    async with (
        running_node(database, valkey_url) as node,
        running_node(database, valkey_url) as other,
    ):
        ann = await enter(place, "ann", node)
        disk.full = True
        began = clock()
        refused = set()
        while clock() - began < 3:
            for asker in (node, other):
                command = wire.ChatSend(id="once", text="saved at last")
                try:
                    await asker.hub._classes.ask(
                        CommandAsk(place=place, by="ann", command=command)
                    )
                except SignalingError as error:
                    refused.add(error.code)
            await asyncio.sleep(0.02)
        # Three short pauses, and then of three quarters of a second at least.
        assert disk.tried <= 5 + (clock() - began) / 0.75
        assert refused == {"unavailable"}

        disk.full = False
        command = wire.ChatSend(id="once", text="saved at last")
        await _say(node, CommandAsk(place=place, by="ann", command=command))
        await ann.until(lambda: ann.texts == ["saved at last"])


async def _say(node: Node, ask: CommandAsk) -> None:
    """Until it is acknowledged, always with the same id, as a browser does."""
    while True:
        try:
            await node.hub._classes.ask(ask)
        except SignalingError:
            await asyncio.sleep(0.05)
        else:
            return


async def test_what_was_acknowledged_is_there_once_when_the_database_drops_its_connections(
    database_url: str, valkey_url: str, enter: Enter
) -> None:
    async with Database(database_url, pool_size=4, statement_timeout_ms=5000) as database:
        place = await a_class(database)
        async with running_node(database, valkey_url) as node:
            ann = await enter(place, "ann", node)
            texts = [f"t{n}" for n in range(200)]
            async with asyncio.TaskGroup() as group:
                for text in texts:
                    command = wire.ChatSend(id=text, text=text)
                    group.create_task(
                        _say(node, CommandAsk(place=place, by="ann", command=command))
                    )
                for _ in range(3):
                    await _cut_connections(database_url)
            await ann.until(lambda: len(ann.texts) >= len(texts))
            assert sorted(ann.texts) == sorted(texts)
