"""A small server on our wire for the tests of the wire, and raw clients to talk to it."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, web

from signaling.wire import websocket
from signaling.wire.heads import PatientRunner

PATIENCE_S = 30.0


@dataclass
class CountingMeters:
    """Meters that a test can read."""

    counts: dict[tuple[str, str], float] = field(default_factory=dict)
    gauges: dict[tuple[str, str], float] = field(default_factory=dict)

    def count(self, name: str, labels: Mapping[str, str] | None = None, by: float = 1) -> None:
        """Add to a counter."""
        key = (name, (labels or {}).get("reason", ""))
        self.counts[key] = self.counts.get(key, 0) + by

    def observe(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Distributions are not looked at here."""

    def gauge(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set a gauge."""
        self.gauges[name, (labels or {}).get("transport", "")] = value


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[int]:
    """Serve an application on a free port of loopback; yields the port."""
    runner = PatientRunner(app, head_deadline_s=1, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """One frame as a client sends it."""
    mask = os.urandom(4)
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 65536:
        length = bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((0x80 | 127,)) + size.to_bytes(8, "big")
    first = bytes(((0x80 if final else 0) | opcode,))
    return first + length + mask + websocket.unmask(mask, payload)


class ClosedError(Exception):
    """The server ended the connection; `code` is the close code, or None without one."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class RawSocket:
    """A websocket client that can also misbehave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(
        cls, port: int, path: str, headers: Mapping[str, str] | None = None
    ) -> "RawSocket":
        """Connect and shake hands; raise ClosedError when the server refuses."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        if not answer.startswith(b"HTTP/1.1 101"):
            writer.close()
            raise ClosedError(int(answer.split(b" ", 2)[1]))
        assert (websocket.accept_key(key) or "?") in answer.decode()
        return cls(reader, writer)

    def send(self, text: str | bytes) -> None:
        """Send one text message."""
        payload = text.encode() if isinstance(text, str) else text
        self.writer.write(masked(websocket.TEXT, payload))

    def send_binary(self, data: bytes) -> None:
        """Send one binary message."""
        self.writer.write(masked(websocket.BINARY, data))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame, whatever it is."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                first, second = await self.reader.readexactly(2)
                size = second & 0x7F
                if size == 126:
                    size = int.from_bytes(await self.reader.readexactly(2), "big")
                elif size == 127:
                    size = int.from_bytes(await self.reader.readexactly(8), "big")
                return first & 0x0F, await self.reader.readexactly(size)
            except (asyncio.IncompleteReadError, ConnectionError):
                raise ClosedError(None) from None

    async def message(self) -> str | bytes:
        """The next message; raise ClosedError at the end."""
        opcode, payload = await self.frame()
        if opcode == websocket.CLOSE:
            await self.close()
            raise ClosedError(int.from_bytes(payload[:2], "big") if payload else None)
        return payload.decode() if opcode == websocket.TEXT else payload

    async def said(self) -> str | bytes:
        """The next message that is no ping."""
        while (message := await self.message()) == "2":
            self.send("3")
        return message

    async def closed(self) -> int | None:
        """Wait for the end; gives its close code."""
        try:
            while True:
                await self.message()
        except ClosedError as end:
            return end.code

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


async def open_polling(http: ClientSession, url: str) -> str:
    """Open a long-polling session; gives its sid."""
    async with http.get(url, params={"EIO": "4", "transport": "polling"}) as answer:
        assert answer.status == 200, await answer.text()
        sid: str = json.loads((await answer.text())[1:])["sid"]
        return sid
