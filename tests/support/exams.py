"""A bank, learners and an assessment in a school, put straight into the tables for tests of what comes after."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec

from lms.assessments import store as assessments
from lms.assessments.model import Assessment, Draw, Section, Settings
from lms.attempts import materialise
from lms.attempts.model import Desk
from lms.ids import RANDOM_BYTES, AssessmentId, CourseId, uuid7
from lms.questions.model import Content, Key, Kind
from server.storage.postgres import Database
from tests.support.items import ITEMS

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SKILLS = ("algebra", "geometry", "sound")
KINDS: tuple[Kind, ...] = tuple(ITEMS)


def new_id() -> str:
    """An id of a moment whose partitions are there."""
    return uuid7(round(datetime.now(UTC).timestamp() * 1000), secrets.token_bytes(RANDOM_BYTES))  # noqa: TID251 - a test's shell


def desk(now: datetime = NOW) -> Desk:
    return Desk(now=now, new_id=new_id)


def content_of(kind: Kind, words: str) -> Content:
    """What learners see of an item of this kind, with a prompt of its own."""
    return msgspec.structs.replace(ITEMS[kind][0], prompt=words)


@dataclass(frozen=True, kw_only=True)
class Exam:
    """A course with a bank, learners, and an assessment that draws from the bank."""

    database: Database
    tenant_id: str
    course_id: str
    teacher: str
    learners: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    async def add_learners(self, count: int) -> list[str]:
        """Enrol so many new students."""
        new = [new_id() for _ in range(count)]
        async with self.database.transaction(self.tenant_id) as connection:
            await connection.executemany(
                "INSERT INTO users (tenant_id, user_id, email, name, roles, password_hash, created_at)"
                " VALUES ($1, $2, $3, $4, '{student}', 'x', $5)",
                [
                    (self.tenant_id, one, f"{one}@x.test", f"Learner {one[-6:]}", NOW)
                    for one in new
                ],
            )
        for one in new:
            await self.enrol(one)
        self.learners.extend(new)
        return new

    async def enrol(self, user_id: str) -> None:
        async with self.database.transaction(self.tenant_id) as connection:
            await connection.execute(
                "INSERT INTO enrolments (tenant_id, enrolment_id, course_id, user_id, role, created_at)"
                " VALUES ($1, $2, $3, $4, 'student', $5)",
                self.tenant_id,
                new_id(),
                self.course_id,
                user_id,
                NOW,
            )

    async def remove(self, user_id: str) -> None:
        async with self.database.transaction(self.tenant_id) as connection:
            await connection.execute(
                "DELETE FROM enrolments WHERE tenant_id = $1 AND course_id = $2 AND user_id = $3",
                self.tenant_id,
                self.course_id,
                user_id,
            )
            await materialise.withdraw(connection, self.tenant_id, self.course_id, user_id)

    async def add_questions(
        self,
        count: int,
        *,
        kinds: Sequence[Kind] = KINDS,
        words: str = "Question",
        more: str = "word " * 30,
        key: Key | None = None,
    ) -> list[str]:
        """So many items, the kinds and the skills in turn, at levels 1 to 3; `more` makes their prompts longer."""
        new = [new_id() for _ in range(count)]
        rows = [
            (
                self.tenant_id,
                one,
                kinds[i % len(kinds)],
                f"{words} {i}",
                [SKILLS[i % len(SKILLS)]],
                1 + i % 3,
                NOW,
                self.course_id,
                msgspec.json.encode(
                    content_of(kinds[i % len(kinds)], f"{words} {i} {more}")
                ).decode(),
                msgspec.json.encode(key or Key()).decode(),
                self.teacher,
            )
            for i, one in enumerate(new)
        ]
        async with self.database.transaction(self.tenant_id) as connection:
            await connection.executemany(
                "INSERT INTO questions (tenant_id, question_id, course_id, version, kind, title, skills, level,"
                " language, created_at, updated_at) VALUES ($1, $2, $8, 1, $3, $4, $5, $6, 'en', $7, $7)",
                [row[:8] for row in rows],
            )
            await connection.executemany(
                "INSERT INTO question_versions (tenant_id, question_id, version, kind, content, key, created_by, created_at)"
                " VALUES ($1, $2, 1, $3, $5, $6, $7, $4)",
                [(*row[:3], NOW, *row[8:]) for row in rows],
            )
        self.questions.extend(new)
        return new

    async def mend(self, question_id: str, words: str) -> None:
        """The next version of a question."""
        async with self.database.transaction(self.tenant_id) as connection:
            await connection.execute(
                "INSERT INTO question_versions (tenant_id, question_id, version, kind, content, key, created_by, created_at)"
                " SELECT tenant_id, question_id, version + 1, kind, jsonb_set(content::jsonb, '{prompt}', to_jsonb($3::text)),"
                " key, created_by, created_at FROM question_versions WHERE tenant_id = $1 AND question_id = $2"
                " ORDER BY version DESC LIMIT 1",
                self.tenant_id,
                question_id,
                words,
            )
            await connection.execute(
                "UPDATE questions SET version = version + 1 WHERE tenant_id = $1 AND question_id = $2",
                self.tenant_id,
                question_id,
            )

    async def add_assessment(self, settings: Settings, **more: object) -> Assessment:
        """A published assessment."""
        new = Assessment(
            assessment_id=AssessmentId(new_id()),
            course_id=CourseId(self.course_id),
            version=1,
            title="Exam",
            state="published",
            opens_at=NOW + timedelta(hours=1),
            closes_at=NOW + timedelta(hours=5),
            released_at=None,
            materialised_version=0,
            settings=settings,
            updated_at=NOW,
        )
        new = replace(new, **more)  # type: ignore[arg-type]  # the fields of an assessment
        async with self.database.transaction(self.tenant_id) as connection:
            await assessments.add(connection, self.tenant_id, new, self.teacher, NOW)
            await assessments.set_state(
                connection, self.tenant_id, new.assessment_id, new.state, NOW
            )
        return new

    async def save(self, changed: Assessment) -> Assessment:
        """The next version."""
        new = replace(changed, version=changed.version + 1)
        async with self.database.transaction(self.tenant_id) as connection:
            await assessments.save(connection, self.tenant_id, new, self.teacher, NOW)
        return new

    async def materialise(self, assessment_id: str) -> int:
        """What the worker does; how many transactions it took."""
        after, batches = None, 0
        while True:
            async with self.database.transaction(self.tenant_id) as connection:
                after = await materialise.batch(
                    connection, self.tenant_id, assessment_id, after, desk()
                )
            batches += 1
            if after is None:
                return batches


def twenty() -> Settings:
    """Twenty items over three skills, an hour long."""
    sections = [
        Section(
            id=skill,
            title=skill.title(),
            draws=[Draw(count=count, skills=[skill])],
            shuffle=True,
        )
        for skill, count in zip(SKILLS, (7, 7, 6), strict=True)
    ]
    return Settings(sections=sections, time_limit_minutes=60)


async def exam_in(database: Database) -> Exam:
    """A school of its own with a course and a teacher."""
    tenant, teacher, course = new_id(), new_id(), new_id()
    async with database.transaction(tenant) as connection:
        await connection.execute(
            "INSERT INTO tenants (tenant_id, slug, name, created_at) VALUES ($1, $2, 'S', $3)",
            tenant,
            f"school-{tenant[-12:]}",
            NOW,
        )
        await connection.execute(
            "INSERT INTO users (tenant_id, user_id, email, name, roles, password_hash, created_at)"
            " VALUES ($1, $2, 'teacher@x.test', 'T', '{teacher}', 'x', $3)",
            tenant,
            teacher,
            NOW,
        )
        await connection.execute(
            "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, 'C', $3)",
            tenant,
            course,
            NOW,
        )
    return Exam(database=database, tenant_id=tenant, course_id=course, teacher=teacher)
