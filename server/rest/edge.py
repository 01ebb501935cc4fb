"""The way of every request: route, caller, cost, body, handler, answer; and every error to problem+json."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler as WebHandler
from aiohttp.typedefs import Middleware

from lms.errors import LmsError
from lms.identity import Principal
from lms.ids import is_uuid7
from server.auth import middleware as auth
from server.limits import middleware as limits
from server.limits.address import caller
from server.problems import Refusal, Told
from server.rest import parse, reply
from server.rest.call import Answer, Call, Cookie, Route
from server.rest.deps import Deps
from server.rest.idempotency import KEY_MAX_CHARS
from sfu.errors import SfuError
from signaling.context import JoinClaims
from signaling.errors import Refused, SignalingError

BODY_SECONDS = 15.0
MUTATIONS = ("POST", "PUT", "PATCH", "DELETE")
ETAG = re.compile(r'(?:W/)?"v(\d{1,9})(?:\.[\w.]{1,60})?"')

_log = structlog.get_logger(__name__)


class Endpoint:
    """One route as an aiohttp handler."""

    def __init__(self, route: Route, deps: Deps) -> None:
        self._route = route
        self._deps = deps

    @property
    def route(self) -> Route:
        """Which it is."""
        return self._route

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer the request, whatever it is."""
        return await self._handle(request, self._arrival(request))

    def _arrival(self, request: web.Request) -> datetime | None:
        """Before any queue, because what is late is so by its arrival; None when the rest of the body is still to come."""
        return self._deps.exams.clock.now() if request.content.is_eof() else None

    async def _handle(self, request: web.Request, arrival: datetime | None) -> web.StreamResponse:
        trace_id = self._deps.new_id()
        with structlog.contextvars.bound_contextvars(
            trace_id=trace_id, route=self._route.name, tenant_id=None, user_id=None
        ):
            headers: dict[str, str] = {}
            try:
                answer = await self._answer(request, headers, arrival)
            except (Refusal, LmsError, SignalingError, SfuError) as error:
                answer = reply.problem(error, trace_id)
            except Exception:  # noqa: BLE001 - whatever it was, the caller is answered and the next one served
                _log.exception("request.failed")
                ours = Refusal("internal", "That is our fault; it is written down.")
                answer = reply.problem(ours, trace_id)
        return responded(answer, {**headers, "Trace-Id": trace_id})

    async def _answer(
        self, request: web.Request, headers: dict[str, str], arrival: datetime | None
    ) -> Answer:
        route = self._route
        _check_head(request)
        forwarded_for = ",".join(request.headers.getall("X-Forwarded-For", ()))
        address = caller(request.remote, forwarded_for, self._deps.trusted_proxies)
        who, join = await self._authenticate(request, address)
        known = who or join
        if known is not None:
            # Taken back with what `handle` bound.
            structlog.contextvars.bind_contextvars(
                tenant_id=known.tenant_id, user_id=known.user_id
            )
        headers.update(await limits.charge(self._deps.limiter, route.cost, who, address))
        try:
            call = await self._call(request, address, who, join, arrival)
            return await route.handler(call)
        except (Refusal, LmsError) as error:
            if who is not None:
                await self._note(who, next(iter(request.match_info.values()), ""), error)
            raise

    async def _note(self, who: Principal, subject: str, error: Told) -> None:
        """Where the route asks for it, write down that the caller was refused, and about what."""
        if not self._route.audited:
            return
        subject_id = subject if is_uuid7(subject) else None
        await self._deps.exams.refused.note(
            who, self._route.name, subject_id, error, self._deps.desk()
        )

    async def _call(
        self,
        request: web.Request,
        address: str,
        who: Principal | None,
        join: JoinClaims | None,
        arrival: datetime | None,
    ) -> Call[Any]:
        route = self._route
        params = ids_of(request.match_info)
        query = parse.query(dict(request.query), tuple(route.query))
        key = _idempotency_key(route, request.headers)
        version = _if_match(route, request.headers)
        data = await read_body(request, route)
        return Call(
            deps=self._deps,
            route=route,
            who=who,
            join=join,
            body=data if route.content_type != "application/json" else _parsed(data, route),
            params=params,
            query=query,
            idempotency_key=key,
            fingerprint=fingerprint(
                (request.method, request.raw_path, request.headers.get("If-Match", "")), data
            ),
            if_match=version,
            if_none_match=request.headers.get("If-None-Match", ""),
            address=address,
            host=request.host.partition(":")[0].lower(),
            from_browser=auth.is_browser(request.headers),
            refresh_cookie=auth.refresh_cookie(request.headers, request.cookies),
            # A head in time is no answer in time: what is sent has come when all of it is here.
            arrived_at=arrival or self._deps.exams.clock.now(),
            now=self._deps.now(),
        )

    async def _authenticate(
        self, request: web.Request, address: str
    ) -> tuple[Principal | None, JoinClaims | None]:
        if self._route.auth == "none":
            return None, None
        try:
            token = auth.bearer(request.headers)
            if self._route.auth == "access":
                return self._deps.tokens.verify_access(token), None
            return None, self._deps.tokens.verify_join(token)
        except (Refusal, Refused):
            # Whoever tries tokens pays for it by address.
            await limits.take(self._deps.limiter, "bad_token", address, self._route.cost)
            raise


