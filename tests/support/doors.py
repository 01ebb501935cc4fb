"""A front door as a load balancer has it: passes connections to the first server that answers, and can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

CHUNK_BYTES = 65536


class Door:
    """Browsers keep one address, whichever server stands behind it."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._passing: set[asyncio.Task[None]] = set()
        self._cut = False
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        assert self._server is not None, "it has not been opened"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Break every connection and let no new one through."""
        self._cut = True
        for task in self._passing:
            task.cancel()

    def mend(self) -> None:
        """Let connections through again."""
        self._cut = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Door"]:
        """Listen until the block ends."""
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        try:
            yield self
        finally:
            self.cut()
            self._server.close()
            await asyncio.gather(*self._passing, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._through(reader, writer)
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            return
        to_reader, to_writer = await self._first_that_answers()
        try:
            pumps = [_pump(reader, to_writer), _pump(to_reader, writer)]
            tasks = [asyncio.ensure_future(pump) for pump in pumps]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            to_writer.transport.abort()

    async def _first_that_answers(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for port in self._ports:
            with contextlib.suppress(ConnectionRefusedError):
                return await asyncio.open_connection("127.0.0.1", port)
        raise ConnectionRefusedError("no server answers")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
