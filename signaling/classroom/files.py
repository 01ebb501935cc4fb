"""◇ Say to the class that somebody's file is there; its bytes and its address are no matter of the class."""

import msgspec

from signaling import permissions
from signaling import protocol as wire
from signaling.classroom.state import ClassState
from signaling.errors import Refused


class Announce(msgspec.Struct, frozen=True, kw_only=True):
    """A complete file of a person who may come in under this name and role, in the class right now or not."""

    name: str
    role: wire.ClassRole
    file: wire.ClassFile

    @property
    def command_id(self) -> str:
        """A file is announced once."""
        return announced_as(self.file.id)


def announced_as(upload_id: str) -> str:
    """The id of the command; the space keeps it apart from every id that a browser can send."""
    return f"upload {upload_id}"


def announce(state: ClassState, by: str, command: Announce) -> list[wire.EventData]:
    """Whoever may talk in this class may show a file to it, as a line of its chat."""
    if state.closed:
        raise Refused("This class is over.", code="class_closed")
    person = state.people.get(by)
    role = person.role if person else state.roles_given.get(by, command.role)
    permissions.check(role, wire.ChatSend)
    name = person.name if person else command.name
    return [wire.UploadReady(user=by, name=name, file=command.file)]
