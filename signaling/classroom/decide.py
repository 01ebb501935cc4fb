"""◇ One command against the state of the class: the events that it makes, or the reason why not."""

from signaling import permissions
from signaling import protocol as wire
from signaling.classroom import chat, files, hands, people, quizzes, tracks
from signaling.classroom.state import ClassState
from signaling.errors import NotInClass

ClassCommand = (
    wire.ClientCommand | people.Join | people.Lose | people.Close | files.Announce | quizzes.Tell
)


def decide(state: ClassState, command: ClassCommand, by: str) -> list[wire.EventData]:
    """At most one event a command, so that a command's id is unique in the log.

    An empty list means that it is so already. Raises SignalingError; time is stamped where the event is numbered.
    """
    match command:
        case people.Join():
            return people.join(state, by, command)
        case people.Lose():
            return people.lose(state, command)
        case people.Close():
            return people.close(state)
        case files.Announce():
            return files.announce(state, by, command)
        case quizzes.Tell():
            return quizzes.tell(state, command)
        case _:
            return _decide_for_person(state, command, by)


def role_in(state: ClassState, user: str) -> wire.ClassRole:
    """The role of a person who must be in the class."""
    person = state.people.get(user)
    if person is None:
        raise NotInClass("You are not in this class (any more).")
    return person.role


def _decide_for_person(
    state: ClassState, command: wire.ClientCommand, by: str
) -> list[wire.EventData]:
    permissions.check(role_in(state, by), type(command))
    match command:
        case wire.ChatSend():
            return chat.send(state, by, command)
        case wire.ChatDelete():
            return chat.delete(state, by, command)
        case wire.HandRaise():
            return hands.lift(state, by)
        case wire.HandLower():
            return hands.lower(state, by, command)
        case wire.TrackSet():
            return tracks.switch(state, by, command)
        case wire.PersonMute():
            return tracks.mute(state, by, command)
        case wire.PersonRole():
            return people.give_role(state, by, command)
        case wire.PersonRemove():
            return people.remove(state, by, command)
        case wire.ClassLeave():
            return people.lose(state, people.Lose(user=by, reason="left"))
