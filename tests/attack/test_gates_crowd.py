"""Crowds at the door of the wire: a school that arrives at once, and an address that will not stop."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.wire_server import Attacked, attacked
from tests.support.wires import ClosedError, RawSocket

PATH = "/socket.io/?EIO=4&transport=websocket"
SCHOOL = 1000


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[Attacked]:
    """A server with the limits of production, and patience with a slow test machine."""
    async with attacked(tmp_path, "--connect-deadline", "60", "--ping-timeout", "60") as running:
        yield running


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Attacked]:
    """A server that lets one address in five times at once, and then once in five seconds."""
    async with attacked(tmp_path, "--connects", "0.2", "5") as running:
        yield running


async def test_a_thousand_connect_at_once_and_leave_nothing(school: Attacked) -> None:
    sockets = await asyncio.gather(*(school.member() for _ in range(SCHOOL)))
    stats = await school.stats()
    assert (stats["sessions"], stats["members"]) == (SCHOOL, SCHOOL)
    for number, socket in enumerate(sockets):
        socket.send(f'42/class,{number}["beat"]')
    for number, socket in enumerate(sockets):
        assert await socket.said() == f'43/class,{number}[{{"ok":true}}]'
    await asyncio.gather(*(socket.close() for socket in sockets))
    async with asyncio.timeout(60):
        while (await school.stats()).get("disconnect") != SCHOOL:
            await asyncio.sleep(0.05)
    stats = await school.stats()
    assert (stats["sessions"], stats["members"]) == (0, 0)
    assert "Traceback" not in school.logged()


async def test_an_address_that_will_not_stop_is_told_when_to_come_back(narrow: Attacked) -> None:
    codes = list[int | None]()
    for _ in range(20):
        try:
            await (await RawSocket.open(narrow.port, PATH)).close()
        except ClosedError as end:
            codes.append(end.code)
    assert len(codes) >= 10
    assert set(codes) == {429}
    params = {"EIO": "4", "transport": "polling"}
    async with asyncio.timeout(60):
        while True:
            async with narrow.http.get(narrow.url, params=params) as answer:
                if answer.status == 200:
                    continue
                assert answer.status == 429
                assert answer.headers["Retry-After"] == "1"
                assert answer.headers["Connection"] == "close"
                assert (await answer.json())["code"] == "busy"
                break
    async with asyncio.timeout(60):
        while True:
            async with narrow.http.get(narrow.url, params=params) as answer:
                if answer.status == 200:
                    break
            await asyncio.sleep(0.1)


async def test_those_who_are_in_do_not_notice_the_crowd(narrow: Attacked) -> None:
    member = await narrow.member()

    async def knock() -> None:
        for _ in range(50):
            with contextlib.suppress(ClosedError):
                await (await RawSocket.open(narrow.port, PATH)).close()

    await asyncio.gather(*(knock() for _ in range(10)))
    member.send('42/class,1["beat"]')
    assert await member.said() == '43/class,1[{"ok":true}]'
    await member.close()


@pytest.mark.parametrize("way", [[], ["--plain"]], ids=["direct", "plain"])
async def test_a_reader_that_takes_nothing_is_cut_after_a_while(
    tmp_path: Path, way: list[str]
) -> None:
    async with attacked(tmp_path, "--stall", "1", *way) as running:
        reader = await running.member()
        reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(20):
            reader.send('42/class,["burst",10,4000]')
            reader.send('42/class,["burst",5,4000]')
        assert await running.count_of("wire_cut_total stalled") == 1
        assert (await running.stats())["sessions"] == 0
        reader.writer.transport.abort()


async def test_a_node_that_stops_tells_everyone_to_come_back(school: Attacked) -> None:
    socket = await school.member()
    assert school.process.stdin is not None
    school.process.stdin.close()
    notice = json.loads(str(await socket.said()).removeprefix("42/class,"))
    assert (notice[0], notice[1]["type"]) == ("notice", "resume")
    assert await socket.closed() == 1001
    assert await asyncio.wait_for(school.process.wait(), 10) == 0
    assert "Traceback" not in school.logged()


async def test_a_handler_of_ours_that_fails_is_ours_to_log(school: Attacked) -> None:
    socket = await school.member()
    socket.send('42/class,1["broken"]')
    answer = json.loads(str(await socket.said()).removeprefix("43/class,1"))[0]
    assert (answer["ok"], answer["code"]) == (False, "internal")
    assert "ZeroDivision" not in str(answer)
    assert "ZeroDivisionError" in school.logged()
    await socket.close()


@pytest.mark.parametrize("event", ["unspeakable", "unspeakable.later"])
async def test_an_answer_that_cannot_be_written_is_a_failure_and_no_end(
    school: Attacked, event: str
) -> None:
    socket = await school.member()
    socket.send(f'42/class,1["{event}"]')
    answer = json.loads(str(await socket.said()).removeprefix("43/class,1"))[0]
    assert (answer["ok"], answer["code"]) == (False, "internal")
    socket.send('42/class,2["beat"]')
    assert await socket.said() == '43/class,2[{"ok":true}]'
    await socket.close()
