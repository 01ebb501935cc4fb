"""An archive of graded attempts, made from a seed and copied straight into a database: what a replay is tried on."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from lms.assessments.model import Section, Settings
from lms.attempts import papers
from lms.attempts.model import VALUE_TYPES, Pin, Value
from lms.grading import combining, scorers, service
from lms.grading.model import Answer, Asked, Mark
from lms.grading.service import Case
from lms.grading.store import Graded
from lms.ids import AssessmentId, AttemptId, CourseId, ItemId, UserId, uuid7
from lms.questions.model import Content, Gap, Key, Kind, Option

KINDS: tuple[Kind, ...] = tuple(VALUE_TYPES)
ITEMS_OF_A_KIND = 20
LEARNERS = 2_000
CHUNK = 2_000

Columns = tuple[str, ...]


def options(*ids: str) -> list[Option]:
    """Options of these ids."""
    return [Option(id=one, text=one) for one in ids]


@dataclass
class Archive:
    """Everything is drawn from `chance` and ids count up from `ms`: the same seed and time make the same archive."""

    seed: int
    made_at: datetime
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ms = int(self.made_at.timestamp() * 1000)
        self.tenant, self.course, self.teacher = self.new_id(), self.new_id(), self.new_id()
        self.learners = [self.new_id() for _ in range(LEARNERS)]
        self.bank: dict[Kind, list[str]] = {}
        self.asked: dict[tuple[str, int], Asked] = {}

    def new_id(self) -> str:
        """The next id."""
        return uuid7(self.ms, self.chance.randbytes(10))

    def item(self, kind: Kind) -> Asked:
        """An item of this kind with its key."""
        chance, four = self.chance, options("a", "b", "c", "d")
        number = f"{chance.randrange(1, 999)}.{chance.randrange(10)}"
        gaps = [Gap(id="g1"), Gap(id="g2", options=options("x", "y"))]
        made: dict[Kind, tuple[Content, Key]] = {
            "single_choice": (Content(prompt="?", options=four), Key(correct=["b"])),
            "multiple_choice": (Content(prompt="?", options=four), Key(correct=["a", "c"])),
            "true_false": (Content(prompt="?"), Key(truth=True)),
            "short_text": (Content(prompt="?"), Key(accepted=["Wave 42", "wave no. 42"])),
            "numeric": (
                Content(prompt="?", units=["m", "cm"]),
                Key(number=number, tolerance="0.05", units={"m": "1", "cm": "0.01"}),
            ),
            "matching": (
                Content(prompt="?", left=options("l", "m", "n"), options=options("r", "s", "t")),
                Key(pairs={"l": "r", "m": "s", "n": "t"}),
            ),
            "ordering": (Content(prompt="?", options=four), Key(order=["a", "b", "c", "d"])),
            "cloze": (
                Content(prompt="{{g1}} {{g2}}", gaps=gaps),
                Key(gaps={"g1": ["1789"], "g2": ["x"]}),
            ),
            "essay": (Content(prompt="?"), Key()),
            "file_upload": (Content(prompt="?"), Key()),
        }
        content, key = made[kind]
        return Asked(kind=kind, content=content, key=key)

    def value(self, kind: Kind, key: Key) -> Value | None:
        """What a learner answers: right, nearly, in another script, wrong, or nothing."""
        chance = self.chance
        if chance.random() < 0.08:
            return None
        makers: dict[Kind, Callable[[], Value]] = {
            "single_choice": lambda: chance.choice("abcdb"),
            "multiple_choice": lambda: chance.sample(["a", "b", "c", "d"], chance.randrange(1, 4)),
            "true_false": lambda: chance.random() < 0.7,
            "short_text": lambda: chance.choice(
                [
                    "wave 42",
                    " WAVE  42",
                    "wave \u0664\u0662",
                    "Wave No. 42",
                    "\u200fwave 42",
                    "tide",
                ]
            ),
            "numeric": lambda: {
                "number": self.number(key.number or "0"),
                "unit": chance.choice(["m", "m", "m", "cm", ""]),
            },
            "matching": lambda: dict(zip("lmn", chance.sample(["r", "s", "t"], 3), strict=True)),
            "ordering": lambda: chance.choice(
                [["a", "b", "c", "d"], chance.sample(["a", "b", "c", "d"], 4)]
            ),
            "cloze": lambda: {
                "g1": chance.choice(["1789", " 1789 ", "\u0661\u0667\u0668\u0669", "1790"]),
                "g2": chance.choice(["x", "y"]),
            },
            "essay": lambda: "It was a dark and stormy night. " * 4,
            "file_upload": lambda: [self.new_id()],
        }
        return makers[kind]()

    def number(self, right: str) -> str:
        """The right number as people write it, or another."""
        return self.chance.choice(
            [
                right,
                right.replace(".", ","),
                f"+{right}0",
                right.translate(ARABIC),
                f"1{right}",
                "many",
            ]
        )

    def add(self, table: str, *row: Any) -> None:
        """Keep a row until it is copied."""
        self.rows.setdefault(table, []).append(row)


ARABIC = str.maketrans(
    "0123456789.", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u066b"
)

COLUMNS: dict[str, Columns] = {
    "attempts": (
        *(
            "tenant_id",
            "attempt_id",
            "assessment_id",
            "assessment_version",
            "course_id",
            "user_id",
        ),
        *("number", "state", "late_policy", "late_window_ms", "item_ids", "item_types", "opening"),
        *("started_at", "ends_at", "shuts_at", "submitted_at", "submitted_by", "last_opening"),
        *("last_seq", "late", "grade_revision", "created_at"),
    ),
    "attempt_papers": ("tenant_id", "attempt_id", "paper", "pins"),
    "answers": (
        *("tenant_id", "attempt_id", "item_id", "opening", "seq", "value", "arrived_at", "late"),
    ),
    "marks": (
        *(
            "tenant_id",
            "attempt_id",
            "item_id",
            "round",
            "marker",
            "earned_milli",
            "opening",
            "seq",
            "at",
        ),
    ),
    "grades": (
        *("tenant_id", "attempt_id", "revision", "scorer_version", "cause", "cause_id"),
        *("earned_milli", "possible_milli", "items", "at"),
    ),
}


async def fill(connection: asyncpg.Connection, seed: int, attempts: int, now: datetime) -> Archive:
    """Make the archive and copy it in."""
    archive = Archive(seed=seed, made_at=now)
    await _school(connection, archive)
    left = attempts
    while left > 0:
        assessment_id, settings = await _assessment(connection, archive)
        learners = archive.learners[: min(left, LEARNERS)]
        for start in range(0, len(learners), CHUNK):
            for learner in learners[start : start + CHUNK]:
                _attempt(archive, (assessment_id, settings), learner)
            await _copied(connection, archive)
        left -= len(learners)
    return archive


async def _school(connection: asyncpg.Connection, archive: Archive) -> None:
    tenant, at = archive.tenant, archive.made_at
    await connection.execute(
        "INSERT INTO tenants (tenant_id, slug, name, created_at) VALUES ($1, 'archive', 'Archive', $2)",
        *(tenant, at),
    )
    people = [(archive.teacher, "teacher"), *((one, "student") for one in archive.learners)]
    await connection.copy_records_to_table(
        "users",
        records=[(tenant, one, f"{one}@x.test", role, [role], "x", at) for one, role in people],
        columns=["tenant_id", "user_id", "email", "name", "roles", "password_hash", "created_at"],
    )
    await connection.execute(
        "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, 'C', $3)",
        *(tenant, archive.course, at),
    )
    for kind in KINDS:
        archive.bank[kind] = [archive.new_id() for _ in range(ITEMS_OF_A_KIND)]
        for one in archive.bank[kind]:
            archive.asked[one, 1] = await _question(connection, archive, kind, one)


async def _question(
    connection: asyncpg.Connection, archive: Archive, kind: Kind, question_id: str
) -> Asked:
    asked, at = archive.item(kind), archive.made_at
    await connection.execute(
        "INSERT INTO questions (tenant_id, question_id, course_id, version, kind, title, level, language, created_at, updated_at)"
        " VALUES ($1, $2, $3, 1, $4, $4, 1, 'en', $5, $5)",
        *(archive.tenant, question_id, archive.course, kind, at),
    )
    await connection.execute(
        "INSERT INTO question_versions (tenant_id, question_id, version, kind, content, key, created_by, created_at)"
        " VALUES ($1, $2, 1, $3, $4, $5, $6, $7)",
        *(archive.tenant, question_id, kind),
        *(msgspec.json.encode(part).decode() for part in (asked.content, asked.key)),
        *(archive.teacher, at),
    )
    return asked


async def _assessment(connection: asyncpg.Connection, archive: Archive) -> tuple[str, Settings]:
    assessment_id, at = archive.new_id(), archive.made_at
    settings = Settings(
        sections=[
            Section(
                id="s", question_ids=[archive.chance.choice(archive.bank[kind]) for kind in KINDS]
            )
        ],
        late_policy=archive.chance.choice(["keep", "count"]),
        late_window_minutes=10,
        late_penalty_percent=archive.chance.choice([0, 10, 33]),
    )
    await connection.execute(
        "INSERT INTO assessments (tenant_id, assessment_id, course_id, version, title, state, created_at, updated_at)"
        " VALUES ($1, $2, $3, 1, 'Exam', 'published', $4, $4)",
        *(archive.tenant, assessment_id, archive.course, at),
    )
    await connection.execute(
        "INSERT INTO assessment_versions (tenant_id, assessment_id, version, settings, created_by, created_at)"
        " VALUES ($1, $2, 1, $3, $4, $5)",
        *(
            archive.tenant,
            assessment_id,
            msgspec.json.encode(settings).decode(),
            archive.teacher,
            at,
        ),
    )
    return assessment_id, settings


def _attempt(archive: Archive, of: tuple[str, Settings], learner: str) -> None:
    """One attempt with its paper, answers, marks and grade."""
    assessment_id, settings = of
    attempt_id, chance = archive.new_id(), archive.chance
    ends_at = archive.made_at
    pins = [
        Pin(
            item_id=archive.new_id(),
            question_id=question,
            version=1,
            kind=kind,
            points_milli=1000,
        )
        for kind, question in zip(KINDS, settings.sections[0].question_ids, strict=True)
    ]
    answers = dict(_answers(archive, attempt_id, pins, (settings, ends_at)))
    attempt = Graded(
        attempt_id=AttemptId(attempt_id),
        assessment_id=AssessmentId(assessment_id),
        assessment_version=1,
        course_id=CourseId(archive.course),
        user_id=UserId(learner),
        number=1,
        state="graded",
        submitted_at=ends_at,
        late=False,
        late_until=None,
        grade_revision=1,
        released_at=None,
    )
    case = Case(
        attempt=attempt,
        settings=settings,
        pins=pins,
        answers=answers,
        versions=archive.asked,
        keys={},
    )
    version = chance.choice(sorted(scorers.MANNERS))
    complete = _graded(archive, case, version)
    _kept(archive, case, "graded" if complete else "marking")


def _said(value: Value, pin: Pin) -> Value:
    """Under the names of the paper, as a learner sees them."""
    return papers.value_by_ids(value, {one: name for name, one in pin.names.items()})


def _answers(
    archive: Archive, attempt_id: str, pins: Sequence[Pin], under: tuple[Settings, datetime]
) -> Iterator[tuple[str, Answer]]:
    """What counts, after every answer was written down: some were changed, some came late."""
    settings, ends_at = under
    seq = 0
    for pin in pins:
        key = archive.asked[pin.question_id, 1].key
        counts: Answer | None = None
        for _ in range(archive.chance.choice([1, 1, 1, 2])):
            value = archive.value(pin.kind, key)
            if value is None:
                continue
            seq += 1
            is_late = archive.chance.random() < 0.03
            at = ends_at + timedelta(minutes=5 if is_late else -5)
            archive.add(
                "answers",
                *(archive.tenant, attempt_id, pin.item_id, 1, seq),
                *(msgspec.json.encode(_said(value, pin)).decode(), at, is_late),
            )
            if not is_late or settings.late_policy == "count":
                item_id = ItemId(pin.item_id)
                counts = Answer(item_id=item_id, opening=1, seq=seq, value=value, late=is_late)
        if counts is not None:
            yield pin.item_id, counts


def _graded(archive: Archive, case: Case, version: int) -> bool:
    """The grade as this version of the scorer made it then, with half of what people mark marked; whether it is complete."""
    bare = service.scored_items(case, [], version)
    marks = list[Mark]()
    for item in bare:
        if item.reason == "to_mark" and archive.chance.random() < 0.8:
            marks.append(
                Mark(
                    attempt_id=case.attempt.attempt_id,
                    item_id=ItemId(item.item_id),
                    round=1,
                    marker=UserId(archive.teacher),
                    marker_name="",
                    earned_milli=archive.chance.randrange(0, 1001),
                    criteria={},
                    comment="",
                    opening=item.opening,
                    seq=item.seq,
                    version=1,
                    at=archive.made_at,
                )
            )
    items = [service.with_marks(one, marks, case.settings) for one in bare]
    earned, possible = combining.total(items, penalty_percent=case.basis.penalty_percent)
    for one in marks:
        archive.add(
            "marks",
            *(archive.tenant, one.attempt_id, one.item_id, 1, one.marker, one.earned_milli),
            *(one.opening, one.seq, one.at),
        )
    archive.add(
        "grades",
        *(archive.tenant, case.attempt.attempt_id, 1, version, "scored", case.attempt.attempt_id),
        *(earned, possible, msgspec.json.encode(items).decode(), archive.made_at),
    )
    return all(one.reason != "to_mark" for one in items)


def _kept(archive: Archive, case: Case, state: str) -> None:
    attempt, at = case.attempt, archive.made_at
    archive.add(
        "attempts",
        *(archive.tenant, attempt.attempt_id, attempt.assessment_id, 1, archive.course),
        *(attempt.user_id, 1, state, case.settings.late_policy),
        *(case.settings.late_window_minutes * 60_000, [pin.item_id for pin in case.pins]),
        *([VALUE_TYPES[pin.kind].encode() for pin in case.pins], 1),
        *(
            at - timedelta(hours=1),
            at,
            at,
            at,
            "learner",
            1,
            len(case.answers),
            False,
            1,
            at,
        ),
    )
    archive.add(
        "attempt_papers",
        *(archive.tenant, attempt.attempt_id, "{}", msgspec.json.encode(case.pins).decode()),
    )


async def _copied(connection: asyncpg.Connection, archive: Archive) -> None:
    for table, rows in archive.rows.items():
        await connection.copy_records_to_table(table, records=rows, columns=list(COLUMNS[table]))
    archive.rows.clear()
