"""The version that a read of an attempt's progress saw: `<opening>.<seq>.<letter of the state>`."""

import re

from lms.attempts.model import State

LETTERS: dict[State, str] = {
    "ready": "r",
    "open": "o",
    "submitted": "s",
    "marking": "m",
    "graded": "g",
    "withdrawn": "w",
}
FORM = re.compile(r"(\d{1,7})\.(\d{1,10})\.([rosmgw])", re.ASCII)


def of(opening: int, seq: int, state: State) -> str:
    """The version of an attempt whose newest answer is (opening, seq)."""
    return f"{opening}.{seq}.{LETTERS[state]}"


def is_behind(version: str, seen: str | None) -> bool:
    """Whether what has this version is older than what the caller saw already; what is no version was never seen."""
    there, here = FORM.fullmatch(seen or ""), FORM.fullmatch(version)
    if there is None or here is None:
        return False
    # A state is left and entered again: another one is looked up, which is never wrong.
    return (int(here[1]), int(here[2])) < (int(there[1]), int(there[2])) or here[3] != there[3]
