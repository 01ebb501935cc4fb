"""The names of aiohttp, python-socketio and uvloop that the wire stands on: fails loudly when they change."""

import asyncio
import inspect
from importlib.metadata import version
from typing import cast

import pytest
import socketio
import uvloop
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from server.clock import SystemClock
from signaling.wire.engine import Engine
from signaling.wire.heads import PatientRunner
from signaling.wire.server import WireServer, build_server
from tests.support.wires import CountingMeters


def test_the_libraries_are_the_ones_that_were_read() -> None:
    """A new version may move what is private: read upgrade.py again, then change this."""
    assert version("aiohttp") == "3.14.5"
    assert version("python-socketio") == "5.18.1"
    assert version("uvloop") == "0.23.0"


async def test_aiohttp_lets_go_of_a_connection() -> None:
    handler = web.Server(lambda request: asyncio.sleep(0, web.Response()))()
    assert isinstance(handler, RequestHandler)
    assert handler._message_tail == b""
    assert handler._request_count == 0
    assert list(inspect.signature(handler.connection_lost).parameters) == ["exc"]

    class Transport(asyncio.Transport):
        closed = False

        def close(self) -> None:
            self.closed = True

        def get_extra_info(self, name: str, default: object = None) -> object:
            return None

    transport = Transport()
    handler.connection_made(transport)
    await asyncio.sleep(0)
    handler.transport = None
    handler.connection_lost(None)
    await asyncio.sleep(0)
    assert not transport.closed
    assert handler.transport is None


class Second(asyncio.Protocol):
    """Takes over, as our websocket does."""

    def __init__(self, heard: asyncio.Event) -> None:
        self.heard = heard

    def data_received(self, data: bytes) -> None:
        """The bytes came to the right place."""
        self.heard.set()


class First(asyncio.Protocol):
    """Gives its transport away at once."""

    def __init__(self, heard: asyncio.Event) -> None:
        self.heard = heard

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Give it away."""
        whole = cast("asyncio.Transport", transport)
        whole.set_write_buffer_limits(high=1000)
        whole.set_protocol(Second(self.heard))
        whole.resume_reading()


async def replaced() -> bool:
    """True when what is sent reaches the second protocol."""
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: First(heard), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"x")
    async with asyncio.timeout(5):
        await heard.wait()
    writer.close()
    server.close()
    return True


async def test_uvloop_lets_a_protocol_be_replaced() -> None:
    def run() -> bool:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(replaced())

    assert await asyncio.to_thread(run)  # a thread: the tests keep their own loop


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("_get_event_handler", ["self", "event", "namespace", "args"]),
        ("emit", None),
        ("disconnect", ["self", "sid", "namespace", "ignore_queue"]),
        ("enter_room", ["self", "sid", "room", "namespace"]),
        ("leave_room", ["self", "sid", "room", "namespace"]),
        ("call", None),
    ],
)
def test_python_socketio_has_the_names_we_stand_on(name: str, arguments: list[str] | None) -> None:
    theirs = inspect.signature(getattr(socketio.AsyncServer, name)).parameters
    ours = inspect.signature(getattr(WireServer, name)).parameters
    assert list(ours) == list(theirs)
    assert arguments is None or list(theirs) == arguments


def test_python_socketio_keeps_its_parts_where_we_put_ours() -> None:
    server = build_server(meters=CountingMeters(), clock=SystemClock())
    assert isinstance(server.eio, Engine)
    assert server.manager.server is server
    assert (server.handlers, server.namespace_handlers) == ({}, {})
    server.on("chat.send", print, namespace="/class")
    assert server.handlers == {"/class": {"chat.send": print}}


async def test_a_request_that_ends_as_the_server_stops_waiting_for_it_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """aiohttp's own handler raises InvalidStateError here; ours must go on having the names that it overrides."""
    answered = asyncio.Event()
    waiters = list[asyncio.Future[None]]()

    async def answer(request: web.Request) -> web.Response:
        await answered.wait()
        waiter = request.protocol._handler_waiter
        assert waiter is not None
        waiters.append(waiter)
        waiter.cancel()  # what the deadline of the stop does just now
        return web.Response()

    app = web.Application()
    app.router.add_get("/", answer)
    runner = PatientRunner(app, shutdown_timeout=5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    _, writer = await asyncio.open_connection(*runner.addresses[0][:2])
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    while not any(one._request_in_progress for one in app_connections(runner)):
        await asyncio.sleep(0.01)

    stopping = asyncio.ensure_future(runner.cleanup())
    while not any(one._handler_waiter for one in app_connections(runner)):
        await asyncio.sleep(0.01)
    answered.set()
    await stopping
    writer.close()

    assert waiters[0].cancelled()
    assert "InvalidStateError" not in caplog.text


def app_connections(runner: PatientRunner) -> list[RequestHandler]:
    server = super(PatientRunner, runner).server
    assert server is not None
    return server.connections
