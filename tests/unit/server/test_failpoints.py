"""A fail-point ends the process at the wanted pass of the wanted point, and does nothing else."""

import signal
import subprocess
import sys

PROGRAM = (
    "from server.failpoints import reach\nfor _ in range(3):\n    reach('here')\nprint('alive')"
)


def ended(wanted: str) -> tuple[int, bytes]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"LECTERN_FAIL_AT": wanted} if wanted else {},
        capture_output=True,
        check=False,
    )
    return run.returncode, run.stdout


def test_a_point_that_nobody_named_is_passed() -> None:
    assert ended("") == (0, b"alive\n")
    assert ended("there:1") == (0, b"alive\n")
    assert ended("here:4") == (0, b"alive\n")


def test_the_named_point_ends_the_process_at_its_count() -> None:
    assert ended("here:3") == (-signal.SIGKILL, b"")
    assert ended("here") == (-signal.SIGKILL, b"")
