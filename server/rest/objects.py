"""The bytes of files, at signed addresses outside of the API: one part comes in, one file goes out, each as a stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Literal
from urllib.parse import quote

import structlog
from aiohttp import web

from lms.errors import LmsError
from lms.uploads import rules, service
from lms.uploads.model import Upload
from server.auth import signed
from server.files import key_of
from server.limits import middleware as limits
from server.limits.address import caller
from server.problems import Refusal
from server.rest import reply
from server.rest.deps import Deps

TRANSFERS_MAX = 200
# A link that gives or takes nothing for so long is given up.
STALL_SECONDS = 30.0
DOWNLOAD = "application/octet-stream"
# Opened as a page of its own it may do nothing at all.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"

_log = structlog.get_logger(__name__)


class ObjectDoor:
    """PUT takes a part, GET gives a file; the address alone says who may."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._transfers = 0

    def mount(self, app: web.Application) -> None:
        """Take everything under /objects."""
        app.router.add_route("PUT", signed.ROOT + "/{address:.*}", self._telling(self._take))
        app.router.add_route("GET", signed.ROOT + "/{address:.*}", self._telling(self._give))

    def _telling(
        self, handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler, with every refusal as problem+json."""

        async def answer(request: web.Request) -> web.StreamResponse:
            trace_id = self._deps.new_id()
            with structlog.contextvars.bound_contextvars(trace_id=trace_id, route="objects"):
                try:
                    with self._room():
                        return await handle(request)
                except (Refusal, LmsError) as error:
                    refusal: Refusal | LmsError = error
                except ConnectionError:
                    raise  # there is nobody left to tell
                except Exception:  # noqa: BLE001 - whatever it was, the caller is answered and the next one served
                    _log.exception("object.failed")
                    refusal = Refusal("internal", "That is our fault; it is written down.")
            return _problem(refusal, trace_id)

        return answer

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        if self._transfers >= TRANSFERS_MAX:
            raise Refusal("busy", "Too many files are on their way just now: try again.")
        self._transfers += 1
        try:
            yield
        finally:
            self._transfers -= 1

    async def _grant(self, request: web.Request) -> signed.Grant:
        """What the address lets do; whoever tries addresses pays for it."""
        deps = self._deps
        forwarded_for = ",".join(request.headers.getall("X-Forwarded-For", ()))
        address = caller(request.remote, forwarded_for, deps.trusted_proxies)
        method: Literal["GET", "PUT"] = "PUT" if request.method == "PUT" else "GET"
        try:
            grant = signed.opened(deps.keys, method, request.raw_path, deps.clock.wall_ms())
        except Refusal:
            await limits.take(deps.limiter, "bad_token", address, 1)
            raise
        await limits.take(deps.limiter, "address", address, 1)
        structlog.contextvars.bind_contextvars(tenant_id=grant.tenant_id)
        return grant

    async def _take(self, request: web.Request) -> web.StreamResponse:
        grant = await self._grant(request)
        if grant.part is None or request.content_length not in (None, grant.size):
            raise Refusal("bad_request", f"This part has exactly {grant.size} bytes.")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refusal("media_type", "Send the bytes as they are.")
        await self._deps.objects.write_part(
            key_of(grant.tenant_id, grant.upload_id), grant.part, grant.size, _coming(request)
        )
        self._deps.meters.count("object_bytes_total", {"way": "in"}, by=grant.size)
        return web.Response(status=204, headers={"Cache-Control": "no-store"})

    async def _give(self, request: web.Request) -> web.StreamResponse:
        grant = await self._grant(request)
        async with self._deps.database.transaction(grant.tenant_id) as connection:
            upload = await service.ready(connection, grant.tenant_id, grant.upload_id)
        first, last = _range(request, upload.size_bytes)
        response = web.StreamResponse(
            status=200 if last - first == upload.size_bytes else 206, headers=_headers(upload)
        )
        seconds_left = grant.until - self._deps.clock.wall_ms() // 1000
        response.headers["Cache-Control"] = f"private, max-age={max(0, seconds_left)}"
        response.content_length = last - first
        if response.status == 206:
            response.headers["Content-Range"] = f"bytes {first}-{last - 1}/{upload.size_bytes}"
        key = key_of(grant.tenant_id, grant.upload_id)
        chunks = self._deps.objects.read(key, first, last - first)
        head = await anext(chunks)  # what is missing is told while it still can be
        await response.prepare(request)
        try:
            await _send(response, head)
            async for chunk in chunks:
                await _send(response, chunk)
        except (LmsError, OSError, TimeoutError) as error:
            # The head is out: all that can still be said is that this is not the whole file.
            raise ConnectionResetError("the file cannot be sent to its end") from error
        await response.write_eof()
        self._deps.meters.count("object_bytes_total", {"way": "out"}, by=last - first)
        return response


async def _coming(request: web.Request) -> AsyncIterator[bytes]:
    """The body as it comes; Refusal when it stalls or breaks off."""
    while True:
        try:
            async with asyncio.timeout(STALL_SECONDS):
                chunk = await request.content.readany()
        except TimeoutError:
            raise Refusal("body_slow", f"Nothing came for {STALL_SECONDS:.0f} s.") from None
        except (ConnectionError, web.RequestPayloadError):
            raise Refusal("body_cut", "The body broke off.") from None
        if not chunk:
            return
        yield chunk


async def _send(response: web.StreamResponse, chunk: bytes) -> None:
    async with asyncio.timeout(STALL_SECONDS):
        await response.write(chunk)


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """The first byte that is asked for, and the one after the last."""
    try:
        first, last, _ = request.http_range.indices(size)
    except ValueError:
        raise _no_such_bytes(size) from None
    if first >= last:
        raise _no_such_bytes(size)
    return first, last


def _no_such_bytes(size: int) -> Refusal:
    return Refusal(
        "range_wrong",
        f"This file has {size} bytes, and those are not among them.",
        headers={"Content-Range": f"bytes */{size}"},
    )


def _headers(upload: Upload) -> dict[str, str]:
    """Only pictures of a few kinds are shown; everything else is given to be kept, whatever it calls itself."""
    inline = upload.type in rules.INLINE
    ascii_name = "".join(char if 32 <= ord(char) < 127 else "_" for char in upload.name)
    return {
        "Content-Type": upload.type if inline else DOWNLOAD,
        "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{ascii_name}"'
        f"; filename*=UTF-8''{quote(upload.name, safe='')}",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": f'"{upload.digest}"',
    }


def _problem(error: Refusal | LmsError, trace_id: str) -> web.Response:
    answer = reply.problem(error, trace_id)
    response = web.Response(
        status=answer.status,
        body=reply.encoded(answer.body),
        headers={"Cache-Control": "no-store", "Trace-Id": trace_id, **answer.headers},
        content_type=answer.content_type,
    )
    # What still comes of a body is not read: the connection ends with the answer.
    response.force_close()
    return response
