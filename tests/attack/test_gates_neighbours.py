"""Long-polling behind two nodes of one port: any node takes any request, and only the right one answers."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web

from server.clock import SystemClock
from signaling.wire.neighbours import Neighbours
from signaling.wire.server import WireServer, build_server
from tests.support.wires import ClosedError, CountingMeters, RawSocket


@dataclass
class Node:
    """One of the two."""

    server: WireServer
    url: str
    port: int


async def start(stack: contextlib.AsyncExitStack, index: int, folder: Path) -> Node:
    server = build_server(
        meters=CountingMeters(),
        clock=SystemClock(),
        neighbours=Neighbours(index=index, folder=folder),
    )

    def where(sid: str) -> int:
        return index

    def connect(sid: str, environ: dict[str, str], auth: Any) -> None:
        """Everybody may come in."""

    server.on("connect", connect, namespace="/class")
    server.on("where", where, namespace="/class")
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.UnixSite(runner, str(folder / f"node-{index}.sock")).start()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = next(one for one in runner.addresses if isinstance(one, tuple))[1]
    return Node(server, f"http://127.0.0.1:{port}/socket.io/", port)


@pytest.fixture
async def nodes(short_folder: Path) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes that hear each other."""
    folder = short_folder / "wire"
    folder.mkdir(exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        yield await start(stack, 0, folder), await start(stack, 1, folder)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A browser."""
    async with ClientSession() as session:
        yield session


async def opened(http: ClientSession, node: Node) -> dict[str, str]:
    params = {"EIO": "4", "transport": "polling"}
    async with http.get(node.url, params=params) as answer:
        found = json.loads((await answer.text())[1:])
        assert found["upgrades"] == []
        return {**params, "sid": found["sid"]}


async def test_any_node_takes_the_requests_of_a_session(
    nodes: tuple[Node, Node], http: ClientSession
) -> None:
    home, other = nodes
    params = await opened(http, home)
    async with http.post(other.url, params=params, data="40/class,") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
    async with http.get(other.url, params=params) as answer:
        assert (await answer.text()).startswith("40/class,")
    async with http.post(home.url, params=params, data='42/class,1["where"]') as answer:
        assert answer.status == 200
    async with http.get(other.url, params=params) as answer:
        assert await answer.text() == "43/class,1[0]"
    assert not other.server.eio.sessions


async def test_a_session_of_a_node_that_is_gone_is_unknown(
    nodes: tuple[Node, Node], http: ClientSession
) -> None:
    home, _ = nodes
    params = await opened(http, home)
    for sid in ("9~abc", "1~abc", "../../etc~abc", "99999999~abc", "\u0661~abc", "~", "0~"):
        async with http.get(home.url, params={**params, "sid": sid}) as answer:
            assert answer.status == 400


async def test_a_request_is_passed_on_once(nodes: tuple[Node, Node], http: ClientSession) -> None:
    home, other = nodes
    params = await opened(http, home)
    async with http.get(other.url, params=params, headers={"Lectern-Passed": "1"}) as answer:
        assert answer.status == 400


async def test_the_gates_hold_before_anything_is_passed_on(
    nodes: tuple[Node, Node], http: ClientSession
) -> None:
    home, other = nodes
    params = await opened(http, home)
    async with http.get(other.url, params=params, headers={"Origin": "null"}) as answer:
        assert answer.status == 400
    async with http.post(other.url, params=params, data="4" * 70_000) as answer:
        assert answer.status == 400
    with pytest.raises(ClosedError):
        await RawSocket.open(
            other.port, f"/socket.io/?EIO=4&transport=websocket&sid={params['sid']}"
        )
