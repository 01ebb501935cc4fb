"""The gates of the wire, attacked with raw sockets: what is refused, what is cut, what is left."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import pytest

from signaling.wire import websocket
from tests.support.wire_server import CONNECT, ORIGIN, Attacked, attacked
from tests.support.wires import ClosedError, RawSocket, masked, open_polling

PATH = "/socket.io/?EIO=4&transport=websocket"
MIB = 1024 * 1024


@pytest.fixture(scope="module", params=["direct", "plain"])
async def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Attacked]:
    """A server with the limits of production, but a quicker deadline."""
    options = ["--connect-deadline", "2"]
    if request.param == "plain":
        options.append("--plain")
    async with attacked(tmp_path_factory.mktemp("wire"), *options) as running:
        yield running


@pytest.fixture(autouse=True)
async def unharmed(place: Attacked) -> AsyncIterator[None]:
    """After each attack somebody else's class goes on, and the log has no word of it."""
    yield
    socket = await place.member()
    socket.send('42/class,7["beat"]')
    assert await socket.said() == '43/class,7[{"ok":true}]'
    await socket.close()
    assert "Traceback" not in place.logged()


async def refused(place: Attacked, headers: dict[str, str], path: str = PATH) -> int | None:
    with pytest.raises(ClosedError) as end:
        await RawSocket.open(place.port, path, headers)
    return end.value.code


async def rest_of(socket: RawSocket) -> tuple[list[str], int | None]:
    """Everything until the end, and the close code."""
    heard = list[str]()
    try:
        while True:
            heard.append(str(await socket.said()))
    except ClosedError as end:
        return heard, end.code


# --- Origin, cookies, tokens ---


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "https://school.example.evil.example", "file://", "//"],
)
async def test_a_foreign_origin_is_refused(place: Attacked, origin: str) -> None:
    assert await refused(place, {"Origin": origin}) == 400


async def test_a_missing_origin_with_a_cookie_is_refused(place: Attacked) -> None:
    assert await refused(place, {"Cookie": "session=1"}) == 400


async def test_a_foreign_origin_is_refused_by_long_polling(place: Attacked) -> None:
    params = {"EIO": "4", "transport": "polling"}
    for headers in ({"Origin": "null"}, {"Origin": "https://evil.example"}, {"Cookie": "a=b"}):
        async with place.http.get(place.url, params=params, headers=headers) as answer:
            assert answer.status == 400
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_our_own_and_a_configured_origin_come_in(place: Attacked) -> None:
    for origin in (f"http://127.0.0.1:{place.port}", ORIGIN):
        socket = await place.socket({"Origin": origin, "Cookie": "session=1"})
        await socket.close()


@pytest.mark.parametrize("key", ["token", "access_token", "auth", "jwt", "anything"])
async def test_no_secret_travels_in_the_query(place: Attacked, key: str) -> None:
    canary = "canary-4711"
    assert await refused(place, {}, f"{PATH}&{key}={canary}") == 400
    async with place.http.get(f"{place.url}?EIO=4&transport=polling&{key}={canary}") as answer:
        assert answer.status == 400
        assert canary not in await answer.text()
    assert canary not in place.logged()


# --- Who may speak, and under which names ---


@pytest.mark.parametrize(
    "name", ["connect", "disconnect", "connect_error", "disconnecting", "newListener", "*"]
)
async def test_reserved_names_never_reach_a_handler(place: Attacked, name: str) -> None:
    before = await place.stats()
    socket = await place.member()
    socket.send(f'42/class,1["{name}",{{"REMOTE_ADDR":"1.1.1.1"}},{{"token":"good"}}]')
    assert await socket.closed() == 1008
    after = await place.stats()
    assert after["connect"] == before.get("connect", 0) + 1


async def test_an_event_before_connect_ends_the_connection(place: Attacked) -> None:
    socket = await place.socket()
    socket.send('42/class,1["chat.send",{"text":"hello"}]')
    assert await socket.closed() == 1008


async def test_a_bad_token_is_refused_with_a_code(place: Attacked) -> None:
    socket = await place.socket()
    socket.send('40/class,{"token":"bad"}')
    answer = json.loads(str(await socket.said()).removeprefix("44/class,"))
    assert answer == {"message": "This token opens nothing.", "data": {"code": "forbidden"}}
    socket.send('42/class,["chat.send",{"text":"hello"}]')
    assert await socket.closed() == 1008


