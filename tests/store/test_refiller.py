"""From an answer to the next lesson: the real stores and workers, round by round."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lms.events import PracticeFinished
from lms.practice import wire
from lms.practice.wire import Batch
from server.storage.playlists import list_key
from tests.support.stores import Stores
from tests.support.tutor import Bank, a_bank
from tests.support.workshop import Workshop, new_id, workshop
from workers.projector import Projector
from workers.refiller import Refiller
from workers.relay import Relay

pytestmark = pytest.mark.store
TTL_SECONDS = 600


@pytest.fixture(scope="module")
async def shop(stores: Stores, valkey_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


@pytest.fixture(scope="module")
async def bank(shop: Workshop) -> Bank:
    return await a_bank(shop, learners=12, items=40)


def _refiller(shop: Workshop) -> Refiller:
    return Refiller(shop.means, ttl_seconds=TTL_SECONDS)


async def _settle(shop: Workshop) -> None:
    await shop.settle(Relay(shop.means), Projector(shop.means))


async def _refilled(shop: Workshop, refiller: Refiller | None = None) -> None:
    """Rounds until nobody waits."""
    refiller = refiller or _refiller(shop)
    while await shop.fetchval("SELECT count(*) FROM refills"):
        await refiller.round()


async def _waiting(shop: Workshop, bank: Bank, user: str) -> list[Batch]:
    [elements] = await shop.means.playlists.waiting([(bank.tenant_id, bank.course_id, user)])
    return [wire.unpacked(element) for element in elements]


def _whys(batch: Batch) -> list[str]:
    return [str(head).split('"why":"')[1].split('"')[0] for head in batch.heads]


async def test_a_lesson_that_was_finished_brings_the_next_two(shop: Workshop, bank: Bank) -> None:
    user = bank.users[0]
    answer = bank.answer(user, "adding", 0)
    done = PracticeFinished(
        user_id=user, course_id=bank.course_id, practice_id=new_id(), asked=1, answered=1
    )
    await shop.write(bank.tenant_id, [answer, done])
    await _settle(shop)
    await _refilled(shop)
    first, second = await _waiting(shop, bank, user)
    assert (len(first.versions), len(second.versions)) == (20, 20)
    assert not {*first.versions} & {*second.versions}
    assert f"{answer.question_id}.1" not in first.versions + second.versions
    assert _whys(first)[0] == "recent_mistake"
    ttl = await shop.redis.ttl(list_key((bank.tenant_id, bank.course_id, user)))
    assert 0 < ttl <= TTL_SECONDS
    kept = await shop.fetchval("SELECT count(*) FROM practices WHERE user_id = $1", user)
    assert kept == 2
