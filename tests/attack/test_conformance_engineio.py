"""The 25 cases of the public Engine.IO 4 test suite, on both ways of carrying a websocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, web

from server.clock import SystemClock
from signaling.wire.engine import Engine
from signaling.wire.gates import WireLimits
from signaling.wire.polling import Polling
from signaling.wire.session import Session
from tests.support.waiting import until
from tests.support.wires import (
    ClosedError,
    CountingMeters,
    RawSocket,
    open_polling,
    serving,
)

PING_INTERVAL_S, PING_TIMEOUT_S = 0.3, 0.2
KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
TEXT_PACKETS = ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA=="]


class Echo:
    """Sends every message back."""

    def __init__(self) -> None:
        self.engine: Engine

    def opened(self, session: Session) -> None:
        """Nothing to do."""
        session.connect_due = None

    def text(self, session: Session, data: bytes) -> None:
        """Send it back."""
        self.engine.send(session, b"4" + data)

    def binary(self, session: Session, data: bytes) -> None:
        """Send it back."""
        self.engine.send(session, memoryview(data))

    def hints(self, session: Session) -> list[bytes]:
        """Nothing to say."""
        return []

    def moved(self, session: Session) -> None:
        """Nothing to do."""

    def closed(self, session: Session, reason: str) -> None:
        """Nothing to do."""


@dataclass
class Place:
    """Where the server under test is."""

    port: int
    engine: Engine
    http: ClientSession
    path: str = "/engine.io/?EIO=4&transport=websocket"

    @property
    def url(self) -> str:
        """The address for long-polling."""
        return f"http://127.0.0.1:{self.port}/engine.io/"

    async def socket(self, sid: str | None = None) -> RawSocket:
        """A websocket, of a session or of its own."""
        return await RawSocket.open(self.port, self.path + (f"&sid={sid}" if sid else ""))

    async def poll(self, sid: str) -> tuple[int, str]:
        """One poll: status and body."""
        params = {"EIO": "4", "transport": "polling", "sid": sid}
        async with self.http.get(self.url, params=params) as answer:
            return answer.status, await answer.text()

    async def post(self, sid: str, body: str) -> tuple[int, str]:
        """One POST: status and body."""
        params = {"EIO": "4", "transport": "polling", "sid": sid}
        async with self.http.post(self.url, params=params, data=body) as answer:
            return answer.status, await answer.text()

    def polling(self, sid: str) -> Polling:
        """The transport of a session."""
        link = self.engine.sessions[sid].link
        assert isinstance(link, Polling)
        return link


# On a busy machine a pong can be late; the suite's own timeout is kept where it is the point.
@pytest.fixture(params=["direct", "plain"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """A server that waits longer for a pong."""
    async with placed(request.param == "direct", 5.0) as made:
        yield made


@pytest.fixture(params=["direct", "plain"])
async def strict(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """A server with the settings of the suite."""
    async with placed(request.param == "direct", PING_TIMEOUT_S) as made:
        yield made


@asynccontextmanager
async def placed(fast: bool, ping_timeout_s: float) -> AsyncIterator[Place]:
    """A server that echoes, with the settings of the suite."""
    echo = Echo()
    limits = WireLimits(
        message_bytes=1_000_000,
        binary=True,
        ping_interval_s=PING_INTERVAL_S,
        ping_timeout_s=ping_timeout_s,
    )
    echo.engine = Engine(
        limits=limits,
        clock=SystemClock(),
        meters=CountingMeters(),
        fast=fast,
        upper=echo,
    )
    app = web.Application()
    echo.engine.attach(app, "engine.io")
    async with serving(app) as port, ClientSession() as http:
        yield Place(port, echo.engine, http)


def check_opening(text: str | bytes, upgrades: list[str]) -> None:
    assert isinstance(text, str)
    assert text.startswith("0")
    value = json.loads(text[1:])
    assert value.keys() == KEYS
    assert isinstance(value["sid"], str)
    assert value["upgrades"] == upgrades
    assert value["pingInterval"] == 300
    assert value["pingTimeout"] == 200
    assert value["maxPayload"] == 1_000_000


# --- Handshake ---


async def test_polling_opens_a_session(strict: Place) -> None:
    async with strict.http.get(strict.url, params={"EIO": "4", "transport": "polling"}) as answer:
        assert answer.status == 200
        check_opening(await answer.text(), ["websocket"])


@pytest.mark.parametrize(
    "query", ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"]
)
async def test_polling_refuses_a_bad_query(place: Place, query: str) -> None:
    async with place.http.get(f"{place.url}?{query}") as answer:
        assert answer.status == 400


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_polling_refuses_another_method(place: Place, method: str) -> None:
    url = f"{place.url}?EIO=4&transport=polling"
    async with place.http.request(method, url) as answer:
        assert answer.status == 400


async def test_websocket_opens_a_session(strict: Place) -> None:
    socket = await strict.socket()
    check_opening(await socket.message(), [])
    await socket.close()


@pytest.mark.parametrize(
    "query", ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]
)
async def test_websocket_refuses_a_bad_query(place: Place, query: str) -> None:
    with pytest.raises(ClosedError):
        await RawSocket.open(place.port, f"/engine.io/?{query}")


# --- Messages ---


@pytest.mark.parametrize("body", TEXT_PACKETS)
async def test_polling_sends_and_receives(place: Place, body: str) -> None:
    sid = await open_polling(place.http, place.url)
    assert await place.post(sid, body) == (200, "ok")
    assert await place.poll(sid) == (200, body)


async def test_polling_ends_at_a_bad_packet(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    assert (await place.post(sid, "abc"))[0] == 400
    assert (await place.poll(sid))[0] == 400


async def test_polling_ends_at_a_second_poll(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    polling = place.polling(sid)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(place.poll(sid))
        await until(lambda: polling.waiting)
        second = group.create_task(place.poll(sid))
    assert first.result() == (200, "1")
    assert second.result()[0] == 400
    assert (await place.poll(sid))[0] == 400


async def test_polling_ends_when_a_poll_is_cancelled(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    polling = place.polling(sid)
    task = asyncio.ensure_future(place.poll(sid))
    await until(lambda: polling.waiting)
    task.cancel()
    await asyncio.wait([task])
    assert (await place.poll(sid))[0] == 400


async def test_websocket_echoes_text(place: Place) -> None:
    socket = await place.socket()
    await socket.message()
    socket.send("4hello")
    assert await socket.message() == "4hello"
    await socket.close()


async def test_websocket_echoes_binary(place: Place) -> None:
    socket = await place.socket()
    await socket.message()
    socket.send_binary(bytes((1, 2, 3, 4)))
    assert await socket.message() == bytes((1, 2, 3, 4))
    await socket.close()


async def test_websocket_ends_at_a_bad_packet(place: Place) -> None:
    socket = await place.socket()
    await socket.message()
    socket.send("abc")
    await socket.closed()


# --- Heartbeat ---


async def test_polling_pings(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    for _ in range(3):
        assert await place.poll(sid) == (200, "2")
        assert (await place.post(sid, "3"))[0] == 200


async def test_polling_ends_without_pongs(strict: Place) -> None:
    sid = await open_polling(strict.http, strict.url)
    await asyncio.sleep(PING_INTERVAL_S + PING_TIMEOUT_S)  # the suite's own wait
    assert (await strict.poll(sid))[0] == 400


async def test_websocket_pings(place: Place) -> None:
    socket = await place.socket()
    await socket.message()
    for _ in range(3):
        assert await socket.message() == "2"
        socket.send("3")
    await socket.close()


async def test_websocket_ends_without_pongs(strict: Place) -> None:
    socket = await strict.socket()
    await socket.closed()


# --- Close ---


async def test_polling_closes(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    polling = place.polling(sid)
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(place.poll(sid))
        await until(lambda: polling.waiting)
        await place.post(sid, "1")
    assert poll.result() == (200, "6")
    assert (await place.poll(sid))[0] == 400


async def test_websocket_closes(place: Place) -> None:
    socket = await place.socket()
    await socket.message()
    socket.send("1")
    await socket.closed()


# --- Upgrade ---


async def test_upgrade(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    socket = await place.socket(sid)
    socket.send("2probe")
    assert await socket.message() == "3probe"
    assert await place.poll(sid) == (200, "6")
    socket.send("5")
    socket.send("4hello")
    assert await socket.message() == "4hello"
    await socket.close()


async def upgraded(place: Place) -> tuple[str, RawSocket]:
    sid = await open_polling(place.http, place.url)
    socket = await place.socket(sid)
    socket.send("2probe")
    await socket.message()
    socket.send("5")
    return sid, socket


async def test_upgrade_ends_long_polling(place: Place) -> None:
    sid, socket = await upgraded(place)
    assert (await place.poll(sid))[0] == 400
    socket.send("4hello")
    assert await socket.message() == "4hello"
    await socket.close()


async def test_upgrade_happens_once(place: Place) -> None:
    sid, socket = await upgraded(place)
    second = await place.socket(sid)
    await second.closed()
    socket.send("4hello")
    assert await socket.message() == "4hello"
    await socket.close()
