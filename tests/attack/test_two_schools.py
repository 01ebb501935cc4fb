"""Two schools in one server: ids of the other are like ids that are not there; and nothing of either is in log or metrics."""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, DummyCookieJar

from server.auth.passwords import Passwords
from server.demo import PASSWORD, demo_id
from server.schools import NewSchool, open_school
from server.storage.postgres import Database
from tests.store.test_school_sockets import CLASS, Socket, join
from tests.support.media_raw import RawClient
from tests.support.running import RunningLectern
from tests.support.school import Api

SDP = {"Content-Type": "application/sdp"}
ABSENT = "018f3a5e-0000-7149-9256-7c2f359dffff"


@dataclass(kw_only=True)
class Other:
    """The second school: its teacher, and the class that is open there."""

    api: Api
    password: str
    class_id: str
    teacher_id: str


@pytest.fixture(scope="module")
async def nobody(lectern: RunningLectern) -> AsyncIterator[Api]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Api(session, lectern.base_url)


@pytest.fixture(scope="module")
async def other(nobody: Api, lectern: RunningLectern) -> Other:
    """Opened by the command's own function, then used as anybody would."""
    url, now = lectern.environ["LECTERN_DATABASE_URL"], datetime.now(UTC)  # noqa: TID251 - a test's shell
    wanted = NewSchool(slug="other", school="Other", email="head@other.test", name="Head")
    async with (
        Database(url, pool_size=2, statement_timeout_ms=5000) as database,
        Passwords().running() as passwords,
    ):
        password = await open_school(database, passwords, wanted, now)
    assert password is not None
    head = await enter(nobody, "head", password, "other")
    body = {"email": "teacher@other.test", "name": "Other Teacher", "roles": ["teacher"]}
    made = (await head.call("POST", "/users", body, key=key())).body
    teacher = await enter(nobody, "teacher", made["initial_password"], "other")
    course = (await teacher.call("POST", "/courses", {"title": "Course"}, key=key())).body
    times = {"starts_at": "2026-01-01T08:00:00Z", "ends_at": "2026-01-01T09:00:00Z"}
    path = f"/courses/{course['id']}/classes"
    held = (await teacher.call("POST", path, {"title": "Class", **times}, key=key())).body
    assert (await teacher.call("POST", f"/classes/{held['id']}/open")).status == 200
    return Other(
        api=teacher,
        password=made["initial_password"],
        class_id=held["id"],
        teacher_id=made["user"]["id"],
    )


def key() -> str:
    return secrets.token_hex(8)


async def enter(nobody: Api, name: str, password: str = PASSWORD, school: str = "demo") -> Api:
    host = "demo.school" if school == "demo" else "other.test"
    body = {"email": f"{name}@{host}", "password": password, "school": school}
    got = await nobody.call("POST", "/sessions", body)
    assert got.status == 200, got
    return nobody.as_(got.body["access_token"])


async def inside(lectern: RunningLectern, person: Api, class_id: str) -> Socket:
    socket = Socket()
    await socket.enter(lectern.base_url, await join(person, class_id))
    return socket


async def test_a_teacher_reaches_nobody_of_the_other_school(
    lectern: RunningLectern, nobody: Api, other: Other
) -> None:
    theirs = await inside(lectern, other.api, other.class_id)
    ours = await inside(lectern, await enter(nobody, "teacher"), CLASS)
    await theirs.ask("hand.raise", {"id": key()})
    for event, body in (
        ("person.mute", {"source": "mic"}),
        ("person.role", {"role": "student"}),
        ("person.remove", {}),
        ("hand.lower", {}),
    ):
        told = [
            await ours.ask(event, {"id": key(), "user": user, **body})
            for user in (other.teacher_id, ABSENT)
        ]
        assert told[0] == told[1]
        assert not told[0]["ok"]
    assert (await theirs.ask("hand.raise", {"id": key()})) == {"ok": True}, "it is up as before"
    await theirs.leave()
    await ours.leave()


