"""A node of live classes as a process of its own, so that a test can kill it for good."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from server.storage.postgres import Database
from tests.support.class_nodes import running_node

START_S = 60.0


@dataclass(frozen=True, kw_only=True)
class NodeProcess:
    """Has what a Browser needs of a node."""

    process: asyncio.subprocess.Process
    node_id: str
    url: str

    async def kill(self) -> None:
        """SIGKILL: nothing is said to anybody."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def node_process(database_url: str, redis_url: str) -> AsyncIterator[NodeProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.class_process",
        database_url,
        redis_url,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            facts = json.loads(await process.stdout.readline())
        yield NodeProcess(process=process, **facts)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _serve(database_url: str, redis_url: str) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    async with (
        Database(database_url, pool_size=4, statement_timeout_ms=5000) as database,
        running_node(database, redis_url) as node,
    ):
        sys.stdout.write(json.dumps({"node_id": node.node_id, "url": node.url}) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], sys.argv[2]))
