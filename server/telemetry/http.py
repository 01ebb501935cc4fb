"""HTTP timings by route, and /metrics: this node's text, or that of all nodes of this machine together."""

import asyncio
import contextlib
import hmac
import ipaddress
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from server.telemetry.metrics import PrometheusMeters, merged

SIBLING_SECONDS = 2.0
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def timed(meters: PrometheusMeters) -> Middleware:
    """Middleware that counts and times every request by its route, never by its address."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        before = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as refusal:
            status = refusal.status
            raise
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "(none)"
            labels = {"method": request.method, "route": route}
            meters.count("http_requests_total", {**labels, "status": str(status)})
            if status != 101:  # a websocket's life is no response time
                meters.observe("http_request_seconds", time.perf_counter() - before, labels)
        return response

    return middleware


class _ForeignFaults(logging.Filter):
    """Counts what aiohttp would log with a traceback, though only the other side is to blame."""

    def __init__(self, meters: PrometheusMeters) -> None:
        super().__init__()
        self._meters = meters

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError):
            return True
        self._meters.count("http_malformed_total")
        return False


@contextlib.contextmanager
def counting_malformed(meters: PrometheusMeters) -> Iterator[None]:
    """Bytes that are no HTTP are answered and counted, not logged, until the block ends."""
    logger, faults = logging.getLogger("aiohttp.server"), _ForeignFaults(meters)
    logger.addFilter(faults)
    try:
        yield
    finally:
        logger.removeFilter(faults)


def mount(
    app: web.Application,
    meters: PrometheusMeters,
    *,
    token: str,
    siblings: Path | None,
    alone: bool = False,
) -> None:
    """Add /metrics; `siblings` is the folder with a socket of each node of this machine and of its workers.

    The only node of a machine is `alone`: what it says of itself then has no label.
    """

    async def metrics(request: web.Request) -> web.Response:
        if not _allowed(request, token):
            raise web.HTTPNotFound
        body = meters.text()
        if siblings is not None and not _internal(request):
            texts = await _texts(siblings, "workers-*.sock")
            if alone and texts:
                texts[""] = body.decode()
            elif not alone:
                texts |= await _texts(siblings, "node-*.sock")
            if texts:
                body = await asyncio.to_thread(merged, texts)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    app.router.add_get("/metrics", metrics)


def _allowed(request: web.Request, token: str) -> bool:
    # As bytes, whatever they are: a header need not be text.
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if token:
        return hmac.compare_digest(given, f"Bearer {token}".encode()) or _internal(request)
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy on this machine speaks for somebody elsewhere
    return _internal(request) or ipaddress.ip_address(request.remote or "0.0.0.0").is_loopback  # noqa: S104 - no address at all


def _internal(request: web.Request) -> bool:
    """A request over a node's own socket has no peer address."""
    return not request.remote


async def _texts(siblings: Path, names: str) -> dict[str, str]:
    paths = await asyncio.to_thread(lambda: sorted(siblings.glob(names)))
    texts = await asyncio.gather(*(_text(path) for path in paths))
    return {path.stem: text for path, text in zip(paths, texts, strict=True) if text is not None}


async def _text(path: Path) -> str | None:
    timeout = aiohttp.ClientTimeout(total=SIBLING_SECONDS)
    connector = aiohttp.UnixConnector(path=str(path))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get("http://sibling/metrics") as response,
        ):
            return await response.text()
    except (aiohttp.ClientError, OSError, TimeoutError):
        return None