async def test_media_of_the_other_school_is_like_media_that_is_not_there(
    lectern: RunningLectern, nobody: Api, other: Other
) -> None:
    sending, seeing = RawClient(lectern.media_port), RawClient(lectern.media_port)
    whip = other.api.as_(await join(other.api, other.class_id))
    path = f"/classes/{other.class_id}/whip"
    sent = await whip.call("POST", path, data=sending.offer(kind="video").encode(), headers=SDP)
    assert sent.status == 201, sent
    sending.answered(sent.body.decode())
    await sending.connect()

    ours = nobody.as_(await join(await enter(nobody, "teacher")))
    offer = seeing.offer(kind="video", direction="recvonly").encode()
    told = []
    for class_id in (other.class_id, ABSENT):
        for kind in ("whip", "whep"):
            got = await ours.call("POST", f"/classes/{class_id}/{kind}", data=offer, headers=SDP)
            told.append((got.status, got.code))
            ending = f"/classes/{class_id}/{kind}/{other.teacher_id}"
            got = await ours.call("DELETE", ending)
            told.append((got.status, got.code))
    assert set(told) == {(404, "not_found")}
    played = []
    for publisher in (other.teacher_id, ABSENT):
        path = f"/classes/{CLASS}/whep?publisher={publisher}"
        got = await ours.call("POST", path, data=offer, headers=SDP)
        played.append((got.status, sorted(got.body) if isinstance(got.body, dict) else []))
    assert played[0] == played[1]
    socket = await inside(lectern, await enter(nobody, "student2"), CLASS)
    wanted = [{"track": f"{other.teacher_id}/camera", "width": 640}]
    assert await socket.ask("media.want", {"tracks": wanted}) == {"ok": True}
    assert await socket.ask("media.subscribe", {"id": key()}) == {"ok": True}
    await socket.leave()
    assert (
        await whip.call("DELETE", sent.headers["Location"].removeprefix("/api/v1"))
    ).status == 200
    sending.close()
    seeing.close()


async def test_what_people_say_and_hold_is_in_no_log_and_no_metric(
    lectern: RunningLectern, nobody: Api, other: Other
) -> None:
    said, wrong = f"canary-{key()}", f"wrong-{key()}"
    teacher = await enter(nobody, "teacher")
    token = await join(teacher)
    socket = await inside(lectern, teacher, CLASS)
    assert (await socket.ask("chat.send", {"id": key(), "text": said}))["ok"]
    assert not (await socket.ask("chat.send", {"id": key(), "text": said * 200}))["ok"]
    assert not (await socket.ask("chat.send", {"id": key(), "words": said}))["ok"]
    await socket.leave()
    body: dict[str, Any] = {"email": f"{said}@other.test", "password": wrong, "school": "other"}
    assert (await nobody.call("POST", "/sessions", body)).status == 401
    assert (await nobody.call("GET", f"/me?token={said}")).status == 401
    assert (await nobody.as_(said).call("GET", "/me")).status == 401
    assert (await nobody.call("POST", "/sessions", data=f'{{"x": "{said}'.encode())).status == 400
    refreshed = await nobody.call("POST", "/sessions/refresh", {"refresh_token": said})
    assert refreshed.status == 401
    async with ClientSession() as session, session.get(f"{lectern.base_url}/metrics") as answer:
        metrics = await answer.text()
    secrets_ = [said, wrong, PASSWORD, other.password, token, teacher.token or "?"]
    personal = ["@demo.school", "@other.test", "Other Teacher", demo_id("teacher")]
    for canary in secrets_ + personal:
        assert canary not in metrics
    lines = [line for line in lectern.output.splitlines() if line.startswith("{")]
    assert all(json.loads(line)["event"] for line in lines)
    for canary in (*secrets_, "@demo.school", "@other.test", "Other Teacher", "Traceback"):
        assert not any(canary in line for line in lines)