async def test_unknown_namespaces_leave_nothing_behind(place: Attacked) -> None:
    socket = await place.socket()
    for number in range(50):
        socket.send(f"40/room{number}")
        assert '"Invalid namespace"' in str(await socket.said())
    assert await socket.closed() == 1008  # no CONNECT that counts within the deadline


async def test_a_second_connect_ends_the_connection(place: Attacked) -> None:
    socket = await place.member()
    socket.send(CONNECT)
    assert await socket.closed() == 1008


async def test_an_unknown_event_is_answered(place: Attacked) -> None:
    socket = await place.member()
    socket.send('42/class,1["class.destroy",{}]')
    answer = json.loads(str(await socket.said()).removeprefix("43/class,1"))[0]
    assert (answer["ok"], answer["code"]) == (False, "bad_message")
    await socket.close()


@pytest.mark.parametrize("arguments", ["", ",{},1,2,3"])
async def test_a_wrong_number_of_arguments_is_answered(place: Attacked, arguments: str) -> None:
    socket = await place.member()
    socket.send(f'42/class,1["chat.send"{arguments}]')
    answer = json.loads(str(await socket.said()).removeprefix("43/class,1"))[0]
    assert answer["code"] == "bad_message"
    await socket.close()


async def test_a_wrong_type_is_answered(place: Attacked) -> None:
    socket = await place.member()
    socket.send('42/class,1["typed",{"text":5}]')
    answer = json.loads(str(await socket.said()).removeprefix("43/class,1"))[0]
    assert answer["code"] == "bad_message"
    await socket.close()


# --- Form and size ---


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "9",
        "abc",
        "0{}",
        "2",
        "2probe",
        "5",
        "6",
        "3x",
        "4",
        "47",
        "4abc",
        "42",
        "42/class,",
        '42/class,{"a":1}',
        "42/class,[]",
        "42/class,[1]",
        "42/class,[null]",
        '42/class,["chat.send"',
        '42/class,["chat.send",{"text":"\\ud800"}]x',
        '42/class,abc["beat"]',
        '42/class,-1["beat"]',
        f'42/class,{"9" * 16}["beat"]',
        f'42/{"n" * 100},["beat"]',
        '42/class,["' + "e" * 65 + '"]',
        "43/class,[]",
        '43/class,5{"a":1}',
        '44/class,{"message":"x"}',
        '421-/class,["beat"]',
        "40/class,[1]",
        "40/class,5",
        '41/class,{"a":1}',
    ],
)
async def test_a_malformed_packet_ends_the_connection(place: Attacked, sent: str) -> None:
    socket = await place.member()
    socket.send(sent)
    assert await socket.closed() is not None


async def test_text_that_is_no_utf8_ends_the_connection(place: Attacked) -> None:
    socket = await place.member()
    socket.send(b'42/class,["chat.send",{"text":"\xff\xfe"}]')
    assert await socket.closed() is not None


async def test_a_long_message_ends_the_connection(place: Attacked) -> None:
    socket = await place.member()
    socket.send('42/class,["chat.send",{"text":"' + "x" * 70_000 + '"}]')
    assert await socket.closed() == 1009


async def test_a_long_message_is_refused_at_its_header(place: Attacked) -> None:
    socket = await place.member()
    socket.writer.write(bytes((0x81, 0xFF)) + (1 << 62).to_bytes(8, "big") + b"mask")
    assert await socket.closed() == 1009


async def test_a_long_message_in_fragments_ends_the_connection(place: Attacked) -> None:
    socket = await place.member()
    socket.writer.write(masked(websocket.TEXT, b"4" * 30_000, final=False))
    for _ in range(3):
        socket.writer.write(masked(websocket.CONTINUATION, b"4" * 30_000, final=False))
    assert await socket.closed() == 1009


@pytest.mark.parametrize("open_bracket", ["[", '{"a":'])
async def test_deep_json_ends_the_connection(place: Attacked, open_bracket: str) -> None:
    socket = await place.member()
    deep = open_bracket * 10_000
    socket.send(f'42/class,["chat.send",{deep}]')
    assert await socket.closed() == 1009


