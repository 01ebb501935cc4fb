"""Keys, feedback and rubrics are marked with strings that nothing else has; before a release nobody but a teacher ever gets one.

A real server with its workers; one student sits an exam with an item of each kind. Looked through are all answers of all routes
to a student and to a proctor, the class sockets, everything in Redis, every table but the bank's own, and all logs. The scores
of another student are released, and the same looking finds the marks in their result: it would have found them before.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import redis.asyncio as redis
from aiohttp import ClientSession, DummyCookieJar

from lms.questions.model import Criterion, Key, Kind, Level
from server.demo import demo_id
from server.rest.call import Route
from server.rest.routes import ROUTES
from tests.house.test_tenant_matrix import Case, cases
from tests.store.test_school_sockets import Socket, join, sign_in
from tests.support.items import ITEMS, wire
from tests.support.running import RunningLectern, running
from tests.support.school import Api, Got
from tests.support.waiting import until

pytestmark = pytest.mark.store

MARK = "canary"
NUMBERS = ("31415.92653", "0.0271828", "0.0100271")
SECRET = "canary-password"
COURSE = demo_id("course")
# Where the bank itself is kept: nothing of these is sent to anybody but through the routes.
BANK_TABLES = {"questions", "question_versions", "assessment_versions"}
# What no JSON for a learner has a value for.
KEY_FIELDS = {
    *("accepted", "correct", "explanation", "key", "option_feedback", "order", "pairs", "rubric"),
    *("case_sensitive", "tolerance", "truth", "units_of_key", "password"),
}
ENDS_THE_SIGN_IN = {"sign_out"}
GRADED_SECONDS = 30.0


LEVELS = [Level(title=f"{MARK}-level", earned_milli=milli) for milli in (0, 1000)]
# By kind, what of its key a learner cannot see in the item itself.
POISON: Mapping[Kind, dict[str, Any]] = {
    "single_choice": {"option_feedback": {"a": f"{MARK}-feedback", "b": f"{MARK}-feedback"}},
    "multiple_choice": {"option_feedback": {"none": f"{MARK}-feedback"}},
    "short_text": {"accepted": [f"{MARK}-accepted"]},
    "numeric": {
        "number": NUMBERS[0],
        "tolerance": NUMBERS[1],
        "units": {"m": "1", "cm": NUMBERS[2]},
    },
    "cloze": {"gaps": {"what": [f"{MARK}-gap"], "how": ["x"]}},
    "essay": {"rubric": [Criterion(id="why", title=f"{MARK}-criterion", levels=LEVELS)]},
}


def poisoned(kind: Kind) -> Key:
    """The key of the kind's item, marked wherever it can be."""
    return msgspec.structs.replace(
        ITEMS[kind][1], explanation=f"{MARK}-explanation", **POISON.get(kind, {})
    )


ANSWERS: Mapping[Kind, Any] = {
    "single_choice": "a",
    "multiple_choice": ["air", "none"],
    "true_false": True,
    "short_text": "hertz",
    "numeric": {"number": "0.78", "unit": "m"},
    "matching": {"p": "f", "l": "a"},
    "ordering": ["a", "w", "s"],
    "cloze": {"what": "wave", "how": "x"},
    "essay": "Because there is nothing to push.",
}


def found_in(text: str) -> set[str]:
    """The marks that are in a text."""
    marks = set(re.findall(rf"{MARK}-[a-z]+", text))
    return marks | {one for one in NUMBERS if one in text}


