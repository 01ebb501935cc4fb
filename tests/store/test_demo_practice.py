"""The demo school shows what a class has practised, from its first start on and no more at the next."""

from lms.events import PracticeAnswered
from server import demo, demo_practice
from server.clock import SystemClock
from signaling.context import Database
from tests.support.school import CheapPasswords, moment


async def test_some_learners_of_the_demo_school_have_practised_once(database: Database) -> None:
    now = moment(SystemClock())
    async with CheapPasswords().running() as passwords:
        seeded = await demo.seed(database, passwords, now)
    for _ in range(2):
        await demo_practice.practise(database, seeded.tenant_id, now)
    async with database.transaction(seeded.tenant_id) as connection:
        lessons = await connection.fetch(
            "SELECT user_id, asked, answered, finished_at FROM practices WHERE finished_at < now()"
        )
        told = await connection.fetch(
            "SELECT key_id, name, data -> 'share_milli' AS share FROM outbox"
            " WHERE name IN ('practice.answered', 'practice.finished')"
        )
    each = len(demo_practice.LESSONS)
    assert len(lessons) == each * len(demo_practice.LEARNERS)
    assert all(row["asked"] == row["answered"] for row in lessons)
    answers = [
        row["share"] for row in told if row["name"] == PracticeAnswered.__struct_config__.tag
    ]
    assert len(answers) == sum(row["asked"] for row in lessons)
    assert {"0", "1000"} == set(answers), "some know it, some do not"
