"""The SFU nodes at a distance as one SFU: picks a live one for each room, passes questions on, says when it is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from hashlib import blake2b
from typing import Self

import msgspec
import structlog

from server.alongside import alongside
from sfu import commands
from sfu.control import RemoteNode
from signaling.context import Channels, Clock

BEATS = "{sfu}:beats"
BEAT_SECONDS = 1.0
SILENT_SECONDS = 3.0

_log = structlog.get_logger(__name__)

Directions = dict[str, set[commands.Direction]]  # of each peer, the connections that it has


class Beat(msgspec.Struct, frozen=True, array_like=True):
    """What an SFU node says of itself each second; `ready` is false while it drains."""

    node: str
    ready: bool


class MediaFleet:
    """Implements signaling.context.Media for a node without an SFU of its own."""

    def __init__(self, channels: Channels, clock: Clock, *, asker: str) -> None:
        self.on_notify: Callable[[bytes], None] | None = None
        self._channels = channels
        self._clock = clock
        self._asker = asker
        self._heard: dict[str, tuple[Beat, float]] = {}
        self._remotes: dict[str, RemoteNode] = {}
        self._rooms: dict[str, str] = {}
        self._peers: dict[str, Directions] = {}
        self._stack = contextlib.AsyncExitStack()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Hear the nodes' beats until the block ends."""
        async with self._stack, alongside(self._watch()):
            await self._channels.subscribe(BEATS, self._hear_beat)
            try:
                yield self
            finally:
                await self._channels.unsubscribe(BEATS)

    async def ask(self, request: bytes) -> bytes:
        """The reply of the node of the request's room; a refusal when there is no node."""
        decoded = commands.decode_request(request)
        node = await self._node_of(decoded.room)
        if node is None:
            sentence = "There is no media node at the moment."
            return commands.encode(commands.Refusal(code="media_unavailable", message=sentence))
        reply = await self._remotes[node].ask(request)
        await self._note(decoded)
        return reply

    async def probe(self) -> None:
        """Raises when no node would take a room."""
        if not self._ready():
            raise LookupError("no media node has been heard of late")

    def _hear_beat(self, payload: bytes) -> None:
        beat = msgspec.msgpack.decode(payload, type=Beat)
        self._heard[beat.node] = (beat, self._clock.monotonic())

    def _alive(self) -> list[str]:
        edge = self._clock.monotonic() - SILENT_SECONDS
        return [node for node, (_, at) in self._heard.items() if at > edge]

    def _ready(self) -> list[str]:
        return [node for node in self._alive() if self._heard[node][0].ready]

    async def _node_of(self, room: str) -> str | None:
        """The node that has the room, while it lives; else the one that every asker would choose."""
        known = self._rooms.get(room)
        if known in self._alive():
            return known
        ready = self._ready()
        if not ready:
            return None
        chosen = max(ready, key=lambda node: _weight(room, node))
        if chosen not in self._remotes:
            remote = RemoteNode(self._channels, node=chosen, asker=self._asker)
            await self._stack.enter_async_context(remote.running())
            self._remotes[chosen] = remote
        await self._remotes[chosen].follow(room, self._hear_news)
        self._rooms[room] = chosen
        return chosen

    async def _note(self, request: commands.Request) -> None:
        """Remember who has which connection, to be able to say what was lost."""
        peers = self._peers.setdefault(request.room, {})
        match request:
            case commands.Publish() | commands.WhipPublish():
                peers.setdefault(request.peer, set()).add("publish")
            case commands.Subscribe() | commands.WhepPlay():
                peers.setdefault(request.peer, set()).add("subscribe")
            case commands.Hangup(direction="both"):
                peers.pop(request.peer, None)
            case commands.Hangup(direction="all"):
                players = commands.player_name(request.peer, "")
                for peer in [p for p in peers if p == request.peer or p.startswith(players)]:
                    del peers[peer]
            case commands.Hangup(direction=("publish" | "subscribe") as direction):
                self._has_lost(request.room, request.peer, direction)
            case commands.CloseRoom():
                await self._forget(request.room)
            case _:
                pass

    async def _forget(self, room: str) -> None:
        node = self._rooms.pop(room, None)
        self._peers.pop(room, None)
        if node is not None:
            await self._remotes[node].leave(room)

    def _hear_news(self, notification: commands.Notification) -> None:
        if isinstance(notification, commands.Lost):
            self._has_lost(notification.room, notification.peer, notification.direction)
        self._notify(notification)

    def _has_lost(self, room: str, peer: str, direction: commands.Direction) -> None:
        """One connection is gone; who has none left is not kept in mind."""
        peers = self._peers.get(room, {})
        has = peers.get(peer, set())
        has.discard(direction)
        if not has:
            peers.pop(peer, None)

    def _notify(self, notification: commands.Notification) -> None:
        if self.on_notify is not None:
            self.on_notify(commands.encode(notification))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS / 2)
            alive = self._alive()
            for node in [node for node in self._heard if node not in alive]:
                del self._heard[node]
                _log.warning("media_node.lost", media_node=node)
            for room in [room for room, node in self._rooms.items() if node not in alive]:
                await self._lose(room)

    async def _lose(self, room: str) -> None:
        peers = self._peers.get(room, {})
        await self._forget(room)
        for peer, directions in peers.items():
            for direction in directions:
                self._notify(commands.Lost(room=room, peer=peer, direction=direction))


def _weight(room: str, node: str) -> bytes:
    """Rendezvous hashing: each pair has a weight that everybody computes alike."""
    return blake2b(f"{room}/{node}".encode(), digest_size=8).digest()
