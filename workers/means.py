"""What every worker works with; the composition root makes it once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from server.storage.objects import Objects
from server.storage.playlists import Playlists
from server.storage.postgres import Database
from server.storage.streams import Streams
from server.telemetry.metrics import PrometheusMeters


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """`now` is the clock of exams, `steady` counts seconds that never go back, `consumer` is this process among all."""

    database: Database
    database_url: str
    streams: Streams
    playlists: Playlists
    objects: Objects
    meters: PrometheusMeters
    now: Callable[[], datetime]
    steady: Callable[[], float]
    new_id: Callable[[], str]
    consumer: str
