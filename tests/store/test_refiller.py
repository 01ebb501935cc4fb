"""From an answer to the next lesson: the real stores and workers, round by round."""

import itertools
import signal
import statistics
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lms.adaptive import store as adaptive
from lms.adaptive.needs import Learner, Wish
from lms.attempts.model import Desk
from lms.events import (
    AttemptGraded,
    AttemptReleased,
    ItemOutcome,
    ItemsRecalled,
    PracticeFinished,
)
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId, uuid7
from lms.practice import practices, refill_store, refilling, wire
from lms.practice import store as practice_store
from lms.practice.model import Practice
from lms.practice.wire import Batch
from lms.tenants import store as tenants
from lms.tenants.model import Settings
from server.storage.playlists import Playlists, PlaylistsAwayError, list_key
from server.storage.redis import connected
from tests.support.stores import Stores
from tests.support.tutor import Bank, a_bank
from tests.support.worker_process import working
from tests.support.workshop import Workshop, new_id, workshop
from workers.projector import Projector
from workers.refiller import HELD, Refiller
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
    return await a_bank(shop, learners=15, items=40)


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


async def _ask(shop: Workshop, bank: Bank, user: str, *, urgent: bool = False) -> None:
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        await adaptive.ask_refill(
            *(connection, bank.tenant_id, bank.course_id, user),
            urgent=urgent,
            now=shop.means.now(),
        )


def _learner(bank: Bank, user: str) -> Principal:
    return Principal(
        tenant_id=TenantId(bank.tenant_id),
        user_id=UserId(user),
        session_id=SessionId(new_id()),
        roles=frozenset({"student"}),
    )


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


async def test_what_went_wrong_in_class_is_at_the_head_of_the_next_lesson(
    shop: Workshop, bank: Bank
) -> None:
    wrong, right, quiz_id = bank.users[1], bank.users[2], new_id()
    told = [
        bank.in_class(wrong, "angles", 0, quiz_id),
        bank.in_class(right, "angles", 1000, quiz_id),
    ]
    await shop.write(bank.tenant_id, told)
    await _settle(shop)
    await _refilled(shop)
    [head, _] = await _waiting(shop, bank, wrong)
    assert _whys(head)[:4] == ["class_quiz"] * 3 + ["new_skill"]
    assert {*head.versions[:3]} <= {f"{one}.1" for one in bank.items["angles"]}
    [other, _] = await _waiting(shop, bank, right)
    assert "class_quiz" not in _whys(other)


async def test_after_a_quiz_one_new_lesson_goes_before_the_last_that_waits(
    shop: Workshop, bank: Bank
) -> None:
    user = bank.users[14]
    place = (bank.tenant_id, bank.course_id, user)
    await _ask(shop, bank, user)
    await _refilled(shop)
    [[first, last]] = await shop.means.playlists.waiting([place])
    await shop.write(bank.tenant_id, [bank.in_class(user, "sharing", 0, new_id())])
    await _settle(shop)
    await _refilled(shop)
    [[head, behind]] = await shop.means.playlists.waiting([place])
    assert behind == last
    new = wire.unpacked(head)
    assert _whys(new)[0] == "class_quiz"
    assert (new.left, wire.unpacked(behind).left) == (1, 0)
    assert not {*new.versions} & {*wire.unpacked(last).versions}
    ids = "SELECT array_agg(practice_id::text) FROM practices WHERE user_id = $1"
    kept = await shop.fetchval(ids, user)
    assert set(kept) == {new.practice_id, wire.unpacked(last).practice_id}  # type: ignore[call-overload]
    assert wire.unpacked(first).practice_id not in str(kept)


async def test_a_class_chosen_for_at_once_and_one_by_one_gets_the_same_lists(
    shop: Workshop, bank: Bank
) -> None:
    place, users, now = (bank.tenant_id, bank.course_id), sorted(bank.users), shop.means.now()
    waiting = set[str]()
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        at_once = await refilling.learners(*(connection, place, users, waiting, now))
        banks = [await refilling.bank(connection, place, now) for _ in range(2)]
        one_by_one = [
            learner
            for user in users
            for learner in await refilling.learners(*(connection, place, [user], waiting, now))
        ]

    def lists(learners: list[Learner], bank_now: refilling.Bank) -> list[bytes]:
        ids = itertools.count(1)
        desk = Desk(now=now, new_id=lambda: uuid7(next(ids), bytes(10)))
        lessons = []
        for one in learners:
            picked, _ = refilling.chosen(one, None, bank_now, Wish())
            lessons += refilling.made(one, place[1], picked, desk)
        return [wire.packed(one.practice_id, one.items) for one in lessons]

    made = lists(at_once, banks[0])
    assert len(made) > len(at_once) > 1
    assert made == lists(one_by_one, banks[1])


