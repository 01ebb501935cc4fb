"""People of a class who attack it: whatever they send is answered by its code, bounded, and unheard in another class."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

from server.demo import demo_id
from tests.store.test_school_sockets import Socket, join, sign_in
from tests.support.media_raw import RawClient
from tests.support.running import RunningLectern
from tests.support.school import Api

GOOD: dict[str, dict[str, Any]] = {
    "chat.send": {"id": "1", "text": "hi"},
    "chat.delete": {"id": "1", "message": 1},
    "hand.lower": {"id": "1", "user": "x"},
    "track.set": {"id": "1", "source": "mic", "on": True},
    "person.mute": {"id": "1", "user": "x", "source": "mic"},
    "person.role": {"id": "1", "user": "x", "role": "teacher"},
    "person.remove": {"id": "1", "user": "x"},
    "reaction.send": {"kind": "heart"},
    "media.publish": {"id": "1", "sdp": "v=0", "sources": ["mic"]},
    "media.answer": {"n": 1, "sdp": "v=0"},
    "media.want": {"tracks": [{"track": "x/camera", "width": 1}]},
}
ODD: tuple[Any, ...] = (None, -1, 2**53, 2**64, -(2**70), 1.5, "", "\x00", "x" * 3000, [], {})
BAD_CODES = {"bad_message", "chat_empty", "chat_too_long", "forbidden", "not_found", "bad_sdp"}
BAD_CODES |= {"not_in_class", "busy"}


@pytest.fixture(scope="module")
async def nobody(lectern: RunningLectern) -> AsyncIterator[Api]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Api(session, lectern.base_url)


@pytest.fixture(autouse=True)
async def unharmed(lectern: RunningLectern, nobody: Api) -> AsyncIterator[None]:
    """A class of another course of events goes on all the time, and the log has no word of the attack."""
    teacher = await sign_in(nobody, "teacher")
    times = {"starts_at": "2026-01-01T08:00:00Z", "ends_at": "2026-01-01T09:00:00Z"}
    path = f"/courses/{demo_id('course')}/classes"
    made = await teacher.call("POST", path, {"title": "Calm", **times}, key=secrets.token_hex(8))
    assert (await teacher.call("POST", f"/classes/{made.body['id']}/open")).status == 200
    calm = Socket()
    await calm.enter(lectern.base_url, await join(teacher, made.body["id"]))

    # It is asked to end: in Python 3.11 an answer that comes with the cancellation would make wait_for swallow it.
    over = asyncio.Event()

    async def goes_on() -> None:
        while not over.is_set():
            said = {"id": secrets.token_hex(8), "text": "Let us go on."}
            assert (await calm.ask("chat.send", said))["ok"]
            assert (await calm.ask("beat", {}))["ok"]
            await asyncio.sleep(0.2)

    going = asyncio.ensure_future(goes_on())
    yield
    assert not going.done()
    over.set()
    await going
    assert (await calm.ask("beat", {}))["ok"]
    await calm.leave()
    assert "Traceback" not in lectern.output


async def attacker(lectern: RunningLectern, nobody: Api) -> Socket:
    socket = Socket()
    await socket.enter(lectern.base_url, await join(await sign_in(nobody, "student9")))
    return socket


def odd_bodies(good: dict[str, Any]) -> list[Any]:
    bodies = [{**good, name: odd} for name in good if name != "id" for odd in ODD]
    if "tracks" in good:
        bodies += [{"tracks": [{"track": "a/b", "width": odd}]} for odd in ODD]
        bodies += [{"tracks": [{"track": odd, "width": 1}]} for odd in ODD]
    return [*ODD, {**good, "more": 1}, {**good, "id": "a b"}, *bodies]


async def test_odd_values_of_every_event_are_answered_by_their_code(
    lectern: RunningLectern, nobody: Api
) -> None:
    for event, good in GOOD.items():
        socket = await attacker(lectern, nobody)
        for number, body in enumerate(odd_bodies(good)):
            if number % 10 == 0:
                await socket.ask("beat", {})
            asked = body
            if isinstance(body, dict) and body.get("id") == "1":
                asked = {**body, "id": secrets.token_hex(8)}
            told = await socket.ask(event, asked)
            assert told.get("ok") or told["code"] in BAD_CODES, (event, body, told)
        await socket.leave()


@pytest.mark.parametrize("event", ["chat.send", "hand.raise", "media.publish", "media.subscribe"])
async def test_a_flood_of_an_event_is_held_to_its_rate(
    lectern: RunningLectern, nobody: Api, event: str
) -> None:
    socket = await attacker(lectern, nobody)
    client = RawClient(lectern.media_port)
    more: dict[str, dict[str, Any]] = {
        "chat.send": {"text": "x" * 2000},
        "media.publish": {"sdp": client.offer(kind="video"), "sources": ["camera"]},
    }
    asks = (
        socket.ask(event, {"id": secrets.token_hex(8), **more.get(event, {})}) for _ in range(150)
    )
    told = Counter(answer.get("code", "ok") for answer in await asyncio.gather(*asks))
    assert set(told) <= {"ok", "busy"}
    assert told["busy"] >= 50
    await socket.leave()
    client.close()


async def test_two_tabs_that_replace_each_other_replace_nobody_else(
    lectern: RunningLectern, nobody: Api
) -> None:
    token = await join(await sign_in(nobody, "student9"))
    tabs = []
    for _ in range(20):
        tab = Socket()
        await tab.enter(lectern.base_url, token)
        tabs.append(tab)
    async with asyncio.timeout(30):
        await asyncio.gather(*(tab.gone.wait() for tab in tabs[:-1]))
    assert (await tabs[-1].ask("beat", {}))["ok"]
    assert not tabs[-1].gone.is_set()
    for tab in tabs:
        await tab.leave()


async def test_a_token_of_one_class_opens_no_other(lectern: RunningLectern, nobody: Api) -> None:
    student = await sign_in(nobody, "student9")
    token = await join(student)
    for wrong in (student.token or "", token[:-1], token.swapcase(), ""):
        with pytest.raises(Exception, match=r"."):
            await Socket().enter(lectern.base_url, wrong)
    media = nobody.as_(token)
    path = f"/classes/{demo_id('class 2')}/whip"
    sdp = {"Content-Type": "application/sdp"}
    assert (await media.call("POST", path, data=b"v=0\r\n", headers=sdp)).status == 404
