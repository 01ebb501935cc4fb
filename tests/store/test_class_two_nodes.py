"""A class over two nodes: who owns it, who takes it over, and that nobody in it notices more than a pause."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.storage.postgres import Database
from tests.support.class_nodes import Enter, Node, a_class, browsers, refused, running_node
from tests.support.class_process import node_process

pytestmark = [pytest.mark.store, pytest.mark.drill]


@pytest.fixture(scope="module")
async def nodes(database: Database, redis_url: str) -> AsyncIterator[list[Node]]:
    async with running_node(database, redis_url) as one, running_node(database, redis_url) as two:
        yield [one, two]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


async def test_both_nodes_hear_the_same_class(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    tess = await enter(place, "tess", nodes[0], "teacher")
    sam = await enter(place, "sam", nodes[1])

    for n in range(10):
        await (tess if n % 2 else sam).command("chat.send", text=str(n))
    await sam.command("hand.raise")

    await tess.until(lambda: len(tess.heard("hand.raised")) == 1)
    await sam.until(lambda: len(sam.heard("hand.raised")) == 1)
    assert tess.texts == sam.texts == [str(n) for n in range(10)]


async def test_the_newest_connection_of_a_person_wins_on_any_node(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    older = await enter(place, "sam", nodes[0])
    newer = await enter(place, "sam", nodes[1])

    await older.until(lambda: not older.connected)

    assert older.notices[-1] == {"type": "replaced"}
    assert (await newer.command("chat.send", text="still here"))["ok"]


async def test_typing_and_reactions_reach_the_other_node(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    tess = await enter(place, "tess", nodes[0], "teacher")
    sam = await enter(place, "sam", nodes[1])

    await sam.ask("chat.typing")
    await sam.ask("reaction.send", kind="applause")

    await tess.until(lambda: bool(tess.noticed("typing")) and bool(tess.noticed("reaction")))
    assert tess.noticed("typing")[0]["users"] == ["sam"]
    assert tess.noticed("reaction")[0] == {"type": "reaction", "user": "sam", "kind": "applause"}


async def test_a_removed_person_is_told_and_cannot_come_back(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    tess = await enter(place, "tess", nodes[0], "teacher")
    sam = await enter(place, "sam", nodes[1])

    assert (await tess.command("person.remove", user="sam"))["ok"]

    await sam.until(lambda: not sam.connected)
    assert sam.notices[-1] == {"type": "ended", "reason": "removed"}
    assert await refused(place, "sam", nodes[1]) == "removed"


async def test_a_class_that_closes_ends_for_all(
    database: Database, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    people = [await enter(place, f"p{n}", nodes[n % 2]) for n in range(4)]

    await nodes[1].hub.close(place.tenant_id, place.class_id, "p0")
    await nodes[0].hub.close(place.tenant_id, place.class_id, "p0")

    for person in people:
        await person.until(lambda person=person: not person.connected)  # type: ignore[misc]
        assert len(person.heard("class.closed")) == 1
        assert person.notices[-1] == {"type": "ended", "reason": "closed"}
    assert await refused(place, "late", nodes[0]) == "class_closed"


async def test_the_owner_is_killed_and_the_class_goes_on(
    database: Database, database_url: str, redis_url: str, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    async with node_process(database_url, redis_url) as doomed:
        tess = await enter(place, "tess", doomed, "teacher")
        sam = await enter(place, "sam", nodes[0])
        sue = await enter(place, "sue", nodes[1])
        assert (await sam.command("chat.send", text="before"))["ok"]
        await doomed.kill()

        answers = await asyncio.gather(
            sam.command("chat.send", text="during"), sue.command("hand.raise")
        )
        assert [answer["ok"] for answer in answers] == [True, True]
        await tess.enter(nodes[0], resume=True)

    await tess.until(lambda: len(tess.heard("hand.raised")) == 1)
    await sue.until(lambda: "during" in sue.texts)
    await sam.until(lambda: len(sam.heard("hand.raised")) == 1)
    assert tess.texts == ["before", "during"]
    assert sam.texts == ["before", "during"]
    assert [event["seq"] for event in tess.events] == sorted(
        {event["seq"] for event in tess.events}
    )
    assert {event["epoch"] for event in sam.events} >= {1, 2}


async def test_a_node_that_is_stopped_hands_its_classes_over(
    database: Database, redis_url: str, nodes: list[Node], enter: Enter
) -> None:
    place = await a_class(database)
    async with running_node(database, redis_url) as leaving:
        tess = await enter(place, "tess", leaving, "teacher")
        sam = await enter(place, "sam", nodes[0])
    await tess.until(lambda: not tess.connected)
    assert tess.notices[-1]["type"] == "resume"

    assert (await sam.command("chat.send", text="where did she go"))["ok"]
    await tess.enter(nodes[1], resume=True)

    await tess.until(lambda: tess.texts == ["where did she go"])
    assert not sam.heard("person.left")
