"""The fast lane, as far as HTTP goes: which bytes are one plain request, beyond all doubt; pure.

Doubt is left to aiohttp: a head that is not whole, an odd line, two lengths, a transfer coding, anything that asks for more
than an answer.
"""

import functools
import re
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

HEAD_MAX_BYTES = 8000
BODY_MAX_BYTES = 64 * 1024
# Browsers say the same lines again and again: what these mean is remembered, of so many, as long as they are short.
KNOWN_MAX_LINES = 8192
KNOWN_MAX_BYTES = 600

_LINE = re.compile(rb"([A-Z]{3,7}) (/[!-~]*) HTTP/1\.1")
_FIELD = re.compile(rb"([!#-'*+.^_`|~0-9A-Za-z-]+):([\t -~]*)")
# What decides where a request ends, who sent it and what it holds.
_TELLING = re.compile(rb"host|authorization|connection|content-[a-z]+|idempotency-key|if-match")
# aiohttp takes Proxy-Connection for Connection.
_ODD = frozenset({b"transfer-encoding", b"trailer", b"upgrade", b"expect", b"proxy-connection"})
_LENGTH = re.compile(rb"[0-9]{1,9}")
# Of a line.
_NOTHING = (b"", b"")


class Plain(msgspec.Struct, frozen=True, gc=False):
    """The head of a request without anything odd in it; fields by their name in small letters, each once."""

    method: bytes
    target: bytes
    fields: dict[bytes, bytes]
    body_at: int
    size: int  # of all of it, with its body


def plain_head(data: bytes) -> Plain | None:
    """The head that these bytes begin with, or None when it is not all there or not plain."""
    end = data.find(b"\r\n\r\n", 0, HEAD_MAX_BYTES)
    if end < 0:
        return None
    lines = data[:end].split(b"\r\n")
    line = _LINE.fullmatch(lines[0])
    if line is None:
        return None
    fields: dict[bytes, bytes] = {}
    for one in lines[1:]:
        told = _known(one) if len(one) <= KNOWN_MAX_BYTES else _told(one)
        if told is None or told[0] in fields:
            return None
        if told is not _NOTHING:
            fields[told[0]] = told[1]
    if b"host" not in fields:
        return None
    return Plain(
        line[1], line[2], fields, end + 4, end + 4 + int(fields.get(b"content-length", 0))
    )


def _told(line: bytes) -> tuple[bytes, bytes] | None:
    """Name and value of what a line tells, `_NOTHING` when that is not needed, None when it is odd."""
    field = _FIELD.fullmatch(line)
    if field is None:
        return None
    name, value = field[1].lower(), field[2].strip(b"\t ")
    if (
        name in _ODD
        or (name == b"connection" and value.lower() != b"keep-alive")
        or (name == b"content-length" and not _LENGTH.fullmatch(value))
    ):
        return None
    return (name, value) if _TELLING.fullmatch(name) else _NOTHING


_known = functools.lru_cache(maxsize=KNOWN_MAX_LINES)(_told)


Arrival = TypeVar("Arrival")
Send = Callable[[bytes], None]


class Lane(Protocol[Arrival]):
    """Who answers in the fast lane."""

    def stamp(self) -> Arrival:
        """When something came, by the clock that counts."""

    def wants(self, head: Plain) -> bool:
        """Whether it may be for here, so that waiting for its body is worth it."""

    def take(self, head: Plain, body: bytes, arrived: Arrival, send: Send) -> bool:
        """Whether it is answered here: then `send` is called once, now or later; else nothing has happened yet."""
