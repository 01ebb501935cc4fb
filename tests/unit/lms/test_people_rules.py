"""What may be said of a person, and how a CSV of people is read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.errors import Conflict, Invalid
from lms.ids import UserId
from lms.people import rules
from lms.people.model import Change, Person

HEAD = "email,name,roles\n"


def person(*roles: str, active: bool = True) -> Person:
    return Person(
        user_id=UserId("u"),
        email="a@b.c",
        name="A",
        roles=rules.ordered_roles(roles),  # type: ignore[arg-type]
        active=active,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_an_address_has_one_spelling() -> None:
    assert rules.normal_email("  Ana.B@School.ORG ") == "ana.b@school.org"


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "a\nb", "x" * 121])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        rules.normal_name(name)


def test_roles_stand_once_and_in_order() -> None:
    assert rules.ordered_roles(["student", "admin", "student"]) == ("admin", "student")


@pytest.mark.parametrize("change", [Change(active=False), Change(roles=("teacher",))])
def test_nobody_takes_the_administration_from_themselves(change: Change) -> None:
    with pytest.raises(Conflict):
        rules.changed(person("admin"), change, by_themselves=True)
    rules.changed(person("admin"), change, by_themselves=False)


def test_other_roles_and_deactivation_void_what_was_given_before() -> None:
    before = person("teacher", "student")
    same = rules.changed(
        before, Change(name="B", roles=("student", "teacher")), by_themselves=False
    )
    assert not rules.voids(before, same)
    assert rules.voids(
        before, rules.changed(before, Change(roles=("student",)), by_themselves=False)
    )
    gone = rules.changed(before, Change(active=False), by_themselves=False)
    assert rules.voids(before, gone)
    assert not rules.voids(gone, rules.changed(gone, Change(active=True), by_themselves=False))


def test_a_csv_keeps_its_good_rows_and_names_the_fault_of_each_bad_one() -> None:
    rows = rules.read_csv(
        (
            "\ufeffEmail, Name ,roles\r\n"
            'Ana@school.org,"Álvarez, Ana",student;teacher\r\n'
            "\r\n"
            "nobody,No Body,student\r\n"
            "ana@SCHOOL.org,Ana again,student\r\n"
            "b@school.org,,student\r\n"
            "c@school.org,C,pirate\r\n"
            "d@school.org,D\r\n"
            "e@school.org,ليلى,student\r\n"
        ).encode()
    )
    assert [(row.number, row.fault is None) for row in rows] == [
        (2, True),
        (3, False),
        (4, False),
        (5, False),
        (6, False),
        (7, False),
        (8, True),
    ]
    assert rows[0].email == "ana@school.org"
    assert rows[0].name == "Álvarez, Ana"
    assert rows[0].roles == ("teacher", "student")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "csv_header"),
        (b"name,email,roles\n", "csv_header"),
        (HEAD.encode() + b"\xff\xfe", "csv_encoding"),
        ((HEAD + '"unfinished').encode(), "csv_form"),
        (HEAD.encode() + b"a\x00@b.c,A,student\n", "csv_form"),
        ((HEAD + "a@b.c,A,student\n" * 1001).encode(), "csv_too_long"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.read_csv(data)
    assert refusal.value.code == code


@given(st.binary(max_size=300))
def test_whatever_the_bytes_reading_ends_in_rows_or_a_refusal(data: bytes) -> None:
    try:
        rows = rules.read_csv(HEAD.encode() + data)
    except Invalid:
        return
    for row in rows:
        assert row.fault is not None or (row.roles and row.name)
