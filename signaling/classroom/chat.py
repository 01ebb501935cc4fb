"""◇ Accept, refuse or take back a chat message."""

import unicodedata

from signaling import protocol as wire
from signaling.classroom.state import ClassState
from signaling.errors import BadMessage, Refused

_KEPT_CONTROLS = (
    "\n\t\u200c\u200d\u200e\u200f"  # joiners and direction marks are spelling in many scripts
)


def send(state: ClassState, by: str, command: wire.ChatSend) -> list[wire.EventData]:
    """Plain text to the whole class, under the name that the person joined with."""
    text = clean(command.text)
    return [wire.ChatSaid(user=by, name=state.people[by].name, text=text)]


def delete(state: ClassState, by: str, command: wire.ChatDelete) -> list[wire.EventData]:
    """Its author or a teacher takes a message back; twice is once."""
    line = next((line for line in state.chat if line.seq == command.message), None)
    if line is None:
        raise BadMessage("There is no such message among the latest.", code="not_found")
    if line.user != by and state.people[by].role != "teacher":
        raise Refused("Only its author or a teacher may take a message back.")
    return [] if line.text is None else [wire.ChatDeleted(message=command.message)]


def clean(text: str) -> str:
    """The text without what cannot be seen; refused when nothing is left or it is too long."""
    kept = "".join(char for char in text if _is_kept(char)).strip()
    if not kept:
        raise BadMessage("A message needs some text.", code="chat_empty")
    if len(kept.encode()) > wire.CHAT_TEXT_MAX_BYTES:
        raise BadMessage(
            f"A message may have at most {wire.CHAT_TEXT_MAX_BYTES} bytes.", code="chat_too_long"
        )
    return kept


def _is_kept(char: str) -> bool:
    """Control characters, lone surrogates and the marks that reorder other people's text are dropped."""
    return char in _KEPT_CONTROLS or (
        unicodedata.category(char) not in {"Cc", "Cs"}
        and not ("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069")
    )
