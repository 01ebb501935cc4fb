"""What may be said of a person, and how a CSV of people is read."""

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import get_args

from lms.errors import Conflict, Invalid
from lms.identity import Role
from lms.people.model import Change, Person
from lms.text import tidy

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
EMAIL_MAX_CHARS = 254
NAME_MAX_CHARS = 120
ROLES: tuple[Role, ...] = get_args(Role)
IMPORT_MAX_ROWS = 1000
HEADER = ["email", "name", "roles"]


def normal_email(email: str) -> str:
    """The one spelling under which an address is kept and looked up."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def normal_name(name: str) -> str:
    """The name as it is kept."""
    return tidy(name, called="name", longest=NAME_MAX_CHARS)


def ordered_roles(roles: Iterable[Role]) -> tuple[Role, ...]:
    """The roles once each, in the order of the table."""
    wanted = set(roles)
    return tuple(role for role in ROLES if role in wanted)


def changed(person: Person, change: Change, *, by_themselves: bool) -> Person:
    """The person after the change; nobody takes the key from their own hand."""
    after = replace(
        person,
        name=person.name if change.name is None else normal_name(change.name),
        roles=person.roles if change.roles is None else ordered_roles(change.roles),
        active=person.active if change.active is None else change.active,
    )
    if by_themselves and (not after.active or "admin" not in after.roles):
        raise Conflict(
            "You cannot take the administration from yourself; another administrator can.",
            code="own_administration",
        )
    return after


def voids(before: Person, after: Person) -> bool:
    """Whether the change voids what the person was given before: rights under other roles, or any at all."""
    return before.roles != after.roles or (before.active and not after.active)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row of an import: a person to add, or the fault that keeps them out."""

    number: int
    email: str
    name: str
    roles: tuple[Role, ...]
    fault: str | None


def read_csv(data: bytes) -> list[CsvRow]:
    """The rows of `email,name,roles` (roles parted by ';'); a bad row carries its fault, a bad file is Invalid."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8.", code="csv_encoding") from None
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        filled = (line for line in reader if any(cell.strip() for cell in line))
        # One more than there may be shows that there are too many.
        lines = list(itertools.islice(filled, IMPORT_MAX_ROWS + 2))
    except csv.Error as fault:
        raise Invalid(f"The file is not CSV: {fault}.", code="csv_form") from None
    if "\x00" in text:
        raise Invalid("The file is not CSV: it has a NUL character.", code="csv_form")
    if not lines or [cell.strip().lower() for cell in lines[0]] != HEADER:
        raise Invalid("The first line must be: email,name,roles", code="csv_header")
    if len(lines) - 1 > IMPORT_MAX_ROWS:
        raise Invalid(f"At most {IMPORT_MAX_ROWS} rows a file.", code="csv_too_long")
    seen: set[str] = set()
    return [_row(number, cells, seen) for number, cells in enumerate(lines[1:], start=2)]


def _row(number: int, cells: list[str], seen: set[str]) -> CsvRow:
    """One row, and its address noted in `seen`."""
    email = normal_email(cells[0])
    fault: str | None = None
    name = ""
    roles: tuple[Role, ...] = ()
    if len(cells) != len(HEADER):
        fault = f"The row has {len(cells)} cells, not {len(HEADER)}."
    elif not EMAIL.fullmatch(email) or len(email) > EMAIL_MAX_CHARS:
        fault = "This is not an e-mail address."
    elif email in seen:
        fault = "The address stands in an earlier row."
    else:
        named = [part.strip().lower() for part in cells[2].split(";") if part.strip()]
        roles = ordered_roles(role for role in ROLES if role in named)
        if not named or set(named) - set(ROLES):
            fault = f"Roles are: {', '.join(ROLES)}."
        try:
            name = normal_name(cells[1])
        except Invalid as refusal:
            fault = refusal.message
    seen.add(email)
    return CsvRow(
        number=number, email=email[:EMAIL_MAX_CHARS], name=name, roles=roles, fault=fault
    )
