"""Files from announcement to download, over the API and a real disk."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from lms.errors import Invalid
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from lms.uploads import service as uploads
from lms.uploads.rules import PART_BYTES
from server import files
from server.storage.postgres import Database
from signaling.classroom.files import Announce
from signaling.protocol import ClassFile
from tests.support.school import Api, Got, School

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
TEXT = b"What I did in my holidays"


async def begun(
    school: School,
    api: Api,
    size: int,
    name: str = "essay.txt",
    media_type: str = "text/plain",
    class_id: str | None = None,
) -> Any:
    body = {"name": name, "size": size, "type": media_type, "class_id": class_id}
    got = await api.call("POST", "/uploads", body, key=school.key())
    assert got.status == 201, got
    return got.body


async def sent(api: Api, part: Any, data: bytes) -> Got:
    return await api.fetch(part["method"], part["url"], data=data, headers=part["headers"])


async def uploaded(
    school: School, api: Api, data: bytes, name: str = "essay.txt", media_type: str = "text/plain"
) -> Any:
    """The whole way: announced, sent, completed."""
    ticket = await begun(school, api, len(data), name, media_type)
    for part in ticket["parts"]:
        got = await sent(api, part, data[part["offset"] : part["offset"] + part["size"]])
        assert got.status == 204, got
    done = await api.call("POST", f"/uploads/{ticket['id']}/complete")
    assert done.status == 200, done
    return done.body


async def test_a_file_comes_back_as_it_was_sent(school: School) -> None:
    student = await school.sign_in("student1")
    done = await uploaded(school, student, TEXT, "my essay.txt")
    assert (done["state"], done["name"], done["size"]) == ("ready", "my essay.txt", len(TEXT))
    got = await school.api.fetch("GET", done["url"])
    assert (got.status, got.body) == (200, TEXT)
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith('attachment; filename="my essay.txt"')
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["Cache-Control"].startswith("private, max-age=")


async def test_a_picture_is_shown_and_a_range_of_it_can_be_had(school: School) -> None:
    teacher = await school.sign_in("teacher")
    done = await uploaded(school, teacher, PNG, "graph.png", "image/png")
    got = await school.api.fetch("GET", done["url"], headers={"Range": "bytes=1-3"})
    assert (got.status, got.body) == (206, b"PNG")
    assert got.headers["Content-Type"] == "image/png"
    assert got.headers["Content-Disposition"].startswith("inline")
    assert got.headers["Content-Range"] == f"bytes 1-3/{len(PNG)}"
    beyond = await school.api.fetch("GET", done["url"], headers={"Range": "bytes=900-"})
    assert (beyond.status, beyond.code) == (416, "range_wrong")


async def test_what_says_it_is_a_picture_and_is_none_is_not_kept(school: School) -> None:
    teacher = await school.sign_in("teacher")
    page = b"<html><script>alert(1)</script></html>"
    ticket = await begun(school, teacher, len(page), "graph.png", "image/png")
    await sent(teacher, ticket["parts"][0], page)
    done = await teacher.call("POST", f"/uploads/{ticket['id']}/complete")
    assert (done.status, done.code) == (422, "upload_type")
    got = await teacher.call("GET", f"/uploads/{ticket['id']}")
    assert (got.body["state"], got.body["url"]) == ("failed", None)
    assert await school.deps.objects.parts(key(school, ticket["id"])) == {}


def key(school: School, upload_id: str) -> str:
    return files.key_of(school.seeded.tenant_id, upload_id)


async def test_a_file_of_several_parts_is_resumed_where_it_broke_off(school: School) -> None:
    student = await school.sign_in("student1")
    data = bytes(range(256)) * (PART_BYTES // 256) + b"the rest"
    ticket = await begun(school, student, len(data))
    first, second = ticket["parts"]
    assert (first["size"], second["offset"], second["size"]) == (PART_BYTES, PART_BYTES, 8)
    assert (await sent(student, second, b"the rest")).status == 204
    early = await student.call("POST", f"/uploads/{ticket['id']}/complete")
    assert (early.status, early.code) == (409, "parts_missing")
    left = await student.call("GET", f"/uploads/{ticket['id']}/parts")
    assert [part["offset"] for part in left.body["parts"]] == [0]
    assert (await sent(student, left.body["parts"][0], data[:PART_BYTES])).status == 204
    done = await student.call("POST", f"/uploads/{ticket['id']}/complete")
    assert done.status == 200
    got = await school.api.fetch(
        "GET", done.body["url"], headers={"Range": f"bytes={PART_BYTES - 2}-"}
    )
    assert got.body == b"\xfe\xffthe rest"


async def test_a_part_may_be_sent_again_until_the_file_is_complete(school: School) -> None:
    student = await school.sign_in("student1")
    ticket = await begun(school, student, 5)
    part = ticket["parts"][0]
    for data in (b"wrong", b"right"):
        assert (await sent(student, part, data)).status == 204
    done = await student.call("POST", f"/uploads/{ticket['id']}/complete")
    again = await sent(student, part, b"later")
    assert (again.status, again.code) == (409, "upload_over")
    assert (await school.api.fetch("GET", done.body["url"])).body == b"right"
    twice = await student.call("POST", f"/uploads/{ticket['id']}/complete")
    assert (twice.status, twice.body["state"]) == (200, "ready")


@pytest.mark.parametrize("data", [b"", b"four", b"sixsix"])
async def test_a_part_of_another_size_is_not_taken(school: School, data: bytes) -> None:
    student = await school.sign_in("student1")
    ticket = await begun(school, student, 5)
    got = await sent(student, ticket["parts"][0], data)
    assert (got.status, got.code) == (400, "bad_request")
    assert await school.deps.objects.parts(key(school, ticket["id"])) == {}


async def test_the_digest_is_the_sha_256_of_what_was_sent(
    school: School, database: Database
) -> None:
    student = await school.sign_in("student1")
    done = await uploaded(school, student, TEXT)
    async with database.transaction(school.seeded.tenant_id) as connection:
        kept = await connection.fetchval(
            "SELECT digest FROM uploads WHERE upload_id = $1", done["id"]
        )
    assert kept == hashlib.sha256(TEXT).hexdigest()


async def test_nobody_else_may_see_a_file(school: School) -> None:
    student = await school.sign_in("student1")
    done = await uploaded(school, student, TEXT)
    for other in ("student2", "teacher", "admin", "proctor"):
        caller = await school.sign_in(other)
        for method, path in (("GET", ""), ("GET", "/parts"), ("POST", "/complete")):
            got = await caller.call(method, f"/uploads/{done['id']}{path}")
            assert (got.status, got.code) == (404, "not_found")


async def test_a_file_for_a_class_asks_for_the_right_to_join_it(school: School) -> None:
    body = {"name": "a.txt", "size": 1, "type": "text/plain"}
    there = {**body, "class_id": school.seeded.open_class_id}
    nowhere = {**body, "class_id": school.seeded.open_class_id[:-4] + "0000"}
    expected = {"student1": (201, 404), "reviewer": (404, 404)}
    for who, statuses in expected.items():
        caller = await school.sign_in(who)
        for sent_body, status in zip((there, nowhere), statuses, strict=True):
            got = await caller.call("POST", "/uploads", sent_body, key=school.key())
            assert got.status == status, (who, got)


async def for_class(school: School, account: str) -> tuple[Api, str]:
    """A file for the open class of which only the completion is missing."""
    caller = await school.sign_in(account)
    ticket = await begun(school, caller, 5, class_id=school.seeded.open_class_id)
    assert (await sent(caller, ticket["parts"][0], b"right")).status == 204
    return caller, ticket["id"]


async def test_the_class_is_told_of_a_file_once_it_is_complete(school: School) -> None:
    student, upload_id = await for_class(school, "student5")
    school.classes.asked.clear()
    for _ in range(2):  # whoever asks again may do so because the class could not be told
        done = await student.call("POST", f"/uploads/{upload_id}/complete")
        assert (done.status, done.body["state"]) == (200, "ready")
    file = ClassFile(id=upload_id, name="essay.txt", type="text/plain", size=5)
    told = [asked[:2] + asked[3:] for asked in school.classes.asked]
    name = (await student.call("GET", "/me")).body["user"]["name"]
    announce = Announce(name=name, role="student", file=file)
    assert told == [("announce", school.seeded.open_class_id, announce)] * 2


async def test_a_class_that_is_not_open_is_told_of_no_file(
    school: School, database: Database
) -> None:
    student, upload_id = await for_class(school, "student5")
    school.classes.asked.clear()
    for state, code in (("scheduled", "class_not_open"), ("closed", "class_closed")):
        await set_class(school, database, state)
        try:
            done = await student.call("POST", f"/uploads/{upload_id}/complete")
        finally:
            await set_class(school, database, "open")
        assert (done.status, done.code) == (409, code)
    assert school.classes.asked == []
    assert (await student.call("GET", f"/uploads/{upload_id}")).body["state"] == "started"


async def set_class(school: School, database: Database, state: str) -> None:
    async with database.transaction(school.seeded.tenant_id) as connection:
        await connection.execute(
            "UPDATE classes SET state = $2 WHERE class_id = $1",
            school.seeded.open_class_id,
            state,
        )


async def test_who_lost_their_place_in_the_course_tells_the_class_nothing(
    school: School, database: Database
) -> None:
    student, upload_id = await for_class(school, "student6")
    school.classes.asked.clear()
    async with database.transaction(school.seeded.tenant_id) as connection:
        await connection.execute(
            "DELETE FROM enrolments USING users WHERE enrolments.user_id = users.user_id"
            " AND users.email = 'student6@demo.school'"
        )
    done = await student.call("POST", f"/uploads/{upload_id}/complete")
    assert (done.status, done.code) == (404, "not_found")
    assert school.classes.asked == []


async def test_what_was_begun_and_never_finished_is_tidied(school: School) -> None:
    student = await school.sign_in("student3")
    ticket = await begun(school, student, 5)
    await sent(student, ticket["parts"][0], b"lost!")
    now = school.deps.now()
    assert await files.tidy(school.deps.database, school.deps.objects, now) == 0
    later = now + timedelta(hours=25)
    assert await files.tidy(school.deps.database, school.deps.objects, later) >= 1
    assert await school.deps.objects.parts(key(school, ticket["id"])) == {}
    got = await sent(student, ticket["parts"][0], b"late!")
    assert (got.status, got.code) == (409, "upload_over")
    done = await student.call("POST", f"/uploads/{ticket['id']}/complete")
    assert (done.status, done.code) == (409, "upload_over")


async def test_a_person_has_a_quota(school: School) -> None:
    student = await school.sign_in("student4")
    body = {"name": "film.mp4", "size": 6_000_000_000, "type": "video/mp4"}
    assert (await student.call("POST", "/uploads", body, key=school.key())).status == 201
    got = await student.call("POST", "/uploads", body, key=school.key())
    assert (got.status, got.code) == (409, "upload_quota")


async def person(school: School, database: Database, account: str) -> Principal:
    async with database.transaction(school.seeded.tenant_id) as connection:
        row = await connection.fetchrow(
            "SELECT user_id, roles FROM users WHERE email = $1", f"{account}@demo.school"
        )
    assert row is not None
    return Principal(
        tenant_id=TenantId(school.seeded.tenant_id),
        user_id=UserId(str(row["user_id"])),
        session_id=SessionId("none"),
        roles=frozenset(row["roles"]),
    )


async def test_a_picture_of_a_question_is_seen_by_the_people_of_its_course(
    school: School, database: Database
) -> None:
    teacher, course = await school.sign_in("teacher"), school.seeded.course_id
    done = await uploaded(school, teacher, PNG, "graph.png", "image/png")
    text = f"What does ![the graph](upload:{done['id']}) show?"
    author = await person(school, database, "teacher")
    student = await school.sign_in("student1")
    assert (await student.call("GET", f"/uploads/{done['id']}")).status == 404
    async with database.transaction(author.tenant_id) as connection:
        assert await uploads.pictures(connection, author, [text]) == []
        await uploads.use(connection, author, course, [text, text])
    async with database.transaction(author.tenant_id) as connection:
        shown = await uploads.pictures(connection, author, [text])
    assert [one.upload_id for one in shown] == [done["id"]]
    seen = await student.call("GET", f"/uploads/{done['id']}")
    assert seen.status == 200
    assert (await school.api.fetch("GET", seen.body["url"])).body == PNG
    stranger = await school.sign_in("reviewer")
    assert (await stranger.call("GET", f"/uploads/{done['id']}")).status == 404


async def test_nobody_shows_another_persons_file_in_a_question(
    school: School, database: Database
) -> None:
    student = await school.sign_in("student1")
    done = await uploaded(school, student, PNG, "mine.png", "image/png")
    author = await person(school, database, "teacher")
    text = f"![stolen](upload:{done['id']})"
    async with database.transaction(author.tenant_id) as connection:
        with pytest.raises(Invalid) as refused:
            await uploads.use(connection, author, school.seeded.course_id, [text])
    assert refused.value.code == "picture_unknown"


async def test_only_the_files_of_a_learner_that_were_there_in_time_are_an_answer(
    school: School, database: Database
) -> None:
    student = await school.sign_in("student1")
    in_time = await uploaded(school, student, TEXT)
    too_late = await uploaded(school, student, TEXT)
    other = await uploaded(school, await school.sign_in("student2"), TEXT)
    learner, now = await person(school, database, "student1"), school.deps.now()
    until = {in_time["id"]: now, other["id"]: now, too_late["id"]: now - timedelta(minutes=1)}
    async with database.transaction(learner.tenant_id) as connection:
        found = await uploads.answered(connection, learner.tenant_id, learner.user_id, until)
    assert [one.upload_id for one in found] == [in_time["id"]]
