"""The only file that calls out to models: one request, one reply, by the openai SDK; only workers import it."""

import functools
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import msgspec
import openai

from lms.ai import breaker
from lms.ai.asks import Ask, TryOutcome
from lms.ai.gates import schema
from lms.ai.gateway import Gateway, Meters, Patience
from lms.ai.lines import Calls, Reply
from lms.ai.providers import Model, Provider, Providers

# A batch of long vectors is the largest reply there is; more is not read.
REPLY_BYTES_MAX = 4_000_000
TOKENS_MAX = 10_000_000
CONNECT_S = 3.0
# All that is sent of headers: the SDK would tell a provider our system, and what stands in OPENAI_* for another one.
HEADERS_SENT = frozenset({"host", "authorization", "content-type", "content-length", "accept"})
# What was wrong with the request is no fault of the provider's: another text may go through. The rest below 500 denies us.
STATUSES: Mapping[int, TryOutcome] = {
    400: "declined",
    408: "failed",
    409: "failed",
    413: "declined",
    422: "declined",
    425: "failed",
    429: "busy",
}
# They would tell of requests at the level `debug`.
LOUD_LOGGERS = ("openai", "httpx2", "httpcore2")


def gateway(
    providers: Providers,
    meters: Meters,
    steady: Callable[[], float],
    chance: Callable[[], float],
    *,
    call_s: float = breaker.PATIENCE_S,
) -> Gateway:
    """The gateway over these providers; `await close()` when the process ends."""
    for name in LOUD_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    calls: dict[str, Calls] = {one.name: OpenaiCalls(one) for one in providers.providers}
    return Gateway(providers, calls, meters, Patience(steady=steady, chance=chance, call_s=call_s))


class OpenaiCalls:
    """Implements lms.ai.lines.Calls for one provider; retries, deadlines and detours are the gateway's."""

    def __init__(self, provider: Provider) -> None:
        self._limit_field = provider.limit_field
        limits = httpx2.Limits(max_connections=2 * provider.at_once)
        self._client = openai.AsyncOpenAI(
            api_key=provider.key.reveal() or "none",
            base_url=provider.base_url,
            max_retries=0,
            http_client=httpx2.AsyncClient(
                transport=_Narrow(
                    httpx2.AsyncHTTPTransport(verify=_trusted(), limits=limits),
                    with_key=bool(provider.key),
                ),
                timeout=httpx2.Timeout(None, connect=CONNECT_S),
                trust_env=False,
                follow_redirects=False,
            ),
        )

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()

    async def complete(self, model: Model, ask: Ask) -> Reply:
        """One completion that is bound to the shape."""
        said: Any = [{"role": one.role, "content": one.text} for one in ask.messages]
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=model.name,
                messages=said,
                response_format={
                    "type": "json_schema",
                    "json_schema": {
                        "name": ask.shape.__name__,
                        "strict": True,
                        "schema": schema.response_schema(ask.shape),
                    },
                },
                extra_body={self._limit_field: ask.max_tokens},
            )
        except openai.OpenAIError as error:
            return _failed(error)
        return _completed(raw.content)

    async def embed(self, model: Model, texts: Sequence[str]) -> Reply:
        """One batch of vectors, in the order of the texts."""
        asked: Any = {"dimensions": model.dimensions} if model.dimensions else {}
        try:
            raw = await self._client.embeddings.with_raw_response.create(
                model=model.name, input=list(texts), encoding_format="float", **asked
            )
        except openai.OpenAIError as error:
            return _failed(error)
        return _embedded(raw.content)


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed, read once for all providers."""
    return httpx2.create_ssl_context(trust_env=False)


# --- What comes back ------------------------------------------------------------------------------


class _Said(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Said
    finish_reason: str | None = None


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]
    usage: Any = None


class _Place(msgspec.Struct, frozen=True):
    index: int
    embedding: list[float]


class _Embeddings(msgspec.Struct, frozen=True):
    data: list[_Place]
    usage: Any = None


def _completed(body: bytes) -> Reply:
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Reply(outcome="garbage")
    choice = completion.choices[0] if completion.choices else _Choice(message=_Said())
    text = choice.message.content or ""
    return Reply(
        outcome=_outcome(choice),
        text=text,
        tokens_in=_told(completion.usage, "prompt_tokens"),
        tokens_out=_told(completion.usage, "completion_tokens"),
    )


def _outcome(choice: _Choice) -> TryOutcome:
    if choice.finish_reason == "length":
        return "truncated"
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return "declined"
    return "ok" if choice.message.content else "garbage"


def _embedded(body: bytes) -> Reply:
    try:
        found = msgspec.json.decode(body, type=_Embeddings)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Reply(outcome="garbage")
    places = sorted(found.data, key=lambda place: place.index)
    if [place.index for place in places] != list(range(len(places))):
        return Reply(outcome="garbage")
    return Reply(
        outcome="ok",
        vectors=tuple(place.embedding for place in places),
        tokens_in=_told(found.usage, "prompt_tokens"),
        tokens_out=0,
    )


def _told(usage: Any, name: str) -> int | None:
    """A number of tokens as the provider tells it; None when that is no number that can be."""
    number = usage.get(name) if isinstance(usage, dict) else None
    known = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= TOKENS_MAX
    return number if known else None


# --- What goes wrong ------------------------------------------------------------------------------


def _failed(error: openai.OpenAIError) -> Reply:
    """The reply that stands for an error of the SDK; its words are let go, they may repeat ours."""
    if isinstance(error, openai.APIStatusError):
        status, headers = error.status_code, error.response.headers
        outcome = STATUSES.get(status, "failed" if status >= 500 else "denied")
        return Reply(outcome=outcome, tokens_in=0, tokens_out=0, retry_after_s=_wait_s(headers))
    return Reply(outcome="huge" if isinstance(error.__cause__, _TooMuch) else "failed")


def _wait_s(headers: httpx2.Headers) -> float | None:
    """For how long it wants to be left alone: seconds, or a date that is measured from its own."""
    told = headers.get("retry-after", "")
    try:
        wait_s = float(told)
    except ValueError:
        try:
            until, at = parsedate_to_datetime(told), parsedate_to_datetime(headers["date"])
            wait_s = (until - at).total_seconds()
        except (ValueError, TypeError, KeyError):
            return None
    return wait_s if 0 <= wait_s < float("inf") else None


class _TooMuch(httpx2.ReadError):
    """A reply that is larger than any may be, or packed so that nobody knows."""


class _Narrow(httpx2.AsyncBaseTransport):
    """Lets out the few headers that are needed and no more, and in what is not too much."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, with_key: bool) -> None:
        self._inner = inner
        self._sent = HEADERS_SENT if with_key else HEADERS_SENT - {"authorization"}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # The request itself stays as it is: the SDK reads its own headers again.
        sent = {name: text for name, text in request.headers.items() if name in self._sent}
        narrow = httpx2.Request(
            request.method,
            request.url,
            headers={**sent, "accept-encoding": "identity"},
            stream=request.stream,
            extensions=request.extensions,
        )
        response = await self._inner.handle_async_request(narrow)
        packed = response.headers.get("content-encoding", "identity") != "identity"
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, 0 if packed else REPLY_BYTES_MAX)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            self._left -= len(part)
            if self._left < 0:
                raise _TooMuch("more than a reply may have")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()
