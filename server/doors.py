"""The doors of a node: its HTTP port, its socket for the machine's other processes, its media port."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog
from aiohttp import web

from server import machine, tls
from server.clock import SystemClock, moment
from server.settings import Settings, SettingsError
from sfu.node import Node
from sfu.settings import SfuSettings
from signaling.context import Meters

BACKLOG = 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which node of this machine this is; `sockets` is the folder where nodes hear each other, the id who started it chose."""

    role: Literal["all", "web", "sfu"]
    index: int
    count: int
    sockets: Path
    node_id: str | None = None


async def open_media(
    stack: contextlib.AsyncExitStack, settings: Settings, place: Place, meters: Meters
) -> Node:
    """The SFU node of this process, on its own port: the base port plus its index."""
    port = settings.media_port + place.index if settings.media_port else 0
    addresses = settings.media_address or machine.addresses()
    media = Node(SfuSettings(port=port, addresses=addresses), meters)
    try:
        await stack.enter_async_context(media.running())
    except OSError as error:
        raise SettingsError(machine.port_taken("LECTERN_MEDIA_PORT", port, error)) from error
    _log.info("media.ready", media_port=media.port)
    return media


async def open_doors(
    stack: contextlib.AsyncExitStack, runner: web.AppRunner, settings: Settings, place: Place
) -> int:
    """The TCP port, shared when there are several nodes, and a socket for this machine's other processes."""
    inner = place.sockets / f"node-{place.index}.sock"
    inner.unlink(missing_ok=True)
    await web.UnixSite(runner, str(inner)).start()
    stack.callback(inner.unlink, missing_ok=True)
    now = moment(SystemClock().wall_ms())
    site = web.TCPSite(
        runner,
        settings.http_address or None,
        settings.http_port,
        ssl_context=tls.context(settings, machine.addresses(), now),
        reuse_port=place.count > 1 or None,
        backlog=BACKLOG,
    )
    try:
        await site.start()
    except OSError as error:
        raise SettingsError(
            machine.unusable(settings.http_address, settings.http_port, error)
        ) from error
    stack.push_async_callback(site.stop)
    address = next(found for found in runner.addresses if isinstance(found, tuple))
    return int(address[1])
