"""Which Chromium the tests drive: the one that is there, or none."""

import os
import shutil


def chromium() -> str | None:
    """The one that LECTERN_CHROMIUM names, else the one on PATH."""
    return (
        os.environ.get("LECTERN_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("google-chrome")
    )
