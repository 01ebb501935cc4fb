"""The gradebook of a course: for those who teach it every learner, for a learner their own row of what is released."""

import csv
import io
from dataclasses import dataclass, replace

import asyncpg

from lms import audit
from lms.assessments import rules as assessment_rules
from lms.assessments import store as assessments
from lms.assessments.model import Assessment
from lms.attempts.model import Desk
from lms.courses import rules as course_rules
from lms.courses import store as courses
from lms.errors import Invalid
from lms.grading import access, gradebook, list_store, statistics
from lms.grading.gradebook import Cell, CellState, Column, Line, Person, Rules, Try
from lms.grading.statistics import Statistics
from lms.identity import Permission, Principal, may
from lms.questions.cells import safe

# More assessments than this a course does not show in its gradebook.
COLUMNS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A gradebook as one person sees it."""

    course_id: str
    version: int
    rules: Rules
    columns: tuple[Column, ...]
    people: tuple[Person, ...]

    def lines(self) -> list[tuple[Person, Line]]:
        """The rows, worked out: of a large course a third of a second, so not on a loop that others wait for."""
        return [(one, gradebook.line(one, self.columns, self.rules)) for one in self.people]


async def read(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    permission: Permission = "assessment.see",
) -> Book:
    """The gradebook as the caller may see it."""
    found = await courses.get(connection, who.tenant_id, who.user_id, course_id)
    course = course_rules.check(who, found, permission)
    sees_all = may(who, "grade.see", course.my_role)
    listed = await assessments.page(
        connection, who.tenant_id, course_id, drafts=False, after=None, limit=COLUMNS_MAX
    )
    columns = tuple(_column(one) for one in listed)
    rules, version = await list_store.rules(connection, who.tenant_id, course_id)
    people = await list_store.people(
        connection, who.tenant_id, course_id, None if sees_all else who.user_id
    )
    return Book(
        course_id=course_id,
        version=version,
        rules=rules,
        columns=columns,
        people=tuple(people if sees_all else [as_learner_sees(one) for one in people]),
    )


def _column(one: Assessment) -> Column:
    return Column(
        assessment_id=one.assessment_id,
        title=one.title,
        category=one.settings.category,
        standing=one.settings.standing,
        possible_milli=assessment_rules.possible_milli(one.settings),
        released=one.released_at is not None,
    )


def as_learner_sees(person: Person) -> Person:
    """The person's own attempts without what has not been released: that they were handed in is all that is said of those."""
    return replace(
        person,
        tries={
            assessment: [one if one.released else _hidden(one) for one in tries]
            for assessment, tries in person.tries.items()
        },
    )


def _hidden(one: Try) -> Try:
    state: CellState = "submitted" if one.state in ("marking", "graded") else one.state
    return replace(one, state=state, earned_milli=None, possible_milli=None)


async def change(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    changed: tuple[Rules, int],
    desk: Desk,
) -> Book:
    """Say how the course adds up from now on: (rules, the version that was decided on)."""
    rules, expected = changed
    found = await courses.get(connection, who.tenant_id, who.user_id, course_id, lock=True)
    course_rules.check(who, found, "grade.edit")
    check(rules)
    _, stands = await list_store.rules(connection, who.tenant_id, course_id)
    course_rules.check_version(stands, expected)
    await list_store.set_rules(connection, who.tenant_id, course_id, (rules, stands + 1), desk.now)
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action="gradebook.changed",
        subject_id=course_id,
        data={"version": stands + 1},
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)
    return await read(connection, who, course_id)


def check(rules: Rules) -> None:
    """Raise Invalid for two categories of one id, or two letters from one percentage."""
    if len({one.id for one in rules.categories}) != len(rules.categories):
        raise Invalid("Two categories have the same id.", pointer="/categories")
    if len({one.from_percent for one in rules.letters}) != len(rules.letters):
        raise Invalid("Two letters begin at the same percentage.", pointer="/letters")


def as_csv(book: Book) -> str:
    """The gradebook as a table, people by name and address: points by assessment, the percentage and the letter; no cell is taken for a formula."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(
        [safe(one) for one in ("Name", "E-mail", *(c.title for c in book.columns), "%", "Letter")]
    )
    for person, line in book.lines():
        share = "" if line.share is None else milli(round(line.share * 100_000))
        cells = [*(_points(cell) for cell in line.cells), share, line.letter or ""]
        writer.writerow([safe(one) for one in (person.name, person.email, *cells)])
    return sheet.getvalue()


def _points(cell: Cell) -> str:
    return "" if cell.earned_milli is None else milli(cell.earned_milli)


def milli(number: int) -> str:
    """Thousandths as a decimal: 1500 is 1.5."""
    whole, rest = divmod(number, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


async def item_statistics(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Statistics]:
    """How the items of an assessment went, by (version, question)."""
    await access.assessment(connection, who, assessment_id, "grade.see")
    found = await list_store.outcomes(connection, who.tenant_id, assessment_id, after, limit)
    return [statistics.of(one) for one in found]


async def letter_of(
    connection: asyncpg.Connection, tenant_id: str, course_id: str, points: tuple[int, int]
) -> str | None:
    """The letter of one attempt by the scale of its course: (earned, possible)."""
    rules, _ = await list_store.rules(connection, tenant_id, course_id)
    earned, possible = points
    return gradebook.letter(gradebook.share_of(earned, possible), rules.letters)
