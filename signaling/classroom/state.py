"""◇ The state of a class as its log makes it: `apply(state, event)`, and the snapshot that joiners get.

The browser folds the same events the same way (web/src/core/classroom.ts); tests/vectors/class_histories.json holds
both to it. What a browser is not shown (who was removed, which roles were given) is kept in the state beside it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from signaling import protocol as wire

CHAT_KEPT = 200
CLASS_ITSELF = "class"
REMOVED_FOR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassState:
    """One class after its events so far; `people` is in the order in which they came."""

    closed: bool = False
    people: Mapping[str, wire.Person] = field(default_factory=dict)
    chat: tuple[wire.ChatLine, ...] = ()
    hands: tuple[wire.Hand, ...] = ()
    quiz: wire.QuizNow | None = None
    roles_given: Mapping[str, wire.ClassRole] = field(default_factory=dict)
    # A token from before this time lets the person in no more.
    shut_until_ms: Mapping[str, int] = field(default_factory=dict)


def snapshot(state: ClassState) -> wire.State:
    """What a joiner sees."""
    return wire.State(
        closed=state.closed,
        people=list(state.people.values()),
        chat=list(state.chat),
        hands=list(state.hands),
        quiz=state.quiz,
    )


def apply(state: ClassState, event: wire.Event) -> ClassState:
    """The state after one more event."""
    return _APPLY[type(event.data)](state, event, event.data)


def fold(state: ClassState, events: Iterable[wire.Event]) -> ClassState:
    """The state after all of these, in order."""
    for event in events:
        state = apply(state, event)
    return state


def encode_state(state: ClassState) -> bytes:
    """The whole state, for the snapshot row that a new owner starts from."""
    return msgspec.json.encode(state)


def decode_state(raw: bytes) -> ClassState:
    """The inverse of `encode_state`."""
    return msgspec.json.decode(raw, type=ClassState)


def _joined(state: ClassState, event: wire.Event, data: wire.PersonJoined) -> ClassState:
    """Who is here already keeps place and time of joining: a reload must not move anybody's tile."""
    before = state.people.get(data.user)
    person = wire.Person(
        user=data.user,
        name=data.name,
        role=data.role,
        joined_at=before.joined_at if before else event.at,
        tracks=[],
    )
    return replace(state, people={**state.people, data.user: person})


def _left(state: ClassState, event: wire.Event, data: wire.PersonLeft) -> ClassState:
    shut = state.shut_until_ms
    if data.reason == "removed":
        shut = {**shut, data.user: event.at + _shut_for_ms(event)}
    return replace(
        state,
        people={user: person for user, person in state.people.items() if user != data.user},
        hands=_without(state.hands, data.user),
        shut_until_ms=shut,
    )


def _shut_for_ms(event: wire.Event) -> int:
    """Whom a teacher sends out stays out for an hour; who lost their place in the course may be given it again."""
    return 0 if event.by == CLASS_ITSELF else REMOVED_FOR_MS


def _role_given(state: ClassState, _event: wire.Event, data: wire.RoleGiven) -> ClassState:
    state = replace(state, roles_given={**state.roles_given, data.user: data.role})
    return _with_person(state, data.user, role=data.role)


def _said(state: ClassState, event: wire.Event, data: wire.ChatSaid) -> ClassState:
    line = wire.ChatLine(
        seq=event.seq, at=event.at, user=data.user, name=data.name, text=data.text
    )
    return replace(state, chat=(*state.chat, line)[-CHAT_KEPT:])


def _sent(state: ClassState, event: wire.Event, data: wire.UploadReady) -> ClassState:
    line = wire.ChatLine(
        seq=event.seq,
        at=event.at,
        user=data.user,
        name=data.name,
        text=data.file.name,
        file=data.file,
    )
    return replace(state, chat=(*state.chat, line)[-CHAT_KEPT:])


def _deleted(state: ClassState, _event: wire.Event, data: wire.ChatDeleted) -> ClassState:
    chat = tuple(
        msgspec.structs.replace(line, text=None, file=msgspec.UNSET)
        if line.seq == data.message
        else line
        for line in state.chat
    )
    return replace(state, chat=chat)


def _raised(state: ClassState, event: wire.Event, data: wire.HandRaised) -> ClassState:
    hand = wire.Hand(user=data.user, at=event.at)
    return replace(state, hands=(*_without(state.hands, data.user), hand))


def _lowered(state: ClassState, _event: wire.Event, data: wire.HandLowered) -> ClassState:
    return replace(state, hands=_without(state.hands, data.user))


def _track_changed(state: ClassState, _event: wire.Event, data: wire.TrackChanged) -> ClassState:
    person = state.people.get(data.user)
    if person is None:
        return state
    tracks = [source for source in person.tracks if source != data.source]
    return _with_person(state, data.user, tracks=[*tracks, data.source] if data.on else tracks)


def _posed(state: ClassState, _event: wire.Event, data: wire.QuizPosed) -> ClassState:
    return replace(state, quiz=wire.QuizNow(quiz=data.quiz, revealed=False))


def _revealed(state: ClassState, _event: wire.Event, data: wire.QuizRevealed) -> ClassState:
    """Of an older quiz it changes nothing: the latest stays in view."""
    if state.quiz is None or state.quiz.quiz != data.quiz:
        return state
    return replace(state, quiz=wire.QuizNow(quiz=data.quiz, revealed=True))


def _closed(state: ClassState, _event: wire.Event, _data: wire.ClassClosed) -> ClassState:
    return replace(state, closed=True, people={}, hands=(), quiz=None)


def _with_person(state: ClassState, user: str, **changes: Any) -> ClassState:
    person = state.people.get(user)
    if person is None:
        return state
    changed = msgspec.structs.replace(person, **changes)
    return replace(state, people={**state.people, user: changed})


def _without(hands: tuple[wire.Hand, ...], user: str) -> tuple[wire.Hand, ...]:
    return tuple(hand for hand in hands if hand.user != user)


# One fold a kind of event; mypy cannot tie a key's type to its function's last argument, hence Any.
_APPLY: Mapping[type, Callable[[ClassState, wire.Event, Any], ClassState]] = {
    wire.PersonJoined: _joined,
    wire.PersonLeft: _left,
    wire.RoleGiven: _role_given,
    wire.ChatSaid: _said,
    wire.ChatDeleted: _deleted,
    wire.UploadReady: _sent,
    wire.HandRaised: _raised,
    wire.HandLowered: _lowered,
    wire.TrackChanged: _track_changed,
    wire.QuizPosed: _posed,
    wire.QuizRevealed: _revealed,
    wire.ClassClosed: _closed,
}
