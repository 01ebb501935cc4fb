"""A provider of models that really listens, speaks as OpenAI's does, and does to each call what its script says.

    python -m tests.support.scripted_models --port 9001 --script hang,429:2,500,ok

Steps of a script, one a call, `ok` when it is at its end:
`ok`, `429:SECONDS` (Retry-After; without seconds none), `500`, `503:SECONDS`, `400`, `401`, `hang`, `drip` (a byte now and then),
`garbage` (no JSON for an answer), `page` (an HTML page), `wrong_schema`, `truncated`, `huge`, `packed` (gzip), `declined`, `untold`
(no usage), `cut` (the connection ends within), `late:SECONDS` (a good answer, after a while), `say:TEXT` (exactly this as the
model's words), `raw:TEXT` (exactly this as the whole body), `until:STATUS:SECONDS` (Retry-After as a date), `ms:STATUS:MILLISECONDS`
(retry-after-ms), `fault:STATUS:CODE` (an error of that code), `coded:STATUS:NAME` (an error
whose bytes are said to be text in this coding), `within:STATUS` (an error in a good reply), `filtered` (a filter ended
it), `thought` (all tokens went into thoughts).

With `--manner` it turns down what a server of that kind turns down: tests/support/model_manners.py has them.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import ssl
import sys
import zlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from aiohttp import web

from lms.ai.dialects import TOLD
from lms.ai.vectors import ngram_vector
from tests.support.model_brain import think
from tests.support.model_manners import MANNERS, Call, worded

HANG_S = 60.0
DRIP_S = 0.05
HUGE_BYTES = 6_000_000
ENDED = {"truncated": "length", "thought": "length", "filtered": "content_filter"}
ITS_CLOCK = 1_700_000_000.0
VECTOR_TIMES = 4  # its own vectors are longer than ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One call as it arrived; `at` is the time of the event loop."""

    at: float
    path: str
    step: str
    model: str
    headers: dict[str, str]
    body: dict[str, Any] = field(repr=False)
    query: dict[str, str] = field(default_factory=dict)

    @property
    def call(self) -> Call:
        """The same for those who have a manner."""
        return Call(path=self.path, query=self.query, headers=self.headers, body=self.body)

    @property
    def schema(self) -> dict[str, Any]:
        """What the answer is to have, told beside the words or in them."""
        bound = self.body.get("response_format", {}).get("json_schema")
        if bound is not None:
            return {"title": bound["name"], **bound["schema"]}
        told = self.body["messages"][0]["content"].partition(f"{TOLD}\n")[2]
        return dict(json.loads(told)) if told else {}


class ScriptedModels:
    """One provider; `script` holds what happens to the next calls, `always` what happens to all others."""

    def __init__(self, always: str = "ok", manner: str = "") -> None:
        self.manner = manner
        self.script: deque[str] = deque()
        self.always = always
        self.heard: list[Heard] = []
        self.base_url = ""
        self.under_way = 0
        self.most_at_once = 0
        self._ending = asyncio.Event()

    def will(self, *steps: str) -> None:
        """The next calls go like this."""
        self.script.extend(steps)

    @contextlib.asynccontextmanager
    async def listening(
        self, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator["ScriptedModels"]:
        """Listen on this machine until the block ends."""
        app = web.Application(client_max_size=4_000_000)
        for folder in ("/v1", "/openai/deployments/{deployment}"):
            app.router.add_post(f"{folder}/chat/completions", self._take)
            app.router.add_post(f"{folder}/embeddings", self._take)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
            scheme = "http" if tls is None else "https"
            self.base_url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}/v1"
            yield self
        finally:
            self._ending.set()
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        step = self.script.popleft() if self.script else self.always
        heard = Heard(
            at=asyncio.get_running_loop().time(),
            path=request.path,
            step=step,
            model=str(body.get("model", "")),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            query=dict(request.query),
        )
        self.heard.append(heard)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return await self._does(request, heard, *step.partition(":")[::2])
        finally:
            self.under_way -= 1

    async def _does(
        self, request: web.Request, heard: Heard, kind: str, argument: str
    ) -> web.StreamResponse:
        refusal = MANNERS[self.manner](heard.call)
        if refusal is not None:
            return web.json_response(refusal.body, status=refusal.status)
        if kind in ("until", "ms", "fault", "within", "coded"):
            return _faulty(kind, *argument.partition(":")[::2])
        if kind.isdecimal():
            told = {"error": {"message": f"scripted {kind}", "type": "scripted"}}
            return web.json_response(
                told, status=int(kind), headers={"Retry-After": argument} if argument else {}
            )
        if kind == "hang":
            await self._wait(HANG_S)
        if kind == "late":
            await self._wait(float(argument))
        if kind == "page":
            return web.Response(text="<html>We are being mended.</html>", content_type="text/html")
        if kind == "raw":
            return web.Response(text=argument, content_type="application/json")
        answer = json.dumps(_answer(heard, kind, argument, self.manner)).encode()
        if kind == "packed":
            return web.Response(
                body=gzip.compress(answer),
                headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
            )
        if kind in ("drip", "cut"):
            return await self._trickled(request, answer, cut=kind == "cut")
        return web.Response(body=answer, content_type="application/json")

    async def _trickled(
        self, request: web.Request, answer: bytes, *, cut: bool
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(answer))})
        await response.prepare(request)
        await response.write(answer[:20])
        for byte in answer[20:]:
            if cut:
                assert request.transport is not None
                request.transport.abort()
                break
            await self._wait(DRIP_S)
            await response.write(bytes([byte]))
        return response

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)


