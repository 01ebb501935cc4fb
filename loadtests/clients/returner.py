"""A page of a class without a browser that comes back by itself: full jitter, the server's delay, resume by (epoch, seq)."""

import asyncio
import base64
import contextlib
import json
import os
import random
import time
from dataclasses import dataclass, field
from typing import Any

TRY_S = 10.0
FIRST_BOUND_S = 0.3
LONGEST_BOUND_S = 5.0
BEAT_S = 1.0
# A mask of zeros leaves the payload as it is.
TEXT_FRAME, MASKED, NO_MASK = b"\x81", 0x80, bytes(4)


def _frame(text: str) -> bytes:
    payload = text.encode()
    size = len(payload)
    length = (
        bytes((MASKED | size,)) if size < 126 else bytes((MASKED | 126,)) + size.to_bytes(2, "big")
    )
    return TEXT_FRAME + length + NO_MASK + payload


BEAT, PONG = _frame('42/class,["beat",{}]'), _frame("3")


class GoneError(Exception):
    """This connection is over, or never came about; `delay_s` is what the server asked for."""

    def __init__(self, delay_s: float = 0.0) -> None:
        super().__init__(delay_s)
        self.delay_s = delay_s


@dataclass(kw_only=True)
class Returner:
    """`run` keeps it in the class until it is cancelled; what it heard twice or missed is counted."""

    host: str
    port: int
    token: str
    chance: random.Random
    epoch: int | None = None
    seq: int | None = None
    inside: asyncio.Event = field(default_factory=asyncio.Event)
    back: asyncio.Event = field(default_factory=asyncio.Event)
    refused: list[str] = field(default_factory=list)
    tries: int = 0
    replays: int = 0
    snapshots: int = 0
    gaps: int = 0
    away_s: list[float] = field(default_factory=list)
    _left_at: float | None = None
    _writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Come in, listen, come back."""
        tries = 0
        while True:
            delay_s = 0.0
            try:
                self.tries += 1
                async with asyncio.timeout(TRY_S):
                    reader = await self._come_in()
                tries = 0
                await self._listen(reader)
            except GoneError as gone:
                delay_s = gone.delay_s
            except (OSError, EOFError, TimeoutError):
                pass
            finally:
                self._leave()
            bound_s = min(LONGEST_BOUND_S, FIRST_BOUND_S * 2**tries)
            tries += 1
            await asyncio.sleep(delay_s + bound_s * self.chance.random())

    def drop(self) -> None:
        """The network resets the connection."""
        if self._writer is not None:
            self._writer.transport.abort()

    def beat(self) -> None:
        """Say that the page lives."""
        if self._writer is not None and self.inside.is_set():
            self._writer.write(BEAT)

    def _leave(self) -> None:
        if self.inside.is_set():
            self._left_at = time.perf_counter()
            self.inside.clear()
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def _come_in(self) -> asyncio.StreamReader:
        reader, self._writer = await asyncio.open_connection(self.host, self.port)
        key = base64.b64encode(os.urandom(16)).decode()
        self._writer.write(
            (
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
                f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise GoneError
        auth: dict[str, Any] = {"token": self.token}
        if self.seq is not None:
            auth |= {"epoch": self.epoch, "seq": self.seq}
        self._writer.write(_frame(f"40/class,{json.dumps(auth)}"))
        while not self.inside.is_set():
            self._take(await self._message(reader))
        return reader

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            self._take(await self._message(reader))

    async def _message(self, reader: asyncio.StreamReader) -> str:
        first, size = await reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await reader.readexactly(8), "big")
        payload = await reader.readexactly(size)
        if first & 0x0F == 8:
            raise GoneError
        return payload.decode()

    def _take(self, text: str) -> None:
        if text == "2" and self._writer is not None:
            self._writer.write(PONG)
        elif text.startswith("44/class,"):
            refusal = json.loads(text[9:])["data"]
            if refusal.get("retry_ms") is None:
                self.refused.append(refusal["code"])
            raise GoneError((refusal.get("retry_ms") or 0) / 1000)
        elif text.startswith("42/class,"):
            name, body = json.loads(text[9:])
            self._hear(name, body)

    def _hear(self, name: str, body: Any) -> None:
        if name == "event":
            self.gaps += body["seq"] != (self.seq or 0) + 1
            self.epoch, self.seq = body["epoch"], body["seq"]
        elif name in ("snapshot", "replay"):
            self._welcomed(name, body)
        elif name == "notice" and body["type"] == "resume":
            raise GoneError(body["delay_ms"] / 1000)

    def _welcomed(self, name: str, body: Any) -> None:
        if name == "replay":
            self.replays += 1
            missed = [event["seq"] for event in body["events"]]
            self.gaps += missed != list(range((self.seq or 0) + 1, body["seq"] + 1))
        else:
            self.snapshots += 1
        self.epoch, self.seq = body["epoch"], body["seq"]
        if self._left_at is not None:
            self.away_s.append(time.perf_counter() - self._left_at)
            self.back.set()
        self.inside.set()


@contextlib.asynccontextmanager
async def in_class(people: list[Returner], at_once: int = 200) -> Any:
    """All of them in their classes, beating, until the block ends; they come in `at_once` at a time at first."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_beat_for_all(people))]
        for first in range(0, len(people), at_once):
            batch = people[first : first + at_once]
            tasks += [group.create_task(person.run()) for person in batch]
            await asyncio.gather(*(person.inside.wait() for person in batch))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _beat_for_all(people: list[Returner], parts: int = 20) -> None:
    """Once a second each, spread over the second."""
    while True:
        for part in range(parts):
            for person in people[part::parts]:
                person.beat()
            await asyncio.sleep(BEAT_S / parts)
