"""What two pieces of writing have in common when they count as the same: spaces, case, and the forms of one character."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

# No accepted text is longer than 500 characters; what is far longer is not normalised at all, so that it costs nothing.
READ_MAX_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a scorer reads writing: its Unicode form, and whether characters that mean the same or cannot be seen are made one."""

    form: Literal["NFC", "NFKC"]
    lenient: bool


def read(text: str, how: Reading, *, case_sensitive: bool) -> str:
    """The text as it is compared."""
    plain = unicodedata.normalize(how.form, text)
    if how.lenient:
        plain = "".join(_plain(char) for char in plain)
    plain = " ".join(plain.split())
    # Folding may undo the form ("ǰ" becomes two characters), so the form comes once more.
    return plain if case_sensitive else unicodedata.normalize(how.form, plain.casefold())


def _plain(char: str) -> str:
    """A digit of any script as 0 to 9; nothing for what only steers how text is laid out."""
    if char.isascii():
        return char
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return "" if unicodedata.category(char) == "Cf" else char
