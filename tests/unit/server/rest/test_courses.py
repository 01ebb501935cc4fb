"""Courses, lessons and the timetable, and the rules of the API on them."""

import asyncio
from datetime import timedelta

import pytest

from server.clock import SystemClock
from server.demo import demo_id
from server.rest.curriculum import Curriculum
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from sfu import commands
from tests.support.school import Api, Got, School, moment, running_school


@pytest.fixture(scope="module")
async def teacher(school: School) -> Api:
    return await school.sign_in("teacher")


@pytest.fixture(scope="module")
async def student(school: School) -> Api:
    return await school.sign_in("student1")


async def course(school: School, teacher: Api, title: str = "Light") -> str:
    got = await teacher.call("POST", "/courses", {"title": title}, key=school.key())
    assert (got.status, got.body["my_role"]) == (201, "teacher")
    return str(got.body["id"])


async def test_a_change_needs_the_version_that_stands(school: School, teacher: Api) -> None:
    path = f"/courses/{await course(school, teacher)}"
    etag = (await teacher.call("GET", path)).headers["ETag"]
    bare = await teacher.call("PATCH", path, {"title": "A"})
    assert (bare.status, bare.code) == (428, "precondition_required")
    done = await teacher.call("PATCH", path, {"title": "A"}, headers={"If-Match": f"W/{etag}"})
    assert (done.status, done.body["title"]) == (200, "A")
    stale = await teacher.call("PATCH", path, {"title": "B"}, headers={"If-Match": etag})
    assert (stale.status, stale.code) == (412, "stale")
    for odd in ("*", '"x"', "v1", '"v99999999999999"'):
        got = await teacher.call("PATCH", path, {"title": "B"}, headers={"If-Match": odd})
        assert got.status == 412
    assert done.headers["ETag"] == (await teacher.call("GET", path)).headers["ETag"]


async def test_a_key_makes_a_repeat_harmless(school: School, teacher: Api) -> None:
    bare = await teacher.call("POST", "/courses", {"title": "X"})
    assert (bare.status, bare.code) == (400, "idempotency_key_missing")
    key = school.key()
    first = await teacher.call("POST", "/courses", {"title": "X"}, key=key)
    again = await teacher.call("POST", "/courses", {"title": "X"}, key=key)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await teacher.call("POST", "/courses", {"title": "Y"}, key=key)
    assert (other.status, other.code) == (422, "idempotency_mismatch")
    for odd in ("", "x" * 129):
        got = await teacher.call("POST", "/courses", {"title": "X"}, key=odd)
        assert (got.status, got.code) == (400, "idempotency_key_bad")


async def test_fifty_at_once_under_one_key_make_one_course(school: School, teacher: Api) -> None:
    key = school.key()
    got = await asyncio.gather(
        *(teacher.call("POST", "/courses", {"title": "Once"}, key=key) for _ in range(50))
    )
    made = {one.body["id"] for one in got if one.status == 201}
    assert len(made) == 1
    for one in got:
        assert one.status == 201 or (one.code, one.headers["Retry-After"]) == (
            "idempotency_in_flight",
            "1",
        )
    listed = await teacher.call("GET", "/courses?limit=200")
    assert sum(one["title"] == "Once" for one in listed.body["items"]) == 1


async def test_a_failed_request_leaves_its_key_free(school: School, teacher: Api) -> None:
    course_id, key = await course(school, teacher), school.key()
    path = f"/courses/{course_id}/enrolments"
    body = {"email": "later@demo.school", "role": "student"}
    missing = await teacher.call("POST", path, body, key=key)
    assert (missing.status, missing.code) == (404, "person_not_found")
    admin = await school.sign_in("admin")
    person = {"email": "later@demo.school", "name": "Later", "roles": ["student"]}
    assert (await admin.call("POST", "/users", person, key=school.key())).status == 201
    assert (await teacher.call("POST", path, body, key=key)).status == 201


