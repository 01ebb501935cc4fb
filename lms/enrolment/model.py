"""A person's place in a course."""

from dataclasses import dataclass

from lms.identity import CourseRole
from lms.ids import CourseId, EnrolmentId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One person in one course, with the name under which they are listed."""

    enrolment_id: EnrolmentId
    course_id: CourseId
    user_id: UserId
    name: str
    role: CourseRole
