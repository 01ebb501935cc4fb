"""A file is shown to a class by whoever may talk there."""

import pytest

from signaling import protocol as wire
from signaling.classroom.files import Announce, announce
from signaling.classroom.state import ClassState
from signaling.errors import BadMessage, Refused

FILE = wire.ClassFile(id="u", name="notes.pdf", type="application/pdf", size=1)


def a_file(role: wire.ClassRole = "student") -> Announce:
    return Announce(name="Bob B.", role=role, file=FILE)


def in_class(role: wire.ClassRole) -> ClassState:
    bob = wire.Person(user="bob", name="Bob", role=role, joined_at=1, tracks=[])
    return ClassState(people={"bob": bob})


def test_who_is_there_shows_it_under_the_name_they_have_there() -> None:
    assert announce(in_class("student"), "bob", a_file()) == [
        wire.UploadReady(user="bob", name="Bob", file=FILE)
    ]


def test_who_has_left_the_page_meanwhile_shows_it_too() -> None:
    assert announce(ClassState(), "bob", a_file()) == [
        wire.UploadReady(user="bob", name="Bob B.", file=FILE)
    ]


@pytest.mark.parametrize(
    ("state", "role", "code"),
    [
        (ClassState(closed=True), "teacher", "class_closed"),
        (ClassState(), "observer", "forbidden"),
        (in_class("observer"), "student", "forbidden"),
        (ClassState(roles_given={"bob": "observer"}), "student", "forbidden"),
    ],
)
def test_nothing_is_shown_to_a_closed_class_or_by_who_may_not_talk(
    state: ClassState, role: wire.ClassRole, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        announce(state, "bob", a_file(role))
    assert refused.value.code == code


def test_no_browser_can_take_the_id_of_an_announcement() -> None:
    with pytest.raises(BadMessage):
        wire.parse("chat.send", {"id": a_file().command_id, "text": "x"})
