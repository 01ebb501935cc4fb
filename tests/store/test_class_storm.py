"""Everybody's connection is reset at once: all come back by themselves, to where they were."""

import asyncio
import random

import pytest

from loadtests.clients.returner import Returner, in_class
from server.storage.postgres import Database
from tests.support.class_nodes import a_class, running_node, token

pytestmark = [pytest.mark.store, pytest.mark.drill]
CLASSES = 30
PEOPLE = 10
DEADLINE_S = 60.0


async def test_three_hundred_come_back_to_thirty_classes(
    database: Database, valkey_url: str
) -> None:
    places = [await a_class(database) for _ in range(CLASSES)]
    async with (
        running_node(database, valkey_url) as one,
        running_node(database, valkey_url) as two,
    ):
        people = [
            Returner(
                host="127.0.0.1",
                port=(one, two)[number % 2].port,
                token=token(places[number % CLASSES], f"p{number}"),
                chance=random.Random(number),
            )
            for number in range(CLASSES * PEOPLE)
        ]
        async with asyncio.timeout(DEADLINE_S), in_class(people, at_once=100):
            for person in people:
                person.drop()
            await asyncio.gather(*(person.back.wait() for person in people))

    assert [person.refused for person in people if person.refused] == []
    assert sum(person.gaps for person in people) == 0
    assert {person.snapshots for person in people} == {1}
    assert all(person.replays for person in people)
