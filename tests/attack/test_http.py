"""The HTTP door, attacked with raw sockets: what no HTTP library would send is answered, counted, and harms nobody."""

import asyncio
import gzip
import json
import secrets
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from server.rest.shapes import Problem
from tests.support.running import PASSWORD, RunningLectern

SIGN_IN = "POST /api/v1/sessions"
ME = "GET /api/v1/me"
JSON = "Content-Type: application/json"
GOOD = json.dumps({"email": "admin@demo.school", "password": PASSWORD}).encode()
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
async def unharmed(lectern: RunningLectern) -> AsyncIterator[None]:
    """After each attack the server answers others, and the log blames nobody here."""
    yield
    assert status_of(await answer_to(lectern, request("GET /readyz"))) == 200
    assert "Traceback" not in lectern.output


def request(line: str, *headers: str | bytes, body: bytes = b"", host: bytes = b"school") -> bytes:
    lines = [f"{line} HTTP/1.1".encode(), b"Host: " + host, b"Connection: close"]
    lines += [header.encode() if isinstance(header, str) else header for header in headers]
    if body and not any(b"content-length" in found.lower() for found in lines):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def answer_to(lectern: RunningLectern, data: bytes) -> bytes:
    """Everything that is answered until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", lectern.http_port)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.read(), PATIENCE_S)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def code_of(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["code"])


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (request(SIGN_IN, JSON, body=GOOD, host=b"\xff\xfe"), "bad_request"),
        (request(ME, b"If-Match: \xff"), "bad_request"),
        (request(ME, b"Authorization: Bearer \xff"), "bad_request"),
        (request(ME, b"X-Forwarded-For: \xff"), "bad_request"),
        (request(SIGN_IN, b"Content-Type: \xff", body=GOOD), "bad_request"),
        (request(f"{SIGN_IN}/refresh", b"Cookie: lectern_refresh=\xff"), "bad_request"),
        (request(SIGN_IN, JSON, body=b'{"email":"\xff","password":"x"}'), "bad_json"),
        (request(SIGN_IN, JSON, body=b'{"email":"\\ud800","password":"x"}'), "bad_json"),
        (request(SIGN_IN, JSON, body=GOOD.decode().encode("utf-16")), "bad_json"),
        (request(SIGN_IN, JSON, body=b"[" * 60_000), "bad_json"),
        (request(SIGN_IN, JSON, body=b'{"email":' * 7_000), "bad_json"),
        (request(SIGN_IN, JSON, body=b"9" * 60_000), "bad_json"),
        (request(SIGN_IN, JSON, "Content-Length: 100000000", body=GOOD), "body_too_large"),
        (request(SIGN_IN, JSON, "Content-Encoding: gzip", body=gzip.compress(GOOD)), "media_type"),
        (request(SIGN_IN, JSON, "Content-Encoding: gzip", body=b"no gzip"), "media_type"),
        (request(SIGN_IN, JSON, "Content-Encoding: br", body=GOOD), "media_type"),
        (request("TRACE /api/v1/me"), "method_not_allowed"),
        (request("OPTIONS /api/v1/me", "Origin: https://evil.example"), "method_not_allowed"),
        (request("HEAD /api/v1/me"), ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "request",
)
async def test_what_cannot_be_read_is_told_by_its_code(
    lectern: RunningLectern, sent: bytes, code: str
) -> None:
    answer = await answer_to(lectern, sent)
    assert 400 <= status_of(answer) < 500
    assert b"Access-Control-Allow-Origin" not in answer
    if code:
        assert code_of(answer) == code


@pytest.mark.parametrize(
    "sent",
    [
        request(SIGN_IN, JSON, "Content-Length: 55", "Content-Length: 3", body=GOOD),
        request(SIGN_IN, JSON, "Content-Length: 55", "Transfer-Encoding: chunked", body=GOOD),
        request(SIGN_IN, JSON, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        request(SIGN_IN, JSON, "Transfer-Encoding: xchunked"),
        request(SIGN_IN, JSON, "Transfer-Encoding: chunked") + b"zz\r\n",
        request(SIGN_IN, JSON, "Transfer-Encoding: chunked") + b"-3\r\nabc\r\n0\r\n\r\n",
        request(SIGN_IN, JSON, "Content-Length: -1"),
        request(SIGN_IN, JSON, "Content-Length: " + "9" * 40),
        request(ME, "X-Folded: a", " b"),
        request(ME, b"X-Nul: a\x00b"),
        request(ME, "Host: other"),
        request(ME, "X-Long: " + "a" * 100_000),
        request(ME, *(f"X-{number}: a" for number in range(5_000))),
        request("GET /" + "a" * 100_000),
        request("GET /api/v1/\xff"),
        request("MADE-UP /api/v1/me"),
        b"GET /api/v1/me HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    ],
    ids=lambda value: str(value[:24] + value[-24:])[:80],
)
async def test_what_is_no_http_is_refused_and_hung_up_on(
    lectern: RunningLectern, sent: bytes
) -> None:
    answer = await answer_to(lectern, sent)
    assert answer.startswith(b"HTTP/1.0 400")
    assert answer.count(b"Date: ") == 1
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/problem+json\r\n" in head
    assert b"aiohttp" not in head
    told = msgspec.json.decode(body, type=Problem)
    assert (told.code, told.status) == ("bad_request", 400)
    assert told.detail.endswith(".")


@pytest.mark.parametrize(
    "line", ["GET /", "GET /healthz", "GET /none.js", "GET /socket.io/", "GET /api/v1/none"]
)
async def test_no_answer_tells_what_serves_it(lectern: RunningLectern, line: str) -> None:
    assert b"\r\nServer:" not in await answer_to(lectern, request(line))


@pytest.mark.parametrize(
    "path",
    [
        "/assets/%2e%2e/%2e%2e/setup.cfg",
        "/assets/../../setup.cfg",
        "/assets//etc/passwd",
        "/assets\\..\\..\\setup.cfg",
        "/.vite/manifest.json",
        "/assets/%00.js",
        "/setup.cfg",
    ],
)
async def test_no_path_leads_out_of_the_pages(lectern: RunningLectern, path: str) -> None:
    answer = await answer_to(lectern, request(f"GET {path}"))
    assert status_of(answer) == 404


async def test_requests_in_one_go_are_answered_in_order(lectern: RunningLectern) -> None:
    ahead = b"".join(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" for _ in range(30))
    answer = await answer_to(lectern, ahead + request(ME))
    assert answer.count(b"HTTP/1.1 200") == 30
    assert answer.count(b"HTTP/1.1 401") == 1
    assert answer.rfind(b"HTTP/1.1 401") > answer.rfind(b"HTTP/1.1 200")


async def test_a_packed_body_is_never_unpacked(lectern: RunningLectern) -> None:
    """300 kB that would be 300 MB: neither memory nor the time of others is spent on them."""
    bomb = gzip.compress(bytes(10_000_000), 9) * 30
    before = resident_mib(lectern)
    answer = await answer_to(lectern, request(SIGN_IN, JSON, "Content-Encoding: gzip", body=bomb))
    assert answer == b"" or code_of(answer) == "media_type"
    assert resident_mib(lectern) < before + 20


def resident_mib(lectern: RunningLectern) -> float:
    pages = Path(f"/proc/{lectern.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096 / 2**20


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("part", [b"", b"abc"], ids=["none", "some"])
@pytest.mark.parametrize(
    "length", ["Content-Length: 100", "Transfer-Encoding: chunked"], ids=["counted", "chunked"]
)
async def test_a_body_that_breaks_off_is_no_fault_of_ours(
    lectern: RunningLectern, length: str, part: bytes, reset: bool
) -> None:
    """The next request on another connection shows that the server has seen the end."""
    loop = asyncio.get_running_loop()
    with socket.create_connection(("127.0.0.1", lectern.http_port)) as sock:
        sock.setblocking(False)
        begun = part if "Length" in length else b"64\r\n" + part
        expect = request(SIGN_IN, JSON, length, "Expect: 100-continue")
        await loop.sock_sendall(sock, expect)
        assert (await loop.sock_recv(sock, 1000)).startswith(b"HTTP/1.1 100")
        if part:
            await loop.sock_sendall(sock, begun)
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert status_of(await answer_to(lectern, request(ME))) == 401


async def test_a_chunk_gone_wrong_after_the_answer_is_no_fault_of_ours(
    lectern: RunningLectern,
) -> None:
    loop = asyncio.get_running_loop()
    head = request("POST /api/v1/courses", JSON, "Transfer-Encoding: chunked")
    with socket.create_connection(("127.0.0.1", lectern.http_port)) as sock:
        sock.setblocking(False)
        await loop.sock_sendall(sock, head + b"3\r\nabc\r\n")
        assert status_of(await asyncio.wait_for(loop.sock_recv(sock, 4000), PATIENCE_S)) == 401
        await loop.sock_sendall(sock, b"QQ\r\n" + secrets.token_bytes(20))
        await asyncio.wait_for(loop.sock_recv(sock, 4000), PATIENCE_S)
