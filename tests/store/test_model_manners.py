"""Providers that listen and speak each in its manner: who is asked as the file says it answers, over TLS and through a proxy too."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from lms.ai.asks import Answered, Ask, Away, Embedded, Message, Outcome, Refused
from lms.ai.client import gateway
from lms.ai.gateway import Gateway
from lms.ai.prompts import Objective
from lms.ai.providers import parse
from server.telemetry.metrics import PrometheusMeters
from tests.support.certificates import signed
from tests.support.proxies import Proxy
from tests.support.scripted_models import ScriptedModels

KEY = "sk-very-secret-0123456789"
PATIENCE_S = 10.0
MODELS = """
[[model]]
provider = "a"
name = "small-model"
tier = "small"

[[model]]
provider = "a"
name = "vectors"
tier = "embedding"
"""
DEPLOYMENT = "/openai/deployments/small"
MAX_TOKENS = 'limit_field = "max_tokens"\n'
DATED = 'key_header = "api-key"\napi_version = "2024-10-21"\n'
JSON_OBJECT = 'answer_form = "json_object"\n'
TEXT = 'answer_form = "text"\nlimit_field = "max_tokens"\n'


@contextlib.asynccontextmanager
async def told(
    url: str, settings: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Gateway]:
    """A gateway to one provider, whose file says this of it."""
    file = f'[[provider]]\nname = "a"\nbase_url = "{url}"\nkey_env = "KEY"\n{settings}{MODELS}'
    models = gateway(
        parse(file, {"KEY": KEY, **(environ or {})}),
        PrometheusMeters(),
        asyncio.get_running_loop().time,
        lambda: 0.5,
        call_s=PATIENCE_S,
    )
    try:
        yield models
    finally:
        await models.close()


async def asked(models: Gateway) -> Outcome:
    said = (Message(role="system", text="Be brief."), Message(role="user", text="How?"))
    return await models.ask(
        Ask(messages=said, shape=Objective, tier="small", max_tokens=99, allowance_tokens=9_999)
    )


def tries(outcome: Outcome) -> list[str]:
    return [one.outcome for one in outcome.tries]


@pytest.mark.parametrize(
    ("manner", "folder", "settings"),
    [
        ("openai", "/v1", ""),
        ("azure", DEPLOYMENT, DATED),
        ("ollama", "/v1", MAX_TOKENS),
        ("vllm", "/v1", ""),
        ("json_object", "/v1", JSON_OBJECT),
        ("text", "/v1", TEXT),
    ],
)
async def test_who_is_asked_in_its_manner_answers_at_once(
    manner: str, folder: str, settings: str
) -> None:
    async with (
        ScriptedModels(manner=manner).listening() as server,
        told(server.base_url.replace("/v1", folder), settings) as models,
    ):
        answer = await asked(models)
        assert isinstance(answer, Answered)
        assert tries(answer) == ["ok"]
        assert isinstance(await models.embed(["one", "two"]), Embedded)
    shown = "api-key" if manner == "azure" else "authorization"
    assert [heard.path.rpartition("/")[2] for heard in server.heard] == [
        "completions",
        "embeddings",
    ]
    for heard in server.heard:
        assert KEY in heard.headers[shown]
        assert {"api-key", "authorization"} & set(heard.headers) == {shown}
        assert heard.query == ({"api-version": "2024-10-21"} if manner == "azure" else {})


@pytest.mark.parametrize(
    ("manner", "folder", "settings", "outcome"),
    [
        ("openai", "/v1", MAX_TOKENS, "denied"),
        ("azure", "/v1", "", "denied"),
        ("azure", DEPLOYMENT, DATED.replace("2024-10-21", "2024-06-01"), "denied"),
        ("json_object", "/v1", "", "denied"),
        ("text", "/v1", "", "denied"),
    ],
)
async def test_who_is_asked_in_another_manner_costs_nobody_an_item(
    manner: str, folder: str, settings: str, outcome: str
) -> None:
    """The rules stand in: an answer that was refused would have dropped the item instead."""
    async with (
        ScriptedModels(manner=manner).listening() as server,
        told(server.base_url.replace("/v1", folder), settings) as models,
    ):
        answer = await asked(models)
    assert isinstance(answer, Away)
    assert tries(answer) == [outcome]


async def test_a_limit_under_a_name_that_is_not_known_shows_by_its_outcome() -> None:
    async with (
        ScriptedModels(manner="ollama").listening() as server,
        told(server.base_url, "") as models,
    ):
        answer = await asked(models)
    assert isinstance(answer, Refused)
    assert tries(answer) == ["truncated"]


# --- What stands between -----------------------------------------------------------------------------


async def test_an_authority_of_the_school_is_believed_where_the_file_names_it_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.ca_file))
    async with ScriptedModels().listening(tls=papers.tls) as server:
        async with told(server.base_url, f'ca_file = "{papers.ca_file}"\n') as models:
            assert isinstance(await asked(models), Answered)
        async with told(server.base_url, "") as models:
            answer = await asked(models)
            assert isinstance(answer, Away)
            assert tries(answer) == ["denied"]
        assert len(server.heard) == 1


async def test_a_proxy_is_gone_through_where_the_file_names_it_and_sees_no_key(
    tmp_path: Path,
) -> None:
    papers = signed(tmp_path)
    settings = f'ca_file = "{papers.ca_file}"\nproxy_env = "SCHOOL_PROXY"\n'
    async with (
        Proxy().listening() as proxy,
        ScriptedModels().listening(tls=papers.tls) as server,
        told(
            server.base_url,
            settings,
            {"SCHOOL_PROXY": proxy.url.replace("http://", "http://school:s3cret@")},
        ) as models,
    ):
        assert isinstance(await asked(models), Answered)
    [head] = proxy.heard
    assert head.startswith(f"CONNECT {server.base_url.split('/')[2]} ")
    assert "proxy-authorization: basic" in head.casefold()
    assert server.heard[0].headers["authorization"] == f"Bearer {KEY}"
    assert "proxy-authorization" not in server.heard[0].headers
    assert proxy.seen
    assert KEY.encode() not in proxy.seen
    assert KEY not in head
