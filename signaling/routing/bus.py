"""Sharded pub/sub between nodes: one channel a class, one inbox a node, and questions with an answer and a deadline.

Nothing rests on it: a lost question runs into its deadline and is asked again with the same id, a lost frame of a class
is mended from the log.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from signaling.context import Channels, Meters
from signaling.errors import Busy
from signaling.routing.background import Background
from signaling.routing.place import Place, inbox_channel

ANSWERING_MAX = 5000
POSTS_MAX = 50_000

Answer = Callable[[bytes], Awaitable[bytes]]


class _Question(msgspec.Struct, frozen=True, tag="q", array_like=True):
    id: int
    reply_to: str
    body: bytes


class _Answer(msgspec.Struct, frozen=True, tag="a", array_like=True):
    id: int
    body: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Question | _Answer).decode


class Bus:
    """The bus of one node; `running(answer)` listens to its inbox."""

    def __init__(self, *, node_id: str, channels: Channels, meters: Meters) -> None:
        self.node_id = node_id
        self._channels = channels
        self._meters = meters
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._answering = 0
        self._background = Background(meters)
        self._posts: deque[tuple[str, bytes]] = deque()
        self._posted = asyncio.Event()

    def healthy(self) -> bool:
        """False while other nodes cannot be reached."""
        return self._channels.healthy()

    async def ask(self, node_id: str, body: bytes, timeout_s: float) -> bytes:
        """The other node's answer; TimeoutError when none came in time, Busy when none can come."""
        if not self._channels.healthy():
            raise Busy("Other nodes cannot be reached right now.", code="class_unreachable")
        number = next(self._ids)
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = heard
        try:
            question = _Question(number, self.node_id, body)
            await self._channels.publish(inbox_channel(node_id), _encode(question))
            async with asyncio.timeout(timeout_s):
                return await heard
        finally:
            del self._asked[number]

    def post(self, place: Place, body: bytes) -> None:
        """Say something on the channel of a class, soon and in order; dropped and counted when too much waits."""
        if len(self._posts) >= POSTS_MAX:
            self._meters.count("bus_posts_dropped_total")
            return
        self._posts.append((place.channel, body))
        self._posted.set()

    async def subscribe(self, place: Place, hear: Callable[[bytes], None]) -> None:
        """Hear the channel of a class."""
        await self._channels.subscribe(place.channel, hear)

    async def unsubscribe(self, place: Place) -> None:
        """Hear it no longer."""
        await self._channels.unsubscribe(place.channel)

    @contextlib.asynccontextmanager
    async def running(self, answer: Answer) -> AsyncIterator[None]:
        """Answer what comes into the inbox of this node until the block ends."""
        inbox = inbox_channel(self.node_id)
        async with self._background.running():

            def hear(payload: bytes) -> None:
                self._hear(payload, answer)

            await self._channels.subscribe(inbox, hear)
            self._background.spawn(self._post_all())
            try:
                yield
            finally:
                await self._channels.unsubscribe(inbox)

    def _hear(self, payload: bytes, answer: Answer) -> None:
        match _decode(payload):
            case _Answer(id=number, body=body):
                heard = self._asked.get(number)
                if heard is not None and not heard.done():
                    heard.set_result(body)
            case _Question() as question:
                if self._answering >= ANSWERING_MAX:
                    self._meters.count("bus_questions_dropped_total")
                    return
                self._answering += 1
                self._background.spawn(self._answer(question, answer))

    async def _post_all(self) -> None:
        while True:
            await self._posted.wait()
            self._posted.clear()
            while self._posts:
                channel, body = self._posts.popleft()
                await self._channels.publish(channel, body)

    async def _answer(self, question: _Question, answer: Answer) -> None:
        try:
            body = await answer(question.body)
            await self._channels.publish(
                inbox_channel(question.reply_to), _encode(_Answer(question.id, body))
            )
        finally:
            self._answering -= 1
