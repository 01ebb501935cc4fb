"""A lesson: a text, for now."""

from dataclasses import dataclass
from datetime import datetime

from lms.ids import CourseId, LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson at its place in its course."""

    lesson_id: LessonId
    course_id: CourseId
    title: str
    text: str
    position: int
    version: int
    updated_at: datetime
