"""The factory inside a test: a course to ask for, the worker's lanes by hand, and what came of a job."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import asyncpg

from lms.ai import asking, budget_store
from lms.ai.client import gateway
from lms.ai.model import Brief, Job, JobState
from lms.ai.providers import Providers, parse
from server.storage.postgres import Database
from tests.support.exams import Exam
from tests.support.scripted_models import ScriptedModels
from tests.support.workshop import Workshop, new_id
from workers.factory import lanes

ROUNDS = 400
SOURCE = (
    "Sound is a vibration that travels through matter as a wave. In air at room temperature it travels 343 metres in a second."
    " Steel carries vibrations much faster than water does. The frequency of a vibration decides how high a tone is heard."
    " The amplitude of a vibration decides how loud a tone is heard. Empty space carries no sound, because nothing vibrates there.\n\n"
    "An echo is a sound that comes back from a distant wall. Bats find insects in darkness by listening to the echo of their calls."
    " A whale sends its song through the ocean for 800 kilometres. The human ear hears tones of up to 20 kilohertz."
    " A dog whistle makes tones that people cannot hear at all. Musicians tune their instruments to a tone of 440 hertz.\n"
)


def providers(*servers: ScriptedModels, embeds: bool = False) -> Providers:
    """A small and a strong model at each of these, asked in their order."""
    return parse(provider_file(*servers, embeds=embeds), {})


def provider_file(*servers: ScriptedModels, embeds: bool = False) -> str:
    """The file that says so."""
    lines = list[str]()
    for number, server in enumerate(servers, 1):
        lines += ["[[provider]]", f'name = "p{number}"', f'base_url = "{server.base_url}"']
        tiers = ("small", "strong", *(["embedding"] if embeds else []))
        for tier in tiers:
            name = "vectors" if tier == "embedding" else f"{tier}-{number}"
            lines += [
                "[[model]]",
                f'provider = "p{number}"',
                f'name = "{name}"',
                f'tier = "{tier}"',
            ]
            lines += ["micros_in = 1", "micros_out = 2"]
    return "\n".join(lines)


def brief(**more: Any) -> Brief:
    """What most tests want."""
    return Brief(**{"skill": "sound", "kinds": ["single_choice"], "count": 4, "level": 8, **more})


@dataclass(kw_only=True)
class Factory:
    """A course in a school, and a factory beside it."""

    shop: Workshop
    exam: Exam
    providers: Providers = field(default_factory=Providers)

    async def ask(self, asked: Brief | None = None, source: str = SOURCE, **more: Any) -> Job:
        """A brief of the course's teacher."""
        wanted = asking.Wanted(
            **{
                "course_id": self.exam.course_id,
                "brief": asked or brief(),
                "source": source,
                **more,
            }
        )
        desk = asking.Desk(
            tenant_id=self.exam.tenant_id,
            user_id=self.exam.teacher,
            now=self.shop.means.now(),
            new_id=new_id,
        )
        async with self.shop.means.database.transaction(self.exam.tenant_id) as connection:
            return await asking.place(connection, desk, wanted)

    async def work(self, *, lanes_at_once: int = 1) -> None:
        """Rounds of the factory's lanes until nothing is left that is due."""
        chance = random.Random(5)
        models = gateway(
            self.providers, self.shop.means.meters, self.shop.means.steady, chance.random
        )
        try:
            async with self.database() as database:
                workers = lanes(replace(self.shop.means, database=database), models)
                for _ in range(ROUNDS):
                    await asyncio.gather(*(one.round() for one in workers[:lanes_at_once]))
                    if not await self.is_due():
                        return
        finally:
            await models.close()
        raise AssertionError("it does not end")

    def database(self) -> Database:
        return Database(
            self.shop.url, pool_size=4, statement_timeout_ms=5000, role="lectern_factory"
        )

    async def is_due(self) -> bool:
        return bool(
            await self.shop.fetchval(
                "SELECT EXISTS (SELECT FROM jobs WHERE state = 'waiting' AND run_at <= clock_timestamp())"
            )
        )

    async def row(self, job: Job) -> dict[str, Any]:
        """The job as it stands."""
        [found] = await self.rows("SELECT * FROM generation_jobs WHERE job_id = $1", job.job_id)
        return dict(found)

    async def be_due(self) -> None:
        """Let what was put back be due now."""
        await self.execute("UPDATE jobs SET run_at = now() WHERE state = 'waiting'")

    async def execute(self, sql: str, *values: object) -> None:
        """By the owner of the tables."""
        connection = await asyncpg.connect(self.shop.url)
        try:
            await connection.execute(sql, *values)
        finally:
            await connection.close()

    async def rows(self, sql: str, *values: object) -> Sequence[asyncpg.Record]:
        """By the owner of the tables."""
        connection = await asyncpg.connect(self.shop.url)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    async def cancel(self, job: Job) -> None:
        """As its teacher does."""
        tenant_id = self.exam.tenant_id
        async with self.shop.means.database.transaction(tenant_id) as connection:
            how: tuple[JobState, str] = ("cancelled", "cancelled_by_teacher")
            await asking.end(connection, tenant_id, job.job_id, how, self.shop.means.now())

    async def limit(self, tokens: int) -> None:
        """What the school may use this month."""
        tenant_id = self.exam.tenant_id
        async with self.shop.means.database.transaction(tenant_id) as connection:
            await budget_store.set_limit(connection, tenant_id, tokens, self.shop.means.now())

    async def budget(self) -> dict[str, int]:
        """What it has used."""
        [found] = await self.rows(
            "SELECT tokens_limit, tokens_used, tokens_held, cost_micros FROM token_budgets WHERE tenant_id = $1",
            self.exam.tenant_id,
        )
        return dict(found)

    async def steps(self, job: Job) -> Sequence[asyncpg.Record]:
        """The trace of a job."""
        return await self.rows(
            "SELECT * FROM generation_steps WHERE job_id = $1 ORDER BY slot, at, step, try",
            job.job_id,
        )

    async def staged(self, job: Job) -> Sequence[asyncpg.Record]:
        """The items of a job before the reviewers, without the bad ones that are mixed in."""
        return await self.rows(
            "SELECT * FROM questions_staging WHERE job_id = $1 AND origin = 'generated' ORDER BY slot",
            job.job_id,
        )
