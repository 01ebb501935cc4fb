"""The fast lane against aiohttp: whatever bytes come, in whatever pieces, both ways answer the same."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from server.demo import demo_id
from server.pages import fixed_headers, secure_headers
from server.rest import routes
from server.rest.edge import problem_of_no_request
from server.rest.lane import FastLane
from server.storage.postgres import Database
from signaling.wire import heads
from signaling.wire.heads import PatientRunner
from signaling.wire.lane import Plain, Send
from tests.support.hall import Hall, open_hall
from tests.support.ready_exams import Made, Planned, new_id

pytestmark = [pytest.mark.attack, pytest.mark.store]

BODY = b'{"opening":1,"seq":1,"value":"a"}'


@dataclass
class Watched:
    """The lane, and how often it took a request."""

    lane: FastLane
    taken: int = 0
    heads: list[bytes] = field(default_factory=list)

    def stamp(self) -> datetime:
        return self.lane.stamp()

    def wants(self, head: Plain) -> bool:
        return self.lane.wants(head)

    def take(self, head: Plain, body: bytes, arrived: datetime, send: Send) -> bool:
        taken = self.lane.take(head, body, arrived, send)
        self.taken += taken
        if taken:
            self.heads.append(head.target + b" " + head.fields.get(b"idempotency-key", b""))
        return taken


@dataclass(frozen=True, kw_only=True)
class Both:
    """The same application behind two ports: with the lane, and without."""

    hall: Hall
    made: Made
    watched: Watched
    with_lane: int
    without: int

    @property
    def path(self) -> str:
        return f"/api/v1/attempts/{self.made.attempt_id}/answers/{self.made.items[0]}"

    def head(self, *more: str, body: bytes = BODY, path: str = "", method: str = "PUT") -> bytes:
        """A plain head with these lines more; a line that begins with ! takes the place of the usual one of its name."""
        lines = {
            "Host": "localhost",
            "Authorization": f"Bearer {self.hall.student.token}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        extra = []
        for line in more:
            if line.startswith("!"):
                lines.pop(line[1:].partition(":")[0], None)
                if line.endswith(":"):
                    continue
                line = line[1:]
            extra.append(line)
        said = [f"{name}: {value}" for name, value in lines.items()] + extra
        first = f"{method} {path or self.path} HTTP/1.1"
        return "\r\n".join([first, *said, "", ""]).encode("latin-1")


@pytest.fixture(scope="module")
async def both(database: Database, database_url: str, valkey_url: str) -> AsyncIterator[Both]:
    async with open_hall(database, database_url, valkey_url) as hall:
        deps = hall.school.deps
        watched = Watched(routes.fast_lane(deps, fixed_headers(tls=False)))
        ports, runners = [], []
        for lane in (watched, None):
            app = web.Application()
            secure_headers(app, tls=False)
            routes.mount(app, deps)
            runner = PatientRunner(
                app, tell=problem_of_no_request(deps.new_id), lane=lane, access_log=None
            )
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            ports.append(runner.addresses[0][1])
            runners.append(runner)
        made = await hall.started()
        assert (await hall.answer(made, 1, "a")).status == 200
        yield Both(hall=hall, made=made, watched=watched, with_lane=ports[0], without=ports[1])
        for runner in runners:
            await runner.cleanup()


async def said(port: int, pieces: Sequence[bytes], pause: float = 0.02) -> bytes:
    """All that the server says to these pieces until it has been silent for a while or hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    try:
        await asyncio.sleep(pause)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        while True:
            # A busy machine may be long about the first word; behind it the others follow.
            async with asyncio.timeout(0.5 if heard else 2.0):
                got = await reader.read(65536)
            if not got:
                heard += b"<closed>"
                break
            heard += got
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return heard


CHANGING = re.compile(
    rb"(Trace-Id: |\"trace_id\":\"|\"server_time\":\"|\"remaining_ms\":)[^\r\n,\"}]+"
)


