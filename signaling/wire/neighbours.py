"""Long-polling behind one port of several nodes: a session's id names its node, the others pass its requests on."""

from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from signaling.wire.faults import PeerError

MARK = "~"
PASSED = "Lectern-Passed"
INDEX_MAX_DIGITS = 4
KEPT_HEADERS = ("Host", "Origin", "Content-Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The nodes behind this port: each hears the others on `node-<index>.sock` in the folder."""

    index: int
    folder: Path

    def named(self, sid: str) -> str:
        """The id of a session of this node."""
        return f"{self.index}{MARK}{sid}"

    def other(self, sid: str) -> Path | None:
        """Where the node of a session is heard, or None when that is this one, or none at all."""
        index, mark, _ = sid.partition(MARK)
        if not mark or not index.isascii() or not index.isdigit() or len(index) > INDEX_MAX_DIGITS:
            return None
        return None if int(index) == self.index else self.folder / f"node-{int(index)}.sock"


async def pass_on(
    request: web.Request, path: Path, body: bytes | None, deadline_s: float
) -> web.Response:
    """Ask the session's own node, and give its answer; raise PeerError when it is not there.

    A request that was passed on once goes no further, so two nodes never pass one to and fro.
    """
    headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
    headers[PASSED] = "1"
    connector = aiohttp.UnixConnector(path=str(path), limit=1, force_close=True)
    timeout = aiohttp.ClientTimeout(total=deadline_s)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.request(
                request.method,
                f"http://node{request.path_qs}",
                headers=headers,
                data=body,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            ) as answer,
        ):
            return web.Response(
                body=await answer.read(),
                status=answer.status,
                headers={
                    "Content-Type": answer.headers.get("Content-Type", "text/plain"),
                    "Cache-Control": "no-store",
                },
            )
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise PeerError("node_gone") from None