async def test_a_key_is_one_persons_own(school: School, teacher: Api) -> None:
    admin, key = await school.sign_in("admin"), school.key()
    mine = await teacher.call("POST", "/courses", {"title": "K"}, key=key)
    theirs = await admin.call("POST", "/courses", {"title": "K"}, key=key)
    assert mine.body["id"] != theirs.body["id"]


async def test_what_a_reader_has_is_not_sent_again_until_it_changes(
    school: School, teacher: Api, student: Api
) -> None:
    course_id = await course(school, teacher)
    body = {"title": "Tides", "text": "Twice a day."}
    made = await teacher.call("POST", f"/courses/{course_id}/lessons", body, key=school.key())
    one = f"/lessons/{made.body['id']}"
    reads = (f"/courses/{course_id}", f"/courses/{course_id}/lessons", one)

    async def again(reader: Api, path: str, etag: str) -> Got:
        return await reader.call("GET", path, headers={"If-None-Match": f'"x", W/{etag}'})

    etags = {path: (await teacher.call("GET", path)).headers["ETag"] for path in reads}
    for path, etag in etags.items():
        known = await again(teacher, path, etag)
        assert (known.status, known.body, known.headers["ETag"]) == (304, b"", etag)
        assert known.headers["Cache-Control"] == "private, no-cache"
        assert (await again(student, path, etag)).status == 404, "who may not see it hears nothing"
    changed = await teacher.call(
        "PATCH", one, {"text": "Twice a day, nearly."}, headers={"If-Match": etags[one]}
    )
    assert changed.status == 200, changed
    whole, listed = [await again(teacher, path, etags[path]) for path in (one, reads[1])]
    assert whole.body["text"] == "Twice a day, nearly."
    assert [item["text"] for item in listed.body["items"]] == ["Twice a day, nearly."]
    who = {"user_id": demo_id("student1"), "role": "student"}
    await teacher.call("POST", f"/courses/{course_id}/enrolments", who, key=school.key())
    assert (await again(teacher, reads[0], etags[reads[0]])).body["people"] == 2
    seen = await student.call("GET", reads[0])
    assert seen.headers["ETag"] != (await teacher.call("GET", reads[0])).headers["ETag"]


async def test_a_lesson_is_read_from_the_database_once_a_version(
    school: School, teacher: Api
) -> None:
    course_id = await course(school, teacher)
    body = {"title": "Tides", "text": "Twice a day."}
    made = await teacher.call("POST", f"/courses/{course_id}/lessons", body, key=school.key())
    kept = Curriculum(school.deps.database, PrometheusMeters())
    place = (school.seeded.tenant_id, str(made.body["id"]), 1)
    first, second = await asyncio.gather(kept.lesson(*place), kept.lesson(*place))
    assert first is not None
    assert first is second
    assert await kept.lesson(*place[:2], 2) is None, "no other version is given for it"
    path = f"/lessons/{made.body['id']}"
    await teacher.call("PATCH", path, {"text": "Now and then."}, headers={"If-Match": '"v1"'})
    later = await kept.lesson(*place[:2], 2)
    assert later is not None
    assert later.text == "Now and then."
    assert await kept.page(place[0], (course_id, "stale"), None, 10) is None


async def test_lessons_keep_their_order(school: School, teacher: Api) -> None:
    course_id = await course(school, teacher)
    for title in ("one", "two", "three"):
        body = {"title": title, "text": "ä" * 10}
        got = await teacher.call("POST", f"/courses/{course_id}/lessons", body, key=school.key())
        assert got.status == 201
    titles, cursor = [], ""
    for _ in range(3):
        got = await teacher.call("GET", f"/courses/{course_id}/lessons?limit=1{cursor}")
        titles += [lesson["title"] for lesson in got.body["items"]]
        cursor = f"&cursor={got.body['next_cursor']}"
    assert titles == ["one", "two", "three"]
    assert got.body["next_cursor"] is None
    lesson_id = got.body["items"][0]["id"]
    assert (await teacher.call("DELETE", f"/lessons/{lesson_id}")).status == 204
    assert (await teacher.call("GET", f"/lessons/{lesson_id}")).status == 404