async def test_a_lesson_that_is_taken_meanwhile_is_never_in_the_new_list(
    shop: Workshop, bank: Bank
) -> None:
    """The list is read, the learner takes a lesson, and the lessons that were chosen before that are put away again."""
    user = bank.users[3]
    place = (bank.tenant_id, bank.course_id, user)
    await _ask(shop, bank, user)
    await _refilled(shop)
    [before] = await shop.means.playlists.waiting([place])
    taken = wire.unpacked(before[0])

    class Slow(Playlists):
        async def replace(self, *given: Any) -> list[bool]:
            if await shop.redis.llen(list_key(place)) == 2:
                await shop.redis.lpop(list_key(place))
            return await super().replace(*given)

    await _ask(shop, bank, user)
    slow = replace(shop.means, playlists=Slow(shop.redis))
    await Refiller(slow, ttl_seconds=TTL_SECONDS).round()
    assert [one.practice_id for one in await _waiting(shop, bank, user)] == [
        wire.unpacked(before[1]).practice_id
    ]
    assert await shop.fetchval("SELECT count(*) FROM refills") == 1
    await _refilled(shop)
    new = [version for one in await _waiting(shop, bank, user) for version in one.versions]
    assert len(new) == 40
    assert not {*taken.versions} & {*new}
    kept = await shop.fetchval("SELECT count(*) FROM practices WHERE user_id = $1", user)
    assert kept == 3  # the one that was taken, and the two that wait


async def test_no_list_is_written_while_a_lesson_is_found_by_rule(
    shop: Workshop, bank: Bank
) -> None:
    user = bank.users[12]
    before = await _waiting(shop, bank, user)
    await _ask(shop, bank, user)
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        await practices.find_now(
            connection,
            _learner(bank, user),
            bank.course_id,
            Desk(now=shop.means.now(), new_id=shop.means.new_id),
        )
        await _refiller(shop).round()
        assert await _waiting(shop, bank, user) == before
    await _refilled(shop)
    assert len(await _waiting(shop, bank, user)) == 2


async def test_who_asks_faster_than_lessons_are_chosen_finds_one_waiting_all_the_same(
    shop: Workshop, bank: Bank
) -> None:
    """While lessons are chosen one is found by rule, twice in a row: the third choice stands, and nothing is in two lessons."""
    user, by_rule = bank.users[13], list[Practice]()

    class Overtaken(Refiller):
        async def _make(self, *given: Any) -> None:
            await super()._make(*given)
            if len(by_rule) < 2:
                async with shop.means.database.transaction(bank.tenant_id) as connection:
                    who = _learner(bank, user)
                    by_rule.append(
                        await practices.find_now(
                            connection,
                            who,
                            bank.course_id,
                            Desk(now=shop.means.now(), new_id=shop.means.new_id),
                        )
                    )

    await _ask(shop, bank, user)
    await Overtaken(shop.means, ttl_seconds=TTL_SECONDS).round()
    waiting = await _waiting(shop, bank, user)
    asked = [one for lesson in by_rule for one in lesson.items]
    assert (len(waiting), len(asked)) == (2, 40)
    versions = [wire.version_of(one.question_id, one.version) for one in asked]
    everything = versions + [one for lesson in waiting for one in lesson.versions]
    assert len(everything) == len({*everything}) == 80
    kept = await shop.fetchval("SELECT count(*) FROM practices WHERE user_id = $1", user)
    assert kept == 4, "what was chosen in vain is not kept"


async def test_a_small_bank_that_one_lesson_gave_out_whole_is_warm_by_the_next(
    shop: Workshop,
) -> None:
    """As in the demo school: its bank is smaller than a lesson."""
    small = await a_bank(shop, learners=1, items=3)
    [user] = small.users
    async with shop.means.database.transaction(small.tenant_id) as connection:
        who, desk = _learner(small, user), Desk(now=shop.means.now(), new_id=shop.means.new_id)
        cold = await practices.find_now(connection, who, small.course_id, desk)
    assert len(cold.items) == 18
    for _ in range(2):
        await _ask(shop, small, user)
        await _refilled(shop)
        [warm] = await _waiting(shop, small, user)
        assert len(warm.versions) == 18
        await shop.redis.lpop(list_key((small.tenant_id, small.course_id, user)))


