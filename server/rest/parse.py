"""Bytes to typed bodies, with every fault of the body reported at once."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from server.problems import Fault, Refusal

JSON_MAX_DEPTH = 32
FAULTS_MAX = 50

Value = TypeVar("Value")


def body(data: bytes, form: Any) -> Any:
    """The body as `form`; Refusal with each fault and its JSON pointer."""
    try:
        raw = msgspec.json.decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("bad_json", "The body is not JSON.") from None
    _check_depth(raw, JSON_MAX_DEPTH)
    found = list(_faults(raw, form))
    if not found:
        try:
            return msgspec.convert(raw, form)
        except msgspec.ValidationError as fault:
            found = [_fault("", fault)]
    raise Refusal("invalid_body", "The body has faults: see errors.", faults=found[:FAULTS_MAX])


def _check_depth(value: Any, left: int) -> None:
    if not left:
        raise Refusal("bad_json", f"The body is nested deeper than {JSON_MAX_DEPTH}.")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check_depth(one, left - 1)


def _faults(raw: Any, form: Any) -> Iterator[Fault]:
    """Each field on its own, so that one fault does not hide the next."""
    if not isinstance(raw, dict):
        yield Fault(pointer="", detail="Expected an object.")
        return
    fields = {one.encode_name: one for one in msgspec.structs.fields(form)}
    for name in sorted(raw.keys() - fields.keys()):
        yield Fault(pointer=_pointer(name), detail="There is no such field.")
    for name, one in fields.items():
        if name not in raw:
            if one.required:
                yield Fault(pointer=_pointer(name), detail="This field is needed.")
            continue
        if _has_nul(raw[name]):
            yield Fault(pointer=_pointer(name), detail="A NUL character is not allowed.")
            continue
        try:
            msgspec.convert(raw[name], one.type)
        except msgspec.ValidationError as fault:
            yield _fault(_pointer(name), fault)


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_has_nul(one) for one in value)


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _fault(base: str, fault: msgspec.ValidationError) -> Fault:
    """msgspec says "what - at `$.a[0]`"; a pointer says /a/0."""
    detail, _, path = str(fault).partition(" - at `$")
    steps = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
    return Fault(pointer=base + steps, detail=detail + ".")


def given(value: Value | msgspec.UnsetType) -> Value | None:
    """A field of a change; None where it was left out, which is where nothing changes."""
    return None if isinstance(value, msgspec.UnsetType) else value


def query(asked: Mapping[str, str], known: tuple[str, ...]) -> dict[str, str]:
    """The query, if the route knows each of its names."""
    for name in asked:
        if name not in known:
            raise Refusal(
                "bad_query", "The query has a parameter that this address does not know."
            )
    if any("\x00" in value or len(value) > 2000 for value in asked.values()):
        raise Refusal("bad_query", "A parameter of the query cannot be right.")
    return dict(asked)


def sdp_text(data: bytes) -> str:
    """An SDP as text; what it says is for the media node to judge."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("bad_sdp", "The SDP is not UTF-8.") from None
    if not text.startswith("v=0") or "\x00" in text:
        raise Refusal("bad_sdp", "The body is not an SDP offer.")
    return text
