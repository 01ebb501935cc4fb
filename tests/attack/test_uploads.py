"""Files as a weapon: bad names and types, forged addresses, bytes that lie about themselves, and far too many of them."""

import asyncio
import contextlib
import random
import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from yarl import URL

from tests.support.running import RunningLectern

BIG_BYTES = 200 * 1024 * 1024
RSS_MAX_BYTES = 64 * 1024 * 1024
MUTANTS = 300

NAMES = [
    *("../../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "C:\\autoexec.txt", "....//x.txt"),
    *("a\r\nX-Injected: yes.txt", "a\nb.txt", "a\tb.txt", "\x1b[31mred.txt", "a\x7fb.txt"),
    *("\u202egpj.txt", "\u2066x\u2069.txt", "\ufeffbom.txt", "z\u200bw.txt", "\u061cx.txt"),
    *('x"; filename="evil.txt', "x'; drop table uploads;--.txt", "${jndi:x}.txt", "%0d%0aX:1.txt"),
    *("<script>alert(1)</script>.txt", "<img src=x onerror=y>.txt", "&lt;b&gt;.txt", "a b.txt"),
    *("CON", "nul.txt", "com1.txt", ".bashrc", "...", " . . ", "~root", "*.txt", "a?b.txt", "|x"),
    *("a" * 255, "\u00e4" * 255, "\U0001f600" * 255, "x." + "y" * 250, "\u0628\u062d\u062b.pdf"),
    *("=cmd|' /C calc'!A0.csv", "-rf.txt", "--help", "`id`.txt", "$(id).txt", ";ls.txt"),
]
TYPES = [
    *("text/html", "TEXT/HTML", "text/html;charset=x", "image/svg+xml", "application/xhtml+xml"),
    *(
        "application/javascript",
        "text/javascript",
        "text/ecmascript",
        "text/vbscript",
        "text/x-sh",
    ),
    *("application/x-msdownload", "application/x-shockwave-flash", "application/java-archive"),
    *("application/x-sh", "application/hta", "application/vnd.android.package-archive", "x/y"),
    *("multipart/mixed", "message/http", "image", "image/", "/png", "//", "image/png/x", "a b/c"),
    *(
        "image/png\r\nX: y",
        "image/png\x00",
        "\u0456mage/png",
        "*/*",
        "image/*,text/html",
        "x" * 127,
    ),
]
ENDINGS = [
    "exe",
    "html",
    "HTM",
    "svg",
    "js",
    "bat",
    "lnk",
    "scr",
    "jar",
    "vbs",
    "ps1",
    "hta",
    "url",
]


@pytest.fixture(autouse=True)
async def unharmed(lectern: RunningLectern) -> AsyncIterator[None]:
    """After each attack the log blames nobody here."""
    yield
    assert "Traceback" not in lectern.output


@contextlib.asynccontextmanager
async def student(lectern: RunningLectern) -> AsyncIterator[aiohttp.ClientSession]:
    async with lectern.signed_in("student1") as session:
        yield session


async def begun(
    session: aiohttp.ClientSession, size: int, name: str = "a.txt", media_type: str = "text/plain"
) -> tuple[int, Any]:
    key = {"Idempotency-Key": "".join(random.choices(string.ascii_letters, k=20))}
    body = {"name": name, "size": size, "type": media_type}
    async with session.post("/api/v1/uploads", json=body, headers=key) as response:
        return response.status, await response.json()


async def put(session: aiohttp.ClientSession, url: str, data: Any) -> int:
    async with session.put(URL(str(session._base_url).rstrip("/") + url, encoded=True), data=data) as response:  # fmt: skip
        return response.status


async def uploaded(session: aiohttp.ClientSession, data: bytes, name: str, media_type: str) -> Any:
    status, ticket = await begun(session, len(data), name, media_type)
    assert status == 201, ticket
    assert await put(session, ticket["parts"][0]["url"], data) == 204
    async with session.post(f"/api/v1/uploads/{ticket['id']}/complete") as response:
        return await response.json()


@pytest.mark.parametrize("index", range(len(NAMES)))
async def test_a_bad_name_becomes_a_harmless_one(lectern: RunningLectern, index: int) -> None:
    async with student(lectern) as session:
        done = await uploaded(session, b"x", NAMES[index], "text/plain")
        async with session.get(done["url"]) as response:
            assert response.status == 200
            said = response.headers["Content-Disposition"]
            assert said.isascii()
            assert said.startswith("attachment; filename=")
            assert said.count('"') == 2
            assert "X-Injected" not in response.headers
            assert response.headers["Content-Type"] == "application/octet-stream"
    assert not set(done["name"]) & set('/\\<>:"|?*\r\n\x00\u202e\u200b')


@pytest.mark.parametrize("index", range(len(TYPES)))
async def test_a_bad_type_is_refused(lectern: RunningLectern, index: int) -> None:
    async with student(lectern) as session:
        status, refusal = await begun(session, 1, "a.txt", TYPES[index])
    assert status == 422, refusal
    assert refusal["code"] in ("upload_type", "upload_type_refused", "invalid_body")


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_file_that_runs_is_refused_under_any_type(
    lectern: RunningLectern, ending: str
) -> None:
    async with student(lectern) as session:
        status, refusal = await begun(session, 1, f"holiday.png.{ending}", "image/png")
    assert (status, refusal["code"]) == (422, "upload_type_refused")


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF8=1;alert(1)",
        b"PK\x03\x04",
        b"%PDF-1.4",
        b"\x00" * 64,
    ],
    ids=["html", "svg", "gifjs", "zip", "pdf", "zeros"],
)
async def test_what_is_no_picture_is_never_shown_as_one(
    lectern: RunningLectern, data: bytes
) -> None:
    async with student(lectern) as session:
        done = await uploaded(session, data, "x.gif", "image/gif")
    assert (done["status"], done["code"]) == (422, "upload_type")


