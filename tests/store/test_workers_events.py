"""From the outbox to the read models: in order, each once, whoever dies, forgets or says things twice."""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from lms import outbox
from lms.events import AttemptAnswered, AttemptOpened
from lms.projections import log
from server.storage.redis import key
from server.storage.streams import KEPT_PARTS, Part, Streams
from tests.support.histories import NOW, History, interleaved
from tests.support.stores import Stores
from tests.support.workshop import Workshop, new_id, workshop
from workers import relay as relaying
from workers.projector import Projector
from workers.relay import Relay

pytestmark = pytest.mark.store


@pytest.fixture
async def shop(stores: Stores, redis_url: str) -> AsyncIterator[Workshop]:
    url = await stores.fresh_database()
    async with workshop(url, redis_url, Path(tempfile.mkdtemp())) as made:
        yield made
    await stores.drop_database(url)


def _attempt(tenant_id: str | None = None) -> History:
    return History(chance=random.Random(), tenant_id=tenant_id or new_id(), attempt_id=new_id())


async def _answered(shop: Workshop, one: History) -> int | None:
    found = await shop.fetchval(
        "SELECT last_seq FROM progress WHERE attempt_id = $1", one.attempt_id
    )
    assert found is None or isinstance(found, int)
    return found


async def test_an_answer_is_in_the_progress_of_its_attempt(shop: Workshop) -> None:
    one = _attempt()
    await shop.write(one.tenant_id, [one.open(), one.answer(), one.answer()])
    await shop.settle(Relay(shop.means), Projector(shop.means))
    assert await _answered(shop, one) == 2


async def test_what_commits_late_under_a_lower_id_is_not_passed_over(shop: Workshop) -> None:
    slow, quick = _attempt(), _attempt()
    relay, projector = Relay(shop.means), Projector(shop.means)
    async with shop.means.database.transaction(slow.tenant_id) as connection:
        await outbox.append(connection, slow.tenant_id, [slow.open(), slow.answer()], NOW)
        await shop.write(quick.tenant_id, [quick.open(), quick.answer()])
        await shop.settle(relay, projector)  # the quick one waits for nobody
        assert (await _answered(shop, quick), await _answered(shop, slow)) == (1, None)
    await shop.settle(relay, projector)
    assert await _answered(shop, slow) == 1


async def test_numbers_have_no_gap_and_events_of_an_attempt_stay_in_order(
    shop: Workshop,
) -> None:
    going = [_attempt() for _ in range(8)]
    for one in going:
        await shop.write(one.tenant_id, [one.open()])
    relays = [Relay(shop.means), Relay(shop.as_another())]
    for _ in range(5):
        await asyncio.gather(
            *(shop.write(one.tenant_id, [one.answer(), one.answer()]) for one in going),
            *(relay.round() for relay in relays),
        )
    await shop.settle(*relays, Projector(shop.means))
    connection = await asyncpg.connect(shop.url)
    holes = await connection.fetchval(
        "SELECT count(*) FROM (SELECT seq, row_number() OVER (PARTITION BY shard ORDER BY seq) AS place FROM event_log) AS l"
        " WHERE seq <> place"
    )
    swapped = await connection.fetchval(
        "SELECT count(*) FROM (SELECT (data ->> 'seq')::int AS n, row_number() OVER (PARTITION BY key_id ORDER BY seq) AS place"
        " FROM event_log WHERE name = 'attempt.answered') AS l WHERE n <> place"
    )
    count = await connection.fetchval("SELECT count(*) FROM event_log")
    await connection.close()
    assert (holes, swapped, count) == (0, 0, 8 * 11)


async def test_what_a_relay_that_died_did_not_copy_is_read_from_the_log(shop: Workshop) -> None:
    one, two = _attempt(), _attempt()
    projector = Projector(shop.means)
    await shop.write(one.tenant_id, [one.open(), one.answer()])
    async with shop.means.database.transaction(None) as connection:
        assert len(await outbox.number(connection, 100)) == 2  # and then it was killed
    await shop.settle(projector)
    assert await _answered(shop, one) == 1
    await shop.write(two.tenant_id, [two.open(), two.answer()])
    await shop.settle(Relay(shop.means), projector)
    assert await _answered(shop, two) == 1


async def test_a_redis_that_forgot_everything_is_filled_again(shop: Workshop) -> None:
    one = _attempt()
    relay, projector = Relay(shop.means), Projector(shop.means)
    await shop.write(one.tenant_id, [one.open(), one.answer()])
    await shop.settle(relay, projector)
    for shard in range(outbox.SHARDS):
        await shop.means.streams.forget(shard)
    await shop.write(one.tenant_id, [one.answer()])
    await shop.settle(relay, projector)
    assert await _answered(shop, one) == 2
    await shop.write(one.tenant_id, [one.answer()])
    await relay.round()
    assert await shop.means.streams.tops() != {}
    await shop.settle(projector)
    assert await _answered(shop, one) == 3


async def test_while_redis_is_away_the_log_is_read(shop: Workshop) -> None:
    async with workshop(shop.url, "redis://127.0.0.1:1", Path(tempfile.mkdtemp())) as away:
        one = _attempt()
        relay, projector = Relay(away.means), Projector(away.means)
        await away.write(one.tenant_id, [one.open(), one.answer()])
        await away.settle(relay, projector)
        assert await _answered(away, one) == 1


async def test_streams_of_a_longer_log_than_ours_are_forgotten(shop: Workshop) -> None:
    """The database was put back to an earlier day, and Redis tells of days that never were."""
    one = _attempt()
    phantom = Part(shard=int(one.attempt_id[-1], 16) & 7, seq=500, body=b"[]")
    await shop.means.streams.add([phantom])
    await shop.write(one.tenant_id, [one.open(), one.answer()])
    await shop.settle(Relay(shop.means), Projector(shop.means))
    assert (await shop.means.streams.tops())[phantom.shard] == 2
    assert await _answered(shop, one) == 1


