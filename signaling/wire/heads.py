"""How connections are taken: with a deadline for the first head, which aiohttp does not have, and bodies left as they came."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEAD_DEADLINE_S = 10.0
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


class _Heads:
    """Makes a handler for each connection, and looks after the deadline whether it has heard a request.

    A websocket has been taken from its handler by then, so it is no longer there to be closed.
    `_request_count`, `_handler_waiter` and the server's `_kwargs` are private names of the pinned aiohttp: contract tests
    watch them.
    """

    def __init__(self, server: web.Server, deadline_s: float, tell: Tell | None) -> None:
        self._server = server
        self._deadline_s = deadline_s
        self._tell = tell

    def __call__(self) -> RequestHandler:
        loop = asyncio.get_running_loop()
        handler = _Handler(self._server, loop=loop, **self._server._kwargs)
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
        head_deadline_s: float = HEAD_DEADLINE_S,
        **options: Any,
    ) -> None:
        super().__init__(app, auto_decompress=False, lingering_time=LINGERING_S, **options)
        self._tell = tell
        self._head_deadline_s = head_deadline_s

    @property
    def server(self) -> Any:
        """What a site asks for a protocol; None until `setup`."""
        made = super().server
        return None if made is None else _Heads(made, self._head_deadline_s, self._tell)
