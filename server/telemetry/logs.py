"""One JSON line an event on stderr, with the ids of who and what it is about taken from contextvars."""

import logging
import os
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, TextIO, cast

import msgspec
import structlog

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
STANDARD_ERROR = 2
# Errors that led to one another, and those of a group, are told so deep.
CHAIN_MAX = 8
# Whatever is bound under one of these names is a mistake of ours: it never reaches the log.
SECRET_NAMES = frozenset(
    {
        "password",
        "token",
        "access_token",
        "refresh_token",
        "authorization",
        "cookie",
        "secret",
        "text",
        "sdp",
    }
)


class _Lines:
    """Standard error as a stream that never raises: a full disk or a reader that has gone costs lines, not the server."""

    def __init__(self) -> None:
        self._lost = 0
        self._torn = False

    def write(self, text: str) -> int:
        """Write it at once, or count it as lost; the first line that can be written again says how many were."""
        if self._lost and self._written(f'{{"event":"log.lost","lines":{self._lost}}}\n'):
            self._lost = 0
        if not self._written(text):
            self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _written(self, text: str) -> bool:
        data = ("\n" + text if self._torn else text).encode()
        try:
            done = os.write(STANDARD_ERROR, data)
        except OSError:
            return False
        self._torn = done < len(data)
        return not self._torn


def configure(level: str, *, node: str = "") -> None:
    """Send structlog, and the libraries' own logging, to stderr as JSON lines; `node` is on each."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _node(node),
        structlog.processors.ExceptionRenderer(traced),
        _without_secrets,
    ]
    lines = cast("TextIO", _Lines())
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=lines),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_reason_of_warnings, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LEVELS[level], logging.WARNING))


def traced(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """The way to an error, as Python tells it; what the database says of a row or of a value is left out, as it holds people's words."""
    return "\n".join(_way_to(exc_info[1], CHAIN_MAX))


def _way_to(error: BaseException, left: int) -> Iterator[str]:
    if not left:
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _way_to(before, left - 1)
        yield "\nThat led to:\n"
    yield "Traceback (most recent call last):"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield f"{type(error).__qualname__}: {_said(error)}"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions[:CHAIN_MAX]:
            yield from _way_to(one, left - 1)


def _said(error: BaseException) -> str:
    if not type(error).__module__.startswith("asyncpg"):
        return str(error)
    named = (getattr(error, name, None) for name in ("sqlstate", "table_name", "constraint_name"))
    return " ".join(one for one in named if one)


def _node(name: str) -> structlog.typing.Processor:
    def add(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        if name:
            event["node"] = name
        return event

    return add


def _reason_of_warnings(
    _logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A library that warns of what is passing, as of a store that is away, is heard without its traceback."""
    if method == "warning" and isinstance(event.get("exc_info"), tuple):
        event["reason"] = event.pop("exc_info")[0].__name__
    return event


def _without_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in SECRET_NAMES & event.keys():
        event[name] = "(withheld)"
    return event


def _dumps(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
