"""A client of so little work of its own that the server's is what is measured: blocking calls for a thread, one epoll, prepared bytes.

A loop of asyncio would round moments to milliseconds and cost as much as the server that it asks.
"""

import collections
import itertools
import random
import select
import socket
import time
from collections.abc import Iterator, Sequence

READ_BYTES = 256 * 1024
WAIT_S = 30.0
# Nearer than this to the next moment nobody sleeps: epoll counts in milliseconds.
SPIN_S = 0.002


class Broken(ConnectionError):
    """A server that hangs up, is silent or answers something else than 200."""


class _Line:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self.due = 0.0
        self.left = 0

    def heard(self) -> int | None:
        """The size of the body of an answer that is here as a whole; None while it is not."""
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise Broken("the server hung up")
        data = self._rest + data if self._rest else data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._rest = data
            return None
        head = data[:end].lower()
        if head[9:12] != b"200":
            raise Broken(data[:600].decode("latin-1"))
        at = head.find(b"content-length:") + len(b"content-length:")
        size = int(head[at:].partition(b"\r\n")[0])
        whole = len(data) >= end + 4 + size
        self._rest = b"" if whole else data
        return size if whole else None


class Lines:
    """Some connections to a server of this machine, watched together; to be closed."""

    def __init__(self, port: int, count: int) -> None:
        self._lines = [_Line(port) for _ in range(count)]
        self._by_file = {line.socket.fileno(): line for line in self._lines}
        self._epoll = select.epoll()
        self.late: list[float] = []
        for file in self._by_file:
            self._epoll.register(file, select.EPOLLIN)

    def close(self) -> None:
        """Hang up."""
        self._epoll.close()
        for line in self._lines:
            line.socket.close()

    def drain(self, requests: Sequence[Iterator[bytes]], each: int) -> int:
        """Each connection asks so many times, the next as soon as the one before is answered; how many bytes the last body had."""
        asking = dict(zip(self._lines, requests, strict=True))
        for line in self._lines:
            line.left = each
            line.socket.sendall(next(asking[line]))
        under_way, size = len(self._lines), 0
        while under_way:
            for line in self._ready(WAIT_S):
                got = line.heard()
                if got is None:
                    continue
                size = got
                line.left -= 1
                if line.left:
                    line.socket.sendall(next(asking[line]))
                else:
                    under_way -= 1
        return size

    def offer(self, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
        """Requests at moments that wait for nobody (Poisson); how long each took from its moment on, in seconds.

        `late` says afterwards how late this client itself sent each.
        """
        chance, asking = random.Random(7), itertools.cycle(requests)
        free = collections.deque(self._lines)
        took: list[float] = []
        begun = time.perf_counter()
        due, under_way = begun, 0
        while due < begun + seconds or under_way:
            now = time.perf_counter()
            while free and due <= now and due < begun + seconds:
                line = free.popleft()
                line.due = due
                self.late.append(now - due)
                line.socket.sendall(next(asking))
                under_way += 1
                due += chance.expovariate(rate)
            for line in self._ready(
                _pause(due - now) if due < begun + seconds and free else WAIT_S
            ):
                if line.heard() is not None:
                    took.append(time.perf_counter() - line.due)
                    free.append(line)
                    under_way -= 1
        return took

    def _ready(self, timeout_s: float) -> list[_Line]:
        found = self._epoll.poll(timeout_s)
        if not found and timeout_s == WAIT_S:
            raise Broken("the server is silent")
        return [self._by_file[file] for file, _ in found]


def _pause(seconds: float) -> float:
    return seconds - SPIN_S if seconds > SPIN_S else 0.0
