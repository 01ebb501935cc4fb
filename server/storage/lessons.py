"""The next lesson of a learner, taken off their list in one step: nobody gets it twice but who asks again under the same key."""

import asyncio
import hashlib
import random
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Protocol

import hiredis
import msgspec

from lms.practice.wire import Batch, unpacked
from server.storage.link import Reply, Tell
from server.storage.playlists import Place
from signaling.context import Meters, SwiftMeters

# An answer is waited for so many turns of a timer. Turns and not a moment: where the loop is late by itself, the reply is
# mostly here and only unread, and to take Redis for dead then would send everybody the dear way just when there is no time.
DEADLINE_TURNS = 5
TURN_SECONDS = 0.05
# After a failure Redis is left alone for so long.
AWAY_SECONDS = 1.0
KEEP_MS = 24 * 3600 * 1000
# Keys that are to be marked when Redis is back, and how many of them at once.
OWED_MAX = 10_000
OWED_AT_ONCE = 200

# For who asks under a key of their own. KEYS: the list; what was answered under that key.
# Empty: to be found by rule, as it was the first time. Else the lesson, and whether it was given before.
SCRIPT = """
local kept = redis.call('GET', KEYS[2])
if kept == '' then return {} end
if kept then return {kept, 1} end
local lesson = redis.call('LPOP', KEYS[1])
redis.call('SET', KEYS[2], lesson or '', 'PX', ARGV[1])
if not lesson then return {} end
return {lesson, 0}
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class Channels(Protocol):
    """The part of ShardedChannels that is needed here."""

    def send(self, key: str, tell: Tell, *words: str | bytes) -> None: ...


class Popped(msgspec.Struct, frozen=True, gc=False):
    """A lesson; `again` when it was given under this key before."""

    batch: Batch
    again: bool


Then = Callable[[Popped | None], None]


class _Asked:
    """A pop under way: told its reply by the link, or that its time is over, whichever is first."""

    __slots__ = ("_lessons", "before", "due", "keys", "then")

    def __init__(self, lessons: "Lessons", keys: list[str], then: Then, due: int) -> None:
        self._lessons = lessons
        self.keys = keys
        self.then: Then | None = then
        self.before = time.perf_counter()
        self.due = due  # the turn at which its time is over

    def __call__(self, reply: Reply) -> None:
        if self.then is not None:
            self._lessons.told(self, reply)


class _Owed:
    """Keys under which nothing could be asked: what is given instead is found by rule, and stays what is given under them.

    Each is marked as such as soon as Redis answers, so that no node gives another lesson under it; here it is known at once.
    """

    def __init__(self, channels: Channels, meters: Meters) -> None:
        self._channels = channels
        self._meters = meters
        self._keys: dict[str, None] = {}
        self._under_way = 0
        self._timer: asyncio.TimerHandle | None = None

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def add(self, key: str) -> None:
        """The oldest is given up where there are too many."""
        if len(self._keys) >= OWED_MAX:
            del self._keys[next(iter(self._keys))]
            self._meters.count("lessons_unmarked_total")
        self._keys[key] = None
        self._later()

    def _later(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(AWAY_SECONDS * random.uniform(1, 1.5), self._mark)  # noqa: S311 - jitter

    def _mark(self) -> None:
        """Some of them, if Redis has answered to those before."""
        self._timer = None
        if not self._under_way:
            some = list(islice(self._keys, OWED_AT_ONCE))
            self._under_way = len(some)
            for key in some:
                tell = partial(self._marked, key)
                self._channels.send(key, tell, "SET", key, "", "PX", str(KEEP_MS))
        if self._keys:
            self._later()

    def _marked(self, key: str, reply: Reply) -> None:
        self._under_way -= 1
        if not isinstance(reply, Exception):
            self._keys.pop(key, None)


class Lessons:
    """The side that serves; server.storage.playlists is the one that fills."""

    def __init__(self, channels: Channels, meters: SwiftMeters) -> None:
        self._channels = channels
        self._meters = meters
        self._took = meters.observer("lessons_redis_seconds")
        self._away_until = 0.0
        self._owed = _Owed(channels, meters)
        # In the order in which they began.
        self._under_way: deque[_Asked] = deque()
        self._sweep: asyncio.TimerHandle | None = None
        self._turn = 0

    async def pop(self, place: Place, idempotency_key: str | None) -> Popped | None:
        """The next lesson; None when there is none, or nobody to ask."""
        popped: asyncio.Future[Popped | None] = asyncio.get_running_loop().create_future()

        def then(found: Popped | None) -> None:
            if not popped.done():
                popped.set_result(found)

        self.begin(place, idempotency_key, then)
        return await popped

    def begin(self, place: Place, idempotency_key: str | None, then: Then) -> None:
        """The same for who wants no future: `then` is called once, at the latest after the deadline, and must not raise."""
        keys = _keys(place, idempotency_key)
        if self._away_until and time.perf_counter() < self._away_until:
            self._owe(keys)
            then(None)
            return
        if idempotency_key is not None and keys[1] in self._owed:
            then(None)
            return
        asked = _Asked(self, keys, then, self._turn + DEADLINE_TURNS)
        if idempotency_key is None:
            self._channels.send(keys[0], asked, "LPOP", keys[0])
        else:
            self._run(asked, "EVALSHA", SCRIPT_SHA)
        self._under_way.append(asked)
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(TURN_SECONDS, self._swept, loop)

    def _owe(self, keys: list[str]) -> None:
        for key in keys[1:]:
            self._owed.add(key)

    def _run(self, asked: _Asked, verb: str, script: str) -> None:
        keys = asked.keys
        self._channels.send(keys[0], asked, verb, script, str(len(keys)), *keys, str(KEEP_MS))

    def told(self, asked: _Asked, reply: Reply) -> None:
        """Pass the reply on, or what stands for it."""
        if isinstance(reply, Exception):
            if isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT"):
                self._run(asked, "EVAL", SCRIPT)
                return
            self._away_until = time.perf_counter() + AWAY_SECONDS
            self._meters.count("lessons_away_total")
            self._owe(asked.keys)
        then, asked.then = asked.then, None
        assert then is not None, "who was told hears no more"
        self._took(time.perf_counter() - asked.before)
        then(_popped(reply))

    def _swept(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer looks after all that wait."""
        self._sweep = None
        self._turn += 1
        while self._under_way:
            oldest = self._under_way[0]
            if oldest.then is not None:
                if oldest.due > self._turn:
                    self._sweep = loop.call_later(TURN_SECONDS, self._swept, loop)
                    return
                self.told(oldest, TimeoutError("Redis did not answer in time"))
            self._under_way.popleft()


def _keys(place: Place, idempotency_key: str | None) -> list[str]:
    """As server.storage.redis.key makes them, of ids that need no escaping."""
    tenant_id, course_id, user_id = place
    tag = f"{{t{tenant_id}.u{user_id}.c{course_id}}}:next"
    if idempotency_key is None:
        return [tag]
    given = hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]
    return [tag, f"{tag}-{given}"]


def _popped(reply: Reply) -> Popped | None:
    again: object = 0
    if isinstance(reply, list) and len(reply) == 2:
        reply, again = reply
    if not isinstance(reply, bytes):
        return None
    try:
        return Popped(unpacked(reply), again == 1)
    except ValueError:
        return None  # of another release: the rule serves
