"""A proxy that really stands between: it opens tunnels, and keeps what it was told and what went through."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Proxy:
    """One proxy; `heard` has the heads of what it was asked, `seen` the bytes that went out through it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.seen = bytearray()
        self.url = ""

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["Proxy"]:
        """Listen on this machine until the block ends."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        async with server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heard.append(head)
            host, _, port = head.split()[1].partition(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.closing(far_writer):
                await asyncio.gather(
                    self._pass_on(reader, far_writer, keeps=True),
                    self._pass_on(far_reader, writer, keeps=False),
                )

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keeps: bool
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(65_536):
                if keeps:
                    self.seen += part
                writer.write(part)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