async def test_a_picture_that_is_also_a_page_stays_a_picture(lectern: RunningLectern) -> None:
    async with student(lectern) as session:
        polyglot = b"GIF89a/*<html><script>alert(1)</script>*/=1;"
        done = await uploaded(session, polyglot, "x.gif", "image/gif")
        async with session.get(done["url"]) as response:
            assert response.headers["Content-Type"] == "image/gif"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in response.headers["Content-Security-Policy"]
            assert "script-src" not in response.headers["Content-Security-Policy"]


async def test_a_forged_address_opens_nothing(lectern: RunningLectern) -> None:
    chance = random.Random(7)
    async with student(lectern) as session:
        done = await uploaded(session, b"secret", "a.txt", "text/plain")
        for _ in range(MUTANTS):
            place = chance.randrange(len("/objects/"), len(done["url"]))
            letter = chance.choice(string.ascii_lowercase + string.digits + "-./%?&;")
            mutant = done["url"][:place] + letter + done["url"][place + 1 :]
            if mutant == done["url"]:
                continue
            status, body = await raw_get(lectern, mutant)
            assert status == 403, mutant
            assert b"secret" not in body
        assert (await raw_get(lectern, done["url"]))[0] == 200


async def raw_get(lectern: RunningLectern, target: str, method: str = "GET") -> tuple[int, bytes]:
    """The target to the letter: no HTTP library tidies it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lectern.http_port)
    try:
        writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.transport.abort()
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"])
async def test_an_address_to_read_does_nothing_else(lectern: RunningLectern, method: str) -> None:
    async with student(lectern) as session:
        done = await uploaded(session, b"stays", "a.txt", "text/plain")
    status, _ = await raw_get(lectern, done["url"], method)
    assert status in (403, 404, 405)
    assert await raw_get(lectern, done["url"]) == (200, b"stays")


async def test_an_address_to_send_reads_nothing(lectern: RunningLectern) -> None:
    async with student(lectern) as session:
        _, ticket = await begun(session, 5)
        assert await put(session, ticket["parts"][0]["url"], b"bytes") == 204
        assert (await raw_get(lectern, ticket["parts"][0]["url"]))[0] == 403


async def test_a_body_that_breaks_off_leaves_nothing(lectern: RunningLectern) -> None:
    async with student(lectern) as session:
        _, ticket = await begun(session, 1000)
        url = ticket["parts"][0]["url"]
        _, writer = await asyncio.open_connection("127.0.0.1", lectern.http_port)
        writer.write(f"PUT {url} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf".encode())
        await writer.drain()
        writer.transport.abort()
        async with session.post(f"/api/v1/uploads/{ticket['id']}/complete") as response:
            assert (response.status, (await response.json())["code"]) == (409, "parts_missing")
        async with session.get(f"/api/v1/uploads/{ticket['id']}/parts") as response:
            assert len((await response.json())["parts"]) == 1


@pytest.mark.parametrize("sized", [True, False], ids=["content-length", "chunked"])
async def test_more_bytes_than_announced_are_not_taken(
    lectern: RunningLectern, sized: bool
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 65536

    async with student(lectern) as session:
        _, ticket = await begun(session, 1000)
        with contextlib.suppress(aiohttp.ClientError):  # it hangs up while we still send
            data: Any = b"x" * 1001 if sized else stream()
            assert await put(session, ticket["parts"][0]["url"], data) in (400, 422)
        async with session.get(f"/api/v1/uploads/{ticket['id']}/parts") as response:
            assert len((await response.json())["parts"]) == 1


async def test_one_part_sent_by_many_at_once_is_whole(lectern: RunningLectern) -> None:
    async with student(lectern) as session:
        _, ticket = await begun(session, 100_000)
        url = ticket["parts"][0]["url"]
        statuses = await asyncio.gather(
            *(put(session, url, bytes([number]) * 100_000) for number in range(10))
        )
        assert statuses == [204] * 10
        async with session.post(f"/api/v1/uploads/{ticket['id']}/complete") as response:
            done = await response.json()
        async with session.get(done["url"]) as response:
            data = await response.read()
    assert len(data) == 100_000
    assert len(set(data)) == 1


async def test_a_large_file_costs_no_memory(lectern: RunningLectern, tmp_path: Path) -> None:
    hole = tmp_path / "hole"
    with hole.open("wb") as file:
        file.truncate(BIG_BYTES)
    before, most = rss(lectern), 0
    async with student(lectern) as session:
        _, ticket = await begun(session, BIG_BYTES, "film.mp4", "video/mp4")
        for part in ticket["parts"]:
            assert await put(session, part["url"], stretch(hole, part)) == 204
            most = max(most, rss(lectern))
        async with session.post(f"/api/v1/uploads/{ticket['id']}/complete") as response:
            done = await response.json()
        size = 0
        async with session.get(done["url"]) as response:
            async for chunk in response.content.iter_chunked(1 << 20):
                size += len(chunk)
                most = max(most, rss(lectern))
    assert size == BIG_BYTES
    assert most - before <= RSS_MAX_BYTES


async def stretch(path: Path, part: Any) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(part["offset"])
        left = part["size"]
        while left:
            chunk = file.read(min(left, 1 << 18))
            left -= len(chunk)
            yield chunk


def rss(lectern: RunningLectern) -> int:
    return int(psutil.Process(lectern.pid).memory_info().rss)