def alike(heard: bytes) -> list[Any]:
    """What is the same whichever way it went: header order is nobody's business, and neither is who counted the rate."""
    found: list[Any] = []
    for part in re.split(rb"(?=HTTP/1\.1 \d)", heard):
        head, _, body = part.partition(b"\r\n\r\n")
        # A time at a full second is shorter than others: that the length is right is what both must have.
        right = b"content-length: %d" % len(body.removesuffix(b"<closed>"))
        lines = [
            line.replace(right, b"content-length: right")
            for line in CHANGING.sub(rb"\1", head).lower().split(b"\r\n")
            if not line.startswith((b"ratelimit", b"date"))
        ]
        found.append((lines[:1], sorted(lines[1:]), CHANGING.sub(rb"\1", body)))
    return found


def difference(ours: list[Any], theirs: list[Any]) -> Any:
    """The first answers that differ, and the lines that only one of them has."""
    if len(ours) != len(theirs):
        return len(ours), len(theirs)
    one, other = next((a, b) for a, b in zip(ours, theirs, strict=True) if a != b)
    return (
        [line for line in one[1] if line not in other[1]],
        [line for line in other[1] if line not in one[1]],
        one[0],
        other[0],
        one[2],
        other[2],
    )


def corpus(both: Both) -> dict[str, tuple[list[bytes], bool | None]]:
    """Name -> the pieces as they are sent, and whether the lane is to take something of it (None: that is a matter of speed)."""
    plain = both.head() + BODY
    bad = b'{"opening":9,"seq":1,"value":"a"}'
    get = (
        f"GET /api/v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {both.hall.student.token}\r\n\r\n"
    ).encode()
    other = both.path[:-36]
    return {
        "plain": ([plain], True),
        "twice, one after the other": ([plain, plain], True),
        "head and body apart": ([both.head(), BODY], True),
        "a body in pieces": ([both.head(), BODY[:9], BODY[9:]], True),
        "a head in pieces": ([plain[:30], plain[30:]], False),
        "two in one piece": ([plain + plain], False),
        "one and a half": ([plain + plain[:50], plain[50:]], False),
        "a get before": ([get, plain], None),
        "a get after": ([plain, get], True),
        "a post with its body apart before": (
            [both.head(body=b"{}", method="POST"), b"{}", plain],
            None,
        ),
        "refused by the handler": ([both.head(body=bad) + bad], True),
        "a body that is no JSON": ([both.head(body=b"x") + b"x"], True),
        "a NUL in the body": ([both.head(body=b"\0") + b"\0"], True),
        "an unknown item": ([both.head(path=other + new_id()) + BODY], True),
        "an id in capitals": ([both.head(path=both.path.upper()) + BODY], False),
        "a query": ([both.head(path=both.path + "?x=1") + BODY], False),
        "an escaped path": ([both.head(path=both.path.replace("-", "%2D")) + BODY], False),
        "dots in the path": ([both.head(path="/api/v1/x/../" + both.path[8:]) + BODY], False),
        "an absolute address": ([both.head(path="http://localhost" + both.path) + BODY], False),
        "small letters": (
            [both.head("!Content-Type: application/json").lower()[:0] + plain],
            True,
        ),
        "spaces about values": (
            [both.head("!Content-Type:   application/json \t") + BODY],
            True,
        ),
        "keep-alive said": ([both.head("Connection: Keep-Alive") + BODY], True),
        "a cookie and more": ([both.head("Cookie: a=b", 'X-Y: z; "q"') + BODY], True),
        "no token": ([both.head("!Authorization:") + BODY], False),
        "a bad token": ([both.head("!Authorization: Bearer a.b.c") + BODY], False),
        "a token twice": ([both.head("Authorization: Bearer a.b.c") + BODY], False),
        "bearer in small letters": (
            [both.head(f"!Authorization: bearer {both.hall.student.token}") + BODY],
            False,
        ),
        "no host": ([both.head("!Host:") + BODY], False),
        "close": ([both.head("Connection: close") + BODY], False),
        "close, to a proxy": ([both.head("Proxy-Connection: close") + BODY], False),
        "an upgrade": ([both.head("Connection: Upgrade", "Upgrade: websocket") + BODY], False),
        "expect": ([both.head("Expect: 100-continue"), BODY], False),
        "two lengths": ([both.head(f"Content-Length: {len(BODY)}") + BODY], False),
        "two lengths that differ": ([both.head("Content-Length: 1") + BODY], False),
        "a length with a sign": ([both.head("!Content-Length: +33") + BODY], False),
        "a length with an underscore": ([both.head("!Content-Length: 3_3") + BODY], False),
        "a list of lengths": ([both.head("!Content-Length: 33, 33") + BODY], False),
        "no length": ([both.head("!Content-Length:") + BODY], False),
        "chunked": (
            [
                both.head("!Content-Length:", "Transfer-Encoding: chunked")
                + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
            ],
            False,
        ),
        "chunked and a length": ([both.head("Transfer-Encoding: chunked") + BODY], False),
        "an odd coding": ([both.head("Transfer-Encoding: xchunked") + BODY], False),
        "a folded line": ([both.head("X-A: b\r\n c") + BODY], False),
        "a space before the colon": ([both.head("X-A : b") + BODY], False),
        "a line without a colon": ([both.head("nonsense") + BODY], False),
        "a bare line feed": ([plain.replace(b"\r\n", b"\n", 1)], False),
        "a bare return": ([both.head("X-A: b\rc") + BODY], False),
        "a NUL in the head": ([both.head("X-A: \0") + BODY], False),
        "bytes that are no text": ([both.head("X-A: \xff") + BODY], False),
        "an empty name": ([both.head(": b") + BODY], False),
        "HTTP/1.0": ([plain.replace(b"HTTP/1.1", b"HTTP/1.0", 1)], False),
        "HTTP/1.9": ([plain.replace(b"HTTP/1.1", b"HTTP/1.9", 1)], False),
        "two spaces": ([plain.replace(b"PUT ", b"PUT  ", 1)], False),
        "a method in small letters": ([plain.replace(b"PUT", b"put", 1)], False),
        "another method": ([both.head(method="POST") + BODY], False),
        "a long head": ([both.head("X-A: " + "b" * 9000) + BODY], False),
        "another type": ([both.head("!Content-Type: text/plain") + BODY], False),
        "a type with a charset": (
            [both.head("!Content-Type: application/json; charset=utf-8") + BODY],
            False,
        ),
        "packed": ([both.head("Content-Encoding: gzip") + BODY], False),
        "too large": ([both.head("!Content-Length: 10485760")], False),
        "an empty line first": ([b"\r\n" + plain], False),
        "rubbish after": ([plain + b"rubbish"], False),
        "rubbish later": ([plain, b"rubbish\r\n\r\n"], True),
        "nothing at all": ([b"\0\1\2"], False),
    }


