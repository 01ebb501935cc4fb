"""What `make check` asks beside the tests is part of every run of the tests: form, lint, types, and the pages' own checks."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DEADLINE_S = 600  # a compiler, beside everything else that runs


def said(*command: str | Path) -> str:
    """What the command printed, which must have liked what it saw."""
    done = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=DEADLINE_S - 10
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("words", ["ruff format --check .", "ruff check .", "mypy"])
@pytest.mark.timeout(DEADLINE_S)
def test_the_python_holds(words: str) -> None:
    tool, *options = words.split()
    said(BIN / tool, *options)


@pytest.mark.timeout(DEADLINE_S)
def test_the_pages_hold() -> None:
    if "no Node here" in said(ROOT / "config" / "web.sh"):
        pytest.skip("no Node on this machine")
