"""How connections are taken: with a deadline for the first head, which aiohttp does not have, bodies left as they came, and a fast lane."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from signaling.wire.lane import BODY_MAX_BYTES, Lane, Plain, plain_head

HEAD_DEADLINE_S = 10.0
# For the rest of a body that came in parts; then it is aiohttp's. Well before HEAD_DEADLINE_S: who sends slowly has begun.
HOLD_S = 2.0
LINGERING_S = 2.0  # for the rest of a body whose answer is out already

Tell = Callable[
    [int], web.Response
]  # the answer under this status to a request that no handler gets


class _Handler(RequestHandler):
    """aiohttp's, for which a request may end in the very moment in which a stopping server waits for it no longer.

    aiohttp would answer a waiter that is cancelled by then, and log the InvalidStateError with a traceback. What it
    refuses by itself, a head that is no HTTP above all, is told in the words of the house.
    """

    __slots__ = ("_stop_waits", "tell")

    tell: Tell | None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """aiohttp's plain text, or ours in its place; the connection ends with it."""
        plain = super().handle_error(request, status, exc, message)
        if self.tell is None:
            return plain
        told = self.tell(status)
        told.force_close()
        return told

    @property
    def _handler_waiter(self) -> asyncio.Future[None] | None:
        waiter = self._stop_waits
        return None if waiter is None or waiter.done() else waiter

    @_handler_waiter.setter
    def _handler_waiter(self, waiter: asyncio.Future[None] | None) -> None:
        self._stop_waits = waiter


class _LaneHandler(_Handler):
    """A handler that offers each request to the lane first, where aiohttp has nothing in hand and the bytes leave no doubt.

    Whatever the lane does not take goes to aiohttp as it came. Where a request of aiohttp's ends is counted along; once
    that is in doubt (`_LOST`), the connection is aiohttp's for good. It leans on private names of the pinned aiohttp, as
    the classes around it: tests send odd requests both ways and find no difference.
    """

    __slots__ = ("_due", "_held", "_hold", "_in_lane", "_whole", "lane")

    _LOST = -1
    lane: Lane[Any]

    def prepare(self, lane: Lane[Any]) -> None:
        """Begin at the edge of a request."""
        self.lane = lane
        self._due = 0  # bytes that aiohttp still expects of the request that it has
        self._held = bytearray()
        self._hold: asyncio.TimerHandle | None = None
        self._whole = 0  # bytes that the request in our hand has when its body is there
        self._in_lane = False

    def data_received(self, data: bytes) -> None:
        """To whom it belongs."""
        if self._in_lane:
            # The next request before the answer to this one: no more is read until then.
            self._held += data
            if self.transport is not None:
                self.transport.pause_reading()
        elif self._due or not data:  # aiohttp calls itself with nothing, to go on with what it has
            self._pass_on(data)
        elif self._hold is not None:
            self._held += data
            if len(self._held) >= self._whole:
                self._offer(self._taken_back())
        else:
            self._offer(data)

    def _pass_on(self, data: bytes) -> None:
        """To aiohttp, counting what is due of its request."""
        if self._due != self._LOST:
            self._due = self._due - len(data) if len(data) <= self._due else self._LOST
        super().data_received(data)

    def _offer(self, data: bytes) -> None:
        """At the edge of a request: to the lane, or into our hand until its body is there, or to aiohttp."""
        head = plain_head(data)
        if head is not None and self._is_idle():
            if len(data) == head.size:
                if self._taken(head, data[head.body_at :]):
                    return
            elif self.lane.wants(head) and len(data) < head.size <= head.body_at + BODY_MAX_BYTES:
                self._held += data
                self._whole = head.size
                self._hold = self._loop.call_later(HOLD_S, self._let_go)
                return
        self._due = self._LOST if head is None else head.size
        self._pass_on(data)

    def _taken_back(self) -> bytes:
        """What was in our hand, which is empty then."""
        if self._hold is not None:
            self._hold.cancel()
        data, self._held, self._hold = bytes(self._held), bytearray(), None
        return data

    def _let_go(self) -> None:
        """The rest does not come: aiohttp knows what to do then."""
        self._due = self._LOST
        super().data_received(self._taken_back())

    def _taken(self, head: Plain, body: bytes) -> bool:
        # The answer may come before we know that it was taken.
        self._in_lane = self._request_in_progress = True
        # What is sent has come when all of it is here: a head in time is no answer in time.
        if not self.lane.take(head, body, self.lane.stamp(), self._answered):
            self._in_lane = self._request_in_progress = False
            return False
        self._request_count += 1
        return True

    def _answered(self, answer: bytes) -> None:
        if self.transport is not None:
            self.transport.write(answer)
        self._request_in_progress = self._in_lane = False
        if self._handler_waiter is not None:
            self._handler_waiter.set_result(None)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._held:
            held = self._taken_back()
            if self.transport is not None:
                self.transport.resume_reading()
                self.data_received(held)

    def _is_idle(self) -> bool:
        """aiohttp waits for a request on this connection, has none in hand, and the other side reads what it is sent."""
        return (
            self._waiter is not None
            and not self._waiter.done()
            and not self._messages
            and self._payload_parser is None
            and not (self._upgraded or self._close or self._force_close or self._paused)
        )

    def connection_lost(self, exc: BaseException | None) -> None:
        """What is being answered is answered to nobody; what was saved is saved."""
        if self._hold is not None:
            self._hold.cancel()
        super().connection_lost(exc)


class _Heads:
    """Makes a handler for each connection, and looks after the deadline whether it has heard a request.

    A websocket has been taken from its handler by then, so it is no longer there to be closed.
    `_request_count`, `_handler_waiter` and the server's `_kwargs` are private names of the pinned aiohttp: contract tests
    watch them.
    """

    def __init__(
        self, server: web.Server, deadline_s: float, tell: Tell | None, lane: Lane[Any] | None
    ) -> None:
        self._server = server
        self._deadline_s = deadline_s
        self._tell = tell
        self._lane = lane

    def __call__(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        handler: _Handler
        if self._lane is None:
            handler = _Handler(self._server, loop=loop, **self._server._kwargs)
        else:
            handler = _LaneHandler(self._server, loop=loop, **self._server._kwargs)
            handler.prepare(self._lane)
        handler.tell = self._tell
        loop.call_later(self._deadline_s, self._look, handler)
        return handler

    @staticmethod
    def _look(handler: RequestHandler) -> None:
        if handler._request_count == 0 and handler.transport is not None:
            handler.transport.abort()


class PatientRunner(web.AppRunner):
    """An AppRunner that hangs up on whoever opens a connection and then says nothing, or almost nothing.

    Nor does it unpack bodies: aiohttp would, before a handler is asked, on the loop and without a bound in sum.
    """

    def __init__(
        self,
        app: web.Application,
        *,
        tell: Tell | None = None,
        lane: Lane[Any] | None = None,
        head_deadline_s: float = HEAD_DEADLINE_S,
        **options: Any,
    ) -> None:
        super().__init__(app, auto_decompress=False, lingering_time=LINGERING_S, **options)
        self._tell = tell
        self._lane = lane
        self._head_deadline_s = head_deadline_s

    @property
    def server(self) -> Any:
        """What a site asks for a protocol; None until `setup`."""
        made = super().server
        return (
            None if made is None else _Heads(made, self._head_deadline_s, self._tell, self._lane)
        )