def tokens_of(heard: Heard) -> int:
    """What a call that was answered well would be billed, whether or not anybody was there to hear the answer."""
    usage = _answer(heard, "ok", "")["usage"]
    return int(usage["total_tokens"])


def _faulty(kind: str, status: str, argument: str) -> web.Response:
    """An error as some tell it: until when, by a code of its own, or within a reply that is none."""
    told: dict[str, Any] = {"message": f"scripted {status}", "type": "scripted", "param": None}
    if kind == "within":
        return web.json_response({"error": {**told, "code": int(status)}, "choices": None})
    if kind == "coded":
        headers = {"Content-Type": f"application/json; charset={argument}"}
        return web.Response(body=zlib.compress(bytes(10_000)), status=int(status), headers=headers)
    headers = {}
    if kind == "until":
        # By its own clock, which is another one than ours.
        until = formatdate(ITS_CLOCK + float(argument), usegmt=True)
        headers = {"Date": formatdate(ITS_CLOCK, usegmt=True), "Retry-After": until}
    if kind == "ms":
        headers = {"retry-after-ms": argument, "Retry-After": "60"}
    if kind == "fault":
        told["code"] = argument
    return web.json_response({"error": told}, status=int(status), headers=headers)


def _answer(heard: Heard, kind: str, argument: str, manner: str = "") -> dict[str, Any]:
    if heard.path.endswith("/embeddings"):
        return _embeddings(heard.body, kind)
    text, ended = worded(manner, heard.call, _content(heard, kind, argument))
    message = {"role": "assistant", "content": text, "refusal": None}
    if kind == "declined":
        message = {"role": "assistant", "content": None, "refusal": "I would rather not."}
    if kind in ("filtered", "thought"):
        message = {"role": "assistant", "content": None, "reasoning_content": "Well now …"}
    told = sum(len(one["content"]) for one in heard.body["messages"])
    answer: dict[str, Any] = {
        "id": f"chatcmpl-{len(text)}",
        "object": "chat.completion",
        "model": heard.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": ENDED.get(kind, ended),
            }
        ],
    }
    if kind != "untold":
        answer["usage"] = _usage(told // 4 + 1, len(text) // 4 + 1)
    return answer


def _content(heard: Heard, kind: str, argument: str) -> str:
    if kind == "say":
        return argument
    if kind == "garbage":
        return "Sure! Here is the item that you asked for: {"
    if kind == "wrong_schema":
        return '{"question": "Of another shape", "answer": 42}'
    if kind == "huge":
        return json.dumps({"objective": "x" * HUGE_BYTES})
    schema = heard.schema
    known = think(schema.get("title", ""), heard.body["messages"])
    text = json.dumps(_least(schema, schema) if known is None else known, ensure_ascii=False)
    return text[: len(text) // 2] if kind == "truncated" else text


def _least(part: dict[str, Any], root: dict[str, Any]) -> Any:
    """The plainest value of a schema, for a shape that the brain does not know."""
    if "$ref" in part:
        return _least(root["$defs"][part["$ref"].rpartition("/")[2]], root)
    if "enum" in part:
        return part["enum"][0]
    if "anyOf" in part:
        return _least(part["anyOf"][0], root)
    match part.get("type"):
        case "object":
            return {name: _least(one, root) for name, one in part.get("properties", {}).items()}
        case "array":
            return [_least(part["items"], root)] * part.get("minItems", 1)
        case "integer" | "number":
            return part.get("minimum", 0)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "text"


def _embeddings(body: dict[str, Any], kind: str) -> dict[str, Any]:
    texts = body["input"]
    size = body.get("dimensions")
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": (list(ngram_vector(text)) * VECTOR_TIMES)[:size],
        }
        for index, text in enumerate(texts)
    ]
    if kind == "wrong_schema":
        data = data[1:]
    if kind == "garbage":
        data[0]["embedding"] = [0.0] * VECTOR_TIMES
    answer: dict[str, Any] = {"object": "list", "data": data, "model": body["model"]}
    if kind != "untold":
        answer["usage"] = _usage(sum(map(len, texts)) // 4 + 1, 0)
    return answer


def _usage(tokens_in: int, tokens_out: int) -> dict[str, int]:
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
    }


async def _serve(port: int, script: list[str], always: str, manner: str) -> None:
    server = ScriptedModels(always, manner)
    server.will(*script)
    async with server.listening(port):
        sys.stdout.write(f"models at {server.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--script", default="", help="steps of the first calls, with commas between them"
    )
    parser.add_argument("--always", default="ok", help="the step of every call after that")
    parser.add_argument(
        "--manner", default="", choices=sorted(MANNERS), help="whose manner it has"
    )
    given = parser.parse_args()
    script = [step for step in given.script.split(",") if step]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(given.port, script, given.always, given.manner))


if __name__ == "__main__":
    main()
