"""Where the links of a Markdown text lead: nowhere that runs, and pictures only to uploads."""

import html
import re
from collections.abc import Iterable, Iterator

import msgspec

from lms.ids import is_uuid7

# What stands between the parentheses of [words](here), after [name]: of a reference, and in <here>.
INLINE = re.compile(r"\]\([ \t\n]*(?:<([^>\n]*)|([^\s)]*))")
REFERENCE = re.compile(
    r"^ {0,3}\[[^\]\n]{1,999}\]:[ \t]*\n?[ \t]*(?:<([^>\n]*)|(\S*))", re.MULTILINE
)
AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:)")
ATTRIBUTE = re.compile(
    r"\b(?:href|src)[ \t\n]*=[ \t\n]*(?:[\"']([^\"'>\n]*)|([^\s>]*))", re.IGNORECASE
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
# What a browser leaves out of an address before it reads it.
UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
UPLOAD = re.compile(r"upload:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
OPEN = frozenset({"http", "https", "mailto"})
RUNS = frozenset({"javascript", "vbscript", "data"})


def fault(text: str) -> str | None:
    """What is wrong with a link of the text, if anything is."""
    for found in _addresses(text):
        address = UNSEEN.sub("", html.unescape(found))
        scheme = SCHEME.match(address)
        if scheme is None or scheme[1].lower() in OPEN:
            continue
        if scheme[1].lower() != "upload":
            return "A link begins with https:, http:, mailto: or upload:."
        if not is_uuid7(scheme[2]):
            return "A picture is upload: and the id of an upload."
    if any(one[1][:-1].lower() in RUNS for one in AUTOLINK.finditer(text)):
        return "A link begins with https:, http:, mailto: or upload:."
    return None


def _addresses(text: str) -> Iterator[str]:
    for pattern in (INLINE, REFERENCE, ATTRIBUTE):
        for one in pattern.finditer(text):
            yield one[1] or one[2] or ""


def texts(*parts: msgspec.Struct) -> list[str]:
    """Each part as one text in which the pictures of all its texts stand."""
    return [msgspec.json.encode(part).decode() for part in parts]


def uploads_of(found_in: Iterable[str]) -> set[str]:
    """The ids of the uploads that texts show."""
    return {one for text in found_in if "upload:" in text for one in UPLOAD.findall(text)}
