"""The lean routes in the fast lane: from the bytes of a request to the bytes of its answer, without aiohttp between them."""

import asyncio
import math
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from lms.identity import Principal
from lms.ids import RANDOM_BYTES, UUID7, uuid7
from server.limits import middleware as limits
from server.limits.bucket import Verdict
from server.problems import Refusal
from server.rest import reply
from server.rest.call import Answer, Asked
from server.rest.deps import Deps
from server.rest.edge import is_good_key
from server.rest.lean import LeanEndpoint
from signaling.context import Clock
from signaling.wire.lane import Plain, Send

BEARER_MAX_CHARS = 4200
POLICY: Final = "lean"
# Paths that are remembered.
KNOWN_MAX = 4096
# Ids of one chance: sixteen bits of it are counted.
COUNTED = 65_535


@dataclass(frozen=True, slots=True)
class LeanRoute:
    """One lean route: its whole path with the names of its ids, and who answers."""

    method: bytes
    path: str
    begins: bytes
    form: re.Pattern[bytes]
    max_bytes: int
    endpoint: LeanEndpoint

    def suits(self, head: Plain) -> bool:
        """Whether it has what the route asks for, and nothing more."""
        fields = head.fields
        if b"content-encoding" in fields:
            return False
        if self.endpoint.keyed and not self._keyed_well(fields):
            return False
        if not self.endpoint.has_body:
            return head.size == head.body_at
        return head.size > head.body_at and fields.get(b"content-type") == b"application/json"

    @staticmethod
    def _keyed_well(fields: Mapping[bytes, bytes]) -> bool:
        key = fields.get(b"idempotency-key")
        return b"if-match" not in fields and (key is None or is_good_key(key.decode()))

    def key(self, head: Plain) -> str | None:
        """The Idempotency-Key, where the route heeds it."""
        key = head.fields.get(b"idempotency-key") if self.endpoint.keyed else None
        return None if key is None else key.decode()


def lean_route(endpoint: LeanEndpoint, prefix: str) -> LeanRoute:
    """What it is known by on the wire; only ids that can be ours match."""
    path = prefix + endpoint.route.path
    form = re.sub(r"\\{(\w+)\\}", rf"(?P<\1>{UUID7.pattern})", re.escape(path))
    return LeanRoute(
        endpoint.route.method.encode(),
        path,
        path.partition("{")[0].encode(),
        re.compile(form.encode()),
        endpoint.route.max_bytes,
        endpoint,
    )


# A route, the ids of a path of it, and that path as text.
_Found = tuple[LeanRoute, Mapping[str, str], str]


