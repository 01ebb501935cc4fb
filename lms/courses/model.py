"""A course."""

from dataclasses import dataclass
from datetime import datetime

from lms.identity import CourseRole
from lms.ids import CourseId


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One course as one person sees it: `my_role` is theirs."""

    course_id: CourseId
    title: str
    archived: bool
    version: int
    created_at: datetime
    people: int
    my_role: CourseRole | None
