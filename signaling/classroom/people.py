"""◇ Who may come in, and what takes a person out or gives them a role."""

from typing import Literal

import msgspec

from signaling import protocol as wire
from signaling.classroom.state import ClassState
from signaling.errors import NotInClass, Refused

PEOPLE_MAX = 1000


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """A person at the door with a good token; `fresh` unless the same page comes back with its state."""

    name: str
    role: wire.ClassRole
    token_issued_at: float
    fresh: bool


class Lose(msgspec.Struct, frozen=True, kw_only=True):
    """A person whose link has been silent for too long, or who may not be here any more."""

    user: str
    reason: Literal["left", "lost", "removed"]


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """The class is over."""


def join(state: ClassState, by: str, command: Join) -> list[wire.EventData]:
    """Nothing is logged for a page that comes back before it was missed."""
    if state.closed:
        raise Refused("This class is over.", code="class_closed")
    refuse_removed(state.shut_until_ms.get(by), command.token_issued_at)
    person = state.people.get(by)
    if person is None and len(state.people) >= PEOPLE_MAX:
        raise Refused("This class is full.", code="class_full")
    if person is not None and not (command.fresh and person.tracks):
        return []
    role = state.roles_given.get(by, command.role)
    return [wire.PersonJoined(user=by, name=command.name, role=role)]


def refuse_removed(shut_until_ms: int | None, token_issued_at: float) -> None:
    """Whom a teacher took out stays out, with a token from before as with one that is made meanwhile."""
    if shut_until_ms is not None and token_issued_at * 1000 <= shut_until_ms:
        raise Refused("You were removed from this class.", code="removed")


def lose(state: ClassState, command: Lose) -> list[wire.EventData]:
    """Leaving twice is leaving once."""
    if command.user not in state.people:
        return []
    return [wire.PersonLeft(user=command.user, reason=command.reason)]


def remove(state: ClassState, by: str, command: wire.PersonRemove) -> list[wire.EventData]:
    """A teacher takes another person out."""
    if command.user == by:
        raise Refused("You cannot remove yourself: leave the class.")
    require(state, command.user)
    return [wire.PersonLeft(user=command.user, reason="removed")]


def give_role(state: ClassState, by: str, command: wire.PersonRole) -> list[wire.EventData]:
    """A teacher gives another person a role; nobody changes their own, so a class keeps its teacher."""
    if command.user == by:
        raise Refused("You cannot change your own role.")
    if require(state, command.user).role == command.role:
        return []
    return [wire.RoleGiven(user=command.user, role=command.role)]


def close(state: ClassState) -> list[wire.EventData]:
    """Closing twice is closing once."""
    return [] if state.closed else [wire.ClassClosed()]


def require(state: ClassState, user: str) -> wire.Person:
    """The person, who must be in the class."""
    person = state.people.get(user)
    if person is None:
        raise NotInClass("That person is not in the class.")
    return person
