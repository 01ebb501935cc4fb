"""A process of its own with our wire and a few handlers, for attacks that look at memory and log."""

import argparse
import asyncio
import logging
import resource
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from aiohttp import ClientSession, web

from server.clock import SystemClock
from signaling.errors import Refused
from signaling.wire.frames import event_frame
from signaling.wire.gates import Rate, WireLimits
from signaling.wire.server import WireServer, build_server
from tests.support.wires import CountingMeters, RawSocket, serving

NAMESPACE = "/class"
CONNECT = '40/class,{"token":"good"}'
ORIGIN = "https://school.example"


class Said(msgspec.Struct):
    """What `chat.send` takes."""

    text: str


def handlers(server: WireServer, seen: dict[str, int]) -> None:
    """Register a little class."""
    for name, handler in {**people(server, seen), **trouble(server)}.items():
        server.on(name, handler, namespace=NAMESPACE)


def people(server: WireServer, seen: dict[str, int]) -> dict[str, Callable[..., Any]]:
    """Coming, going and talking; every `connect` and `disconnect` is counted."""
    members: set[str] = set()

    async def connect(sid: str, environ: dict[str, str], auth: Any) -> None:
        seen["connect"] = seen.get("connect", 0) + 1
        if not isinstance(auth, dict) or auth.get("token") != "good":
            raise Refused("This token opens nothing.")
        members.add(sid)

    async def disconnect(sid: str, reason: str) -> None:
        seen["disconnect"] = seen.get("disconnect", 0) + 1
        members.discard(sid)

    async def chat(sid: str, data: Any) -> dict[str, bool]:
        server.send_frame(members, event_frame(NAMESPACE, "event", msgspec.json.encode(data)))
        return {"ok": True}

    def beat(sid: str) -> dict[str, bool]:
        return {"ok": True}

    return {"connect": connect, "disconnect": disconnect, "chat.send": chat, "beat": beat}


def trouble(server: WireServer) -> dict[str, Callable[..., Any]]:
    """What tests need to make things hard."""

    async def slow(sid: str, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "slept"

    def burst(sid: str, number: int, size: int) -> None:
        frame = event_frame(NAMESPACE, "event", b'"' + b"x" * size + b'"')
        for _ in range(number):
            server.send_frame([sid], frame)

    def pointers(sid: str, number: int) -> None:
        for at in range(number):
            frame = event_frame(NAMESPACE, "pointer", b'{"at":%d,"pad":"%b"}' % (at, b"x" * 4000))
            server.send_frame([sid], frame, latest="pointer")

    async def typed(sid: str, data: Any) -> None:
        msgspec.convert(data, Said)

    async def broken(sid: str) -> None:
        raise ZeroDivisionError

    def unspeakable(sid: str) -> object:
        return object()

    async def unspeakable_later(sid: str) -> object:
        return object()

    return {
        "slow": slow,
        "burst": burst,
        "pointers": pointers,
        "typed": typed,
        "broken": broken,
        "unspeakable": unspeakable,
        "unspeakable.later": unspeakable_later,
    }


async def run(limits: WireLimits, fast: bool) -> None:
    """Serve until the input is closed; the port is the first line of the output."""
    meters, seen = CountingMeters(), dict[str, int]()
    server = build_server(
        meters=meters, clock=SystemClock(), origins=[ORIGIN], limits=limits, fast=fast
    )
    handlers(server, seen)

    async def stats(request: web.Request) -> web.Response:
        counts = {f"{name} {reason}": by for (name, reason), by in meters.counts.items()}
        return web.json_response(
            {
                "sessions": len(server.eio.sessions),
                "members": len(server.manager.rooms.get(NAMESPACE, {}).get(None, {})),
                "counts": counts,
                **seen,
            }
        )

    app = web.Application()
    app.router.add_get("/stats", stats)
    server.attach(app)
    async with serving(app) as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@dataclass
class Attacked:
    """A running server under attack."""

    port: int
    process: asyncio.subprocess.Process
    log: Path
    http: ClientSession
    plain: bool = False

    @property
    def url(self) -> str:
        """The address for long-polling."""
        return f"http://127.0.0.1:{self.port}/socket.io/"

    async def socket(self, headers: dict[str, str] | None = None) -> RawSocket:
        """A websocket past the Engine.IO handshake."""
        path = "/socket.io/?EIO=4&transport=websocket"
        socket = await RawSocket.open(self.port, path, headers)
        assert str(await socket.message()).startswith("0")
        return socket

    async def member(self) -> RawSocket:
        """A websocket that is in the class."""
        socket = await self.socket()
        socket.send(CONNECT)
        assert str(await socket.said()).startswith("40/class,")
        return socket

    async def stats(self) -> dict[str, Any]:
        """What the server counted."""
        async with self.http.get(f"http://127.0.0.1:{self.port}/stats") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def count_of(self, name: str) -> float:
        """One counter, by `name reason`; waits until it is there."""
        async with asyncio.timeout(30):
            while True:
                counts = (await self.stats())["counts"]
                if name in counts:
                    return float(counts[name])
                await asyncio.sleep(0.05)

    def memory(self) -> int:
        """Bytes of memory the server has now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def logged(self) -> str:
        """Everything that it logged."""
        return self.log.read_text()


@asynccontextmanager
async def attacked(folder: Path, *options: str) -> AsyncIterator[Attacked]:
    """Start such a process; stop it at the end."""
    log = folder / "wire.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.wire_server",
            *options,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
        )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        async with ClientSession() as http:
            yield Attacked(int(line), process, log, http, "--plain" in options)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def main() -> None:
    """Read the options, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--connects", type=float, nargs=2, default=(200, 1000))
    parser.add_argument("--stall", type=float, default=10.0)
    parser.add_argument("--connect-deadline", type=float, default=5.0)
    parser.add_argument("--ping-timeout", type=float, default=10.0)
    parser.add_argument("--freely", action="store_true", help="no limit on events")
    options = parser.parse_args()
    usual = WireLimits()
    limits = WireLimits(
        connects=Rate(per_s=options.connects[0], burst=options.connects[1]),
        stall_s=options.stall,
        connect_deadline_s=options.connect_deadline,
        ping_timeout_s=options.ping_timeout,
        events=FREE if options.freely else usual.events,
        each_event=FREE if options.freely else usual.each_event,
    )
    logging.basicConfig(level=logging.INFO)
    uvloop.run(run(limits, not options.plain))


FREE = Rate(per_s=1e9, burst=1e9)

if __name__ == "__main__":
    main()
