"""Starting and stopping the whole server: what it says when it cannot, and that it leaves nothing behind."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg
import psutil
import pytest

from server.storage import embedded
from tests.support.running import ROOT, RunningLectern

pytestmark = [pytest.mark.store, pytest.mark.drill, pytest.mark.xdist_group("start")]


@pytest.fixture
async def embedded_lectern(short_folder: Path) -> AsyncIterator[RunningLectern]:
    """Not started; on embedded stores of its own."""
    lectern = RunningLectern(Path(tempfile.mkdtemp(dir=short_folder)), {})
    yield lectern
    if lectern.started:
        await lectern.kill()


def _try_to_start(lectern: RunningLectern, **environ: str) -> tuple[int, list[str]]:
    """The exit code and the lines of a start that must fail."""
    done = subprocess.run(
        [sys.executable, "-m", "server", "all"],
        env={**lectern.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


async def _until_gone(processes: list[psutil.Process]) -> None:
    async with asyncio.timeout(10):
        while any(process.is_running() and process.status() != "zombie" for process in processes):
            await asyncio.sleep(0.02)


async def test_sigterm_leaves_nothing_and_the_next_start_finds_everything(
    embedded_lectern: RunningLectern,
) -> None:
    await embedded_lectern.start()
    await _note(embedded_lectern, "CREATE TABLE kept AS SELECT 7 AS number")
    family = psutil.Process(embedded_lectern.pid).children(recursive=True)
    assert {"postgres", "valkey-server"} <= {process.name() for process in family}
    assert await embedded_lectern.stop() == 0
    await _until_gone(family)
    await embedded_lectern.start()
    assert await _note(embedded_lectern, "SELECT number FROM kept") == 7


async def test_sigkill_takes_the_stores_along_and_the_next_start_recovers(
    embedded_lectern: RunningLectern,
) -> None:
    await embedded_lectern.start()
    await _note(embedded_lectern, "CREATE TABLE kept AS SELECT 7 AS number")
    family = psutil.Process(embedded_lectern.pid).children(recursive=True)
    await embedded_lectern.kill()
    await _until_gone(family)
    await embedded_lectern.start()
    assert await _note(embedded_lectern, "SELECT number FROM kept") == 7


@pytest.mark.parametrize("name", ["postgres", "valkey-server"])
async def test_a_store_that_dies_is_started_again(
    embedded_lectern: RunningLectern, name: str
) -> None:
    await embedded_lectern.start()
    family = psutil.Process(embedded_lectern.pid).children()
    store = next(process for process in family if process.name() == name)
    store.kill()
    async with asyncio.timeout(60):
        while "store.started_again" not in embedded_lectern.output:
            await asyncio.sleep(0.05)
        while not all(state == "ok" for state in await _states(embedded_lectern)):
            await asyncio.sleep(0.05)
    assert await embedded_lectern.stop() == 0


async def _states(lectern: RunningLectern) -> list[str]:
    headers = {"Accept": "application/json"}
    url = f"{lectern.base_url}/status"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return [one["state"] for one in (await response.json())["components"]]


async def _note(lectern: RunningLectern, sql: str) -> object:
    urls = embedded.running_stores(lectern.folder / "state")
    assert urls is not None
    connection = await asyncpg.connect(urls.database_url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_several_nodes_share_one_port_and_a_dead_one_comes_back(
    embedded_lectern: RunningLectern,
) -> None:
    embedded_lectern.environ["LECTERN_NODES"] = "2"
    await embedded_lectern.start()
    supervisor = psutil.Process(embedded_lectern.pid)
    before = _nodes(supervisor)
    assert len(before) == 2
    command = before[1].cmdline()
    lease = (
        f"SELECT count(*) FROM nodes WHERE node_id = '{command[command.index('--node-id') + 1]}'"
    )
    async with asyncio.timeout(30):
        while await _note(embedded_lectern, lease) != 1:  # ready is said by whoever is first
            await asyncio.sleep(0.1)
    before[1].kill()
    async with asyncio.timeout(30):
        while await _note(embedded_lectern, lease):  # its classes wait for no lease to run out
            await asyncio.sleep(0.1)
        while len(await _reported_nodes(embedded_lectern)) < 2 or before[1] in _nodes(supervisor):
            await asyncio.sleep(0.1)
    family = supervisor.children(recursive=True)
    await embedded_lectern.kill()
    await _until_gone(family)


def _nodes(supervisor: psutil.Process) -> list[psutil.Process]:
    return [child for child in supervisor.children() if "--node" in " ".join(child.cmdline())]


async def _reported_nodes(lectern: RunningLectern) -> set[str]:
    """Nothing while the kernel still gives connections to the dead node."""
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{lectern.base_url}/metrics") as response,
        ):
            text = await response.text()
    except aiohttp.ClientError:
        return set()
    return {
        line.split('node="')[1][:6] for line in text.splitlines() if "channels_healthy{" in line
    }


async def test_a_taken_port_is_one_line(embedded_lectern: RunningLectern) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", embedded_lectern.http_port))
        taken.listen()
        code, lines = await asyncio.to_thread(_try_to_start, embedded_lectern)
    assert code == 1
    assert len(lines) == 1
    assert "LECTERN_HTTP_PORT" in lines[0]
    assert str(embedded_lectern.http_port) in lines[0]


async def test_a_taken_media_port_is_one_line(embedded_lectern: RunningLectern) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", embedded_lectern.media_port))
        code, lines = await asyncio.to_thread(_try_to_start, embedded_lectern)
    assert code == 1
    said = [line for line in lines if line.startswith("lectern: ")]
    assert len(said) == 1
    assert "LECTERN_MEDIA_PORT" in said[0]


@pytest.mark.parametrize(
    ("name", "text"), [("LECTERN_HTTP_PORT", "http"), ("LECTERN_COLOUR", "red")]
)
def test_a_wrong_setting_is_one_line(
    embedded_lectern: RunningLectern, name: str, text: str
) -> None:
    code, lines = _try_to_start(embedded_lectern, **{name: text})
    assert code == 1
    assert len(lines) == 1
    assert name in lines[0]
    assert not (embedded_lectern.folder / "state").exists()


async def test_one_folder_has_one_lectern(embedded_lectern: RunningLectern) -> None:
    await embedded_lectern.start()
    other = RunningLectern(embedded_lectern.folder, {})
    code, lines = await asyncio.to_thread(_try_to_start, other)
    assert code == 1
    assert f"another Lectern (process {embedded_lectern.pid}) runs on" in lines[-1]


async def test_tls_by_a_pair_of_its_own(embedded_lectern: RunningLectern) -> None:
    embedded_lectern.environ["LECTERN_TLS"] = "self"
    await embedded_lectern.start()
    trust = ssl.create_default_context(
        cafile=embedded_lectern.folder / "state" / "tls" / "chain.pem"
    )
    url = f"https://localhost:{embedded_lectern.http_port}/healthz"
    async with aiohttp.ClientSession() as session, session.get(url, ssl=trust) as response:
        assert response.status == 200
        assert "Strict-Transport-Security" in response.headers
    assert (
        oct((embedded_lectern.folder / "state" / "tls" / "key.pem").stat().st_mode & 0o777)
        == "0o600"
    )


async def test_an_administrator_is_made_beside_a_running_server(
    embedded_lectern: RunningLectern,
) -> None:
    await embedded_lectern.start()
    arguments = [
        "admin",
        "--school",
        "New School",
        "--email",
        "head@new.school",
        "--name",
        "Ada Head",
    ]
    code, said = await _command(embedded_lectern, arguments)
    assert code == 0
    assert await _command(embedded_lectern, [*arguments[:-1], " "]) == (
        1,
        "lectern: A name has 1 to 120 characters.\n",
    )
    body = {"email": "head@new.school", "password": said.split()[-1]}
    url = f"{embedded_lectern.base_url}/api/v1/sessions"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        assert response.status == 200


async def _command(lectern: RunningLectern, arguments: list[str]) -> tuple[int | None, str]:
    """The exit code of a command and all that it said."""
    done = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", *arguments),
        env=lectern.environ,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await done.communicate())[0].decode()
    return done.returncode, said


@pytest.mark.skipif(os.getuid() != 0, reason="only root has to become somebody else")
async def test_as_root_in_a_folder_that_nobody_else_may_enter(
    short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = Path(tempfile.mkdtemp(dir=short_folder))
    private.chmod(0o700)
    monkeypatch.setattr(embedded, "OUTSIDE", short_folder / "outside")
    for _ in range(2):
        async with embedded.stores(private / "state") as urls:
            connection = await asyncpg.connect(urls.database_url)
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (a int)")
            await connection.close()
    assert (private / "state" / "postgres").is_symlink()
    assert len(list((short_folder / "outside").glob("data-*"))) == 1


async def test_the_sockets_are_short_however_deep_the_folder_lies(short_folder: Path) -> None:
    deep = short_folder / ("a" * 80) / ("b" * 80)
    async with embedded.stores(deep / "state") as urls:
        assert len(urls.redis_url) < 100


async def test_a_second_signal_does_not_hinder_the_first(embedded_lectern: RunningLectern) -> None:
    await embedded_lectern.start()
    os.kill(embedded_lectern.pid, signal.SIGTERM)
    os.kill(embedded_lectern.pid, signal.SIGINT)
    assert await embedded_lectern.stop() == 0
