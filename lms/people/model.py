"""A person of a school."""

from dataclasses import dataclass
from datetime import datetime

from lms.identity import Role
from lms.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person; an inactive one cannot sign in, but what they did stays."""

    user_id: UserId
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person as sign-in sees them."""

    person: Person
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an administrator changes of a person; None stays as it is."""

    name: str | None = None
    roles: tuple[Role, ...] | None = None
    active: bool | None = None
