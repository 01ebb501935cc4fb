"""/healthz, /readyz and the JSON of /status: is it them or us."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from server.clock import moment
from server.rest.shapes import ComponentStatus, Status
from server.status.checks import Checks, overall
from signaling.context import Clock

Page = Callable[[web.Request], web.Response]


def mount(app: web.Application, checks: Checks, clock: Clock, page: Page | None) -> None:
    """Add the three routes; `page` makes what a browser gets at /status, if there are pages."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"state": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        ready = await checks.ready()
        return web.json_response({"ready": ready}, status=200 if ready else 503)

    async def status(request: web.Request) -> web.Response:
        if page is not None and _wants_page(request):
            return page(request)
        found = await checks.findings()
        body = Status(
            state=overall(found),
            checked_at=moment(clock.wall_ms()),
            components=[
                ComponentStatus(name=one.name, state=one.state, since=one.since, detail=one.detail)
                for one in found
            ],
        )
        return web.Response(
            body=msgspec.json.encode(body),
            content_type="application/json",
            headers={"Cache-Control": "no-store", "Vary": "Accept"},
        )

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/status", status)


def _wants_page(request: web.Request) -> bool:
    accept = request.headers.get("Accept", "")
    return "text/html" in accept and "application/json" not in accept
