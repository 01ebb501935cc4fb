"""◇ The table role x message -> may; what it says of one's own things and others' is decided beside each rule."""

from collections.abc import Mapping

from signaling import protocol as wire
from signaling.errors import Refused

_EVERYONE: frozenset[type] = frozenset(
    {wire.Beat, wire.ClassLeave, wire.MediaSubscribe, wire.MediaAnswer, wire.MediaWant}
)
_TALKS: frozenset[type] = frozenset({wire.ChatSend, wire.ChatDelete, wire.ChatTyping})
_TAKES_PART: frozenset[type] = frozenset(
    {
        wire.HandRaise,
        wire.HandLower,
        wire.TrackSet,
        wire.ReactionSend,
        wire.MediaPublish,
    }
)
_LEADS: frozenset[type] = frozenset({wire.PersonMute, wire.PersonRole, wire.PersonRemove})

MAY: Mapping[wire.ClassRole, frozenset[type]] = {
    "teacher": _EVERYONE | _TALKS | _TAKES_PART | _LEADS,
    "student": _EVERYONE | _TALKS | _TAKES_PART,
    "proctor": _EVERYONE | _TALKS,
    "observer": _EVERYONE,
}


def may(role: wire.ClassRole, message: type) -> bool:
    """Whether people of this role may send messages of this type at all."""
    return message in MAY[role]


def check(role: wire.ClassRole, message: type) -> None:
    """Raise Refused unless people of this role may send messages of this type."""
    if not may(role, message):
        raise Refused(f"A {role} may not do this in a class.")
