"""The short way for a route that is asked thousands of times a second: the same answers by less work.

Only what is plain goes this way: one JSON body of a known, fitting size under a good token. Everything else, refusals of
the head included, is left to the way of all routes.
"""

from collections.abc import Mapping
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
from server.rest.call import Answer, Call, Route
from server.rest.deps import Deps
from server.rest.edge import Endpoint, ids_of, read_body, responded
from sfu.errors import SfuError
from signaling.errors import SignalingError

_log = structlog.get_logger(__name__)


class LeanEndpoint(Endpoint):
    """One route; how often a caller may is counted in this process alone (policy `lean`), which costs no way to Redis."""

    def __init__(self, route: Route, deps: Deps) -> None:
        super().__init__(route, deps)
        self._decoder = msgspec.json.Decoder(route.body)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        arrival = self._arrival(request)
        who = self._plain(request)
        if who is None:
            return await self._handle(request, arrival)
        trace_id = self._deps.new_id()
        headers = {"Trace-Id": trace_id}
        try:
            headers.update(limits.take_here(self._deps.limiter, "lean", who))
            params = ids_of(request.match_info)
            data = await read_body(request, self._route)
            arrived_at = arrival or self._deps.exams.clock.now()
        except (Refusal, LmsError) as error:
            subject = next(iter(request.match_info.values()))
            await self._note(who, subject, error)
            return responded(reply.problem(error, trace_id), headers)
        answer = await self.carried_out(who, params, data, arrived_at, trace_id)
        return responded(answer, headers)

    async def carried_out(
        self,
        who: Principal,
        params: Mapping[str, str],
        data: bytes,
        arrived_at: datetime,
        trace_id: str,
    ) -> Answer:
        """What the handler answers to this body, or the problem; never an exception."""
        try:
            call = Call(
                deps=self._deps,
                route=self._route,
                who=who,
                join=None,
                body=self._parsed(data),
                params=params,
                arrived_at=arrived_at,
                now=arrived_at,
            )
            return await self._route.handler(call)
        except (Refusal, LmsError, SignalingError, SfuError) as error:
            await self._note(who, next(iter(params.values())), error)
            return reply.problem(error, trace_id)
        except Exception:  # noqa: BLE001 - whatever it was, the caller is answered and the next one served
            return self._failed(who, trace_id)

    def _plain(self, request: web.Request) -> Principal | None:
        """Who calls, if there is nothing about the request that would need a closer look."""
        headers = request.headers
        if (
            headers.get("Content-Type") != "application/json"
            or not 0 < (request.content_length or 0) <= self._route.max_bytes
            or "Content-Encoding" in headers
            or request.query_string
        ):
            return None
        try:
            return self._deps.tokens.verify_access(auth.bearer(headers))
        except Refusal:
            return None

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
