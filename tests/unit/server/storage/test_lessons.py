"""Popping the next lesson: keys as they are made elsewhere, deadlines, and Redis left alone after it failed."""

import asyncio
import time
from typing import Any

import hiredis
import pytest

from lms.adaptive.model import Chosen, Reason
from lms.practice import wire
from server.storage import lessons
from server.storage.lessons import SCRIPT, SCRIPT_SHA, Lessons
from server.storage.link import LinkLostError, Tell
from server.storage.playlists import list_key
from server.telemetry.metrics import PrometheusMeters

PLACE = tuple(f"01a1f9ce-beb5-7acc-bfc2-00000000000{n}" for n in range(3))
WHO = ("s", "c", "u")
ITEM = Chosen(
    item_id="i",
    question_id="q",
    version=3,
    skills=("s",),
    difficulty=50,
    reason=Reason(why="due_review", skill="s", days=4),
    chance_milli=700,
)
ELEMENT = wire.packed("p", [ITEM], left=1)


class Channels:
    """Answers with what it is given, in turn; with nothing left it says nothing."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.sent: list[tuple[str | bytes, ...]] = []
        self.tells: list[Tell] = []

    def send(self, key: str, tell: Tell, *words: str | bytes) -> None:
        self.sent.append(words)
        self.tells.append(tell)
        if self.replies:
            tell(self.replies.pop(0))


def made(*replies: Any) -> tuple[Lessons, Channels]:
    channels = Channels(*replies)
    return Lessons(channels, PrometheusMeters()), channels


async def test_the_keys_are_those_of_the_list_that_is_filled() -> None:
    one, channels = made(ELEMENT, [])
    school, course, learner = PLACE
    found = await one.pop((school, course, learner), None)
    assert found is not None
    assert (found.batch.practice_id, found.batch.left, found.again) == ("p", 1, False)
    waits = list_key((school, course, learner))
    assert channels.sent == [("LPOP", waits)]
    assert await one.pop((school, course, learner), "k") is None
    assert channels.sent[1][2:4] == ("2", waits)
    # In one slot of a cluster, and without the caller's words in it.
    assert str(channels.sent[1][4]).startswith(waits + "-")


async def test_a_script_that_redis_has_forgotten_is_sent_once_more() -> None:
    one, channels = made(hiredis.ReplyError("NOSCRIPT No matching script."), [ELEMENT, 1])
    found = await one.pop(("s", "c", "u"), "k")
    assert found is not None
    assert found.again
    assert [words[:2] for words in channels.sent] == [("EVALSHA", SCRIPT_SHA), ("EVAL", SCRIPT)]


@pytest.mark.parametrize(
    "fault", [LinkLostError("gone"), hiredis.ReplyError("CLUSTERDOWN"), hiredis.ReplyError("OOM")]
)
async def test_after_a_failure_redis_is_left_alone_for_a_while(fault: Exception) -> None:
    one, channels = made(fault, ELEMENT)
    assert await one.pop(("s", "c", "u"), None) is None
    assert await one.pop(("s", "c", "u"), None) is None
    assert len(channels.sent) == 1
    one._away_until = 0.0
    assert await one.pop(("s", "c", "u"), None) is not None


async def test_who_waits_too_long_is_served_by_rule_and_a_late_reply_is_nobodys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lessons, "TURN_SECONDS", 0.004)
    one, channels = made()
    async with asyncio.timeout(1):
        assert (
            await asyncio.gather(*(one.pop(("s", "c", "u"), None) for _ in range(3))) == [None] * 3
        )
    for tell in channels.tells:
        tell(ELEMENT)


@pytest.mark.parametrize(
    "reply", [[b"\xc1", 1], [b"", 0], b"\xc1", b"", None, 7, [ELEMENT], [None, 0]]
)
async def test_what_is_no_lesson_is_none(reply: Any) -> None:
    one, _ = made(reply)
    assert await one.pop(("s", "c", "u"), None) is None


async def test_a_loop_that_is_late_by_itself_does_not_take_redis_for_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lessons, "TURN_SECONDS", 0.004)
    one, channels = made()
    asked = asyncio.ensure_future(one.pop(("s", "c", "u"), None))
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251 - the loop stands still for many times the deadline
    asyncio.get_running_loop().call_soon(channels.tells[0], ELEMENT)
    assert await asked is not None


async def test_under_a_key_that_the_rule_answered_while_redis_was_away_the_rule_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here at once, though a lesson waits; and on other nodes as soon as Redis is told."""
    monkeypatch.setattr(lessons, "AWAY_SECONDS", 0.02)
    lost = LinkLostError("gone")
    one, channels = made(lost, lost, lost)
    assert await one.pop(WHO, "failed") is None
    assert await one.pop(WHO, "away") is None
    assert [words[0] for words in channels.sent] == ["EVALSHA"]
    _, owed = lessons._keys(WHO, "away")
    async with asyncio.timeout(2):
        while len(channels.sent) < 5:  # two marks that are lost, and the same again
            await asyncio.sleep(0.005)
    assert channels.sent[-1] == ("SET", owed, "", "PX", str(lessons.KEEP_MS))
    one._away_until, asked = 0.0, len(channels.sent)
    assert await one.pop(WHO, "failed") is None
    assert len(channels.sent) == asked, "it is known here without asking"
    for tell in channels.tells[-2:]:
        tell("OK")
    channels.replies.append([ELEMENT, 0])
    assert await one.pop(WHO, "another") is not None


async def test_no_more_keys_are_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lessons, "OWED_MAX", 2)
    one, channels = made(LinkLostError("gone"))
    for key in "abc":
        assert await one.pop(WHO, key) is None
    one._away_until = 0.0
    channels.replies.append([ELEMENT, 0])
    assert await one.pop(WHO, "c") is None
    assert await one.pop(WHO, "a") is not None
