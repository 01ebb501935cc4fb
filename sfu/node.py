"""The node: the only file that opens media sockets; one port, batches, timers, and the engine between them."""

import asyncio
import itertools
import secrets
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import cache
from time import monotonic  # noqa: TID251 - a shell: it reads the clock, finer than the loop's

import msgspec
import structlog

from sfu import commands
from sfu.engine import Engine
from sfu.errors import Malformed
from sfu.kernel.reference import ReferenceKernel
from sfu.kernel.table import Counters as KernelCounters
from sfu.metrics import Meterage, Meters, NodeCounters
from sfu.packet.demux import kind_of
from sfu.settings import SfuSettings
from sfu.transport.dtls import Identity
from sfu.transport.ice import Door
from sfu.transport.peer import Packets, Peer
from sfu.transport.runs import UDP_SEGMENT, Run, runs
from sfu.transport.tcp import Tcp
from sfu.types import (
    Address,
    Answered,
    Command,
    Connect,
    Disconnect,
    Gone,
    Leg,
    Local,
    Moved,
    Notify,
    Open,
    Output,
    Secured,
    Tick,
)

BATCH = 128  # datagrams read before others have their turn
LONGEST_DATAGRAM_BYTES = 2048
FREE_PORT_TRIES = 8
TCP_NUMBERS = 1000  # accepted connections count from here, sockets from 0
CARE_EVERY_S = 0.25  # for connections that stand
REPORT_EVERY_S = 1.0
STALL_S = 0.5  # without a tick: the machine stood still, so nobody's silence counts
Way = socket.socket | Tcp
OPENS = commands.Publish | commands.WhipPublish | commands.Subscribe | commands.WhepPlay


_log = structlog.get_logger(__name__)


