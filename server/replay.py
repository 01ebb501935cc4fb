"""`python -m server replay`: score archived attempts by two versions of the scorer, and say every difference."""

import argparse
import contextlib
import csv
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields
from pathlib import Path

from lms.errors import NotFound
from lms.grading import replay, scorers
from lms.grading.replay import Difference, Report, Tally, Wanted, told_to_nobody
from lms.ids import is_uuid7
from lms.tenants import store as tenants
from lms.tenants.model import Tenant
from server.settings import SettingsError
from server.storage.postgres import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--against", default="N-1", help="version of the scorer: N-1, or a number (default: N-1)"
    )
    parser.add_argument(
        "--tenant", help="short name of a school; all of them where it is left out"
    )
    parser.add_argument(
        "--assessment", help="id of an assessment; all of them where it is left out"
    )
    parser.add_argument("--every", help="a file to write every single difference to, as CSV")


def version_of(text: str) -> int:
    """N, N-1, ... counted from the version in force, or a number; SettingsError for one that there is not."""
    newest = scorers.CURRENT
    back = text.removeprefix("N-") if text.startswith("N-") else ("0" if text == "N" else None)
    number = text if back is None else back
    if number.isascii() and number.isdigit() and len(number) < 9:
        version = int(number) if back is None else newest - int(number)
        if version in scorers.MANNERS:
            return version
    known = ", ".join(str(one) for one in sorted(scorers.MANNERS))
    raise SettingsError(
        f"--against {text}: there is no such scorer; there are {known} (N is {newest})"
    )


async def run(database: Database, given: argparse.Namespace) -> tuple[str, int]:
    """The report as text, and how many differences nothing explains."""
    against = version_of(given.against)
    if given.assessment is not None and not is_uuid7(given.assessment):
        raise SettingsError(f"--assessment {given.assessment}: this is no id")
    with _every(given.every) as tell:
        report = Report(tell=tell)
        for tenant in await _schools(database, given.tenant):
            wanted = Wanted(
                tenant_id=tenant.tenant_id,
                assessment_id=given.assessment,
                version=scorers.CURRENT,
                against=against,
            )
            await of_school(database, wanted, report)
    return "\n".join(lines(report, against)) + "\n", report.unexplained_count


@contextlib.contextmanager
def _every(path: str | None) -> Iterator[Callable[[Difference], None]]:
    """What writes each difference down, where that is wanted."""
    if path is None:
        yield told_to_nobody
        return
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("w", newline="", encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"--every {path}: {error.strerror}") from error
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(Difference))
        yield lambda one: writer.writerow(astuple(one))


async def of_school(database: Database, wanted: Wanted, report: Report) -> None:
    """Replay the attempts of one school into the report, a read-only transaction a batch."""
    after: str | None = None
    while True:
        async with database.transaction(wanted.tenant_id) as connection:
            after = await replay.take_batch(connection, wanted, report, after)
        if after is None:
            return


async def _schools(database: Database, slug: str | None) -> list[Tenant]:
    async with database.transaction(None) as connection:
        if slug is None:
            return await tenants.every(connection)
        found = await tenants.by_slug(connection, slug)
    if found is None:
        raise NotFound(f"There is no school {slug}.")
    return [found]


def lines(report: Report, against: int) -> Iterator[str]:
    """The report for people."""
    older, newer = report.digests
    yield f"scorer {scorers.CURRENT} against scorer {against}"
    yield f"attempts {report.attempts}, items {report.items}, byte-identical {report.identical}"
    yield f"sha256 by scorer {against}: {older}"
    yield f"sha256 by scorer {scorers.CURRENT}: {newer}"
    yield f"differences {sum(one.count for one in report.differences.values())}"
    for (kind, before, after), tally in sorted(report.differences.items()):
        yield f"  {kind}: {before} -> {after}: {_told(tally)}"
    yield f"unexplained differences {report.unexplained_count}"
    for what, tally in sorted(report.unexplained.items()):
        yield f"  {what}: {_told(tally)}"


def _told(tally: Tally) -> str:
    points = f"{tally.moved_milli:+d} thousandths; " if tally.moved_milli else ""
    more = ", ..." if tally.count > len(tally.ids) else ""
    return f"{tally.count} ({points}{', '.join(tally.ids)}{more})"
