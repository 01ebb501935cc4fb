"""Assessments: their settings, which are versioned, and what single learners are given beyond them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from lms.ids import AssessmentId, CourseId, UserId
from lms.questions.model import Line, Markdown, PartId

State = Literal["draft", "published", "archived"]
# What becomes of an answer that arrives after the end and the grace: it is not taken, kept for the teacher to decide, or counted
# while it comes within the late window.
LatePolicy = Literal["refuse", "keep", "count"]
# When a learner sees their score: as soon as it is known, or when the teacher releases all of them.
Release = Literal["at_once", "together"]
Standing = Literal["best", "last", "first", "average"]


class Draw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many items at random out of the bank of the course: those that have all the skills, one of the levels, the language."""

    count: Annotated[int, msgspec.Meta(ge=1, le=200)]
    skills: Annotated[list[Line], msgspec.Meta(max_length=20)] = []
    levels: Annotated[list[int], msgspec.Meta(max_length=10)] = []
    tags: Annotated[list[Line], msgspec.Meta(max_length=20)] = []
    language: str | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an assessment: named items in their order, then what is drawn; each item is worth `points_milli`."""

    id: PartId
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    text: Markdown = ""
    question_ids: Annotated[list[str], msgspec.Meta(max_length=200)] = []
    draws: Annotated[list[Draw], msgspec.Meta(max_length=20)] = []
    points_milli: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 1000
    shuffle: bool = False


class Feedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a learner is shown with a released result."""

    answers: bool = True
    correctness: bool = True
    key: bool = True
    explanation: bool = True


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of an assessment."""

    text: Markdown = ""
    sections: Annotated[list[Section], msgspec.Meta(max_length=40)] = []
    time_limit_minutes: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    grace_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30
    late_policy: LatePolicy = "keep"
    late_window_minutes: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0
    late_penalty_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    attempts_allowed: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    standing: Standing = "best"
    password: Annotated[str, msgspec.Meta(max_length=100)] = ""
    release: Release = "together"
    feedback: Feedback = Feedback()
    category: Annotated[str, msgspec.Meta(max_length=32)] = ""
    second_round: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An assessment of a course at its latest version."""

    assessment_id: AssessmentId
    course_id: CourseId
    version: int
    title: str
    state: State
    opens_at: datetime | None
    closes_at: datetime | None
    released_at: datetime | None
    # The newest version of which everybody enrolled had their attempt made.
    materialised_version: int
    settings: Settings
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accommodation:
    """What one learner is given beyond the settings; `closes_at` stands in for the assessment's."""

    user_id: UserId
    extra_time_percent: int = 0
    extra_attempts: int = 0
    closes_at: datetime | None = None