class Node:
    """One SFU. `async with node.running():`, then `ask`; what it has to say by itself goes to `on_notify`."""

    def __init__(
        self,
        settings: SfuSettings,
        meters: Meters,
        on_notify: Callable[[bytes], None] | None = None,
    ) -> None:
        self.counters = NodeCounters()
        self.on_notify = on_notify
        self.port = settings.port
        self._settings = settings
        self._meterage = Meterage(meters)
        self._identity = Identity()
        self._kernel = ReferenceKernel()
        self._engine = Engine(settings, self._kernel)
        self._door = Door(silence_s=settings.silence_timeout_s)
        self._peers: dict[Leg, Peer] = {}
        self._forming: set[Leg] = set()
        self._legs = 0
        self._sockets: list[socket.socket] = []  # one for each of our addresses, all on one port
        self._servers: list[asyncio.Server] = []
        self._ways: dict[int, Way] = {}  # those sockets, and accepted connections, by number
        self._numbers = itertools.count(1)
        self._cuts = False  # whether the system cuts a run into datagrams
        self._backlog: deque[tuple[bytes, Address]] = deque()
        self._candidates: tuple[tuple[str, int], ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._care_at = self._report_at = self._ticked_at = 0.0

    @property
    def kernel_counters(self) -> KernelCounters:
        """What the kernel has taken, sent and turned away."""
        return self._kernel.counters

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the port, carry media until the block ends, say goodbye to everybody."""
        await self._open_sockets()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()
            for leg in list(self._peers):
                self._disconnect(leg)
            self._close_sockets()

    async def ask(self, request: bytes) -> bytes:
        """One encoded request, its encoded reply."""
        try:
            decoded = commands.decode_request(request)
        except (msgspec.DecodeError, msgspec.ValidationError):
            self.counters.refused += 1
            return commands.encode(
                commands.Refusal(
                    code=Malformed.code, message="The media node cannot read the request."
                )
            )
        local = self._new_local() if isinstance(decoded, OPENS) else None
        reply = self._perform(
            self._engine.handle(Command(request=decoded, local=local), monotonic())
        )
        self._flush()
        assert reply is not None
        if isinstance(reply, commands.Refusal):
            self.counters.refused += 1
        return commands.encode(reply)

    # --- outputs of the engine ---

    def _perform(self, outputs: list[Output]) -> commands.Reply | None:
        reply: commands.Reply | None = None
        for output in outputs:
            match output:
                case Answered():
                    reply = output.reply
                case Open():
                    self._peers[output.local.leg] = Peer(
                        output.local, self._settings, self._door, now=monotonic()
                    )
                    self._forming.add(output.local.leg)
                    if self._timer is None:
                        self._ticked_at = monotonic()
                        self._set_timer()
                case Connect():
                    self._peers[output.leg].connect(output.remote, self._identity)
                case Disconnect():
                    self._disconnect(output.leg)
                case Notify():
                    if self.on_notify is not None:
                        self.on_notify(commands.encode(output.notification))
                case _:
                    pass
        return reply

    # --- datagrams in ---

    def _readable(self, sock: socket.socket, number: int) -> None:
        now = monotonic()
        legs = self._door.legs
        receive = self._engine.receive
        count = 0
        try:
            for _ in range(BATCH):
                data, address = sock.recvfrom(LONGEST_DATAGRAM_BYTES)
                count += 1
                if data and 128 <= data[0] <= 191 and (leg := legs.get(address)) is not None:
                    receive(leg, data, monotonic())
                else:
                    self._other(data, address, now, number)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.counters.receive_errors += 1  # an ICMP answer to something sent earlier
        self.counters.datagrams_in += count
        self._perform(self._engine.settle(now))
        self._flush()

    def _other(self, data: bytes, address: Address, now: float, number: int) -> None:
        """Everything but the media of a browser that is known: the guard decides."""
        kind = kind_of(data)
        if kind == "stun":
            self.counters.stun += 1
            self._stun(data, address, now, number)
        elif kind == "dtls" and (leg := self._door.legs.get(address)) is not None:
            self.counters.dtls += 1
            self._dtls(self._peers[leg], data, address, now)
        elif not data:
            self.counters.empty += 1
        else:
            self.counters.stranger += 1

    def _stun(self, data: bytes, address: Address, now: float, number: int) -> None:
        try:
            heard = self._door.stun(data, address, now, number)
        except Malformed:
            self.counters.stun_malformed += 1
            return
        if heard is None:
            self.counters.stun_unknown += 1
            return
        for reply, back in heard.replies:
            self._send_one(number, reply, back)
        if heard.selected is not None:
            self._perform(self._engine.handle(Moved(leg=heard.leg, address=heard.selected), now))

    def _dtls(self, peer: Peer, data: bytes, address: Address, now: float) -> None:
        try:
            self._shake(peer, data, address, now)
        except Exception:  # noqa: BLE001 - one connection's fault must not stop the others
            self._broken(peer, now)

    def _shake(self, peer: Peer, data: bytes, address: Address, now: float) -> None:
        was = peer.state
        self._send(peer.dtls(data, address, now))
        if peer.state == "secured" and was != "secured" and peer.keys is not None:
            self.counters.secured += 1
            self._forming.discard(peer.leg)
            secured = Secured(leg=peer.leg, address=peer.address or address, keys=peer.keys)
            self._perform(self._engine.handle(secured, now))
        elif peer.state == "over":
            self._gone(peer, now)

    # --- time ---

    def _on_time(self) -> None:
        """Tick while anybody is connected; the next one is set first, so that no fault stops the clock."""
        self._timer = None
        self._set_timer()
        self._tick(monotonic())

    def _set_timer(self) -> None:
        if self._timer is None and self._peers:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._settings.tick_s, self._on_time)

    def _tick(self, now: float) -> None:
        stalled_s = now - self._ticked_at
        self._ticked_at = now
        if stalled_s > STALL_S:
            self._door.forgive(stalled_s)
        legs = list(self._forming)
        if now >= self._care_at:
            self._care_at = now + CARE_EVERY_S
            legs = list(self._peers)
        for leg in legs:
            peer = self._peers.get(leg)
            if peer is not None:
                self._care(peer, now)
        self._perform(self._engine.handle(Tick(), now))
        self._flush()
        if now >= self._report_at or not self._peers:
            self._report_at = now + REPORT_EVERY_S
            self._report()

    def _care(self, peer: Peer, now: float) -> None:
        """One connection's timers."""
        try:
            self._send(peer.tick(now))
            if peer.state == "over":
                self._gone(peer, now)
        except Exception:  # noqa: BLE001 - one connection's fault must not stop the others
            self._broken(peer, now)

    def _broken(self, peer: Peer, now: float) -> None:
        """A fault of ours in one connection ends that one, is logged once for it, and harms no other."""
        self.counters.faults += 1
        _log.exception("media.connection_failed", leg=peer.leg)
        self._peers.pop(peer.leg, None)
        self._forming.discard(peer.leg)
        self._door.close(peer.leg)
        self._perform(self._engine.handle(Gone(leg=peer.leg), now))

    def _report(self) -> None:
        self._meterage.report("media_node", self.counters)
        self._meterage.report("media_kernel", self._kernel.counters)
        self._meterage.gauge("media_peers", len(self._peers))
        self._meterage.gauge("media_rooms", len(self._engine.rooms))

    # --- connections ---

    def _new_local(self) -> Local:
        """A connection's secrets; its Peer stands only when the engine takes it."""
        self._legs += 1
        return Local(
            leg=self._legs,
            ufrag=secrets.token_urlsafe(6).replace("-", "+").replace("_", "/"),
            password=secrets.token_hex(16),
            fingerprint=self._identity.fingerprint,
            candidates=self._candidates,
            tcp=self._settings.tcp,
            session=secrets.randbits(62),
            ssrc_base=(secrets.randbits(31) & 0x7FFE0000) | 0x10000,
        )

    def _gone(self, peer: Peer, now: float) -> None:
        if peer.keys is None:
            self.counters.dtls_failed += 1
        self.counters.lost += 1
        self._perform(self._engine.handle(Gone(leg=peer.leg), now))

    def _disconnect(self, leg: Leg) -> None:
        peer = self._peers.pop(leg, None)
        self._forming.discard(leg)
        if peer is not None:
            self._send(peer.farewell())
            peer.close()

    # --- datagrams out ---

    def _flush(self) -> None:
        if self._kernel.transmits:
            self._send(self._kernel.take_transmits())

    def _send(self, packets: Packets) -> None:
        if len(packets) > 1 and self._cuts:
            self._send_runs(runs(packets))
            return
        ways, via = self._ways, self._door.via
        for position, (data, address) in enumerate(packets):
            try:
                ways[via[address]].sendto(data, address)
            except (BlockingIOError, InterruptedError):
                self._hold(packets[position:])
                return
            except (OSError, KeyError):
                self.counters.send_dropped += 1
        self.counters.datagrams_out += len(packets)

    def _send_runs(self, batch: list[Run]) -> None:
        """A burst: one call for each run of equal packets to one browser; the system cuts it."""
        ways, via = self._ways, self._door.via
        for position, (address, run) in enumerate(batch):
            try:
                way = ways[via[address]]
                if len(run) == 1:
                    way.sendto(run[0], address)
                elif isinstance(way, Tcp):
                    for data in run:
                        way.sendto(data, address)
                else:
                    way.sendmsg(run, _cut_into(len(run[0])), 0, address)
                self.counters.datagrams_out += len(run)
            except (BlockingIOError, InterruptedError):
                self._hold([(data, to) for to, rest in batch[position:] for data in rest])
                return
            except (OSError, KeyError):
                self._send_singly(address, run)

    def _send_singly(self, address: Address, run: list[bytes]) -> None:
        """A path that takes no run (its packets are smaller, its device cannot cut) may take the packets."""
        for data in run:
            try:
                self._ways[self._door.via[address]].sendto(data, address)
                self.counters.datagrams_out += 1
            except (OSError, KeyError):
                self.counters.send_dropped += 1

    def _send_one(self, number: int, data: bytes, address: Address) -> None:
        """An answer, by the way that the question came."""
        try:
            self._ways[number].sendto(data, address)
            self.counters.datagrams_out += 1
        except (OSError, KeyError):
            self.counters.send_dropped += 1

    def _hold(self, packets: Packets) -> None:
        """The system's buffer is full: keep a bounded number and go on when it drains."""
        loop = asyncio.get_running_loop()
        for packet in packets:
            if len(self._backlog) < self._settings.send_backlog_packets:
                self._backlog.append(packet)
            else:
                self.counters.send_dropped += 1
        for sock in self._sockets:
            loop.add_writer(sock, self._writable)

    def _writable(self) -> None:
        held, self._backlog = list(self._backlog), deque()
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.remove_writer(sock)
        self._send(held)

    async def _open_sockets(self) -> None:
        """One socket for each address that is this machine's; one for all when some are not (behind NAT)."""
        hosts = list(self._settings.addresses)
        if not all(_is_local(host) for host in hosts):
            hosts = [self._settings.bind]
        for attempt in range(FREE_PORT_TRIES):
            try:
                for host in hosts:
                    await self._listen(host)
                break
            except OSError:
                self._close_sockets()
                self.port = self._settings.port
                if self.port != 0 or attempt == FREE_PORT_TRIES - 1:
                    raise
        self._candidates = tuple((address, self.port) for address in self._settings.addresses)

    async def _listen(self, host: str) -> None:
        loop = asyncio.get_running_loop()
        sock = self._bound(host)
        self._sockets.append(sock)
        number = len(self._sockets) - 1
        self._ways[number] = sock
        self._cuts = _can_cut(sock)
        loop.add_reader(sock, self._readable, sock, number)
        if self._settings.tcp:
            self._servers.append(await loop.create_server(self._accept, host, self.port))

    def _accept(self) -> Tcp:
        """A browser without UDP, or a stranger: the door will tell."""
        connection = Tcp(
            TCP_NUMBERS + next(self._numbers), self._frame, self._settle_frames, self._closed
        )
        self._ways[connection.number] = connection
        if len(self._ways) > self._settings.max_tcp:
            self._refuse_a_stranger()
        return connection

    def _refuse_a_stranger(self) -> None:
        """Whoever has not proven anything for longest goes: those who only hold on keep nobody out."""
        self.counters.tcp_refused += 1
        for number, way in self._ways.items():
            if isinstance(way, Tcp) and not way.proven:
                del self._ways[number]
                way.close()
                return

    def _frame(self, data: bytes, address: Address, number: int) -> None:
        """One frame of a TCP connection, as a datagram."""
        now = monotonic()
        self.counters.datagrams_in += 1
        leg = self._door.legs.get(address)
        if data and 128 <= data[0] <= 191 and leg is not None:
            self._engine.receive(leg, data, now)
        else:
            self._other(data, address, now, number)
            way = self._ways.get(number)
            if isinstance(way, Tcp) and not way.proven and address in self._door.legs:
                way.proven = True
                self.counters.tcp_proven += 1

    def _settle_frames(self) -> None:
        self._perform(self._engine.settle(monotonic()))
        self._flush()

    def _closed(self, number: int) -> None:
        self._ways.pop(number, None)

    def _close_sockets(self) -> None:
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.remove_reader(sock)
            loop.remove_writer(sock)
        for way in list(self._ways.values()):
            way.close()
        for server in self._servers:
            server.close()
        for held in (self._ways, self._servers, self._sockets):
            held.clear()

    def _bound(self, host: str) -> socket.socket:
        is_v6 = ":" in host
        sock = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            if is_v6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            with suppress(OSError):
                sock.setsockopt(
                    socket.SOL_SOCKET, socket.SO_RCVBUF, self._settings.receive_buffer_bytes
                )
                sock.setsockopt(
                    socket.SOL_SOCKET, socket.SO_SNDBUF, self._settings.send_buffer_bytes
                )
            sock.bind((host, self.port))
        except OSError:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        return sock


@cache
def _cut_into(size: int) -> list[tuple[int, int, bytes]]:
    """The control message that has a run cut into datagrams of this size."""
    return [(socket.IPPROTO_UDP, UDP_SEGMENT, size.to_bytes(2, sys.byteorder))]


def _can_cut(sock: socket.socket) -> bool:
    """Whether this system knows UDP_SEGMENT (Linux from 4.18 on)."""
    try:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


def _is_local(host: str) -> bool:
    """Whether this machine has the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((host, 0))
        except OSError:
            return False
    return True
