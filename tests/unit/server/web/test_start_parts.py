"""What a start asks of the machine: ports just left, a certificate cut short, nodes that fail again."""

import asyncio
import gc
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server import supervisor
from server.__main__ import settle
from server.machine import claimed_port
from server.settings import SettingsError, load
from server.storage.embedded import socket_folder
from server.tls import context, self_signed

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_port_with_connections_that_have_just_ended_can_be_had() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as browser:
            ended, _ = server.accept()
            ended.close()  # who closes first keeps the port for a minute, in TIME_WAIT
            assert browser.recv(1) == b""
    claimed_port("127.0.0.1", port).close()


def test_an_address_of_another_machine_names_its_setting() -> None:
    with pytest.raises(SettingsError, match="LECTERN_HTTP_ADDRESS"):
        claimed_port("192.0.2.1", 0)


def test_a_certificate_cut_short_is_made_anew(tmp_path: Path) -> None:
    chain, key = self_signed(tmp_path, ("192.0.2.7",), NOW)
    whole = chain.read_bytes()
    assert self_signed(tmp_path, ("192.0.2.7",), NOW)[0].read_bytes() == whole
    chain.write_bytes(whole[:100])
    self_signed(tmp_path, ("192.0.2.7",), NOW)
    settings = load({"LECTERN_TLS_CERT": str(chain), "LECTERN_TLS_KEY": str(key)})
    assert context(settings, (), NOW) is not None


def test_a_pair_that_cannot_be_kept_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(SettingsError, match="LECTERN_TLS"):
        self_signed(tmp_path / "state" / "tls", (), NOW)


def test_the_folder_of_sockets_goes_with_the_last_that_uses_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with socket_folder(run), socket_folder(run / "8080"):
        (run / "8080" / "somebody.sock").touch()
    assert (run / "8080" / "somebody.sock").exists()
    (run / "8080" / "somebody.sock").unlink()
    with socket_folder(run), socket_folder(run / "8080"):
        pass
    assert not run.exists()


async def test_a_node_that_has_run_may_fail_to_start_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its store may be away just then: the other nodes go on, and it is tried again."""
    script = "n=$(cat starts); echo $((n + 1)) >starts; case $n in 0) exit 9;; 1|2) exit 1;; esac; exec sleep 60"
    (tmp_path / "starts").write_text("0")

    async def start(*_: object) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec("sh", "-c", script, cwd=tmp_path)

    monkeypatch.setattr(supervisor, "_start", start)
    monkeypatch.setattr(supervisor, "STEADY_SECONDS", 0.0)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)
    stopping = asyncio.Event()
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(supervisor._keep(0, "all", {}, stopping, 10))
        while (tmp_path / "starts").read_text().strip() != "4":
            await asyncio.sleep(0.01)
        stopping.set()


async def test_a_node_that_never_starts_ends_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def start(*_: object) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec("false")

    monkeypatch.setattr(supervisor, "_start", start)
    with pytest.raises(supervisor.StartFailedError):
        await supervisor._keep(0, "all", {}, asyncio.Event(), 10)


def test_what_is_there_at_the_start_is_never_walked_through_again() -> None:
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
