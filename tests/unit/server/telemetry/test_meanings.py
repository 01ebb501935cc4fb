"""Every metric that the code counts is explained where operators read it."""

import ast
from pathlib import Path

from server.telemetry.metrics import MEANINGS

ROOT = Path(__file__).resolve().parents[4]
WINGS = ("server", "signaling", "sfu", "lms")


def _names(path: Path) -> set[str]:
    """The first argument, where it is written out, of every `.count(...)`, `.observe(...)` and `.gauge(...)`."""
    calls = (
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    )
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("count", "observe", "gauge")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and "_" in call.args[0].value
    }


def test_every_metric_has_a_meaning() -> None:
    used = {
        name for wing in WINGS for path in (ROOT / wing).rglob("*.py") for name in _names(path)
    }
    assert used - MEANINGS.keys() == set()


def test_a_meaning_is_a_sentence() -> None:
    assert [name for name, meaning in MEANINGS.items() if not meaning.endswith(".")] == []
