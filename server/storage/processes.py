"""Child processes that cannot outlive us: another uid if asked, their own session, a signal when we die."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user a child runs as."""

    name: str
    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    environ: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child; its output goes to the end of `log`.

    Call it from the main thread: the kernel ties the death signal to the thread that forks.
    A session of its own keeps Ctrl-C in our terminal from reaching it before we have drained.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the command is ours
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environ,
            cwd="/",
            start_new_session=True,
            preexec_fn=bound(account, death_signal, os.getpid()),
        )


def bound(
    account: Account | None, death_signal: signal.Signals, parent_pid: int
) -> Callable[[], None]:
    """What a child does between fork and exec: take the account, and bind its life to ours."""

    def run() -> None:
        if account is not None:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
        # After setuid, which clears it. If we died before this line, nobody would tell the child.
        _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent_pid:
            os._exit(1)

    return run


def end_with_parent() -> None:
    """Get SIGTERM when the process that started us ends, however it ends."""
    parent_pid = os.getppid()
    _LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent_pid:
        signal.raise_signal(signal.SIGTERM)
