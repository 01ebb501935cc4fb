"""The 32 cases of the public Socket.IO 5 test suite, on both ways of carrying a websocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession, web

from server.clock import SystemClock
from signaling.wire.gates import WireLimits
from signaling.wire.polling import Polling
from signaling.wire.server import WireServer, build_server
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


def echoing(server: WireServer, namespace: str) -> None:
    """The handlers that the suite asks for."""

    async def connect(sid: str, environ: dict[str, str], auth: Any) -> None:
        await server.emit("auth", auth or {}, to=sid, namespace=namespace)

    async def message(sid: str, *args: Any) -> None:
        await server.emit("message-back", args, to=sid, namespace=namespace)

    def message_with_ack(sid: str, *args: Any) -> tuple[Any, ...]:
        return args

    server.on("connect", connect, namespace=namespace)
    server.on("message", message, namespace=namespace)
    server.on("message-with-ack", message_with_ack, namespace=namespace)


@dataclass
class Place:
    """Where the server under test is."""

    port: int
    server: WireServer
    http: ClientSession

    @property
    def url(self) -> str:
        """The address for long-polling."""
        return f"http://127.0.0.1:{self.port}/socket.io/"

    async def socket(self, sid: str | None = None) -> RawSocket:
        """A websocket, of a session or of its own."""
        path = "/socket.io/?EIO=4&transport=websocket" + (f"&sid={sid}" if sid else "")
        return await RawSocket.open(self.port, path)

    async def open(self) -> RawSocket:
        """A websocket past the Engine.IO handshake."""
        socket = await self.socket()
        await socket.message()
        return socket

    async def connected(self) -> RawSocket:
        """A websocket in the main namespace."""
        socket = await self.open()
        socket.send("40")
        await socket.message()
        await socket.message()
        return socket

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
    """A server with the namespaces and the settings of the suite."""
    server = build_server(
        meters=CountingMeters(),
        clock=SystemClock(),
        limits=WireLimits(
            message_bytes=1_000_000,
            binary=True,
            ping_interval_s=PING_INTERVAL_S,
            ping_timeout_s=ping_timeout_s,
            connect_deadline_s=3.0,
        ),
        fast=fast,
    )
    echoing(server, "/")
    echoing(server, "/custom")
    app = web.Application()
    server.attach(app)
    async with serving(app) as port, ClientSession() as http:
        yield Place(port, server, http)


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


# --- Engine.IO: handshake ---


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
    async with place.http.request(method, f"{place.url}?EIO=4&transport=polling") as answer:
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
        await RawSocket.open(place.port, f"/socket.io/?{query}")


# --- Engine.IO: heartbeat, close, upgrade ---


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
    socket = await place.open()
    for _ in range(3):
        assert await socket.message() == "2"
        socket.send("3")
    await socket.close()


async def test_websocket_ends_without_pongs(strict: Place) -> None:
    await (await strict.socket()).closed()


async def test_polling_closes(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    polling = place.server.eio.sessions[sid].link
    assert isinstance(polling, Polling)
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(place.poll(sid))
        await until(lambda: polling.waiting)
        await place.post(sid, "1")
    assert poll.result() == (200, "6")
    assert (await place.poll(sid))[0] == 400


async def test_websocket_closes(place: Place) -> None:
    socket = await place.open()
    socket.send("1")
    await socket.closed()


async def test_upgrade(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    socket = await place.socket(sid)
    socket.send("2probe")
    assert await socket.message() == "3probe"
    socket.send("5")
    session = place.server.eio.sessions[sid]
    await until(lambda: session.link is not None and session.link.transport_name == "websocket")
    await socket.close()


async def test_upgrade_ends_long_polling(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    socket = await place.socket(sid)
    socket.send("2probe")
    socket.send("5")
    assert (await place.poll(sid))[0] == 400
    await socket.close()


async def test_upgrade_happens_once(place: Place) -> None:
    sid = await open_polling(place.http, place.url)
    socket = await place.socket(sid)
    socket.send("2probe")
    socket.send("5")
    await (await place.socket(sid)).closed()
    await socket.close()


# --- Socket.IO: connect ---


@pytest.mark.parametrize(
    ("sent", "start", "auth"),
    [
        ("40", "40", '42["auth",{}]'),
        ('40{"token":"123"}', "40", '42["auth",{"token":"123"}]'),
        ("40/custom,", "40/custom,", '42/custom,["auth",{}]'),
        ('40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'),
    ],
)
async def test_connect(place: Place, sent: str, start: str, auth: str) -> None:
    socket = await place.open()
    socket.send(sent)
    welcome = await socket.message()
    assert isinstance(welcome, str)
    assert welcome.startswith(start)
    handshake = json.loads(welcome.removeprefix(start))
    assert handshake.keys() == {"sid"}
    assert isinstance(handshake["sid"], str)
    assert await socket.message() == auth
    await socket.close()


async def test_connect_refuses_an_unknown_namespace(place: Place) -> None:
    socket = await place.open()
    socket.send("40/random")
    assert await socket.message() == '44/random,{"message":"Invalid namespace"}'
    await socket.close()


async def test_connect_ends_at_a_bad_handshake(place: Place) -> None:
    socket = await place.open()
    socket.send("4abc")
    await socket.closed()


async def test_connect_must_come_in_time(place: Place) -> None:
    socket = await place.open()

    async def listen() -> None:
        while True:
            await socket.said()  # answers the pings

    with pytest.raises(ClosedError):
        await listen()


# --- Socket.IO: disconnect ---


async def test_disconnect_from_the_main_namespace(place: Place) -> None:
    socket = await place.connected()
    socket.send("41")
    assert await socket.message() == "2"
    await socket.close()


async def test_disconnect_from_a_custom_namespace(place: Place) -> None:
    socket = await place.connected()
    assert await socket.message() == "2"
    socket.send("40/custom")
    await socket.message()
    await socket.message()
    socket.send("41/custom")
    socket.send('42["message","message to main namespace"]')
    assert await socket.message() == '42["message-back","message to main namespace"]'
    await socket.close()


# --- Socket.IO: messages ---


async def test_message(place: Place) -> None:
    socket = await place.connected()
    socket.send('42["message",1,"2",{"3":[true]}]')
    assert await socket.message() == '42["message-back",1,"2",{"3":[true]}]'
    await socket.close()


async def test_message_with_binary_parts(place: Place) -> None:
    socket = await place.connected()
    parts = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    socket.send(f'452-["message",{parts}]')
    socket.send_binary(bytes((1, 2, 3)))
    socket.send_binary(bytes((4, 5, 6)))
    assert await socket.said() == f'452-["message-back",{parts}]'
    assert await socket.said() == bytes((1, 2, 3))
    assert await socket.said() == bytes((4, 5, 6))
    await socket.close()


async def test_message_with_an_acknowledgement(place: Place) -> None:
    socket = await place.connected()
    socket.send('42456["message-with-ack",1,"2",{"3":[false]}]')
    assert await socket.message() == '43456[1,"2",{"3":[false]}]'
    await socket.close()


async def test_message_with_binary_parts_and_an_acknowledgement(place: Place) -> None:
    socket = await place.connected()
    parts = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
    socket.send(f'452-789["message-with-ack",{parts}]')
    socket.send_binary(bytes((1, 2, 3)))
    socket.send_binary(bytes((4, 5, 6)))
    assert await socket.said() == f"462-789[{parts}]"
    assert await socket.said() == bytes((1, 2, 3))
    assert await socket.said() == bytes((4, 5, 6))
    await socket.close()


@pytest.mark.parametrize(
    "sent",
    ["4abc", "42{}", '42abc["message-with-ack",1,"2",{"3":[false]}]'],
    ids=["type", "payload", "ack"],
)
async def test_message_of_a_bad_form_ends_the_connection(place: Place, sent: str) -> None:
    socket = await place.connected()
    socket.send(sent)
    await socket.closed()