async def test_whatever_comes_is_answered_the_same_both_ways(both: Both) -> None:
    differ: dict[str, Any] = {}

    async def compare(name: str, pieces: list[bytes]) -> None:
        ours, theirs = await asyncio.gather(
            said(both.with_lane, pieces), said(both.without, pieces)
        )
        if alike(ours) != alike(theirs):
            differ[name] = difference(alike(ours), alike(theirs))

    def of(taken: bool | None) -> dict[str, list[bytes]]:
        return {name: pieces for name, (pieces, way) in cases.items() if way is taken}

    cases = corpus(both)
    wrong_way: list[str] = []
    for name, pieces in of(True).items():
        before = both.watched.taken
        await compare(name, pieces)
        if both.watched.taken == before:
            wrong_way.append(name)
    before = both.watched.taken
    await asyncio.gather(*(compare(name, pieces) for name, pieces in of(False).items()))
    strayed = both.watched.heads[before:] if both.watched.taken > before else []
    await asyncio.gather(*(compare(name, pieces) for name, pieces in of(None).items()))
    assert not differ, differ
    assert not wrong_way
    assert not strayed
    assert await both.hall.stored(both.made) == [(1, 1, '"a"', False)]


def next_corpus(both: Both, course: str) -> dict[str, tuple[list[bytes], bool]]:
    """The same for a route without a body and with a key, which is the case's name: what succeeds is the same lesson again."""
    path, bare = f"/api/v1/courses/{course}/next", ("!Content-Type:", "!Content-Length:")
    key = "Idempotency-Key: {}"

    def head(*more: str, path: str = path, method: str = "POST") -> bytes:
        return both.head(*bare, *more, path=path, method=method)

    capital = path.replace(course, course.upper())
    cases: dict[str, tuple[list[bytes], bool]] = {
        "plain": ([head(key)], True),
        "twice": ([head(key), head(key)], True),
        "a length of nothing": ([head(key, "Content-Length: 0")], True),
        "a type of nothing": ([head(key, "Content-Type: text/plain")], True),
        "two in one piece": ([head(key) + head(key)], False),
        "in pieces": ([head(key)[:40], head(key)[40:]], False),
        "nowhere": ([head(key, path=f"/api/v1/courses/{new_id()}/next")], True),
        "a body": ([head(key, "Content-Length: 2") + b"[]"], False),
        "a body of JSON": (
            [head(key, "Content-Length: 2", "Content-Type: application/json") + b"[]"],
            False,
        ),
        "chunked nothing": ([head(key, "Transfer-Encoding: chunked") + b"0\r\n\r\n"], False),
        "a key twice": ([head(key, key)], False),
        "two keys": ([head(key, "Idempotency-Key: another")], False),
        "an empty key": ([head("Idempotency-Key:")], False),
        "a key in small letters": ([head(key.lower())], True),
        "a key of too many letters": ([head("Idempotency-Key: " + "k" * 129)], False),
        "a key with a tab in it": ([head("Idempotency-Key: a\tb")], False),
        "a version": ([head(key, 'If-Match: "v1"')], False),
        "a coding of nothing": ([head(key, "Content-Encoding: gzip")], False),
        "a query": ([head(key, path=path + "?x=1")], False),
        "an id in capitals": ([head(key, path=capital)], False),
        "another method": ([head(key, method="PUT")], False),
        "no token": ([head(key, "!Authorization:")], False),
        "a bad token": ([head(key, "!Authorization: Bearer a.b.c")], False),
        "close": ([head(key, "Connection: close")], False),
    }
    return {
        name: ([piece.replace(b"{}", name.encode()) for piece in pieces], taken)
        for name, (pieces, taken) in cases.items()
    }


