"""Composition root of a node: opens the stores, builds the services, mounts the routes, carries them to the end.

Read `node` from top to bottom: what is entered later rests on what is above it, and is left first.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from lms import outbox
from lms.ids import RANDOM_BYTES, uuid7
from server.alongside import alongside
from server.auth.keys import KeyRing
from server.auth.passwords import Passwords
from server.auth.revocations import Revocations
from server.auth.tokens import Tokens
from server.clock import SystemClock
from server.doors import Place, open_doors, open_media
from server.limits.limiter import Limiter
from server.media_fleet import MediaFleet
from server.pages import Pages, fixed_headers, secure_headers
from server.rest import routes
from server.rest.curriculum import Curriculum
from server.rest.deps import Deps
from server.rest.edge import problem_of_no_request
from server.rest.exams import running as running_exams
from server.rest.lane import FastLane
from server.rest.tutor import Means
from server.rest.tutor import running as running_tutor
from server.settings import Settings
from server.status import routes as status_routes
from server.status.checks import Checks, Component, Probe
from server.storage.channels import ShardedChannels
from server.storage.commit import GroupCommit
from server.storage.objects import objects_at
from server.storage.playlists import Playlists
from server.storage.postgres import Database
from server.storage.redis import Client, connected
from server.telemetry import http
from server.telemetry.metrics import PrometheusMeters, watch_loop_lag
from signaling.classroom.log import Append, Outcome, flush
from signaling.hub import Hub, HubContext
from signaling.wire.heads import PatientRunner
from signaling.wire.neighbours import Neighbours

if TYPE_CHECKING:
    from sfu.control import Asked

_log = structlog.get_logger(__name__)

RENEWALS_POOL = 2
REVIEW_POOL = 3
RENEWALS_TIMEOUT_MS = 2500
EVENTS_LATE_SECONDS = 30.0
BODY_MAX_BYTES = 8 * 1024 * 1024
KEEPALIVE_SECONDS = 75.0


@contextlib.asynccontextmanager
async def node(settings: Settings, place: Place) -> AsyncIterator[int]:
    """One node, running until the block ends; yields its HTTP port."""
    clock, meters = SystemClock(), PrometheusMeters()
    async with contextlib.AsyncExitStack() as stack:
        # Stores.
        database = await stack.enter_async_context(
            Database(
                settings.database_url,
                pool_size=settings.database_pool,
                statement_timeout_ms=settings.statement_timeout_ms,
            )
        )
        renewals = await stack.enter_async_context(
            Database(
                settings.database_url,
                pool_size=RENEWALS_POOL,
                statement_timeout_ms=min(RENEWALS_TIMEOUT_MS, settings.statement_timeout_ms),
            )
        )
        review = await stack.enter_async_context(
            database.beside("lectern_review", pool_size=REVIEW_POOL)
        )
        channels = ShardedChannels(settings.redis_url, meters)
        await stack.enter_async_context(channels.running())
        redis = await stack.enter_async_context(connected(settings.redis_url))

        objects = stack.enter_context(objects_at(settings.objects_url, settings.state_path))

        # Who is calling, and how often.
        keys = await stack.enter_async_context(KeyRing(database, clock).running())
        revocations = await stack.enter_async_context(
            Revocations(database, channels, clock).running()
        )
        passwords = await stack.enter_async_context(Passwords().running())
        tokens = Tokens(keys, revocations, clock)
        limiter = Limiter(redis, clock, scale=settings.limits_scale)

        # Exams.
        exams = await stack.enter_async_context(
            running_exams(database, redis, clock.steady, meters)
        )

        # The tutor.
        means = Means(
            database=database,
            channels=channels,
            keys=keys,
            clock=clock,
            meters=meters,
            lists_kept=timedelta(seconds=settings.playlist_ttl_seconds),
        )
        tutor = await stack.enter_async_context(running_tutor(means))

        # Classes and their media.
        commits: GroupCommit[Append, Outcome] = GroupCommit(database, flush, meters=meters)
        await stack.enter_async_context(commits.running())
        chance = secrets.token_bytes(RANDOM_BYTES)
        node_id = place.node_id or uuid7(clock.wall_ms(), chance)
        media: Asked
        if place.role == "all":
            media, media_probe = await open_media(stack, settings, place, meters), _is_here
        else:
            fleet = MediaFleet(channels, clock, asker=node_id)
            media, media_probe = await stack.enter_async_context(fleet.running()), fleet.probe
        hub = Hub(
            HubContext(
                node_id=node_id,
                database=database,
                renewals=renewals,
                commits=commits,
                channels=channels,
                tokens=tokens,
                meters=meters,
                clock=clock,
                media=media,
                media_is_here=place.role == "all",
                origins=settings.allowed_origins,
                neighbours=_neighbours(place),
            )
        )
        media.on_notify = hub.hear_media

        # The web face.
        stack.enter_context(http.counting_malformed(meters))
        components = _components(database, redis, channels, hub, media_probe)
        checks = Checks(components, meters, clock)
        deps = Deps(
            database=database,
            review=review,
            keys=keys,
            tokens=tokens,
            revocations=revocations,
            passwords=passwords,
            limiter=limiter,
            objects=objects,
            classes=hub,
            exams=exams,
            tutor=tutor,
            curriculum=Curriculum(database, meters),
            playlists=Playlists(redis),
            meters=meters,
            clock=clock,
            trusted_proxies=settings.trusted_proxies,
        )
        app = _application(settings, place, deps, checks, meters)
        hub.attach(app)
        pages = Pages()
        status_routes.mount(app, checks, clock, pages.shell)
        pages.mount(app)
        runner = PatientRunner(
            app,
            tell=problem_of_no_request(deps.new_id),
            lane=_lane(settings, deps),
            access_log=None,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=settings.drain_seconds,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)

        # Doors open last and close first.
        await stack.enter_async_context(alongside(watch_loop_lag(meters)))
        await stack.enter_async_context(hub.running())
        revocations.subscribe(
            lambda one: hub.revoke(one.kind, one.tenant_id, one.subject_id, one.class_id)
        )
        port = await open_doors(stack, runner, settings, place)
        stack.callback(setattr, checks, "draining", True)
        _log.info("node.ready", role=place.role, port=port)
        yield port
        _log.info("node.stopping")


def _lane(settings: Settings, deps: Deps) -> FastLane | None:
    """The short way for lean routes, unless it is switched off."""
    if not settings.fast_lane:
        return None
    return routes.fast_lane(deps, fixed_headers(tls=settings.secure))


def _neighbours(place: Place) -> Neighbours | None:
    """The nodes behind the same port, to whom a long-polling request may belong."""
    return Neighbours(index=place.index, folder=place.sockets) if place.count > 1 else None


def _components(
    database: Database, redis: Client, channels: ShardedChannels, hub: Hub, media_probe: Probe
) -> list[Component]:
    async def redis_answers() -> None:
        if not channels.healthy():
            raise ConnectionError("a master of Redis is away")
        await redis.set("{lectern}:probe", b"1", px=1000)

    async def workers_keep_up() -> None:
        async with database.statement() as connection:
            _, age_seconds = await outbox.waiting(connection)
        if age_seconds > EVENTS_LATE_SECONDS:
            raise TimeoutError("events wait for the workers")

    return [
        Component(name="web", probe=_is_here, required=True, without=""),
        Component(
            name="database",
            probe=database.ping,
            required=True,
            without="The database does not answer. Nothing can be saved at the moment.",
        ),
        Component(
            name="redis",
            probe=redis_answers,
            required=False,
            without="The message store does not answer. Classes go on; between nodes it takes a second longer.",
        ),
        Component(
            name="workers",
            probe=workers_keep_up,
            required=False,
            without="Progress and grades come late at the moment. Answers are taken and kept.",
        ),
        Component(
            name="classes",
            probe=hub.probe,
            required=False,
            without="This node cannot own classes at the moment; others carry on with them.",
        ),
        Component(
            name="media",
            probe=media_probe,
            required=False,
            without="There is no sound and no picture at the moment; everything else goes on.",
        ),
    ]


async def _is_here() -> None:
    """What is a part of this process: that this is being run is the answer."""


def _application(
    settings: Settings, place: Place, deps: Deps, checks: Checks, meters: PrometheusMeters
) -> web.Application:
    app = web.Application(middlewares=[http.timed(meters)], client_max_size=BODY_MAX_BYTES)
    secure_headers(app, tls=settings.secure)
    alone, token = place.count == 1, settings.metrics_token
    http.mount(app, meters, token=token, siblings=place.sockets, alone=alone)
    routes.mount(app, deps)
    return app
