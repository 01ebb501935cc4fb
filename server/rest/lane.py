"""The lean routes in the fast lane: from the bytes of a request to the bytes of its answer, without aiohttp between them."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus

from lms.identity import Principal
from lms.ids import UUID7
from server.limits import middleware as limits
from server.problems import Refusal
from server.rest import reply
from server.rest.call import Answer
from server.rest.deps import Deps
from server.rest.edge import is_good_key
from server.rest.lean import Asked, LeanEndpoint
from signaling.wire.lane import Plain, Send

BEARER_MAX_CHARS = 4200


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


class FastLane:
    """Implements signaling.wire.lane.Lane; `fixed` are the headers that every answer of this server has."""

    def __init__(self, routes: Sequence[LeanRoute], deps: Deps, fixed: Mapping[str, str]) -> None:
        self._routes = routes
        self._deps = deps
        self._fixed = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
        self._date = (0, "")
        self._known_labels: dict[tuple[str, int], tuple[dict[str, str], dict[str, str]]] = {}

    def stamp(self) -> datetime:
        """The time of exams."""
        return self._deps.exams.clock.now()

    def wants(self, head: Plain) -> bool:
        """To a lean route, with a body of JSON if it has one, and nothing that would need a closer look."""
        return any(
            head.target.startswith(route.begins) and route.suits(head)
            for route in self._routes
            if route.method == head.method
        )

    def _found(self, head: Plain) -> tuple[LeanRoute, Mapping[str, str]] | None:
        for route in self._routes:
            found = route.form.fullmatch(head.target) if route.method == head.method else None
            if found is not None and route.suits(head):
                return route, {name: value.decode() for name, value in found.groupdict().items()}
        return None

    def take(self, head: Plain, body: bytes, arrived: datetime, send: Send) -> bool:
        """Answer a caller with a good token who has not asked too often."""
        found = self._found(head)
        who = self._caller(head) if found is not None else None
        if found is None or who is None or len(body) > found[0].max_bytes:
            return False
        try:
            told = limits.take_here(self._deps.limiter, "lean", who)
        except Refusal:
            return False
        route, params = found
        asked = Asked(who, params, head.target.decode(), route.key(head), body, arrived)
        before, trace_id = time.perf_counter(), self._deps.new_id()

        def tell(answer: Answer) -> None:
            meters, labels = self._deps.meters, self._labels(route, answer.status)
            meters.count("http_requests_total", labels[0])
            meters.observe("http_request_seconds", time.perf_counter() - before, labels[1])
            send(self._bytes(answer, told, trace_id))

        route.endpoint.begin(asked, trace_id, tell)
        return True

    def _caller(self, head: Plain) -> Principal | None:
        scheme, _, token = head.fields.get(b"authorization", b"").partition(b" ")
        if scheme != b"Bearer" or not token or len(token) > BEARER_MAX_CHARS:
            return None
        try:
            return self._deps.tokens.verify_access(token.decode("ascii"))
        except Refusal:
            return None

    def _labels(self, route: LeanRoute, status: int) -> tuple[dict[str, str], dict[str, str]]:
        """Of the metrics: that count answers, that time them."""
        known = self._known_labels.get((route.path, status))
        if known is None:
            labels = {"method": route.endpoint.route.method, "route": route.path}
            known = ({**labels, "status": str(status)}, labels)
            self._known_labels[route.path, status] = known
        return known

    def _bytes(self, answer: Answer, told: Mapping[str, str], trace_id: str) -> bytes:
        body = reply.encoded(answer.body) or b""
        said = "".join(
            [f"{name}: {value}\r\n" for name, value in (*told.items(), *answer.headers.items())]
        )
        head = (
            f"HTTP/1.1 {_STATUS[answer.status]}\r\n{self._fixed}{said}Trace-Id: {trace_id}\r\n"
            f"Cache-Control: no-store\r\nContent-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n"
            f"Date: {self._now()}\r\n\r\n"
        )
        return head.encode() + body

    def _now(self) -> str:
        seconds = self._deps.clock.wall_ms() // 1000
        if seconds != self._date[0]:
            self._date = (seconds, formatdate(seconds, usegmt=True))
        return self._date[1]


_STATUS = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}
