"""The generated files say what the code says now."""

from pathlib import Path

import pytest

from server import generate


@pytest.mark.parametrize("name", sorted(generate.FILES))
def test_generated_file_is_fresh(name: str) -> None:
    assert name not in generate.stale(), f"{name} is stale: run `python -m server generate`."


def test_a_missing_file_is_stale(tmp_path: Path) -> None:
    assert generate.stale(tmp_path) == list(generate.FILES)
