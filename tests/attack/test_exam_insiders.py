"""Learners who try what they may not in an exam: refused with a code, written down, and nothing is changed by it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from server.storage.postgres import Database
from tests.support.hall import Hall, open_hall
from tests.support.ready_exams import Made, Planned, new_id
from tests.support.school import Got

pytestmark = [pytest.mark.attack, pytest.mark.store]


@pytest.fixture(scope="module")
async def hall(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Hall]:
    async with open_hall(database, database_url, valkey_url) as opened:
        yield opened


@pytest.fixture
async def made(hall: Hall) -> Made:
    begun = await hall.started()
    assert (await hall.answer(begun, 5, "a")).status == 200
    return begun


async def put(hall: Hall, made: Made, data: bytes, *, item: str | None = None) -> Got:
    path = f"/attempts/{made.attempt_id}/answers/{item or made.items[0]}"
    return await hall.student.call("PUT", path, data=data)


async def refused(hall: Hall, made: Made, got: Got, status: int, code: str) -> None:
    """It was refused so, that is written down, and the exam is as it was."""
    assert (got.status, got.code) == (status, code), got
    assert got.headers["Content-Type"] == "application/problem+json"
    assert got.headers["Trace-Id"] == got.body["trace_id"]
    assert await hall.stored(made) == [(1, 5, '"a"', False)]
    assert await hall.events(made) == ["attempt.opened", "attempt.answered"]
    assert code in await hall.audited(made.attempt_id)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"opening":1,"seq":4,"value":"b"}', 409, "seq_old"),
        (b'{"opening":1,"seq":5,"value":"b"}', 409, "seq_conflict"),
        (b'{"opening":2,"seq":6,"value":"b"}', 422, "opening_unknown"),
        (b'{"opening":1000000,"seq":6,"value":"b"}', 422, "opening_unknown"),
        (b'{"opening":1,"seq":6,"value":["b"]}', 422, "wrong_value"),
        (b'{"opening":1,"seq":6,"value":true}', 422, "wrong_value"),
        (b'{"opening":1,"seq":6,"value":{"number":"1"}}', 422, "wrong_value"),
        (b'{"opening":1,"seq":6,"value":"a\\u0000b"}', 422, "wrong_value"),
        (b'{"opening":0,"seq":6,"value":"b"}', 422, "invalid_body"),
        (b'{"opening":-1,"seq":6,"value":"b"}', 422, "invalid_body"),
        (b'{"opening":99999999999999999999,"seq":6,"value":"b"}', 422, "invalid_body"),
        (b'{"opening":1.5,"seq":6,"value":"b"}', 422, "invalid_body"),
        (b'{"opening":1,"seq":0,"value":"b"}', 422, "invalid_body"),
        (b'{"opening":1,"seq":"6","value":"b"}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6,"value":null}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6,"value":6}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6,"value":[1]}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6,"value":"b","score":1000}', 422, "invalid_body"),
        (b'{"opening":1,"seq":6,"value":"b","late":false}', 422, "invalid_body"),
        (
            b'{"opening":1,"seq":6,"value":"b","arrived_at":"2020-01-01T00:00:00Z"}',
            422,
            "invalid_body",
        ),
        (b'{"opening":1,"seq":NaN,"value":"b"}', 400, "bad_json"),
        (b'{"opening":1,"seq":6,"value":"\\ud800"}', 400, "bad_json"),
        (b'{"opening":1,"seq":6,"value":"\xff"}', 400, "bad_json"),
        (b'{"opening":1,"seq":6,"value":"b"', 400, "bad_json"),
        (b'{"opening":1,"seq":6,"value":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "bad_json"),
        (b"[1]", 422, "invalid_body"),
        (b"x", 400, "bad_json"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, bytes) else None,
)
async def test_a_body_that_is_wrong_or_forged_changes_nothing(
    hall: Hall, made: Made, body: bytes, status: int, code: str
) -> None:
    await refused(hall, made, await put(hall, made, body), status, code)


async def test_a_cloze_gap_may_be_called_number(hall: Hall) -> None:
    begun = await hall.started(Planned(kinds=("cloze", "numeric")))
    assert (await hall.answer(begun, 1, {"number": "x"})).status == 200
    assert (await hall.answer(begun, 2, {"gap": "x"}, item=1)).code == "wrong_value"


async def test_an_item_of_another_attempt_is_no_item_of_this(hall: Hall, made: Made) -> None:
    other = await hall.started()
    body = b'{"opening":1,"seq":6,"value":"b"}'
    for item in (other.items[0], new_id()):
        await refused(hall, made, await put(hall, made, body, item=item), 404, "wrong_item")


async def test_an_id_that_cannot_be_one_is_not_found(hall: Hall, made: Made) -> None:
    body = b'{"opening":1,"seq":6,"value":"b"}'
    for item in ("x", made.items[0].upper(), "00000000-0000-4000-8000-000000000000", "%00"):
        assert (await put(hall, made, body, item=item)).status == 404


async def test_what_is_anothers_is_not_there(hall: Hall, made: Made) -> None:
    for who in (hall.other, hall.teacher):
        got = await hall.answer(made, 6, "b", who=who)
        await refused(hall, made, got, 404, "not_found")
        for path, body in (
            ("submit", {"opening": 1, "last_seq": 5}),
            ("beat", {"opening": 1}),
        ):
            tried = await who.call("POST", f"/attempts/{made.attempt_id}/{path}", body)
            await refused(hall, made, tried, 404, "not_found")
    assert (await hall.other.call("GET", f"/attempts/{made.attempt_id}")).status == 404
    assert (await hall.teacher.call("GET", f"/attempts/{made.attempt_id}")).status == 200
    own = await hall.start(made, who=hall.other)
    assert own.body["id"] != made.attempt_id


async def test_another_school_finds_nothing_and_leaves_its_own_trace(
    hall: Hall, made: Made, database: Database
) -> None:
    token = hall.school.deps.tokens.access(
        _somebody(tenant_id=new_id(), user_id=str((await hall.row(made))["user_id"]))
    )
    got = await hall.answer(made, 6, "b", who=hall.school.api.as_(token))
    assert (got.status, got.code) == (404, "not_found")
    assert await hall.stored(made) == [(1, 5, '"a"', False)]


def _somebody(tenant_id: str, user_id: str) -> Principal:
    return Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(user_id),
        session_id=SessionId(new_id()),
        roles=frozenset({"student"}),
    )


async def test_ten_megabytes_are_refused_before_they_are_read(hall: Hall, made: Made) -> None:
    """The answer comes though the body never does: only its length was said."""
    base = hall.school.api._base.removeprefix("http://")
    host, _, port = base.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"PUT /api/v1/attempts/{made.attempt_id}/answers/{made.items[0]} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {hall.student.token}\r\nContent-Type: application/json\r\n"
        "Content-Length: 10485760\r\n\r\n{".encode()
    )
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 413")
    assert "body_too_large" in await hall.audited(made.attempt_id)
    assert await hall.stored(made) == [(1, 5, '"a"', False)]


async def test_what_is_withdrawn_or_not_begun_takes_no_answer(hall: Hall) -> None:
    ready = await hall.exam()
    assert (await hall.answer(ready, 1, "a")).code == "attempt_closed"
    assert (await hall.submit(ready, 0)).code == "attempt_closed"
    beat = await hall.student.call("POST", f"/attempts/{ready.attempt_id}/beat", {"opening": 1})
    assert beat.code == "attempt_closed"
    begun = await hall.started()
    await hall.owner.execute(
        "UPDATE attempts SET state = 'withdrawn' WHERE attempt_id = $1", begun.attempt_id
    )
    assert (await hall.answer(begun, 1, "a")).code == "attempt_closed"
    assert await hall.audited(ready.attempt_id) == ["attempt_closed"] * 3


async def test_a_password_is_asked_for_and_wrong_ones_are_written_down(hall: Hall) -> None:
    locked = await hall.exam(Planned(settings={"password": "sesame"}))
    for wrong in ("", "Sesame", "sesame ", "\u200bsesame"):
        got = await hall.start(locked, password=wrong)
        assert (got.status, got.code) == (403, "password_wrong")
        assert "sesame" not in str(got.body)
    assert await hall.audited(locked.assessment_id) == ["password_wrong"] * 4
    assert (await hall.row(locked))["state"] == "ready"
    assert (await hall.start(locked, password="sesame")).status == 201
    # Who is in is in: a reload asks for nothing.
    assert (await hall.start(locked)).status == 201


async def test_a_submit_cannot_be_forged(hall: Hall, made: Made) -> None:
    path = f"/attempts/{made.attempt_id}/submit"
    for body, code in (
        ({"opening": 2, "last_seq": 5}, "opening_superseded"),
        ({"opening": 1, "last_seq": 6}, "answers_missing"),
        ({"opening": 1, "last_seq": -1}, "invalid_body"),
        ({"opening": 1, "last_seq": 5, "score": 1}, "invalid_body"),
        ({"opening": 1, "last_seq": 5, "submitted_at": "2020-01-01T00:00:00Z"}, "invalid_body"),
    ):
        got = await hall.student.call("POST", path, body)
        await refused(hall, made, got, 409 if code != "invalid_body" else 422, code)


async def test_a_learner_extends_nobody(hall: Hall, made: Made) -> None:
    path = f"/assessments/{made.assessment_id}/extend"
    got = await hall.student.call("POST", path, {"minutes": 60}, key="mine")
    assert got.status == 403
    assert await hall.audited(made.assessment_id) == ["forbidden"]


async def test_answers_and_a_submit_that_race_are_in_or_refused(hall: Hall) -> None:
    """Whatever is acknowledged before the receipt is counted by it."""
    for _ in range(5):
        begun = await hall.started()
        await hall.answer(begun, 1, "a")
        tries = [hall.answer(begun, seq, f"v{seq}") for seq in range(2, 12)]
        got = await asyncio.gather(
            *tries, hall.submit(begun, 1), *(hall.submit(begun, n) for n in range(2, 12))
        )
        saved = {one.body["seq"] for one in got[:10] if one.status == 200}
        receipts = {one.body["receipt"] for one in got[10:] if one.status == 200}
        assert len(receipts) <= 1
        assert {one.status for one in got} <= {200, 409}
        row = await hall.row(begun)
        if receipts:
            assert row["last_seq"] == max(saved | {1})
            assert saved | {1} == {one[1] for one in await hall.stored(begun)}


async def test_nobody_writes_answers_round_the_function(hall: Hall, database: Database) -> None:
    for statement in (
        "UPDATE answers SET value = '1'",
        "DELETE FROM answers",
        "INSERT INTO answers SELECT * FROM answers",
        "DELETE FROM attempts",
        "UPDATE audit SET code = ''",
        "DELETE FROM audit",
        "UPDATE attempt_events SET name = ''",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(hall.school.seeded.tenant_id) as connection:
                await connection.execute(statement)