def told_fields(value: Any) -> Iterator[str]:
    """The names of what is a key's in a JSON, where they have a value."""
    if isinstance(value, list):
        for one in value:
            yield from told_fields(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            # How many items were accepted is a count; what a key accepts is a list.
            is_count = name == "accepted" and type(inner) is int
            if name in KEY_FIELDS and inner not in (None, "", [], {}) and not is_count:
                yield name
            yield from told_fields(inner)


@dataclass(frozen=True, kw_only=True)
class Sat:
    """An exam that a student has sat, on a running server."""

    lectern: RunningLectern
    nobody: Api
    teacher: Api
    ids: Mapping[str, str]
    questions: list[str]
    opened: Any
    told: list[tuple[str, str]] = field(
        default_factory=list
    )  # what the student was told on the way

    async def as_(self, account: str) -> Api:
        return await sign_in(self.nobody, account)


@pytest.fixture(scope="module")
async def sat(demo_environ: dict[str, str], short_folder: Path) -> AsyncIterator[Sat]:
    folder = Path(tempfile.mkdtemp(dir=short_folder))
    environ = {**demo_environ, "LECTERN_LOG_LEVEL": "debug"}
    async with (
        running(folder, environ) as lectern,
        ClientSession(cookie_jar=DummyCookieJar()) as session,
    ):
        nobody = Api(session, lectern.base_url)
        teacher = await sign_in(nobody, "teacher")
        questions = [await added(teacher, kind) for kind in ITEMS]
        yield await an_exam(lectern, teacher, questions, "student1")


async def an_exam(
    lectern: RunningLectern, teacher: Api, questions: list[str], account: str
) -> Sat:
    """An assessment of its own over these questions, sat by this student."""
    nobody = teacher.as_(None)
    exam = await published(teacher, questions, account)
    student = await sign_in(nobody, account)
    opened = await student.call("POST", f"/assessments/{exam}/attempts", {"password": SECRET})
    assert opened.status == 201, opened
    ids = {
        "course_id": COURSE,
        "lesson_id": demo_id("lesson 1"),
        "class_id": demo_id("class 1"),
        "user_id": (await student.call("GET", "/me")).body["user"]["id"],
        "assessment_id": exam,
        "attempt_id": opened.body["id"],
        "item_id": opened.body["items"][0]["id"],
        "question_id": questions[0],
    }
    sat = Sat(
        lectern=lectern,
        nobody=nobody,
        teacher=teacher,
        ids=ids,
        questions=questions,
        opened=opened.body,
    )
    await sit(sat, student)
    return sat


async def added(teacher: Api, kind: Kind) -> str:
    body = wire(kind, title=f"Item {kind}", key=msgspec.to_builtins(poisoned(kind)))
    got = await teacher.call("POST", f"/courses/{COURSE}/questions", body, key=f"add {kind}")
    assert got.status == 201, got
    assert found_in(str(got.body)), "the teacher has the key"
    return str(got.body["id"])


async def published(teacher: Api, questions: list[str], name: str) -> str:
    settings = {
        "sections": [{"id": "s", "question_ids": questions}],
        "password": SECRET,
        "release": "together",
    }
    body = {"title": "With marks", "settings": settings}
    made = await teacher.call("POST", f"/courses/{COURSE}/assessments", body, key=f"of {name}")
    got = await teacher.call("POST", f"/assessments/{made.body['id']}/publish")
    assert got.status == 200, got
    return str(got.body["id"])


async def sit(sat: Sat, student: Api) -> None:
    """Answer everything, rightly or not, with a few requests that are refused, and hand it in."""
    path = f"/attempts/{sat.opened['id']}"
    seq = 0
    sat.told.append(("start", str(sat.opened)))
    for item in sat.opened["items"]:
        for value in (ANSWERS.get(item["kind"]), "of no kind", {"x": "y"}):
            if value is None:
                continue
            body = {"opening": 1, "seq": seq + 1, "value": value}
            got = await student.call("PUT", f"{path}/answers/{item['id']}", body)
            seq += got.status == 200
            sat.told.append(("answer", str(got)))
    got = await student.call("POST", f"{path}/submit", {"opening": 1, "last_seq": seq})
    assert got.status == 200, got
    sat.told.append(("submit", str(got)))
    await practise(sat, student)


async def practise(sat: Sat, student: Api) -> None:
    """Lessons of the tutor meanwhile, whose verdicts tell keys: never of an item that the exam asks."""
    for _ in range(2):
        lesson = await student.call("POST", f"/courses/{COURSE}/next")
        assert lesson.status == 200, lesson
        assert list(told_fields(lesson.body)) == []
        sat.told.append(("lesson", str(lesson)))
        path = f"/practice/{lesson.body['practice_id']}"
        for item in lesson.body["items"]:
            body = {"seq": 1, "value": ANSWERS[item["kind"]]}
            got = await student.call("PUT", f"{path}/answers/{item['id']}", body)
            assert got.status == 200, got
            assert "key" in set(told_fields(got.body))
            sat.told.append(("verdict", str(got)))
        sat.told.append(("practice", str(await student.call("GET", path))))


async def walked(caller: Api, ids: Mapping[str, str]) -> list[tuple[Route, Got]]:
    """Every route once as this caller, with ids that are there and a body that makes sense."""
    answers = []
    bodies = cases()
    for number, route in enumerate(ROUTES):
        if route.auth != "access" or route.name in ENDS_THE_SIGN_IN:
            continue
        case = bodies.get(route.name, Case(body={}))
        names = re.findall(r"{(\w+)}", route.path)
        there = {**{name: demo_id(name) for name in names}, **ids}
        got = await caller.call(
            route.method,
            route.path.format_map(there),
            case.body(there) if callable(case.body) else case.body,
            key=None if route.keyed == "no" else f"walk {number}",
            headers={"If-Match": '"v1"'} if route.matched else None,
            data=case.data,
        )
        assert got.status < 500, (route.name, got)
        answers.append((route, got))
    return answers


async def until_graded(sat: Sat) -> None:
    """Scored, and waiting for marks by hand."""
    async with asyncio.timeout(GRADED_SECONDS):
        while True:
            listed = await sat.teacher.call(
                "GET", f"/assessments/{sat.ids['assessment_id']}/attempts"
            )
            if [one["state"] for one in listed.body["items"]] == ["marking"]:
                return
            await asyncio.sleep(0.1)


async def test_what_a_student_is_told_while_they_sit_has_nothing_of_a_key(sat: Sat) -> None:
    assert len(sat.opened["items"]) == len(ITEMS)
    assert list(told_fields(sat.opened)) == []
    for step, text in sat.told:
        assert not found_in(text), step
        assert not [one for one in sat.questions if one in text], step


@pytest.mark.parametrize("account", ["student1", "student2", "proctor", "reviewer"])
async def test_no_route_tells_anything_of_a_key_before_the_release(sat: Sat, account: str) -> None:
    await until_graded(sat)
    answers = await walked(await sat.as_(account), sat.ids)
    allowed = {route.name for route, got in answers if got.status < 300}
    assert len(allowed) >= 4
    assert account == "reviewer" or len(allowed) > 10, allowed
    for route, got in answers:
        said = f"{got.headers} {got.body!r}"
        assert not found_in(said), route.name
        assert list(told_fields(got.body)) == [], route.name
        if "question_id" not in route.path:
            assert not [one for one in sat.questions if one in said], route.name


async def test_the_sockets_of_a_class_tell_nothing(sat: Sat) -> None:
    heard: list[str] = []
    socket = Socket()

    async def hear(event: str, *data: Any) -> None:
        heard.append(f"{event} {data}")

    socket._client.on("*", hear, namespace="/class")
    await socket.enter(sat.lectern.base_url, await join(await sat.as_("student1")))
    answered = await socket.ask("chat.send", {"id": "c1", "text": "when are the results?"})
    await socket.leave()
    assert not found_in(f"{heard} {answered}")


async def test_redis_holds_nothing(sat: Sat) -> None:
    await until_graded(sat)
    client = redis.from_url(sat.lectern.environ["LECTERN_REDIS_URL"], decode_responses=False)
    try:
        held = {key: await all_of(client, key) async for key in client.scan_iter()}
    finally:
        await client.aclose()
    assert any(b"events" in key for key in held), "the stream of events is among what is read"
    for key, value in held.items():
        assert not found_in(f"{key!r} {value!r}"), key


async def all_of(client: Any, key: bytes) -> Any:
    """All that is held under a key, whatever it is."""
    match await client.type(key):
        case b"string":
            return await client.get(key)
        case b"hash":
            return await client.hgetall(key)
        case b"list":
            return await client.lrange(key, 0, -1)
        case b"set":
            return await client.smembers(key)
        case b"zset":
            return await client.zrange(key, 0, -1, withscores=True)
        case b"stream":
            return await client.xrange(key)
        case other:
            raise AssertionError(f"{key!r} is a {other!r}")


async def test_no_table_but_the_bank_holds_anything(sat: Sat) -> None:
    await until_graded(sat)
    connection = await asyncpg.connect(sat.lectern.environ["LECTERN_DATABASE_URL"])
    try:
        tables = [
            row["relname"]
            for row in await connection.fetch(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p') AND NOT relispartition"
            )
        ]
        assert {"event_log", "outbox", "progress", "attempt_papers", "audit"} <= set(tables)
        rows = 0
        for table in sorted(set(tables) - BANK_TABLES):
            for row in await connection.fetch(f"SELECT t::text AS row FROM {table} AS t"):
                assert not found_in(row["row"]), table
                rows += 1
        assert rows > 100
    finally:
        await connection.close()


async def test_no_log_holds_anything(sat: Sat) -> None:
    logs = [path for path in sat.lectern.folder.rglob("*.log") if path.is_file()]
    # The workers write into the same log.
    await until(lambda: "workers.ready" in sat.lectern.output)
    assert sat.lectern.log in logs
    for path in logs:
        assert not found_in(path.read_text(encoding="utf-8", errors="replace")), path


async def test_after_the_release_the_result_shows_what_was_looked_for(sat: Sat) -> None:
    """An exam of another student, so that it does not matter when this runs: the looking of the others can find something."""
    other = await an_exam(sat.lectern, sat.teacher, sat.questions, "student3")
    await until_graded(other)
    attempt = other.ids["attempt_id"]
    for item in other.opened["items"]:
        if item["kind"] in ("essay", "file_upload"):
            mark: dict[str, Any] = {"round": 1, "earned_milli": 500}
            if item["kind"] == "essay":
                mark = {"round": 1, "criteria": {"why": 1}}
            path = f"/attempts/{attempt}/marks/{item['id']}"
            got = await sat.teacher.call("PUT", path, mark)
            assert got.status == 200, got
    student = await sat.as_("student3")
    before = await student.call("GET", f"/attempts/{attempt}/result")
    assert (before.body["released"], before.body["items"]) == (False, [])
    path = f"/assessments/{other.ids['assessment_id']}/release"
    released = await sat.teacher.call("POST", path)
    assert released.body["released"] == 1, released
    after = await student.call("GET", f"/attempts/{attempt}/result")
    found = found_in(str(after.body))
    assert {"canary-explanation", "canary-accepted", "canary-criterion", *NUMBERS} <= found
    assert "canary-password" not in found
    assert set(told_fields(after.body)) >= {"accepted", "correct", "key", "pairs", "rubric"}
