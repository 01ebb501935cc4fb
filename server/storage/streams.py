"""Redis Streams as the copy of the end of a numbered log: parts are added in order, read by groups, claimed from the dead.

The log itself is in PostgreSQL. What Redis loses, refuses or forgets costs its readers a look there, and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import RedisError, ResponseError

from server.storage.redis import Client, key

KEPT_PARTS = 1000  # about: Redis trims where it is cheap
KEPT_SECONDS = 24 * 3600  # a log that nobody writes any more is not kept for ever
BLOCK_MS = 400  # below the deadline of a command
IDLE_MS = 10_000  # who has held a part for so long without a word is dead
CLAIMED_PARTS = 50
FORGOTTEN_MS = 3_600_000


class StreamsAwayError(Exception):
    """Redis does not answer, or not as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some events of one shard that follow one another, encoded; `seq` is the number of the last."""

    shard: int
    seq: int
    body: bytes


class Streams:
    """The streams of one log, a shard each. They share a slot, so that one command reads them all."""

    def __init__(self, redis: Client, log: str, shards: int) -> None:
        self._redis = redis
        self._names = [key(f"events-{shard}", l=log) for shard in range(shards)]
        self._shards = {name.encode(): shard for shard, name in enumerate(self._names)}

    async def add(self, parts: Sequence[Part]) -> None:
        """Add them in one write. A number that is there already is refused by Redis, which is as it should be."""
        pipeline = self._redis.pipeline(transaction=False)
        for part in parts:
            name, at = self._names[part.shard], f"{part.seq}-0"
            pipeline.execute_command("XADD", name, "MAXLEN", "~", KEPT_PARTS, at, "e", part.body)
        for name in {self._names[part.shard] for part in parts}:
            pipeline.expire(name, KEPT_SECONDS)
        try:
            replies = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as error:
            raise _away(error) from error
        for reply in replies:
            if isinstance(reply, Exception) and not isinstance(reply, ResponseError):
                raise _away(reply) from reply

    async def tops(self) -> dict[int, int]:
        """The last number that is in the stream of each shard."""
        found = {}
        for shard, name in enumerate(self._names):
            for at, _ in await self._do("XREVRANGE", name, "+", "-", "COUNT", "1") or ():
                found[shard] = _seq(at)
        return found

    async def forget(self, shard: int) -> None:
        """Remove the stream of this shard."""
        await self._do("DEL", self._names[shard])

    async def join(self, group: str) -> None:
        """See to it that the group is there, and that consumers of long ago are not."""
        for name in self._names:
            try:
                await self._do("XGROUP", "CREATE", name, group, "0", "MKSTREAM")
            except StreamsAwayError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
            for consumer in await self._do("XINFO", "CONSUMERS", name, group):
                known = _plain(consumer)
                if not known[b"pending"] and int(known[b"idle"]) > FORGOTTEN_MS:
                    await self._do("XGROUP", "DELCONSUMER", name, group, known[b"name"])

    async def leave(self, group: str, consumer: str) -> None:
        """Give up the name; what it held and did not finish goes back with it, for the log has it."""
        for name in self._names:
            await self._do("XGROUP", "DELCONSUMER", name, group, consumer)

    async def read(self, group: str, consumer: str, count: int) -> list[Part]:
        """New parts, a few of each shard; waits a moment for the first of them."""
        reply = await self._do(
            *(
                "XREADGROUP",
                "GROUP",
                group,
                consumer,
                "COUNT",
                count,
                "BLOCK",
                BLOCK_MS,
                "STREAMS",
            ),
            *(*self._names, *(">" for _ in self._names)),
        )
        return [part for name, rows in _pairs(reply) for part in _parts(self._shards[name], rows)]

    async def claim(self, group: str, consumer: str, idle_ms: int = IDLE_MS) -> list[Part]:
        """Take over what others of the group have held for too long."""
        found = []
        for shard, name in enumerate(self._names):
            reply = await self._do(
                *("XAUTOCLAIM", name, group, consumer, idle_ms, "0-0", "COUNT", CLAIMED_PARTS)
            )
            found += _parts(shard, reply[1])
        return found

    async def done(self, group: str, parts: Sequence[Part]) -> None:
        """Say that these are dealt with."""
        if not parts:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for shard in sorted({part.shard for part in parts}):
            ids = [f"{part.seq}-0" for part in parts if part.shard == shard]
            pipeline.execute_command("XACK", self._names[shard], group, *ids)
        try:
            await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            raise _away(error) from error

    async def _do(self, *words: Any) -> Any:
        where: dict[str, Any] = {}
        try:
            if isinstance(self._redis, RedisCluster):
                # The client would ask the server for the keys of each command; all of ours are in one place.
                if not self._redis.nodes_manager.slots_cache:
                    await self._redis.initialize()
                where["target_nodes"] = self._redis.get_node_from_key(self._names[0])
            return await self._redis.execute_command(*words, **where)
        except (RedisError, OSError, TimeoutError) as error:
            raise _away(error) from error


def log_name(database: str, log_id: str) -> str:
    """What this life of the log of this database is called in keys."""
    return f"{database}-{log_id}"


def _away(error: BaseException) -> StreamsAwayError:
    return StreamsAwayError(" ".join(str(error).split()) or type(error).__name__)


def _seq(at: bytes) -> int:
    return int(at.partition(b"-")[0])


def _pairs(reply: Any) -> Any:
    return reply.items() if isinstance(reply, Mapping) else reply or ()


def _plain(row: Any) -> Mapping[bytes, Any]:
    return {(k if isinstance(k, bytes) else k.encode()): value for k, value in row.items()}


def _parts(shard: int, rows: Any) -> list[Part]:
    """Rows that were trimmed while somebody held them come back empty: they are passed over."""
    return [Part(shard=shard, seq=_seq(at), body=fields[b"e"]) for at, fields in rows if fields]
