"""The pages' own checks (types, lint, unit tests, weights) are part of every run of the tests."""

import subprocess
from pathlib import Path

import pytest

CHECK = Path(__file__).resolve().parents[2] / "config" / "web.sh"


@pytest.mark.timeout(600)  # another compiler and test runner, beside everything else that runs
def test_the_pages_hold() -> None:
    done = subprocess.run([CHECK], check=False, capture_output=True, text=True, timeout=590)
    if "no Node here" in done.stdout:
        pytest.skip("no Node on this machine")
    assert done.returncode == 0, done.stdout + done.stderr
