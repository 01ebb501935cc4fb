"""The part "exam" of `make drills`: the whole drill and three more bad days, and the page that says what came of them.

    .venv/bin/python -m loadtests.drills [--seed 1] [--attempts 1000]

Ends with 1 when a promise was broken; then the journals and logs are kept.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from loadtests.drills.exam import Course, Size, drill
from loadtests.drills.exam_extremes import Part, clock_jumps, disk_full, parallel_submits
from loadtests.report import machine, write_result


def page(size: Size, course: Course, parts: list[Part]) -> str:
    """The report."""
    verdict, toll = course.verdict, course.toll
    said = (
        f"{size.attempts} attempts, at most {size.answers} answers each, seed {size.seed}; a quarter is left to the deadline,"
        " half of those answer wrong in time and right too late (policy `keep`: that does not count)."
    )
    then = (
        f"The exam took {course.seconds:.0f} s; {course.settled_s:.1f} s after the last learner was done, no event and no grade was"
        f" left to make. A part that was killed was back after {course.back_s:.1f} s (median)."
    )
    rows = [
        f"{machine()} Clients, servers, workers and stores share it.",
        "",
        said,
        then,
        "",
        f"| SIGKILLs: {toll.total} | times |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in sorted(toll.counts.items())),
        "",
        "| looked at | |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in verdict.looked_at.items()),
        "",
        "| wrong | |",
        "|---|---|",
        *(f"| {name} | **{count}** |" for name, count in verdict.faults.items()),
        "",
        "## And",
        *(f"- {' '.join(part.lines)}" for part in parts),
    ]
    return "\n".join(rows)


async def run(size: Size, folder: Path) -> tuple[Course, list[Part]]:
    """One after the other, each on stores of its own."""
    places = [folder / name for name in ("exam", "submits", "clocks", "disk")]
    for place in places:
        place.mkdir(mode=0o755)
    course = await drill(size, places[0])
    days = (parallel_submits, clock_jumps, disk_full)
    return course, [await day(place) for day, place in zip(days, places[1:], strict=True)]


def main() -> int:
    """Run all of it, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attempts", type=int, default=1000)
    given = parser.parse_args()
    size = Size(seed=given.seed, attempts=given.attempts)
    folder = Path(tempfile.mkdtemp(prefix="lt-drill-", dir="/tmp"))
    folder.chmod(0o755)
    course, parts = asyncio.run(run(size, folder))
    write_result(
        Path("exam_drill.md"),
        title="An exam while everything is killed",
        command=f".venv/bin/python -m loadtests.drills --seed {size.seed} --attempts {size.attempts}",
        body=page(size, course, parts),
    )
    if course.verdict.good and all(part.good for part in parts):
        shutil.rmtree(folder, ignore_errors=True)
        return 0
    for name, found in course.verdict.examples.items():
        print(name, found)
    print(f"the journals and logs are kept in {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
