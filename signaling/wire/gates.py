"""What may come in from a browser, and how much of it: limits, rates, names, origins, depth."""

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from signaling.protocol import JSON_MAX_DEPTH, MESSAGE_MAX_BYTES
from signaling.wire.faults import TOO_BIG, PeerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many a second for long, and so many at once."""

    per_s: float
    burst: float


# A media connection is asked for when a page opens or its path is lost; reading its description costs milliseconds.
EVENT_RATES: Mapping[str, Rate] = {
    "media.publish": Rate(per_s=1, burst=15),
    "media.subscribe": Rate(per_s=1, burst=15),
    "media.answer": Rate(per_s=1, burst=15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """Every bound of one node's sockets."""

    message_bytes: int = MESSAGE_MAX_BYTES
    json_depth: int = JSON_MAX_DEPTH
    binary: bool = False  # class messages have none (the public test suites do)
    attachments: int = 16
    packets_per_post: int = 64

    ping_interval_s: float = 10.0
    ping_timeout_s: float = 10.0
    connect_deadline_s: float = 5.0
    upgrade_deadline_s: float = 5.0
    body_deadline_s: float = 10.0
    handler_deadline_s: float = 30.0
    close_deadline_s: float = 3.0

    sessions: int = 20_000
    inbox: int = 64
    calls: int = 64
    backlog_bytes: int = 1024 * 1024
    stall_s: float = 10.0
    send_buffer_bytes: int = 256 * 1024
    resume_delay_ms: int = 500

    # A whole school comes from one address at the stroke of the bell.
    connects: Rate = Rate(per_s=200, burst=1000)
    events: Rate = Rate(per_s=50, burst=100)
    each_event: Rate = Rate(per_s=20, burst=40)
    event_rates: Mapping[str, Rate] = field(default_factory=lambda: EVENT_RATES)
    # What is refused over and over ends the connection.
    refusals: Rate = Rate(per_s=10, burst=200)


MESSAGE_COST_BYTES = 4096  # a message weighs one token and one more for each of these


class Bucket:
    """A token bucket; time comes in as `now` in seconds."""

    __slots__ = ("at", "tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self.tokens = rate.burst
        self.at = now

    def take(self, rate: Rate, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens if they are there."""
        tokens = self.tokens + (now - self.at) * rate.per_s
        self.at = now
        if tokens > rate.burst:
            tokens = rate.burst
        if tokens < cost:
            self.tokens = tokens
            return False
        self.tokens = tokens - cost
        return True

    def full(self, rate: Rate, now: float) -> bool:
        """True when forgetting this bucket would change nothing."""
        return self.tokens + (now - self.at) * rate.per_s >= rate.burst


class Allowance:
    """What one connection may still send: in all, of each kind of event, and in refusals."""

    __slots__ = ("_all", "_each", "_refusals")

    def __init__(self, limits: WireLimits, now: float) -> None:
        self._all = Bucket(limits.events, now)
        self._each: dict[str, Bucket] | None = None
        self._refusals: Bucket | None = None

    def event(self, limits: WireLimits, name: str, size: int, now: float) -> bool:
        """Charge one event of a known name; False when it must wait."""
        if not self._all.take(limits.events, now, 1 + size // MESSAGE_COST_BYTES):
            return False
        rate = limits.event_rates.get(name, limits.each_event)
        if self._each is None:
            self._each = {}
        bucket = self._each.get(name)
        if bucket is None:
            bucket = self._each[name] = Bucket(rate, now)
        return bucket.take(rate, now)

    def refused(self, limits: WireLimits, now: float) -> None:
        """Charge something that was refused; raise PeerError when there were too many."""
        if self._refusals is None:
            self._refusals = Bucket(limits.refusals, now)
        if not self._refusals.take(limits.refusals, now):
            raise PeerError("flood")


class Doors:
    """How often each address may open a connection."""

    KEPT_MAX = 20_000

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: dict[str, Bucket] = {}

    def may_open(self, address: str, now: float) -> bool:
        """Charge one connection attempt to an address (an IPv6 /64 counts as one)."""
        key = network_of(address)
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= self.KEPT_MAX:
                self.forget(now)
            bucket = self._buckets[key] = Bucket(self._rate, now)
        return bucket.take(self._rate, now)

    def forget(self, now: float) -> None:
        """Drop every address that is back at its full burst."""
        rate = self._rate
        self._buckets = {k: b for k, b in self._buckets.items() if not b.full(rate, now)}


def network_of(address: str) -> str:
    """The address itself, or the /64 that an IPv6 one is in."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


# --- Names and depth ----------------------------------------------------------------------------

# Event names that the libraries give a meaning of their own: a client that could send `connect` or
# `disconnect` as an event would call the server's handlers of that name with forged arguments.
RESERVED = frozenset(
    (
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
        "*",
    )
)
NAME_MAX_CHARS = 64
BRACKETS_MAX = 4096

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def check_name(name: str) -> None:
    """Raise PeerError at an event name that nobody may send."""
    if name in RESERVED or len(name) > NAME_MAX_CHARS:
        raise PeerError("reserved_name")


def check_depth(json: bytes, depth_max: int) -> None:
    """Raise PeerError when a JSON text nests deeper than `depth_max`, before it is decoded."""
    brackets = json.count(b"[") + json.count(b"{")
    if brackets <= depth_max:
        return
    if brackets > BRACKETS_MAX:
        raise PeerError("too_deep", TOO_BIG)
    depth = 0
    for token in _TOKEN.finditer(json):
        first = json[token.start()]
        if first in b"[{":
            depth += 1
            if depth > depth_max:
                raise PeerError("too_deep", TOO_BIG)
        elif first in b"]}":
            depth -= 1


# --- The HTTP door ------------------------------------------------------------------------------

QUERY_KEYS = frozenset(("EIO", "transport", "sid", "t"))


def read_query(text: str) -> dict[str, str]:
    """The query of a handshake; raise PeerError at any key the protocol does not have.

    A token never travels in a URL, where logs and histories keep it, so nothing else may either.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=8)
    except ValueError:
        raise PeerError("bad_query") from None
    query = dict(pairs)
    if len(query) != len(pairs) or not query.keys() <= QUERY_KEYS:
        raise PeerError("bad_query")
    return query


def check_origin(
    origin: str | None, host: str, *, has_cookie: bool, allowed: Collection[str]
) -> None:
    """Raise PeerError unless the page is ours, or the caller is no browser at all.

    A caller without an Origin may come in with a token, never with a cookie, which a browser sends
    by itself.
    """
    if origin is None:
        if has_cookie:
            raise PeerError("no_origin")
        return
    if origin in allowed:
        return
    try:
        parts = urlsplit(origin)
    except ValueError:
        raise PeerError("bad_origin") from None
    if parts.scheme not in ("http", "https") or parts.netloc.lower() != host.lower():
        raise PeerError("bad_origin")
