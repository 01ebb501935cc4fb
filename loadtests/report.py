"""Where results go: one Markdown page a scenario, with the command that gives it and the machine it ran on."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    """Say what the figures were measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}."


def write_result(name: Path, *, title: str, command: str, body: str) -> None:
    """Write `loadtests/results/<name>` and show it."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    day = datetime.now(UTC).date().isoformat()
    page = f"# {title}\n\n`{command}`, {day}, at {commit or 'no commit'}.\n\n{body}\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(page, encoding="utf-8")
    print(page)
