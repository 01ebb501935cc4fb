"""One lecture to N viewers: server CPU for each forwarded packet, beside Janus in the same run with the same client."""

import argparse
import asyncio
import contextlib
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import aiohttp
import msgspec
import uvloop
from aiortc.rtcdtlstransport import RTCCertificate

from loadtests.clients.media import Connection, Lecture, Remote
from loadtests.report import machine, write_result
from sfu import commands

ROOM, TEACHER = "load.class", "teacher"
SETTLE_S = 6.0
JANUS_LIBRARIES = Path("/usr/lib/x86_64-linux-gnu/janus")


class Figures(msgspec.Struct, kw_only=True):
    """What one server did."""

    name: str
    cpu_us: float
    received_share: float
    age_p50_ms: float
    age_p99_ms: float
    join_p50_ms: float
    threads: int
    files: int
    broken: int


class Server:
    """A server under test: its process, and how a client publishes and plays."""

    def __init__(
        self,
        pid: int,
        publish: Callable[[Connection], Awaitable[tuple[str, str]]],
        play: Callable[[Connection, int], Awaitable[None]],
    ) -> None:
        self.pid = pid
        self.publish = publish
        self.play = play

    def cpu_s(self) -> float:
        """CPU time of all its threads so far, as the scheduler counts it."""
        spent = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(FileNotFoundError):
                spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9

    def threads(self) -> int:
        """How many it runs."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    def files(self) -> int:
        """How many file descriptors it holds."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@asynccontextmanager
async def lectern(host: str) -> AsyncIterator[Server]:
    """Our node, alone in its process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "loadtests.clients.node",
        host,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout
    assert await stdout.readline() == b"ready\n"
    turn = asyncio.Lock()

    async def ask(request: commands.Request) -> str:
        async with turn:
            stdin.write(commands.encode(request).hex().encode() + b"\n")
            reply = commands.decode_reply(bytes.fromhex((await stdout.readline()).decode()))
        assert isinstance(reply, commands.Answer), reply
        return reply.sdp

    async def publish(connection: Connection) -> tuple[str, str]:
        lines = [("audio", "0"), ("video", "1")]
        offer = connection.description(lines, direction="sendonly", setup="actpass")
        sdp = await ask(commands.WhipPublish(room=ROOM, peer=TEACHER, sdp=offer))
        await connection.connect(sdp, we_offered=True)
        return "0", "1"

    async def play(connection: Connection, number: int) -> None:
        lines = [("audio", "0"), ("video", "1")]
        offer = connection.description(lines, direction="recvonly", setup="actpass")
        peer = f"viewer{number}"
        sdp = await ask(commands.WhepPlay(room=ROOM, peer=peer, sdp=offer, publisher=TEACHER))
        await connection.connect(sdp, we_offered=True)

    try:
        yield Server(process.pid, publish, play)
    finally:
        stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 5)
        if process.returncode is None:
            process.kill()
            await process.wait()


class JanusSession:
    """Janus's websocket protocol, as much of it as the video room needs."""

    def __init__(self, link: aiohttp.ClientWebSocketResponse) -> None:
        self._link = link
        self._waiting: dict[str, asyncio.Future[dict]] = {}
        self._session = 0
        self._count = 0

    async def listen(self) -> None:
        """Hand each answer to who waits for it; the acknowledgement of an asynchronous request is not the answer."""
        async for message in self._link:
            said = message.json()
            waiting = self._waiting.get(said.get("transaction", ""))
            if waiting is not None and said["janus"] != "ack" and not waiting.done():
                waiting.set_result(said)

    async def ask(self, **request: object) -> dict:
        """One request and its answer."""
        self._count += 1
        transaction = f"t{self._count}"
        waiting = self._waiting[transaction] = asyncio.get_running_loop().create_future()
        if self._session:
            request["session_id"] = self._session
        await self._link.send_json({"transaction": transaction, **request})
        answer = await asyncio.wait_for(waiting, 10)
        del self._waiting[transaction]
        assert answer["janus"] != "error", answer
        return answer

    async def open(self) -> None:
        """Begin a session."""
        self._session = (await self.ask(janus="create"))["data"]["id"]

    async def attach(self) -> int:
        """A handle on the video room."""
        answer = await self.ask(janus="attach", plugin="janus.plugin.videoroom")
        return answer["data"]["id"]

    async def message(self, handle: int, body: dict, sdp: tuple[str, str] | None = None) -> dict:
        """A message to the video room."""
        more = {} if sdp is None else {"jsep": {"type": sdp[0], "sdp": sdp[1]}}
        return await self.ask(janus="message", handle_id=handle, body=body, **more)


