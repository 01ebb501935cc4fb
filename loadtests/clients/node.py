"""Runs one SFU node alone in its process; commands come in and replies go out as lines of hex."""

import asyncio
import sys

import uvloop

from sfu.node import Node
from sfu.settings import SfuSettings
from tests.support.media_node import Counted


async def _serve(host: str) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    node = Node(SfuSettings(port=0, addresses=(host,), tcp=False), Counted())
    async with node.running():
        print("ready", flush=True)
        while line := await reader.readline():
            reply = await node.ask(bytes.fromhex(line.decode()))
            print(reply.hex(), flush=True)


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