async def test_a_route_without_a_body_is_answered_the_same_both_ways(both: Both) -> None:
    school = both.hall.school
    cases = next_corpus(both, school.seeded.course_id)
    for name in cases:
        path = f"/courses/{school.seeded.course_id}/next"
        assert (await both.hall.student.call("POST", path, key=name)).status == 200
    sides = [
        await asyncio.gather(*(said(port, pieces) for pieces, _ in cases.values()))
        for port in (both.with_lane, both.without)
    ]
    taken_of = {one.partition(b" ")[2].decode() for one in both.watched.heads}
    for (name, (_, taken)), ours, theirs in zip(cases.items(), *sides, strict=True):
        assert alike(ours) == alike(theirs), (name, difference(alike(ours), alike(theirs)))
        assert (name in taken_of) == taken, name
        if taken and name != "nowhere":
            assert b"Idempotent-Replayed: true" in ours, (name, ours)


async def test_the_lane_is_open_again_after_an_answer_of_aiohttp(both: Both) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", both.with_lane)
    get = both.head("!Content-Length:", "!Content-Type:", path="/api/v1/me", method="GET")
    beat = both.path.partition("/answers")[0] + "/beat"
    apart = both.head(body=b'{"opening":1}', method="POST", path=beat)
    before = both.watched.taken
    for pieces in ([get], [apart, b'{"opening":', b"1}"], [get], [both.head(), BODY]):
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None
        await reader.readexactly(int(length[1]))
        assert head.startswith(b"HTTP/1.1 200"), head
    writer.close()
    assert both.watched.taken == before + 1


