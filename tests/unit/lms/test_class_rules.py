"""When a class may be opened, closed, joined, and by whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lms.classes import rules
from lms.classes.model import LiveClass, Plan, State
from lms.errors import Conflict, Forbidden, Invalid, LmsError, NotFound
from lms.identity import ClassRole, CourseRole, Principal, Role
from lms.ids import ClassId, CourseId, SessionId, TenantId, UserId

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def live_class(state: State = "scheduled", course_role: CourseRole | None = None) -> LiveClass:
    return LiveClass(
        class_id=ClassId("c"),
        course_id=CourseId("o"),
        course_title="Waves",
        title="Sound",
        state=state,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        opened_at=None if state == "scheduled" else NOW,
        closed_at=NOW if state == "closed" else None,
        version=1,
        course_role=course_role,
    )


def person(role: Role) -> Principal:
    return Principal(
        tenant_id=TenantId("t"),
        user_id=UserId("u"),
        session_id=SessionId("s"),
        roles=frozenset({role}),
    )


def test_a_class_opens_once_and_closes_for_good() -> None:
    later = NOW + timedelta(minutes=5)
    opened = rules.opened(live_class(), NOW)
    assert (opened.state, opened.opened_at) == ("open", NOW)
    assert rules.opened(opened, later) is opened
    closed = rules.closed(opened, later)
    assert (closed.state, closed.opened_at, closed.closed_at) == ("closed", NOW, later)
    assert rules.closed(closed, later) is closed
    with pytest.raises(Conflict):
        rules.opened(closed, later)


def test_a_class_that_never_opened_can_be_closed() -> None:
    assert rules.closed(live_class(), NOW).state == "closed"


JOINS: list[tuple[Role, CourseRole | None, State, ClassRole | type[LmsError]]] = [
    ("teacher", "teacher", "scheduled", "teacher"),
    ("teacher", "teacher", "open", "teacher"),
    ("teacher", "teacher", "closed", Conflict),
    ("student", "student", "scheduled", Conflict),
    ("student", "student", "open", "student"),
    ("student", "student", "closed", Conflict),
    ("teacher", "student", "open", "student"),
    ("student", "teacher", "scheduled", "teacher"),
    ("proctor", None, "open", "proctor"),
    ("proctor", None, "scheduled", Conflict),
    ("proctor", "teacher", "open", "teacher"),
    ("admin", None, "open", "observer"),
    ("admin", "teacher", "open", "teacher"),
    ("teacher", None, "open", Forbidden),
    ("student", None, "open", Forbidden),
    ("reviewer", None, "open", Forbidden),
]


@pytest.mark.parametrize(("role", "course_role", "state", "expected"), JOINS)
def test_who_joins_as_what(
    role: Role, course_role: CourseRole | None, state: State, expected: ClassRole | type[LmsError]
) -> None:
    one = live_class(state, course_role)
    if isinstance(expected, str):
        assert rules.admit(person(role), one) == expected
    else:
        with pytest.raises(expected):
            rules.admit(person(role), one)


def test_what_somebody_may_not_see_is_not_there() -> None:
    for missing in (None, live_class("open")):
        with pytest.raises(NotFound) as refusal:
            rules.check(person("student"), missing, "class.see")
        assert refusal.value.message == "There is no such class."
    with pytest.raises(Forbidden):
        rules.check(person("student"), live_class("open", "student"), "class.run")


GOOD = Plan(title=" Sound ", starts_at=NOW, ends_at=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("plan", "pointer"),
    [
        (replace(GOOD, ends_at=NOW), "/ends_at"),
        (replace(GOOD, ends_at=NOW - timedelta(hours=1)), "/ends_at"),
        (replace(GOOD, ends_at=NOW + timedelta(hours=25)), "/ends_at"),
        (replace(GOOD, starts_at=NOW.replace(tzinfo=None)), "/starts_at"),
        (replace(GOOD, ends_at=NOW.replace(tzinfo=None)), "/ends_at"),
        (replace(GOOD, starts_at=NOW.replace(year=1)), "/starts_at"),
        (
            replace(
                GOOD, ends_at=datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=9)))
            ),
            "/ends_at",
        ),
        (replace(GOOD, title=" \t"), "/title"),
    ],
)
def test_a_plan_that_makes_no_sense_names_its_fault(plan: Plan, pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_plan(plan)
    assert refusal.value.pointer == pointer


def test_a_good_plan_is_tidied() -> None:
    assert rules.check_plan(GOOD).title == "Sound"
