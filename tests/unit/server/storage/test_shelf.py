"""What is kept in memory: made once however many ask, kept while it is used, and most of what a crowd asks for is there."""

import asyncio
import itertools
import random
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest

from server.storage.shelf import Shelf
from server.telemetry.metrics import PrometheusMeters


def shelf(most: int = 1000) -> Shelf[str]:
    return Shelf("test", PrometheusMeters(), most=most)


def started(work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
    return asyncio.get_running_loop().create_task(work)


class Maker:
    """Makes what it is asked for, when it may."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, names: Sequence[str]) -> dict[str, str]:
        self.asked += names
        await self.may.wait()
        return {name: name.upper() for name in names if name != "nothing"}


async def test_a_herd_is_one_call() -> None:
    one, make = shelf(), Maker()
    make.may.clear()
    herd = [started(one.all("school", ["a", "b"], make)) for _ in range(500)]
    late = started(one.all("school", ["b", "c"], make))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    make.may.set()
    assert await asyncio.gather(*herd) == [["A", "B"]] * 500
    assert await late == ["B", "C"]
    assert sorted(make.asked) == ["a", "b", "c"]
    assert one.here("school", ["a", "b", "c"]) == ["A", "B", "C"]


async def test_what_cannot_be_made_is_none_and_asked_for_again() -> None:
    one, make = shelf(), Maker()
    assert await one.all("school", ["a", "nothing"], make) == ["A", None]
    assert one.here("school", ["a", "nothing"]) is None
    await one.one("school", "nothing", make)
    assert make.asked == ["a", "nothing", "nothing"]


async def test_a_room_knows_nothing_of_another() -> None:
    one, make = shelf(), Maker()
    await one.one("school", "a", make)
    assert one.here("other", ["a"]) is None


@pytest.mark.parametrize("most", [1000, 8])  # all of it in the new half; in the old one
async def test_what_is_to_be_forgotten_is_made_anew_and_nothing_else_is(most: int) -> None:
    one, make = shelf(most), Maker()
    await one.all("school", ["a1", "a2", "b1", "b2", "b3"], make)
    make.asked.clear()
    one.forget("school", lambda name: name.startswith("a"))
    one.forget("another", lambda _: True)
    assert await one.all("school", ["a1", "a2", "b1"], make) == ["A1", "A2", "B1"]
    assert make.asked == ["a1", "a2"]


async def test_a_fault_is_everybodys_who_waited_and_nobodys_later() -> None:
    one, make = shelf(), Maker()

    async def fail(_: Sequence[str]) -> dict[str, str]:
        await asyncio.sleep(0)
        raise OSError("away")

    herd = [one.one("school", "a", fail) for _ in range(3)]
    assert [type(got) for got in await asyncio.gather(*herd, return_exceptions=True)] == [
        OSError
    ] * 3
    assert await one.one("school", "a", make) == "A"


async def test_who_goes_takes_nothing_from_those_who_stay() -> None:
    one, make = shelf(), Maker()
    make.may.clear()
    first = started(one.one("school", "a", make))
    await asyncio.sleep(0)
    second = started(one.one("school", "a", make))
    await asyncio.sleep(0)
    first.cancel()
    make.may.set()
    assert await second == "A"


async def test_what_is_used_stays_and_the_rest_goes() -> None:
    one, make = shelf(most=20), Maker()
    await one.one("school", "used", make)
    for number in range(100):
        await one.one("school", f"n{number}", make)
        assert one.here("school", ["used"]) == ["USED"]
    assert one.here("school", ["n1"]) is None
    assert sum(len(half.get("school", {})) for half in (one._new, one._old)) <= 22


@pytest.mark.parametrize(("room", "least"), [(1.0, 0.95), (0.5, 0.85)])
async def test_most_of_what_a_crowd_asks_for_is_there(room: float, least: float) -> None:
    """Asked for by Zipf's law, each thing as often as one over its rank; there is room for a part of them."""
    items = 2000
    one, make, chance = shelf(most=round(2 * items * room)), Maker(), random.Random(7)
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(items)))
    asked = 0
    for _ in range(5000):
        names = {str(name) for name in chance.choices(range(items), cum_weights=weights, k=20)}
        await one.all("school", sorted(names), make)
        asked += len(names)
    assert 1 - len(make.asked) / asked >= least
