"""◇ Say to the class that there is a quiz, or that its key is shown; what is asked and who answers what is no matter of the class."""

import msgspec

from signaling import protocol as wire
from signaling.classroom.state import ClassState
from signaling.errors import Refused


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz that somebody who may run the class has posed, or has revealed."""

    quiz: str
    revealed: bool

    @property
    def command_id(self) -> str:
        """Each is told once; the space keeps it apart from every id that a browser can send."""
        return f"quiz {self.quiz} {'revealed' if self.revealed else 'posed'}"


def tell(state: ClassState, command: Tell) -> list[wire.EventData]:
    """A quiz that the class knows stays as it is; a new one takes the place of the one before."""
    if state.closed:
        raise Refused("This class is over.", code="class_closed")
    if command.revealed:
        return [wire.QuizRevealed(quiz=command.quiz)]
    return [wire.QuizPosed(quiz=command.quiz)]
