"""The web bundle from memory: caching, compression, page addresses, and the headers on every answer."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.pages import Pages, secure_headers

Client = TestClient[web.Request, web.Application]
SCRIPT = "let a = 1;\n" * 500


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    (tmp_path / "assets").mkdir()
    (tmp_path / ".vite").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Lectern</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / ".vite" / "manifest.json").write_text("{}")
    app = web.Application()
    secure_headers(app, tls=True)
    Pages(tmp_path).mount(app)
    async with TestClient(TestServer(app), auto_decompress=False) as started:
        yield started


@pytest.mark.parametrize("path", ["/", "/signin", "/classes/018f3a5e-0000-7149-9256-7c2f359dbbbc"])
async def test_every_page_address_is_the_shell_and_is_asked_for_again(
    client: Client, path: str
) -> None:
    response = await client.get(path)
    assert response.status == 200
    assert "Lectern" in await response.text()
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/assets/gone.js",
        "/robots.txt",
        "/.vite/manifest.json",
        "/..%2f..%2fsetup.cfg",
    ],
)
async def test_what_is_no_page_is_not_found(client: Client, path: str) -> None:
    assert (await client.get(path)).status == 404


async def test_hashed_assets_are_kept_for_ever_and_sent_small(client: Client) -> None:
    response = await client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip, br"})
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(await response.read()).decode() == SCRIPT
    plain = await client.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert await plain.text() == SCRIPT


async def test_an_unchanged_file_is_not_sent_again(client: Client) -> None:
    etag = (await client.get("/favicon.svg")).headers["ETag"]
    again = await client.get("/favicon.svg", headers={"If-None-Match": etag})
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/assets/app-1a2b.js", "/api/v1/nothing"])
async def test_the_security_headers_are_on_every_answer(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Server" not in headers


async def test_without_a_bundle_it_says_how_to_build_one(tmp_path: Path) -> None:
    app = web.Application()
    Pages(tmp_path / "nothing").mount(app)
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/")
        assert response.status == 503
        assert "make run" in await response.text()
