"""An exam in the hands of the workers: made ahead, shut at its end, graded once, in the gradebook."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lms.assessments.model import Assessment
from lms.assessments.service import materialise_later
from lms.attempts import service
from lms.attempts.model import Desk
from server.storage import partitions
from tests.support.exams import NOW, exam_in, new_id
from tests.support.graded import Desks, desks_in
from tests.support.stores import Stores
from tests.support.workshop import Workshop, workshop
from workers.grader import Grader
from workers.handlers import HANDLERS
from workers.jobs import Jobs
from workers.lifecycle import Lifecycle
from workers.means import Means
from workers.projector import Projector
from workers.relay import Relay

pytestmark = pytest.mark.store

BEGIN = NOW + timedelta(hours=1)


@dataclass(kw_only=True)
class House:
    """A school with an exam, and workers whose clock is moved by hand."""

    shop: Workshop
    desks: Desks
    now: datetime = BEGIN

    @property
    def means(self) -> Means:
        return replace(self.shop.as_another(), now=lambda: self.now)

    async def begin(self, assessment: Assessment, learner: str) -> str:
        """The learner starts."""
        who = self.desks.person(learner, "student")
        async with self.means.database.transaction(who.tenant_id) as connection:
            opened = await service.start(
                connection, who, assessment.assessment_id, "", Desk(now=self.now, new_id=new_id)
            )
        return opened.attempt.attempt_id

    async def state(self, attempt_id: str) -> object:
        return await self.shop.fetchval(
            "SELECT state || ' ' || coalesce(submitted_by, '-') FROM attempts WHERE attempt_id = $1",
            attempt_id,
        )


@pytest.fixture
async def house(stores: Stores, valkey_url: str) -> AsyncIterator[House]:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, Path(tempfile.mkdtemp())) as shop:
        exam = await exam_in(shop.means.database)
        async with desks_in(exam, url) as desks:
            yield House(shop=shop, desks=desks)
    await stores.drop_database(url)


async def test_attempts_are_made_ahead_by_a_job(house: House) -> None:
    await house.desks.exam.add_learners(5)
    assessment = await house.desks.assessment("single_choice")
    async with house.means.database.transaction(house.desks.tenant_id) as connection:
        await materialise_later(
            *(connection, house.desks.tenant_id, assessment.assessment_id, new_id(), house.now)
        )
    await Jobs(house.means, HANDLERS).round()
    assert await house.shop.fetchval("SELECT count(*) FROM attempts WHERE state = 'ready'") == 5


async def test_the_deadline_hands_in_once_and_only_what_is_over(house: House) -> None:
    first, second = await house.desks.exam.add_learners(2)
    assessment = await house.desks.assessment("single_choice")
    await house.desks.exam.materialise(assessment.assessment_id)
    early = await house.begin(assessment, first)
    house.now += timedelta(minutes=10)
    late = await house.begin(assessment, second)
    workers = [Lifecycle(house.means, retire_weeks=0) for _ in range(3)]
    await asyncio.gather(*(worker.round() for worker in workers))
    assert await house.state(early) == "open -"
    house.now = BEGIN + timedelta(minutes=65)
    await asyncio.gather(*(worker.round() for worker in workers))
    assert (await house.state(early), await house.state(late)) == ("submitted deadline", "open -")
    told = await house.shop.fetchval(
        "SELECT count(*) FROM outbox WHERE name = 'attempt.submitted'"
    )
    assert told == 1


async def test_what_is_handed_in_is_graded_once_and_is_in_the_gradebook(house: House) -> None:
    [learner] = await house.desks.exam.add_learners(1)
    assessment = await house.desks.assessment("single_choice", "numeric")
    await house.desks.exam.materialise(assessment.assessment_id)
    attempt_id = await house.begin(assessment, learner)
    await house.desks.answer(attempt_id, "single_choice", "b", 1, at=BEGIN)
    house.now = BEGIN + timedelta(hours=2)
    graders = [Grader(house.means), Grader(house.means)]
    await Lifecycle(house.means, retire_weeks=0).round()
    await house.shop.settle(Relay(house.means), Projector(house.means), *graders)
    await asyncio.gather(*(grader.round() for grader in graders))
    assert await house.shop.fetchval("SELECT count(*) FROM grades") == 1
    assert await house.state(attempt_id) == "graded deadline"
    cell = await house.shop.fetchval(
        "SELECT (state, earned_milli, possible_milli, revision)::text FROM gradebook_cells WHERE attempt_id = $1",
        attempt_id,
    )
    assert cell == "(graded,1000,2000,1)"
    outcomes = await house.shop.fetchval(
        "SELECT array_agg(earned_milli ORDER BY earned_milli) FROM item_outcomes WHERE attempt_id = $1",
        attempt_id,
    )
    assert outcomes == [0, 1000]


async def test_what_nobody_heard_of_is_graded_by_the_sweep(house: House) -> None:
    assessment = await house.desks.assessment("single_choice")
    attempt_id = await house.desks.handed_in(assessment, {"single_choice": "b"})
    house.now = NOW + timedelta(hours=2, seconds=10)
    await Grader(house.means).round()
    assert await house.state(attempt_id) == "submitted learner"
    house.now += timedelta(seconds=30)
    await Grader(house.means).round()
    assert await house.state(attempt_id) == "graded learner"


async def test_an_attempt_that_cannot_be_graded_holds_up_no_other(house: House) -> None:
    assessment = await house.desks.assessment("single_choice")
    sick = await house.desks.handed_in(assessment, {"single_choice": "b"})
    well = await house.desks.handed_in(assessment, {"single_choice": "b"})
    await house.desks.owner.execute(
        "UPDATE answers SET value = '{no json' WHERE attempt_id = $1", sick
    )
    house.now = NOW + timedelta(hours=3)
    await Grader(house.means).round()
    assert await house.state(well) == "graded learner"
    assert await house.state(sick) == "submitted learner"


async def test_a_clock_sixty_days_ahead_finds_its_partitions_made(house: House) -> None:
    lifecycle, means = Lifecycle(house.means, retire_weeks=0), house.means
    for _ in range(7):
        house.now += timedelta(days=10)
        await Lifecycle(house.means, retire_weeks=0).round()
        async with means.database.statement() as connection:
            found = await partitions.splits(connection)
        assert {split.ahead(house.now) for split in found} == {8}
    await lifecycle.round()
    assert "lectern_partitions_ahead 8.0" in lifecycle._means.meters.text().decode()


async def test_old_partitions_are_retired_when_it_is_asked_for(house: House) -> None:
    assessment = await house.desks.assessment("single_choice")
    await house.desks.handed_in(assessment, {"single_choice": "b"})
    house.now += timedelta(weeks=30)
    await Lifecycle(house.means, retire_weeks=0).round()
    assert await house.shop.fetchval("SELECT count(*) FROM answers") == 1
    await Lifecycle(house.means, retire_weeks=26).round()
    assert await house.shop.fetchval("SELECT count(*) FROM answers") == 0


async def test_a_chore_that_fails_holds_up_no_deadline(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("server.files.tidy", fails)
    [learner] = await house.desks.exam.add_learners(1)
    assessment = await house.desks.assessment("single_choice")
    await house.desks.exam.materialise(assessment.assessment_id)
    attempt_id = await house.begin(assessment, learner)
    lifecycle = Lifecycle(house.means, retire_weeks=0)
    await lifecycle.round()
    house.now += timedelta(hours=2)
    await lifecycle.round()
    assert await house.state(attempt_id) == "submitted deadline"
