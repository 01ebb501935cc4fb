"""What servers that speak nearly as OpenAI's does will not have, in their own words: as their documents and their users tell it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

THOUGHTS = "<think>\nThe learner is at school. I weigh the options: {each} one.\n</think>\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it arrived: `about` is what its URL says behind the host."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def form(self) -> str:
        """How the shape of the answer is told."""
        return str(self.body.get("response_format", {}).get("type", "text"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A status and its body."""

    status: int
    body: dict[str, Any]


def _openai(call: Call) -> Refusal | None:
    """Models that think: the old name of the limit is turned down, and a schema that is not strict to the letter."""
    if "max_tokens" in call.body:
        return _fault(
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "unsupported_parameter",
            "max_tokens",
        )
    if call.form == "json_schema" and not _is_strict(call.body):
        said = "Invalid schema for response_format: 'additionalProperties' is required to be supplied and to be false."
        return _fault(400, said, None, "response_format")
    return _needs_the_word(call)


def _azure(call: Call) -> Refusal | None:
    """By deployments and dated versions: the key in a header of its own, and schemas since a certain date."""
    if not call.headers.get("api-key"):
        said = "Access denied due to invalid subscription key or wrong API endpoint."
        return _fault(401, said, "401")
    if "/deployments/" not in call.path or "api-version" not in call.query:
        return _fault(404, "Resource not found", "404")
    if call.form == "json_schema" and call.query["api-version"] < "2024-08-01":
        said = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
        return _fault(400, said, "BadRequest", "")
    return None


def _vllm(call: Call) -> Refusal | None:
    """Its faults lie flat; vectors of another length are not for every model."""
    if "dimensions" in call.body:
        said = (
            f'Model "{call.body["model"]}" does not support matryoshka representation, changing output dimensions'
            " will lead to poor results."
        )
        return Refusal(
            status=400,
            body={
                "object": "error",
                "message": said,
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        )
    return None


def _json_object(call: Call) -> Refusal | None:
    """JSON is promised, and no more."""
    if call.form == "json_schema":
        said = "This response_format type is unavailable now"
        return _fault(400, said, "invalid_request_error")
    return _needs_the_word(call)


def _text(call: Call) -> Refusal | None:
    """A strict door before a model that answers as it likes."""
    known = {"model", "messages", "max_tokens", "input", "encoding_format"}
    unknown = sorted(set(call.body) - known)
    if unknown:
        said = f"Extra inputs are not permitted: body.{unknown[0]}"
        return Refusal(status=422, body={"detail": said, "message": said})
    return None


MANNERS: Mapping[str, Callable[[Call], Refusal | None]] = {
    "": lambda _call: None,
    "openai": _openai,
    "azure": _azure,
    # It takes every field and heeds those that it knows: `worded` is where this shows.
    "ollama": lambda _call: None,
    "vllm": _vllm,
    "json_object": _json_object,
    "text": _text,
}


def worded(manner: str, call: Call, text: str) -> tuple[str, str]:
    """What the model says as it comes out there, and why it ended."""
    if manner == "text":
        return f"{THOUGHTS}```json\n{text}\n```", "stop"
    if manner == "ollama" and "max_tokens" not in call.body:
        # Without a limit that it knows it goes on and on, to the end of its context.
        return text + "\n" * 2_000, "length"
    return text, "stop"


def _fault(status: int, message: str, code: str | None, param: str | None = None) -> Refusal:
    told = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Refusal(status=status, body={"error": told})


def _needs_the_word(call: Call) -> Refusal | None:
    said = " ".join(str(one["content"]) for one in call.body.get("messages", []))
    if call.form != "json_object" or "json" in said.casefold():
        return None
    told = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    return _fault(400, told, None, "messages")


def _is_strict(body: Mapping[str, Any]) -> bool:
    shape = body["response_format"]["json_schema"]
    return bool(shape["strict"]) and all(
        part.get("additionalProperties") is False
        and sorted(part.get("required", [])) == sorted(part["properties"])
        for part in _objects(shape["schema"])
    )


def _objects(part: Any) -> Iterator[dict[str, Any]]:
    """Every object of a schema."""
    if isinstance(part, list):
        for one in part:
            yield from _objects(one)
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield part
        for one in part.values():
            yield from _objects(one)
