"""The small server that sockets.py measures: on our wire, or on python-socketio as it comes."""

import asyncio
import sys
from typing import Any

import msgspec
import socketio
import uvloop
from aiohttp import web

from server.clock import SystemClock
from server.telemetry.metrics import PrometheusMeters
from signaling.wire.frames import event_frame
from signaling.wire.gates import Rate, WireLimits
from signaling.wire.server import build_server

FREE = Rate(per_s=1e9, burst=1e9)
TEXT = "x" * 80


def ours(fast: bool) -> Any:
    """Our wire, without its rates."""
    server = build_server(
        meters=PrometheusMeters(),
        clock=SystemClock(),
        limits=WireLimits(connects=FREE, events=FREE, each_event=FREE, connect_deadline_s=30),
        fast=fast,
    )
    members: set[str] = set()

    def connect(sid: str, environ: Any, auth: Any) -> None:
        members.add(sid)

    def disconnect(sid: str, reason: str) -> None:
        members.discard(sid)

    def echo(sid: str, data: Any) -> dict[str, Any]:
        return {"ok": True, "seq": data["seq"]}

    async def blast(sid: str, count: int) -> None:
        for seq in range(count):
            body = msgspec.json.encode({"epoch": 1, "seq": seq, "text": TEXT})
            server.send_frame(members, event_frame("/", "event", body))
            await asyncio.sleep(0)

    async def echo_async(sid: str, data: Any) -> dict[str, Any]:
        return {"ok": True, "seq": data["seq"]}

    for name, handler in {
        "connect": connect,
        "disconnect": disconnect,
        "echo": echo,
        "echo_async": echo_async,
        "blast": blast,
    }.items():
        server.on(name, handler)
    return server


def stock() -> Any:
    """python-socketio with its own defaults, but no compression."""
    server = socketio.AsyncServer(
        async_mode="aiohttp", json=msgspec_json, transports=["websocket"]
    )

    async def connect(sid: str, environ: Any, auth: Any = None) -> None:
        await server.enter_room(sid, "room")

    async def echo(sid: str, data: Any) -> dict[str, Any]:
        return {"ok": True, "seq": data["seq"]}

    async def blast(sid: str, count: int) -> None:
        for seq in range(count):
            await server.emit("event", {"epoch": 1, "seq": seq, "text": TEXT}, room="room")

    server.on("connect", connect)
    server.on("echo", echo)
    server.on("echo_async", echo)
    server.on("blast", blast)
    return server


class msgspec_json:  # noqa: N801 - stands in for a module
    """The same JSON for both."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """Encode."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: Any) -> Any:
        """Decode; like the standard library's, a fault is a ValueError."""
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error


async def serve(kind: str) -> None:
    """Serve until the input is closed; the port is the first line of the output."""
    server = stock() if kind == "stock" else ours(kind == "ours")
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
