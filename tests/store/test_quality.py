"""Items in use over a real PostgreSQL: planted bad items are found among good ones and held, and come back when somebody says so."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import msgspec
import pytest

from lms.ai import measuring, quality_store, vector_store
from lms.ai.quality_store import Line
from lms.assessments.chance import Chance
from lms.attempts import papers
from lms.errors import Conflict, Forbidden, NotFound
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from lms.practice import showing
from lms.practice import store as practice
from lms.questions.model import Content, Key, Option
from server.storage.postgres import Database
from tests.support.exams import NOW, Exam, desk, exam_in, new_id
from workers.measuring import MEASURE_HANDLERS

pytestmark = pytest.mark.store

OPTIONS = ("a", "b", "c", "d")
CONTENT = Content(prompt="?", options=[Option(id=one, text=one.upper()) for one in OPTIONS])
LEARNERS = 60
# What is right in truth, and how hard it is; the key says "a" of each.
PLANTED = {
    "good": ("a", 0.0),
    "easy": ("a", -1.5),
    "wrong_key": ("b", -0.5),
    "too_hard": (None, 0.0),
    "another_good": ("a", 0.5),
}


@dataclass(frozen=True, kw_only=True)
class InUse:
    """A bank whose items were answered in practice and in exams."""

    exam: Exam
    owner_url: str
    factory: Database
    items: dict[str, str]
    abilities: dict[str, float]
    chance: random.Random

    @property
    def tenant_id(self) -> str:
        return self.exam.tenant_id

    @property
    def teacher(self) -> Principal:
        return Principal(
            tenant_id=TenantId(self.tenant_id),
            user_id=UserId(self.exam.teacher),
            session_id=SessionId("s"),
            roles=frozenset({"admin"}),
        )

    def chosen(self, name: str, user_id: str) -> str:
        """What this learner chooses: who knows it the right one, others at random; of one that is too hard only wrong ones."""
        right, hard = PLANTED[name]
        if right is None:
            return self.chance.choice(OPTIONS[1:])
        knows = self.chance.gauss(self.abilities[user_id] - hard, 0.5) > 0
        return right if knows else self.chance.choice(OPTIONS)

    async def practise(self, name: str, learners: int = LEARNERS) -> None:
        """So many answer it in a lesson, under the names that the lesson gives the options."""
        item = self.items[name]
        async with self.exam.database.transaction(self.tenant_id) as connection:
            seed = await practice.seed(connection, self.tenant_id)
            shown = showing.shown(seed, (item, 1), "single_choice", CONTENT)
            called = {one: name for name, one in shown.names.items()}
            rows = []
            for user_id in self.exam.learners[:learners]:
                chosen = self.chosen(name, user_id)
                rows.append((user_id, new_id(), new_id(), called[chosen], chosen == "a"))
            await connection.executemany(
                "INSERT INTO responses (tenant_id, user_id, source_id, item_id, course_id, source, question_id, version,"
                " skills, difficulty, share_milli, at) VALUES ($1, $2, $3, $4, $5, 'practice', $6, 1, '{x}', 50, $7, $8)",
                [
                    (
                        self.tenant_id,
                        user_id,
                        source,
                        one,
                        self.exam.course_id,
                        item,
                        1000 * right,
                        NOW,
                    )
                    for user_id, source, one, _, right in rows
                ],
            )
            await connection.executemany(
                "INSERT INTO practice_answers (tenant_id, practice_id, item_id, seq, user_id, value, scorer, earned_milli,"
                " possible_milli, arrived_at) VALUES ($1, $2, $3, $4, $5, $6, 2, 0, 1000, $7)",
                [
                    (self.tenant_id, source, one, seq, user_id, json.dumps(value), NOW)
                    for user_id, source, one, name_, _ in rows
                    # The first answer counts: what comes after the verdict says nothing.
                    for seq, value in ((1, name_), (2, called["a"]))
                ],
            )

    async def examine(self, name: str) -> None:
        """All of them answer it in an exam, whose papers give options names of their own."""
        item, rows = self.items[name], []
        for user_id in self.exam.learners:
            chosen = self.chosen(name, user_id)
            _, names = papers.under_names(CONTENT, Chance(user_id))
            rest = min(9000, max(0, round(5000 + 2000 * self.abilities[user_id])))
            called = {one: name for name, one in names.items()}[chosen]
            rows.append((new_id(), new_id(), called, names, 1000 * (chosen == "a"), rest))
        async with self.exam.database.transaction(self.tenant_id) as connection:
            await connection.executemany(
                "INSERT INTO item_outcomes (tenant_id, question_id, version, attempt_id, item_id, assessment_id, earned_milli,"
                " possible_milli, attempt_earned_milli, attempt_possible_milli) VALUES ($1, $2, 1, $3, $4, $3, $5, 1000, $6, 10000)",
                [
                    (self.tenant_id, item, a, i, earned, earned + rest)
                    for a, i, _, _, earned, rest in rows
                ],
            )
            await connection.executemany(
                "INSERT INTO attempt_papers (tenant_id, attempt_id, paper, pins) VALUES ($1, $2, '{}', $3)",
                [
                    (self.tenant_id, a, json.dumps([{"item_id": i, "names": names}]))
                    for a, i, _, names, _, _ in rows
                ],
            )
        # Answers come by a function of the database alone, for attempts that are open.
        owner = await asyncpg.connect(self.owner_url)
        try:
            await owner.executemany(
                "INSERT INTO answers (tenant_id, attempt_id, item_id, opening, seq, value, arrived_at, late)"
                " VALUES ($1, $2, $3, 1, 1, $4, $5, false)",
                [
                    (self.tenant_id, a, i, json.dumps(called), NOW)
                    for a, i, called, _, _, _ in rows
                ],
            )
        finally:
            await owner.close()

    async def measure(self, minutes: int = 0) -> set[str]:
        """The names of the items that were held."""
        at = desk(NOW + timedelta(minutes=minutes))
        async with self.factory.transaction(self.tenant_id) as connection:
            scan = await measuring.begin(connection, self.tenant_id, at.now)
            ids = await measuring.next_ids(connection, scan, None)
            done = await measuring.batch(connection, self.tenant_id, ids, at)
            await measuring.finish(connection, scan)
        held = {question_id for _, question_id in done.held}
        return {name for name, item in self.items.items() if item in held}

    async def lines(self, fault: str | None = None) -> dict[str, Line]:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            place = (self.teacher, self.exam.course_id)
            found = await measuring.page(connection, place, fault, None, 50)
        names = {item: name for name, item in self.items.items()}
        return {names[one.question_id]: one for one in found}

    async def release(self, name: str, who: Principal | None = None) -> None:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            await measuring.release(connection, who or self.teacher, self.items[name], desk())

    async def state(self, name: str) -> str:
        async with self.exam.database.transaction(self.tenant_id) as connection:
            found = await connection.fetchval(
                "SELECT state FROM questions WHERE question_id = $1", self.items[name]
            )
        return str(found)


@pytest.fixture(scope="module")
async def factory(database: Database) -> AsyncIterator[Database]:
    async with database.beside("lectern_factory", pool_size=2) as opened:
        yield opened


@pytest.fixture
async def in_use(database: Database, factory: Database, database_url: str) -> InUse:
    exam = await exam_in(database)
    await exam.add_learners(LEARNERS - len(exam.learners))
    chance = random.Random(3)
    ids = await exam.add_questions(len(PLANTED), kinds=("single_choice",), key=Key(correct=["a"]))
    abilities = {one: chance.gauss(0, 1) for one in exam.learners}
    async with database.transaction(exam.tenant_id) as connection:
        await connection.executemany(
            "INSERT INTO learner_skills (tenant_id, course_id, user_id, skill, state) VALUES ($1, $2, $3, '', $4)",
            [
                (exam.tenant_id, exam.course_id, one, json.dumps({"slow": ability}))
                for one, ability in abilities.items()
            ],
        )
    content = msgspec.json.encode(CONTENT).decode()
    owner = await asyncpg.connect(database_url)
    await owner.execute(
        "UPDATE question_versions SET content = $2 WHERE tenant_id = $1", exam.tenant_id, content
    )
    await owner.close()
    return InUse(
        exam=exam,
        owner_url=database_url,
        factory=factory,
        items=dict(zip(PLANTED, ids, strict=True)),
        abilities=abilities,
        chance=chance,
    )


async def test_planted_bad_items_are_held_and_good_ones_are_not(in_use: InUse) -> None:
    for name in PLANTED:
        await in_use.practise(name)
        await in_use.examine(name)
    assert await in_use.measure() == {"wrong_key", "too_hard"}
    lines = await in_use.lines()
    assert set(lines) == set(PLANTED)
    assert "wrong_key" in lines["wrong_key"].faults
    assert "too_hard" in lines["too_hard"].faults
    assert {name for name, line in lines.items() if line.state == "held"} == {
        "wrong_key",
        "too_hard",
    }
    good = lines["good"]
    assert (good.answered, good.faults) == (2 * LEARNERS, ())
    assert good.point_biserial is not None
    assert good.point_biserial > 0.2
    assert set(await in_use.lines("any")) == {name for name, one in lines.items() if one.faults}
    assert set(await in_use.lines("too_hard")) == {"too_hard"}


async def test_what_is_held_waits_for_a_reviewer_and_is_audited(in_use: InUse) -> None:
    await in_use.practise("too_hard")
    assert await in_use.measure() == {"too_hard"}
    async with in_use.factory.transaction(in_use.tenant_id) as connection:
        [row] = await connection.fetch("SELECT * FROM questions_staging")
        acts = await connection.fetch("SELECT action FROM audit WHERE user_id IS NULL")
    assert (str(row["question_id"]), row["origin"]) == (in_use.items["too_hard"], "reported")
    assert (row["state"], "too_hard" in row["fault"]) == ("queued", True)
    assert [one["action"] for one in acts] == ["question.held"]


async def test_options_are_counted_by_what_they_are_and_not_by_the_names_they_are_shown_under(
    in_use: InUse,
) -> None:
    await in_use.practise("too_hard")
    await in_use.examine("too_hard")
    await in_use.measure()
    [line] = (await in_use.lines()).values()
    # Nobody chose "a", which is the key; each of the others was chosen, under 61 different sets of names.
    assert line.dead_options == ()
    assert line.mean_share == 0.0


async def test_few_answers_hold_nothing_and_no_new_ones_measure_nothing(in_use: InUse) -> None:
    await in_use.practise("wrong_key", learners=20)
    assert await in_use.measure() == set()
    assert await in_use.lines() == {}
    await in_use.practise("wrong_key")
    await in_use.measure()
    before = await in_use.lines()
    await in_use.practise("wrong_key", learners=3)
    await in_use.measure(minutes=60)
    assert await in_use.lines() == before


async def test_a_released_item_is_believed_until_there_is_as_much_against_it_again(
    in_use: InUse,
) -> None:
    await in_use.practise("too_hard", learners=40)
    assert await in_use.measure() == {"too_hard"}
    await in_use.release("too_hard")
    assert await in_use.state("too_hard") == "published"
    await in_use.practise("too_hard", learners=30)
    assert await in_use.measure(minutes=60) == set()
    await in_use.practise("too_hard", learners=40)
    assert await in_use.measure(minutes=120) == {"too_hard"}
    assert await in_use.state("too_hard") == "held"


async def test_an_item_that_is_out_of_use_anyway_is_not_held(in_use: InUse) -> None:
    await in_use.practise("too_hard")
    async with in_use.exam.database.transaction(in_use.tenant_id) as connection:
        await connection.execute("UPDATE questions SET state = 'retired'")
    assert await in_use.measure() == set()
    with pytest.raises(Conflict) as refusal:
        await in_use.release("too_hard")
    assert refusal.value.code == "question_not_held"


async def test_who_may_not_edit_the_bank_releases_nothing(in_use: InUse) -> None:
    await in_use.practise("too_hard")
    await in_use.measure()
    learner = replace(
        in_use.teacher, user_id=UserId(in_use.exam.learners[0]), roles=frozenset({"student"})
    )
    with pytest.raises((Forbidden, NotFound)):
        await in_use.release("too_hard", learner)
    assert await in_use.state("too_hard") == "held"


class Lists:
    """Implements what of server.storage.playlists.Playlists the job uses."""

    def __init__(self, ready: dict[str, list[bytes]]) -> None:
        self.ready = ready
        self.dropped: list[tuple[str, str, str]] = []

    async def waiting(self, places: list[tuple[str, str, str]]) -> list[list[bytes]]:
        return [self.ready.get(user_id, []) for _, _, user_id in places]

    async def drop(self, places: list[tuple[str, str, str]]) -> None:
        self.dropped += places


async def test_the_job_measures_and_gives_every_item_its_vector(in_use: InUse) -> None:
    await in_use.practise("too_hard")
    counted: dict[str, int] = {}

    def count(name: str, by: int = 1) -> None:
        counted[name] = counted.get(name, 0) + by

    lists = Lists({in_use.exam.learners[1]: [b"..." + in_use.items["too_hard"].encode()]})
    bench: Any = SimpleNamespace(
        means=SimpleNamespace(
            playlists=lists,
            now=lambda: NOW + timedelta(minutes=1),
            new_id=new_id,
            meters=SimpleNamespace(count=count),
        ),
        transaction=lambda: in_use.factory.transaction(in_use.tenant_id),
    )
    job: Any = SimpleNamespace(tenant_id=in_use.tenant_id)
    await MEASURE_HANDLERS["quality.measure"](bench, job)
    assert counted == {
        "items_measured_total": 1,
        "items_held_total": 1,
        "item_vectors_total": len(PLANTED),
    }
    assert await in_use.state("too_hard") == "held"
    place = (in_use.tenant_id, in_use.exam.course_id)
    assert lists.dropped == [(*place, in_use.exam.learners[1])]
    async with in_use.exam.database.transaction(in_use.tenant_id) as connection:
        asked = await connection.fetch("SELECT user_id FROM refills WHERE urgent")
    assert [str(one["user_id"]) for one in asked] == [in_use.exam.learners[1]]
    await MEASURE_HANDLERS["quality.measure"](bench, job)
    assert counted["items_held_total"] == 1


async def looked_at(in_use: InUse, at: datetime) -> set[str]:
    """The names of the items that a look at this time takes in; it is noted as done."""
    async with in_use.factory.transaction(in_use.tenant_id) as connection:
        scan = await measuring.begin(connection, in_use.tenant_id, at)
        ids = await measuring.next_ids(connection, scan, None)
        await measuring.finish(connection, scan)
    return {name for name, item in in_use.items.items() if item in ids}


async def test_only_what_was_used_since_is_looked_at_and_all_of_it_once_a_week(
    in_use: InUse,
) -> None:
    before, later = NOW - timedelta(hours=4), NOW + timedelta(hours=3)
    assert await looked_at(in_use, before) == set(PLANTED)
    assert await looked_at(in_use, before) == set()
    await in_use.practise("good")
    await in_use.examine("easy")
    async with in_use.exam.database.transaction(in_use.tenant_id) as connection:
        await connection.execute(
            "INSERT INTO exam_standings (tenant_id, attempt_id, user_id, course_id, revision, released, graded_at, items)"
            " SELECT DISTINCT $1::uuid, attempt_id, $2::uuid, $3::uuid, 1, false, $4::timestamptz, '[]'::jsonb"
            " FROM item_outcomes WHERE tenant_id = $1",
            *(in_use.tenant_id, in_use.exam.learners[0], in_use.exam.course_id, NOW),
        )
    assert await looked_at(in_use, NOW) == {"good", "easy"}
    # What is told of late is not missed; long after it is old.
    assert await looked_at(in_use, NOW + timedelta(hours=1)) == {"good", "easy"}
    assert await looked_at(in_use, later) == {"good", "easy"}
    assert await looked_at(in_use, later) == set()
    assert await looked_at(in_use, before + timedelta(days=7)) == set(PLANTED)


async def test_what_is_new_is_found_by_an_index_and_not_in_the_whole_bank(
    in_use: InUse,
) -> None:
    place = (in_use.tenant_id, in_use.exam.course_id, NOW - timedelta(days=30))
    owner = await asyncpg.connect(in_use.owner_url)
    try:
        await owner.execute(
            "INSERT INTO questions (tenant_id, question_id, course_id, version, kind, title, level, language, created_at, updated_at)"
            " SELECT $1, gen_random_uuid(), $2, 1, 'essay', 'Old', 1, 'en', $3, $3 FROM generate_series(1, 5000)",
            *place,
        )
        await owner.execute(
            "INSERT INTO responses (tenant_id, user_id, source_id, item_id, course_id, source, question_id, version,"
            " skills, difficulty, share_milli, at) SELECT $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $2,"
            " 'practice', gen_random_uuid(), 1, '{x}', 50, 0, $3 FROM generate_series(1, 5000)",
            *place,
        )
        await owner.execute("ANALYZE questions, responses")
    finally:
        await owner.close()
    async with in_use.factory.transaction(in_use.tenant_id) as connection:
        used = await connection.fetch(
            f"EXPLAIN {quality_store.USED}", in_use.tenant_id, NOW, None, 10
        )
        changed = await connection.fetch(
            f"EXPLAIN {vector_store.BEHIND}", in_use.tenant_id, "n-grams", NOW, 10
        )
    assert "responses_by_time" in str(used)
    assert "questions_by_change" in str(changed)
