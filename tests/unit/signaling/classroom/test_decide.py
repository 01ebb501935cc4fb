"""Who may do what in a class, and what comes of it, rule by rule."""

from typing import get_args

import pytest

from signaling import permissions
from signaling import protocol as wire
from signaling.classroom import chat, people
from signaling.classroom.decide import ClassCommand, decide
from signaling.classroom.state import ClassState
from signaling.errors import SignalingError
from tests.unit.signaling.classroom.histories import ROLES, play
from tests.unit.signaling.classroom.vectors import History, join

CLASS: History = [
    ("tess", join("Tess", "teacher")),
    ("sam", join("Sam")),
    ("sue", join("Sue")),
    ("pat", join("Pat", "proctor")),
    ("ola", join("Ola", "observer")),
]


def after(*more: tuple[str, ClassCommand]) -> ClassState:
    return play([*CLASS, *more])[-1].state


def refusal(state: ClassState, by: str, command: ClassCommand) -> str:
    with pytest.raises(SignalingError) as caught:
        decide(state, command, by)
    return caught.value.code


STUDENTS = {
    "chat.send",
    "chat.delete",
    "chat.typing",
    "hand.raise",
    "hand.lower",
    "track.set",
    "reaction.send",
    "media.publish",
}
EVERYONE = {"beat", "class.leave", "media.subscribe", "media.answer", "media.want"}
TEACHERS = {"person.mute", "person.role", "person.remove"}
WHO_MAY: dict[wire.ClassRole, set[str]] = {
    "teacher": EVERYONE | STUDENTS | TEACHERS,
    "student": EVERYONE | STUDENTS,
    "proctor": EVERYONE | {"chat.send", "chat.delete", "chat.typing"},
    "observer": EVERYONE,
}


@pytest.mark.parametrize("event", sorted(wire.MESSAGES))
@pytest.mark.parametrize("role", get_args(wire.ClassRole))
def test_role_and_message(role: wire.ClassRole, event: str) -> None:
    assert permissions.may(role, wire.MESSAGES[event]) == (event in WHO_MAY[role])


@pytest.mark.parametrize("role", ROLES)
def test_the_roles_of_the_table_are_those_of_the_wire(role: wire.ClassRole) -> None:
    assert role in permissions.MAY
    assert permissions.MAY.keys() == set(get_args(wire.ClassRole))


@pytest.mark.parametrize(
    ("by", "command", "code"),
    [
        ("nobody", wire.ChatSend(id="1", text="hi"), "not_in_class"),
        ("ola", wire.ChatSend(id="1", text="hi"), "forbidden"),
        ("sam", wire.ChatSend(id="1", text=" \u0000 "), "chat_empty"),
        ("sam", wire.ChatSend(id="1", text="ü" * 1025), "chat_too_long"),
        ("sam", wire.ChatDelete(id="1", message=99), "not_found"),
        ("pat", wire.HandRaise(id="1"), "forbidden"),
        ("sam", wire.HandLower(id="1", user="sue"), "forbidden"),
        ("tess", wire.HandLower(id="1", user="nobody"), "not_in_class"),
        ("sam", wire.PersonMute(id="1", user="sue", source="mic"), "forbidden"),
        ("tess", wire.PersonMute(id="1", user="nobody", source="mic"), "not_in_class"),
        ("tess", wire.PersonRole(id="1", user="tess", role="student"), "forbidden"),
        ("tess", wire.PersonRemove(id="1", user="tess"), "forbidden"),
        ("sam", wire.PersonRemove(id="1", user="tess"), "forbidden"),
    ],
)
def test_refused(by: str, command: ClassCommand, code: str) -> None:
    assert refusal(after(), by, command) == code


@pytest.mark.parametrize(
    ("by", "command"),
    [
        ("sam", wire.HandLower(id="1")),
        ("tess", wire.PersonMute(id="1", user="sam", source="mic")),
        ("tess", wire.PersonRole(id="1", user="sam", role="student")),
        ("sam", wire.TrackSet(id="1", source="mic", on=False)),
        ("sam", join("Sam", fresh=False)),
        ("class", people.Lose(user="nobody", reason="lost")),
    ],
)
def test_what_is_so_already_is_not_logged(by: str, command: ClassCommand) -> None:
    assert decide(after(), command, by) == []


def test_a_message_is_taken_back_by_its_author_or_a_teacher() -> None:
    state = after(("sam", wire.ChatSend(id="1", text="oops")))
    delete = wire.ChatDelete(id="2", message=len(CLASS) + 1)
    assert refusal(state, "sue", delete) == "forbidden"
    assert decide(state, delete, "sam") == decide(state, delete, "tess") != []


def again(issued_at_ms: int) -> people.Join:
    return people.Join(
        name="Sam", role="student", token_issued_at=issued_at_ms / 1000, fresh=False
    )


def test_whom_a_teacher_removed_stays_out_for_an_hour() -> None:
    state = after(("tess", wire.PersonRemove(id="1", user="sam")))
    until_ms = state.shut_until_ms["sam"]

    assert refusal(state, "sam", again(until_ms - 3_600_000)) == "removed"
    assert refusal(state, "sam", again(until_ms - 1)) == "removed"
    assert decide(state, again(until_ms + 1), "sam") != []


def test_who_lost_the_place_in_the_course_needs_a_new_token() -> None:
    state = after(("class", people.Lose(user="sam", reason="removed")))
    removed_at_ms = state.shut_until_ms["sam"]

    assert refusal(state, "sam", again(removed_at_ms - 1)) == "removed"
    assert decide(state, again(removed_at_ms + 1), "sam") != []


def test_nobody_enters_a_class_that_is_over() -> None:
    state = after(("class", people.Close()))
    assert refusal(state, "sam", join("Sam")) == "class_closed"
    assert decide(state, people.Close(), "class") == []


def test_a_full_class_takes_nobody_more() -> None:
    state = play([(f"u{n}", join("U")) for n in range(people.PEOPLE_MAX)])[-1].state
    assert refusal(state, "late", join("Late")) == "class_full"
    assert decide(state, join("U", fresh=False), "u1") == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  hi\r\nthere\t! ", "hi\nthere\t!"),
        ("a\u202eb\u2066c\ud800d\u0007", "abcd"),
        ("👨\u200d👩\u200d👧 \u200fشكر", "👨\u200d👩\u200d👧 \u200fشكر"),
    ],
)
def test_what_cannot_be_seen_is_dropped_from_chat(said: str, kept: str) -> None:
    assert chat.clean(said) == kept
