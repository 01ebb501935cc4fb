"""The only file that calls out to models: one request, one reply, by the openai SDK; only workers import it."""

import functools
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx2
import openai

from lms.ai import breaker, dialects
from lms.ai.asks import Ask
from lms.ai.gateway import Gateway, Meters, Patience
from lms.ai.lines import Calls, Reply
from lms.ai.providers import Model, Provider, Providers

# A batch of long vectors is the largest reply there is; more is not read.
REPLY_BYTES_MAX = 4_000_000
CONNECT_S = 3.0
# An error of a connection has its reasons in layers, of libraries that pass it on; more than these there are not.
CAUSES_MOST = 8
# All that is sent of headers, beside the key: the SDK would tell a provider our system, and what stands in OPENAI_* for another one.
HEADERS_SENT = frozenset({"host", "content-type", "content-length", "accept"})
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
        self._provider = provider
        self._client = openai.AsyncOpenAI(
            # The SDK has its own way with keys: ours is put on below it.
            api_key="none",
            base_url=provider.base_url,
            default_query={"api-version": provider.api_version} if provider.api_version else None,
            max_retries=0,
            http_client=httpx2.AsyncClient(
                transport=_Narrow(_transport(provider), _key_header(provider)),
                timeout=httpx2.Timeout(None, connect=CONNECT_S),
                trust_env=False,
                follow_redirects=False,
            ),
        )

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()

    async def complete(self, model: Model, ask: Ask) -> Reply:
        """One completion that is bound to the shape, as far as the provider binds."""
        form = self._provider.answer_form
        asked: Any = {"messages": dialects.worded(ask, form)} | dialects.bound(ask, form)
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=model.name, extra_body={self._provider.limit_field: ask.max_tokens}, **asked
            )
        except openai.OpenAIError as error:
            return _failed(error)
        reply = dialects.completed(raw.content)
        return reply if form == "json_schema" else replace(reply, text=dialects.bare(reply.text))

    async def embed(self, model: Model, texts: Sequence[str]) -> Reply:
        """One batch of vectors, in the order of the texts."""
        asked: Any = {"dimensions": model.dimensions} if model.dimensions else {}
        try:
            raw = await self._client.embeddings.with_raw_response.create(
                model=model.name, input=list(texts), encoding_format="float", **asked
            )
        except openai.OpenAIError as error:
            return _failed(error)
        return dialects.embedded(raw.content)


def _transport(provider: Provider) -> httpx2.AsyncHTTPTransport:
    """Connections to the provider, through its proxy if it has one."""
    proxy = provider.proxy.reveal()
    return httpx2.AsyncHTTPTransport(
        verify=_trusted(provider.ca_file),
        limits=httpx2.Limits(max_connections=2 * provider.at_once),
        proxy=httpx2.Proxy(proxy) if proxy else None,
    )


@functools.cache
def _trusted(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are believed: those of the file alone, or the public ones; read once for all providers."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx2.create_ssl_context(trust_env=False)


def _key_header(provider: Provider) -> dict[str, str]:
    key = provider.key.reveal()
    if not key:
        return {}
    is_bearer = provider.key_header == "authorization"
    return {provider.key_header: f"Bearer {key}" if is_bearer else key}


# --- What goes wrong ------------------------------------------------------------------------------


def _failed(error: openai.OpenAIError) -> Reply:
    """The reply that stands for an error of the SDK; its words are let go, they may repeat ours."""
    if isinstance(error, openai.APIStatusError):
        outcome = dialects.refused(error.status_code, error.body)
        wait_s = dialects.wait_s(error.response.headers)
        return Reply(outcome=outcome, tokens_in=0, tokens_out=0, retry_after_s=wait_s)
    if isinstance(error.__cause__, _TooMuch):
        return Reply(outcome="huge")
    return Reply(outcome="denied" if _is_unknown(error) else "failed")


def _is_unknown(error: BaseException) -> bool:
    """Whether nobody that is believed has signed who it is: no later call will find it otherwise."""
    cause: BaseException | None = error
    for _ in range(CAUSES_MOST):
        if cause is None or isinstance(cause, ssl.SSLCertVerificationError):
            break
        cause = cause.__cause__ or cause.__context__
    return isinstance(cause, ssl.SSLCertVerificationError)


class _TooMuch(httpx2.ReadError):
    """A reply that is larger than any may be, or packed so that nobody knows."""


class _Narrow(httpx2.AsyncBaseTransport):
    """Lets out the few headers that are needed and the key, and in what is not too much."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, key: Mapping[str, str]) -> None:
        self._inner = inner
        self._key = key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # The request itself stays as it is: the SDK reads its own headers again.
        sent = {name: text for name, text in request.headers.items() if name in HEADERS_SENT}
        narrow = httpx2.Request(
            request.method,
            request.url,
            headers={**sent, **self._key, "accept-encoding": "identity"},
            stream=request.stream,
            extensions=request.extensions,
        )
        response = await self._inner.handle_async_request(narrow)
        packed = response.headers.get("content-encoding", "identity") != "identity"
        # The SDK reads errors as text, in the coding that the provider names: `zlib` is one, and unpacks without a bound.
        response.headers["content-type"] = "application/json"
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
