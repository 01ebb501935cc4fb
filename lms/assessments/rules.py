"""What an assessment may be, who may do what with it, and who may begin when."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from lms.assessments.model import Accommodation, Section, Settings, State
from lms.assessments.timing import Window
from lms.courses.model import Course
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.identity import Permission, Principal, may

ITEMS_MAX = 300
PAPER_BYTES_MAX = 2_000_000
FIRST_YEAR = 2000
LAST_YEAR = 2200

# From a state, by a verb, to a state. A draft is seen by those alone who write it.
NEXT: Mapping[tuple[State, str], State] = {
    ("draft", "publish"): "published",
    ("published", "publish"): "published",
    ("archived", "publish"): "published",
    ("draft", "archive"): "archived",
    ("published", "archive"): "archived",
    ("archived", "archive"): "archived",
}


def check(who: Principal, course: Course | None, state: State, permission: Permission) -> Course:
    """The course, if the caller may do this with an assessment of it; NotFound when they may not even see it."""
    if course is None or not sees(who, course, state):
        raise NotFound("There is no such assessment.")
    if not may(who, permission, course.my_role):
        raise Forbidden("Your role in this course does not allow that.")
    return course


def sees(who: Principal, course: Course, state: State) -> bool:
    """Whether the caller may know that it is there."""
    writes = may(who, "assessment.edit", course.my_role)
    return writes or (state != "draft" and may(who, "assessment.see", course.my_role))


def check_settings(settings: Settings) -> Settings:
    """The settings, if they make sense by themselves."""
    sections = settings.sections
    if len({section.id for section in sections}) != len(sections):
        raise Invalid("Two sections have the same id.", pointer="/settings/sections")
    by_id = named(settings)
    if len(set(by_id)) != len(by_id):
        raise Invalid("A question is named twice.", pointer="/settings/sections")
    if items(settings) > ITEMS_MAX:
        raise Invalid(
            f"An assessment has {ITEMS_MAX} items at most.", pointer="/settings/sections"
        )
    return settings


def items(settings: Settings) -> int:
    """How many items an attempt has."""
    return sum(_asked(section) for section in settings.sections)


def possible_milli(settings: Settings) -> int:
    """What all items of an attempt are worth."""
    return sum(_asked(section) * section.points_milli for section in settings.sections)


def _asked(section: Section) -> int:
    return len(section.question_ids) + sum(draw.count for draw in section.draws)


def named(settings: Settings) -> list[str]:
    """The questions that are asked by their ids."""
    return [one for section in settings.sections for one in section.question_ids]


def check_times(opens_at: datetime | None, closes_at: datetime | None) -> None:
    """Raise Invalid for a time out of this world, or a closing that is not after the opening."""
    check_moment(opens_at, "/opens_at")
    check_moment(closes_at, "/closes_at")
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise Invalid("It closes before it opens.", pointer="/closes_at")


def check_moment(moment: datetime | None, pointer: str) -> None:
    """Raise Invalid for a time out of this world."""
    if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Invalid("This time cannot be meant.", pointer=pointer)


def check_not_empty(settings: Settings) -> None:
    """Raise Conflict when there is nothing to be asked."""
    if not items(settings):
        raise Conflict("The assessment asks nothing yet.", code="assessment_empty")


def check_size(paper_bytes: int) -> None:
    """Raise Conflict when a paper could be more than a browser is sent at a start."""
    if paper_bytes > PAPER_BYTES_MAX:
        raise Conflict(
            f"The questions of an attempt may have {PAPER_BYTES_MAX // 1_000_000} MB of text at most.",
            code="paper_too_large",
        )


def check_published(state: State) -> None:
    """Raise Conflict unless it may be taken."""
    if state != "published":
        raise Conflict("The assessment is not published.", code="not_published")


def check_window(window: Window, now: datetime) -> None:
    """Raise Conflict outside the time in which this learner may begin: from the opening until before the closing."""
    if window.opens_at is not None and now < window.opens_at:
        raise Conflict("The assessment is not open yet.", code="assessment_not_open")
    if window.closes_at is not None and now >= window.closes_at:
        raise Conflict("The assessment is closed.", code="assessment_closed")


def check_password(wanted: str, given: str) -> None:
    """Raise Forbidden for a wrong password; how long that takes tells nothing of the right one."""
    if wanted and not hmac.compare_digest(wanted.encode(), given.encode()):
        raise Forbidden("The password of the assessment is not right.", code="password_wrong")


def allowed(settings: Settings, given: Accommodation | None) -> int:
    """How many attempts this learner has."""
    return settings.attempts_allowed + (given.extra_attempts if given else 0)


def check_left(used: int, allowed: int) -> None:
    """Raise Conflict when no attempt is left."""
    if used >= allowed:
        raise Conflict("All attempts that are allowed have been used.", code="attempts_used_up")
