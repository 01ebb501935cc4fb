"""The next lesson of a learner, taken off their list by one script: nobody gets it twice but who asks again under the same key."""

import asyncio
import hashlib
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import hiredis

from lms.practice.wire import Batch, unpacked
from server.storage.link import LinkLostError, Reply
from server.storage.playlists import Place
from signaling.context import Meters

DEADLINE_SECONDS = 0.25
# After a failure Redis is left alone for so long.
AWAY_SECONDS = 1.0
KEEP_MS = 24 * 3600 * 1000
COLD_MS = 2000

# KEYS: the list; the sign that a lesson is being found by rule; what was answered under the caller's key, if there is one.
# Empty: to be found by rule, as it was the first time. Else the lesson, and how many are left (-1: it was given before).
SCRIPT = """
local kept = KEYS[3] and redis.call('GET', KEYS[3])
if kept then
    if kept == '' then return {} end
    return {kept, -1}
end
local lesson = redis.call('LPOP', KEYS[1])
if KEYS[3] then redis.call('SET', KEYS[3], lesson or '', 'PX', ARGV[1]) end
if not lesson then
    redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
    return {}
end
return {lesson, redis.call('LLEN', KEYS[1])}
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
_ARGUMENTS = (str(KEEP_MS), str(COLD_MS))


class Channels(Protocol):
    """The part of ShardedChannels that is needed here."""

    def command(self, key: str, *words: str | bytes) -> asyncio.Future[Reply]: ...


@dataclass(frozen=True, slots=True)
class Popped:
    """A lesson, and how many are left behind it; `again` when it was given under this key before."""

    batch: Batch
    left: int
    again: bool


class Lessons:
    """The side that serves; server.storage.playlists is the one that fills."""

    def __init__(self, channels: Channels, meters: Meters) -> None:
        self._channels = channels
        self._meters = meters
        self._away_until = 0.0
        # In the order of their deadlines.
        self._waiting: deque[tuple[float, asyncio.Future[Reply]]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    async def pop(self, place: Place, idempotency_key: str | None) -> Popped | None:
        """The next lesson; None when there is none, or nobody to ask."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            return None
        keys = _keys(place, idempotency_key)
        before = time.perf_counter()
        try:
            reply = await self._asked(keys)
        except (hiredis.ReplyError, LinkLostError, TimeoutError):
            self._away_until = loop.time() + AWAY_SECONDS
            self._meters.count("lessons_away_total")
            return None
        self._meters.observe("lessons_redis_seconds", time.perf_counter() - before)
        return _popped(reply)

    async def _asked(self, keys: list[str]) -> Reply:
        try:
            return await self._in_time("EVALSHA", SCRIPT_SHA, keys)
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            return await self._in_time("EVAL", SCRIPT, keys)

    def _in_time(self, verb: str, script: str, keys: list[str]) -> asyncio.Future[Reply]:
        """The command, whose reply is a TimeoutError after the deadline: one timer looks after all that wait."""
        reply = self._channels.command(keys[0], verb, script, str(len(keys)), *keys, *_ARGUMENTS)
        loop = reply.get_loop()
        self._waiting.append((loop.time() + DEADLINE_SECONDS, reply))
        if self._sweep is None:
            self._sweep = loop.call_later(DEADLINE_SECONDS, self._swept)
        return reply

    def _swept(self) -> None:
        self._sweep = None
        while self._waiting:
            due, reply = self._waiting[0]
            if not reply.done():
                now = reply.get_loop().time()
                if due > now:
                    self._sweep = reply.get_loop().call_later(due - now, self._swept)
                    return
                reply.set_exception(TimeoutError("Redis did not answer in time"))
            self._waiting.popleft()


def _keys(place: Place, idempotency_key: str | None) -> list[str]:
    """As server.storage.redis.key makes them, of ids that need no escaping."""
    tenant_id, course_id, user_id = place
    tag = f"{{t{tenant_id}.u{user_id}.c{course_id}}}:next"
    if idempotency_key is None:
        return [tag, f"{tag}-cold"]
    given = hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]
    return [tag, f"{tag}-cold", f"{tag}-{given}"]


def _popped(reply: Reply) -> Popped | None:
    match reply:
        case [bytes() as element, int() as left]:
            try:
                return Popped(unpacked(element), left, left < 0)
            except ValueError:
                return None  # of another release: the rule serves
        case _:
            return None
