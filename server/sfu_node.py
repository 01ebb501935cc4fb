"""Composition root of an SFU process: the media node, asked over Redis, with its metrics on the HTTP port."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

import msgspec
import structlog
from aiohttp import web

from lms.ids import RANDOM_BYTES, uuid7
from server.alongside import alongside
from server.clock import SystemClock
from server.doors import Place, open_doors, open_media
from server.media_fleet import BEAT_SECONDS, BEATS, Beat
from server.pages import secure_headers
from server.rest.edge import problem_of_no_request
from server.settings import Settings
from server.status import routes as status_routes
from server.status.checks import Checks, Component
from server.storage.channels import ShardedChannels
from server.telemetry import http
from server.telemetry.metrics import PrometheusMeters, watch_loop_lag
from sfu.control import Control
from signaling.context import Channels
from signaling.wire.heads import PatientRunner

_log = structlog.get_logger(__name__)


@contextlib.asynccontextmanager
async def node(settings: Settings, place: Place) -> AsyncIterator[int]:
    """One SFU node, running until the block ends; yields the port of its metrics."""
    clock, meters = SystemClock(), PrometheusMeters()

    def new_id() -> str:
        return uuid7(clock.wall_ms(), secrets.token_bytes(RANDOM_BYTES))

    name = new_id()
    async with contextlib.AsyncExitStack() as stack:
        channels = ShardedChannels(settings.redis_url, meters)
        await stack.enter_async_context(channels.running())
        media = await open_media(stack, settings, place, meters)
        await stack.enter_async_context(Control(media, channels, name, meters).running())

        async def redis_answers() -> None:
            if not channels.healthy():
                raise ConnectionError("a master of Redis is away")

        redis = Component(
            name="redis",
            probe=redis_answers,
            required=True,
            without="The message store does not answer. This media node cannot be asked.",
        )
        checks = Checks([redis], meters, clock)
        stack.enter_context(http.counting_malformed(meters))
        app = web.Application(middlewares=[http.timed(meters)])
        secure_headers(app, tls=settings.secure)
        siblings = place.sockets if place.count > 1 else None
        http.mount(app, meters, token=settings.metrics_token, siblings=siblings)
        status_routes.mount(app, checks, clock, None)
        runner = PatientRunner(
            app, tell=problem_of_no_request(new_id), access_log=None, shutdown_timeout=1
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)

        await stack.enter_async_context(alongside(watch_loop_lag(meters), _beat(channels, name)))
        port = await open_doors(stack, runner, settings, place)
        _log.info("node.ready", role="sfu", port=port)
        yield port
        checks.draining = True
        await channels.publish(BEATS, msgspec.msgpack.encode(Beat(node=name, ready=False)))
        _log.info("node.stopping")


async def _beat(channels: Channels, name: str) -> None:
    payload = msgspec.msgpack.encode(Beat(node=name, ready=True))
    while True:
        await channels.publish(BEATS, payload)
        await asyncio.sleep(BEAT_SECONDS)
