"""The short way for a route that is asked thousands of times a second: the same answers by less work.

Only what is plain goes this way: one JSON body of a known, fitting size where the route has one and none where it has none,
under a good token. Everything else, refusals of the head included, is left to the way of all routes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

import msgspec
import structlog
from aiohttp import web

from lms.errors import LmsError
from lms.identity import Principal
from server.auth import middleware as auth
from server.limits import middleware as limits
from server.problems import Refusal
from server.rest import parse, reply
from server.rest.call import Answer, Asked, Call, Route
from server.rest.deps import Deps
from server.rest.edge import Endpoint, fingerprint, ids_of, is_good_key, read_body, responded
from sfu.errors import SfuError
from signaling.errors import SignalingError

_log = structlog.get_logger(__name__)


class LeanEndpoint(Endpoint):
    """One route; how often a caller may is counted in this process alone (policy `lean`), which costs no way to Redis."""

    def __init__(self, route: Route, deps: Deps) -> None:
        super().__init__(route, deps)
        self.has_body = route.body is not None
        self.keyed = route.keyed != "no"
        self._decoder = msgspec.json.Decoder(route.body)
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        arrival = self._arrival(request)
        who = self._plain(request)
        if who is None:
            return await self._handle(request, arrival)
        trace_id = self._deps.new_id()
        headers = {"Trace-Id": trace_id}
        try:
            headers.update(limits.take_here(self._deps.limiter, "lean", who))
            asked = await self._asked(request, who, arrival)
        except (Refusal, LmsError) as error:
            subject = next(iter(request.match_info.values()))
            await self._note(who, subject, error)
            return responded(reply.problem(error, trace_id), headers)
        return responded(await self.carried_out(asked, trace_id), headers)

    async def _asked(
        self, request: web.Request, who: Principal, arrival: datetime | None
    ) -> Asked:
        params = ids_of(request.match_info)
        data = await read_body(request, self._route)
        return Asked(
            who,
            params,
            request.raw_path,
            request.headers.get("Idempotency-Key") if self.keyed else None,
            data,
            arrival or self._deps.exams.clock.now(),
        )

    async def carried_out(self, asked: Asked, trace_id: str) -> Answer:
        """What the handler answers to this request, or the problem; never an exception."""

        async def called() -> Answer:
            return await self._route.handler(self._called(asked))

        return await self._handled(called(), asked, trace_id)

    async def _handled(self, answering: Awaitable[Answer], asked: Asked, trace_id: str) -> Answer:
        try:
            return await answering
        except (Refusal, LmsError, SignalingError, SfuError) as error:
            await self._note(asked.who, next(iter(asked.params.values())), error)
            return reply.problem(error, trace_id)
        except Exception:  # noqa: BLE001 - whatever it was, the caller is answered and the next one served
            return self._failed(asked.who, trace_id)

    def begin(self, asked: Asked, trace_id: str, tell: Callable[[Answer], None]) -> None:
        """The same without waiting: `tell` is called once, now or later. What takes longer gets a task."""
        quick = self._route.quick
        if quick is None:
            self._told_later(self.carried_out(asked, trace_id), tell)
            return
        deps = self._deps

        def then(found: Any) -> None:
            try:
                answer = quick.answer(deps, asked, found)
            except Exception:  # noqa: BLE001 - as above
                answer = self._failed(asked.who, trace_id)
            if answer is None:
                rest = quick.rest(self._called(asked), found)
                self._told_later(self._handled(rest, asked, trace_id), tell)
            else:
                tell(answer)

        quick.begin(deps, asked, then)

    def _told_later(
        self, answering: Coroutine[Any, Any, Answer], tell: Callable[[Answer], None]
    ) -> None:
        async def wait() -> None:
            tell(await answering)

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _called(self, asked: Asked) -> Call[Any]:
        seal = b""
        if asked.key is not None:
            seal = fingerprint((self._route.method, asked.target, ""), asked.data)
        return Call(
            deps=self._deps,
            route=self._route,
            who=asked.who,
            join=None,
            body=self._parsed(asked.data) if self.has_body else None,
            params=asked.params,
            arrived_at=asked.arrived_at,
            now=asked.arrived_at,
            idempotency_key=asked.key,
            fingerprint=seal,
        )

    def _plain(self, request: web.Request) -> Principal | None:
        """Who calls, if there is nothing about the request that would need a closer look."""
        if not self._is_plain(request):
            return None
        try:
            return self._deps.tokens.verify_access(auth.bearer(request.headers))
        except Refusal:
            return None

    def _is_plain(self, request: web.Request) -> bool:
        headers, size = request.headers, request.content_length or 0
        if self.keyed:
            key = headers.get("Idempotency-Key")
            if "If-Match" in headers or (key is not None and not is_good_key(key)):
                return False
        if self.has_body:
            fits = (
                headers.get("Content-Type") == "application/json"
                and 0 < size <= self._route.max_bytes
            )
        else:
            fits = not (size or request.body_exists)
        return fits and "Content-Encoding" not in headers and not request.query_string

    def _parsed(self, data: bytes) -> Any:
        """The body, if it is whole and right at once; else each of its faults."""
        try:
            return self._decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return parse.body(data, self._route.body)

    def _failed(self, who: Principal, trace_id: str) -> Answer:
        _log.exception(
            "request.failed",
            trace_id=trace_id,
            route=self._route.name,
            tenant_id=who.tenant_id,
            user_id=who.user_id,
        )
        ours = Refusal("internal", "That is our fault; it is written down.")
        return reply.problem(ours, trace_id)
