"""Sharded pub/sub over one Redis server or a cluster: at most once, in order per channel, back by itself.

Theory of operation. One pipelined connection (link.py) to each master, ours alone, so that a publish is a write and nothing
waits its turn. A watcher compares what is wanted with what is there: it asks for the map of slots, connects to new masters,
drops gone ones and subscribes again where a channel's slot now lives; each second while all is well, five times a second
while a master is away. Messages of the gap are lost; nobody may rest anything on a channel.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import hiredis
import structlog
from redis.crc import key_slot

from server.alongside import alongside
from server.storage.keeper import StartError
from server.storage.link import Link, LinkLostError, Reply, Tell
from server.storage.redis import Place, place
from signaling.context import Meters

Address = tuple[str, int]  # ("/path/of/socket", 0) for a unix socket
Hear = Callable[[bytes], None]

WATCH_SECONDS = 1.0
DEGRADED_SECONDS = 0.2
COMMAND_SECONDS = 1.0
SLOTS = 16_384
OLDEST_SERVER = 7
# What waiting does not mend; a server that is loading, or without its cluster, will have us later.
REFUSALS = ("WRONGPASS", "NOAUTH", "NOPERM", "DENIED", "ERR", "it is version")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    first: int
    last: int
    master: Address


class ShardedChannels:
    """Implements signaling.context.Channels."""

    def __init__(self, url: str, meters: Meters) -> None:
        self._place = place(url)
        self._meters = meters
        self._links: dict[Address, Link] = {}
        self._ranges: list[_Range] = []
        self._wanted: dict[str, Hear] = {}
        self._subscribed: dict[str, Address] = {}
        self._look = asyncio.Event()
        self._stopping = False
        self._said_healthy: bool | None = None
        self._fault = ""  # why the last connection failed
        self._refused = False  # and whether a server said so itself

    def healthy(self) -> bool:
        """True while every master is connected and every slot has one."""
        covered = sum(part.last - part.first + 1 for part in self._ranges)
        return covered == SLOTS and all(self._up(part.master) for part in self._ranges)

    async def publish(self, channel: str, payload: bytes) -> None:
        """Write it now; dropped and counted when its server is away or does not keep up."""
        link = self._link_of(channel)
        if link is None or link.clogged:
            self._meters.count("channels_dropped_total")
            return
        self._meters.count("channels_published_total")
        link.command("SPUBLISH", channel, payload).add_done_callback(self._published)

    def send(self, key: str, tell: Tell, *words: str | bytes) -> None:
        """Send a command about this key with all others of this turn of the loop; `tell` is called once, with its reply or an error.

        LinkLostError when the key's server is away or does not keep up, ReplyError for what it says no to.
        """
        link = self._link_of(key)
        if link is None or link.clogged:
            tell(LinkLostError("its server is away"))
        else:
            link.send(tell, *words)

    async def subscribe(self, channel: str, hear: Hear) -> None:
        """Hear the channel from now on; returns when its server said so, or after a second without it."""
        self._wanted[channel] = hear
        with contextlib.suppress(LinkLostError, TimeoutError, hiredis.ReplyError):
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Hear the channel no longer."""
        self._wanted.pop(channel, None)
        address = self._subscribed.pop(channel, None)
        if address is not None and address in self._links:
            self._links[address].command("SUNSUBSCRIBE", channel)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected as well as can be, until the block ends; StartError when a server that answers will not have us."""
        await self._refresh()
        if self._refused and not self._links:
            raise StartError(f"LECTERN_REDIS_URL: the server refuses us: {self._fault}")
        async with alongside(self._watch()):
            try:
                yield
            finally:
                self._stopping = True
                for link in list(self._links.values()):
                    link.close()

    # --- what comes in ---------------------------------------------------------------------------

    def _heard(self, channel: str, payload: bytes) -> None:
        hear = self._wanted.get(channel)
        if hear is None:
            return
        try:
            hear(payload)
        except Exception:  # noqa: BLE001 - one hearer's fault must not silence the others
            self._meters.count("channels_hearer_failed_total")
            _log.exception("channel.hearer_failed", channel=channel)

    def _published(self, reply: asyncio.Future[Reply]) -> None:
        if not reply.cancelled() and reply.exception() is not None:
            self._meters.count("channels_dropped_total")
            self._look.set()  # MOVED, CLUSTERDOWN: the map is old

    def _moved(self, channel: str) -> None:
        self._subscribed.pop(channel, None)
        if channel in self._wanted:
            self._look.set()

    def _lost(self, address: Address, link: Link) -> None:
        if self._links.get(address) is link:
            del self._links[address]
        for channel in [name for name, at in self._subscribed.items() if at == address]:
            del self._subscribed[channel]
        if not self._stopping:
            self._look.set()

    # --- the watcher -----------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            pause = WATCH_SECONDS if self.healthy() else DEGRADED_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._look.wait()
                await asyncio.sleep(DEGRADED_SECONDS / 4)  # a storm of reasons is one look
            self._look.clear()
            self._say_health()
            await self._refresh()

    async def _refresh(self) -> None:
        await self._check()
        await self._read_map()
        masters = {part.master for part in self._ranges}
        for address in masters - self._links.keys():
            await self._connect(address)
        for address in self._links.keys() - masters:
            self._links.pop(address).close()
        await self._subscribe_again()
        self._say_health()

    def _say_health(self) -> None:
        healthy = self.healthy()
        if healthy != self._said_healthy:
            self._said_healthy = healthy
            if healthy:
                _log.info("channels.health", healthy=True)
            else:
                _log.warning("channels.health", healthy=False, reason=self._fault or "lost")
        self._meters.gauge("channels_healthy", float(healthy))

    async def _check(self) -> None:
        """A server that does not answer in time is as good as gone."""
        async with asyncio.TaskGroup() as group:
            for address in self._links:
                group.create_task(self._ask(address, "PING"))

    async def _read_map(self) -> None:
        if not self._place.cluster:
            self._ranges = [_Range(first=0, last=SLOTS - 1, master=_only(self._place))]
            return
        for address in [*self._links, *self._place.hosts]:
            reply = await self._ask(address, "CLUSTER", "SLOTS")
            if isinstance(reply, list) and reply:
                self._ranges = _ranges(reply, address)
                return

    async def _ask(self, address: Address, *words: str) -> Reply | None:
        link = self._links.get(address) or await self._connect(address)
        if link is None:
            return None
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                return await link.command(*words)
        except (TimeoutError, LinkLostError):
            link.close()
        except hiredis.ReplyError:
            self._meters.count("channels_refused_total")
        return None

    async def _connect(self, address: Address) -> Link | None:
        link = Link(self._heard, self._moved, lambda gone: self._lost(address, gone))
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._open(address, link)
                _check_version(await link.command(*_hello(self._place)))
                if self._place.database:
                    await link.command("SELECT", str(self._place.database))
        except (OSError, TimeoutError, hiredis.ReplyError) as error:
            self._fault = " ".join(str(error).split()) or type(error).__name__
            self._refused = self._fault.startswith(REFUSALS)
            link.close()
            return None
        self._links[address] = link
        return link

    async def _open(self, address: Address, link: Link) -> None:
        loop = asyncio.get_running_loop()
        if self._place.unix_path is not None:
            await loop.create_unix_connection(lambda: link, self._place.unix_path)
        else:
            await loop.create_connection(lambda: link, *address, ssl=self._place.tls)

    async def _subscribe_again(self) -> None:
        missing = [name for name in self._wanted if not self._is_subscribed(name)]
        async with asyncio.TaskGroup() as group:
            for channel in missing:
                group.create_task(self._try_subscribe(channel))

    def _is_subscribed(self, channel: str) -> bool:
        address = self._address_of(channel)
        return address is not None and self._subscribed.get(channel) == address

    async def _try_subscribe(self, channel: str) -> None:
        with contextlib.suppress(LinkLostError, TimeoutError, hiredis.ReplyError):
            async with asyncio.timeout(COMMAND_SECONDS):
                await self._subscribe(channel)

    async def _subscribe(self, channel: str) -> None:
        address = self._address_of(channel)
        link = self._links.get(address) if address is not None else None
        if address is None or link is None:
            raise LinkLostError("its server is away")
        old = self._subscribed.get(channel)
        if old is not None and old != address and old in self._links:
            self._links[old].command("SUNSUBSCRIBE", channel)
        await link.command("SSUBSCRIBE", channel)
        if channel in self._wanted:
            self._subscribed[channel] = address
        else:  # given up while the server was being asked
            link.command("SUNSUBSCRIBE", channel)

    # --- where a channel lives -------------------------------------------------------------------

    def _address_of(self, channel: str) -> Address | None:
        if self._ranges and not self._place.cluster:
            return self._ranges[0].master
        slot = key_slot(channel.encode())
        return next(
            (part.master for part in self._ranges if part.first <= slot <= part.last), None
        )

    def _link_of(self, channel: str) -> Link | None:
        if self._ranges and not self._place.cluster:
            return self._links.get(self._ranges[0].master)
        address = self._address_of(channel)
        return self._links.get(address) if address is not None else None

    def _up(self, address: Address) -> bool:
        link = self._links.get(address)
        return link is not None and link.up


def _only(at: Place) -> Address:
    return (at.unix_path, 0) if at.unix_path is not None else at.hosts[0]


def _hello(at: Place) -> list[str]:
    words = ["HELLO", "3"]
    if at.password is not None:
        words += ["AUTH", at.username or "default", at.password]
    return words


def _check_version(greeting: Reply) -> None:
    """Sharded pub/sub came with 7.0; an older server would drop every message without a word."""
    version = greeting.get(b"version") if isinstance(greeting, dict) else None
    if isinstance(version, bytes) and int(version.split(b".")[0]) < OLDEST_SERVER:
        raise hiredis.ReplyError(
            f"it is version {version.decode()}, and {OLDEST_SERVER}.0 is needed"
        )


def _ranges(rows: list[object], asked: Address) -> list[_Range]:
    """CLUSTER SLOTS: rows of first, last, master [host, port, id, ...], replicas; no host means the one asked."""
    found = []
    for row in rows:
        match row:
            case [int() as first, int() as last, [host, int() as port, *_], *_]:
                name = host.decode() if isinstance(host, bytes) and host else asked[0]
                found.append(_Range(first=first, last=last, master=(name, port)))
    return found
