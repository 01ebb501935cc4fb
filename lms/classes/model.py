"""A live class on the timetable."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lms.identity import ClassRole, CourseRole
from lms.ids import ClassId, CourseId

State = Literal["scheduled", "open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveClass:
    """One class as one person sees it: `course_role` is theirs."""

    class_id: ClassId
    course_id: CourseId
    course_title: str
    title: str
    state: State
    starts_at: datetime
    ends_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    version: int
    course_role: CourseRole | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a teacher decides about a class."""

    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """That this person may come into this class, and as what."""

    live_class: LiveClass
    role: ClassRole
    name: str
