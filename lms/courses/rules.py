"""What a course allows to whom, and how versions are compared."""

from lms.courses.model import Course
from lms.errors import Conflict, Forbidden, NotFound, Stale
from lms.identity import Permission, Principal, may
from lms.text import tidy

TITLE_MAX_CHARS = 200


def check(who: Principal, course: Course | None, permission: Permission) -> Course:
    """The course, if the caller may; NotFound when they may not even see it, so that ids tell nothing."""
    if course is None or not may(who, "course.see", course.my_role):
        raise NotFound("There is no such course.")
    if not may(who, permission, course.my_role):
        raise Forbidden("Your role in this course does not allow that.")
    return course


def check_version(stands: int, expected: int) -> None:
    """Raise Stale unless the caller decided on what stands."""
    if stands != expected:
        raise Stale("It was changed in the meantime: load it again and decide anew.")


def check_live(course: Course) -> None:
    """Raise Conflict for a course that is kept only to be looked at."""
    if course.archived:
        raise Conflict("The course is archived.", code="course_archived")


def normal_title(title: str) -> str:
    """The title as it is kept."""
    return tidy(title, called="title", longest=TITLE_MAX_CHARS)
