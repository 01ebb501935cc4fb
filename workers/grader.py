"""The grader: scores what was handed in, once, when it hears of it; and looks for what nobody heard of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from lms.events import AttemptSubmitted
from lms.grading import service
from lms.projections.model import Told
from lms.projections.readers import Reader
from server.failpoints import reach
from workers import waiting
from workers.means import Means
from workers.reading import Reading

# A batch is one transaction, which holds its attempts.
BATCH_EVENTS = 25
# Of what comes in between, nearly all are answers: they are passed over together.
LINGER_SECONDS = 0.3
SWEEP_SECONDS = 10.0
SWEEP_AFTER = timedelta(seconds=20)
SWEEP_ROWS = 100


class Grader:
    """Implements workers.runner.Worker."""

    name = "grader"

    def __init__(self, means: Means) -> None:
        self._means = means
        reader = Reader(name="grader", hears=frozenset({"attempt.submitted"}), apply=self._score)
        self._reading = Reading(
            "grader", (reader,), means, batch_events=BATCH_EVENTS, linger_seconds=LINGER_SECONDS
        )
        self._sweep_at = 0.0

    async def round(self) -> float:
        """Score what was handed in since."""
        rest = await self._reading.round()
        if self._means.steady() >= self._sweep_at:
            await self._sweep()
            self._sweep_at = self._means.steady() + SWEEP_SECONDS
        return rest

    async def end(self) -> None:
        """Leave the group."""
        await self._reading.end()

    async def _score(
        self, connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[Any]]
    ) -> None:
        # In the order of the ids, so that two graders never wait for each other crosswise.
        attempts = {
            one.event.attempt_id for one in told if isinstance(one.event, AttemptSubmitted)
        }
        for attempt_id in sorted(attempts):
            await service.score_attempt(connection, tenant_id, attempt_id, self._means.now())
            self._means.meters.count("attempts_scored_total", {"by": "event"})

    async def _sweep(self) -> None:
        """What was handed in a while ago and has no grade: its event is dead, or was never read."""
        before = self._means.now() - SWEEP_AFTER
        found = await waiting.to_grade(self._means.database, before, SWEEP_ROWS)

        async def score(connection: asyncpg.Connection, tenant_id: str, attempt_id: str) -> bool:
            grade = await service.score_attempt(
                connection, tenant_id, attempt_id, self._means.now()
            )
            reach("grader.before_commit")
            return grade is not None

        scored = await waiting.each_alone(self._means, "score", found, score)
        self._means.meters.count("attempts_scored_total", {"by": "sweep"}, by=scored)
