"""What people write as a name or a title, in the one form in which it is kept."""

import unicodedata

from lms.errors import Invalid


def tidy(text: str, *, called: str, longest: int) -> str:
    """The text without space around it; Invalid when nothing is left, it is too long, or control characters are in.

    `called` is the name of its field, which the refusal points to.
    """
    kept = unicodedata.normalize("NFC", text).strip()
    if not kept or len(kept) > longest:
        raise Invalid(f"A {called} has 1 to {longest} characters.", pointer=f"/{called}")
    if any(unicodedata.category(char) == "Cc" for char in kept):
        raise Invalid(f"A {called} has no control characters.", pointer=f"/{called}")
    return kept
