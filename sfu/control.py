"""A node at a distance: its inbox on one side, on the other a face like the node's own, over channels that may lose.

Every question has a number and a deadline; the answer comes to the asker's own channel. What the node says by itself
goes to the channel of its room. Nothing is repeated here: who asked knows by the deadline, and asks again or elsewhere.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import msgspec

from sfu.commands import Notification, decode_notification
from sfu.metrics import Meters

WAITING_MAX = 2000  # questions or notifications; beyond it they are dropped and counted
ANSWER_WITHIN_S = 2.0


class Channels(Protocol):
    """Pub/sub between processes; server/storage has the real one."""

    async def publish(self, channel: str, payload: bytes) -> None:
        """At most once."""

    async def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Call `hear` on the event loop for each payload."""

    async def unsubscribe(self, channel: str) -> None:
        """No more."""


class Asked(Protocol):
    """What a node is to the one who asks."""

    on_notify: Callable[[bytes], None] | None

    async def ask(self, request: bytes) -> bytes:
        """One encoded request, its encoded reply."""


class _Question(msgspec.Struct, frozen=True, array_like=True):
    number: int
    reply_to: str
    request: bytes


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    number: int
    reply: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode_question = msgspec.msgpack.Decoder(_Question).decode
_decode_answer = msgspec.msgpack.Decoder(_Answer).decode


def inbox(node: str) -> str:
    """Where a node is asked."""
    return f"{{sfu.{node}}}:inbox"


def answers(asker: str) -> str:
    """Where an asker hears the answers."""
    return f"{{sfu.{asker}}}:answers"


def news(room: str) -> str:
    """Where the notifications of a room are heard."""
    return f"{{sfu.{room}}}:news"


class Control:
    """Serves one node: questions from its inbox in order, its notifications to the rooms' channels."""

    def __init__(self, node: Asked, channels: Channels, name: str, meters: Meters) -> None:
        self._node = node
        self._channels = channels
        self._name = name
        self._meters = meters
        self._questions: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)
        self._news: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve until the block ends."""
        self._node.on_notify = self._put(self._news, "news")
        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(self._answer_all()), tasks.create_task(self._tell_all())]
            await self._channels.subscribe(
                inbox(self._name), self._put(self._questions, "question")
            )
            try:
                yield
            finally:
                await self._channels.unsubscribe(inbox(self._name))
                for task in serving:
                    task.cancel()

    def _put(self, queue: asyncio.Queue[bytes], kind: str) -> Callable[[bytes], None]:
        def put(payload: bytes) -> None:
            if queue.full():
                self._meters.count("media_control_dropped", {"event": kind})
            else:
                queue.put_nowait(payload)

        return put

    async def _answer_all(self) -> None:
        while True:
            payload = await self._questions.get()
            try:
                question = _decode_question(payload)
            except (msgspec.DecodeError, msgspec.ValidationError):
                self._meters.count("media_control_dropped", {"event": "unreadable"})
                continue
            reply = await self._node.ask(question.request)
            await self._channels.publish(
                answers(question.reply_to), _encode(_Answer(question.number, reply))
            )

    async def _tell_all(self) -> None:
        while True:
            payload = await self._news.get()
            await self._channels.publish(news(decode_notification(payload).room), payload)


class RemoteNode:
    """A node somewhere else, asked like one in this process. `async with remote.running():` first."""

    def __init__(self, channels: Channels, *, node: str, asker: str) -> None:
        self._channels = channels
        self._node = node
        self._asker = f"{asker}.{node}"
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hear answers until the block ends."""
        await self._channels.subscribe(answers(self._asker), self._hear)
        try:
            yield
        finally:
            await self._channels.unsubscribe(answers(self._asker))

    async def ask(self, request: bytes) -> bytes:
        """The node's reply; TimeoutError when none comes in time."""
        number = next(self._numbers)
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            question = _Question(number, self._asker, request)
            await self._channels.publish(inbox(self._node), _encode(question))
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await answered
        finally:
            del self._waiting[number]

    async def follow(self, room: str, hear: Callable[[Notification], None]) -> None:
        """Hear what the node says of a room."""
        await self._channels.subscribe(
            news(room), lambda payload: hear(decode_notification(payload))
        )

    async def leave(self, room: str) -> None:
        """Hear it no more."""
        await self._channels.unsubscribe(news(room))

    def _hear(self, payload: bytes) -> None:
        answer = _decode_answer(payload)
        waiting = self._waiting.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.reply)
