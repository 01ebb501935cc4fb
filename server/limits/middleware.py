"""Charges each request its cost: to the caller, or before there is one to the address; says what is left."""

import functools
import math

from lms.identity import Principal
from server.limits.bucket import Rate, Verdict
from server.limits.limiter import Limiter, Policy
from server.problems import Refusal


async def charge(
    limiter: Limiter, cost: int, who: Principal | None, address: str
) -> dict[str, str]:
    """The RateLimit headers of the answer; Refusal 429 when it is too much."""
    if who is not None:
        return await take(limiter, "default", f"{who.tenant_id}.{who.user_id}", cost)
    return await take(limiter, "address", address, cost)


def take_here(limiter: Limiter, policy: Policy, who: Principal) -> dict[str, str]:
    """Take one of what a caller may in this process alone."""
    return _told(limiter, policy, taken_here(limiter, policy, who))


def taken_here(limiter: Limiter, policy: Policy, who: Principal) -> Verdict:
    """The same for who tells it in its own way, a refusal too."""
    return limiter.take_here(policy, f"{who.tenant_id}.{who.user_id}")


def policy_line(limiter: Limiter, policy: Policy) -> str:
    """What `headers` says of the policy, as it stands in an answer."""
    return f"RateLimit-Policy: {_policy(policy, limiter.rate(policy))}\r\n"


async def take(limiter: Limiter, policy: Policy, subject: str, cost: int) -> dict[str, str]:
    """Take the cost from one bucket."""
    return _told(limiter, policy, await limiter.take(policy, subject, cost))


def _told(limiter: Limiter, policy: Policy, verdict: Verdict) -> dict[str, str]:
    found = headers(policy, limiter.rate(policy), verdict)
    if verdict.allowed:
        return found
    wait = max(1, math.ceil(verdict.retry_after_seconds))
    raise Refusal(
        "rate_limited",
        f"Too many requests: try again in {wait} s.",
        headers={**found, "Retry-After": str(wait)},
    )


def headers(policy: Policy, rate: Rate, verdict: Verdict) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-10: the policy, and what is left of it."""
    return {
        "RateLimit-Policy": _policy(policy, rate),
        "RateLimit": f'"{policy}";r={verdict.remaining};t={math.ceil(verdict.reset_seconds)}',
    }


@functools.lru_cache(maxsize=64)
def _policy(policy: Policy, rate: Rate) -> str:
    return f'"{policy}";q={rate.quota};w={math.ceil(rate.window_seconds)}'