def _check_head(request: web.Request) -> None:
    """What is in the head can be read, and the body is as it came: a few kB unpacked may be gigabytes."""
    if not all(value.isascii() or _is_utf8(value) for value in request.headers.values()):
        raise Refusal("bad_request", "A header is not text in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal("media_type", "Send the body as it is, without a Content-Encoding.")


def _is_utf8(value: str) -> bool:
    """Bytes that are not come as lone surrogates, which nothing behind this can write down."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def ids_of(match: Mapping[str, str]) -> dict[str, str]:
    """The ids of the path; what cannot be an id of ours is not found, like any other that is not there."""
    if not all(is_uuid7(value) for value in match.values()):
        raise Refusal("not_found", "There is nothing at this address.")
    return dict(match)


def _idempotency_key(route: Route, headers: Mapping[str, str]) -> str | None:
    key = headers.get("Idempotency-Key")
    if key is None or route.keyed == "no":
        if route.keyed == "must":
            raise Refusal(
                "idempotency_key_missing", "Send an Idempotency-Key, so that a repeat is harmless."
            )
        return None
    if not is_good_key(key):
        raise Refusal(
            "idempotency_key_bad",
            f"An Idempotency-Key has 1 to {KEY_MAX_CHARS} printable characters.",
        )
    return key


def is_good_key(key: str) -> bool:
    """Whether it can be an Idempotency-Key."""
    return 1 <= len(key) <= KEY_MAX_CHARS and key.isascii() and key.isprintable()


def _if_match(route: Route, headers: Mapping[str, str]) -> int | None:
    if not route.matched:
        return None
    given = headers.get("If-Match")
    if given is None:
        raise Refusal("precondition_required", "Send If-Match with the ETag of what you change.")
    # A proxy that compresses weakens ETags: the opaque part is what counts.
    found = ETAG.fullmatch(given.strip())
    return int(found[1]) if found else -1


async def read_body(request: web.Request, route: Route) -> bytes:
    """The body, bounded in size and time."""
    if route.method not in MUTATIONS or not request.can_read_body:
        return b""
    if (request.content_length or 0) > route.max_bytes:
        raise _too_large(route)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while chunk := await request.content.readany():
                data += chunk
                if len(data) > route.max_bytes:
                    raise _too_large(route)
    except (ConnectionError, web.RequestPayloadError):
        # Mostly there is nobody left to hear this.
        raise Refusal("body_cut", "The body broke off, or is not as its head says.") from None
    except TimeoutError:
        raise Refusal("body_slow", f"The body did not come within {BODY_SECONDS:.0f} s.") from None
    if route.body is not None and data and request.content_type != route.content_type:
        raise Refusal("media_type", f"Send the body as {route.content_type}.")
    return bytes(data)


def _too_large(route: Route) -> Refusal:
    # What still comes is not read: the connection ends with the answer.
    return Refusal(
        "body_too_large",
        f"The body has more than {route.max_bytes} bytes.",
        headers={"Connection": "close"},
    )


def _parsed(data: bytes, route: Route) -> Any:
    return None if route.body is None else parse.body(data, route.body)


def fingerprint(head: tuple[str, str, str], data: bytes) -> bytes:
    """What makes two requests the same one: `head` is (method, target, If-Match)."""
    return hashlib.sha256(f"{head[0]} {head[1]} {head[2]}\n".encode() + data).digest()


def responded(answer: Answer, headers: Mapping[str, str]) -> web.Response:
    body = reply.encoded(answer.body)
    response = web.Response(
        status=answer.status,
        body=body,
        headers={"Cache-Control": "no-store", **headers, **answer.headers},
        content_type=answer.content_type if body is not None else None,
    )
    if answer.cookie is not None:
        _set_cookie(response, answer.cookie)
    if answer.headers.get("Connection") == "close":
        response.force_close()
    return response


def _set_cookie(response: web.Response, cookie: Cookie) -> None:
    response.set_cookie(
        auth.COOKIE,
        cookie.value,
        max_age=cookie.max_age_seconds,
        path=auth.COOKIE_PATH,
        secure=True,
        httponly=True,
        samesite="Strict",
    )


def problems_of_paths(deps: Deps) -> Middleware:
    """What aiohttp itself refuses under /api/v1 (no such path, no such method) as problem+json."""

    @web.middleware
    async def middleware(request: web.Request, handler: WebHandler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            refusal = Refusal(
                "method_not_allowed",
                f"This address does {', '.join(sorted(error.allowed_methods))}.",
                headers={"Allow": error.headers.get("Allow", "")},
            )
        except web.HTTPNotFound:
            refusal = Refusal("not_found", "There is nothing at this address.")
        trace_id = deps.new_id()
        return responded(reply.problem(refusal, trace_id), {"Trace-Id": trace_id})

    return middleware


def problem_of_no_request(new_id: Callable[[], str]) -> Callable[[int], web.Response]:
    """What a connection is told, by its status, when it sent bytes that are no request, or its request broke the server."""

    def tell(status: int) -> web.Response:
        refusal = (
            Refusal("bad_request", "These bytes are no HTTP request that is understood here.")
            if status == 400
            else Refusal("internal", "That is our fault; it is written down.")
        )
        trace_id = new_id()
        # It belongs to no application whose headers it could get; aiohttp would name itself and its version.
        headers = {"Server": "Lectern", "X-Content-Type-Options": "nosniff", "Trace-Id": trace_id}
        return responded(reply.problem(refusal, trace_id), headers)

    return tell
