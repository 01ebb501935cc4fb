"""Attempts over the real API and PostgreSQL: started, answered, handed in; what is acknowledged is there, once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from lms.attempts import counting, service, store
from lms.attempts.counting import Arrived
from lms.attempts.model import Desk
from server.demo import demo_id
from server.rest import exam_shapes as shapes
from server.storage.postgres import Database
from tests.support.hall import Hall, open_hall
from tests.support.ready_exams import Made, Planned, make_ready, new_id

pytestmark = pytest.mark.store

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
async def hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    async with open_hall(database, database_url, valkey_url) as opened:
        yield opened


def desk(hall: Hall, after: timedelta = timedelta()) -> Desk:
    return Desk(now=hall.school.deps.exams.clock.now() + after, new_id=new_id)


async def shut(hall: Hall, made: Made) -> bool:
    async with hall.school.deps.database.transaction(hall.school.seeded.tenant_id) as connection:
        return await service.shut(
            connection, hall.school.seeded.tenant_id, made.attempt_id, desk(hall)
        )


async def test_an_attempt_is_started_answered_and_handed_in(hall: Hall) -> None:
    made = await hall.exam()
    started = await hall.start(made)
    assert started.status == 201, started
    msgspec.convert(started.body, shapes.OpenAttempt)
    assert started.body["opening"] == 1
    assert [item["id"] for item in started.body["items"]] == list(made.items)
    assert 3_590_000 < started.body["remaining_ms"] <= 3_600_000
    saved = await hall.answer(made, 1, "a")
    assert saved.status == 200, saved
    msgspec.convert(saved.body, shapes.AnswerAck)
    assert saved.body["late"] is False
    assert saved.body["version"] == "1.1.o"
    handed = await hall.submit(made, 1)
    assert handed.status == 200, handed
    assert handed.body["answered"] == 1
    assert (await hall.submit(made, 1)).body == handed.body
    assert (await hall.view(made)).body["receipt"] == handed.body
    assert await hall.stored(made) == [(1, 1, '"a"', False)]
    assert await hall.events(made) == ["attempt.opened", "attempt.answered", "attempt.submitted"]


async def test_the_same_answer_again_is_the_same_acknowledgement(hall: Hall) -> None:
    made = await hall.started()
    got = [await hall.answer(made, 1, {"unit": "m", "number": "3.2"}, item=1) for _ in range(3)]
    assert {one.status for one in got} == {200}
    assert len({(one.body["opening"], one.body["seq"], one.body["late"]) for one in got}) == 1
    other = await hall.answer(made, 1, {"number": "3.3"}, item=1)
    assert (other.status, other.code) == (409, "seq_conflict")
    assert await hall.stored(made) == [(1, 1, '{"number":"3.2","unit":"m"}', False)]


async def test_fifty_at_once_under_one_number_store_one(hall: Hall) -> None:
    made = await hall.started()
    same = await asyncio.gather(*(hall.answer(made, 1, "a") for _ in range(50)))
    assert {one.status for one in same} == {200}
    mixed = await asyncio.gather(*(hall.answer(made, 2, f"v{n % 5}") for n in range(50)))
    # Which value comes first is open; what is acknowledged is what is there.
    codes = Counter(one.status for one in mixed)
    assert set(codes) <= {200, 409, 503}
    stored = await hall.stored(made)
    assert len(stored) == 2
    kept = msgspec.json.decode(stored[1][2])
    assert all((n % 5 == int(kept[1])) for n, one in enumerate(mixed) if one.status == 200)
    assert (await hall.answer(made, 2, kept)).status == 200


async def test_a_newer_answer_shuts_out_an_older_of_its_item_and_opening(hall: Hall) -> None:
    made = await hall.started()
    assert (await hall.answer(made, 5, "b")).status == 200
    old = await hall.answer(made, 4, "a")
    assert (old.status, old.code) == (409, "seq_old")
    assert (await hall.answer(made, 3, "text", item=2)).status == 200


async def test_two_devices_the_newest_wins_and_the_other_hears_of_it(hall: Hall) -> None:
    made = await hall.started()
    await hall.answer(made, 1, "a")
    second = await hall.start(made)
    assert second.body["opening"] == 2
    assert second.body["answers"] == {made.items[0]: {"value": "a", "opening": 1, "seq": 1}}
    on_second = await hall.answer(made, 1, "b", opening=2)
    late_from_first = await hall.answer(made, 2, "old", opening=1)
    assert late_from_first.status == 200
    assert late_from_first.body["current_opening"] == 2
    refused = await hall.submit(made, 2, opening=1)
    assert (refused.status, refused.code) == (409, "opening_superseded")
    third = await hall.start(made)
    assert third.body["answers"][made.items[0]]["value"] == "b"
    assert on_second.body["current_opening"] == 2
    assert (await hall.submit(made, 0, opening=3)).status == 200


async def test_a_submit_names_the_newest_answer(hall: Hall) -> None:
    made = await hall.started()
    await hall.answer(made, 1, "a")
    await hall.answer(made, 2, "text", item=2)
    missing = await hall.submit(made, 3)
    assert (missing.status, missing.code) == (409, "answers_missing")
    assert "2" in missing.body["detail"]
    assert (await hall.submit(made, 1)).code == "answers_missing"
    assert (await hall.submit(made, 2)).status == 200


async def test_a_hundred_parallel_submits_give_one_receipt(hall: Hall) -> None:
    made = await hall.started()
    await hall.answer(made, 1, "a")
    got = await asyncio.gather(*(hall.submit(made, 1) for _ in range(100)))
    assert {one.status for one in got} == {200}
    assert len({msgspec.json.encode(one.body) for one in got}) == 1
    assert (await hall.events(made)).count("attempt.submitted") == 1


async def test_after_the_submit_nothing_is_taken_but_what_is_there_is_told_again(
    hall: Hall,
) -> None:
    made = await hall.started()
    first = await hall.answer(made, 1, "a")
    await hall.submit(made, 1)
    again = await hall.answer(made, 1, "a")
    assert again.status == 200
    assert (again.body["seq"], again.body["late"]) == (first.body["seq"], False)
    assert again.body["remaining_ms"] == 0
    new = await hall.answer(made, 2, "b")
    assert (new.status, new.code) == (409, "attempt_submitted")
    reopened = await hall.start(made)
    assert (reopened.status, reopened.code) == (409, "attempts_used_up")


@pytest.mark.parametrize(
    ("policy", "seconds", "status", "late", "counts"),
    [
        ("keep", 3620, 200, False, True),
        ("keep", 3640, 200, True, False),
        ("count", 3640, 200, True, True),
        ("count", 3700, 200, True, False),
        ("refuse", 3620, 200, False, True),
        ("refuse", 3640, 409, False, False),
    ],
)
async def test_what_comes_after_the_end_goes_by_the_policy(
    hall: Hall, policy: str, seconds: float, status: int, late: bool, counts: bool
) -> None:
    made = await hall.started(Planned(late_policy=policy, late_window_ms=30_000))
    await hall.later(made, timedelta(seconds=seconds))
    got = await hall.answer(made, 1, "a")
    assert got.status == status, got
    assert (got.code if status == 409 else got.body["late"]) == (
        "answer_late" if status == 409 else late
    )
    assert got.status != 200 or got.body["remaining_ms"] == 0
    await hall.later(made, HOUR)
    await shut(hall, made)
    receipt = (await hall.view(made)).body["receipt"]
    assert (receipt["submitted_by"], receipt["answered"]) == ("deadline", int(counts))
    assert receipt["late"] is (late and status == 200)


@pytest.mark.parametrize(("policy", "status"), [("keep", 200), ("count", 200), ("refuse", 409)])
async def test_what_comes_after_the_deadline_submitted_is_kept_and_changes_nothing(
    hall: Hall, policy: str, status: int
) -> None:
    made = await hall.started(Planned(late_policy=policy))
    await hall.answer(made, 1, "a")
    await hall.later(made, 2 * HOUR)
    assert await shut(hall, made)
    assert not await shut(hall, made)
    before = (await hall.view(made)).body["receipt"]
    got = await hall.answer(made, 2, "b")
    assert got.status == status
    if status == 200:
        assert got.body["late"] is True
    after = (await hall.view(made)).body["receipt"]
    assert {**after, "late": None} == {**before, "late": None}
    assert (await hall.submit(made, 1)).body["receipt"] == before["receipt"]


async def test_the_deadline_comes_neither_early_nor_before_what_is_on_its_way(hall: Hall) -> None:
    made = await hall.started()
    await hall.later(made, HOUR + timedelta(seconds=29))
    assert not await shut(hall, made)
    await hall.later(made, timedelta(seconds=2))
    assert not await shut(
        hall, made
    )  # its time is up, and answers that came in time have two seconds
    await hall.later(made, timedelta(seconds=2))
    assert await shut(hall, made)


async def test_an_answer_that_was_overtaken_by_the_deadline_is_to_be_sent_again(
    hall: Hall,
) -> None:
    made = await hall.started()
    row = await hall.row(made)
    await hall.later(made, 2 * HOUR)
    await shut(hall, made)
    # As if the deadline had been faster than an answer that came in time.
    await hall.owner.execute(
        "UPDATE attempts SET ends_at = $2, shuts_at = $3 WHERE attempt_id = $1",
        *(made.attempt_id, row["ends_at"], row["shuts_at"]),
    )
    got = await hall.answer(made, 1, "a")
    assert (got.status, got.code) == (503, "answer_delayed")
    assert got.headers["Retry-After"]
    assert await hall.stored(made) == []


async def test_an_answer_that_was_overtaken_by_a_decision_about_late_ones_is_to_be_sent_again(
    hall: Hall,
) -> None:
    made = await hall.started()
    await hall.later(made, 2 * HOUR)
    await shut(hall, made)
    decide = "UPDATE attempts SET late_until = clock_timestamp() + $2 WHERE attempt_id = $1"
    await hall.owner.execute(decide, made.attempt_id, HOUR)
    got = await hall.answer(made, 1, "a")
    assert (got.status, got.code) == (503, "answer_delayed")
    await hall.owner.execute(decide, made.attempt_id, -timedelta(seconds=1))
    got = await hall.answer(made, 1, "a")
    assert (got.status, got.body["late"]) == (200, True)


async def test_one_action_extends_what_is_open_and_opens_what_the_deadline_took(
    hall: Hall,
) -> None:
    made = await hall.started()
    await hall.answer(made, 1, "a")
    place = f"/assessments/{made.assessment_id}/extend"
    first = await hall.teacher.call("POST", place, {"minutes": 10}, key="extend-1")
    assert (first.status, first.body) == (200, {"extended": 1, "reopened": 0})
    again = await hall.teacher.call("POST", place, {"minutes": 10}, key="extend-1")
    assert again.body == first.body
    assert 69 * 60_000 < (await hall.view(made)).body["remaining_ms"] <= 70 * 60_000
    await hall.later(made, 3 * HOUR)
    assert (await hall.answer(made, 2, "late")).body["late"] is True
    await shut(hall, made)
    since = (datetime.now(UTC) - MINUTE).isoformat()  # noqa: TID251 - a test's shell
    body = {"minutes": 20, "reopen_since": since, "reason": "The link was down."}
    reopened = await hall.teacher.call("POST", place, body, key="extend-2")
    assert reopened.body == {"extended": 1, "reopened": 1}
    view = (await hall.view(made)).body
    assert (view["state"], view["receipt"]) == ("open", None)
    assert 19 * 60_000 < view["remaining_ms"] <= 20 * 60_000
    # What was late has come in time now.
    assert (await hall.submit(made, 2)).status == 200
    row = await hall.row(made)
    assert (row["answered"], row["submitted_by"]) == (1, "learner")
    codes = await hall.owner.fetch(
        "SELECT action, data FROM audit WHERE subject_id = $1 ORDER BY audit_id",
        made.assessment_id,
    )
    assert [one["action"] for one in codes] == ["attempts.extended"] * 2
    assert "link" not in str([one["data"] for one in codes])


async def test_an_extension_leaves_alone_what_the_learner_handed_in(hall: Hall) -> None:
    made = await hall.started()
    await hall.submit(made, 0)
    since = (datetime.now(UTC) - HOUR).isoformat()  # noqa: TID251 - a test's shell
    got = await hall.teacher.call(
        "POST",
        f"/assessments/{made.assessment_id}/extend",
        {"minutes": 5, "reopen_since": since},
        key="extend-3",
    )
    assert got.body == {"extended": 0, "reopened": 0}
    assert (await hall.view(made)).body["state"] == "submitted"


async def test_progress_is_never_older_than_what_the_caller_saw(hall: Hall) -> None:
    made = await hall.started()
    acked = await hall.answer(made, 1, "a")
    # Nobody reads the events here: the copy is as old as it can be.
    view = await hall.view(made, acked.body["version"])
    assert (view.body["answered"], view.body["version"]) == (1, "1.1.o")
    await hall.owner.execute(
        "INSERT INTO progress (tenant_id, attempt_id, assessment_id, course_id, user_id, state, opening, last_opening,"
        " last_seq, answered, asked, updated_at) VALUES ($1, $2, $3, $4, $5, 'open', 1, 1, 1, $6, 3, now())",
        *(hall.school.seeded.tenant_id, made.attempt_id, made.assessment_id),
        *(hall.school.seeded.course_id, demo_id("student1"), [made.items[0]]),
    )
    await hall.answer(made, 2, "text", item=2)
    assert (await hall.view(made)).body["version"] == "1.1.o"  # the copy, for who asks for no more
    assert (await hall.view(made, "1.2.o")).body["answered"] == 2
    handed = await hall.submit(made, 2)
    assert (await hall.view(made, handed.body["version"])).body["answered"] == 2


async def test_the_board_shows_everybody_and_their_links(hall: Hall) -> None:
    made = await hall.started()
    board = f"/assessments/{made.assessment_id}/board"
    await hall.answer(made, 1, "a")
    beat = await hall.student.call(
        "POST", f"/attempts/{made.attempt_id}/beat", {"opening": 1, "unsaved": 3}
    )
    assert (beat.status, beat.body["state"], beat.body["current_opening"]) == (200, "open", 1)
    got = (await hall.teacher.call("GET", board)).body
    msgspec.convert(got, shapes.Board)
    assert got["links_known"] is True
    live = {row["user_id"]: row for row in got["rows"]}
    mine = live.pop(demo_id("student1"))
    assert (mine["live"], mine["opening"], mine["attempt_id"]) == ("started", 1, made.attempt_id)
    assert mine["seen_at"] is not None
    assert {row["live"] for row in live.values()} == {"not_started"}
    await hall.submit(made, 1)
    got = (await hall.teacher.call("GET", board)).body
    assert next(r for r in got["rows"] if r["user_id"] == mine["user_id"])["live"] == "submitted"
    assert (await hall.student.call("GET", board)).status == 403


async def test_only_one_attempt_at_a_time_can_be_begun_whatever_the_code_does(hall: Hall) -> None:
    made = await hall.started()
    seeded = hall.school.seeded
    place = (seeded.tenant_id, made.assessment_id, seeded.course_id, demo_id("student1"))
    with pytest.raises(asyncpg.UniqueViolationError):
        await make_ready(hall.owner, place, Planned(), datetime.now(UTC), number=2)  # noqa: TID251 - a test's shell


async def test_thirty_starts_at_once_give_thirty_openings_and_one_end(hall: Hall) -> None:
    made = await hall.exam()
    got = await asyncio.gather(*(hall.start(made) for _ in range(30)))
    good = [one for one in got if one.status == 201]
    assert {one.status for one in got} <= {201, 503}
    assert len({one.body["opening"] for one in good}) == len(good)
    assert len({one.body["ends_at"] for one in good}) == 1
    assert (await hall.row(made))["opening"] == len(good)


async def test_what_counts_is_the_same_in_sql_as_in_the_rule(hall: Hall) -> None:
    made = await hall.started()
    for opening in (1, 2, 3):
        for seq, item in ((1, 0), (2, 2), (3, 0)):
            await hall.answer(made, seq, f"{opening}.{seq}", item=item, opening=opening)
        await hall.start(made)
    await hall.later(made, HOUR + MINUTE)
    await hall.answer(made, 9, "late", opening=1)
    async with hall.school.deps.database.transaction(hall.school.seeded.tenant_id) as connection:
        attempt = await store.get(connection, hall.school.seeded.tenant_id, made.attempt_id)
        assert attempt is not None
        rows = await connection.fetch(
            "SELECT item_id, opening, seq, value, arrived_at FROM answers WHERE attempt_id = $1",
            made.attempt_id,
        )
        stored = [
            Arrived(
                item_id=str(row["item_id"]),
                opening=row["opening"],
                seq=row["seq"],
                value=row["value"],
                arrived_at=row["arrived_at"],
            )
            for row in rows
        ]
        for until in (counting.counts_until(attempt), counting.ALWAYS, stored[3].arrived_at):
            found = await store.counted(
                connection, hall.school.seeded.tenant_id, made.attempt_id, until
            )
            assert found == counting.counted(stored, until)


async def test_who_has_nothing_made_ahead_gets_one_attempt_however_often_they_click(
    hall: Hall,
) -> None:
    made = await hall.exam()  # student1's; student2 has none
    got = await asyncio.gather(*(hall.start(made, who=hall.other) for _ in range(10)))
    good = [one.body for one in got if one.status == 201]
    assert {one.status for one in got} <= {201, 503}
    assert len({one["id"] for one in good}) == 1
    assert len({one["opening"] for one in good}) == len(good)
    count = await hall.owner.fetchval(
        "SELECT count(*) FROM attempts WHERE assessment_id = $1 AND user_id = $2",
        *(made.assessment_id, demo_id("student2")),
    )
    assert count == 1