async def test_json_of_the_allowed_depth_comes_in(place: Attacked) -> None:
    socket = await place.member()
    nested = "[" * 12 + '"[[[[[[[[[[[[[[["' + "]" * 12
    socket.send(f'42/class,1["chat.send",{nested}]')
    assert "[[[[" in str(await socket.said())
    await socket.close()


async def test_a_binary_message_ends_the_connection(place: Attacked) -> None:
    socket = await place.member()
    socket.send_binary(b"\x00" * 100)
    assert await socket.closed() == 1003


@pytest.mark.parametrize("count", ["1", "9999", "99999999"])
async def test_an_announced_binary_part_ends_the_connection(place: Attacked, count: str) -> None:
    socket = await place.member()
    socket.send(f'45{count}-/class,["chat.send",{{"_placeholder":true,"num":0}}]')
    assert await socket.closed() is not None


@pytest.mark.parametrize(
    "raw",
    [
        bytes((0xC1, 0x80)) + b"mask",  # a reserved bit: nothing was negotiated
        bytes((0x83, 0x80)) + b"mask",  # an opcode that is not there
        bytes((0x80, 0x80)) + b"mask",  # a continuation of nothing
        bytes((0x09, 0x80)) + b"mask",  # a control frame in parts
        bytes((0x89, 0xFE, 0x01, 0x00)) + b"mask" + b"x" * 256,  # a long control frame
        masked(websocket.TEXT, b"4", final=False) + masked(websocket.TEXT, b"1"),
    ],
    ids=["rsv", "opcode", "continuation", "control-parts", "control-long", "nested"],
)
async def test_a_bad_frame_ends_the_connection(place: Attacked, raw: bytes) -> None:
    socket = await place.member()
    socket.writer.write(raw)
    assert await socket.closed() in (1002, None)


async def test_a_frame_without_a_mask_ends_the_connection_or_is_heard_as_any_other(
    place: Attacked,
) -> None:
    socket = await place.member()
    said = b'42/class,7["beat"]'
    socket.writer.write(bytes((0x81, len(said))) + said)
    if place.plain:  # aiohttp's own reader does not mind
        assert str(await socket.said()).startswith("43/class,7[")
        await socket.close()
    else:
        assert await socket.closed() in (1002, None)


async def test_compression_is_never_negotiated(place: Attacked) -> None:
    socket = await place.socket(
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    )
    socket.writer.write(bytes((0xC1, 0x85)) + b"mask" + b"bombs")
    assert await socket.closed() in (1002, None)


# --- Floods ---


async def test_a_flood_of_events_is_answered_and_then_cut(place: Attacked) -> None:
    socket = await place.member()
    for number in range(2000):
        socket.send(f'42/class,{number}["beat"]')
    answers, code = await rest_of(socket)
    codes = {json.loads(said[said.index("[") :])[0].get("code", "ok") for said in answers}
    assert code in (1008, None)
    assert codes == {"ok", "busy"}


async def test_a_flood_of_answers_nobody_asked_for_is_cut(place: Attacked) -> None:
    socket = await place.member()
    for number in range(1000):
        socket.send(f"43/class,{number}[]")
    assert await socket.closed() in (1008, None)


async def test_events_wait_in_order_behind_a_slow_one(place: Attacked) -> None:
    socket = await place.member()
    socket.send('42/class,1["slow",0.2]')
    for number in range(2, 30):
        socket.send(f'42/class,{number}["typed",{{"text":"a"}}]')
    answers = [str(await socket.said()) for _ in range(29)]
    assert answers[0] == '43/class,1["slept"]'
    assert [int(answer[9:].partition("[")[0]) for answer in answers] == list(range(1, 30))
    await socket.close()


# --- Readers that do not read ---


async def test_a_reader_that_stops_is_cut_with_bounded_memory(place: Attacked) -> None:
    reader, sender = await place.member(), await place.member()
    before = place.memory()
    reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
    reader.send('42/class,["burst",2000,4000]')
    await place.count_of("wire_cut_total slow_reader")
    sender.send('42/class,9["beat"]')
    assert await sender.said() == '43/class,9[{"ok":true}]'
    assert place.memory() - before < 8 * MIB
    reader.writer.transport.abort()
    await sender.close()


async def test_a_slow_reader_is_told_to_come_back(place: Attacked) -> None:
    reader = await place.member()
    reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
    reader.send('42/class,["burst",1500,4000]')
    await place.count_of("wire_cut_total slow_reader")
    reader.writer.transport.resume_reading()  # type: ignore[attr-defined]
    heard, code = await rest_of(reader)
    assert code == 1013
    assert '"type":"resume"' in heard[-1]


