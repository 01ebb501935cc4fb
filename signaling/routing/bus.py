"""Sharded pub/sub between nodes: one channel a class, one inbox a node, and questions with an answer and a deadline.

Nothing rests on it: a lost question runs into its deadline and is asked again with the same id, a lost frame of a class
is mended from the log. While the bus is away questions and answers go by a table of the database (mail.py), slower.
"""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from lms.errors import LmsError
from signaling.context import Channels, Meters
from signaling.routing.background import Background
from signaling.routing.mail import Mail
from signaling.routing.place import Place, inbox_channel

ANSWERING_MAX = 5000
POSTS_MAX = 50_000
MAIL_EACH_S = 1.0  # another node may have lost the bus where this one has not
MAIL_HURRIED_S = 0.05
CLEAR_EACH_S = 60.0
MUTE_FOR_S = 10.0  # who does not answer by the bus is written to for so long: it may have lost the bus alone

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

    def __init__(self, *, node_id: str, channels: Channels, mail: Mail, meters: Meters) -> None:
        self.node_id = node_id
        self._channels = channels
        self._mail = mail
        self._meters = meters
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._mute: dict[str, float] = {}
        self._answering = 0
        self._background = Background(meters)
        self._posts: deque[tuple[str, bytes]] = deque()
        self._posted = asyncio.Event()

    def healthy(self) -> bool:
        """False while other nodes are reached by mail alone."""
        return self._channels.healthy()

    async def ask(self, node_id: str, body: bytes, timeout_s: float) -> bytes:
        """The other node's answer; TimeoutError when none came in time."""
        number = next(self._ids)
        loop = asyncio.get_running_loop()
        heard: asyncio.Future[bytes] = loop.create_future()
        self._asked[number] = heard
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(node_id, _encode(_Question(number, self.node_id, body)))
                return await heard
        except TimeoutError:
            self._mute[node_id] = loop.time() + MUTE_FOR_S
            raise
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
            self._background.spawn(self._collect(answer))
            try:
                yield
            finally:
                await self._channels.unsubscribe(inbox)

    def _hear(self, payload: bytes, answer: Answer, *, mailed: bool = False) -> None:
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
                self._background.spawn(self._answer(question, answer, mailed))

    async def _post_all(self) -> None:
        while True:
            await self._posted.wait()
            self._posted.clear()
            while self._posts:
                channel, body = self._posts.popleft()
                await self._channels.publish(channel, body)

    async def _send(self, node_id: str, letter: bytes) -> None:
        if self._channels.healthy() and node_id not in self._mute:
            await self._channels.publish(inbox_channel(node_id), letter)
            return
        self._meters.count("bus_letters_mailed_total")
        await self._mail.send(node_id, letter)

    async def _collect(self, answer: Answer) -> None:
        """Look for mail for ever: seldom, or often while there is no other way."""
        loop = asyncio.get_running_loop()
        clear_at = loop.time() + CLEAR_EACH_S
        while True:
            now = loop.time()
            self._mute = {node: until for node, until in self._mute.items() if until > now}
            relaxed = self._channels.healthy() and not self._mute
            await asyncio.sleep(MAIL_EACH_S if relaxed else MAIL_HURRIED_S)
            try:
                for letter in await self._mail.take(self.node_id):
                    self._hear(letter, answer, mailed=True)
                if loop.time() > clear_at:
                    clear_at = loop.time() + CLEAR_EACH_S
                    await self._mail.clear()
            except (LmsError, TimeoutError):
                self._meters.count("bus_mail_failed_total")
                await asyncio.sleep(MAIL_EACH_S)

    async def _answer(self, question: _Question, answer: Answer, mailed: bool) -> None:
        """By the way that the question came: who mails does not trust the bus."""
        try:
            body = await answer(question.body)
            letter = _encode(_Answer(question.id, body))
            if mailed:
                await self._mail.send(question.reply_to, letter)
            else:
                await self._send(question.reply_to, letter)
        except LmsError:
            self._meters.count("bus_mail_failed_total")  # it is asked again
        finally:
            self._answering -= 1
