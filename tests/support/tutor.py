"""A course with learners and a bank by skill, written straight into the tables, and what its learners answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.events import PracticeAnswered, QuizAnswered
from tests.support.workshop import Workshop, new_id

SKILLS = ("adding", "taking away", "times", "sharing", "fractions", "angles")
LEVELS = 3


@dataclass(frozen=True, kw_only=True)
class Bank:
    """A course: who learns in it, and its items by skill."""

    tenant_id: str
    course_id: str
    users: tuple[str, ...]
    items: dict[str, tuple[str, ...]]

    def answer(
        self, user: str, skill: str, share_milli: int, *, source_id: str = "", item: int = 0
    ) -> PracticeAnswered:
        """What a learner answered in a lesson."""
        return PracticeAnswered(
            user_id=user,
            course_id=self.course_id,
            source_id=source_id or new_id(),
            item_id=new_id(),
            question_id=self.items[skill][item],
            version=1,
            skills=[skill],
            difficulty=50,
            share_milli=share_milli,
        )

    def in_class(self, user: str, skill: str, share_milli: int, quiz_id: str) -> QuizAnswered:
        """What a learner answered to a quiz in class."""
        return QuizAnswered(
            user_id=user,
            course_id=self.course_id,
            class_id=quiz_id,
            source_id=quiz_id,
            item_id=quiz_id,
            question_id=self.items[skill][0],
            version=1,
            skills=[skill],
            difficulty=50,
            share_milli=share_milli,
        )


async def a_bank(
    shop: Workshop, *, learners: int, items: int, skills: Sequence[str] = SKILLS
) -> Bank:
    """A school with one course: so many learners, so many items of each skill, the skills over the levels."""
    tenant_id, course_id = new_id(), new_id()
    users = tuple(new_id() for _ in range(learners))
    bank = {skill: tuple(new_id() for _ in range(items)) for skill in skills}
    now = shop.means.now()
    connection = await asyncpg.connect(shop.url)
    try:
        async with connection.transaction():
            await _people(connection, (tenant_id, course_id), users, now)
            for place, (skill, ids) in enumerate(bank.items()):
                await connection.execute(
                    "INSERT INTO questions (tenant_id, question_id, course_id, version, kind, title, skills, level, language,"
                    " difficulty, created_at, updated_at) SELECT $1, q.id, $2, 1, 'true_false', $4 || q.place, ARRAY[$4], $5,"
                    " 'en', (q.place * 97 / $6) % 100, $7, $7 FROM unnest($3::uuid[]) WITH ORDINALITY AS q (id, place)",
                    *(tenant_id, course_id, list(ids), skill, 1 + place * LEVELS // len(bank)),
                    *(items, now),
                )
    finally:
        await connection.close()
    return Bank(tenant_id=tenant_id, course_id=course_id, users=users, items=bank)


async def _people(
    connection: asyncpg.Connection, place: tuple[str, str], users: Sequence[str], now: datetime
) -> None:
    tenant_id, _course_id = place
    await connection.execute(
        "INSERT INTO tenants (tenant_id, slug, name, created_at) VALUES ($1, $2, $2, $3)",
        *(tenant_id, f"school-{tenant_id}", now),
    )
    await connection.execute(
        "INSERT INTO courses (tenant_id, course_id, title, created_at) VALUES ($1, $2, 'Figures', $3)",
        *(*place, now),
    )
    await connection.execute(
        "INSERT INTO users (tenant_id, user_id, email, name, roles, password_hash, created_at)"
        " SELECT $1, u, u || '@school.test', 'Learner', '{student}', '', $3 FROM unnest($2::uuid[]) AS u",
        *(tenant_id, list(users), now),
    )
    await connection.execute(
        "INSERT INTO enrolments (tenant_id, enrolment_id, course_id, user_id, role, created_at)"
        " SELECT $1, gen_random_uuid(), $2, u, 'student', $4 FROM unnest($3::uuid[]) AS u",
        *(*place, list(users), now),
    )
