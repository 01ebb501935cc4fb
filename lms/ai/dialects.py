"""How a provider is asked in its own manner, and what its replies mean: texts in, values out."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from lms.ai.asks import Ask, TryOutcome
from lms.ai.gates import schema
from lms.ai.lines import Reply
from lms.ai.providers import AnswerForm

TOKENS_MAX = 10_000_000
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
# A provider without money says "busy" for days; and a filter is no matter of how we ask, even if its words name a field of ours.
CODES: Mapping[str, TryOutcome] = {
    "insufficient_quota": "denied",
    "billing_hard_limit_reached": "denied",
    "billing_not_active": "denied",
    "content_filter": "declined",
    "context_length_exceeded": "declined",
    "json_validate_failed": "declined",
}
# Who turns one of these down turns every request down, until the file says how it wants to be asked.
DIALECT = ("response_format", "json_schema", "max_tokens", "max_completion_tokens", "dimensions")
# Further on a message may repeat the prompt, which is not to speak for the provider.
MESSAGE_CHARS = 200
# Before a schema that is told in words. Without the word JSON a promise of it is refused.
TOLD = "Answer with one JSON object of this JSON schema, and with nothing else:"


# --- How it is asked ------------------------------------------------------------------------------


def bound(ask: Ask, form: AnswerForm) -> dict[str, Any]:
    """What holds the model to the shape, of what the provider knows."""
    if form == "text":
        return {}
    if form == "json_object":
        return {"response_format": {"type": "json_object"}}
    shape = {
        "name": ask.shape.__name__,
        "strict": True,
        "schema": schema.response_schema(ask.shape),
    }
    return {"response_format": {"type": "json_schema", "json_schema": shape}}


def worded(ask: Ask, form: AnswerForm) -> list[dict[str, str]]:
    """The messages; where no schema goes beside them, it is told in the first."""
    said = [{"role": one.role, "content": one.text} for one in ask.messages]
    if form != "json_schema":
        shape = {"title": ask.shape.__name__, **schema.response_schema(ask.shape)}
        told = f"{TOLD}\n{msgspec.json.encode(shape).decode()}"
        said[0] = {**said[0], "content": f"{said[0]['content']}\n\n{told}"}
    return said


def bare(text: str) -> str:
    """The answer without what unbound models put around it: thoughts said aloud before it, and a fence."""
    text = text.strip()
    if text.startswith("<think>"):
        text = text.partition("</think>")[2].strip()
    if text.startswith("```") and text.endswith("```"):
        text = text[3:-3].removeprefix("json").strip()
    return text


# --- What comes back ------------------------------------------------------------------------------


class _Said(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Said = _Said()
    finish_reason: str | None = None


class _Fault(msgspec.Struct, frozen=True):
    """What a provider says that went wrong. None of it is kept: its words may repeat ours."""

    message: Any = ""
    code: Any = ""
    param: Any = ""
    type: Any = ""


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice] | None = None
    usage: Any = None
    # Some go between us and others, and tell of their faults within a good reply.
    error: _Fault | None = None


class _Place(msgspec.Struct, frozen=True):
    index: int
    embedding: list[float]


class _Embeddings(msgspec.Struct, frozen=True):
    data: list[_Place]
    usage: Any = None


def completed(body: bytes) -> Reply:
    """What a good status brought."""
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Reply(outcome="garbage")
    if completion.error is not None and not completion.choices:
        code = completion.error.code
        status = code if isinstance(code, int) and 400 <= code <= 599 else 500
        return Reply(outcome=_meant(status, completion.error), tokens_in=0, tokens_out=0)
    choice = completion.choices[0] if completion.choices else _Choice()
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
    if choice.finish_reason == "error":
        return "failed"
    if choice.message.refusal or choice.finish_reason == "content_filter":
        return "declined"
    return "ok" if choice.message.content else "garbage"


def embedded(body: bytes) -> Reply:
    """The vectors of a batch, in the order of its texts."""
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


def refused(status: int, body: object) -> TryOutcome:
    """What a status other than a good one means, in the light of what stands beside it."""
    try:
        return _meant(status, msgspec.convert(body, _Fault))
    except (msgspec.ValidationError, RecursionError):
        return _meant(status, _Fault())


def _meant(status: int, fault: _Fault) -> TryOutcome:
    for told in (fault.code, fault.type):
        if isinstance(told, str) and told in CODES:
            return CODES[told]
    outcome = STATUSES.get(status, "failed" if status >= 500 else "denied")
    return "denied" if outcome == "declined" and _is_dialect(fault) else outcome


def _is_dialect(fault: _Fault) -> bool:
    """Whether it is how we ask that it does not know. A text that is too long for the model may name our fields as well."""
    told = (one for one in (fault.param, fault.message) if isinstance(one, str))
    said = " ".join(told)[:MESSAGE_CHARS].casefold()
    return "context length" not in said and any(name in said for name in DIALECT)


def wait_s(headers: Mapping[str, str]) -> float | None:
    """For how long it wants to be left alone: milliseconds, seconds, or a date that is measured from its own."""
    told = headers.get("retry-after", "")
    milliseconds, seconds = _number(headers.get("retry-after-ms", "")), _number(told)
    if milliseconds is not None:
        wait = milliseconds / 1000
    else:
        wait = _until(told, headers.get("date", "")) if seconds is None else seconds
    return wait if 0 <= wait < float("inf") else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _until(told: str, date: str) -> float:
    """The seconds from its own date to the one it tells; less than none where one of them is no date."""
    try:
        return (parsedate_to_datetime(told) - parsedate_to_datetime(date)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return -1.0