async def test_a_bank_that_a_learner_has_used_up_is_said_to_be_so_at_its_mark(
    shop: Workshop,
) -> None:
    """What is given again is said to be so, and the factory is asked for more by whoever set a mark."""
    small = await a_bank(shop, learners=1, items=6, skills=("adding", "angles"))
    [user], place = small.users, (small.tenant_id, small.course_id)
    async with shop.means.database.transaction(small.tenant_id) as connection:
        for skill, level in (("adding", 1), ("angles", 2), ("angles", 1)):
            await connection.execute(
                "INSERT INTO stock_marks (tenant_id, course_id, skill, level, language, low, batch, kinds, set_by, set_at)"
                " VALUES ($1, $2, $3, $4, 'en', 1, 5, '{true_false}', $5, now())",
                *(*place, skill, level, user),
            )
    answers = [small.answer(user, "adding", 1000, item=one) for one in range(6)]
    answers += [small.answer(user, "angles", 1000, item=one) for one in range(2)]
    await shop.write(small.tenant_id, answers)
    await _settle(shop)
    used_up = "SELECT string_agg(skill || level, ' ' ORDER BY skill) FROM stock_marks WHERE tenant_id = $1 AND used_up_at IS NOT NULL"
    await _ask(shop, small, user)
    await _refilled(shop)
    whys = [_whys(one) for one in await _waiting(shop, small, user)]
    assert (len(whys[0]), {*whys[1]}) == (5, {"again"})
    assert await shop.fetchval(used_up, small.tenant_id) == "adding1 angles2"


async def test_lessons_aim_at_the_band_of_their_school(shop: Workshop) -> None:
    own = await a_bank(shop, learners=2, items=40)
    aimed = []
    for user, (low, high) in zip(own.users, ((900, 950), (500, 550)), strict=True):
        new = Settings(band_low_milli=low, band_high_milli=high)
        async with shop.means.database.transaction(own.tenant_id) as connection:
            await tenants.save_settings(connection, own.tenant_id, new, user, shop.means.now())
        await _ask(shop, own, user)
        await _refilled(shop)
        waiting = [one.practice_id for one in await _waiting(shop, own, user)]
        async with shop.means.database.transaction(own.tenant_id) as connection:
            found = await practice_store.get(connection, own.tenant_id, user, waiting[0])
        assert found is not None
        chances = [one.chance_milli for one in found.items]
        aimed.append(statistics.median(chances))
    easy, hard = aimed
    assert hard < 600 < 850 < easy


async def test_who_has_left_the_course_has_no_lessons_any_more(shop: Workshop, bank: Bank) -> None:
    user = bank.users[5]
    await _ask(shop, bank, user)
    await _refilled(shop)
    assert await _waiting(shop, bank, user)
    await shop.fetchval("DELETE FROM enrolments WHERE user_id = $1", user)
    await _ask(shop, bank, user)
    await _refilled(shop)
    assert await _waiting(shop, bank, user) == []


async def test_an_ask_that_comes_while_lessons_are_chosen_is_not_lost(
    shop: Workshop, bank: Bank
) -> None:
    user = bank.users[6]
    await _ask(shop, bank, user)
    now = shop.means.now()
    place = (bank.tenant_id, bank.course_id)
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        held = await adaptive.hold(connection, place, [user], now, now + HELD)
        again = await adaptive.hold(connection, place, [user], now, now + HELD)
    assert ([one.user_id for one in held], again) == ([user], [])
    await _ask(shop, bank, user)
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        await adaptive.done(connection, place, held)
        [left] = await adaptive.hold(connection, place, [user], now, now + HELD)
    assert left.asks == held[0].asks + 1
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        await adaptive.give_back(connection, place, [user])
    await _refilled(shop)


async def test_urgent_ones_come_first_whoever_waits_longer(shop: Workshop, bank: Bank) -> None:
    early, late = bank.users[7], bank.users[8]
    await _ask(shop, bank, early)
    await _ask(shop, bank, late, urgent=True)
    async with shop.means.database.statement() as connection:
        found = await adaptive.to_do(connection, shop.means.now(), 10)
    assert [user for _, _, user, _ in found] == [late, early]
    await _refilled(shop)


async def test_what_is_recalled_is_in_no_new_lesson_and_counts_for_no_skill(
    shop: Workshop, bank: Bank
) -> None:
    user, bad = bank.users[9], bank.items["times"][0]
    await shop.write(bank.tenant_id, [bank.answer(user, "times", 0)])
    await _ask(shop, bank, user)
    await _settle(shop)
    await _refilled(shop)
    await shop.fetchval("UPDATE questions SET state = 'recalled' WHERE question_id = $1", bad)
    recall = ItemsRecalled(job_id=new_id(), course_id=bank.course_id, question_ids=[bad])
    await shop.write(bank.tenant_id, [recall])
    await _settle(shop)
    learners = "SELECT count(*) FROM enrolments WHERE course_id = $1 AND role = 'student'"
    everybody = await shop.fetchval(learners, bank.course_id)
    assert await shop.fetchval("SELECT count(*) FROM refills") == everybody
    await _refilled(shop)
    for one in bank.users[:5]:
        found = await _waiting(shop, bank, one)
        assert all(f"{bad}.1" not in lesson.versions for lesson in found)
    count = await shop.fetchval(
        "SELECT count(*) FROM learner_skills WHERE user_id = $1 AND skill = 'times'", user
    )
    assert count == 0


