"""ICE over TCP (RFC 6544): one accepted connection as if it were a datagram socket, framed as RFC 4571 says.

For browsers behind firewalls that let no UDP out. Such a connection has a peer address of its own kind (`mark`), so it
is never mistaken for the UDP port of the same number, and passes the same door: its first frame must be a check that
proves itself in time. What its reader does not take is dropped, not kept: late media is worth nothing.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from sfu.types import Address

TCP_MARK = 0xFFFFFFFF  # in the place of an IPv6 scope; no interface has this number
LONGEST_FRAME_BYTES = 2048
LENGTH_BYTES = 2
UNSENT_MAX_BYTES = 262_144
PROVEN_WITHIN_S = 5.0

Take = Callable[[bytes, Address, int], None]


def mark(host: str, port: int) -> Address:
    """The address of a TCP peer, different from every UDP one."""
    return host, port, 0, TCP_MARK


class Tcp(asyncio.Protocol):
    """One connection; `number` is its way back. `take` gets each frame, `settle` follows a batch, `gone` its end."""

    def __init__(
        self, number: int, take: Take, settle: Callable[[], None], gone: Callable[[int], None]
    ) -> None:
        self.number = number
        self.proven = False
        self._take = take
        self._settle = settle
        self._gone = gone
        self._address: Address | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._deadline: asyncio.TimerHandle | None = None
        self._unwanted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accepted: the clock of its proof starts."""
        # uvloop's transports are no asyncio.Transport by class, only by what they do.
        self._transport = cast("asyncio.Transport", transport)
        host, port = self._transport.get_extra_info("peername")[:2]
        self._address = mark(host, port)
        if self._unwanted:
            self.close()
            return
        self._deadline = asyncio.get_running_loop().call_later(PROVEN_WITHIN_S, self._unproven)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into frames."""
        assert self._address is not None
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= LENGTH_BYTES:
            size = int.from_bytes(buffer[at : at + LENGTH_BYTES], "big")
            if size > LONGEST_FRAME_BYTES:
                self.close()
                return
            if len(buffer) - at < LENGTH_BYTES + size:
                break
            self._take(
                bytes(buffer[at + LENGTH_BYTES : at + LENGTH_BYTES + size]),
                self._address,
                self.number,
            )
            at += LENGTH_BYTES + size
        del buffer[:at]
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        """The browser will come by another way, or be missed by its silence."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._gone(self.number)

    def sendto(self, data: bytes, address: Address) -> None:
        """As a socket does; BlockingIOError is for queues that are kept, so too much unsent is an OSError here."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("The connection is closed.")
        if self._transport.get_write_buffer_size() > UNSENT_MAX_BYTES:
            raise OSError("The reader is too slow.")
        self._transport.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)

    def close(self) -> None:
        """At once, or as soon as it is made."""
        self._unwanted = True
        if self._transport is not None:
            self._transport.abort()

    def _unproven(self) -> None:
        if not self.proven:
            self.close()
