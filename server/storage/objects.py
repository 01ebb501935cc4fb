"""Where the bytes of files live, behind one face; LECTERN_OBJECTS_URL chooses the driver."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from server.settings import SettingsError
from server.storage.disk import DiskObjects


class Objects(Protocol):
    """Files that come in parts and are then kept whole; a key is `<tenant>/<kind>/<id>`.

    Nothing here knows who may do what. A part is there entirely or not at all, and a kept object never changes.
    """

    async def begin(self, key: str) -> None:
        """Make room for the parts of an object; harmless when there is room already."""

    async def write_part(
        self, key: str, number: int, size: int, chunks: AsyncIterator[bytes]
    ) -> None:
        """Take exactly `size` bytes as this part, in place of what it was before.

        Invalid when they are more or fewer, Conflict when the object is kept or gone, Unavailable when there is no room.
        """

    async def parts(self, key: str) -> Mapping[int, int]:
        """The sizes of the parts that are there, by number; empty for what is not begun."""

    async def seal(self, key: str, sizes: Sequence[int]) -> str:
        """Keep the object for good, if its parts have these sizes: its digest. Once kept, the same digest again."""

    def read(self, key: str, start: int, length: int) -> AsyncIterator[bytes]:
        """These bytes of a kept object, in chunks; NotFound when it is not there."""

    async def delete(self, key: str) -> None:
        """Forget the object and its parts; harmless when it is not there."""


@contextlib.contextmanager
def objects_at(url: str, state: Path) -> Iterator[Objects]:
    """The store of this URL until the block ends; SettingsError in one line when there is none."""
    root = _folder(url, state)
    objects = DiskObjects(root)
    try:
        objects.check()
    except OSError as error:
        raise SettingsError(
            f"LECTERN_OBJECTS_URL: {root} cannot be used: {error.strerror}"
        ) from error
    try:
        yield objects
    finally:
        objects.close()


def _folder(url: str, state: Path) -> Path:
    if not url:
        return state / "objects"
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise SettingsError(
            "LECTERN_OBJECTS_URL is wrong: s3:// is not there yet, give file:///path or leave it empty"
        )
    if parts.netloc or not parts.path.startswith("/") or parts.query or parts.fragment:
        raise SettingsError("LECTERN_OBJECTS_URL is wrong: after file:// comes an absolute path")
    return Path(unquote(parts.path))
