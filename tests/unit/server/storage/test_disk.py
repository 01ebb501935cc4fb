"""Objects on a disk: a part is there whole or not at all, and what is kept never changes."""

import errno
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lms.errors import Conflict, Invalid, NotFound, Unavailable
from server.settings import SettingsError
from server.storage.disk import DiskObjects
from server.storage.objects import Objects, objects_at

KEY = "school/uploads/one"


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    with objects_at(f"file://{tmp_path}/store", tmp_path) as opened:
        yield opened


async def chunks(*data: bytes) -> AsyncIterator[bytes]:
    for one in data:
        yield one


async def breaking_off() -> AsyncIterator[bytes]:
    yield b"half of"
    raise ConnectionResetError


async def kept(objects: Objects, *parts: bytes) -> str:
    await objects.begin(KEY)
    for number, data in enumerate(parts):
        await objects.write_part(KEY, number, len(data), chunks(data))
    return await objects.seal(KEY, [len(data) for data in parts])


async def read(objects: Objects, start: int, length: int) -> bytes:
    return b"".join([chunk async for chunk in objects.read(KEY, start, length)])


async def test_parts_become_one_object(objects: Objects) -> None:
    await kept(objects, b"Hello ", b"world", b"!")
    assert await read(objects, 0, 12) == b"Hello world!"
    assert await read(objects, 4, 4) == b"o wo"
    assert await read(objects, 11, 100) == b"!"


async def test_the_digest_is_that_of_the_bytes_or_of_the_parts(objects: Objects) -> None:
    assert await kept(objects, b"alone") == hashlib.sha256(b"alone").hexdigest()
    await objects.delete(KEY)
    ends = b"".join(hashlib.sha256(part).digest() for part in (b"a", b"b"))
    assert await kept(objects, b"a", b"b") == hashlib.sha256(ends).hexdigest()


async def test_to_keep_it_twice_changes_nothing(objects: Objects) -> None:
    first = await kept(objects, b"once")
    assert await objects.seal(KEY, [4]) == first


async def test_a_part_that_breaks_off_leaves_what_was_there(
    objects: Objects, tmp_path: Path
) -> None:
    await objects.begin(KEY)
    await objects.write_part(KEY, 0, 3, chunks(b"old"))
    with pytest.raises(ConnectionResetError):
        await objects.write_part(KEY, 0, 20, breaking_off())
    with pytest.raises(Invalid):
        await objects.write_part(KEY, 0, 5, chunks(b"more", b"than", b"five"))
    assert await objects.parts(KEY) == {0: 3}
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert left == ["00000"]
    await objects.seal(KEY, [3])
    assert await read(objects, 0, 3) == b"old"


async def test_nothing_is_kept_before_all_of_it_is_there(objects: Objects) -> None:
    await objects.begin(KEY)
    await objects.write_part(KEY, 1, 1, chunks(b"b"))
    for sizes in ([1, 1], [2], [1, 1, 1]):
        with pytest.raises(Conflict) as refused:
            await objects.seal(KEY, sizes)
        assert refused.value.code == "parts_missing"


async def test_what_is_kept_or_was_never_begun_takes_no_part(objects: Objects) -> None:
    with pytest.raises(Conflict):
        await objects.write_part(KEY, 0, 1, chunks(b"x"))
    await kept(objects, b"final")
    with pytest.raises(Conflict) as refused:
        await objects.write_part(KEY, 0, 5, chunks(b"other"))
    assert refused.value.code == "upload_over"
    assert await read(objects, 0, 5) == b"final"


async def test_a_part_on_its_way_while_the_object_is_kept_is_refused(objects: Objects) -> None:
    await objects.begin(KEY)
    await objects.write_part(KEY, 0, 3, chunks(b"old"))

    async def sealing() -> AsyncIterator[bytes]:
        yield b"new"
        await objects.seal(KEY, [3])

    with pytest.raises(Conflict):
        await objects.write_part(KEY, 0, 3, sealing())
    assert await read(objects, 0, 3) == b"old"


async def test_what_is_deleted_is_gone(objects: Objects, tmp_path: Path) -> None:
    await kept(objects, b"gone")
    await objects.delete(KEY)
    await objects.delete(KEY)
    with pytest.raises(NotFound):
        await read(objects, 0, 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["../../x", "a/b", "a/b/../c", "/etc/passwd/x", "a/b/c/d", ""])
async def test_a_key_stays_in_its_folder(objects: Objects, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await objects.begin(key)


async def test_a_full_disk_is_said_and_nothing_is_taken(
    objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    await objects.begin(KEY)
    monkeypatch.setattr("server.storage.disk.os.fsync", full)
    with pytest.raises(Unavailable) as refused:
        await objects.write_part(KEY, 0, 1, chunks(b"x"))
    assert refused.value.code == "no_room"
    assert await objects.parts(KEY) == {}


def test_without_a_setting_objects_lie_in_the_state_folder(tmp_path: Path) -> None:
    with objects_at("", tmp_path) as opened:
        assert isinstance(opened, DiskObjects)
        assert (tmp_path / "objects").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://bucket?endpoint=http://x", "s3:// is not there yet"),
        ("file://host/path", "absolute path"),
        ("file:///dev/null/x", "cannot be used"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_one_line(
    url: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=says) as refused, objects_at(url, tmp_path):
        pass
    assert "\n" not in str(refused.value)
