"""A weak link between one browser and a media node: a UDP relay with a rate, a queue, a delay and loss; it needs no root."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LONGEST_QUEUE_S = 0.3
BITS = 8


@dataclass(slots=True, kw_only=True)
class Weather:
    """What the link is like now; it may be changed at any time."""

    rate_bps: float = 50e6  # towards the browser
    delay_s: float = 0.0  # each way
    loss: float = 0.0  # each way


@dataclass(slots=True, kw_only=True)
class WeakLink:
    """The relay: the browser sends to `port`, the node sees `way_out`."""

    weather: Weather
    seed: int = 7
    port: int = 0
    bytes_through: int = 0
    dropped: int = 0
    _free_at: float = 0.0
    _browser: tuple[str, int] | None = None
    _inner: asyncio.DatagramTransport | None = None
    _outer: asyncio.DatagramTransport | None = None
    _chance: random.Random = field(default_factory=random.Random)

    def up(self, data: bytes, address: tuple[str, int]) -> None:
        """From the browser."""
        self._browser = address
        if self._chance.random() >= self.weather.loss:
            self._later(self.weather.delay_s, self._to_node, data)

    def down(self, data: bytes) -> None:
        """From the node: by the bottleneck."""
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now)
        is_full = self._free_at - now > LONGEST_QUEUE_S
        if is_full or self._chance.random() < self.weather.loss:
            self.dropped += 1
            return
        self._free_at += len(data) * BITS / self.weather.rate_bps
        self.bytes_through += len(data)
        self._later(self._free_at - now + self.weather.delay_s, self._to_browser, data)

    def _later(self, delay_s: float, send: object, data: bytes) -> None:
        asyncio.get_running_loop().call_later(delay_s, send, data)  # type: ignore[arg-type]

    def _to_node(self, data: bytes) -> None:
        if self._inner is not None and not self._inner.is_closing():
            self._inner.sendto(data)

    def _to_browser(self, data: bytes) -> None:
        if self._outer is not None and not self._outer.is_closing():
            self._outer.sendto(data, self._browser)


class _Outer(asyncio.DatagramProtocol):
    """The browser's side."""

    def __init__(self, link: WeakLink) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._link.up(data, addr)


class _Inner(asyncio.DatagramProtocol):
    """The node's side."""

    def __init__(self, link: WeakLink) -> None:
        self._link = link

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._link.down(data)


@asynccontextmanager
async def weak_link(media_port: int, weather: Weather, seed: int = 7) -> AsyncIterator[WeakLink]:
    """In front of a node on this machine."""
    loop = asyncio.get_running_loop()
    link = WeakLink(weather=weather, _chance=random.Random(seed))
    link._inner, _ = await loop.create_datagram_endpoint(
        lambda: _Inner(link), remote_addr=("127.0.0.1", media_port)
    )
    link._outer, _ = await loop.create_datagram_endpoint(
        lambda: _Outer(link), local_addr=("127.0.0.1", 0)
    )
    link.port = link._outer.get_extra_info("sockname")[1]
    try:
        yield link
    finally:
        link._inner.close()
        link._outer.close()
