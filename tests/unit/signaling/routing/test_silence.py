"""Who waits for a dead node is told when the class has another one, and nobody asks it again before it renews its lease."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from signaling.routing.place import Place
from signaling.routing.silence import SILENT_MAX, Silence

PLACE = Place(tenant_id="school", class_id="class")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def unanswered(silence: Silence, node_id: str) -> None:
    with pytest.raises(TimeoutError):
        async with silence.asking(PLACE, node_id):
            raise TimeoutError


async def waits_until_moved(silence: Silence) -> None:
    async with silence.asking(PLACE, "dead"):
        silence.moved(PLACE, "dead")
        await asyncio.sleep(0)
        silence.moved(PLACE, "next")
        await asyncio.Event().wait()


async def test_a_question_is_given_up_when_another_node_has_the_class() -> None:
    silence = Silence()
    with pytest.raises(TimeoutError):
        await waits_until_moved(silence)
    # Nobody found out whether it is silent.
    assert not silence.is_silent("dead")


async def test_other_questions_go_on() -> None:
    silence = Silence()
    async with silence.asking(PLACE, "next"):
        silence.moved(Place(tenant_id="school", class_id="other"), "third")
        silence.moved(PLACE, "next")
        await asyncio.sleep(0)


async def test_a_node_is_silent_until_it_renews_its_lease() -> None:
    silence = Silence()
    await unanswered(silence, "slow")
    assert silence.is_silent("slow")

    for _ in range(3):
        silence.seen("slow", NOON)
        assert silence.is_silent("slow")
    silence.seen("slow", NOON + timedelta(seconds=1))

    assert not silence.is_silent("slow")


async def test_a_node_that_says_something_is_not_silent() -> None:
    silence = Silence()
    await unanswered(silence, "slow")
    silence.heard("slow")
    assert not silence.is_silent("slow")


async def test_only_the_latest_silent_nodes_are_remembered() -> None:
    silence = Silence()
    for number in range(SILENT_MAX + 1):
        await unanswered(silence, str(number))
    assert not silence.is_silent("0")
    assert silence.is_silent(str(SILENT_MAX))
