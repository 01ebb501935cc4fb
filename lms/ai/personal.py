"""Whether a text holds what names a person: an address, a telephone number, an id of somebody; such a text goes to no provider."""

import re
import unicodedata
from typing import Literal

Trace = Literal["", "email", "phone", "id"]

# Every repetition has an end, so that no text takes long.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24})(?![\w-])")
# The look behind comes late: what cannot begin an id is passed over quickly.
_UUID = re.compile(
    r"[0-9a-f]{8}(?<![0-9a-f]{9})-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])"
)
# International form only: digits with signs between them are what sums are made of.
_PHONE = re.compile(
    r"(?<![\w.+])(?:\+|00)\d\d{0,2}[ .()/-]{1,2}(?:\d[ .()/-]{0,2}){6,12}(?![\w.])"
)
_DENSE_PHONE = re.compile(r"(?<![\w.+])\+\d{10,15}(?![\w.])")
# Signs that nobody sees, between which an address could hide.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
# Domains that belong to nobody (RFC 2606): a letter in an exercise is written to one of them.
_NOBODY = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$")


def found(text: str) -> Trace:
    """The first kind of trace that is in it; empty when there is none."""
    plain = text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    if "@" in plain and any(
        not _NOBODY.search(match[1].lower()) for match in _EMAIL.finditer(plain)
    ):
        return "email"
    if _UUID.search(plain.lower()):
        return "id"
    if "+" not in plain and "00" not in plain:
        return ""
    return "phone" if _PHONE.search(plain) or _DENSE_PHONE.search(plain) else ""
