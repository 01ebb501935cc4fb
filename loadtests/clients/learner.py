"""A headless person of a class: signs in, joins, and speaks Socket.IO over one websocket with as little CPU as it can."""

import asyncio
import itertools
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp

Hear = Callable[[str, Any], None]


class Learner:
    """One person on one websocket; `hear(name, body)` is called for every event of the class."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession, hear: Hear) -> None:
        self._base = base_url
        self._http = http
        self._hear = hear
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._tasks: list[asyncio.Task[None]] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.access_token = ""
        self.snapshot: dict[str, Any] = {}

    async def sign_in(self, email: str, password: str) -> None:
        body = {"email": email, "password": password}
        async with self._http.post(f"{self._base}/api/v1/sessions", json=body) as reply:
            reply.raise_for_status()
            self.access_token = (await reply.json())["access_token"]

    async def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        async with self._http.request(
            method, f"{self._base}/api/v1{path}", headers=headers, **options
        ) as reply:
            reply.raise_for_status()
            return await reply.json()

    async def join(self, class_id: str) -> None:
        """Join the class and return once the snapshot is here."""
        joined = await self.request("POST", f"/classes/{class_id}/join", json={})
        url = f"{self._base}{joined['socket']}?EIO=4&transport=websocket".replace("http", "ws", 1)
        self._socket = await self._http.ws_connect(url, max_msg_size=0, compress=0)
        await self._socket.receive(timeout=10)
        connect = json.dumps({"token": joined["token"]})
        await self._socket.send_str(f"40/class,{connect}")
        ready = asyncio.get_running_loop().create_future()
        self._tasks = [
            asyncio.ensure_future(self._listen(ready)),
            asyncio.ensure_future(self._beat()),
        ]
        await asyncio.wait_for(ready, 15)

    async def ask(self, event: str, body: dict[str, Any]) -> Any:
        """Send one event and return its acknowledgement."""
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._acks[number] = answer
        await self._send(f"42/class,{number}{json.dumps([event, body])}")
        return await asyncio.wait_for(answer, 30)

    async def _send(self, text: str) -> None:
        if self._socket is None:
            raise ConnectionError("not in a class")
        await self._socket.send_str(text)

    async def _beat(self) -> None:
        while True:
            await self._send('42/class,["beat",{}]')
            await asyncio.sleep(1)

    async def _listen(self, ready: asyncio.Future[None]) -> None:
        if self._socket is None:
            return
        async for message in self._socket:
            text = message.data
            if text == "2":
                await self._send("3")
            elif text.startswith("42/class,"):
                name, body = json.loads(text[9:])
                if name == "snapshot" and not ready.done():
                    self.snapshot = body
                    ready.set_result(None)
                self._hear(name, body)
            elif text.startswith("43/class,"):
                number, _, rest = text[9:].partition("[")
                waiting = self._acks.pop(int(number), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(json.loads("[" + rest)[0])
            elif text.startswith("44/class"):
                ready.set_exception(ConnectionError(text))
                return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