async def test_a_cursor_is_good_for_its_own_list_and_caller_alone(
    school: School, teacher: Api
) -> None:
    first = await course(school, teacher, "A1")
    second = await course(school, teacher, "A2")
    for one in (first, second):
        for title in ("a", "b"):
            body = {"title": title, "text": ""}
            await teacher.call("POST", f"/courses/{one}/lessons", body, key=school.key())
    got = await teacher.call("GET", f"/courses/{first}/lessons?limit=1")
    cursor = got.body["next_cursor"]
    good = await teacher.call("GET", f"/courses/{first}/lessons?cursor={cursor}")
    assert good.status == 200
    admin = await school.sign_in("admin")
    for caller, path in (
        (teacher, f"/courses/{second}/lessons?cursor={cursor}"),
        (teacher, f"/courses?cursor={cursor}"),
        (admin, f"/courses/{first}/lessons?cursor={cursor}"),
        (teacher, f"/courses/{first}/lessons?cursor={cursor[:-2]}AA"),
        (teacher, f"/courses/{first}/lessons?cursor=%C3%A9"),
        (teacher, f"/courses/{first}/lessons?cursor="),
    ):
        bad = await caller.call("GET", path)
        assert (bad.status, bad.code) == (400, "cursor_invalid")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e3", "%D9%A1", "", "9999999"])
async def test_a_limit_that_is_none_is_refused(teacher: Api, limit: str) -> None:
    got = await teacher.call("GET", f"/courses?limit={limit}")
    assert (got.status, got.code) == (400, "bad_query")


async def test_an_archived_course_is_only_looked_at(school: School, teacher: Api) -> None:
    course_id = await course(school, teacher)
    etag = {"If-Match": '"v1"'}
    await teacher.call("PATCH", f"/courses/{course_id}", {"archived": True}, headers=etag)
    body = {"title": "a", "text": ""}
    got = await teacher.call("POST", f"/courses/{course_id}/lessons", body, key=school.key())
    assert (got.status, got.code) == (409, "course_archived")


def times(hours: float) -> dict[str, str]:
    start = moment(SystemClock()) + timedelta(hours=hours)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}


async def schedule(school: School, teacher: Api, hours: float = 1, title: str = "Sound") -> str:
    path = f"/courses/{school.seeded.course_id}/classes"
    got = await teacher.call("POST", path, {"title": title, **times(hours)}, key=school.key())
    assert (got.status, got.body["state"]) == (201, "scheduled")
    return str(got.body["id"])


async def test_a_class_from_timetable_to_end(school: School, teacher: Api, student: Api) -> None:
    path = f"/classes/{await schedule(school, teacher)}"
    early = await student.call("POST", f"{path}/join")
    assert (early.status, early.code) == (409, "class_not_open")
    assert (await teacher.call("POST", f"{path}/join")).body["role"] == "teacher"
    assert (await student.call("POST", f"{path}/open")).status == 403
    assert (await teacher.call("POST", f"{path}/open")).body["state"] == "open"
    assert (await teacher.call("POST", f"{path}/open")).status == 200
    joined = await student.call("POST", f"{path}/join")
    assert (joined.body["role"], joined.body["namespace"], joined.body["epoch"]) == (
        "student",
        "/class",
        7,
    )
    claims = school.deps.tokens.verify_join(joined.body["token"])
    assert (claims.name, claims.role) == ("Lena Fischer", "student")
    assert (await teacher.call("POST", f"{path}/close")).body["state"] == "closed"
    assert school.classes.asked[-1][0] == "close"
    assert (await student.call("POST", f"{path}/join")).code == "class_closed"
    assert (await teacher.call("POST", f"{path}/open")).code == "class_closed"


@pytest.mark.parametrize(("account", "role"), [("proctor", "proctor"), ("admin", "observer")])
async def test_staff_join_as_what_they_are(school: School, account: str, role: str) -> None:
    staff = await school.sign_in(account)
    got = await staff.call("POST", f"/classes/{school.seeded.open_class_id}/join")
    assert got.body["role"] == role


