"""Attempts that were handed in, put straight into the tables, for tests of what becomes of them."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import msgspec

from lms.assessments.model import Assessment, Section, Settings
from lms.attempts.model import Pin, Value
from lms.attempts.papers import gaps_of, value_by_ids
from lms.grading import service, sources
from lms.grading.model import Grade
from lms.grading.store import Graded, standing
from lms.grading.store import attempt as attempt_of
from lms.identity import Principal, Role
from lms.ids import SessionId, TenantId, UserId
from lms.questions.model import Content, Criterion, Gap, Key, Kind, Level, Option
from tests.support.exams import NOW, Exam, new_id

END = NOW + timedelta(hours=2)
ON_TIME = END - timedelta(minutes=5)
LATE = END + timedelta(minutes=5)


def options(*ids: str) -> list[Option]:
    return [Option(id=one, text=one.upper()) for one in ids]


def rubric() -> list[Criterion]:
    levels = [Level(title=str(points), earned_milli=points * 1000) for points in (0, 1, 2)]
    return [
        Criterion(id="ideas", title="Ideas", levels=levels),
        Criterion(id="style", title="Style", levels=levels),
    ]


# An item of each kind that the tests answer, with its key.
BANK: Mapping[Kind, tuple[Content, Key]] = {
    "single_choice": (Content(prompt="?", options=options("a", "b", "c")), Key(correct=["b"])),
    "multiple_choice": (
        Content(prompt="?", options=options("a", "b", "c", "d")),
        Key(
            correct=["a", "b"], option_feedback={"c": "Not c", "a": "Yes a"}, explanation="Because"
        ),
    ),
    "numeric": (Content(prompt="?", units=["m"]), Key(number="3.2", units={"m": "1"})),
    "cloze": (
        Content(prompt="{{g}}", gaps=[Gap(id="g")]),
        Key(gaps={"g": ["Paris"]}),
    ),
    "ordering": (
        Content(prompt="?", options=options("a", "b", "c")),
        Key(order=["a", "b", "c"]),
    ),
    "essay": (Content(prompt="?"), Key(rubric=rubric())),
}


@dataclass(frozen=True, kw_only=True)
class Desks:
    """An exam with attempts in it, and the superuser's connection that puts them there."""

    exam: Exam
    owner: asyncpg.Connection
    questions: Mapping[Kind, str]

    @property
    def tenant_id(self) -> str:
        return self.exam.tenant_id

    @property
    def teacher(self) -> Principal:
        return self.person(self.exam.teacher, "teacher")

    def person(self, user_id: str, role: Role = "student") -> Principal:
        return Principal(
            tenant_id=TenantId(self.tenant_id),
            user_id=UserId(user_id),
            session_id=SessionId(new_id()),
            roles=frozenset({role}),
        )

    async def second_teacher(self) -> Principal:
        user_id = new_id()
        await self.owner.execute(
            "INSERT INTO users (tenant_id, user_id, email, name, roles, password_hash, created_at)"
            " VALUES ($1, $2, $3, 'T2', '{teacher}', 'x', $4)",
            *(self.tenant_id, user_id, f"{user_id}@x.test", NOW),
        )
        await self.teach(user_id)
        return self.person(user_id, "teacher")

    async def teach(self, user_id: str) -> None:
        await self.owner.execute(
            "INSERT INTO enrolments (tenant_id, enrolment_id, course_id, user_id, role, created_at)"
            " VALUES ($1, $2, $3, $4, 'teacher', $5)",
            *(self.tenant_id, new_id(), self.exam.course_id, user_id, NOW),
        )

    async def assessment(self, *kinds: Kind, **settings: object) -> Assessment:
        """A published assessment of one item a kind, a point each."""
        section = Section(id="s", question_ids=[self.questions[kind] for kind in kinds])
        return await self.exam.add_assessment(
            Settings(sections=[section], time_limit_minutes=60, **settings)  # type: ignore[arg-type]  # the fields of settings
        )

    async def handed_in(
        self,
        assessment: Assessment,
        answers: Mapping[Kind, Value],
        *,
        user_id: str | None = None,
        late: Mapping[Kind, Value] | None = None,
    ) -> str:
        """An attempt with these answers that was handed in; `late` ones came after its end."""
        learner = user_id or (await self.exam.add_learners(1))[0]
        await self.exam.materialise(assessment.assessment_id)
        attempt_id = str(
            await self.owner.fetchval(
                "UPDATE attempts SET state = 'submitted', opening = 1, started_at = $4, ends_at = $5, shuts_at = $5,"
                " submitted_at = $5, submitted_by = 'learner', last_opening = 1, last_seq = 9, late = $6"
                " WHERE tenant_id = $1 AND assessment_id = $2 AND user_id = $3 AND state = 'ready' RETURNING attempt_id",
                *(self.tenant_id, assessment.assessment_id, learner, NOW, END, bool(late)),
            )
        )
        for seq, (kind, value) in enumerate(answers.items(), start=1):
            await self.answer(attempt_id, kind, value, seq)
        for seq, (kind, value) in enumerate((late or {}).items(), start=100):
            await self.answer(attempt_id, kind, value, seq, LATE)
        return attempt_id

    async def answer(
        self, attempt_id: str, kind: Kind, value: Value, seq: int, at: datetime = ON_TIME
    ) -> None:
        """By the item's own ids, which are put under the names of the paper, as a learner sees them."""
        pin = await self.pin(attempt_id, kind)
        item_id = pin.item_id
        names = {one: name for name, one in pin.names.items()}
        value = value_by_ids(value, names, gaps_of(BANK[kind][0]))
        await self.owner.execute(
            "INSERT INTO answers (tenant_id, attempt_id, item_id, opening, seq, value, arrived_at, late)"
            " VALUES ($1, $2, $3, 1, $4, $5, $6, $7)",
            *(self.tenant_id, attempt_id, item_id, seq, msgspec.json.encode(value).decode()),
            *(at, at > END),
        )

    async def item(self, attempt_id: str, kind: Kind) -> str:
        """The slot of this kind."""
        return (await self.pin(attempt_id, kind)).item_id

    async def pin(self, attempt_id: str, kind: Kind) -> Pin:
        """What stands in it."""
        async with self.exam.database.transaction(self.tenant_id) as connection:
            pins = (await sources.pins(connection, self.tenant_id, [attempt_id]))[attempt_id]
        return next(pin for pin in pins if pin.kind == kind)

    async def next_key(self, kind: Kind, key: Key, content: Content | None = None) -> int:
        """A next version of the item with this key."""
        question_id = self.questions[kind]
        version: int = await self.owner.fetchval(
            "UPDATE questions SET version = version + 1 WHERE tenant_id = $1 AND question_id = $2 RETURNING version",
            *(self.tenant_id, question_id),
        )
        await self._add_version(question_id, version, kind, (content or BANK[kind][0], key))
        return version

    async def _add_version(
        self, question_id: str, version: int, kind: Kind, said: tuple[Content, Key]
    ) -> None:
        await self.owner.execute(
            "INSERT INTO question_versions (tenant_id, question_id, version, kind, content, key, created_by, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            *(self.tenant_id, question_id, version, kind),
            *(msgspec.json.encode(part).decode() for part in said),
            *(self.exam.teacher, NOW),
        )

    async def score(self, attempt_id: str) -> Grade | None:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            return await service.score_attempt(connection, self.tenant_id, attempt_id, NOW)

    async def scored(
        self,
        assessment: Assessment,
        answers: Mapping[Kind, Value],
        *,
        user_id: str | None = None,
        late: Mapping[Kind, Value] | None = None,
    ) -> str:
        attempt_id = await self.handed_in(assessment, answers, user_id=user_id, late=late)
        assert await self.score(attempt_id) is not None
        return attempt_id

    async def attempt(self, attempt_id: str) -> Graded:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            found = await attempt_of(connection, self.tenant_id, attempt_id)
        assert found is not None
        return found

    async def grade(self, attempt_id: str) -> Grade:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            return (await standing(connection, self.tenant_id, [attempt_id]))[attempt_id]

    async def count(self, table: str, attempt_id: str) -> int:
        """How many rows of a table are about an attempt."""
        number: int = await self.owner.fetchval(
            f"SELECT count(*) FROM {table} WHERE tenant_id = $1 AND attempt_id = $2",
            *(self.tenant_id, attempt_id),
        )
        return number

    async def events(self, attempt_id: str) -> list[str]:
        rows = await self.owner.fetch(
            "SELECT name FROM outbox WHERE tenant_id = $1 AND key_id = $2 ORDER BY outbox_id",
            *(self.tenant_id, attempt_id),
        )
        return [row["name"] for row in rows]

    async def acts(self, subject_id: str) -> list[str]:
        rows = await self.owner.fetch(
            "SELECT action FROM audit WHERE tenant_id = $1 AND subject_id = $2 ORDER BY audit_id",
            *(self.tenant_id, subject_id),
        )
        return [row["action"] for row in rows]


@contextlib.asynccontextmanager
async def desks_in(exam: Exam, owner_url: str) -> AsyncIterator[Desks]:
    """The exam with an item of each kind of BANK in its bank."""
    owner = await asyncpg.connect(owner_url)
    try:
        questions = dict[Kind, str]()
        for kind in BANK:
            [questions[kind]] = await exam.add_questions(1, kinds=[kind])
        desks = Desks(exam=exam, owner=owner, questions=questions)
        await desks.teach(exam.teacher)
        for kind, (content, key) in BANK.items():
            await owner.execute(
                "UPDATE question_versions SET content = $3, key = $4 WHERE tenant_id = $1 AND question_id = $2",
                *(exam.tenant_id, questions[kind]),
                *(msgspec.json.encode(part).decode() for part in (content, key)),
            )
        yield desks
    finally:
        await owner.close()
