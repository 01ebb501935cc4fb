"""Rebuilt read models are the live ones to the byte, whatever happened and however it was read."""

import asyncio
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from lms.projections import log, service, skill_store, skills
from lms.projections.registry import PROJECTIONS
from tests.support.histories import interleaved
from tests.support.running import ROOT
from tests.support.stores import Stores
from tests.support.workshop import Workshop, workshop
from workers.projector import Projector
from workers.relay import Relay

pytestmark = pytest.mark.store


@pytest.fixture
async def shop(stores: Stores, valkey_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, valkey_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


async def _live(shop: Workshop, seed: int, steps: int) -> dict[str, list[str]]:
    """A history read as it comes, in batches of any size, with duplicates, by two projectors."""
    chance = random.Random(seed)
    relay = Relay(shop.means)
    projectors = [Projector(shop.means), Projector(shop.as_another())]
    for tenant_id, event, at in interleaved(seed, tenants=3, attempts=12, steps=steps):
        await shop.write(tenant_id, [event], at)
        if chance.random() < 0.1:
            await relay.round()
        if chance.random() < 0.05:
            await chance.choice(projectors).round()
    await shop.settle(relay, *projectors)
    return await shop.read_models()


async def _folded_from_scratch(shop: Workshop) -> list[str]:
    """The skills that follow from the responses in the order in which they were given, as the read model would hold them."""
    connection = await asyncpg.connect(shop.url)
    async with connection.transaction():
        await connection.execute("DELETE FROM learner_skills")
        for row in await connection.fetch(
            "SELECT tenant_id::text, array_agg(DISTINCT (user_id::text, course_id::text)) AS learners FROM responses GROUP BY 1"
        ):
            found = await skill_store.in_order(connection, row["tenant_id"], row["learners"])
            states = {
                learner: skills.fold({}, [one.response for one in lines])
                for learner, lines in found.items()
            }
            await skill_store.save(connection, row["tenant_id"], states)
        rows = await connection.fetch("SELECT t::text FROM learner_skills AS t ORDER BY t::text")
    await connection.close()
    return [row[0] for row in rows]


@pytest.mark.parametrize("seed", range(4))
async def test_a_random_history_rebuilt_is_what_it_was_live(shop: Workshop, seed: int) -> None:
    live = await _live(shop, seed, steps=400)
    assert all(live.values())
    assert await _folded_from_scratch(shop) == live["learner_skills"]
    for projection in PROJECTIONS.values():
        async with shop.means.database.transaction(None) as connection:
            await service.rebuild(connection, projection)
    assert await shop.read_models() == live


async def test_events_go_on_while_a_read_model_is_rebuilt(shop: Workshop) -> None:
    await _live(shop, 99, steps=300)
    projector, relay = Projector(shop.means), Relay(shop.means)
    more = list(interleaved(100, tenants=2, attempts=6, steps=100))
    async with shop.means.database.transaction(None) as connection:
        await service.rebuild(connection, PROJECTIONS["progress"])
        before = await shop.read_models()
        assert before["progress"], "the old rows are seen until the new ones are all there"
        for tenant_id, event, at in more:
            await shop.write(tenant_id, [event], at)
        await relay.round()
    await shop.settle(relay, projector)
    live = await shop.read_models()
    async with shop.means.database.transaction(None) as connection:
        await service.rebuild(connection, PROJECTIONS["progress"])
    assert await shop.read_models() == live


async def test_an_event_that_cannot_be_taken_in_is_buried_by_a_rebuild_too(
    shop: Workshop,
) -> None:
    live = await _live(shop, 5, steps=100)
    connection = await asyncpg.connect(shop.url)
    head = await connection.fetchval(
        "UPDATE event_heads SET seq = seq + 1 WHERE shard = 0 RETURNING seq"
    )
    await connection.execute(
        "INSERT INTO event_log (shard, seq, tenant_id, key_id, name, data, trace, at)"
        " VALUES (0, $1, gen_random_uuid(), gen_random_uuid(), 'attempt.answered', '{}', '', now())",
        head,
    )
    await connection.close()
    async with shop.means.database.transaction(None) as opened:
        await service.rebuild(opened, PROJECTIONS["progress"])
        assert await log.dead(opened) == {"progress": 1}
    assert await shop.read_models() == live


async def test_the_command_rebuilds_what_somebody_spoiled(shop: Workshop, valkey_url: str) -> None:
    live = await _live(shop, 7, steps=200)
    connection = await asyncpg.connect(shop.url)
    await connection.execute("UPDATE progress SET answered = '{}', last_seq = 0")
    await connection.execute("DELETE FROM item_outcomes")
    await connection.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", "rebuild", "progress", "outcomes"),
        cwd=ROOT,
        env={
            **os.environ,
            "LECTERN_DATABASE_URL": shop.url,
            "LECTERN_REDIS_URL": valkey_url,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().count("rebuilt")) == (0, 2)
    assert await shop.read_models() == live