async def test_a_reader_that_is_behind_gets_the_newest_of_a_volatile_kind(place: Attacked) -> None:
    reader = await place.member()
    reader.writer.transport.pause_reading()  # type: ignore[attr-defined]
    reader.send('42/class,["pointers",3000]')
    reader.send('42/class,1["beat"]')
    await asyncio.sleep(0)
    reader.writer.transport.resume_reading()  # type: ignore[attr-defined]
    heard = []
    while not (said := str(await reader.said())).startswith("43/class,1"):
        heard.append(json.loads(said.removeprefix("42/class,"))[1]["at"])
    while not heard or heard[-1] != 2999:
        heard.append(json.loads(str(await reader.said()).removeprefix("42/class,"))[1]["at"])
    assert heard == sorted(heard)
    assert len(heard) < 3000
    await reader.close()


# --- Connections that do nothing ---


async def test_a_socket_that_never_connects_is_closed(place: Attacked) -> None:
    socket = await place.socket()
    assert await socket.closed() == 1008
    assert await place.count_of("wire_cut_total no_connect") >= 1


async def test_a_polling_session_that_never_connects_is_closed(place: Attacked) -> None:
    sid = await open_polling(place.http, place.url)
    params = {"EIO": "4", "transport": "polling", "sid": sid}
    async with place.http.get(place.url, params=params) as answer:
        assert (answer.status, await answer.text()) == (200, "1")
    async with place.http.get(place.url, params=params) as answer:
        assert answer.status == 400


async def test_a_frame_that_never_ends_is_cut(place: Attacked) -> None:
    socket = await place.socket()
    socket.writer.write(bytes((0x81, 0xFE, 0x10, 0x00)) + b"mask" + b"4")
    assert await socket.closed() == 1008


@pytest.mark.parametrize("head", [b"", b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\nA: "])
async def test_a_request_that_never_ends_is_hung_up_on(place: Attacked, head: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(head)
    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_websocket_outlives_the_deadline_of_its_head(place: Attacked) -> None:
    socket = await place.member()
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 10)  # ended by the same deadline, begun later
    writer.close()
    socket.send('42/class,1["beat"]')
    assert await socket.said() == '43/class,1[{"ok":true}]'
    await socket.close()


# --- Long-polling ---


async def test_a_guessed_sid_opens_nothing(place: Attacked) -> None:
    sid = await open_polling(place.http, place.url)
    guesses = [sid[:-1] + ("A" if sid[-1] != "A" else "B"), sid.lower() + "x", "", "0", "a" * 4096]
    for guess in guesses:
        params = {"EIO": "4", "transport": "polling", "sid": guess}
        async with place.http.get(place.url, params=params) as answer:
            assert answer.status == 400
        async with place.http.post(place.url, params=params, data="40/class,") as answer:
            assert answer.status == 400
    assert sid not in place.logged()


async def test_transports_do_not_mix(place: Attacked) -> None:
    socket = await RawSocket.open(place.port, PATH)
    sid = json.loads(str(await socket.message())[1:])["sid"]
    socket.send(CONNECT)
    await socket.said()
    params = {"EIO": "4", "transport": "polling", "sid": sid}
    async with place.http.get(place.url, params=params) as answer:
        assert answer.status == 400
    async with place.http.post(place.url, params=params, data='42/class,["beat"]') as answer:
        assert answer.status == 400
    second = await RawSocket.open(place.port, f"{PATH}&sid={sid}")
    assert await second.closed() == 1008
    socket.send('42/class,3["beat"]')
    assert await socket.said() == '43/class,3[{"ok":true}]'
    await socket.close()


@pytest.mark.parametrize(
    "body", ["x" * 70_000, "\x1e".join(["3"] * 100), "", "\x1e", "bAQID", "b!!", "4\x1e4"]
)
async def test_a_bad_post_ends_the_session(place: Attacked, body: str) -> None:
    sid = await open_polling(place.http, place.url)
    params = {"EIO": "4", "transport": "polling", "sid": sid}
    async with place.http.post(place.url, params=params, data=body) as answer:
        assert answer.status == 400
    async with place.http.get(place.url, params=params) as answer:
        assert answer.status == 400
