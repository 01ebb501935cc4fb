"""Coming back: nothing lost, nothing twice, whatever the links do; and what a class does without Redis."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from server.storage.embedded import valkey
from server.storage.postgres import Database
from signaling.classroom import presence
from tests.support.class_nodes import (
    Browser,
    Enter,
    Node,
    a_class,
    browsers,
    running_node,
    say_past_the_gates,
)

pytestmark = pytest.mark.store

SEEDS = 4
SPEAKERS = 3
LISTENERS = 4
MESSAGES = 40


@pytest.fixture(scope="module")
async def nodes(database: Database, valkey_url: str) -> AsyncIterator[list[Node]]:
    async with (
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        yield [one, two]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


async def _talk(browser: Browser, chance: random.Random) -> None:
    for n in range(MESSAGES // SPEAKERS):
        answer = await browser.command("chat.send", text=f"{browser.user} {n}")
        assert answer["ok"], answer
        if chance.random() < 0.3:
            await browser.command(chance.choice(["hand.raise", "hand.lower"]))


async def _come_and_go(browser: Browser, nodes: list[Node], chance: random.Random) -> None:
    for _ in range(5):
        heard = len(browser.events) + chance.randrange(8)
        with_luck = asyncio.wait_for(browser.until(lambda: len(browser.events) >= heard), 0.2)  # noqa: B023 - awaited here
        await asyncio.gather(with_luck, return_exceptions=True)
        await browser.vanish()
        await browser.enter(chance.choice(nodes), resume=True)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whoever_comes_back_has_heard_everything_once(
    database: Database, nodes: list[Node], enter: Enter, seed: int
) -> None:
    chance = random.Random(seed)
    place = await a_class(database)
    speakers = [await enter(place, f"s{n}", chance.choice(nodes)) for n in range(SPEAKERS)]
    listeners = [await enter(place, f"l{n}", chance.choice(nodes)) for n in range(LISTENERS)]

    async with asyncio.TaskGroup() as group:
        for speaker in speakers:
            group.create_task(_talk(speaker, chance))
        for listener in listeners:
            group.create_task(_come_and_go(listener, nodes, chance))

    last = (await speakers[0].command("chat.send", text="the end"))["seq"]
    for browser in [*speakers, *listeners]:
        await browser.until(lambda browser=browser: browser.seq == last)  # type: ignore[misc]
        first = browser.welcome[0]["seq"]
        assert [event["seq"] for event in browser.events] == list(range(first + 1, last + 1))


async def test_a_short_gap_is_replayed_and_a_long_one_is_a_snapshot(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    ann, bob = await enter(place, "ann", nodes[0]), await enter(place, "bob", nodes[1])
    await bob.vanish()
    for n in range(3):
        await ann.command("chat.send", text=str(n))
    await bob.enter(nodes[0], resume=True)
    assert [event["data"]["text"] for event in bob.welcome[-1]["events"]] == ["0", "1", "2"]

    await bob.vanish()
    await say_past_the_gates(nodes[0], place, "ann", 501)
    await bob.enter(nodes[1], resume=True)
    assert "state" in bob.welcome[-1]
    assert len(bob.welcome[-1]["state"]["chat"]) == 200


async def test_a_resume_from_the_future_gets_the_state(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    ann = await enter(place, "ann", nodes[0])
    for epoch, seq in [(1, 10_000), (99, 1)]:
        await ann.vanish()
        ann.epoch, ann.seq = epoch, seq
        await ann.enter(nodes[0], resume=True)
        assert "state" in ann.welcome[-1]


async def test_a_deleted_message_is_in_no_replay_and_no_snapshot(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    ann, bob = await enter(place, "ann", nodes[0]), await enter(place, "bob", nodes[1])
    await bob.vanish()
    said = await ann.command("chat.send", text="regretted")
    await ann.command("chat.delete", message=said["seq"])
    await bob.enter(nodes[1], resume=True)
    cy = await enter(place, "cy", nodes[1])
    assert "regretted" not in str(bob.welcome[-1])
    assert "regretted" not in str(cy.welcome[-1])


async def test_silence_is_shown_then_taken_for_leaving(
    database: Database, nodes: list[Node], enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "AWAY_AFTER_S", 2.0)
    monkeypatch.setattr(presence, "LOST_AFTER_S", 6.0)
    place = await a_class(database)
    ann, bob = await enter(place, "ann", nodes[0]), await enter(place, "bob", nodes[1])
    bob.beating = False

    def of_bob() -> list[bool]:
        return [notice["away"] for notice in ann.noticed("presence") if notice["user"] == "bob"]

    await ann.until(lambda: of_bob() == [True])
    cy = await enter(place, "cy", nodes[0])
    assert "bob" in cy.welcome[0]["away"]
    bob.beating = True
    await ann.until(lambda: of_bob() == [True, False])

    bob.beating = False
    await ann.until(lambda: bool(ann.heard("person.left")))
    assert ann.heard("person.left") == [{"user": "bob", "reason": "lost"}]
    assert ann.events[-1]["by"] == "class"
    await bob.until(lambda: not bob.connected)
    await bob.enter(nodes[1], resume=True)
    await ann.until(lambda: ann.heard("person.joined")[-1]["user"] == "bob")


async def test_who_leaves_gets_an_answer_and_is_gone(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    ann, bob = await enter(place, "ann", nodes[0]), await enter(place, "bob", nodes[1])
    assert (await bob.command("class.leave"))["ok"]
    await ann.until(lambda: ann.heard("person.left") == [{"user": "bob", "reason": "left"}])
    assert (await bob.command("chat.send", text="?"))["code"] == "not_in_class"


async def test_a_revoked_sign_in_is_cut_and_has_left(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    ann, bob = await enter(place, "ann", nodes[0]), await enter(place, "bob", nodes[1])
    for node in nodes:
        node.hub.revoke("session", place.tenant_id, "session-bob", None)
    await bob.until(lambda: not bob.connected)
    assert bob.notices[-1] == {"type": "ended", "reason": "signed_out"}
    await ann.until(lambda: bool(ann.heard("person.left")))
    assert ann.connected


async def test_without_redis_a_class_goes_on_at_its_owner_and_is_heard_elsewhere(
    database: Database, short_folder: Path
) -> None:
    home = short_folder / "gone"
    home.mkdir()
    place = await a_class(database)
    async with AsyncExitStack() as redis, AsyncExitStack() as rest:
        url = await redis.enter_async_context(valkey(home, home))
        one = await rest.enter_async_context(running_node(database, url))
        two = await rest.enter_async_context(running_node(database, url))
        enter = await rest.enter_async_context(browsers())
        ann, bob = await enter(place, "ann", one), await enter(place, "bob", two)

        await redis.aclose()

        assert (await ann.command("chat.send", text="who needs it"))["ok"]
        await bob.until(lambda: bob.texts == ["who needs it"])
