"""The question bank over the API and PostgreSQL: versions, states, finding, and keys that stay where they belong."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, get_args

import asyncpg
import msgspec
import pytest

from lms.questions import store
from lms.questions.model import Kind
from server.storage.postgres import Database
from tests.support.items import ITEMS, wire
from tests.support.school import Api, Got, School, running_school

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    async with running_school(database, valkey_url, limit_scale=1000) as running:
        yield running


@pytest.fixture(scope="module")
async def teacher(school: School) -> Api:
    return await school.sign_in("teacher")


@pytest.fixture
async def course(school: School, teacher: Api) -> str:
    got = await teacher.call("POST", "/courses", {"title": "Bank"}, key=school.key())
    assert got.status == 201, got
    return str(got.body["id"])


async def add(school: School, caller: Api, course: str, body: dict[str, Any]) -> Got:
    return await caller.call("POST", f"/courses/{course}/questions", body, key=school.key())


async def added(school: School, caller: Api, course: str, **more: Any) -> dict[str, Any]:
    got = await add(school, caller, course, wire("single_choice", **more))
    assert got.status == 201, got
    return dict(got.body)


async def change(caller: Api, question: str, version: int, body: dict[str, Any]) -> Got:
    return await caller.call(
        "PATCH", f"/questions/{question}", body, headers={"If-Match": f'"v{version}"'}
    )


async def titles(caller: Api, course: str, query: str = "") -> list[str]:
    got = await caller.call("GET", f"/courses/{course}/questions?limit=200{query}")
    assert got.status == 200, got
    return [one["title"] for one in got.body["items"]]


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_a_question_of_each_kind_is_kept_as_it_was_written(
    school: School, teacher: Api, course: str, kind: Kind
) -> None:
    made = await add(school, teacher, course, wire(kind))
    assert (made.status, made.headers["ETag"]) == (201, '"v1"'), made
    got = await teacher.call("GET", f"/questions/{made.body['id']}")
    assert got.body == made.body
    content, key = ITEMS[kind]
    assert msgspec.convert(got.body["content"], type(content)) == content
    assert msgspec.convert(got.body["key"], type(key)) == key
    assert await titles(teacher, course) == [kind]


async def test_units_keep_their_order_whatever_their_names(
    school: School, teacher: Api, course: str
) -> None:
    body = wire("numeric")
    units = {"kilometres": "1", "m": "0.001", "cm": "0.00001"}
    body["content"]["units"], body["key"]["units"] = list(units), units
    made = await add(school, teacher, course, body)
    got = await teacher.call("GET", f"/questions/{made.body['id']}")
    assert list(got.body["key"]["units"].items()) == list(units.items())


async def test_other_words_make_the_next_version_and_the_old_one_stays(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    content = {**made["content"], "prompt": "Which one now?"}
    changed = await change(teacher, made["id"], 1, {"content": content})
    assert (changed.status, changed.body["version"]) == (200, 2)
    assert changed.headers["ETag"] == '"v2"'
    rekeyed = await change(teacher, made["id"], 2, {"key": {**made["key"], "correct": ["b"]}})
    assert rekeyed.body["version"] == 3
    first = await teacher.call("GET", f"/questions/{made['id']}?version=1")
    assert (first.body["content"], first.body["key"]) == (made["content"], made["key"])
    third = await teacher.call("GET", f"/questions/{made['id']}?version=3")
    assert third.body["content"]["prompt"] == "Which one now?"
    assert third.body["key"]["correct"] == ["b"]
    for number, status in ((4, 404), (0, 400), ("x", 400)):
        got = await teacher.call("GET", f"/questions/{made['id']}?version={number}")
        assert got.status == status


async def test_labels_change_without_a_version_and_the_same_again_changes_nothing(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    labels = {"title": "Other", "skills": [" optics "], "level": 4, "state": "draft"}
    changed = await change(teacher, made["id"], 1, labels)
    assert (changed.status, changed.body["version"]) == (200, 1)
    assert changed.body["skills"] == ["optics"]
    same = {"content": made["content"], "key": made["key"], "title": "Other"}
    again = await change(teacher, made["id"], 1, same)
    assert again.body == changed.body


async def test_who_decided_on_an_old_version_is_told_so(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    bodies = [{"content": {**made["content"], "prompt": f"Take {n}"}} for n in range(8)]
    got = await asyncio.gather(*(change(teacher, made["id"], 1, body) for body in bodies))
    assert sorted(one.status for one in got) == [200] + [412] * 7
    assert {one.code for one in got if one.status == 412} == {"stale"}
    latest = await teacher.call("GET", f"/questions/{made['id']}")
    assert latest.body["version"] == 2


async def test_who_waited_for_a_change_sees_what_it_made(
    school: School, teacher: Api, course: str, database: Database
) -> None:
    made = await added(school, teacher, course)
    async with (
        asyncio.TaskGroup() as tasks,
        database.transaction(school.seeded.tenant_id) as connection,
    ):
        await connection.execute(
            "UPDATE questions SET version = 2 WHERE question_id = $1", made["id"]
        )
        late = tasks.create_task(change(teacher, made["id"], 1, {"level": 9}))
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        await connection.execute(
            "INSERT INTO question_versions SELECT tenant_id, question_id, 2, kind, content, key, created_by,"
            " created_at FROM question_versions WHERE question_id = $1",
            made["id"],
        )
    assert (late.result().status, late.result().code) == (412, "stale")


async def test_a_retired_question_is_hidden_but_there(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    for _ in range(2):
        assert (await teacher.call("DELETE", f"/questions/{made['id']}")).status == 204
    assert await titles(teacher, course) == []
    assert await titles(teacher, course, "&state=retired") == ["single_choice"]
    got = await teacher.call("GET", f"/questions/{made['id']}")
    assert (got.status, got.body["state"], got.body["version"]) == (200, "retired", 1)
    back = await change(teacher, made["id"], 1, {"state": "published"})
    assert back.body["state"] == "published"


async def test_a_bank_is_found_by_its_labels_and_by_words(
    school: School, teacher: Api, course: str
) -> None:
    await added(school, teacher, course, title="Ångström", skills=["optics"], level=2)
    await added(school, teacher, course, title="100 % sure_", tags=["exam 1"], language="ar")
    await added(school, teacher, course, title="Plain", state="draft")
    for query, expected in {
        "&q=ANGSTROM": [],
        "&q=%C3%A5ngstr%C3%B6m": ["Ångström"],
        "&q=optics+%C3%85ngstr": ["Ångström"],
        "&q=%25": ["100 % sure_"],
        "&q=sure_": ["100 % sure_"],
        "&q=su_e": [],
        "&q=nothing": [],
        "&skill=optics": ["Ångström"],
        "&tag=exam+1": ["100 % sure_"],
        "&level=2": ["Ångström"],
        "&language=ar": ["100 % sure_"],
        "&state=draft": ["Plain"],
        "&kind=essay": [],
        "&kind=single_choice&level=2": ["Ångström"],
    }.items():
        assert await titles(teacher, course, query) == expected, query
    for query in ("kind=joke", "level=11", "level=x", "state=gone"):
        got = await teacher.call("GET", f"/courses/{course}/questions?{query}")
        assert (got.status, got.code) == (400, "bad_query")
    words = await teacher.call("GET", f"/courses/{course}/questions/words")
    assert words.body["skills"] == {"optics": 1, "waves": 2}
    assert words.body["levels"] == {"1": 2, "2": 1}
    assert words.body["languages"] == {"ar": 1, "en": 2}


async def test_a_search_never_looks_into_keys(school: School, teacher: Api, course: str) -> None:
    body = wire("short_text")
    body["key"]["accepted"] = ["zebrafish"]
    assert (await add(school, teacher, course, body)).status == 201
    assert await titles(teacher, course, "&q=zebrafish") == []


async def test_a_long_bank_comes_in_pages_each_once(
    school: School, teacher: Api, course: str
) -> None:
    for number in range(7):
        await added(school, teacher, course, title=f"Same {number // 4}")
    seen, query = list[str](), "?limit=3"
    while True:
        got = await teacher.call("GET", f"/courses/{course}/questions{query}")
        seen += [one["id"] for one in got.body["items"]]
        assert not any("key" in one or "content" in one for one in got.body["items"])
        if got.body["next_cursor"] is None:
            break
        query = f"?limit=3&cursor={got.body['next_cursor']}"
    assert len(seen) == len(set(seen)) == 7


async def test_only_those_who_edit_a_bank_know_of_its_questions(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    body = {"email": "student1@demo.school", "role": "student"}
    await teacher.call("POST", f"/courses/{course}/enrolments", body, key=school.key())
    for account in ("student1", "student2", "proctor", "reviewer"):
        caller = await school.sign_in(account)
        got = await caller.call("GET", f"/questions/{made['id']}")
        assert (got.status, got.code) == (404, "not_found")
        listed = await caller.call("GET", f"/courses/{course}/questions")
        assert listed.status in (403, 404)


async def test_every_fault_of_a_question_is_told_at_its_field(
    school: School, teacher: Api, course: str
) -> None:
    body = wire("single_choice")
    body["content"]["options"][1]["id"] = "a"
    body["key"] = {"correct": ["z"], "pairs": {"a": "b"}}
    got = await add(school, teacher, course, body)
    assert (got.status, got.code) == (422, "question_faulty")
    pointers = {one["pointer"] for one in got.body["errors"]}
    assert pointers == {"/content/options/1", "/key/correct", "/key/pairs"}
    body = wire("essay")
    body["content"]["prompt"] = "a\x00b"
    got = await add(school, teacher, course, body)
    assert (got.status, got.code) == (422, "invalid_body")
    assert await titles(teacher, course) == []


async def test_an_archived_course_takes_no_questions(
    school: School, teacher: Api, course: str
) -> None:
    made = await added(school, teacher, course)
    await teacher.call(
        "PATCH", f"/courses/{course}", {"archived": True}, headers={"If-Match": '"v1"'}
    )
    assert (await add(school, teacher, course, wire("essay"))).code == "course_archived"
    assert (await change(teacher, made["id"], 1, {"level": 3})).code == "course_archived"
    assert (await teacher.call("GET", f"/questions/{made['id']}")).status == 200


async def test_papers_read_the_contents_of_the_versions_they_name(
    school: School, teacher: Api, course: str, database: Database
) -> None:
    made = await added(school, teacher, course)
    await change(teacher, made["id"], 1, {"content": {**made["content"], "prompt": "Now?"}})
    tenant, at = school.seeded.tenant_id, [(made["id"], 1), (made["id"], 2), (made["id"], 3)]
    async with database.transaction(tenant) as connection:
        contents = await store.content_of(connection, tenant, at)
    assert {where: one.prompt for where, one in contents.items()} == {
        at[0]: "What is $v$?",
        at[1]: "Now?",
    }


async def test_a_version_is_never_changed(
    school: School, teacher: Api, course: str, database: Database
) -> None:
    await added(school, teacher, course)
    for statement in ("UPDATE question_versions SET version = 9", "DELETE FROM question_versions"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(school.seeded.tenant_id) as connection:
                await connection.execute(statement)


# --- CSV -----------------------------------------------------------------------------------------


async def send_csv(school: School, caller: Api, course: str, data: bytes) -> Got:
    return await caller.call(
        "POST",
        f"/courses/{course}/questions/import",
        data=data,
        key=school.key(),
        headers={"Content-Type": "text/csv"},
    )


async def export(caller: Api, course: str) -> bytes:
    got = await caller.call("GET", f"/courses/{course}/questions/export")
    assert got.status == 200, got
    assert got.headers["Content-Type"].startswith("text/csv")
    return bytes(got.body)


async def test_a_bank_goes_out_and_into_another_course(
    school: School, teacher: Api, course: str
) -> None:
    for kind in get_args(Kind):
        assert (await add(school, teacher, course, wire(kind))).status == 201
    data = await export(teacher, course)
    same = await send_csv(school, teacher, course, data)
    assert same.body == {"added": 0, "changed": 0, "faults": []}
    other = await teacher.call("POST", "/courses", {"title": "Other"}, key=school.key())
    without_ids = re.sub(rb'"[0-9a-f]{8}-[0-9a-f-]{27}"', b'""', data)
    brought = await send_csv(school, teacher, other.body["id"], without_ids)
    assert brought.body == {"added": 10, "changed": 0, "faults": []}
    again = await export(teacher, other.body["id"])
    assert re.sub(rb'"[0-9a-f]{8}-[0-9a-f-]{27}"', b'""', again) == without_ids


async def test_a_line_with_an_id_writes_over_its_question(
    school: School, teacher: Api, course: str
) -> None:
    first = await added(school, teacher, course, title="First")
    second = await added(school, teacher, course, title="Second")
    await added(school, teacher, course, title="Third")
    data = (await export(teacher, course)).decode()
    data = data.replace('"Second"', '"Renamed"')
    head, line, rest = data.partition("What is $v$?")
    changed = await send_csv(school, teacher, course, f"{head}What is $c$?{rest}".encode())
    assert (line, changed.body) == ("What is $v$?", {"added": 0, "changed": 2, "faults": []})
    got = await teacher.call("GET", f"/questions/{first['id']}")
    assert (got.body["version"], got.body["content"]["prompt"]) == (2, "What is $c$?")
    got = await teacher.call("GET", f"/questions/{second['id']}")
    assert (got.body["version"], got.body["title"]) == (1, "Renamed")


async def test_one_bad_line_keeps_all_lines_out(school: School, teacher: Api, course: str) -> None:
    made = await added(school, teacher, course, title="Mine")
    elsewhere = await teacher.call("POST", "/courses", {"title": "Other"}, key=school.key())
    foreign = await added(school, teacher, elsewhere.body["id"])
    head, own = (await export(teacher, course)).decode().split("\r\n", 1)
    line = own.replace(made["id"], "").replace("Mine", "New")
    theirs = own.replace(made["id"], foreign["id"])
    wrong = own.replace(made["id"], "").replace('"single_choice"', '"riddle"', 1)
    other_kind = own.replace('"single_choice"', '"multiple_choice"', 1)
    data = "\r\n".join([head, *(one.strip("\r\n") for one in (line, theirs, wrong, other_kind))])
    got = await send_csv(school, teacher, course, data.encode())
    assert (got.status, got.body["added"], got.body["changed"]) == (200, 0, 0)
    assert [one["line"] for one in got.body["faults"]] == [3, 4, 5]
    assert await titles(teacher, course) == ["Mine"]


async def test_nobody_recalls_a_question_by_hand_or_changes_one_that_was(
    school: School, teacher: Api, course: str
) -> None:
    for state in ("held", "recalled"):
        got = await add(school, teacher, course, wire("numeric", state=state))
        assert (got.status, got.code) == (409, "question_state")
    made = await added(school, teacher, course, title="Mine")
    path = f"/questions/{made['id']}"
    by_hand = await teacher.call("PATCH", path, {"state": "held"}, headers={"If-Match": '"v1"'})
    assert (by_hand.status, by_hand.code) == (409, "question_state")
    async with school.deps.database.transaction(school.seeded.tenant_id) as connection:
        await store.recall(connection, school.seeded.tenant_id, [made["id"]], school.deps.now())
    changed = await teacher.call(
        "PATCH", path, {"state": "published"}, headers={"If-Match": '"v1"'}
    )
    assert (changed.status, changed.code) == (409, "item_recalled")
    assert (await teacher.call("DELETE", path)).status == 409
    data = (await export(teacher, course)).decode()
    same = await send_csv(school, teacher, course, data.encode())
    assert same.body == {"added": 0, "changed": 0, "faults": []}
    for other in (data.replace("Mine", "Other"), data.replace(made["id"], "")):
        got = await send_csv(school, teacher, course, other.encode())
        assert (got.status, len(got.body["faults"])) == (200, 1)
        assert got.body["faults"][0]["detail"].startswith("state: ")


async def test_an_import_is_refused_to_strangers_before_it_is_read(
    school: School, teacher: Api, course: str
) -> None:
    for account, status in (("student1", 404), ("reviewer", 404), ("proctor", 403)):
        caller = await school.sign_in(account)
        got = await send_csv(school, caller, course, b"\xff")
        assert got.status == status
    got = await send_csv(school, teacher, course, b"\xff")
    assert (got.status, got.code) == (422, "csv_encoding")
    got = await send_csv(school, teacher, course, b"x" * 5_000_001)
    assert (got.status, got.code) == (413, "body_too_large")


async def test_a_large_bank_comes_in_is_found_and_goes_out(
    school: School, teacher: Api, course: str
) -> None:
    lines = [
        f'true_false,"Number {number}","Is {number} a prime? $\\frac{{1}}{{2}}$",true'
        for number in range(5000)
    ]
    data = ("kind,title,prompt,answer\r\n" + "\r\n".join(lines)).encode()
    got = await send_csv(school, teacher, course, data)
    assert got.body == {"added": 5000, "changed": 0, "faults": []}
    assert await titles(teacher, course, "&q=4711+prime") == ["Number 4711"]
    data = await export(teacher, course)
    assert data.count(b"true_false") == 5000
    again = await send_csv(school, teacher, course, data)
    assert again.body == {"added": 0, "changed": 0, "faults": []}


# --- Pictures ------------------------------------------------------------------------------------

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def picture(school: School, caller: Api) -> str:
    """A picture that this caller has sent, through the store of the files."""
    body = {"name": "wave.png", "size": len(PNG), "type": "image/png"}
    ticket = (await caller.call("POST", "/uploads", body, key=school.key())).body
    [part] = ticket["parts"]
    sent = await school.api.fetch("PUT", part["url"], data=PNG, headers=part["headers"])
    assert sent.status in (200, 201, 204), sent
    done = await caller.call("POST", f"/uploads/{ticket['id']}/complete")
    assert done.body["state"] == "ready", done
    return str(ticket["id"])


async def test_a_picture_is_shown_with_its_question_and_no_other_than_ones_own_may_be_used(
    school: School, teacher: Api, course: str
) -> None:
    mine, theirs = (
        await picture(school, teacher),
        await picture(school, await school.sign_in("admin")),
    )
    body = wire("essay")
    body["content"]["prompt"] = f"What is ![this](upload:{mine})?"
    made = await add(school, teacher, course, body)
    assert (made.status, set(made.body["pictures"])) == (201, {mine})
    got = await teacher.call("GET", f"/questions/{made.body['id']}")
    shown = await school.api.fetch("GET", got.body["pictures"][mine])
    assert (shown.status, shown.body) == (200, PNG)
    stolen = {"content": {**body["content"], "prompt": f"![x](upload:{theirs})"}}
    refused = await change(teacher, made.body["id"], 1, stolen)
    assert (refused.status, refused.code) == (422, "picture_unknown")
    data = await export(teacher, course)
    again = data.replace(made.body["id"].encode(), b"")
    for used, faulty in ((mine, []), (theirs, [2])):
        sent = await send_csv(school, teacher, course, again.replace(mine.encode(), used.encode()))
        assert [one["line"] for one in sent.body["faults"]] == faulty
        assert sent.body["added"] == 1 - len(faulty)
