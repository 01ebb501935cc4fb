"""Objects in a folder: each part a file of its own, written beside its place, synced, and moved there at once.

A part file is the bytes and, after them, their SHA-256, so that the two are never told apart by a crash. While parts come
they lie under open/<key>; to keep an object is to rename that folder to kept/<key>, after which no part can be replaced.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, TypeVar

from lms.errors import Conflict, Invalid, NotFound, Unavailable

DIGEST_BYTES = 32
WRITE_BYTES = 256 * 1024
READ_BYTES = 256 * 1024
THREADS = 4
KEY = re.compile(r"[0-9a-z-]{1,64}(/[0-9a-z-]{1,64}){2}")
PART = re.compile(r"\d{5}")

Result = TypeVar("Result")


class DiskObjects:
    """Implements server.storage.objects.Objects."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # Threads of its own: a slow disk must not make passwords and pages wait.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="objects")

    def check(self) -> None:
        """Raise OSError unless the folder can be made and written to."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = self._root / f".probe-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()

    def close(self) -> None:
        """Let the threads go when what they do is done."""
        self._threads.shutdown()

    async def begin(self, key: str) -> None:
        """Make room for the parts of an object; harmless when there is room already."""
        await self._run(lambda: self._open(key).mkdir(mode=0o700, parents=True, exist_ok=True))

    async def write_part(
        self, key: str, number: int, size: int, chunks: AsyncIterator[bytes]
    ) -> None:
        """Take exactly `size` bytes as this part, in place of what it was before."""
        folder = self._open(key)
        writer = await self._run(lambda: _PartWriter(folder, number))
        waiting, left = bytearray(), size
        try:
            async for chunk in chunks:
                left -= len(chunk)
                if left < 0:
                    break
                waiting += chunk
                if len(waiting) >= WRITE_BYTES:
                    await self._run(_adding(writer, bytes(waiting)))
                    waiting.clear()
            if left:
                raise Invalid(f"This part has exactly {size} bytes.", code="part_size")
            await self._run(_adding(writer, bytes(waiting)))
            await self._run(writer.finish)
        finally:
            writer.discard()

    async def parts(self, key: str) -> Mapping[int, int]:
        """The sizes of the parts that are there, by number."""
        return await self._run(lambda: _sizes(self._open(key)))

    async def seal(self, key: str, sizes: Sequence[int]) -> str:
        """Keep the object for good, if its parts have these sizes: its digest."""
        return await self._run(lambda: _sealed(self._open(key), self._kept(key), list(sizes)))

    async def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """These bytes of a kept object, in chunks."""
        folder = self._kept(key)
        sizes = await self._run(lambda: _sizes(folder))
        if not sizes:
            raise NotFound("There is no such file.")
        offset = 0
        for number, size in sorted(sizes.items()):
            first, last = max(start - offset, 0), min(start + length - offset, size)
            offset += size
            while first < last:
                count = min(READ_BYTES, last - first)
                yield await self._run(_reading(_part(folder, number), first, count))
                first += count

    async def delete(self, key: str) -> None:
        """Forget the object and its parts."""
        for folder in (self._open(key), self._kept(key)):
            await self._run(_removing(folder))

    def _open(self, key: str) -> Path:
        return self._place("open", key)

    def _kept(self, key: str) -> Path:
        return self._place("kept", key)

    def _place(self, where: str, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError("this is no key of an object")
        return self._root / where / key

    async def _run(self, work: Callable[[], Result]) -> Result:
        """The work in a thread; what the disk refuses in the words of the house."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except FileNotFoundError:
            raise Conflict("This file is over: begin anew.", code="upload_over") from None
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise Unavailable("There is no room for files just now.", code="no_room") from error


class _PartWriter:
    """One part on its way, beside its place."""

    def __init__(self, folder: Path, number: int) -> None:
        self._place = _part(folder, number)
        self._beside = folder / f".{self._place.name}.{secrets.token_hex(8)}"
        self._file: BinaryIO = self._beside.open("xb")
        self._digest = hashlib.sha256()

    def add(self, data: bytes) -> None:
        """Write the next bytes."""
        self._file.write(data)
        self._digest.update(data)

    def finish(self) -> None:
        """Put it in its place, for good when this returns."""
        self._file.write(self._digest.digest())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._beside.replace(self._place)
        _sync(self._place.parent)

    def discard(self) -> None:
        """Leave nothing beside; what is in its place stays."""
        with contextlib.suppress(OSError):  # a full disk refuses what it still held back
            self._file.close()
        self._beside.unlink(missing_ok=True)


def _adding(writer: _PartWriter, data: bytes) -> Callable[[], None]:
    return lambda: writer.add(data)


def _reading(path: Path, first: int, count: int) -> Callable[[], bytes]:
    def read() -> bytes:
        with path.open("rb") as file:
            file.seek(first)
            return file.read(count)

    return read


def _removing(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}"


def _sizes(folder: Path) -> dict[int, int]:
    if not folder.is_dir():
        return {}
    return {
        int(entry.name): entry.stat().st_size - DIGEST_BYTES
        for entry in os.scandir(folder)
        if PART.fullmatch(entry.name)
    }


def _sealed(coming: Path, kept: Path, sizes: list[int]) -> str:
    if not kept.is_dir():
        if [size for _, size in sorted(_sizes(coming).items())] != sizes:
            raise Conflict("Not all of the file is here: send the rest.", code="parts_missing")
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # somebody was faster: it is kept
            coming.rename(kept)
        _sync(kept.parent)
        for left in kept.glob(".*"):
            left.unlink(missing_ok=True)
    return _digest(kept, len(sizes))


def _digest(folder: Path, count: int) -> str:
    """What the parts end with: of one part its digest, of several the digest of theirs."""
    ends = [_end(_part(folder, number)) for number in range(count)]
    return (ends[0] if count == 1 else hashlib.sha256(b"".join(ends)).digest()).hex()


def _end(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-DIGEST_BYTES, os.SEEK_END)
        return file.read()


def _sync(folder: Path) -> None:
    """That a name is in a folder is durable only when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
