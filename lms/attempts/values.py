"""The value of an answer as it is kept: bounded by its kind, as canonical JSON text, so that "the same value" is exact."""

from collections.abc import Iterable

import msgspec

from lms.attempts.model import Value
from lms.errors import Invalid

TEXT_MAX_CHARS = 100_000
PARTS_MAX = 40
PART_MAX_CHARS = 500
NAME_MAX_CHARS = 36

_encoder = msgspec.json.Encoder(order="sorted")


def kept(value: Value) -> tuple[str, str]:
    """Its type and its text. Types: s text, b boolean, l list, n what may be a number with a unit (or a map), m map."""
    if isinstance(value, str):
        _check([value], TEXT_MAX_CHARS)
        return "s", _encoder.encode(value).decode()
    if isinstance(value, bool):
        return "b", "true" if value else "false"
    if len(value) > PARTS_MAX:
        raise _wrong(f"An answer has {PARTS_MAX} parts at most.")
    if isinstance(value, list):
        _check(value, PART_MAX_CHARS)
        return "l", _encoder.encode(value).decode()
    _check(value, NAME_MAX_CHARS)
    _check(value.values(), PART_MAX_CHARS)
    return "n" if _may_be_number(value) else "m", _encoder.encode(value).decode()


def _may_be_number(value: dict[str, str]) -> bool:
    return "number" in value and value.keys() <= {"number", "unit"}


def _check(texts: Iterable[str], longest: int) -> None:
    for text in texts:
        if len(text) > longest:
            raise _wrong(f"A text of this answer has more than {longest} characters.")
        if "\x00" in text:
            raise _wrong("A NUL character is not allowed.")


def _wrong(message: str) -> Invalid:
    return Invalid(message, pointer="/value", code="wrong_value")