async def test_my_timetable_is_soonest_first_and_begins_a_day_ago(
    school: School, teacher: Api, student: Api
) -> None:
    old = await schedule(school, teacher, -50, "Old")
    soon = await schedule(school, teacher, 2, "Soon")
    late = await schedule(school, teacher, 70, "Late")
    got = await student.call("GET", "/classes?limit=200")
    ids = [one["id"] for one in got.body["items"]]
    assert old not in ids
    assert ids.index(soon) < ids.index(late)
    starts = [one["starts_at"] for one in got.body["items"]]
    assert starts == sorted(starts)
    back = (moment(SystemClock()) - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    more = await student.call("GET", f"/classes?limit=200&from={back}")
    assert old in [one["id"] for one in more.body["items"]]
    for odd in ("yesterday", "2026-01-01T00:00:00", "0001-01-01T00:00:00%2B14:00"):
        assert (await student.call("GET", f"/classes?from={odd}")).status == 400


async def test_who_is_taken_out_of_a_course_is_out_of_its_classes(
    school: School, teacher: Api
) -> None:
    course_id = await course(school, teacher)
    student = await school.sign_in("student3")
    got = await teacher.call(
        "POST",
        f"/courses/{course_id}/enrolments",
        {"email": "Student3@demo.school", "role": "student"},
        key=school.key(),
    )
    enrolment = got.body["id"]
    made = await teacher.call(
        "POST", f"/courses/{course_id}/classes", {"title": "C", **times(0)}, key=school.key()
    )
    path = f"/classes/{made.body['id']}"
    await teacher.call("POST", f"{path}/open")
    token = (await student.call("POST", f"{path}/join")).body["token"]
    heard: list[str] = []
    school.deps.revocations.subscribe(lambda one: heard.append(f"{one.kind} {one.class_id}"))
    out = await teacher.call("DELETE", f"/courses/{course_id}/enrolments/{enrolment}")
    assert out.status == 204
    assert heard == [f"class {made.body['id']}"]
    assert (await student.call("POST", f"{path}/join")).status == 404
    gone = await school.api.as_(token).call(
        "POST", f"{path}/whip", data=b"v=0\r\n", headers={"Content-Type": "application/sdp"}
    )
    assert (gone.status, gone.code) == (401, "token_revoked")


SDP = {"Content-Type": "application/sdp"}


async def test_whip_and_whep(school: School, teacher: Api) -> None:
    class_id = school.seeded.open_class_id
    token = (await teacher.call("POST", f"/classes/{class_id}/join")).body["token"]
    media = school.api.as_(token)
    school.classes.media = commands.Answer(sdp="v=0\r\nanswer")
    for kind in ("whip", "whep"):
        got = await media.call(
            "POST", f"/classes/{class_id}/{kind}", data=b"v=0\r\noffer", headers=SDP
        )
        assert (got.status, got.body) == (201, b"v=0\r\nanswer")
        assert got.headers["Content-Type"] == "application/sdp"
        location = got.headers["Location"].removeprefix("/api/v1")
        assert location.startswith(f"/classes/{class_id}/{kind}/")
        school.classes.media = commands.Done()
        assert (await media.call("DELETE", location)).status == 200
        school.classes.media = commands.Answer(sdp="v=0\r\nanswer")
    requests = [asked[-1] for asked in school.classes.asked if asked[0] == "media"]
    played, ended = requests[-2:]
    user, _, player = played.peer.partition("~")
    assert user == requests[-4].peer, "a player stands beside the person's page"
    assert location.endswith(f"/whep/{player}")
    assert (ended.peer, ended.direction) == (played.peer, "subscribe")
    assert [type(one) for one in requests[-4:]] == [
        commands.WhipPublish,
        commands.Hangup,
        commands.WhepPlay,
        commands.Hangup,
    ]


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (b"v=0", {"Content-Type": "application/json"}, 415, "media_type"),
        (b"\xff\xfe", SDP, 400, "bad_sdp"),
        (b"hello", SDP, 400, "bad_sdp"),
        (b"", SDP, 400, "bad_sdp"),
        (b"v=0" + b"a" * 60_000, SDP, 413, "body_too_large"),
    ],
)
async def test_a_bad_offer_is_told_why(
    school: School, teacher: Api, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    class_id = school.seeded.open_class_id
    token = (await teacher.call("POST", f"/classes/{class_id}/join")).body["token"]
    got = await school.api.as_(token).call(
        "POST", f"/classes/{class_id}/whip", data=data, headers=headers
    )
    assert (got.status, got.code) == (status, code)


async def test_what_the_media_node_refuses_is_passed_on(school: School, teacher: Api) -> None:
    class_id = school.seeded.open_class_id
    token = (await teacher.call("POST", f"/classes/{class_id}/join")).body["token"]
    school.classes.media = commands.Refusal(code="bad_sdp", message="There is no audio in it.")
    got = await school.api.as_(token).call(
        "POST", f"/classes/{class_id}/whip", data=b"v=0\r\n", headers=SDP
    )
    assert (got.status, got.body["detail"]) == (400, "There is no audio in it.")
    school.classes.media = commands.Done()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"\xff", 400, "bad_json"),
        (b'"\xed\xa0\x80"', 400, "bad_json"),
        (b"[" * 100_000, 413, "body_too_large"),
        (b"[" * 50_000, 400, "bad_json"),
        (b'{"title":' + b'{"a":' * 40 + b"1" + b"}" * 41, 400, "bad_json"),
        (b'{"title":"\\ud800"}', 400, "bad_json"),
        (b'{"title":"a\\u0000b"}', 422, "invalid_body"),
        (b'{"title":"  "}', 422, "invalid"),
        (b'{"title":"a\\nb"}', 422, "invalid"),
        (b'{"title":null}', 422, "invalid_body"),
        (b'{"title":"x","title":"y"}', 201, ""),
        (b"null", 422, "invalid_body"),
        (b"", 422, "invalid_body"),
        (b"x" * 70_000, 413, "body_too_large"),
    ],
)
async def test_a_malformed_body_is_told_why(
    school: School, teacher: Api, data: bytes, status: int, code: str
) -> None:
    got = await teacher.call("POST", "/courses", data=data, key=school.key())
    assert got.status == status
    assert status == 201 or got.code == code


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/courses/x",
        "/courses/018f3a5e-0000-4149-9256-7c2f359dbbbc",
        "/courses/%00",
        "/courses/..",
    ],
)
async def test_what_is_not_there_is_not_found(teacher: Api, path: str) -> None:
    got = await teacher.call("GET", path)
    assert (got.status, got.code) == (404, "not_found")


async def test_a_wrong_method_names_the_right_ones(teacher: Api) -> None:
    got = await teacher.call("PUT", "/me")
    assert (got.status, got.code, got.headers["Allow"]) == (405, "method_not_allowed", "GET")


async def test_an_unknown_parameter_of_the_query_is_refused(teacher: Api) -> None:
    assert (await teacher.call("GET", "/courses?offset=3")).code == "bad_query"


async def test_what_is_left_of_the_limit_is_said(teacher: Api) -> None:
    got = await teacher.call("GET", "/me")
    assert got.headers["RateLimit-Policy"].startswith('"default";q=')
    assert got.headers["RateLimit"].startswith('"default";r=')


async def test_too_many_requests_are_refused_with_a_time_to_wait(
    database: Database, valkey_url: str
) -> None:
    async with running_school(database, valkey_url, limit_scale=0.02) as tight:
        student = await tight.sign_in("student5")
        got = [await student.call("GET", "/me") for _ in range(13)]
        assert [one.status for one in got] == [200] * 12 + [429]
        assert got[-1].code == "rate_limited"
        assert int(got[-1].headers["Retry-After"]) >= 1
