"""What ends a sign-in, or a place in a course, cuts the sockets that came of it, on every node; and what roles may send."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from aiohttp import ClientSession, DummyCookieJar

from server.demo import PASSWORD, demo_id
from signaling.protocol import ClassRole
from tests.house.test_tenant_matrix import SOCKET_CASES
from tests.support.running import TwoNodes
from tests.support.school import Api

pytestmark = pytest.mark.store
CUT_SECONDS = 15.0  # five are promised; a loaded machine may take longer
COURSE = demo_id("course")
CLASS = demo_id("class 1")


@asynccontextmanager
async def api(base_url: str) -> AsyncIterator[Api]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Api(session, base_url)


async def sign_in(nobody: Api, account: str) -> Api:
    body = {"email": f"{account}@demo.school", "password": PASSWORD}
    got = await nobody.call("POST", "/sessions", body)
    assert got.status == 200, got
    return nobody.as_(got.body["access_token"])


class Socket:
    """One connection to the class; `ended` is why the server ended it."""

    def __init__(self) -> None:
        self._client = socketio.AsyncClient(reconnection=False)
        self._client.on("notice", self._notice, namespace="/class")
        self._client.on("disconnect", self._gone, namespace="/class")
        self._client.on("snapshot", self._snapshot, namespace="/class")
        self._client.on("event", self._event, namespace="/class")
        self.files: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.snapshot: dict[str, Any] = {}
        self.inside = asyncio.Event()
        self.gone = asyncio.Event()
        self.ended: str | None = None

    async def enter(self, base_url: str, token: str) -> None:
        await self._client.connect(
            base_url, auth={"token": token}, namespaces=["/class"], transports=["websocket"]
        )
        async with asyncio.timeout(10):
            await self.inside.wait()

    async def ask(self, event: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._client.call(
            event, body, namespace="/class", timeout=10
        )
        return answer

    async def leave(self) -> None:
        await self._client.disconnect()

    async def _snapshot(self, snapshot: dict[str, Any]) -> None:
        self.snapshot = snapshot
        self.inside.set()

    async def _event(self, event: dict[str, Any]) -> None:
        if event["type"] == "upload.ready":
            self.files.put_nowait(event)

    async def _notice(self, notice: dict[str, Any]) -> None:
        if notice["type"] == "ended":
            self.ended = notice["reason"]

    async def _gone(self, *_: Any) -> None:
        self.gone.set()


async def join(person: Api, class_id: str = CLASS) -> str:
    got = await person.call("POST", f"/classes/{class_id}/join")
    assert got.status == 200, got
    return str(got.body["token"])


@pytest.mark.parametrize("cause", ["sign_out", "deactivated", "password_reset", "withdrawn"])
async def test_a_socket_on_another_node_is_cut(two_nodes: TwoNodes, cause: str) -> None:
    here, there = two_nodes.nodes
    accounts = ("sign_out", "deactivated", "password_reset", "withdrawn")
    account = f"student{20 + accounts.index(cause)}"
    async with api(here.base_url) as nobody:
        admin, student = await sign_in(nobody, "admin"), await sign_in(nobody, account)
        token, socket = await join(student), Socket()
        await socket.enter(there.base_url, token)
        user = demo_id(account)
        if cause == "sign_out":
            got = await student.call("DELETE", "/sessions/current")
        elif cause == "deactivated":
            got = await admin.call("PATCH", f"/users/{user}", {"active": False})
        elif cause == "password_reset":
            got = await admin.call("POST", f"/users/{user}/reset-password")
        else:
            enrolment = demo_id(f"enrolment {account}@demo.school")
            got = await admin.call("DELETE", f"/courses/{COURSE}/enrolments/{enrolment}")
        assert got.status in (200, 204), got
        async with asyncio.timeout(CUT_SECONDS):
            await socket.gone.wait()
        assert socket.ended == ("removed" if cause == "withdrawn" else "signed_out")
        for node in (here, there):
            again = Socket()
            with pytest.raises(socketio.exceptions.ConnectionError):
                await again.enter(node.base_url, token)


async def test_whom_a_teacher_removed_gets_no_way_in_for_an_hour(two_nodes: TwoNodes) -> None:
    here, there = two_nodes.nodes
    async with api(here.base_url) as nobody, api(there.base_url) as nobody_there:
        teacher, student = await sign_in(nobody, "teacher"), await sign_in(nobody, "student25")
        token, desk, seat = await join(student), Socket(), Socket()
        await desk.enter(here.base_url, await join(teacher))
        await seat.enter(there.base_url, token)
        answer = await desk.ask("person.remove", {"id": "r", "user": demo_id("student25")})
        assert answer["ok"], answer

        for one in (student, nobody_there.as_(student.token)):
            got = await one.call("POST", f"/classes/{CLASS}/join")
            assert (got.status, got.code) == (403, "removed")
        sdp = {"Content-Type": "application/sdp"}
        for kind in ("whip", "whep"):
            path = f"/classes/{CLASS}/{kind}"
            got = await nobody.as_(token).call("POST", path, data=b"v=0\r\n", headers=sdp)
            assert (got.status, got.code) == (403, "removed")
        assert await join(teacher)
        await desk.leave()


async def a_file(sender: Api, class_id: str) -> str:
    """All of it is sent; it is not completed."""
    body = {"name": "notes.txt", "size": 5, "type": "text/plain", "class_id": class_id}
    got = await sender.call("POST", "/uploads", body, key=secrets.token_hex(8))
    assert got.status == 201, got
    part = got.body["parts"][0]
    sent = await sender.fetch("PUT", part["url"], data=b"notes", headers=part["headers"])
    assert sent.status == 204, sent
    return str(got.body["id"])


async def test_a_file_is_heard_once_in_the_class_on_every_node_and_fetched_by_its_people(
    two_nodes: TwoNodes,
) -> None:
    here, there = two_nodes.nodes
    async with api(here.base_url) as nobody, api(there.base_url) as nobody_there:
        teacher, student = await sign_in(nobody, "teacher"), await sign_in(nobody, "student26")
        stranger = await sign_in(nobody, "reviewer")
        desk, seat = Socket(), Socket()
        await desk.enter(there.base_url, await join(teacher))
        await seat.enter(here.base_url, await join(student))
        upload_id = await a_file(student, CLASS)
        path = f"/uploads/{upload_id}"
        assert (await teacher.call("GET", path)).status == 404
        student_there = nobody_there.as_(student.token)
        for sender in (student, student_there, student):
            done = await sender.call("POST", f"{path}/complete")
            assert done.status == 200, done
        async with asyncio.timeout(10):
            events = [await one.files.get() for one in (desk, seat)]
        assert events[0] == events[1]
        file = {"id": upload_id, "name": "notes.txt", "type": "text/plain", "size": 5}
        assert events[0]["data"]["file"] == file
        assert events[0]["by"] == demo_id("student26")
        for reader in (teacher, nobody_there.as_(teacher.token)):
            got = await reader.call("GET", path)
            assert (got.status, got.body["name"]) == (200, "notes.txt")
            # Its own address of a file that is here, and no right to complete it.
            assert (await reader.call("POST", f"{path}/complete")).status == 404
        assert (await stranger.call("GET", path)).status == 404

        late = Socket()
        await late.enter(there.base_url, await join(await sign_in(nobody, "student27")))
        lines = [line for line in late.snapshot["state"]["chat"] if line.get("file") == file]
        assert len(lines) == 1

        back = {"id": "back", "message": events[0]["seq"]}
        answer = await desk.ask("chat.delete", back)
        assert answer["ok"], answer
        assert (await teacher.call("GET", path)).status == 404
        assert (await student.call("GET", path)).status == 200
        # Completed again, it does not come up again.
        assert (await student.call("POST", f"{path}/complete")).status == 200
        await asyncio.sleep(0.5)
        assert (desk.files.empty(), seat.files.empty()) == (True, True)
        for one in (desk, seat, late):
            await one.leave()


BODIES: dict[str, dict[str, Any]] = {
    "chat.send": {"text": "hello"},
    "chat.delete": {"message": 999_999},
    "hand.lower": {"user": None},
    "track.set": {"source": "mic", "on": False},
    "person.mute": {"user": "nobody", "source": "mic"},
    "person.role": {"user": "nobody", "role": "student"},
    "person.remove": {"user": "nobody"},
    "reaction.send": {"kind": "yes"},
    "media.publish": {"sdp": "x", "sources": ["mic"]},
    "media.answer": {"n": 1, "sdp": "x"},
    "media.want": {"tracks": []},
}
WITHOUT_ID = {"chat.typing", "reaction.send", "beat", "media.answer", "media.want"}
ROLES: dict[str, ClassRole] = {
    "teacher": "teacher",
    "student1": "student",
    "proctor": "proctor",
    "admin": "observer",
}


@pytest.mark.parametrize("account", ROLES)
async def test_a_role_sends_what_it_may_and_is_refused_the_rest(
    two_nodes: TwoNodes, account: str
) -> None:
    node = two_nodes.nodes[0]
    async with api(node.base_url) as nobody:
        socket = Socket()
        await socket.enter(node.base_url, await join(await sign_in(nobody, account)))
        events = sorted(SOCKET_CASES, key=lambda event: event == "class.leave")
        for event in events:
            body = dict(BODIES.get(event, {}))
            if event not in WITHOUT_ID:
                body["id"] = secrets.token_hex(4)
            answer = await socket.ask(event, body)
            may = ROLES[account] in SOCKET_CASES[event]
            refused = not answer["ok"] and answer["code"] == "forbidden"
            assert refused != may, (event, answer)
        await socket.leave()


async def test_a_person_of_another_class_is_nobody_here(two_nodes: TwoNodes) -> None:
    """A teacher's commands reach the people of the token's class and no one else."""
    node = two_nodes.nodes[0]
    async with api(node.base_url) as nobody:
        teacher = await sign_in(nobody, "teacher")
        key = secrets.token_hex(8)
        course = await teacher.call("POST", "/courses", {"title": "Another"}, key=key)
        body = {
            "title": "Apart",
            "starts_at": "2030-01-01T08:00:00Z",
            "ends_at": "2030-01-01T09:00:00Z",
        }
        path = f"/courses/{course.body['id']}/classes"
        apart = (await teacher.call("POST", path, body, key=key)).body["id"]
        student, socket = Socket(), Socket()
        await student.enter(node.base_url, await join(await sign_in(nobody, "student2")))
        await socket.enter(node.base_url, await join(teacher, apart))
        for event in ("person.mute", "person.role", "person.remove", "hand.lower"):
            body = {**BODIES[event], "user": demo_id("student2"), "id": secrets.token_hex(4)}
            answer = await socket.ask(event, body)
            assert not answer["ok"], (event, answer)
        assert not student.gone.is_set()
        await student.leave()
        await socket.leave()
