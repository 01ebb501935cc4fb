"""One pipelined RESP3 connection to one Redis server: the commands of a turn of the loop in one write, sharded pub/sub pushed back."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import hiredis

WRITE_BUFFER_MAX_BYTES = 8 * 1024 * 1024
REPLIES_MAX = 50_000

Reply = object
# What a command is answered: its reply, or the error that it says or that stands for it.
Tell = Callable[[Reply], None]
# Its stub says a tuple of one.
_pack = cast("Callable[[tuple[str | bytes, ...]], bytes]", hiredis.pack_command)


class LinkLostError(ConnectionError):
    """The connection is gone, or was never there."""


class Link(asyncio.Protocol):
    """`hear` gets every message; `unsubscribed` the channels that the server took away (their slot has moved)."""

    def __init__(
        self,
        hear: Callable[[str, bytes], None],
        unsubscribed: Callable[[str], None],
        lost: Callable[["Link"], None],
    ) -> None:
        self._hear = hear
        self._unsubscribed = unsubscribed
        self._lost = lost
        self._reader = hiredis.Reader()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        # Who is told the next reply, and the channel that is given up when it is one to a SUNSUBSCRIBE.
        self._replies: deque[tuple[Tell, bytes | None]] = deque()
        self._out: list[bytes] = []

    @property
    def up(self) -> bool:
        """True while commands can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def clogged(self) -> bool:
        """True when the server does not keep up with us."""
        return (
            self._transport is None
            or len(self._replies) > REPLIES_MAX
            or self._transport.get_write_buffer_size() > WRITE_BUFFER_MAX_BYTES
        )

    def command(self, *words: str | bytes) -> asyncio.Future[Reply]:
        """Send the command; its reply comes in order. An error reply is raised from the future."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def tell(item: Reply) -> None:
            if reply.done():
                return
            if isinstance(item, Exception):
                reply.set_exception(item)
                reply.exception()  # a caller that did not wait has nothing to be told
            else:
                reply.set_result(item)

        self.send(tell, *words)
        return reply

    def send(self, tell: Tell, *words: str | bytes) -> None:
        """The same for who wants no future: `tell` is called once, with the reply or the error, and must not raise."""
        transport = self._transport
        if transport is None or transport.is_closing():
            tell(LinkLostError("not connected"))
            return
        self._replies.append((tell, _bytes(words[1]) if words[0] == "SUNSUBSCRIBE" else None))
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(_pack(words))

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def close(self) -> None:
        """End the connection; `lost` is called by the loop."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        while self._replies:
            tell, _ = self._replies.popleft()
            tell(LinkLostError("the connection was lost"))
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        gets, replies, pushed = self._reader.gets, self._replies, hiredis.PushNotification
        while True:
            try:
                item = gets()
            except hiredis.ProtocolError:
                return self.close()
            if item is False:
                return None
            if type(item) is pushed:
                self._pushed(item)
            else:
                replies.popleft()[0](item)

    def _pushed(self, item: list[object]) -> None:
        match item:
            case [b"smessage", bytes() as channel, bytes() as payload]:
                self._hear(channel.decode(), payload)
            case [b"ssubscribe", *_]:
                self._replied(item)
            case [b"sunsubscribe", bytes() as channel, *_]:
                # Either the reply to our own command, or the server's word that the slot has moved away.
                if self._replies and self._replies[0][1] == channel:
                    self._replied(item)
                else:
                    self._unsubscribed(channel.decode())

    def _replied(self, item: Reply) -> None:
        tell, _ = self._replies.popleft()
        tell(item)


def _bytes(word: str | bytes) -> bytes:
    return word.encode() if isinstance(word, str) else word
