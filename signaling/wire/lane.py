"""The fast lane, as far as HTTP goes: which bytes are one plain request, beyond all doubt; pure.

Doubt is left to aiohttp: a head that is not whole, an odd line, two lengths, a transfer coding, anything that asks for more
than an answer.
"""

import re
from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

HEAD_MAX_BYTES = 8000
BODY_MAX_BYTES = 64 * 1024

_LINE = re.compile(rb"([A-Z]{3,7}) (/[!-~]*) HTTP/1\.1\r\n")
_FIELDS = re.compile(rb"(?:[!#-'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n)+\r\n")
# What decides where a request ends, who sent it and what it holds.
_TELLING = re.compile(
    rb"\n(host|authorization|(?:proxy-)?connection|content-[a-z]+|transfer-encoding|trailer|upgrade|expect"
    rb"|idempotency-key|if-match):([^\r]*)",
    re.IGNORECASE,
)
# aiohttp takes Proxy-Connection for Connection.
_ODD = frozenset({b"transfer-encoding", b"trailer", b"upgrade", b"expect", b"proxy-connection"})
_LENGTH = re.compile(rb"[0-9]{1,9}")


class Plain(msgspec.Struct, frozen=True, gc=False):
    """The head of a request without anything odd in it; fields by their name in small letters, each once."""

    method: bytes
    target: bytes
    fields: dict[bytes, bytes]
    body_at: int
    size: int  # of all of it, with its body


def plain_head(data: bytes) -> Plain | None:
    """The head that these bytes begin with, or None when it is not all there or not plain."""
    line = _LINE.match(data)
    if line is None:
        return None
    end = _FIELDS.match(data, line.end(), HEAD_MAX_BYTES)
    if end is None:
        return None
    told = _TELLING.findall(data, line.end() - 1, end.end())
    fields = {name.lower(): value.strip(b"\t ") for name, value in told}
    length = fields.get(b"content-length", b"0")
    if (
        len(fields) != len(told)
        or b"host" not in fields
        or fields.get(b"connection", b"keep-alive").lower() != b"keep-alive"
        or not _LENGTH.fullmatch(length)
        or not fields.keys().isdisjoint(_ODD)
    ):
        return None
    return Plain(line[1], line[2], fields, end.end(), end.end() + int(length))


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
