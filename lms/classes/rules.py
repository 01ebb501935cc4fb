"""When a class may be opened, closed and joined, and as what somebody joins."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from lms.classes.model import LiveClass, Plan, State
from lms.courses.rules import normal_title
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.identity import ClassRole, CourseRole, Permission, Principal, may

LONGEST = timedelta(hours=24)
FIRST_YEAR = 2000
LAST_YEAR = 2200

# From a state, by a verb, to a state. A class that was closed stays closed: its log has ended.
NEXT: Mapping[tuple[State, str], State] = {
    ("scheduled", "open"): "open",
    ("open", "open"): "open",
    ("scheduled", "close"): "closed",
    ("open", "close"): "closed",
    ("closed", "close"): "closed",
}


def check(who: Principal, live_class: LiveClass | None, permission: Permission) -> LiveClass:
    """The class, if the caller may; NotFound when they may not even see it."""
    if live_class is None or not may(who, "class.see", live_class.course_role):
        raise NotFound("There is no such class.")
    if not may(who, permission, live_class.course_role):
        raise Forbidden("Your role in this class does not allow that.")
    return live_class


def check_plan(plan: Plan) -> Plan:
    """The plan in its normal form; Invalid when its times make no sense."""
    for pointer, moment in (("/starts_at", plan.starts_at), ("/ends_at", plan.ends_at)):
        if moment.tzinfo is None:
            raise Invalid("A time needs its offset from UTC.", pointer=pointer)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise Invalid(f"The year lies from {FIRST_YEAR} to {LAST_YEAR}.", pointer=pointer)
    if plan.ends_at <= plan.starts_at:
        raise Invalid("The end lies after the start.", pointer="/ends_at")
    if plan.ends_at - plan.starts_at > LONGEST:
        raise Invalid("A class lasts at most 24 hours.", pointer="/ends_at")
    return replace(plan, title=normal_title(plan.title))


def check_editable(live_class: LiveClass) -> None:
    """Raise Conflict for a class that is over."""
    if live_class.state == "closed":
        raise Conflict("The class is over.", code="class_closed")


def opened(live_class: LiveClass, now: datetime) -> LiveClass:
    """The class after `open`; opening an open class changes nothing."""
    return _moved(live_class, "open", now)


def closed(live_class: LiveClass, now: datetime) -> LiveClass:
    """The class after `close`; closing a closed class changes nothing."""
    return _moved(live_class, "close", now)


def _moved(live_class: LiveClass, verb: str, now: datetime) -> LiveClass:
    state = NEXT.get((live_class.state, verb))
    if state is None:
        raise Conflict("The class is over and cannot be opened again.", code="class_closed")
    if state == live_class.state:
        return live_class
    return replace(
        live_class,
        state=state,
        opened_at=now if state == "open" else live_class.opened_at,
        closed_at=now if state == "closed" else None,
    )


def role_in_class(who: Principal, course_role: CourseRole | None) -> ClassRole | None:
    """As what this person is in the class; an administrator who is not of the course looks on."""
    if course_role is not None:
        return course_role
    if "proctor" in who.roles:
        return "proctor"
    return "observer" if "admin" in who.roles else None


def admit(who: Principal, live_class: LiveClass) -> ClassRole:
    """The role under which the caller joins; Conflict while the class is not open for them."""
    role = role_in_class(who, live_class.course_role)
    if role is None:
        raise Forbidden("You are not of this class.")
    if live_class.state == "closed":
        raise Conflict("The class is over.", code="class_closed")
    if live_class.state == "scheduled" and role != "teacher":
        raise Conflict("The class is not open yet.", code="class_not_open")
    return role
