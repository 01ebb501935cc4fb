"""Raw HTTP/1.1 over kept connections, from prepared bytes: little work of its own, so that the server's is what is measured."""

import asyncio
from collections import deque
from typing import cast

WAIT_S = 30.0


class Link(asyncio.Protocol):
    """One connection; a request at a time is awaited with `ask`."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[tuple[int, bytes]]] = deque()
        self._rest = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody waits for ever."""
        self._transport = None
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result((0, b""))

    def data_received(self, data: bytes) -> None:
        """Take answers apart: every server here says Content-Length."""
        data = self._rest + data if self._rest else data
        while True:
            head = data.find(b"\r\n\r\n")
            if head < 0:
                break
            low = data[:head].lower()
            at = low.find(b"content-length:")
            size = int(low[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(data) < head + 4 + size:
                break
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result((int(data[9:12]), data[head + 4 : head + 4 + size]))
            data = data[head + 4 + size :]
        self._rest = data

    @property
    def up(self) -> bool:
        """Whether it can be asked."""
        return self._transport is not None

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """The status and the body of the answer; status 0 when the connection broke."""
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        if self._transport is None:
            answer.set_result((0, b""))
            return answer
        self._waiting.append(answer)
        self._transport.write(request)
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


async def connected(port: int, count: int) -> list[Link]:
    """So many connections to a server on this machine."""
    loop = asyncio.get_running_loop()
    made: list[Link] = []
    for start in range(0, count, 100):
        links = await asyncio.gather(
            *(
                loop.create_connection(Link, "127.0.0.1", port)
                for _ in range(min(100, count - start))
            )
        )
        made += [link for _, link in links]
    return made


def request(method: str, path: str, token: str, body: bytes) -> bytes:
    """The bytes of a request."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
