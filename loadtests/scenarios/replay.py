"""Replay of 100,000 archived attempts by two versions of the scorer: how fast, what differs, and that nothing is unexplained."""

import argparse
import asyncio
import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import asyncpg

from loadtests.clients import archive
from loadtests.folder import own_folder
from loadtests.report import machine, write_result
from server.storage import embedded, partitions
from server.storage.migrate import migrate

# Ids hold their time: with the time fixed the same seed makes the same archive, and the same digests, on any machine.
MADE_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One run of the command."""

    code: int
    report: str
    said: str
    seconds: float
    cpu_s: float


def ran(database_url: str, *arguments: str) -> Ran:
    """`python -m server replay` in a process of its own."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "server", "replay", *arguments],
        env={**os.environ, "LECTERN_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ran(
        code=done.returncode,
        report=done.stdout,
        said=done.stderr.strip(),
        seconds=perf_counter() - begun,
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )


async def tampered(database_url: str) -> int:
    """A thousandth more for one attempt, behind everybody's back; the exit code of the replay that sees it."""
    connection = await asyncpg.connect(database_url)
    change = (
        "UPDATE grades SET earned_milli = earned_milli + $1"
        " WHERE attempt_id = (SELECT min(attempt_id::text)::uuid FROM grades)"
    )
    try:
        await connection.execute(change, 1)
        seen = await asyncio.to_thread(ran, database_url)
        await connection.execute(change, -1)
    finally:
        await connection.close()
    return seen.code


async def measured(given: argparse.Namespace, folder: Path) -> str:
    """The body of the page."""
    async with embedded.stores(folder, redis=False) as urls:
        await migrate(urls.database_url)
        connection = await asyncpg.connect(urls.database_url)
        await partitions.make_ahead(urls.database_url, now=MADE_AT)
        begun = perf_counter()
        await archive.fill(connection, given.seed, given.attempts, MADE_AT)
        filled_s = perf_counter() - begun
        await connection.execute("ANALYZE")
        answers = await connection.fetchval("SELECT count(*) FROM answers")
        await connection.close()
        first = await asyncio.to_thread(ran, urls.database_url, "--against", "N-1")
        second = await asyncio.to_thread(ran, urls.database_url, "--against", "N-1")
        itself = await asyncio.to_thread(ran, urls.database_url, "--against", "N")
        code = await tampered(urls.database_url)
    if first.code or first.report != second.report or "differences 0" not in itself.report:
        raise SystemExit(f"the replay failed: {first.said or second.said or itself.report}")
    rate = given.attempts / first.seconds
    return f"""{machine()}

{given.attempts:,} attempts of 10 items (one of each kind) with {answers:,} answers, made from seed {given.seed} in {filled_s:.0f} s; half of the grades
were made by scorer 1 and half by scorer 2, four of five essays and files are marked, 3 % of the answers came late.

| what | seconds | CPU-s of the command | attempts/s |
|---|---|---|---|
| `--against N-1` | {first.seconds:.1f} | {first.cpu_s:.1f} | {rate:,.0f} |
| `--against N-1`, again | {second.seconds:.1f} | {second.cpu_s:.1f} | {given.attempts / second.seconds:,.0f} |
| `--against N` | {itself.seconds:.1f} | {itself.cpu_s:.1f} | {given.attempts / itself.seconds:,.0f} |

The same seed makes the same archive, and the same digests, anywhere. The two reports of `--against N-1` are the same to the byte. Against itself the scorer differs nowhere. With one grade changed by
a thousandth in the database the command ends with code {code}.

The report (the first 20 ids of each line; shortened here to two):

```
{shortened(first.report)}
```"""


def shortened(report: str) -> str:
    """Two ids a line are enough to see."""
    return re.sub(
        r"((?:[0-9a-f-]{36}/?){1,2}, (?:[0-9a-f-]{36}/?){1,2}), .*\)", r"\1, ...)", report
    ).strip()


def main() -> None:
    """Fill, replay, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    with own_folder() as folder:
        body = asyncio.run(measured(given, folder))
    write_result(
        Path("replay.md"),
        title="Replay of archived attempts",
        command=f"python -m loadtests.scenarios.replay --attempts {given.attempts} --seed {given.seed}",
        body=body,
    )


if __name__ == "__main__":
    main()