async def test_requests_before_their_answers_are_answered_in_their_order(both: Both) -> None:
    """The second comes while the first is being committed, the third is another matter altogether."""
    made = await both.hall.started()
    path = f"/api/v1/attempts/{made.attempt_id}/answers/{made.items[0]}"
    sent = []
    for seq in range(1, 21):
        body = b'{"opening":1,"seq":%d,"value":"a"}' % seq
        sent.append(both.head(path=path, body=body) + body)
    heard = await said(both.with_lane, sent, pause=0)
    assert [int(one) for one in re.findall(rb'"seq":(\d+)', heard)] == list(range(1, 21))
    assert len(await both.hall.stored(made)) == 20


async def test_who_hangs_up_harms_nobody_and_what_was_sent_is_saved_or_not_at_all(
    both: Both,
) -> None:
    made = await both.hall.started()
    path = f"/api/v1/attempts/{made.attempt_id}/answers/{made.items[0]}"
    for seq in range(1, 41):
        body = b'{"opening":1,"seq":%d,"value":"a"}' % seq
        _, writer = await asyncio.open_connection("127.0.0.1", both.with_lane)
        whole = both.head(path=path, body=body) + body
        writer.write(whole if seq % 2 else whole[: -seq // 2])
        writer.transport.abort() if seq % 3 else writer.close()
    heard = await said(both.with_lane, [both.head() + BODY])
    assert heard.startswith(b"HTTP/1.1 200")
    assert all(one[1] % 2 for one in await both.hall.stored(made))


@pytest.mark.parametrize("sized", [True, False], ids=["one way", "the other"])
async def test_a_head_in_time_is_no_answer_in_time(both: Both, sized: bool) -> None:
    """The head comes before the end, what it is about after the end: that is late, whichever way it goes."""
    for port in (both.with_lane, both.without):
        made = await both.hall.started(Planned(late_policy="keep"))
        path = f"/api/v1/attempts/{made.attempt_id}/answers/{made.items[0]}"
        coding = () if sized else ("!Content-Length:", "Transfer-Encoding: chunked")
        data = BODY if sized else b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(both.head(*coding, path=path) + data[:9])
        await asyncio.sleep(0.1)
        await both.hall.later(made, timedelta(days=200))
        writer.write(data[9:])
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        assert [late for _, _, _, late in await both.hall.stored(made)] == [True]


async def test_who_sends_a_byte_now_and_then_is_not_waited_for_for_ever(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "HOLD_S", 0.3)
    body, before = BODY.ljust(len(BODY) + 12), both.watched.taken
    pieces = [both.head(body=body) + BODY, *[b" "] * 12]
    heard = await said(both.with_lane, pieces, pause=0.05)
    assert heard.startswith(b"HTTP/1.1 200"), heard
    assert both.watched.taken == before


async def test_who_sends_slowly_is_not_taken_for_somebody_who_says_nothing(both: Both) -> None:
    """The deadline of the first head goes by while the first body is still on its way."""
    reader, writer = await asyncio.open_connection("127.0.0.1", both.with_lane)
    writer.write(both.head() + BODY[:9])
    await asyncio.sleep(heads.HEAD_DEADLINE_S + 0.5)
    writer.write(BODY[9:])
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_too_many_at_once_are_told_when_to_come_again(both: Both) -> None:
    deps = both.hall.school.deps
    who = f"lean:{both.hall.school.seeded.tenant_id}.{demo_id('student1')}"
    window = deps.limiter.rate("lean").window_seconds
    deps.limiter._local[who] = deps.clock.monotonic() + window + 5
    heard = [await said(port, [both.head() + BODY]) for port in (both.with_lane, both.without)]
    deps.limiter._local.pop(who)
    for one in heard:
        assert one.startswith(b"HTTP/1.1 429")
        assert b"Retry-After: " in one
        assert b'"code":"rate_limited"' in one
