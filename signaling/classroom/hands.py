"""◇ Raise and lower hands; the queue is in the order in which they went up."""

from signaling import protocol as wire
from signaling.classroom.people import require
from signaling.classroom.state import ClassState
from signaling.errors import Refused


def lift(state: ClassState, by: str) -> list[wire.EventData]:
    """A hand that is up keeps its place."""
    return [] if _is_up(state, by) else [wire.HandRaised(user=by)]


def lower(state: ClassState, by: str, command: wire.HandLower) -> list[wire.EventData]:
    """One's own, or another's as a teacher; a hand that is down stays down."""
    user = command.user or by
    if user != by:
        if state.people[by].role != "teacher":
            raise Refused("Only a teacher may lower another person's hand.")
        require(state, user)
    return [wire.HandLowered(user=user)] if _is_up(state, user) else []


def _is_up(state: ClassState, user: str) -> bool:
    return any(hand.user == user for hand in state.hands)