async def test_what_an_exam_still_asks_is_not_practised_before_its_release(
    shop: Workshop, bank: Bank
) -> None:
    user, asked = bank.users[10], bank.items["adding"]
    attempt_id = new_id()
    graded = AttemptGraded(
        attempt_id=attempt_id,
        assessment_id=new_id(),
        course_id=bank.course_id,
        user_id=user,
        number=1,
        revision=1,
        cause="scored",
        complete=True,
        earned_milli=0,
        possible_milli=1000,
        items=[
            ItemOutcome(
                item_id=new_id(),
                question_id=asked[0],
                version=1,
                earned_milli=0,
                possible_milli=1000,
                skills=["adding"],
                difficulty=40,
            )
        ],
    )
    await shop.write(bank.tenant_id, [graded])
    await _settle(shop)
    said = "SELECT count(*) FROM learner_skills WHERE user_id = $1"
    assert await shop.fetchval(said, user) == 0, "nothing follows from what is not released"
    about = {name: getattr(graded, name) for name in AttemptReleased.__struct_fields__}
    await shop.write(bank.tenant_id, [AttemptReleased(**about)])
    await _settle(shop)
    await _refilled(shop)
    assert await shop.fetchval(said, user) == 2
    [head, _] = await _waiting(shop, bank, user)
    assert _whys(head)[0] == "recent_mistake"


async def test_what_was_measured_counts_before_what_was_labelled(
    shop: Workshop, bank: Bank
) -> None:
    place = (bank.tenant_id, bank.course_id)
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        before = await refill_store.bank_version(connection, place)
        labelled = (await refilling.bank(connection, place, shop.means.now())).shelf.items
        hard, plain = sorted(labelled)[:2]
        await connection.execute(
            "INSERT INTO item_quality (tenant_id, course_id, question_id, version, answered, mean_share, difficulty,"
            " measured_at) VALUES ($1, $2, $3, $4, 40, 0.2, 93, $5)",
            *(*place, hard, labelled[hard].version, shop.means.now()),
        )
        measured = (await refilling.bank(connection, place, shop.means.now())).shelf.items
        assert await refill_store.bank_version(connection, place) != before
        await connection.execute("DELETE FROM item_quality")
    assert labelled[hard].difficulty != 93
    assert measured[hard].difficulty == 93
    assert measured[plain] == labelled[plain]


async def test_a_bank_with_nothing_in_it_asks_for_nothing_twice(shop: Workshop) -> None:
    empty = await a_bank(shop, learners=1, items=0)
    await _ask(shop, empty, empty.users[0])
    await _refilled(shop)
    assert await _waiting(shop, empty, empty.users[0]) == []


async def test_while_redis_is_away_nothing_is_made_and_nothing_is_lost(
    shop: Workshop, bank: Bank
) -> None:
    user = bank.users[11]
    before = await shop.fetchval("SELECT count(*) FROM practices")
    await _ask(shop, bank, user)
    async with connected("redis://127.0.0.1:1") as away:
        means = replace(shop.means, playlists=Playlists(away))
        with pytest.raises(PlaylistsAwayError):
            await Refiller(means, ttl_seconds=TTL_SECONDS).round()
    kept = await shop.fetchval("SELECT count(*) FROM practices")
    assert (kept, await shop.fetchval("SELECT count(*) FROM refills")) == (before, 1)
    await shop.fetchval("UPDATE refills SET held_until = NULL")
    await _refilled(shop)
    assert len(await _waiting(shop, bank, user)) == 2


@pytest.mark.parametrize("point", ["refiller.before_push", "refiller.after_push"])
async def test_one_that_is_killed_leaves_nothing_that_the_next_does_not_mend(
    shop: Workshop, short_folder: Path, valkey_url: str, point: str
) -> None:
    bank = await a_bank(shop, learners=3, items=40)
    for user in bank.users:
        await _ask(shop, bank, user)
    environ = {"LECTERN_DATABASE_URL": shop.url, "LECTERN_REDIS_URL": valkey_url}
    folder = Path(tempfile.mkdtemp(dir=short_folder))
    async with working(folder, environ | {"LECTERN_FAIL_AT": point}, "refiller") as worker:
        assert await worker.died() == -signal.SIGKILL
    assert await shop.fetchval("SELECT count(*) FROM refills") == 3
    await shop.fetchval("UPDATE refills SET held_until = NULL")  # or ten seconds later
    await _refilled(shop)
    for user in bank.users:
        first, second = await _waiting(shop, bank, user)
        assert not {*first.versions} & {*second.versions}
        ids = [first.practice_id, second.practice_id]
        kept = "SELECT count(*) FROM practices WHERE practice_id = ANY ($1::uuid[])"
        assert await shop.fetchval(kept, ids) == 2
