"""The factory's worker is killed at its worst moments, in small: nothing is lost, doubled, paid twice, or spent beyond the budget."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loadtests.drills import factory
from loadtests.drills.factory import Ground, Size
from tests.support.stores import Stores

pytestmark = [pytest.mark.store, pytest.mark.drill]

SMALL = Size(
    seed=2,
    kills=3,
    schools=2,
    items=2,
    answer_s=0.02,
    short_budget=30_000,
    between_s=(0.1, 0.4),
    points=(("factory.after_call", 2, 6), ("factory.after_stage", 1, 1)),
    open_at_once=2,
    hurried=True,
)
# What is done to the books behind everybody's back, and which count must show it.
TAMPERED = {
    "items that a job that is done owes": "DELETE FROM generation_steps WHERE step = 'gates' AND (tenant_id, job_id, slot) ="
    " (SELECT tenant_id, job_id, slot FROM generation_steps JOIN generation_jobs USING (tenant_id, job_id)"
    " WHERE step = 'gates' AND outcome = 'passed' AND state = 'done' AND reason = '' LIMIT 1)",
    "schools over their budget by our books": "UPDATE token_budgets SET tokens_used = tokens_limit + 1",
    "tokens still set aside": "UPDATE token_budgets SET tokens_held = 5",
    "jobs without exactly their two events": "DELETE FROM outbox WHERE outbox_id = (SELECT min(outbox_id) FROM outbox)",
}


@pytest.fixture
async def place(stores: Stores, valkey_url: str, short_folder: Path) -> AsyncIterator[Ground]:
    url = await stores.fresh_database()
    folder = Path(tempfile.mkdtemp(dir=short_folder))
    async with factory.ground_on(SMALL, folder, url, valkey_url) as made:
        yield made
    await stores.drop_database(url)


async def test_killed_again_and_again_it_owes_nothing_and_pays_nothing_twice(
    place: Ground,
) -> None:
    books = await factory.drill(SMALL, place)
    assert books.toll.total == SMALL.kills
    assert books.looked_at["items before the reviewers"] > 0
    assert books.faults == dict.fromkeys(books.faults, 0)
    for count, tampering in TAMPERED.items():
        await place.fetch(tampering)
        assert (await factory.looked(SMALL, place)).faults[count] > 0, count