@asynccontextmanager
async def janus(host: str, *, event_loops: int) -> AsyncIterator[Server]:
    """Janus's video room from the Debian package; ICE-lite as ours, everything else as it comes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = _free_port()
        _write_janus_config(folder, port, event_loops)
        log = (folder / "log").open("wb")
        process = await asyncio.create_subprocess_exec(
            "janus", "-F", name, "-C", str(folder / "janus.jcfg"), stdout=log, stderr=log
        )
        try:
            async with aiohttp.ClientSession() as http:
                link = await _connected(http, port)
                session = JanusSession(link)
                listening = asyncio.ensure_future(session.listen())
                await session.open()
                yield await _video_room(process.pid, session)
                listening.cancel()
                await link.close()
        finally:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 5)
            if process.returncode is None:
                process.kill()
                await process.wait()
            log.close()


async def _video_room(pid: int, session: JanusSession) -> Server:
    handle = await session.attach()
    room = {"request": "create", "room": 1, "publishers": 2, "bitrate": 0, "videocodec": "vp8"}
    await session.message(handle, room)
    feed = 0

    async def publish(connection: Connection) -> tuple[str, str]:
        nonlocal feed
        joined = await session.message(
            handle, {"request": "join", "ptype": "publisher", "room": 1}
        )
        feed = joined["plugindata"]["data"]["id"]
        lines = [("audio", "0"), ("video", "1")]
        offer = connection.description(lines, direction="sendonly", setup="actpass")
        answer = await session.message(handle, {"request": "publish"}, ("offer", offer))
        await connection.connect(answer["jsep"]["sdp"], we_offered=True)
        return "0", "1"

    async def play(connection: Connection, number: int) -> None:
        mine = await session.attach()
        join = {"request": "join", "ptype": "subscriber", "room": 1, "streams": [{"feed": feed}]}
        for _ in range(100):  # until the publisher's media is up, Janus knows no such feed
            offered = await session.message(mine, join)
            if "jsep" in offered:
                break
            await asyncio.sleep(0.1)
        sdp = offered["jsep"]["sdp"]
        answer = connection.description(Remote(sdp).mids, direction="recvonly", setup="active")
        await session.message(mine, {"request": "start"}, ("answer", answer))
        await connection.connect(sdp, we_offered=False)

    return Server(pid, publish, play)


async def _connected(http: aiohttp.ClientSession, port: int) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(10):
        while True:
            try:
                return await http.ws_connect(
                    f"ws://127.0.0.1:{port}", protocols=("janus-protocol",)
                )
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


def _write_janus_config(folder: Path, port: int, event_loops: int) -> None:
    plugins = {p.name for p in (JANUS_LIBRARIES / "plugins").glob("*.so")}
    transports = {p.name for p in (JANUS_LIBRARIES / "transports").glob("*.so")}
    no_plugins = ",".join(sorted(plugins - {"libjanus_videoroom.so"}))
    no_transports = ",".join(sorted(transports - {"libjanus_websockets.so"}))
    loops = f"event_loops = {event_loops}" if event_loops else ""
    (folder / "janus.jcfg").write_text(
        f"""general: {{
  configs_folder = "{folder}"
  plugins_folder = "{JANUS_LIBRARIES}/plugins"
  transports_folder = "{JANUS_LIBRARIES}/transports"
  debug_level = 2
  {loops}
}}
nat: {{ ice_lite = true }}
plugins: {{ disable = "{no_plugins}" }}
transports: {{ disable = "{no_transports}" }}
"""
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ ws = true\n ws_port = {port}\n ws_ip = "127.0.0.1"\n wss = false }}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


async def measure(
    name: str, server: Server, host: str, viewers: int, seconds: float, *, feedback: bool = True
) -> Figures:
    """Publish, let everybody in, settle, and count for so long."""
    certificate = RTCCertificate.generateCertificate()
    teacher = Connection(host, certificate)
    mids = await server.publish(teacher)
    lecture = Lecture(teacher, mids)
    playing = asyncio.ensure_future(lecture.play())
    audience = [Connection(host, certificate, feedback=feedback) for _ in range(viewers)]
    joins_s = []
    for number, viewer in enumerate(audience):
        began_at = perf_counter()
        await server.play(viewer, number)
        joins_s.append((viewer, began_at))
    await asyncio.sleep(SETTLE_S)
    for viewer in audience:
        viewer.ages_s.clear()
    before = (server.cpu_s(), sum(v.packets for v in audience), lecture.sent)
    await asyncio.sleep(seconds)
    cpu_s = server.cpu_s() - before[0]
    received = sum(v.packets for v in audience) - before[1]
    expected = (lecture.sent - before[2]) * viewers
    ages_ms = sorted(1000 * age for viewer in audience for age in viewer.ages_s)
    joins_ms = [1000 * (v.first_video_at - at) for v, at in joins_s if v.first_video_at]
    figures = Figures(
        name=name,
        cpu_us=1e6 * cpu_s / max(received, 1),
        received_share=received / expected,
        age_p50_ms=ages_ms[len(ages_ms) // 2] if ages_ms else float("nan"),
        age_p99_ms=ages_ms[len(ages_ms) * 99 // 100] if ages_ms else float("nan"),
        join_p50_ms=statistics.median(joins_ms) if joins_ms else float("nan"),
        threads=server.threads(),
        files=server.files(),
        broken=sum(v.broken for v in audience),
    )
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    for connection in (teacher, *audience):
        await connection.close()
    return figures


def table(rows: list[Figures]) -> str:
    """The figures as Markdown."""
    out = [
        "| server | CPU us per forwarded packet | received | age p50 / p99 ms | join p50 ms | threads / fds | broken |",
        "|---|---|---|---|---|---|---|",
    ]
    out += [
        f"| {r.name} | **{r.cpu_us:.1f}** | {100 * r.received_share:.1f} % "
        f"| {r.age_p50_ms:.2f} / {r.age_p99_ms:.2f} | {r.join_p50_ms:.0f} | {r.threads} / {r.files} | {r.broken} |"
        for r in rows
    ]
    return "\n".join(out)


async def main(arguments: argparse.Namespace) -> None:
    """One server after the other, each in a fresh process."""
    host = arguments.host or _own_address()
    rows = []
    for name, feedback in (
        ("Lectern, plain Python kernel", True),
        ("the same, viewers without transport-cc", False),
    ):
        async with lectern(host) as server:
            rows.append(
                await measure(
                    name, server, host, arguments.viewers, arguments.seconds, feedback=feedback
                )
            )
    if shutil.which("janus") is not None and not arguments.alone:
        for name, loops in (("Janus, default", 0), ("Janus, event_loops=1", 1)):
            async with janus(host, event_loops=loops) as server:
                rows.append(
                    await measure(name, server, host, arguments.viewers, arguments.seconds)
                )
    body = (
        f"One publisher ({Lecture.PACKETS_PER_S} packets/s: VP8 170 x 1100 B in bursts at 30 fps, Opus 50) to "
        f"{arguments.viewers} viewers with transport-cc reports, {arguments.seconds:.0f} s after settling, servers one "
        "after the other under the same client on the same machine.\n"
        "CPU is the sum of the server's threads by schedstat; age is from sending to receiving in the client, its own "
        f"turn of the loop included; join is from asking to the first video packet.\n\n{table(rows)}\n\n{machine()}"
    )
    if arguments.dry:
        print(body)
    else:
        command = f"python -m loadtests.scenarios.fanout --viewers {arguments.viewers} --seconds {arguments.seconds:.0f}"
        write_result(Path("fanout.md"), title="Fan-out of one lecture", command=command, body=body)


def _own_address() -> str:
    """An address of this machine that is not loopback (Janus gathers no candidates there), else loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        address: str = sock.getsockname()[0]
        return address


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--host", help="the address that media uses")
    parser.add_argument("--alone", action="store_true", help="leave Janus out")
    parser.add_argument("--dry", action="store_true", help="print only")
    uvloop.run(main(parser.parse_args()))
