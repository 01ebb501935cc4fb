"""◇ Which sources of whom are on: switched by their owner, switched off by a teacher."""

from signaling import protocol as wire
from signaling.classroom.people import require
from signaling.classroom.state import ClassState


def switch(state: ClassState, by: str, command: wire.TrackSet) -> list[wire.EventData]:
    """One's own source on or off."""
    return _change(state.people[by], command.source, on=command.on)


def mute(state: ClassState, _by: str, command: wire.PersonMute) -> list[wire.EventData]:
    """Another's source off; there is no command that switches it on for them."""
    return _change(require(state, command.user), command.source, on=False)


def _change(person: wire.Person, source: wire.Source, *, on: bool) -> list[wire.EventData]:
    if (source in person.tracks) == on:
        return []
    return [wire.TrackChanged(user=person.user, source=source, on=on)]
