"""A deadline for the head of a connection's first request, which aiohttp itself does not have."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

HEAD_DEADLINE_S = 10.0


class _Heads:
    """Makes a handler for each connection, and looks after the deadline whether it has heard a request.

    A websocket has been taken from its handler by then, so it is no longer there to be closed.
    `_request_count` is a private name of the pinned aiohttp: a contract test watches it.
    """

    def __init__(self, server: web.Server, deadline_s: float) -> None:
        self._server = server
        self._deadline_s = deadline_s

    def __call__(self) -> RequestHandler:
        handler = self._server()
        asyncio.get_running_loop().call_later(self._deadline_s, self._look, handler)
        return handler

    @staticmethod
    def _look(handler: RequestHandler) -> None:
        if handler._request_count == 0 and handler.transport is not None:
            handler.transport.abort()


class PatientRunner(web.AppRunner):
    """An AppRunner that hangs up on whoever opens a connection and then says nothing, or almost nothing."""

    def __init__(
        self, app: web.Application, *, head_deadline_s: float = HEAD_DEADLINE_S, **options: Any
    ) -> None:
        super().__init__(app, **options)
        self._head_deadline_s = head_deadline_s

    @property
    def server(self) -> Any:
        """What a site asks for a protocol; None until `setup`."""
        made = super().server
        return None if made is None else _Heads(made, self._head_deadline_s)
