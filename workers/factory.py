"""The content factory at work: its jobs, in lanes and on connections of their own, so that nobody else waits for a model."""

import contextlib
import os
import random
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

from lms.ai import step_store
from lms.ai.calling import Tools
from lms.ai.gateway import Gateway, Patience
from lms.ai.running import Running
from lms.jobs import Leased
from lms.uploads.model import Upload
from server import failpoints
from server.files import key_of
from server.settings import Settings, model_providers
from server.storage.objects import Objects
from server.storage.postgres import Database
from workers.jobs import Bench, Handler, Jobs, LaterError, Manner
from workers.means import Means
from workers.measuring import MEASURE_HANDLERS
from workers.reviewing import REVIEW_HANDLERS

# Jobs at once; each makes some items at once, and each of those has one call under way.
LANES = 3
POOL = 8
# What a killed worker had is taken over after so long.
LEASE = timedelta(seconds=10)
TURN_REST_SECONDS = 0.0
TWIN_REST_SECONDS = 5.0
# So long the traces of jobs are kept, and answers of models that nobody asks for, where nothing else is set.
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 2_000
FORGETS = {"steps": step_store.forget_steps, "answers": step_store.forget_answers}


@contextlib.asynccontextmanager
async def factory(means: Means, settings: Settings) -> AsyncIterator[list[Jobs]]:
    """The lanes of the factory, until the block ends."""
    models = _models(means, settings)
    try:
        async with Database(
            settings.database_url,
            pool_size=POOL,
            statement_timeout_ms=settings.statement_timeout_ms,
            role="lectern_factory",
        ) as database:
            kept = timedelta(days=settings.factory_keep_days)
            yield lanes(replace(means, database=database), models, kept)
    finally:
        await models.close()


def _models(means: Means, settings: Settings) -> Gateway:
    """The gateway to the providers of the file, or one that knows nobody."""
    providers = model_providers(settings, os.environ)
    chance = random.Random().random  # noqa: S311 - jitter
    if not providers.providers:
        patience = Patience(steady=means.steady, chance=chance)
        return Gateway(providers, {}, means.meters, patience)
    # It takes a second and 20 MiB to load: only where there is somebody to call.
    from lms.ai.client import gateway

    return gateway(providers, means.meters, means.steady, chance)


def lanes(means: Means, models: Gateway, kept: timedelta = KEPT) -> list[Jobs]:
    """Workers of the factory's jobs; `means` has a database whose role sees the staging, `kept` is how long traces stay."""
    work = FactoryWork(models, kept)
    manner = Manner(name="factory", lease=LEASE, given_up={"generation.run": work.give_up})
    return [Jobs(means, work.handlers(), measures=False, manner=manner) for _ in range(LANES)]


class FactoryWork:
    """What each kind of job of the factory does."""

    def __init__(self, models: Gateway, kept: timedelta) -> None:
        self._models = models
        self._kept = kept

    def handlers(self) -> Mapping[str, Handler]:
        """By kind."""
        own: Mapping[str, Handler] = {
            "generation.run": self.generate,
            "generation.tidy": self.tidy,
        }
        return {**own, **REVIEW_HANDLERS, **MEASURE_HANDLERS}

    async def generate(self, bench: Bench, job: Leased) -> None:
        """Make items for a turn; the job comes back until it is over."""
        ending = await self._running(bench, job).run()
        if ending == "turn":
            raise LaterError(TURN_REST_SECONDS)
        if ending == "twin":
            raise LaterError(TWIN_REST_SECONDS)

    async def tidy(self, bench: Bench, job: Leased) -> None:
        """Forget the traces of jobs that are long over, and answers that nobody asks for any more, batch by batch."""
        before = bench.means.now() - self._kept
        for what, forget in FORGETS.items():
            gone = FORGOTTEN_AT_ONCE
            while gone == FORGOTTEN_AT_ONCE:
                async with bench.transaction() as connection:
                    gone = await forget(connection, job.tenant_id, before, FORGOTTEN_AT_ONCE)
                bench.means.meters.count("generation_forgotten_total", {"what": what}, by=gone)

    async def give_up(self, bench: Bench, job: Leased) -> None:
        """Its job has failed."""
        await self._running(bench, job).give_up()

    def _running(self, bench: Bench, job: Leased) -> Running:
        means = bench.means
        tools = Tools(
            asks=self._models,
            embeds=self._models,
            meters=means.meters,
            now=means.now,
            steady=means.steady,
            new_id=means.new_id,
            reach=failpoints.reach,
        )

        async def read(tenant_id: str, upload: Upload) -> bytes:
            return await whole(means.objects, tenant_id, upload)

        return Running(
            bench=bench, tools=tools, read=read, tenant_id=job.tenant_id, job_id=job.subject_id
        )


async def whole(objects: Objects, tenant_id: str, upload: Upload) -> bytes:
    """All bytes of a file whose size was looked at."""
    key = key_of(tenant_id, upload.upload_id)
    return b"".join([chunk async for chunk in objects.read(key, 0, upload.size_bytes)])
