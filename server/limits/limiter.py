"""The bucket kept in Redis by one script, so that all nodes count together; a local bucket while Redis is away."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Literal

import structlog
from redis.exceptions import NoScriptError, RedisError

from server.limits.bucket import Rate, Verdict, take
from server.storage.redis import Client, key
from signaling.context import Clock

Policy = Literal[
    "default",
    "lean",
    "address",
    "bad_token",
    "sign_in",
    "sign_in_account",
    "sign_in_address",
    "exam_password",
]

# Wrong passwords count for (account and address) and for the account; right ones give back what they took. The address
# alone is counted generously, because a whole school may stand behind it; for the same reason whoever tries bad tokens
# uses up something of its own, not what the others behind that address sign in with.
RATES: Mapping[Policy, Rate] = {
    "default": Rate(quota=600, window_seconds=60),
    # Of lean routes, in each process by itself.
    "lean": Rate(quota=600, window_seconds=60),
    "address": Rate(quota=6000, window_seconds=60),
    "bad_token": Rate(quota=6000, window_seconds=60),
    "sign_in": Rate(quota=10, window_seconds=300),
    "sign_in_account": Rate(quota=100, window_seconds=3600),
    "sign_in_address": Rate(quota=3000, window_seconds=60),
    # Of one learner at one assessment; a right one gives back what it took.
    "exam_password": Rate(quota=10, window_seconds=300),
}

REDIS_SECONDS = 0.25
# After a failure Redis is left alone for so long.
AWAY_SECONDS = 1.0
LOCAL_MAX = 50_000

# The same sums as bucket.take, by the clock of Redis: KEYS[1]; ARGV = quota, window in seconds, cost.
SCRIPT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1e6
local quota, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local after = math.max(before + cost * window / quota, now)
local over = after - now - window
if over > 1e-6 and cost > 0 then
    return {0, tostring(before - now), tostring(over)}
end
redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.max(1, math.ceil((after - now) * 1000)))
return {1, tostring(after - now), '0'}
"""

SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

_log = structlog.get_logger(__name__)


class Limiter:
    """Takes units of a policy for a subject; `scale` multiplies every quota (settings)."""

    def __init__(self, client: Client, clock: Clock, *, scale: float) -> None:
        self._client = client
        self._clock = clock
        self._rates = {
            policy: Rate(
                quota=max(1, round(rate.quota * scale)), window_seconds=rate.window_seconds
            )
            for policy, rate in RATES.items()
        }
        self._away_until = 0.0
        self._local: OrderedDict[str, float] = OrderedDict()

    def rate(self, policy: Policy) -> Rate:
        """The rate of a policy on this server."""
        return self._rates[policy]

    async def take(self, policy: Policy, subject: str, cost: float = 1) -> Verdict:
        """Take `cost` units; a negative cost gives them back."""
        rate = self._rates[policy]
        if self._clock.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(REDIS_SECONDS):
                    return await self._take_shared(key(policy, r=subject), rate, cost)
            except (RedisError, OSError, TimeoutError):
                self._away_until = self._clock.monotonic() + AWAY_SECONDS
                _log.warning("limits.local", seconds=AWAY_SECONDS)
        return self.take_here(policy, subject, cost)

    async def _take_shared(self, name: str, rate: Rate, cost: float) -> Verdict:
        arguments = (1, name, str(rate.quota), str(rate.window_seconds), str(cost))
        try:
            answer = await self._client.evalsha(SCRIPT_SHA, *arguments)
        except NoScriptError:
            answer = await self._client.eval(SCRIPT, *arguments)
        allowed, used, over = answer
        used_seconds = float(used)
        return Verdict(
            allowed=bool(allowed),
            remaining=max(
                0, int((rate.window_seconds - used_seconds) / rate.interval_seconds + 1e-6)
            ),
            retry_after_seconds=float(over),
            reset_seconds=used_seconds,
        )

    def take_here(self, policy: Policy, subject: str, cost: float = 1) -> Verdict:
        """Take `cost` units of what is counted in this process alone."""
        rate, name = self._rates[policy], f"{policy}:{subject}"
        known = self._local.get(name)
        if known is None and len(self._local) >= LOCAL_MAX:
            self._local.popitem(last=False)
        state, verdict = take(known or 0.0, rate, cost, self._clock.monotonic())
        self._local[name] = state
        return verdict
