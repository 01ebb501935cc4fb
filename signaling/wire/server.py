"""The Socket.IO server of the house: python-socketio's face with Lectern's gates."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
import socketio
from aiohttp import web

from signaling.context import Clock, Meters
from signaling.wire.gates import WireLimits


class Json:
    """The JSON of the wire, in the form python-socketio asks for; knows msgspec's structs."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """Compact text of a value."""
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: Any) -> Any:
        """The value of a text."""
        return msgspec.json.decode(text)


class WireServer(socketio.AsyncServer):  # type: ignore[misc]  # the library is untyped
    """Used by python-socketio's public API, and by `send_frame` for what is already encoded."""

    def __init__(
        self, *, meters: Meters, clock: Clock, origins: Collection[str], limits: WireLimits
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            json=Json,
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            max_http_buffer_size=limits.message_bytes,
            cors_allowed_origins=list(origins) or None,
            namespaces=[],
        )
        self._meters = meters
        self._clock = clock

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """Serve under `/socket.io/` of the application, for as long as it lives."""
        super().attach(app, socketio_path)

    def send_frame(
        self, namespace: str, sids: Iterable[str], frame: bytes, *, latest: str | None = None
    ) -> None:
        """Send one finished text (`frames.event_frame`) to these connections.

        With `latest`, a reader that is behind gets only the newest frame of that key.
        """
        text = frame[1:].decode()
        for sid in sids:
            engine_sid = self.manager.eio_sid_from_sid(sid, namespace)
            if engine_sid is not None:
                self.start_background_task(self.eio.send, engine_sid, text)


def build_server(
    *,
    meters: Meters,
    clock: Clock,
    origins: Collection[str] = (),
    limits: WireLimits | None = None,
) -> WireServer:
    """Make the server of one node; `origins` are allowed besides the host that is asked."""
    return WireServer(meters=meters, clock=clock, origins=origins, limits=limits or WireLimits())
