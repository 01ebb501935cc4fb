"""Sockets side by side per second of server CPU: our wire, python-socketio as it comes, Socket.IO on Node."""

import argparse
import asyncio
import base64
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from loadtests.report import machine, write_result
from signaling.wire import websocket

SERVERS = Path(__file__).parent.parent / "servers"
ROOMS = {30: 2000, 300: 200, 3000: 20}  # members: messages
CALLERS, CALLS, WINDOW = 50, 600, 10
IDLE = 2000
WAIT_S = 60
NODE_PACKAGE = "socket.io@4.8.4"

MASK = b"\x11\x22\x33\x44"
PONG = bytes((0x81, 0x81)) + MASK + websocket.unmask(MASK, b"3")


def masked(text: bytes) -> bytes:
    """One short message as a client sends it."""
    assert len(text) < 126
    return bytes((0x81, 0x80 | len(text))) + MASK + websocket.unmask(MASK, text)


class Client(asyncio.Protocol):
    """A browser that counts what it gets, and keeps a window of questions open when asked to."""

    def __init__(self, port: int, event: bytes) -> None:
        self.port = port
        self.event = event
        self.rest = b""
        self.events = self.answers = self.asked = self.to_ask = 0
        self.shaken = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.until = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(  # type: ignore[attr-defined]
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take frames apart and count."""
        data = self.rest + data
        if not self.shaken:
            head, mark, data = data.partition(b"\r\n\r\n")
            if not mark:
                self.rest = head
                return
            self.shaken = True
        at, size = 0, len(data)
        while size - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if size - start < length:
                break
            self.heard(data[start : start + length])
            at = start + length
        self.rest = data[at:]

    def heard(self, text: bytes) -> None:
        """One message."""
        kind = text[:2]
        if kind == b"42":
            self.events += 1
            if self.events == self.until:
                self.done.set_result(None)
        elif kind == b"43":
            self.answers += 1
            self.ask()
            if self.answers == self.to_ask:
                self.done.set_result(None)
        elif kind == b"2":
            self.send(PONG)
        elif kind[:1] == b"0":
            self.send(masked(b"40"))
        elif kind == b"40":
            self.ready.set_result(None)

    def send(self, frame: bytes) -> None:
        """Write."""
        self.transport.write(frame)  # type: ignore[attr-defined]

    def ask(self) -> None:
        """One more question, if there are any left."""
        if self.asked < self.to_ask:
            self.asked += 1
            number = b"%d" % self.asked
            self.send(masked(b"42" + number + b'["' + self.event + b'",{"seq":' + number + b"}]"))


@dataclass
class Server:
    """One server under load."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Seconds of CPU it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes it has now."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()


@asynccontextmanager
async def running(command: list[str]) -> AsyncIterator[Server]:
    """A server process, until the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), WAIT_S))
        yield Server(process.pid, port)
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def clients(
    server: Server, number: int, event: bytes = b"echo"
) -> AsyncIterator[list[Client]]:
    """So many browsers in the room."""
    loop = asyncio.get_running_loop()
    opened: list[Client] = []
    try:
        for start in range(0, number, 100):
            made = await asyncio.gather(
                *(
                    loop.create_connection(
                        lambda: Client(server.port, event), "127.0.0.1", server.port
                    )
                    for _ in range(min(100, number - start))
                )
            )
            opened.extend(client for _, client in made)
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(*(client.ready for client in opened))
        yield opened
    finally:
        for client in opened:
            client.transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0.2)


async def fan_out(command: list[str], members: int, messages: int) -> float:
    """Deliveries per second of server CPU."""
    async with running(command) as server, clients(server, members) as people:
        for client in people:
            client.until = messages
        before = server.cpu_s()
        people[0].send(masked(b'42["blast",%d]' % messages))
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(*(client.done for client in people))
        return members * messages / (server.cpu_s() - before)


async def calls(command: list[str], event: bytes) -> float:
    """Acknowledged events per second of server CPU."""
    async with running(command) as server, clients(server, CALLERS, event) as people:
        before = server.cpu_s()
        for client in people:
            client.to_ask = CALLS
            for _ in range(WINDOW):
                client.ask()
        async with asyncio.timeout(WAIT_S):
            await asyncio.gather(*(client.done for client in people))
        return CALLERS * CALLS / (server.cpu_s() - before)


async def idle(command: list[str]) -> float:
    """KiB of server memory per idle socket."""
    async with running(command) as server:
        async with clients(server, 50):
            pass  # what a server allocates once is not the sockets'
        before = server.memory()
        async with clients(server, IDLE):
            await asyncio.sleep(1)
            return (server.memory() - before) / IDLE / 1024


async def measure(name: str, command: list[str], sync_too: bool) -> list[str]:
    """One row of the table."""
    print(name, file=sys.stderr)
    row = [name]
    for members, messages in ROOMS.items():
        row.append(f"{await fan_out(command, members, messages) / 1000:,.0f}k")
    row.append(f"{await calls(command, b'echo') / 1000:,.1f}k")
    row.append(f"{await calls(command, b'echo_async') / 1000:,.1f}k" if sync_too else "as left")
    row.append(f"{await idle(command):.1f}")
    return row


def node_command(folder: Path) -> list[str] | None:
    """Socket.IO for Node, installed in a scratch folder; None where there is no Node."""
    if shutil.which("npm") is None:
        return None
    if not (folder / "node_modules/socket.io").exists():
        command = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            str(folder),
        ]
        if subprocess.run([*command, NODE_PACKAGE], check=False).returncode:
            return None
    return ["node", str(SERVERS / "sockets_node.mjs"), str(folder)]


async def run(folder: Path) -> None:
    """Measure every server, one after the other, and write the page."""
    python = [sys.executable, "-m", "loadtests.servers.sockets_python"]
    rows = [
        await measure("Lectern's wire", [*python, "ours"], True),
        await measure("Lectern's wire, `fast=False`", [*python, "plain"], True),
        await measure("python-socketio as it comes", [*python, "stock"], False),
    ]
    node = node_command(folder)
    if node is not None:
        rows.append(await measure("Socket.IO 4.8.4 on Node", node, False))
    head = [
        "per second of server CPU",
        *(f"deliveries, room of {members:,}" for members in ROOMS),
        "acknowledged events in",
        "the same, `async def` handler",
        "KiB per idle socket",
    ]
    table = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    body = "\n".join(
        (
            "One client process on raw sockets, the same for every server; a message of 120 bytes,",
            "one emit per turn of the event loop; CPU seconds of the server process from /proc, so a",
            "busy machine changes the waiting and not the figures by much. " + machine(),
            "",
            *table,
        )
    )
    write_result(
        Path("sockets.md"),
        title="Sockets, side by side",
        command="python -m loadtests.scenarios.sockets",
        body=body,
    )


def main() -> None:
    """Read the options, raise the limit of open files, run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, help="folder for the Node packages")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as stack:
        folder = options.scratch or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uvloop.run(run(folder.resolve()))


if __name__ == "__main__":
    main()
