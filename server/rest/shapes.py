"""Bodies and replies of the REST API as frozen structs: the one source of openapi.json and web/src/protocol/api.ts.

Ids are UUIDv7 strings. Times are RFC 3339 in UTC. Lists answer a page: {items, next_cursor}.
"""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

import msgspec

from lms import identity
from lms.classes import model

Role = identity.Role
CourseRole = identity.CourseRole
ClassRole = identity.ClassRole
ClassState = model.State

Id = Annotated[
    str,
    msgspec.Meta(
        min_length=36,
        max_length=36,
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$",
    ),
]
Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Password = Annotated[str, msgspec.Meta(min_length=10, max_length=128)]
LessonText = Annotated[str, msgspec.Meta(max_length=200_000)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]

Item = TypeVar("Item")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root of what a caller sends."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Root of what the server answers."""


class Page(Reply, Generic[Item], frozen=True, kw_only=True):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[Item]
    next_cursor: str | None


class Fault(Reply, frozen=True, kw_only=True):
    """One fault of a body: where (a JSON pointer) and what."""

    pointer: str
    detail: str


class Problem(Reply, frozen=True, kw_only=True):
    """RFC 9457 problem+json with a stable `code`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    trace_id: str
    errors: list[Fault] = []


# --- Sign-in -----------------------------------------------------------------------------------


class SignIn(Body, frozen=True, kw_only=True):
    """`school` is needed only where the host name does not tell it and there are several."""

    email: str
    password: Annotated[str, msgspec.Meta(max_length=128)]
    school: str | None = None


class User(Reply, frozen=True, kw_only=True):
    """One person of the school."""

    id: str
    email: str
    name: str
    roles: list[Role]
    active: bool
    created_at: Time


class Session(Reply, frozen=True, kw_only=True):
    """`refresh_token` is null for browsers, which keep it in a cookie (they send `Lectern-Client: browser`)."""

    access_token: str
    refresh_token: str | None
    expires_in: int
    user: User


class Refresh(Body, frozen=True, kw_only=True):
    """API clients send the refresh token here, browsers send the cookie and an empty object."""

    refresh_token: str | None = None


class School(Reply, frozen=True, kw_only=True):
    """The school of the caller."""

    id: str
    slug: str
    name: str


class Me(Reply, frozen=True, kw_only=True):
    """Who is calling."""

    user: User
    school: School


# --- People ------------------------------------------------------------------------------------


class NewUser(Body, frozen=True, kw_only=True):
    """Without a password one is made and returned once."""

    email: Email
    name: Name
    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=5)]
    password: Password | None = None


class CreatedUser(Reply, frozen=True, kw_only=True):
    """`initial_password` is set only when the server made it; it is not shown again."""

    user: User
    initial_password: str | None


class UserChange(Body, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=5)] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    active: bool | msgspec.UnsetType = msgspec.UNSET


class PasswordReset(Reply, frozen=True, kw_only=True):
    """The new password, shown once; every session of the person is ended."""

    password: str


class ImportedRow(Reply, frozen=True, kw_only=True):
    """What became of one CSV row (email,name,roles with ';' between roles)."""

    row: int
    email: str
    outcome: Literal["created", "exists", "invalid"]
    detail: str | None
    initial_password: str | None


class ImportReport(Reply, frozen=True, kw_only=True):
    """Rows in the order of the file; good rows are kept though others are bad."""

    created: int
    rows: list[ImportedRow]


# --- Courses -----------------------------------------------------------------------------------


class NewCourse(Body, frozen=True, kw_only=True):
    title: Title


class CourseChange(Body, frozen=True, kw_only=True):
    title: Title | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class Course(Reply, frozen=True, kw_only=True):
    """`my_role` is the caller's role in it (null for an admin who is not enrolled)."""

    id: str
    title: str
    archived: bool
    my_role: CourseRole | None
    people: int
    created_at: Time


class NewEnrolment(Body, frozen=True, kw_only=True):
    """The person by exactly one of `user_id` and `email`."""

    user_id: Id | None = None
    email: Email | None = None
    role: CourseRole


class Enrolment(Reply, frozen=True, kw_only=True):
    id: str
    user_id: str
    name: str
    role: CourseRole


class NewLesson(Body, frozen=True, kw_only=True):
    title: Title
    text: LessonText


class LessonChange(Body, frozen=True, kw_only=True):
    title: Title | msgspec.UnsetType = msgspec.UNSET
    text: LessonText | msgspec.UnsetType = msgspec.UNSET


class Lesson(Reply, frozen=True, kw_only=True):
    """A text, for now."""

    id: str
    course_id: str
    title: str
    text: str
    position: int
    updated_at: Time


# --- Classes -----------------------------------------------------------------------------------


class NewClass(Body, frozen=True, kw_only=True):
    """A time on the timetable."""

    title: Title
    starts_at: Time
    ends_at: Time


class ClassChange(Body, frozen=True, kw_only=True):
    title: Title | msgspec.UnsetType = msgspec.UNSET
    starts_at: Time | msgspec.UnsetType = msgspec.UNSET
    ends_at: Time | msgspec.UnsetType = msgspec.UNSET


class LiveClass(Reply, frozen=True, kw_only=True):
    """One class; `state` is open between open and close."""

    id: str
    course_id: str
    course_title: str
    title: str
    state: ClassState
    starts_at: Time
    ends_at: Time
    opened_at: Time | None
    closed_at: Time | None
    my_role: ClassRole | None


class IceServer(Reply, frozen=True, kw_only=True):
    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Join(Reply, frozen=True, kw_only=True):
    """`token` opens the socket (and WHIP, WHEP) for this person and class; `socket` is the Socket.IO path."""

    token: str
    role: ClassRole
    socket: str
    namespace: str
    ice_servers: list[IceServer]
    epoch: int
    expires_in: int


# --- Operations --------------------------------------------------------------------------------


class ComponentStatus(Reply, frozen=True, kw_only=True):
    """One component as its probes see it."""

    name: Literal["web", "database", "redis", "workers", "classes", "media"]
    state: Literal["ok", "degraded", "down"]
    since: Time
    detail: str


class Status(Reply, frozen=True, kw_only=True):
    """The status page as JSON."""

    state: Literal["ok", "degraded", "down"]
    checked_at: Time
    components: list[ComponentStatus]


# --- The school --------------------------------------------------------------------------------


class SchoolSettings(Reply, frozen=True, kw_only=True):
    """What the school has set: `reviewers` look at an item of the factory that is risky or of the sample; the band is the chance of a
    right answer that lessons of the tutor aim at, in thousandths."""

    reviewers: int
    band_low_milli: int
    band_high_milli: int


class SchoolSettingsChange(Body, frozen=True, kw_only=True):
    """All of it as it should be."""

    reviewers: Annotated[int, msgspec.Meta(ge=1, le=2)]
    band_low_milli: Annotated[int, msgspec.Meta(ge=500, le=900)]
    band_high_milli: Annotated[int, msgspec.Meta(ge=550, le=950)]
