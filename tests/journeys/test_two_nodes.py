"""The node that runs a class is killed in mid-class: the class goes on at the other, in order, and nobody clicks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.journeys.conftest import Enter
from tests.support.doors import Door
from tests.support.running import RunningLectern, TwoNodes


@pytest.fixture(scope="module")
async def lectern(two_nodes: TwoNodes) -> RunningLectern:
    """One of the two, for what every journey does."""
    return two_nodes.nodes[0]


async def owners(node: RunningLectern) -> int:
    """How many classes this node runs, by its metrics."""
    url = f"{node.base_url}/metrics"
    async with aiohttp.ClientSession() as http, http.get(url) as reply:
        lines = (await reply.text()).splitlines()
    return sum(
        int(float(line.split()[-1])) for line in lines if line.startswith("lectern_class_owners ")
    )


@pytest.fixture
async def doors(two_nodes: TwoNodes) -> AsyncIterator[list[Door]]:
    """One way to each node, that goes to the other when the first is gone: what a load balancer does."""
    ports = [node.http_port for node in two_nodes.nodes]
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Door(order).open()) for order in (ports, ports[::-1])
        ]


async def test_the_owner_is_killed_and_the_class_goes_on(
    two_nodes: TwoNodes, doors: list[Door], enter: Enter
) -> None:
    class_id = await two_nodes.nodes[0].open_class_id()
    teacher = await enter("teacher", doors[0].base_url)
    near = await enter("student1", doors[0].base_url)
    far = await enter("student2", doors[1].base_url)
    people = [teacher, near, far]
    for person in people:
        await person.join_class(class_id)
    for person in people:
        await person.sees_moving_pictures(2)
    await teacher.says("before")
    for person in people:
        await person.reads("before")
    users = [await person.user() for person in people]
    counts = [await owners(node) for node in two_nodes.nodes]
    assert sorted(counts) == [0, 1]

    await two_nodes.nodes[counts.index(1)].kill()
    await asyncio.gather(*(person.says(f"gap {person.who}") for person in people))

    for person in people:
        await person.is_back()
        for other in people:
            await person.reads(f"gap {other.who}")
    told = [await person.said() for person in people]
    assert told[0] == told[1] == told[2]
    assert len([line for line in told[0] if line.startswith("gap ")]) == 3
    for number, person in enumerate(people):
        for user in users[:number] + users[number + 1 :]:
            await person.sees_moving(user)
    await far.hears_from(users[0])
