"""The house keeps its own rules: arrows down, one sentence a module, files that fit one sitting."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WINGS = ("server", "signaling", "sfu", "lms", "workers")
LINES_MAX = 600


def modules() -> list[Path]:
    return sorted(path for wing in WINGS for path in (ROOT / wing).rglob("*.py"))


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_its_first_sentence_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, "no docstring"
    first = docstring.split("\n\n")[0].strip()
    assert first.endswith((".", ":")), f"not a sentence: {first!r}"
    assert len(first) <= 250, "more than a sentence"


def test_no_file_is_longer_than_one_sitting() -> None:
    sources = [
        *modules(),
        *tracked("web/src/*.ts", "web/src/*.tsx", "tests/*.py", "loadtests/*.py"),
    ]
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources
        if "protocol/" not in str(path)
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES_MAX
    }
    assert long == {}


def test_no_room_is_named_for_everything() -> None:
    forbidden = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")
    assert [path for path in modules() if forbidden.search(path.stem)] == []


def test_imports_run_down() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_code_map_of_the_architecture_is_fresh() -> None:
    from server.codemap import with_code_map

    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert with_code_map(text, ROOT) == text, "stale: run `make gen`"
    assert len(text.splitlines()) <= 200


def test_links_in_the_documents_lead_somewhere() -> None:
    missing = []
    for page in tracked("*.md", "docs/*.md"):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (page.parent / target).exists():
                missing.append(f"{page.relative_to(ROOT)} -> {target}")
    assert missing == []


def test_lint_exceptions_have_a_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*modules(), *tracked("tests/*.py", "loadtests/*.py")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"# noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)* - \S)", line)
        and path.name != "test_house.py"
    ]
    assert bare == []


def test_every_bench_is_one_that_make_bench_can_run() -> None:
    scenarios = tracked("loadtests/scenarios/*.py")
    silent = [path.name for path in scenarios if "report" not in path.read_text(encoding="utf-8")]
    assert scenarios
    assert silent == [], (
        "writes no page: what a bench starts lives in loadtests/servers or clients"
    )
