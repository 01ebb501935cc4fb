"""An exam while everything is killed, in small: nothing that was promised is missing, and the check would see it if it were."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from loadtests.drills import exam, exam_extremes
from loadtests.drills.deaths import Toll
from loadtests.drills.exam import Ground, Size

pytestmark = [pytest.mark.store, pytest.mark.drill, pytest.mark.timeout(400)]

SMALL = Size(
    seed=3,
    attempts=40,
    answers=12,
    limit=timedelta(seconds=15),
    begin_within_s=8,
    pause_s=0.5,
    server=2,
    relay=1,
    workers=1,
    valkey=1,
    postgres=1,
    stores_between_s=(4, 10),
    processes_between_s=(3, 6),
)
# What is done to the books behind everybody's back, and which count must show it.
TAMPERED = {
    "answers without exactly one event": "DELETE FROM event_log WHERE (shard, seq) ="
    " (SELECT shard, seq FROM event_log WHERE name = 'attempt.answered' LIMIT 1)",
    "acknowledged answers lost": "DELETE FROM answers WHERE (attempt_id, item_id, opening, seq) ="
    " (SELECT attempt_id, item_id, opening, seq FROM answers WHERE NOT late LIMIT 1)",
    "duplicate grades": "INSERT INTO grades SELECT tenant_id, attempt_id, 2, scorer_version, cause, gen_random_uuid(),"
    " earned_milli, possible_milli, items, by_user, at FROM grades LIMIT 1",
    "late answers counted against the policy, or answers in time not counted": "UPDATE grades SET earned_milli ="
    " earned_milli + 1000 WHERE attempt_id = (SELECT attempt_id FROM answers WHERE late LIMIT 1)",
    "receipts that differ": "UPDATE attempts SET receipt = 'another' WHERE attempt_id ="
    " (SELECT attempt_id FROM attempts WHERE receipt IS NOT NULL LIMIT 1)",
    "attempts closed before their time": "UPDATE attempts SET submitted_at = shuts_at - interval '2 s' WHERE attempt_id ="
    " (SELECT attempt_id FROM attempts WHERE submitted_by = 'deadline' LIMIT 1)",
}


@pytest.fixture
async def place(short_folder: Path) -> AsyncIterator[Ground]:
    folder = short_folder / "drill"
    folder.mkdir(mode=0o755)
    async with exam.ground(folder) as made:
        yield made


async def test_what_was_promised_is_there_after_every_part_was_killed(place: Ground) -> None:
    assessment = await exam.prepared(place, SMALL.attempts, SMALL.limit)
    toll, over = Toll(), asyncio.Event()
    async with exam.parts(place, SMALL, toll, over):
        journals = await exam.sat(place, assessment, exam.scripts(place.exam, SMALL))
        over.set()
    await exam.settle(place, assessment)
    verdict = await exam.judged(place, assessment, journals)
    assert verdict.good, verdict.examples
    assert toll.total >= 5, toll.counts
    assert any(" at answers." in name for name in toll.counts), toll.counts
    assert verdict.looked_at["answers acknowledged"] > 300
    assert verdict.looked_at["answers acknowledged as late"] > 0
    assert verdict.looked_at["handed in by the deadline"] >= SMALL.attempts // 4
    for count, harm in TAMPERED.items():
        await behind_everybodys_back(place, harm)
        verdict = await exam.judged(place, assessment, journals)
        assert verdict.faults[count] > 0, count


async def behind_everybodys_back(place: Ground, harm: str) -> None:
    owner = await asyncpg.connect(place.database_url)
    try:
        # As a fault of the disk would: no policy and no trigger is asked.
        done = await owner.execute(harm)
    finally:
        await owner.close()
    assert not done.endswith(" 0"), harm


async def test_a_hundred_submits_at_once_are_one(short_folder: Path) -> None:
    folder = short_folder / "submits"
    folder.mkdir(mode=0o755)
    part = await exam_extremes.parallel_submits(folder)
    assert part.good, part.lines


async def test_clocks_that_jump_close_nothing(short_folder: Path) -> None:
    if not exam_extremes.FAKETIME.exists():
        pytest.skip("libfaketime is not on this machine")
    folder = short_folder / "clocks"
    folder.mkdir(mode=0o755)
    part = await exam_extremes.clock_jumps(folder, count=12, every_s=4.0)
    assert part.good, part.lines
