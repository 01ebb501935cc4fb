"""`python -m server all|web|sfu|migrate|admin|replay|openapi|generate`: parse the role, load the settings, run it."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import structlog
import uvloop

from lms.errors import LmsError
from server import demo, demo_practice, generate, machine, replay
from server import settings as configuration
from server.auth.passwords import Passwords
from server.clock import SystemClock, moment
from server.doors import Place
from server.rest import openapi, routes
from server.rest.call import PREFIX
from server.schools import NewSchool, open_school
from server.settings import Settings, SettingsError
from server.storage import embedded, partitions
from server.storage.keeper import StartError
from server.storage.migrate import MigrationError, migrate
from server.storage.postgres import Database, OpenError
from server.storage.processes import end_with_parent
from server.supervisor import StartFailedError, nodes, workers
from server.telemetry import logs
from signaling.routing import lease

BURY_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class CommandError(Exception):
    """A command cannot do what it was asked to; the message is the one line that says why."""


# What ends a start with its own one line.
SAID = (CommandError, SettingsError, StartError, MigrationError, OpenError, StartFailedError)


def main(arguments: list[str]) -> int:
    """Run one role to its end; 1 when it could not start."""
    given = _parser().parse_args(arguments)
    if given.role == "generate":
        return generate.main(given.check)
    try:
        settings = configuration.load(os.environ)
        logs.configure(settings.log_level, node="" if given.node is None else str(given.node))
        uvloop.run(ROLES[given.role](settings, given))
    except SAID as error:
        return _failed(str(error))
    except BaseExceptionGroup as group:
        said, _ = group.split(SAID)
        if said is None:
            raise
        return _failed(str(_first(said)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m server", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    for name, says in (
        ("all", "pages, API, sockets and media in one process, or in LECTERN_NODES of them"),
        ("web", "pages, API and sockets; media lives on sfu nodes"),
        ("sfu", "media alone"),
    ):
        role = roles.add_parser(name, help=says)
        role.add_argument("--node", type=int, help=argparse.SUPPRESS)
        role.add_argument("--node-id", help=argparse.SUPPRESS)
        role.add_argument(
            "--with-parent", action="store_true", help="stop when the starting process ends"
        )
    roles.add_parser("migrate", help="bring the database to this version")
    roles.add_parser("openapi", help="print the description of the API")
    gen = roles.add_parser("generate", help="write every generated file")
    gen.add_argument("--check", action="store_true", help="only say what is stale")
    admin = roles.add_parser("admin", help="create a school and its first administrator")
    admin.add_argument("--school", required=True, help="its name")
    admin.add_argument(
        "--slug", default="school", help="its short name, for signing in where there are several"
    )
    admin.add_argument("--email", required=True, help="of the administrator")
    admin.add_argument("--name", required=True, help="of the administrator")
    again = roles.add_parser("replay", help="score what was graded by two versions of the scorer")
    replay.add_arguments(again)
    parser.set_defaults(node=None)
    return parser


def _failed(line: str) -> int:
    sys.stderr.write(f"lectern: {line}\n")
    return 1


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


# --- roles --------------------------------------------------------------------------------------


async def _serve(settings: Settings, given: argparse.Namespace) -> None:
    from server import (  # here, so that the other commands start without the whole house
        app,
        sfu_node,
    )

    run = sfu_node.node if given.role == "sfu" else app.node
    stop = _stop_signal()
    if given.with_parent:
        end_with_parent()
    if given.node is not None:
        place = Place(
            role=given.role,
            index=given.node,
            count=settings.node_count,
            sockets=_sockets(settings),
            node_id=given.node_id,
        )
        async with run(settings, place):
            settle()
            await stop.wait()
        return
    # Before anything is started or written: somebody else's port is the commonest reason not to. A free one is chosen
    # here, once, because the two families of addresses would each choose their own.
    with contextlib.closing(
        machine.claimed_port(settings.http_address, settings.http_port)
    ) as held:
        settings = msgspec.structs.replace(settings, http_port=held.getsockname()[1])
    if given.role == "sfu" and not settings.redis_url:
        raise SettingsError("LECTERN_REDIS_URL is needed: an SFU node is asked over Redis")
    async with _with_stores(settings, database=given.role != "sfu") as ready:
        if given.role != "sfu":
            await _prepare(ready)
        with _socket_folder(ready) as sockets:
            async with _with_workers(ready, given.role, sockets):
                if ready.node_count > 1:
                    await _serve_many(ready, given.role, stop, sockets)
                    return
                place = Place(role=given.role, index=0, count=1, sockets=sockets)
                async with run(ready, place) as port:
                    settle()
                    _say_ready(ready, given.role, port)
                    await stop.wait()


async def _serve_many(settings: Settings, role: str, stop: asyncio.Event, sockets: Path) -> None:
    count = settings.node_count
    with contextlib.closing(
        machine.claimed_port(settings.http_address, settings.http_port)
    ) as held:
        port = held.getsockname()[1]
        environ = {
            **_environ(settings),
            "LECTERN_HTTP_PORT": str(port),
            "LECTERN_NODES": str(count),
        }
        stop_seconds = settings.drain_seconds + 10
        owning = role != "sfu"  # a media node owns no classes

        async def died(node_id: str) -> None:
            await _bury(settings, node_id)

        async with nodes(
            *(count, role, environ, sockets),
            stop_seconds=stop_seconds,
            died=died if owning else None,
        ):
            _say_ready(settings, role, port)
            await stop.wait()


@contextlib.asynccontextmanager
async def _with_workers(settings: Settings, role: str, sockets: Path) -> AsyncIterator[None]:
    """The workers beside the nodes of this machine, unless they run elsewhere; they start first and end last."""
    if role == "sfu" or not settings.workers:
        yield
        return
    async with workers(_environ(settings), sockets):
        yield


def _environ(settings: Settings) -> dict[str, str]:
    """What a process of ours is started with: our settings, and the stores that run."""
    return {
        **os.environ,
        "LECTERN_DATABASE_URL": settings.database_url,
        "LECTERN_REDIS_URL": settings.redis_url,
    }


async def _bury(settings: Settings, node_id: str) -> None:
    """The process has ended, so its classes need not wait for its lease to run out; where this fails they do."""
    try:
        async with (
            asyncio.timeout(BURY_SECONDS),
            Database(
                settings.database_url,
                pool_size=1,
                statement_timeout_ms=settings.statement_timeout_ms,
            ) as database,
        ):
            await lease.bury(database, node_id)
    except (LmsError, OpenError, TimeoutError) as error:
        _log.warning("node.not_buried", node_id=node_id, reason=type(error).__name__)


async def _migrate(settings: Settings, _given: argparse.Namespace) -> None:
    async with _with_stores(settings, redis=False) as ready:
        for name in await migrate(ready.database_url):
            sys.stdout.write(f"applied {name}\n")
        for name in await partitions.make_ahead(ready.database_url):
            sys.stdout.write(f"made {name}\n")


async def _admin(settings: Settings, given: argparse.Namespace) -> None:
    """Works beside a running Lectern as well: then on the embedded stores that it runs."""
    async with _with_stores(settings, redis=False, share=True) as ready:
        await migrate(ready.database_url)
        await partitions.make_ahead(ready.database_url)
        wanted = NewSchool(
            slug=given.slug, school=given.school, email=given.email, name=given.name
        )
        async with _school_tools(ready) as (database, passwords):
            try:
                password = await open_school(database, passwords, wanted, _now())
            except LmsError as error:
                raise CommandError(error.message) from error
    if password is None:
        raise CommandError(f"{given.email} is in that school already")
    sys.stdout.write(
        f"{given.email} may sign in to {given.school} with this password: {password}\n"
    )


async def _replay(settings: Settings, given: argparse.Namespace) -> None:
    """Works beside a running Lectern as well; reads alone, and fails where a grade is not what its own scorer makes of it."""
    async with (
        _with_stores(settings, redis=False, share=True) as ready,
        Database(
            ready.database_url,
            pool_size=1,
            statement_timeout_ms=settings.statement_timeout_ms,
        ) as database,
    ):
        try:
            report, unexplained = await replay.run(database, given)
        except LmsError as error:
            raise CommandError(error.message) from error
    sys.stdout.write(report)
    if unexplained:
        raise CommandError(f"differences that nothing explains: {unexplained}, see above")


async def _openapi(_settings: Settings, _given: argparse.Namespace) -> None:
    sys.stdout.write(openapi.encoded(routes.ROUTES, PREFIX).decode() + "\n")


ROLES: dict[str, Callable[[Settings, argparse.Namespace], Coroutine[object, object, None]]] = {
    "all": _serve,
    "web": _serve,
    "sfu": _serve,
    "migrate": _migrate,
    "admin": _admin,
    "replay": _replay,
    "openapi": _openapi,
}


# --- parts --------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _with_stores(
    settings: Settings, *, database: bool = True, redis: bool = True, share: bool = False
) -> AsyncIterator[Settings]:
    """The settings with the URLs of stores that run: the given ones, or embedded ones for as long as the block lasts."""
    need_database = database and not settings.database_url
    need_redis = redis and not settings.redis_url
    if not need_database and not need_redis:
        yield settings
        return
    running = embedded.running_stores(settings.state_path) if share else None
    if running is not None:
        yield msgspec.structs.replace(settings, database_url=running.database_url)
        return
    async with embedded.stores(
        settings.state_path, database=need_database, redis=need_redis
    ) as urls:
        yield msgspec.structs.replace(
            settings,
            database_url=settings.database_url or urls.database_url,
            redis_url=settings.redis_url or urls.redis_url,
        )


async def _prepare(settings: Settings) -> None:
    """Bring the database to this version, and put the demo school into it if it is wanted."""
    await migrate(settings.database_url)
    await partitions.make_ahead(settings.database_url)
    if settings.demo:
        async with _school_tools(settings) as (database, passwords):
            seeded = await demo.seed(database, passwords, _now())
            # What was practised is an event like any other: without workers nobody would hear of it.
            if settings.workers:
                await demo_practice.practise(database, seeded.tenant_id, _now())


@contextlib.asynccontextmanager
async def _school_tools(settings: Settings) -> AsyncIterator[tuple[Database, Passwords]]:
    database = Database(
        settings.database_url, pool_size=4, statement_timeout_ms=settings.statement_timeout_ms
    )
    async with database, Passwords().running() as passwords:
        yield database, passwords


def _now() -> datetime:
    return moment(SystemClock().wall_ms())


def _sockets(settings: Settings) -> Path:
    """One folder for the nodes behind one port: roles that run beside each other do not meet in it."""
    return embedded.runtime_folder(settings.state_path) / str(settings.http_port)


@contextlib.contextmanager
def _socket_folder(settings: Settings) -> Iterator[Path]:
    sockets = _sockets(settings)
    with embedded.socket_folder(sockets.parent), embedded.socket_folder(sockets):
        yield sockets


# New values that outlive what made them, before the young ones are looked at; and so many such looks before older ones are, twice.
GARBAGE = (20_000, 20, 20)


def settle() -> None:
    """What is there at the start stays: a collector of garbage that walked through it would hold up the loop by 50 ms.

    Nor does it look at requests under way, some hundreds of values each moment, which go by themselves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _say_ready(settings: Settings, role: str, port: int) -> None:
    """The last lines of a start."""
    if role == "sfu":
        sys.stdout.write(f"This media node is ready; its metrics are on port {port}\n")
        sys.stdout.flush()
        return
    scheme = "https" if settings.secure else "http"
    lines = [f"Lectern is ready at {scheme}://localhost:{port}"]
    if settings.demo:
        lines += [
            "Demo accounts: admin@demo.school, teacher@demo.school, proctor@demo.school, reviewer@demo.school,",
            "student1@demo.school ... student30@demo.school; the password of all of them is lectern-demo",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
