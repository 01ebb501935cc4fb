"""Sends sfu.commands to the SFU of a class: the one in this process, or the fleet of media nodes behind the same face."""

import asyncio
from collections import deque
from collections.abc import Iterable

import structlog

from sfu import commands as sfu
from signaling.context import Media, Meters
from signaling.errors import SignalingError

ORDERS_MAX = 10_000

_log = structlog.get_logger(__name__)


class MediaNodes:
    """Questions have an answer; orders, which nobody waits for, are carried out in turn by `run`."""

    def __init__(self, *, media: Media | None, is_here: bool, meters: Meters) -> None:
        self._media = media
        self._is_here = is_here
        self._meters = meters
        self._orders: deque[sfu.Request] = deque()
        self._ordered = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    async def ask(self, request: sfu.Request) -> sfu.Reply:
        """The SFU's reply, after every order that was given before."""
        await self._idle.wait()
        return await self._ask(request)

    def order(self, requests: Iterable[sfu.Request]) -> None:
        """Have these done, in order, soon."""
        if self._media is None:
            return
        for request in requests:
            if len(self._orders) >= ORDERS_MAX:
                self._meters.count("media_orders_dropped_total")
                return
            self._orders.append(request)
            self._idle.clear()
            self._ordered.set()

    def let_go(self, room: str) -> None:
        """Another node owns the class now: an SFU in this process carries it no longer."""
        if self._is_here:
            self.order([sfu.CloseRoom(room=room)])

    async def run(self) -> None:
        """Carry out orders for ever."""
        while True:
            await self._ordered.wait()
            while self._orders:
                await self._carry_out(self._orders[0])
                self._orders.popleft()
            self._ordered.clear()
            self._idle.set()

    async def _carry_out(self, request: sfu.Request) -> None:
        try:
            reply = await self._ask(request)
        except Exception as error:  # noqa: BLE001 - one order that fails must not stop those after it
            self._meters.count("media_orders_failed_total")
            _log.warning("media.order_failed", reason=type(error).__name__)
            return
        # Who never published has nothing to be muted or hung up: that is no failure.
        if isinstance(reply, sfu.Refusal) and reply.code != "no_such_peer":
            self._meters.count("media_orders_failed_total")
            _log.warning("media.order_failed", code=reply.code)

    async def _ask(self, request: sfu.Request) -> sfu.Reply:
        if self._media is None:
            raise SignalingError("There is no media node.", code="media_unavailable")
        try:
            raw = await self._media.ask(sfu.encode(request))
        except TimeoutError as error:
            raise SignalingError(
                "The media node did not answer in time.", code="media_unavailable"
            ) from error
        reply: sfu.Reply = sfu.decode_reply(raw)
        return reply
