"""Staged items in a school, and reviewers who decide about them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import msgspec

from lms.ai import deciding, ingest, seeds, staging
from lms.ai.deciding import Outcome, Verdict
from lms.ai.model import Brief, Candidate, Card, Decision, Finding, ReviewReason
from lms.attempts.model import Desk
from lms.errors import Unavailable
from lms.identity import Principal
from lms.ids import CandidateId, SessionId, TenantId, UserId, uuid7
from lms.questions.model import Kind, Labels, New
from server.storage.postgres import Database
from tests.support.exams import NOW, Exam, desk, new_id
from tests.support.items import ITEMS

SOURCE = "A wave of sound has a crest and a trough. Its speed is frequency times wavelength."
# Of every school here, so that tests can say which items are read by two and which have a twin.
SECRET = "5ec2e700-0000-4000-8000-000000000000"
QUOTE = "speed is  frequency times wavelength"


def candidate_id(*, sampled: bool = False, seeded: bool = False) -> CandidateId:
    """An id that comes to just this by the rules of lms.ai.seeds and our secret; its twin is read by one."""
    for number in range(100_000):
        made = CandidateId(
            uuid7(1_795_000_000_000, hashlib.sha256(f"{new_id()}{number}".encode()).digest()[:10])
        )
        draws = seeds.is_sampled(SECRET, made), seeds.is_doubled(SECRET, made)
        twin_id = seeds.twin_id(SECRET, made)
        if draws == (sampled, seeded) and not seeds.is_sampled(SECRET, twin_id):
            return made
    raise AssertionError("one of a hundred would do")


def item(kind: Kind = "single_choice", **labels: object) -> New:
    content, key = ITEMS[kind]
    named = Labels(title=f"A {kind}", skills=("waves",), level=2, **labels)  # type: ignore[arg-type]  # the fields of labels
    return New(kind=kind, labels=named, content=content, key=key)


@dataclass(frozen=True, kw_only=True)
class Office:
    """A school with a course, and the two pools that see its staging."""

    exam: Exam
    factory: Database
    review: Database

    @property
    def tenant_id(self) -> str:
        return self.exam.tenant_id

    async def person(self, role: str = "reviewer") -> Principal:
        user_id = new_id()
        async with self.exam.database.transaction(self.tenant_id) as connection:
            await connection.execute(
                "INSERT INTO users (tenant_id, user_id, email, name, roles, password_hash, created_at)"
                " VALUES ($1, $2, $3, 'R', $4, 'x', $5)",
                *(self.tenant_id, user_id, f"{user_id}@x.test", [role], NOW),
            )
        return Principal(
            tenant_id=TenantId(self.tenant_id),
            user_id=UserId(user_id),
            session_id=SessionId(new_id()),
            roles=frozenset({role}),  # type: ignore[arg-type]  # one of the roles
        )

    async def job(self, source: str = SOURCE) -> str:
        """A batch whose items are made."""
        job_id = new_id()
        brief = Brief(skill="waves", kinds=["single_choice"])
        async with self.factory.transaction(self.tenant_id) as connection:
            await connection.execute(
                "INSERT INTO generation_jobs (tenant_id, job_id, course_id, asked_by, brief, digest, source, state, wanted,"
                " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'done', 10, $8, $8)",
                *(self.tenant_id, job_id, self.exam.course_id, self.exam.teacher),
                *(msgspec.json.encode(brief).decode(), job_id.encode(), source, NOW),
            )
        return job_id

    def candidate(self, job_id: str, slot: int, **more: object) -> Candidate:
        values = {"candidate_id": candidate_id(), "item": item(), "risk": 20, **more}
        return Candidate(
            course_id=self.exam.course_id,
            origin="generated",
            card=Card(
                job_id=job_id,
                tier="small",
                provider="house",
                model="m-1",
                prompts={"stem": "stem-1"},
                source_digest="d",
                quote=QUOTE,
                gates=(Finding(gate="structure", passed=True),),
                tokens=500,
                cost_micros=70,
            ),
            job_id=job_id,
            slot=slot,
            **values,  # type: ignore[arg-type]  # the fields of a candidate
        )

    async def stage(self, *candidates: Candidate) -> list[str]:
        async with self.factory.transaction(self.tenant_id) as connection:
            await connection.execute(
                "INSERT INTO practice_seeds (tenant_id, seed) VALUES ($1, $2)"
                " ON CONFLICT (tenant_id) DO UPDATE SET seed = EXCLUDED.seed",
                *(self.tenant_id, SECRET),
            )
            return await staging.stage(connection, self.tenant_id, candidates, NOW)

    async def staged(self, job_id: str, count: int, **more: object) -> list[str]:
        """So many new items of the job in the queue."""
        return await self.stage(
            *(self.candidate(job_id, slot, **more) for slot in range(1, count + 1))
        )

    async def decide(
        self,
        who: Principal,
        candidate: str,
        decision: Decision = "accept",
        *,
        version: int = 1,
        reasons: Sequence[ReviewReason] = (),
        edit: New | None = None,
        at: Desk | None = None,
    ) -> Outcome:
        if decision == "reject" and not reasons:
            reasons = ("wrong_key",)
        verdict = Verdict(
            version=version, decision=decision, reasons=tuple(reasons), edit=edit, took_ms=900
        )
        async with self.review.transaction(self.tenant_id) as connection:
            return await deciding.decide(connection, who, candidate, verdict, at or desk())

    async def ingest(self) -> int:
        """What the nightly job does; how many items came in."""
        items, after = 0, None
        while True:
            async with self.factory.transaction(self.tenant_id) as connection:
                done = await ingest.batch(connection, self.tenant_id, after, desk())
            items, after = items + done.items, done.after
            if after is None:
                return items

    async def factory_killed_after_writing(self, owner_url: str) -> BaseException | None:
        """A batch is brought in, and PostgreSQL ends its connection before the commit: what the worker is told."""
        owner = await asyncpg.connect(owner_url)
        try:
            async with self.factory.transaction(self.tenant_id) as connection:
                done = await ingest.batch(connection, self.tenant_id, None, desk())
                assert done.items
                pid = await connection.fetchval("SELECT pg_backend_pid()")
                await owner.execute("SELECT pg_terminate_backend($1)", pid)
                await connection.execute("SELECT 1")
        except Unavailable as error:
            return error
        finally:
            await owner.close()
        return None

    async def fetch(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Rows of this school, as the factory sees them; $1 is the school."""
        async with self.factory.transaction(self.tenant_id) as connection:
            return [
                tuple(row.values()) for row in await connection.fetch(sql, self.tenant_id, *values)
            ]
