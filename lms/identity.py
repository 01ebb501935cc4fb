"""Who is calling, and the one table of who may do what.

A person stands in a school by their roles, and in a course by their enrolment. A permission names the standings
that have it; nothing else in the house decides about rights outside an open class.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lms.ids import SessionId, TenantId, UserId

Role = Literal["admin", "teacher", "student", "proctor", "reviewer"]
CourseRole = Literal["teacher", "student"]
ClassRole = Literal["teacher", "student", "proctor", "observer"]
Standing = Literal[
    "admin", "teacher", "student", "proctor", "reviewer", "course_teacher", "course_student"
]
Permission = Literal[
    "self",
    "people.see",
    "people.manage",
    "course.create",
    "course.see",
    "course.edit",
    "enrolment.see",
    "enrolment.manage",
    "lesson.see",
    "lesson.edit",
    "class.see",
    "class.schedule",
    "class.run",
    "class.join",
    "question.see",
    "question.edit",
    "assessment.see",
    "assessment.edit",
    "assessment.run",
    "attempt.make",
    "attempt.see",
    "mark.give",
    "grade.see",
    "grade.edit",
    "upload.send",
    "practice.do",
    "practice.assign",
    "skill.see",
    "generation.ask",
    "item.recall",
    "review.do",
    "factory.see",
    "factory.manage",
    "school.manage",
]

EVERYONE: frozenset[Standing] = frozenset({"admin", "teacher", "student", "proctor", "reviewer"})

MAY: Mapping[Permission, frozenset[Standing]] = {
    "self": EVERYONE,
    "people.see": frozenset({"admin", "teacher"}),
    "people.manage": frozenset({"admin"}),
    "course.create": frozenset({"admin", "teacher"}),
    "course.see": frozenset({"admin", "proctor", "course_teacher", "course_student"}),
    "course.edit": frozenset({"admin", "course_teacher"}),
    "enrolment.see": frozenset({"admin", "proctor", "course_teacher"}),
    "enrolment.manage": frozenset({"admin", "course_teacher"}),
    "lesson.see": frozenset({"admin", "proctor", "course_teacher", "course_student"}),
    "lesson.edit": frozenset({"admin", "course_teacher"}),
    "class.see": frozenset({"admin", "proctor", "course_teacher", "course_student"}),
    "class.schedule": frozenset({"admin", "course_teacher"}),
    "class.run": frozenset({"admin", "course_teacher"}),
    "class.join": frozenset({"admin", "proctor", "course_teacher", "course_student"}),
    "question.see": frozenset({"admin", "course_teacher"}),
    "question.edit": frozenset({"admin", "course_teacher"}),
    "assessment.see": frozenset({"admin", "proctor", "course_teacher", "course_student"}),
    "assessment.edit": frozenset({"admin", "course_teacher"}),
    "assessment.run": frozenset({"admin", "course_teacher"}),
    "attempt.make": frozenset({"course_student"}),
    "attempt.see": frozenset({"admin", "proctor", "course_teacher"}),
    "mark.give": frozenset({"admin", "course_teacher"}),
    "grade.see": frozenset({"admin", "course_teacher"}),
    "grade.edit": frozenset({"admin", "course_teacher"}),
    "upload.send": EVERYONE,
    "practice.do": frozenset({"course_student"}),
    "practice.assign": frozenset({"admin", "course_teacher"}),
    "skill.see": frozenset({"admin", "course_teacher"}),
    "generation.ask": frozenset({"admin", "course_teacher"}),
    "item.recall": frozenset({"admin", "course_teacher"}),
    "review.do": frozenset({"reviewer"}),
    "factory.see": frozenset({"admin", "teacher", "reviewer"}),
    "factory.manage": frozenset({"admin"}),
    "school.manage": frozenset({"admin"}),
}

COURSE_STANDING: Mapping[CourseRole, Standing] = {
    "teacher": "course_teacher",
    "student": "course_student",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person of a school who has signed in."""

    tenant_id: TenantId
    user_id: UserId
    session_id: SessionId
    roles: frozenset[Role]


def may(who: Principal, permission: Permission, course_role: CourseRole | None = None) -> bool:
    """Whether this person, standing so in the course in question, may."""
    allowed = MAY[permission]
    if not allowed.isdisjoint(who.roles):
        return True
    return course_role is not None and COURSE_STANDING[course_role] in allowed
