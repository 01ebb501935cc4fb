"""Real PostgreSQL and Valkey for tests: one server of each a worker, a fresh database a module, a 3+3 cluster on demand."""

import asyncio
import contextlib
import random
import secrets
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from server.storage import embedded, partitions
from server.storage.migrate import migrate
from server.storage.processes import spawn

TEMPLATE = "lectern_template"


def free_port() -> int:
    """A port that is free for UDP and TCP now, below those that the system hands out by itself."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with contextlib.suppress(OSError):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
            return port


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where the stores of this worker are."""

    postgres_url: str  # the superuser's, of a database that nobody uses
    valkey_url: str
    folder: Path

    def url_of(self, database: str) -> str:
        return self.postgres_url.replace("/lectern?", f"/{database}?")

    async def fresh_database(self, template: str = TEMPLATE) -> str:
        """The URL of a new database with all migrations, copied from the template."""
        name = f"test_{secrets.token_hex(6)}"
        await self.create(name, template)
        return self.url_of(name)

    async def create(self, name: str, template: str) -> None:
        connection = await asyncpg.connect(self.postgres_url)
        try:
            await connection.execute(
                f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log"
            )
        finally:
            await connection.close()

    async def drop_database(self, url: str) -> None:
        name = url.split("@/", 1)[1].split("?")[0]
        connection = await asyncpg.connect(self.postgres_url)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        finally:
            await connection.close()


@contextlib.asynccontextmanager
async def running_stores(folder: Path) -> AsyncIterator[Stores]:
    async with embedded.stores(folder) as urls:
        stores = Stores(postgres_url=urls.database_url, valkey_url=urls.redis_url, folder=folder)
        await _trust_the_system(urls.database_url)
        await stores.create(TEMPLATE, "template0")
        await migrate(stores.url_of(TEMPLATE))
        await partitions.make_ahead(stores.url_of(TEMPLATE))
        yield stores


async def _trust_the_system(url: str) -> None:
    """What is committed outlives every kill without fsync, and no test pulls the plug: a hundred databases come and go."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


class ValkeyCluster:
    """Three masters, each with a replica."""

    def __init__(self, processes: dict[int, subprocess.Popen[bytes]]) -> None:
        self._processes = processes

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._processes)
        return f"redis+cluster://{hosts}"

    async def kill_master_of(self, key: str) -> None:
        """SIGKILL the server that now serves the slot of this key or channel."""
        for port, process in self._processes.items():
            # Only the master of its slot answers GET without MOVED: a replica sends everybody there.
            if process.poll() is None and "MOVED" not in await _ask(port, "GET", key):
                process.kill()
                process.wait()
                return
        raise LookupError(f"nobody serves the slot of {key}")


@contextlib.asynccontextmanager
async def running_cluster(folder: Path) -> AsyncIterator[ValkeyCluster]:
    """Six processes; about two seconds."""
    ports: list[int] = []
    while len(ports) < 6:
        port = free_port()
        if port not in ports:
            ports.append(port)
    processes = {
        port: spawn(
            _command(port, folder), log=folder / f"{port}.log", death_signal=signal.SIGKILL
        )
        for port in ports
    }
    try:
        async with asyncio.timeout(40):
            await _form(ports)
        yield ValkeyCluster(processes)
    finally:
        for process in processes.values():
            process.kill()
        for process in processes.values():
            process.wait()


def _command(port: int, folder: Path) -> list[str | Path]:
    home = folder / str(port)
    home.mkdir(parents=True)
    return [
        *(embedded.valkey_binary(), "--port", str(port), "--bind", "127.0.0.1", "--dir", home),
        *("--cluster-enabled", "yes", "--cluster-port", str(free_port())),
        *("--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0", "--save", ""),
    ]


async def _form(ports: list[int]) -> None:
    masters, replicas = ports[:3], ports[3:]
    for port in ports:
        await _ask_until(port, "PING", "PONG")
    for index, port in enumerate(masters):
        first, last = index * 16384 // 3, (index + 1) * 16384 // 3 - 1
        await _ask(port, "CLUSTER", "ADDSLOTSRANGE", str(first), str(last))
        await _ask(port, "CLUSTER", "SET-CONFIG-EPOCH", str(index + 1))
    buses = {
        port: (await _ask(port, "CONFIG", "GET", "cluster-port")).split()[-2] for port in ports
    }
    for port in ports[1:]:
        await _ask(ports[0], "CLUSTER", "MEET", "127.0.0.1", str(port), buses[port])
    for port in ports:
        await _ask_until(port, "CLUSTER INFO", "cluster_known_nodes:6")
    for master, replica in zip(masters, replicas, strict=True):
        name = (await _ask(master, "CLUSTER", "MYID")).split()[-2]
        await _ask_until(replica, f"CLUSTER REPLICATE {name}", "OK")
    for replica in replicas:
        await _ask_until(replica, "INFO replication", "master_link_status:up")
    for port in ports:
        await _ask_until(port, "CLUSTER INFO", "cluster_state:ok")


async def _ask_until(port: int, command: str, said: str) -> None:
    while True:
        with contextlib.suppress(OSError):
            if said in await _ask(port, *command.split()):
                return
        await asyncio.sleep(0.05)


async def _ask(port: int, *words: str) -> str:
    """One command on a connection of its own, its whole reply as text."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_packed(words) + _packed(("QUIT",)))
        return (await reader.read()).decode()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _packed(words: tuple[str, ...]) -> bytes:
    parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    return f"*{len(words)}\r\n{parts}".encode()
