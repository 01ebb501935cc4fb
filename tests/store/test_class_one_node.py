"""A class on one node: coming in, talking, hands, going, coming back."""

from collections.abc import AsyncIterator

import pytest
import socketio

from server.storage.postgres import Database
from signaling.context import JoinClaims
from signaling.errors import Refused
from tests.support.class_nodes import (
    Enter,
    Node,
    OpenTokens,
    a_class,
    browsers,
    refused,
    running_node,
)

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def node(database: Database, valkey_url: str) -> AsyncIterator[Node]:
    async with running_node(database, valkey_url) as running:
        yield running


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


async def test_chat_reaches_everyone_in_order(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    teacher = await enter(place, "tess", node, "teacher")
    student = await enter(place, "sam", node)

    answers = [await teacher.command("chat.send", text=f"hello {n}") for n in range(5)]

    assert [answer["ok"] for answer in answers] == [True] * 5
    await student.until(lambda: len(student.texts) == 5)
    assert student.texts == teacher.texts == [f"hello {n}" for n in range(5)]
    assert answers[-1]["seq"] == student.seq
    assert [p["user"] for p in student.welcome[0]["state"]["people"]] == ["tess", "sam"]


async def test_a_repeated_command_gets_the_same_answer(
    database: Database, node: Node, enter: Enter
) -> None:
    ann = await enter(await a_class(database), "ann", node)

    first = await ann.command("chat.send", id="once", text="hi")
    again = await ann.command("chat.send", id="once", text="hi")

    assert first == again
    assert ann.texts == ["hi"]


async def test_a_token_that_is_not_good_is_refused(database: Database, node: Node) -> None:
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(
            node.url, auth={"token": "x"}, namespaces=["/class"], transports=["websocket"]
        )


class RevokedOnTheWay(OpenTokens):
    """Tokens of one person are good until they have been looked at once."""

    seen = 0

    def verify_join(self, token: str) -> JoinClaims:
        claims = super().verify_join(token)
        if claims.user_id == "eve":
            self.seen += 1
            if self.seen > 1:
                raise Refused("This sign-in is over.", code="token_revoked")
        return claims


async def test_who_is_revoked_while_coming_in_stays_outside(
    database: Database, valkey_url: str, enter: Enter
) -> None:
    tokens = RevokedOnTheWay()
    async with running_node(database, valkey_url, tokens=tokens) as node:
        place = await a_class(database)
        ann = await enter(place, "ann", node)
        assert await refused(place, "eve", node) == "token_revoked"
        assert (await ann.command("chat.send", text="among us"))["ok"]
        edge = node.hub._classes.edge_of(ann.place)
        assert edge is not None
        assert [session.user_id for session in edge.sessions] == ["ann"]
    assert tokens.seen == 2
