"""Score what was graded once more: by the scorer that made the grade, which must come to the same, and by two versions side by side."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import asyncpg
import msgspec

from lms.attempts.model import Pin
from lms.grading import combining, regrade_store, service, sources, store
from lms.grading.model import Grade, ItemGrade, Mark
from lms.grading.service import Case
from lms.grading.store import Graded

BATCH = 500
# So many ids are told of each difference; all are counted.
IDS_SHOWN = 20

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which attempts of a school, by which two versions of the scorer."""

    tenant_id: str
    assessment_id: str | None
    version: int
    against: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """How often something was found, how many thousandths it moves, and the first ids."""

    count: int = 0
    moved_milli: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, attempt_id: str, item_id: str, moved_milli: int = 0) -> None:
        """Count one more."""
        self.count += 1
        self.moved_milli += moved_milli
        if len(self.ids) < IDS_SHOWN:
            self.ids.append(f"{attempt_id}/{item_id}" if item_id else attempt_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An item to which the two versions do not give the same."""

    attempt_id: str
    item_id: str
    kind: str
    before: str
    after: str
    moved_milli: int


def told_to_nobody(_difference: Difference) -> None:
    """For those who want the counts alone."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found; `differences` by (kind, reason before, reason after), `unexplained` by what does not come to the same.

    `tell` hears every single difference.
    """

    tell: Callable[[Difference], None] = told_to_nobody
    attempts: int = 0
    items: int = 0
    identical: int = 0
    differences: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    unexplained: dict[str, Tally] = field(default_factory=dict)
    _digests: tuple["hashlib._Hash", "hashlib._Hash"] = field(
        default_factory=lambda: (hashlib.sha256(), hashlib.sha256())
    )

    @property
    def digests(self) -> tuple[str, str]:
        """SHA-256 over the canonical JSON of all item grades: by the older version, by the newer."""
        return self._digests[0].hexdigest(), self._digests[1].hexdigest()

    @property
    def unexplained_count(self) -> int:
        """Must be 0."""
        return sum(one.count for one in self.unexplained.values())

    def take(self, case: Case, marks: Sequence[Mark], grade: Grade, wanted: Wanted) -> None:
        """Score one attempt three times and note what differs."""
        scored: dict[int, list[ItemGrade]] = {}
        for version in {grade.scorer_version, wanted.against, wanted.version}:
            scored[version] = service.scored_items(case, list(marks), version)
        self.attempts += 1
        for what, item_id in _unexplained(case, grade, scored[grade.scorer_version]):
            self.unexplained.setdefault(what, Tally()).add(grade.attempt_id, item_id)
        self._compare(grade.attempt_id, scored[wanted.against], scored[wanted.version])

    def _compare(
        self, attempt_id: str, before: Sequence[ItemGrade], after: Sequence[ItemGrade]
    ) -> None:
        for old, new in zip(before, after, strict=True):
            said = _encode(old), _encode(new)
            for digest, text in zip(self._digests, said, strict=True):
                digest.update(text)
            self.items += 1
            if said[0] == said[1]:
                self.identical += 1
                continue
            self._differs(
                Difference(
                    attempt_id=attempt_id,
                    item_id=old.item_id,
                    kind=old.kind,
                    before=old.reason,
                    after=new.reason,
                    moved_milli=new.earned_milli - old.earned_milli,
                )
            )

    def _differs(self, one: Difference) -> None:
        key = (one.kind, one.before, one.after)
        self.differences.setdefault(key, Tally()).add(one.attempt_id, one.item_id, one.moved_milli)
        self.tell(one)


def _unexplained(case: Case, grade: Grade, own: Sequence[ItemGrade]) -> Iterator[tuple[str, str]]:
    """(what, item) of all in which the stored grade is not what its own scorer makes of the archive."""
    if [one.item_id for one in grade.items] != [one.item_id for one in own]:
        yield "other items", ""
        return
    for stored, again in zip(grade.items, own, strict=True):
        if _encode(stored) == _encode(again):
            continue
        if stored.key_version != again.key_version:
            yield "another key", stored.item_id
        elif (stored.opening, stored.seq) != (again.opening, again.seq):
            yield "another answer", stored.item_id
        else:
            yield "another outcome", stored.item_id
    percent = case.basis.penalty_percent
    if combining.total(own, penalty_percent=percent) != (grade.earned_milli, grade.possible_milli):
        yield "another total", ""


async def take_batch(
    connection: asyncpg.Connection, wanted: Wanted, report: Report, after: str | None
) -> str | None:
    """Replay the next attempts after an id from one picture of the archive; the id to go on from, None at the end."""
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    archive = (wanted.tenant_id, wanted.assessment_id)
    attempts = await store.archived(connection, archive, after, BATCH)
    batch = await _read(connection, wanted.tenant_id, attempts)
    for case, marks, grade in batch:
        report.take(case, marks, grade, wanted)
    return attempts[-1].attempt_id if len(attempts) == BATCH else None


async def _read(
    connection: asyncpg.Connection, tenant_id: str, attempts: Sequence[Graded]
) -> list[tuple[Case, list[Mark], Grade]]:
    """All that the grades of these attempts follow from, in a handful of queries."""
    ids = [one.attempt_id for one in attempts]
    pins = await sources.pins(connection, tenant_id, ids)
    answers = await sources.answers(connection, tenant_id, ids)
    grades = await store.standing(connection, tenant_id, ids)
    settings = await service.settings_of(connection, tenant_id, attempts)
    marks = await store.marks_of(connection, tenant_id, ids)
    in_force = {
        one: await regrade_store.keys_in_force(connection, tenant_id, one)
        for one in {attempt.assessment_id for attempt in attempts}
    }
    running = {
        one for one in in_force if await regrade_store.is_running(connection, tenant_id, one)
    }
    asked = {pin.question_id for some in pins.values() for pin in some}
    recalled = await regrade_store.recalled(connection, tenant_id, asked)
    # While a regrade is being carried out, a grade goes by the key that it names.
    keys: dict[str, dict[str, int]] = {
        one.attempt_id: _keys_of(grades[one.attempt_id])
        if one.assessment_id in running
        else in_force[one.assessment_id] | recalled
        for one in attempts
    }
    versions = await sources.versions(connection, tenant_id, _versions(pins, keys))
    found = list[tuple[Case, list[Mark], Grade]]()
    for one in attempts:
        case = Case(
            attempt=one,
            settings=settings[one.assessment_id, one.assessment_version],
            pins=pins[one.attempt_id],
            answers=answers[one.attempt_id],
            versions=versions,
            keys=keys[one.attempt_id],
        )
        found.append((case, marks.get(one.attempt_id, []), grades[one.attempt_id]))
    return found


def _keys_of(grade: Grade) -> dict[str, int]:
    return {one.question_id: one.key_version for one in grade.items}


def _versions(
    pins: Mapping[str, Sequence[Pin]], keys: Mapping[str, Mapping[str, int]]
) -> set[tuple[str, int]]:
    found = set[tuple[str, int]]()
    for attempt_id, some in pins.items():
        for pin in some:
            found.add((pin.question_id, pin.version))
            found.add((pin.question_id, keys[attempt_id].get(pin.question_id, pin.version)))
    return found