async def test_what_a_dead_consumer_held_is_claimed(shop: Workshop) -> None:
    one = _attempt()
    await shop.write(one.tenant_id, [one.open(), one.answer()])
    await Relay(shop.means).round()
    streams = shop.means.streams
    await streams.join("projector")
    held = await streams.read("projector", "who dies now", 10)
    assert [part.seq for part in held] == [2]
    claimed = await streams.claim("projector", "who lives", idle_ms=0)
    assert claimed == held
    await streams.done("projector", claimed)
    assert await streams.claim("projector", "who lives", idle_ms=0) == []


async def test_deliveries_that_come_twice_change_nothing(shop: Workshop) -> None:
    relay = Relay(shop.means)
    for tenant_id, event, at in interleaved(3):
        await shop.write(tenant_id, [event], at)
    await shop.settle(relay, Projector(shop.means))
    before = await shop.read_models()
    for shard in range(outbox.SHARDS):
        async with shop.means.database.statement() as connection:
            events = await log.read(connection, shard, 0, 10_000, 10_000)
        if events:
            again = [replace(part, seq=part.seq + 1000) for part in relaying.parts(events)]
            await shop.means.streams.add(again)
    projector = Projector(shop.as_another())
    for _ in range(4):
        await projector.round()
    assert await shop.read_models() == before
    assert before["progress"]


async def test_two_projectors_apply_each_event_once(shop: Workshop) -> None:
    another = shop.as_another()
    projectors = [Projector(shop.means), Projector(another)]
    relay = Relay(shop.means)
    going = [_attempt() for _ in range(10)]
    for one in going:
        await shop.write(one.tenant_id, [one.open()])
    for _ in range(10):
        await asyncio.gather(
            *(shop.write(one.tenant_id, [one.answer()]) for one in going),
            relay.round(),
            *(projector.round() for projector in projectors),
        )
    await shop.settle(relay, *projectors)
    assert [await _answered(shop, one) for one in going] == [10] * 10
    taken = [
        float(line.split()[-1])
        for meters in (shop.means.meters, another.meters)
        for line in meters.text().decode().splitlines()
        if line.startswith("lectern_events_taken_total{")
    ]
    assert sum(taken) == 110


async def test_an_event_that_cannot_be_taken_in_is_buried_and_the_rest_goes_on(
    shop: Workshop,
) -> None:
    one = _attempt()
    broken = AttemptAnswered(**one.about, item_id="this is no id", opening=1, seq=9, late=False)
    await shop.write(one.tenant_id, [one.open(), one.answer(), broken, one.answer()])
    await shop.settle(Relay(shop.means), Projector(shop.means))
    assert await _answered(shop, one) == 2
    letters = await shop.fetchval("SELECT array_agg(projection || ' ' || seq) FROM dead_letters")
    assert letters == ["progress 3"]


async def test_streams_are_trimmed(shop: Workshop) -> None:
    body = b"[]"
    for start in range(0, 3 * KEPT_PARTS, 500):
        parts = [Part(shard=0, seq=seq, body=body) for seq in range(start + 1, start + 501)]
        await shop.means.streams.add(parts)
    name = key("events-0", l=shop.streams_name)
    length = await shop.redis.execute_command("XLEN", name)
    assert KEPT_PARTS <= length < KEPT_PARTS + 200
    assert await shop.redis.execute_command("TTL", name) > 0


async def test_streams_of_a_log_share_a_slot_and_two_logs_nothing(shop: Workshop) -> None:
    other = Streams(shop.redis, "another", outbox.SHARDS)
    await shop.means.streams.add([Part(shard=3, seq=1, body=b"[]")])
    assert await other.tops() == {}


async def test_an_opening_reaches_progress_with_what_it_asks(shop: Workshop) -> None:
    one = _attempt()
    opened = one.open()
    assert isinstance(opened, AttemptOpened)
    await shop.write(one.tenant_id, [opened])
    await shop.settle(Relay(shop.means), Projector(shop.means))
    assert (
        await shop.fetchval("SELECT asked FROM progress WHERE attempt_id = $1", one.attempt_id)
        == 5
    )


async def test_what_a_stranger_wrote_into_a_stream_is_passed_over(shop: Workshop) -> None:
    one = _attempt()
    shard = int(one.attempt_id[-1], 16) & 7
    relay, projector = Relay(shop.means), Projector(shop.means)
    await shop.write(one.tenant_id, [one.open()])
    await shop.settle(relay, projector)
    await shop.means.streams.add([Part(shard=shard, seq=2, body=b"no event at all")])
    await shop.write(one.tenant_id, [one.answer()])
    await shop.settle(relay, projector)
    assert await _answered(shop, one) == 1


async def test_an_event_that_fails_in_what_the_streams_lack_is_the_one_that_is_buried(
    shop: Workshop,
) -> None:
    """The relay died before it copied the broken one, and what came after it is not to blame."""
    one = _attempt()
    broken = AttemptAnswered(**one.about, item_id="this is no id", opening=1, seq=9, late=False)
    await shop.write(one.tenant_id, [one.open(), broken])
    async with shop.means.database.transaction(None) as connection:
        await outbox.number(connection, 100)
    await shop.write(one.tenant_id, [one.answer()])
    await shop.settle(Relay(shop.means), Projector(shop.means))
    assert await _answered(shop, one) == 1
    letters = await shop.fetchval("SELECT array_agg(projection || ' ' || seq) FROM dead_letters")
    assert letters == ["progress 2"]
