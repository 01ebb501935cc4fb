"""One connection to Redis: what is asked in one turn of the loop leaves in one write, replies come in order, nobody waits for ever."""

import asyncio
from typing import Any

import hiredis
import pytest

from server.storage.link import Link, LinkLostError


class Transport:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def connected() -> tuple[Link, Transport]:
    link = Link(lambda *_: None, lambda _: None, lambda _: None)
    transport = Transport()
    link.connection_made(transport)  # type: ignore[arg-type]  # as much of one as is used
    return link, transport


async def test_what_is_asked_in_one_turn_leaves_in_one_write() -> None:
    link, transport = connected()
    told: list[Any] = []
    link.send(told.append, "GET", "a")
    reply = link.command("GET", "b")
    assert transport.written == []
    await asyncio.sleep(0)
    assert transport.written == [b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"]
    link.data_received(b"$1\r\nx\r\n$1\r\n")
    assert (told, reply.done()) == ([b"x"], False)
    link.data_received(b"y\r\n")
    assert await reply == b"y"
    link.send(told.append, "GET", "c")
    await asyncio.sleep(0)
    assert len(transport.written) == 2


async def test_an_error_is_told_and_raised() -> None:
    link, _ = connected()
    told: list[Any] = []
    link.send(told.append, "GET", "a")
    reply = link.command("GET", "b")
    link.data_received(b"-ERR no\r\n-ERR no\r\n")
    assert isinstance(told[0], hiredis.ReplyError)
    with pytest.raises(hiredis.ReplyError):
        await reply


async def test_who_waits_when_the_connection_is_lost_is_told_so() -> None:
    link, _ = connected()
    told: list[Any] = []
    link.send(told.append, "GET", "a")
    reply = link.command("GET", "b")
    link.connection_lost(None)
    link.send(told.append, "GET", "c")
    assert [type(one) for one in told] == [LinkLostError, LinkLostError]
    with pytest.raises(LinkLostError):
        await reply
