"""Serves the built web pages from memory: hashed assets for ever, index.html for every page address, headers on all."""

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from aiohttp import web

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
# What is no page: an unknown address under these is 404, not the shell of the pages.
NOT_PAGES = (
    "api/",
    "socket.io",
    "assets/",
    "objects/",
    "openapi.json",
    "metrics",
    "healthz",
    "readyz",
)
COMPRESS_FROM_BYTES = 1024
FOR_EVER = "public, max-age=31536000, immutable"
MUST_ASK = "no-cache"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob: mediastream:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()",
}
HSTS = "max-age=31536000"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    body: bytes
    zipped: bytes | None
    content_type: str
    etag: str
    cache: str


class Pages:
    """The web bundle; without one, every page says how to build it."""

    def __init__(self, dist: Path = DIST) -> None:
        self._files = {
            path.relative_to(dist).as_posix(): _read(path, dist)
            for path in sorted(dist.rglob("*"))
            if path.is_file() and ".vite" not in path.parts
        }

    def mount(self, app: web.Application) -> None:
        """Take every address that nobody else took; call it last."""
        app.router.add_get("/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        file = self._files.get(path)
        if file is not None and path != "index.html":
            return _response(request, file)
        if path.startswith(NOT_PAGES) or "." in path.rpartition("/")[2]:
            raise web.HTTPNotFound
        return self.shell(request)

    def shell(self, request: web.Request) -> web.Response:
        """index.html, whose script shows the page of the address."""
        file = self._files.get("index.html")
        if file is None:
            return web.Response(status=503, text="The pages are not built: run `make run`.\n")
        return _response(request, file)


def fixed_headers(*, tls: bool) -> dict[str, str]:
    """The security headers of every answer."""
    return {**HEADERS, **({"Strict-Transport-Security": HSTS} if tls else {})}


def secure_headers(app: web.Application, *, tls: bool) -> None:
    """Put the security headers on every answer of the application."""
    fixed = fixed_headers(tls=tls)

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        response.headers.pop("Server", None)

    app.on_response_prepare.append(add)


def _read(path: Path, dist: Path) -> _File:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    squeezable = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
    hashed = path.relative_to(dist).parts[0] == "assets"
    return _File(
        body=body,
        zipped=gzip.compress(body, 9) if squeezable and len(body) >= COMPRESS_FROM_BYTES else None,
        content_type=f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
        etag=f'"{blake2b(body, digest_size=12).hexdigest()}"',
        cache=FOR_EVER if hashed else MUST_ASK,
    )


def _response(request: web.Request, file: _File) -> web.Response:
    headers = {
        "Content-Type": file.content_type,
        "ETag": file.etag,
        "Cache-Control": file.cache,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("If-None-Match") == file.etag:
        return web.Response(status=304, headers=headers)
    if file.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.zipped, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=file.body, headers=headers)
