"""The lessons that wait for each learner in each course: a Redis list with a time to live, replaced whole or not at all."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from redis.exceptions import RedisError

from server.storage.redis import Client, key

DEADLINE_SECONDS = 1.0
# How many lists one write to Redis is about: each is some kilobytes.
AT_ONCE = 25
# An element begins with the id of its lesson: by so much of it, it is known.
KNOWN_BY_BYTES = 48

# A list that is no more what it was when its lessons were chosen is left alone: the learner sees items now that the new lessons
# may have too.
_REPLACE = """
local waiting = redis.call('LRANGE', KEYS[1], 0, -1)
if #waiting ~= tonumber(ARGV[2]) then return 0 end
for place, element in ipairs(waiting) do
    local known = ARGV[2 + place]
    if string.sub(element, 1, #known) ~= known then return 0 end
end
redis.call('DEL', KEYS[1])
for place = 3 + #waiting, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[place]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""

Place = tuple[str, str, str]  # school, course, learner
Swap = tuple[
    Place, Sequence[bytes], Sequence[bytes]
]  # what waits there, and what is to wait instead


class PlaylistsAwayError(ConnectionError):
    """Redis does not answer, or not as it should."""


def list_key(place: Place) -> str:
    """Where the lessons of this learner wait."""
    tenant_id, course_id, user_id = place
    return key("next", t=tenant_id, u=user_id, c=course_id)


class Playlists:
    """The side that writes; who serves pops them (server.storage.lessons)."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def waiting(self, places: Sequence[Place]) -> list[list[bytes]]:
        """The lessons that wait at each place, the next one first."""
        return await self._each([("LRANGE", list_key(place), 0, -1) for place in places])

    async def replace(self, swaps: Sequence[Swap], ttl_seconds: int) -> list[bool]:
        """Put lessons in the place of what waits, where that is still what was expected; False: choose again, from how things are now."""
        commands = []
        for place, expected, lessons in swaps:
            known = [one[:KNOWN_BY_BYTES] for one in expected]
            given = (ttl_seconds, len(known), *known, *lessons)
            commands.append(("EVAL", _REPLACE, 1, list_key(place), *given))
        return [bool(one) for one in await self._each(commands)]

    async def drop(self, places: Collection[Place]) -> None:
        """Nothing waits there any more."""
        await self._each([("DEL", list_key(place)) for place in places])

    async def _each(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Many in one write: a command by itself costs this side several times as much."""
        replies: list[Any] = []
        for start in range(0, len(commands), AT_ONCE):
            pipeline = self._client.pipeline(transaction=False)
            for command in commands[start : start + AT_ONCE]:
                pipeline.execute_command(*command)
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    replies += await pipeline.execute()
            except (RedisError, OSError, TimeoutError) as error:
                raise PlaylistsAwayError(type(error).__name__) from error
        return replies
