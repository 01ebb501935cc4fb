"""/metrics for those who may see it; /healthz, /readyz and /status as the dependencies are."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.clock import SystemClock
from server.status import routes
from server.status.checks import Checks, Component
from server.telemetry import http
from server.telemetry.metrics import PrometheusMeters

Client = TestClient[web.Request, web.Application]


class DrivenClock(SystemClock):
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def wall_ms(self) -> int:
        return 1_800_000_000_000 + int(self.seconds * 1000)


@dataclass
class Scene:
    """A server whose dependencies the test can take away."""

    client: Client
    clock: DrivenClock
    checks: Checks
    away: set[str]

    async def later(self) -> None:
        self.clock.seconds += 5

    async def states(self) -> dict[str, str]:
        body = await (await self.client.get("/status")).json()
        return {"all": body["state"], **{one["name"]: one["state"] for one in body["components"]}}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    away: set[str] = set()
    meters, clock = PrometheusMeters(), DrivenClock()

    async def database() -> None:
        if "database" in away:
            raise ConnectionError

    async def redis() -> None:
        if "redis" in away:
            raise ConnectionError

    checks = Checks(
        [
            Component(name="database", probe=database, required=True, without="No database."),
            Component(name="redis", probe=redis, required=False, without="No Redis."),
        ],
        meters,
        clock,
    )

    async def course(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application(middlewares=[http.timed(meters)])
    app.router.add_get("/courses/{id}", course)
    http.mount(app, meters, token="let-me-in", siblings=None)
    routes.mount(
        app, checks, clock, lambda request: web.Response(text="<html>", content_type="text/html")
    )
    async with TestClient(TestServer(app)) as client:
        yield Scene(client=client, clock=clock, checks=checks, away=away)


async def test_metrics_count_by_route_and_never_by_address(scene: Scene) -> None:
    await scene.client.get("/courses/one")
    await scene.client.get("/courses/two")
    response = await scene.client.get("/metrics", headers={"Authorization": "Bearer let-me-in"})
    text = await response.text()
    assert 'route="/courses/{id}",status="200"} 2.0' in text
    assert "/courses/one" not in text


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic let-me-in"])
async def test_without_the_bearer_there_are_no_metrics(scene: Scene, given: str) -> None:
    assert (await scene.client.get("/metrics", headers={"Authorization": given})).status == 404


async def test_a_bearer_that_is_no_text_is_a_wrong_one(scene: Scene) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.client.port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    writer.close()


async def test_without_a_token_set_loopback_alone_sees_metrics_but_no_proxy_does() -> None:
    app = web.Application()
    http.mount(app, PrometheusMeters(), token="", siblings=None)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/metrics")).status == 200
        assert (
            await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        ).status == 404


async def test_all_is_well(scene: Scene) -> None:
    assert (await scene.client.get("/healthz")).status == 200
    assert (await scene.client.get("/readyz")).status == 200
    assert await scene.states() == {"all": "ok", "database": "ok", "redis": "ok"}


async def test_without_redis_it_is_degraded_and_ready(scene: Scene) -> None:
    scene.away.add("redis")
    assert await scene.states() == {"all": "degraded", "database": "ok", "redis": "degraded"}
    assert (await scene.client.get("/readyz")).status == 200


async def test_without_the_database_it_is_down_and_then_up_again(scene: Scene) -> None:
    scene.away.add("database")
    assert (await scene.client.get("/readyz")).status == 503
    assert (await scene.client.get("/healthz")).status == 200
    scene.away.clear()
    await scene.later()
    assert (await scene.states())["all"] == "ok"
    assert (await scene.client.get("/readyz")).status == 200


async def test_it_says_since_when(scene: Scene) -> None:
    await scene.states()
    await scene.later()
    scene.away.add("redis")
    await scene.states()
    await scene.later()
    body = await (await scene.client.get("/status")).json()
    since = {one["name"]: one["since"] for one in body["components"]}
    assert since["redis"] > since["database"]


async def test_a_draining_node_is_not_ready_and_not_wrong(scene: Scene) -> None:
    scene.checks.draining = True
    assert (await scene.client.get("/readyz")).status == 503
    assert (await scene.states())["all"] == "ok"


async def test_a_browser_gets_the_page(scene: Scene) -> None:
    response = await scene.client.get("/status", headers={"Accept": "text/html,*/*;q=0.8"})
    assert response.content_type == "text/html"


async def test_bytes_that_are_no_http_are_counted_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    meters = PrometheusMeters()
    with http.counting_malformed(meters):
        async with TestServer(web.Application()) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"GET / HTTP/1.1\r\nthis is no header\r\n\r\n")
            assert b" 400 " in await reader.readline()
            writer.close()
            await writer.wait_closed()
    assert [record for record in caplog.records if record.exc_info] == []
    assert b"lectern_http_malformed_total 1.0" in meters.text()
