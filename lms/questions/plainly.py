"""What msgspec finds wrong with a value, in the words of somebody who writes a spreadsheet."""

import re
from collections.abc import Mapping
from typing import Any

from lms.questions.model import DecimalText, Language, PartId

FORMS: Mapping[Any, str] = {
    DecimalText: "Write a number with a point, such as 3.20",
    PartId: "An id is 1 to 32 small letters, digits, - and _",
    Language: "Write a language as en, ar or zh-Hant",
}
MOST = re.compile(r"^Expected `(str|array|object)` of length <= (\d+)$")
BOUND = re.compile(r"^Expected `int` (<=|>=) (\d+)$")
UNKNOWN = re.compile(r"^Invalid enum value (.*)$")


def plainly(found: str) -> str:
    """The sentence without its end; what is not known here stays as msgspec says it."""
    for form, words in FORMS.items():
        if repr(form.__metadata__[0].pattern) in found:
            return words
    if most := MOST.match(found):
        return f"At most {most[2]} {'characters' if most[1] == 'str' else 'entries'} fit"
    if bound := BOUND.match(found):
        return f"Write a number of {bound[2]} or {'less' if bound[1] == '<=' else 'more'}"
    if unknown := UNKNOWN.match(found):
        return f"There is no {unknown[1]} here"
    return found
