"""When the browser of each learner of an exam last spoke: in Redis, where it may be lost."""

import asyncio
import contextlib

from redis.exceptions import RedisError

from server.storage.redis import Client, key

DEADLINE_SECONDS = 0.25
KEEP_SECONDS = 24 * 3600


class Beats:
    """A hash an assessment: learner to milliseconds. Who may write is checked by the caller, so it is no longer than its class."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def note(self, place: tuple[str, str], user_id: str, at_ms: int) -> None:
        """The browser of this learner at `place` (tenant, assessment) has spoken; without Redis nobody knows."""
        name = _key(place)
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(DEADLINE_SECONDS):
                pipe = self._client.pipeline(transaction=False)
                pipe.hset(name, user_id, str(at_ms))
                pipe.expire(name, KEEP_SECONDS)
                await pipe.execute()

    async def of(self, place: tuple[str, str]) -> dict[str, int] | None:
        """Learner to milliseconds; None while Redis is away."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS * 4):
                found = await self._client.hgetall(_key(place))
        except (RedisError, OSError, TimeoutError):
            return None
        return {_text(user): int(at) for user, at in found.items()}


def _key(place: tuple[str, str]) -> str:
    tenant_id, assessment_id = place
    return key("beats", t=tenant_id, a=assessment_id)


def _text(word: bytes | str) -> str:
    return word.decode() if isinstance(word, bytes) else word
