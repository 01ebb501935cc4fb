"""What replies of providers mean, and how each is asked: by tables of what their documents and their users tell."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai import dialects
from lms.ai.asks import Ask, Message, TryOutcome, prompt_tokens
from lms.ai.gates import schema
from lms.ai.prompts import Objective

SHAPES = (Objective, schema.Stem, *set(schema.PARTS.values()))


def ask(shape: type[msgspec.Struct] = Objective) -> Ask:
    said = (Message(role="system", text="Be brief."), Message(role="user", text="How?"))
    return Ask(messages=said, shape=shape, tier="small", max_tokens=9, allowance_tokens=99)


# --- How it is asked ------------------------------------------------------------------------------


def test_a_schema_is_told_once_beside_the_words_or_in_them() -> None:
    bound = dialects.bound(ask(), "json_schema")["response_format"]["json_schema"]
    assert (bound["name"], bound["strict"]) == ("Objective", True)
    assert [one["content"] for one in dialects.worded(ask(), "json_schema")] == [
        "Be brief.",
        "How?",
    ]
    for form in ("json_object", "text"):
        first, second = dialects.worded(ask(), form)
        told = json.loads(first["content"].partition(f"{dialects.TOLD}\n")[2])
        assert told == {"title": "Objective", **bound["schema"]}
        assert first["content"].startswith("Be brief.")
        assert second["content"] == "How?"
    assert dialects.bound(ask(), "json_object") == {"response_format": {"type": "json_object"}}
    assert dialects.bound(ask(), "text") == {}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_schema_in_words_is_within_what_is_set_aside_for_the_prompt(
    shape: type[msgspec.Struct],
) -> None:
    told = sum(len(one["content"].encode()) for one in dialects.worded(ask(shape), "text"))
    assert told / 2 <= prompt_tokens(ask(shape).messages, shape)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('{"a": 1}', '{"a": 1}'),
        (' \n{"a": 1}\n', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('```\n{"a": 1}\n```\n', '{"a": 1}'),
        ('<think>\nIs it {"a": 2}?\n</think>\n\n{"a": 1}', '{"a": 1}'),
        ('<think>Well.</think>```json\n{"a": 1}```', '{"a": 1}'),
        ("<think>It never ends", ""),
        ('Sure! {"a": 1}', 'Sure! {"a": 1}'),
    ],
)
def test_what_is_around_an_answer_is_taken_off_and_nothing_is_searched_for(
    said: str, meant: str
) -> None:
    assert dialects.bare(said) == meant


@given(st.text(alphabet="`<>think/ \njson{}", max_size=60))
def test_taking_off_never_adds_or_changes_a_word(text: str) -> None:
    assert dialects.bare(text) in text


# --- What comes back ------------------------------------------------------------------------------


def completion(message: Any, finish: str | None = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"id": "x", "choices": [choice], **more}).encode()


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (completion({"role": "assistant", "content": "{}", "refusal": None}), "ok"),
        (completion({"content": "{}", "annotations": [], "reasoning": "x"}, None), "ok"),
        (completion({"content": None, "refusal": "I cannot."}), "declined"),
        (completion({"content": ""}, "content_filter"), "declined"),
        (completion({"role": "assistant"}, "content_filter"), "declined"),
        (b'{"choices": [{"index": 0, "finish_reason": "content_filter"}]}', "declined"),
        (completion({"content": '{"a'}, "length"), "truncated"),
        (completion({"content": None, "reasoning_content": "Well"}, "length"), "truncated"),
        (completion({"content": '{"a'}, "error"), "failed"),
        (completion({"content": None, "reasoning_content": "{}"}), "garbage"),
        (completion({"content": [{"type": "text", "text": "{}"}]}), "garbage"),
        (b'{"choices": null}', "garbage"),
        (b'{"choices": []}', "garbage"),
        (b'{"error": {"message": "Resource exhausted", "code": 429}, "choices": null}', "busy"),
        (b'{"error": {"message": "Upstream is away", "code": 502}}', "failed"),
        (b'{"error": {"message": "No", "code": "server_error"}}', "failed"),
        (b'{"error": {"code": "content_filter"}}', "declined"),
        (b'{"error": {"code": 1e400}}', "garbage"),
        (b"{}", "garbage"),
        (b"[]", "garbage"),
        (b"", "garbage"),
        (b"\xff", "garbage"),
    ],
)
def test_a_good_status_is_not_yet_a_good_answer(body: bytes, outcome: TryOutcome) -> None:
    assert dialects.completed(body).outcome == outcome


@given(st.binary(max_size=60))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    assert dialects.completed(body).outcome == "garbage"
    assert dialects.embedded(body).outcome == "garbage"


# --- What goes wrong ------------------------------------------------------------------------------


def fault(message: str, code: Any = None, param: Any = None, kind: Any = "x") -> dict[str, Any]:
    return {"message": message, "code": code, "param": param, "type": kind}


USE = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
AZURE = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
FILTERED = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
MATRYOSHKA = (
    'Model "v" does not support matryoshka representation, changing output dimensions will lead'
)
TOO_LONG = "This model's maximum context length is 8192 tokens. However, you requested 9000 (max_tokens: 700)."


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        # How we ask is unknown there: every other text would be turned down as well.
        (400, fault(USE, "unsupported_parameter", "max_tokens"), "denied"),
        (400, fault(AZURE, "BadRequest", ""), "denied"),
        (
            400,
            fault("Invalid schema for response_format 'Stem'", None, "response_format"),
            "denied",
        ),
        (400, fault("This response_format type is unavailable now"), "denied"),
        (422, fault("response_format.type `json_schema` is unavailable now"), "denied"),
        (400, fault(MATRYOSHKA, 400, None, "BadRequestError"), "denied"),
        # This text will not do, another may.
        (400, fault(FILTERED, "content_filter", "prompt"), "declined"),
        (400, fault(TOO_LONG, "context_length_exceeded", "messages"), "declined"),
        (400, fault(TOO_LONG, 400, None, "BadRequestError"), "declined"),
        (400, fault("Failed to generate JSON", "json_validate_failed"), "declined"),
        (400, fault(f"I do not like this: {'x' * 200} about response_format"), "declined"),
        (400, None, "declined"),
        (400, "bad", "declined"),
        (413, None, "declined"),
        # A moment too early, or too many at once.
        (429, fault("Rate limit reached", "rate_limit_exceeded"), "busy"),
        (429, None, "busy"),
        (529, fault("Overloaded", None, None, "overloaded_error"), "failed"),
        (500, None, "failed"),
        (503, "<html>", "failed"),
        (408, None, "failed"),
        # Nobody lets us, and waiting helps nothing.
        (429, fault("You exceeded your current quota", "insufficient_quota"), "denied"),
        (
            429,
            fault("You exceeded your current quota", None, None, "insufficient_quota"),
            "denied",
        ),
        (401, fault("Incorrect API key provided", "invalid_api_key"), "denied"),
        (402, fault("Insufficient Balance"), "denied"),
        (404, fault("The API deployment does not exist", "DeploymentNotFound"), "denied"),
        (407, None, "denied"),
        (302, None, "denied"),
    ],
)
def test_a_status_means_what_stands_beside_it(
    status: int, body: object, outcome: TryOutcome
) -> None:
    assert dialects.refused(status, body) == outcome


def test_what_stands_beside_a_status_may_be_as_deep_as_it_likes() -> None:
    deep: Any = "response_format"
    for _ in range(5_000):
        deep = [deep]
    for body in (deep, {"message": deep}, {"param": deep}, {"code": deep}):
        assert dialects.refused(400, body) == "declined"


NOON = "Fri, 20 Nov 2026 12:00:00 GMT"
LATER = "Fri, 20 Nov 2026 12:00:30 GMT"


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "60"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
        ({"retry-after": LATER, "date": NOON}, 30.0),
        ({"retry-after": NOON, "date": LATER}, None),
        ({"retry-after": LATER}, None),
        ({"retry-after": "soon", "date": NOON}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": LATER.replace("2026", "9" * 20), "date": NOON}, None),
        ({"retry-after": LATER, "date": NOON.replace("GMT", f"+{'9' * 20}")}, None),
    ],
)
def test_how_long_it_wants_to_be_left_alone(headers: dict[str, str], wait_s: float | None) -> None:
    assert dialects.wait_s(headers) == wait_s