class FastLane:
    """Implements signaling.wire.lane.Lane; `fixed` are the headers that every answer of this server has."""

    def __init__(self, routes: Sequence[LeanRoute], deps: Deps, fixed: Mapping[str, str]) -> None:
        self._routes = routes
        self._deps = deps
        lines = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
        self._fixed = (
            f"{lines}{limits.policy_line(deps.limiter, POLICY)}Cache-Control: no-store\r\n"
        )
        self._stamped: datetime | None = None
        self._known: dict[bytes, _Found] = {}
        self._series: dict[
            tuple[str, int], tuple[Callable[[], None], Callable[[float], None]]
        ] = {}
        self._ids = TraceIds(deps.clock)

    def stamp(self) -> datetime:
        """The time of exams, read once a turn of the loop: what comes in one turn has come by its beginning."""
        if self._stamped is None:
            self._stamped = self._deps.exams.clock.now()
            self._ids.turn()
            asyncio.get_running_loop().call_soon(self._turned)
        return self._stamped

    def _turned(self) -> None:
        self._stamped = None

    def wants(self, head: Plain) -> bool:
        """To a lean route, with a body of JSON if it has one, and nothing that would need a closer look."""
        return any(
            head.target.startswith(route.begins) and route.suits(head)
            for route in self._routes
            if route.method == head.method
        )

    def _found(self, head: Plain) -> _Found | None:
        """Which route it is to, with the ids of its path; what many ask for is looked up."""
        known = self._known.get(head.target)
        if known is not None and known[0].method == head.method:
            return known
        for route in self._routes:
            found = route.form.fullmatch(head.target) if route.method == head.method else None
            if found is not None:
                params = {name: value.decode() for name, value in found.groupdict().items()}
                return self._remember(head.target, (route, params, head.target.decode()))
        return None

    def _remember(self, target: bytes, found: _Found) -> _Found:
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[target] = found
        return found

    def take(self, head: Plain, body: bytes, arrived: datetime, send: Send) -> bool:
        """Answer a caller with a good token who has not asked too often."""
        before, found = time.perf_counter(), self._found(head)
        if found is None:
            return False
        route, params, target = found
        if not route.suits(head) or len(body) > route.max_bytes:
            return False
        who = self._caller(head)
        if who is None:
            return False
        left = limits.taken_here(self._deps.limiter, POLICY, who)
        if not left.allowed:
            return False
        trace_id = self._ids.next()

        def tell(answer: Answer) -> None:
            count, observe = self._series_of(route, answer.status)
            count()
            observe(time.perf_counter() - before)
            send(self._bytes(answer, left, trace_id))

        asked = Asked(who, params, target, route.key(head), body, arrived)
        route.endpoint.begin(asked, trace_id, tell)
        return True

    def _caller(self, head: Plain) -> Principal | None:
        said = head.fields.get(b"authorization")
        if said is None or said[:7] != b"Bearer " or not 7 < len(said) <= 7 + BEARER_MAX_CHARS:
            return None
        try:
            return self._deps.tokens.verify_access(said[7:].decode("ascii"))
        except Refusal:
            return None

    def _series_of(
        self, route: LeanRoute, status: int
    ) -> tuple[Callable[[], None], Callable[[float], None]]:
        """What counts these answers, and what times them."""
        known = self._series.get((route.path, status))
        if known is None:
            meters = self._deps.meters
            labels = {"method": route.endpoint.route.method, "route": route.path}
            known = (
                meters.counter("http_requests_total", {**labels, "status": str(status)}),
                meters.observer("http_request_seconds", labels),
            )
            self._series[route.path, status] = known
        return known

    def _bytes(self, answer: Answer, left: Verdict, trace_id: str) -> bytes:
        body = reply.encoded(answer.body) or b""
        said = "".join([f"{name}: {value}\r\n" for name, value in answer.headers.items()])
        head = (
            f"HTTP/1.1 {_STATUS[answer.status]}\r\n{self._fixed}"
            f'RateLimit: "{POLICY}";r={left.remaining};t={math.ceil(left.reset_seconds)}\r\n'
            f"{said}Trace-Id: {trace_id}\r\nContent-Type: {answer.content_type}\r\n"
            f"Content-Length: {len(body)}\r\nDate: {self._ids.date}\r\n\r\n"
        )
        return head.encode("ascii") + body


class TraceIds:
    """UUIDv7s of one turn of the loop, and the date in it: their chance is drawn for many at once and counted on, as RFC 9562 (6.2) has it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._from_ms = self._to_ms = 0
        self._head = self._chance = self.date = ""
        self._count = COUNTED
        self.turn()

    def turn(self) -> None:
        """Read the clock."""
        ms = self._clock.wall_ms()
        self._head = uuid7(ms, bytes(RANDOM_BYTES))[:14]
        if not self._from_ms <= ms < self._to_ms:
            self._from_ms = ms - ms % 1000
            self._to_ms = self._from_ms + 1000
            self.date = formatdate(ms // 1000, usegmt=True)

    def next(self) -> str:
        """A new one."""
        if self._count >= COUNTED:
            self._chance = uuid7(0, os.urandom(RANDOM_BYTES))[14:-4]
            self._count = 0
        self._count += 1
        return f"{self._head}{self._chance}{self._count:04x}"


_STATUS = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}
