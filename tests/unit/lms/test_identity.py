"""The one table of who may do what."""

import itertools

import pytest

from lms.identity import COURSE_STANDING, MAY, CourseRole, Permission, Principal, Role, may
from lms.ids import SessionId, TenantId, UserId


def person(*roles: Role) -> Principal:
    return Principal(
        tenant_id=TenantId("t"),
        user_id=UserId("u"),
        session_id=SessionId("s"),
        roles=frozenset(roles),
    )


@pytest.mark.parametrize("permission", sorted(MAY))
@pytest.mark.parametrize("role", ["admin", "teacher", "student", "proctor", "reviewer"])
@pytest.mark.parametrize("course_role", [None, "teacher", "student"])
def test_somebody_may_when_a_standing_of_theirs_has_it(
    permission: Permission, role: Role, course_role: CourseRole | None
) -> None:
    standings = {role} | ({COURSE_STANDING[course_role]} if course_role else set())
    assert may(person(role), permission, course_role) == bool(standings & MAY[permission])


def test_a_teacher_of_the_school_has_no_rights_in_a_course_of_others() -> None:
    in_courses = [one for one in MAY if one.split(".")[0] in ("lesson", "class", "enrolment")]
    for permission in [*in_courses, "course.see", "course.edit"]:
        assert not may(person("teacher"), permission, None)


def test_a_student_changes_nothing() -> None:
    changing = {"people.manage", "course.create", "course.edit", "enrolment.manage"}
    changing |= {"lesson.edit", "class.schedule", "class.run"}
    for permission, course_role in itertools.product(changing, (None, "student")):
        assert not may(person("student"), permission, course_role)  # type: ignore[arg-type]


def test_several_roles_add_up() -> None:
    assert may(person("student", "teacher"), "course.create")
    assert may(person("reviewer", "admin"), "people.manage")
